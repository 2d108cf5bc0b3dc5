//! `no-consent-rule`: advertising on a channel that asks nobody for consent, where a profile wants consent.

use super::{ads, place, resting_on, rules};
use crate::checks::Report;
use crate::checks::flow::Flow;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::Purpose;
use crate::profiles::{self, RuleKind};
use std::collections::BTreeSet;

pub(super) fn check(flow: &Flow<'_>, report: &mut Report<'_>) {
    let mut said = BTreeSet::new();
    for ad in ads(flow) {
        let channel = flow.program.channel(ad.channel);
        if channel.consent.iter().any(|(purpose, _)| *purpose == Purpose::Marketing) {
            continue;
        }
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
        .help(format!("write `consent marketing: …;` in channel `{}`", channel.name));
        if let Some(declared) = report.spans.channels.get(&channel.name) {
            finding = finding.also(*declared, "has no consent rule for marketing");
        }
        report.push(resting_on(finding, profiles::fact_named(rule.fact)));
    }
}
