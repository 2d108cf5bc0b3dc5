//! `weaker-than-profile`: quiet hours of the policy that end before those of its profile do, or spare more people.
//!
//! The profile's hours hold anyway; the rule says something else than what happens. What the policy's rules say together counts: two
//! rules that cover the profile's hours between them are not weaker. Rules of a region are not compared: the author's are for all.

use super::resting_on;
use crate::checks::Report;
use crate::checks::bounds::Run;
use crate::checks::encode::{At, Encoder, Moment};
use crate::checks::week::Week;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{CapScope, ChannelId, PolicyId, Program, Purpose, Quiet, StepKind};
use crate::profiles::{self, Except, RuleKind};
use crate::solve::{Formula, Outcome};
use std::collections::BTreeSet;

pub(in crate::checks) fn check(program: &Program, _: &[Run<'_>], report: &mut Report<'_>) {
    let mut said = BTreeSet::new();
    for (policy, channel) in advertised(program) {
        let rules = &program.policies[policy.index()].quiet;
        let Some((position, theirs)) = weaker(program, rules, channel) else { continue };
        let places = report.spans.policies.get(&policy).cloned().unwrap_or_default();
        let Some(at) = places.quiet.get(position).copied() else { continue };
        if !said.insert(at) {
            continue;
        }
        let fact = theirs.fact.and_then(profiles::fact);
        let id = fact.map_or("", |fact| fact.id);
        let finding = Diagnostic::new(
            &codes::WEAKER_THAN_PROFILE,
            at,
            format!("these quiet hours are weaker than {id} asks for `{}`", program.channel(channel).name),
        )
        .label(format!("{id} keeps {} quiet", Week::of(theirs.hours, theirs.days).clocks()))
        .help(format!(
            "keep at least these hours, leave them to the profile, or write `exempt {id} because \"…\";`"
        ));
        report.push(resting_on(finding, theirs.fact));
    }
}

/// Where journeys advertise: under which policy, on which channel.
fn advertised(program: &Program) -> BTreeSet<(PolicyId, ChannelId)> {
    let mut all = BTreeSet::new();
    for journey in &program.journeys {
        for step in &journey.steps {
            if let StepKind::Send(send) = &step.kind
                && send.purpose == Purpose::Marketing
            {
                all.extend(send.options.iter().map(|option| (journey.policy, option.channel)));
            }
        }
    }
    all
}

/// The author's rule that is weaker than a profile's on this channel, by position, with that one.
fn weaker(program: &Program, rules: &[Quiet], channel: ChannelId) -> Option<(usize, Quiet)> {
    let applying: Vec<(usize, Quiet)> =
        rules.iter().copied().enumerate().filter(|(_, rule)| rule.scope.covers(channel)).collect();
    let (own, theirs): (Vec<_>, Vec<_>) = applying.into_iter().partition(|(_, rule)| rule.fact.is_none());
    let theirs: Vec<Quiet> = theirs.into_iter().map(|(_, rule)| rule).filter(is_for_all).collect();
    let specific = own.iter().any(|(_, rule)| rule.scope != CapScope::All);
    let clashes = |rule: &Quiet| clash(program, &own, rule);
    if specific {
        theirs.into_iter().find_map(|rule| clashes(&rule).map(|position| (position, rule)))
    } else {
        // Rules for every channel are not about the one whose hours are longest: it is enough that they keep one of its rules.
        let found: Option<Vec<(usize, Quiet)>> =
            theirs.into_iter().map(|rule| clashes(&rule).map(|position| (position, rule))).collect();
        found?.into_iter().next()
    }
}

/// Whether a rule of a profile is about everybody, or everybody who has not agreed.
fn is_for_all(rule: &Quiet) -> bool {
    let Some(fact) = rule.fact.and_then(profiles::fact) else { return false };
    profiles::PROFILES
        .iter()
        .flat_map(|profile| profile.rules)
        .filter(|r| r.fact == fact.id && matches!(r.kind, RuleKind::Quiet { .. }))
        .all(|r| matches!(r.except, Except::Nobody | Except::Where(_)))
}

/// The author's first rule that shares hours with a profile's, where the author's rules together do not keep all of them.
fn clash(program: &Program, own: &[(usize, Quiet)], theirs: &Quiet) -> Option<usize> {
    let asked = Week::of(theirs.hours, theirs.days);
    let hours = |rule: &Quiet| Week::of(rule.hours, rule.days);
    let (specific, general): (Vec<_>, Vec<_>) =
        own.iter().partition::<Vec<&(usize, Quiet)>, _>(|(_, rule)| rule.scope != CapScope::All);
    let kept = |rules: &[&(usize, Quiet)], all: bool| {
        let spares = |rule: &Quiet| !all && spares_more(program, rule, theirs);
        let together = rules
            .iter()
            .filter(|(_, rule)| !spares(rule))
            .fold(Week::none(), |sum, (_, rule)| sum.or(&hours(rule)));
        asked.without(&together).is_empty()
    };
    let fine = if specific.is_empty() {
        kept(&general, false)
    } else {
        // Whom the specific rules spare falls to the general ones.
        kept(&specific, false) || (kept(&specific, true) && kept(&general, false))
    };
    if fine {
        return None;
    }
    let deciding = if specific.is_empty() { &general } else { &specific };
    deciding.iter().find(|(_, rule)| !hours(rule).and(&asked).is_empty()).map(|(position, _)| *position)
}

/// Whether the author's rule spares somebody whom the profile's does not. What cannot be decided is no finding.
fn spares_more(program: &Program, rule: &Quiet, theirs: &Quiet) -> bool {
    let Some(unless) = rule.unless else { return false };
    let mut encoder = Encoder::new(program, None);
    let at = At::moment(Moment::ENTRY);
    let spared = encoder.truth(unless, at);
    let agreed = theirs.unless.map_or(Formula::False, |agreed| encoder.truth(agreed, at));
    matches!(encoder.solve(&Formula::and([spared, agreed.not()])), Outcome::Sat(_))
}
