//! `night-advertising`: advertising that an exemption, or a consent to the night, lets out in the hours a profile keeps quiet.

use super::{Ad, ads, exempt, place, policy, resting_on, used};
use crate::checks::Report;
use crate::checks::flow::Flow;
use crate::checks::sendable::{arrivals, leaving};
use crate::checks::week::Week;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::ClockRange;
use crate::profiles::{self, Except, Rule, RuleKind};

pub(super) fn check(flow: &Flow<'_>, report: &mut Report<'_>) {
    let ads = ads(flow);
    if ads.is_empty() {
        return;
    }
    let (exempt, arrivals) = (exempt(flow, report), arrivals(flow));
    for ad in ads {
        let leaving = leaving(flow, ad.send, ad.channel, &arrivals[ad.step.index()]);
        let name = &flow.program.channel(ad.channel).name;
        let rules = used(policy(flow)).flat_map(|profile| profile.rules);
        for rule in rules.filter(|rule| rule.channels.contains(&name.as_str())) {
            let why = if exempt.iter().any(|id| id == rule.fact) {
                Why::Exempt
            } else if matches!(rule.except, Except::Where(_)) {
                Why::Agreed
            } else {
                continue;
            };
            one(flow, report, &ad, rule, why, &leaving);
        }
    }
}

/// Why advertising leaves in quiet hours.
#[derive(Clone, Copy)]
enum Why {
    /// The policy says `exempt`.
    Exempt,
    /// The user agreed to it.
    Agreed,
}

fn one(flow: &Flow<'_>, report: &mut Report<'_>, ad: &Ad<'_>, rule: &Rule, why: Why, leaving: &Week) {
    let RuleKind::Quiet { from_min, to_min, days } = rule.kind else { return };
    let hours = ClockRange { from_ms: from_min * 60_000, to_ms: to_min * 60_000 };
    let at_night = leaving.and(&Week::of(hours, days));
    if at_night.is_empty() {
        return;
    }
    let name = &flow.program.channel(ad.channel).name;
    let finding = Diagnostic::new(
        &codes::NIGHT_ADVERTISING,
        place(flow, report, ad),
        format!("`{name}` can advertise at night here: {}", at_night.clocks()),
    )
    .label(match why {
        Why::Exempt => format!("the policy is exempt from {}", rule.fact),
        Why::Agreed => "to those who agreed to it".to_owned(),
    })
    .note(format!("in {} of the 10,080 minutes of a week", at_night.len()));
    report.push(resting_on(finding, profiles::fact_named(rule.fact)));
}
