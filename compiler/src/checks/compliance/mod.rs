//! Compliance: what a profile asks of advertising that a policy alone does not give.
//!
//! Only under a profile; each finding names the fact it rests on. What a profile says is data ([`crate::profiles`]); nothing here
//! knows a jurisdiction by name. One file per check; [`ads`] is what they walk over.

mod consent;
mod labels;
mod night;
mod stale;
mod weaker;

pub(super) use weaker::check as check_policies;

use super::Report;
use super::flow::Flow;
use crate::diagnostic::Diagnostic;
use crate::ir::{ChannelId, FactId, Policy, Purpose, Send, StepId, StepKind};
use crate::profiles::{self, Profile, Rule, RuleKind};
use crate::source::Span;

pub(super) fn check(flow: &mut Flow<'_>, report: &mut Report<'_>) {
    if policy(flow).profiles.is_empty() {
        return;
    }
    consent::check(flow, report);
    labels::check(flow, report);
    night::check(flow, report);
    stale::check(flow, report);
}

/// An attempt to advertise.
struct Ad<'p> {
    step: StepId,
    send: &'p Send,
    /// Which attempt of the send.
    number: usize,
    channel: ChannelId,
}

/// The attempts to advertise that somebody can get to, in the order of steps.
fn ads<'p>(flow: &Flow<'p>) -> Vec<Ad<'p>> {
    let mut ads = Vec::new();
    for (index, step) in flow.journey.steps.iter().enumerate() {
        let StepKind::Send(send) = &step.kind else { continue };
        if send.purpose != Purpose::Marketing || flow.states[index].is_none() {
            continue;
        }
        ads.extend(send.options.iter().enumerate().map(|(number, option)| Ad {
            step: StepId::new(index),
            send,
            number,
            channel: option.channel,
        }));
    }
    ads
}

/// Where an attempt stands.
fn place(flow: &Flow<'_>, report: &Report<'_>, ad: &Ad<'_>) -> Span {
    let places = report.step(flow.id, ad.step);
    places.arms.get(ad.number).copied().unwrap_or(places.head)
}

/// The policy of a journey.
fn policy<'p>(flow: &Flow<'p>) -> &'p Policy {
    &flow.program.policies[flow.journey.policy.index()]
}

/// The rules of a journey's profiles on a channel, without those the policy exempts itself from.
fn rules(flow: &Flow<'_>, report: &Report<'_>, channel: ChannelId) -> Vec<&'static Rule> {
    let name = flow.program.channel(channel).name.as_str();
    let exempt = exempt(flow, report);
    // Of a channel with a name of its own nobody knows what it is: consent is asked for, the rest is about channels by name.
    let is_unknown = !profiles::is_known(name);
    used(policy(flow))
        .flat_map(|profile| profile.rules)
        .filter(|rule| {
            rule.channels.contains(&name) || (is_unknown && matches!(rule.kind, RuleKind::Consent))
        })
        .filter(|rule| !exempt.iter().any(|id| id == rule.fact))
        .collect()
}

/// The profiles of a policy.
fn used(policy: &Policy) -> impl Iterator<Item = &'static Profile> + '_ {
    profiles::PROFILES.iter().filter(|profile| policy.profiles.iter().any(|name| name == profile.name))
}

/// The facts that a journey's policy exempts itself from.
fn exempt(flow: &Flow<'_>, report: &Report<'_>) -> Vec<String> {
    report.spans.policies.get(&flow.journey.policy).map(|places| places.exempt.clone()).unwrap_or_default()
}

/// Names the fact a finding rests on.
fn resting_on(finding: Diagnostic, fact: Option<FactId>) -> Diagnostic {
    match fact.and_then(profiles::fact) {
        Some(fact) => finding.note(format!("{}: {}", fact.id, fact.text)),
        None => finding,
    }
}
