//! `unbounded-instances`: `reenter every` whose stay times declared rate can exceed the cap on live instances, or no rate declared.

use super::Report;
use super::flow::Flow;
use super::wait_never_ends::in_days;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Entry, ReenterMode};

pub(super) fn check(flow: &mut Flow<'_>, report: &mut Report<'_>) {
    let Entry::Event { event, .. } = &flow.journey.entry else { return };
    if flow.journey.reenter.mode != ReenterMode::Every {
        return;
    }
    if !may_overflow(flow) {
        return;
    }
    let (stay_ms, most) = (longest_stay_ms(flow), most_live(flow));
    let event = flow.program.event(*event);
    let span = report.journey(flow.id).entry;
    let cap = flow.program.settings.max_instances;
    let finding = match most {
        None => Diagnostic::new(&codes::UNBOUNDED_INSTANCES, span, "nothing limits how many instances of this journey a user has")
            .label(format!("`{}` has no declared rate", event.name))
            .help(format!(
                "declare how often it can come, `event {} at most 20 per 1d {{ … }}`, or write `reenter every at most 20 per 1d`",
                event.name
            )),
        Some(most) => Diagnostic::new(&codes::UNBOUNDED_INSTANCES, span, "one user can have more instances than are allowed")
            .label(format!("up to {most} at once, each for up to {}", in_days(stay_ms)))
            .help("write `reenter every at most N per D`, or shorten the journey"),
    };
    report.push(finding.note(format!(
        "at most {cap} instances per user and journey are live; above it entries are refused"
    )));
}

/// Whether a user can have more live instances of a journey with `every` than are allowed: then entries are refused.
pub(super) fn may_overflow(flow: &Flow<'_>) -> bool {
    let Entry::Event { event, .. } = &flow.journey.entry else { return false };
    let cap = flow.program.settings.max_instances;
    let fits = flow.program.event(*event).once
        || most_live(flow).is_some_and(|most| most <= i64::from(cap))
        || total_limit(flow).is_some_and(|n| n <= cap);
    // Who leaves at once never piles up.
    longest_stay_ms(flow) > 0 && !fits
}

/// Most instances at once by declared rates; `None` without one. A re-entry rule is about one lane, so with keys it bounds nothing.
fn most_live(flow: &Flow<'_>) -> Option<i64> {
    let Entry::Event { event, .. } = &flow.journey.entry else { return None };
    let stay_ms = longest_stay_ms(flow);
    let rule = flow.journey.key.is_empty().then(|| limit(flow).into_iter().chain(cooldown(flow)));
    let rates = flow.program.event(*event).rate.into_iter().chain(rule.into_iter().flatten());
    rates.map(|(count, per)| live_at_most(count, per.shortest_ms(), stay_ms)).min()
}

/// `after D` of the re-entry rule: one entry in that time, wherever it is counted from.
fn cooldown(flow: &Flow<'_>) -> Option<(u32, crate::ir::Span)> {
    flow.journey.reenter.cooldown.map(|(span, _)| (1, span))
}

/// `at most N per D` of the re-entry rule.
fn limit(flow: &Flow<'_>) -> Option<(u32, crate::ir::Span)> {
    let (count, per) = flow.journey.reenter.limit?;
    Some((count, per?))
}

/// `at most N`, ever.
fn total_limit(flow: &Flow<'_>) -> Option<u32> {
    match flow.journey.reenter.limit.filter(|_| flow.journey.key.is_empty()) {
        Some((count, None)) => Some(count),
        Some((_, Some(_))) | None => None,
    }
}

/// Most instances at once when at most `count` enter per `per_ms` and each stays `stay_ms`.
pub(super) fn live_at_most(count: u32, per_ms: i64, stay_ms: i64) -> i64 {
    i64::from(count).saturating_mul((stay_ms / per_ms.max(1)).saturating_add(1))
}

/// The longest live time of an instance, in ms: to the end of any step that somebody gets to, or to the end of the lifetime.
pub(super) fn longest_stay_ms(flow: &Flow<'_>) -> i64 {
    let steps = flow.states.iter().zip(&flow.journey.steps);
    let left = steps.filter_map(|(state, step)| {
        let taken = flow.time_taken(&step.kind).1;
        state.as_ref().map(|state| state.most_ms.saturating_add(taken))
    });
    let walked = flow.ends.iter().map(|end| end.most_ms).chain(left).max().unwrap_or(0);
    flow.lifetime_ms().map_or(walked, |lifetime| walked.min(lifetime))
}
