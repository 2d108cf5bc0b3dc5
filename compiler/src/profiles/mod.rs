//! Profiles: the rules of a jurisdiction as data, and how they are merged into a policy.
//!
//! A profile's rules hold beside the author's (a send must satisfy both); each carries the id of the fact it rests on. This module
//! knows nothing of syntax or spans: the resolver gives it what the names of the profile are bound to and reports
//! what it says is missing. The facts and rules themselves are in [`data`]; start at [`apply`].

mod data;
#[cfg(test)]
mod tests;

use crate::ir::{
    AttrId, Attribute, Cap, CapPeriod, CapScope, Channel, ChannelId, ClockRange, CompareOp, ConsentAge,
    Const, Expr, ExprId, ExprKind, FactId, FieldType, Label, Labeller, OnCap, Policy, Purpose, Quiet,
    QuietAction, Source, Span, Ty,
};

pub use data::{AS_OF, FACTS, PROFILES};

/// A fact that rules rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its id, as `exempt` writes it: `kr.K3`.
    pub id: &'static str,
    /// How sure we are of it.
    pub confidence: Confidence,
    /// What it says.
    pub text: &'static str,
}

/// How sure we are of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// Read in the law or in the authority's guidance.
    High,
    /// Read in secondary sources, or depends on the case.
    Medium,
}

/// The rules of a jurisdiction.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// Its name: `kr`.
    pub name: &'static str,
    /// Names its rules need.
    pub needs: &'static [Need],
    /// Its rules.
    pub rules: &'static [Rule],
}

/// A name that rules of a profile need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// The name: `night`.
    pub name: &'static str,
    /// What it must be bound to.
    pub kind: NeedKind,
    /// The facts that need it; where all are exempted it may be left out.
    pub facts: &'static [&'static str],
    /// What to write.
    pub example: &'static str,
}

/// What a name of a profile is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeedKind {
    /// A condition over the user: `night: user.night_consent;`
    Condition,
    /// An attribute of type `time`: `consent_at: user.consent_at;`
    Time,
    /// An attribute of type `string` or of a closed set: `state: user.state;`
    Region,
    /// A text: `sender: "웨이라인";`
    Text,
}

/// Whether a channel name says what the channel is: a rule is about it, or it is known that none is.
#[must_use]
pub fn is_known(channel: &str) -> bool {
    let is_ruled = |profile: &Profile| profile.rules.iter().any(|rule| rule.channels.contains(&channel));
    data::WITHOUT_RULES.contains(&channel) || PROFILES.iter().any(is_ruled)
}

/// One rule, on the channels of a class.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The fact it rests on.
    pub fact: &'static str,
    /// The channels it is about, by name.
    pub channels: &'static [&'static str],
    /// Who is not subject to it.
    pub except: Except,
    /// What it asks.
    pub kind: RuleKind,
}

/// Who is not subject to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Except {
    /// Nobody.
    Nobody,
    /// Users for whom the condition bound to this name holds.
    Where(&'static str),
    /// Users whose attribute bound to `name` is known and another than `region`.
    OutsideOf {
        /// The name of the profile: `state`.
        name: &'static str,
        /// The region the rule is about: `FL`.
        region: &'static str,
    },
}

/// What a rule asks of advertising.
#[derive(Clone, Copy, Debug)]
pub enum RuleKind {
    /// Silence: local minutes [from, to), on days of the week (bit 0 = Monday).
    Quiet {
        /// First minute.
        from_min: i64,
        /// First minute after.
        to_min: i64,
        /// Local days.
        days: u8,
    },
    /// At most this many in any time this long.
    Cap {
        /// Most messages.
        max: u32,
        /// In this time.
        per_h: i64,
    },
    /// Consent younger than this; dated by the attribute bound to this name.
    ConsentAge {
        /// The name of the profile.
        dated_by: &'static str,
        /// In months.
        months: i32,
    },
    /// A consent rule on the channel; looked for by `check`.
    Consent,
    /// A mark before the text and an opt-out after it. `{sender}` and `{optout}` are what these names are bound to.
    Label {
        /// The mark.
        mark: &'static str,
        /// Mark and sender.
        head: &'static str,
        /// Fields that carry it, first choice first.
        head_fields: &'static [&'static str],
        /// The opt-out.
        tail: &'static str,
        /// Fields that carry it, first choice first.
        tail_fields: &'static [&'static str],
    },
}

/// What a name of a profile is bound to.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// A condition.
    Condition(ExprId),
    /// An attribute.
    Attribute(AttrId),
    /// A text.
    Text(String),
}

/// A `profile NAME { … }` with its names bound.
#[derive(Clone, Debug)]
pub struct Use<'a> {
    /// Which profile.
    pub profile: &'static Profile,
    /// Names and what they are bound to.
    pub bound: &'a [(String, Bound)],
    /// Who writes labels.
    pub labels: Labeller,
    /// Facts the policy exempts itself from, by id.
    pub exempt: &'a [String],
}

/// What the rules are merged into and read from.
pub struct Target<'a> {
    /// The policy.
    pub policy: &'a mut Policy,
    /// Every channel.
    pub channels: &'a [Channel],
    /// Every attribute.
    pub attributes: &'a [Attribute],
    /// Every closed set.
    pub enums: &'a [Vec<String>],
    /// Stores a node.
    pub node: &'a mut dyn FnMut(Expr) -> ExprId,
}

/// The profile of this name.
pub fn profile(name: &str) -> Option<&'static Profile> {
    PROFILES.iter().find(|profile| profile.name == name)
}

/// The fact of an id.
pub fn fact(id: FactId) -> Option<&'static Fact> {
    FACTS.get(id.0 as usize)
}

/// The fact called `kr.K3`.
pub fn fact_named(id: &str) -> Option<FactId> {
    FACTS.iter().position(|fact| fact.id == id).map(|index| FactId(index as u32))
}

/// The names a profile needs that are not bound.
pub fn unbound<'a>(used: &'a Use<'_>) -> impl Iterator<Item = &'static Need> + 'a {
    used.profile.needs.iter().filter(|need| {
        let asked = need.facts.iter().any(|fact| !used.exempt.iter().any(|id| id == fact));
        asked && !used.bound.iter().any(|(name, _)| name == need.name)
    })
}

/// Merges the rules of a profile into a policy. Rules whose names are not bound are left out: see [`unbound`].
pub fn apply(used: &Use<'_>, target: &mut Target<'_>) {
    for rule in used.profile.rules {
        if used.exempt.iter().any(|id| id == rule.fact) {
            continue;
        }
        let (Some(fact), Some(unless)) = (fact_named(rule.fact), except(rule.except, used, target)) else {
            continue;
        };
        for (index, channel) in target.channels.iter().enumerate() {
            if rule.channels.contains(&channel.name.as_str())
                && channel.purposes.contains(&Purpose::Marketing)
            {
                add(rule, used, ChannelId::new(index), (fact, unless), target.policy);
            }
        }
    }
    target.policy.profiles.push(used.profile.name.to_owned());
    target.policy.profiles.sort();
    target.policy.profiles.dedup();
}

/// Adds a rule for one channel.
fn add(
    rule: &Rule,
    used: &Use<'_>,
    channel: ChannelId,
    origin: (FactId, Option<ExprId>),
    policy: &mut Policy,
) {
    let (fact, unless) = origin;
    let scope = CapScope::Channel(channel);
    match rule.kind {
        RuleKind::Quiet { from_min, to_min, days } => {
            let hours = ClockRange { from_ms: from_min * 60_000, to_ms: to_min * 60_000 };
            policy.quiet.push(Quiet {
                scope,
                hours,
                days,
                action: QuietAction::Hold,
                unless,
                fact: Some(fact),
            });
        }
        RuleKind::Cap { max, per_h } => {
            let per = CapPeriod::Rolling(Span::Exact(per_h * 3_600_000));
            policy.caps.push(Cap { scope, max, per, on_cap: OnCap::Skip, unless, fact: Some(fact) });
        }
        RuleKind::ConsentAge { dated_by, months } => {
            if let Some(Bound::Attribute(given_at)) = bound(used, dated_by) {
                let (given_at, age) = (*given_at, Span::Months(months));
                // Of several profiles the strictest holds.
                if policy.consent_age.is_none_or(|old| old.age.longest_ms() > age.longest_ms()) {
                    policy.consent_age = Some(ConsentAge { given_at, age, fact });
                }
            }
        }
        RuleKind::Consent => {}
        RuleKind::Label { mark, head, head_fields, tail, tail_fields } => {
            let fill = |text: &str, name: &str| match bound(used, name) {
                Some(Bound::Text(value)) => text.replace(&format!("{{{name}}}"), value),
                Some(Bound::Condition(_) | Bound::Attribute(_)) | None => text.to_owned(),
            };
            let names = |fields: &[&str]| fields.iter().map(|field| (*field).to_owned()).collect();
            policy.labels.push(Label {
                channel,
                mark: mark.to_owned(),
                head: fill(head, "sender"),
                head_fields: names(head_fields),
                optout: fill("{optout}", "optout"),
                tail: fill(tail, "optout"),
                tail_fields: names(tail_fields),
                by: used.labels,
                fact,
            });
        }
    }
}

/// The condition under which a rule does not hold: `Some(None)` when it always does, `None` when the rule cannot be stated because
/// a name is not bound.
fn except(except: Except, used: &Use<'_>, target: &mut Target<'_>) -> Option<Option<ExprId>> {
    match except {
        Except::Nobody => Some(None),
        Except::Where(name) => match bound(used, name)? {
            Bound::Condition(condition) => Some(Some(*condition)),
            Bound::Attribute(_) | Bound::Text(_) => None,
        },
        Except::OutsideOf { name, region } => match bound(used, name)? {
            Bound::Attribute(attribute) => Some(Some(outside_of(*attribute, region, target))),
            Bound::Condition(_) | Bound::Text(_) => None,
        },
    }
}

/// `user.state exists and user.state != "FL"`
fn outside_of(attribute: AttrId, region: &str, target: &mut Target<'_>) -> ExprId {
    let ty = match target.attributes.get(attribute.index()).map(|attribute| &attribute.field.ty) {
        Some(FieldType::Enum(set)) => Ty::Enum(*set),
        Some(_) | None => Ty::Str,
    };
    let slot = (target.node)(Expr { kind: ExprKind::Slot { source: Source::User, slot: attribute.0 }, ty });
    let known = (target.node)(Expr { kind: ExprKind::Exists(slot), ty: Ty::Bool });
    let region = match ty {
        Ty::Enum(set) => {
            let members = target.enums.get(set.index()).map_or(&[][..], Vec::as_slice);
            match members.iter().position(|member| member == region) {
                Some(position) => Const::Member(position as u32),
                // No user of this project is there.
                None => return known,
            }
        }
        Ty::Bool
        | Ty::Int
        | Ty::Float
        | Ty::Str
        | Ty::Time
        | Ty::Date
        | Ty::Clock
        | Ty::Duration
        | Ty::Timezone
        | Ty::List(_) => Const::Str(region.to_owned()),
    };
    let right = (target.node)(Expr { kind: ExprKind::Const(region), ty });
    let kind = ExprKind::Compare { op: CompareOp::Ne, left: slot, right };
    let other = (target.node)(Expr { kind, ty: Ty::Bool });
    (target.node)(Expr { kind: ExprKind::All(vec![known, other]), ty: Ty::Bool })
}

fn bound<'a>(used: &'a Use<'_>, name: &str) -> Option<&'a Bound> {
    used.bound.iter().find(|(bound, _)| bound == name).map(|(_, value)| value)
}

/// Puts a label's mark and opt-out into the rendered fields (name, text) of a message, where they are not there already.
pub fn add_label(label: &Label, texts: &mut [(&str, String)]) {
    if let Some(text) = first_of(&label.head_fields, texts)
        && !text.starts_with(&label.mark)
    {
        text.insert_str(0, &label.head);
    }
    if let Some(text) = first_of(&label.tail_fields, texts)
        && !text.contains(&label.optout)
    {
        text.push_str(&label.tail);
    }
}

fn first_of<'a>(names: &[String], texts: &'a mut [(&str, String)]) -> Option<&'a mut String> {
    let index = names.iter().find_map(|name| texts.iter().position(|(field, _)| field == name))?;
    Some(&mut texts[index].1)
}
