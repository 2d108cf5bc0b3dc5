//! `stale-consent`: advertising that is dropped where the consent is older than a profile allows.

use super::{ads, place, policy, resting_on};
use crate::checks::Report;
use crate::checks::flow::Flow;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::Span;

pub(super) fn check(flow: &Flow<'_>, report: &mut Report<'_>) {
    let Some(rule) = policy(flow).consent_age else { return };
    let ads = ads(flow);
    let Some(first) = ads.first() else { return };
    let age = match rule.age {
        Span::Months(months) => format!("{months} months"),
        Span::Exact(ms) => format!("{} days", ms / 86_400_000),
    };
    let attribute = &flow.program.attributes[rule.given_at.index()].field.name;
    let finding = Diagnostic::new(
        &codes::STALE_CONSENT,
        place(flow, report, first),
        format!("advertising of this journey is dropped where the consent is {age} old, or has no date"),
    )
    .label(match ads.len() {
        1 => "this message".to_owned(),
        more => format!("this message and the {} after it", more - 1),
    })
    .help(format!("ask again before `user.{attribute}` is {age} old"));
    report.push(resting_on(finding, Some(rule.fact)));
}
