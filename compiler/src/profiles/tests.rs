//! Profiles merged into policies.

use super::*;
use crate::ir::{Field, Mutability, Program};

fn channel(name: &str) -> Channel {
    Channel {
        name: name.to_owned(),
        needs: Vec::new(),
        consent: Vec::new(),
        purposes: vec![Purpose::Marketing],
        hours: None,
        cost: 0.0,
        uncapped: false,
        unbilled_on_failure: false,
        templates_only: false,
        deprecated: None,
        fields: Vec::new(),
        main: None,
    }
}

fn attribute(name: &str, ty: FieldType) -> Attribute {
    let wire = vec![name.to_owned()];
    let field = Field { name: name.to_owned(), wire, ty, optional: true, default: None, needed: true };
    Attribute { field, mutability: Mutability::Mutable, doc: None }
}

/// A program with channels `push`, `email`, `sms` and attributes `consent_at`, `state`, and the default policy under a profile.
fn merged(name: &str, bound: &[(&str, Bound)], exempt: &[&str]) -> (Policy, Vec<Expr>) {
    let mut program = Program::empty("Asia/Seoul");
    program.channels = ["push", "email", "sms"].map(channel).to_vec();
    program.attributes = vec![
        attribute("consent_at", FieldType::Time { past: true }),
        attribute("state", FieldType::Str(None)),
    ];
    let (mut policy, mut exprs) = (Policy::default(), Vec::new());
    let bound: Vec<(String, Bound)> =
        bound.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let exempt: Vec<String> = exempt.iter().map(|id| (*id).to_owned()).collect();
    let used = Use {
        profile: profile(name).expect("a profile"),
        bound: &bound,
        labels: Labeller::Runtime,
        exempt: &exempt,
    };
    let mut node = |expr| {
        exprs.push(expr);
        ExprId::new(exprs.len() - 1)
    };
    let mut target = Target {
        policy: &mut policy,
        channels: &program.channels,
        attributes: &program.attributes,
        enums: &program.enums,
        node: &mut node,
    };
    apply(&used, &mut target);
    (policy, exprs)
}

fn quiet_of(policy: &Policy, channel: u32) -> Vec<&'static str> {
    let scope = CapScope::Channel(ChannelId(channel));
    let rules = policy.quiet.iter().filter(|rule| rule.scope == scope);
    rules.filter_map(|rule| rule.fact.and_then(fact)).map(|fact| fact.id).collect()
}

fn korean() -> [(&'static str, Bound); 4] {
    [
        ("night", Bound::Condition(ExprId(0))),
        ("consent_at", Bound::Attribute(AttrId(0))),
        ("sender", Bound::Text("웨이라인".to_owned())),
        ("optout", Bound::Text("080-000-0000".to_owned())),
    ]
}

#[test]
fn every_rule_and_need_names_a_fact_of_its_profile() {
    for profile in PROFILES {
        let facts = profile.rules.iter().map(|rule| rule.fact);
        for id in facts.chain(profile.needs.iter().flat_map(|need| need.facts.iter().copied())) {
            assert!(fact_named(id).is_some() && id.starts_with(profile.name), "{id}");
        }
        for rule in profile.rules {
            let needed = match rule.except {
                Except::Nobody => None,
                Except::Where(name) | Except::OutsideOf { name, .. } => Some(name),
            };
            assert!(
                needed.is_none_or(|name| profile.needs.iter().any(|need| need.name == name)),
                "{}",
                rule.fact
            );
        }
    }
}

#[test]
fn the_korean_night_spares_email_and_those_who_agreed() {
    let (policy, _) = merged("kr", &korean(), &[]);
    assert_eq!(quiet_of(&policy, 0), ["kr.K3"]);
    assert_eq!(quiet_of(&policy, 1), [""; 0]);
    assert_eq!(quiet_of(&policy, 2), ["kr.K3"]);
    assert!(policy.quiet.iter().all(|rule| rule.unless == Some(ExprId(0))));
    assert_eq!(policy.consent_age.map(|age| age.age), Some(Span::Months(24)));
    let (policy, _) = merged("kr", &korean(), &["kr.K3"]);
    assert_eq!(policy.quiet, []);
}

#[test]
fn names_that_rules_need_and_nobody_bound_are_told() {
    let profile = profile("kr").expect("a profile");
    let bound = [("sender".to_owned(), Bound::Text(String::new()))];
    let exempt = ["kr.K3".to_owned()];
    let used = Use { profile, bound: &bound, labels: Labeller::Runtime, exempt: &exempt };
    let missing: Vec<&str> = unbound(&used).map(|need| need.name).collect();
    assert_eq!(missing, ["consent_at", "optout"]);
}

#[test]
fn an_american_of_an_unknown_state_is_under_the_strictest_rules() {
    let (policy, exprs) = merged("us", &[("state", Bound::Attribute(AttrId(1)))], &[]);
    assert_eq!(quiet_of(&policy, 2), ["us.U1", "us.U5", "us.U6", "us.U6"]);
    assert_eq!(quiet_of(&policy, 0), [""; 0]);
    let florida = policy.quiet.iter().find(|rule| rule.fact == fact_named("us.U5")).expect("a rule");
    let unless = &exprs[florida.unless.expect("spares the others").index()];
    let ExprKind::All(parts) = &unless.kind else { panic!("{unless:?}") };
    assert!(matches!(exprs[parts[0].index()].kind, ExprKind::Exists(_)), "an unknown state does not spare");
    assert_eq!(policy.caps.len(), 1);
}

#[test]
fn labels_are_added_once_at_the_very_start_and_end() {
    let (policy, _) = merged("kr", &korean(), &[]);
    let label = |channel: u32| {
        policy.labels.iter().find(|label| label.channel == ChannelId(channel)).expect("a label").clone()
    };
    let mut sms = [("text", "세일!".to_owned())];
    add_label(&label(2), &mut sms);
    assert_eq!(sms[0].1, "(광고)웨이라인 세일!\n무료수신거부 080-000-0000");
    add_label(&label(2), &mut sms);
    assert_eq!(sms[0].1, "(광고)웨이라인 세일!\n무료수신거부 080-000-0000", "not twice");
    let mut push = [("title", "세일".to_owned()), ("body", "오늘까지".to_owned())];
    add_label(&label(0), &mut push);
    assert_eq!(push[0].1, "(광고)웨이라인 세일");
    assert_eq!(push[1].1, "오늘까지 수신거부 080-000-0000");
    // What only looks like the mark does not count.
    let mut fake = [("text", "(광 고) 세일".to_owned())];
    add_label(&label(2), &mut fake);
    assert!(fake[0].1.starts_with("(광고)웨이라인 (광 고)"));
}
