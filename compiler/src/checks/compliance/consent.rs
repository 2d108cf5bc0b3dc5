//! `no-consent-rule`: advertising on a channel that asks nobody for consent, where a profile wants consent.

use super::{ads, place, resting_on, rules};
use crate::checks::Report;
use crate::checks::encode::{At, Encoder, Moment};
use crate::checks::flow::Flow;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{ExprId, Program, Purpose};
use crate::profiles::{self, RuleKind};
use crate::solve::Outcome;
use std::collections::BTreeSet;

pub(super) fn check(flow: &Flow<'_>, report: &mut Report<'_>) {
    let mut said = BTreeSet::new();
    for ad in ads(flow) {
        let channel = flow.program.channel(ad.channel);
        let rule = channel.consent.iter().find(|(purpose, _)| *purpose == Purpose::Marketing);
        let asks = match rule {
            None => Asks::Nobody,
            Some((_, rule)) if holds_always(flow.program, *rule) => Asks::Everybody,
            Some(_) => continue,
        };
        let wanted = rules(flow, report, ad.channel);
        let Some(rule) = wanted.into_iter().find(|rule| matches!(rule.kind, RuleKind::Consent)) else {
            continue;
        };
        // The channel is to blame: once is enough.
        if !said.insert(ad.channel) {
            continue;
        }
        let mut finding = Diagnostic::new(
            &codes::NO_CONSENT_RULE,
            place(flow, report, &ad),
            format!("`{}` advertises without a consent rule", channel.name),
        )
        .label("sent to whoever can be reached")
        .help(format!("write `consent marketing: user.…;` in channel `{}`", channel.name));
        if let Some(declared) = report.spans.channels.get(&channel.name) {
            finding = finding.also(
                *declared,
                match asks {
                    Asks::Nobody => "has no consent rule for marketing",
                    Asks::Everybody => "its consent rule holds for everybody, whatever they have said",
                },
            );
        }
        report.push(resting_on(finding, profiles::fact_named(rule.fact)));
    }
}

/// What is wrong with a channel's consent rule.
#[derive(Clone, Copy)]
enum Asks {
    /// There is none.
    Nobody,
    /// It cannot fail.
    Everybody,
}

fn holds_always(program: &Program, rule: ExprId) -> bool {
    let mut encoder = Encoder::new(program, None);
    let fails = encoder.truth(rule, At::moment(Moment::ENTRY)).not();
    encoder.solve(&fails) == Outcome::Unsat
}
