//! `wait-never-ends`: the least time that has passed plus the wait exceeds the lifetime; or the event cannot come.

use super::Report;
use super::flow::{Flow, Way};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{StepId, StepKind};

pub(super) fn check(flow: &mut Flow<'_>, report: &mut Report<'_>) {
    if let Some((step, least_ms)) = first_overrun(flow) {
        let places = report.journey(flow.id);
        let span = report.step(flow.id, step).head;
        let mut finding =
            Diagnostic::new(&codes::WAIT_NEVER_ENDS, span, "the journey ends before this wait does")
                .label(format!("it would end {} after the entry at the earliest", in_days(least_ms)))
                .help("shorten the waits, or raise `lasts at most`")
                .note("the steps after it never run");
        if let Some(lasts) = places.lasts {
            finding = finding.also(lasts, "nobody stays longer than this");
        }
        report.push(finding);
    }
    for dead in &flow.dead {
        let kind = &flow.journey.steps[dead.step.index()].kind;
        let span = report.step(flow.id, dead.step).head;
        let finding = match (dead.way, kind) {
            (Way::Arm(position), StepKind::WaitFor { arms, .. }) => {
                let event =
                    arms.get(position).map(|a| flow.program.event(a.event).name.as_str()).unwrap_or_default();
                Diagnostic::new(
                    &codes::WAIT_NEVER_ENDS,
                    span,
                    format!("`{event}` cannot come while this waits"),
                )
                .label("always ends by its `up to`")
                .help("wait for another event, or correct the condition")
            }
            (Way::Holds(_), StepKind::WaitUntil { .. }) => {
                Diagnostic::new(&codes::WAIT_NEVER_ENDS, span, "what this waits for can never hold")
                    .label("always ends by its `up to`")
                    .help("correct the condition, or wait a fixed time")
            }
            _ => continue,
        };
        let finding = report.with_blame(finding, flow, &dead.blame);
        report.push(finding);
    }
}

/// The first wait that no instance survives, and the least time since the entry at which it would end.
fn first_overrun(flow: &Flow<'_>) -> Option<(StepId, i64)> {
    let lifetime_ms = flow.lifetime_ms()?;
    flow.states.iter().enumerate().find_map(|(index, state)| {
        let state = state.as_ref()?;
        let step = StepId::new(index);
        let least_ms = match &flow.journey.steps[index].kind {
            StepKind::Wait { duration } => state.least_ms.saturating_add(flow.span_bounds(*duration).0),
            _ => state.least_ms,
        };
        (least_ms > lifetime_ms).then_some((step, least_ms))
    })
}

/// Whether a step comes after a wait that nobody survives.
pub(super) fn is_behind(flow: &Flow<'_>, step: StepId) -> bool {
    first_overrun(flow).is_some_and(|(wait, _)| wait < step)
}

/// A length of time for people: days and hours.
pub(super) fn in_days(ms: i64) -> String {
    let (days, hours, minutes) = (ms / 86_400_000, ms / 3_600_000 % 24, ms / 60_000 % 60);
    let mut text = String::new();
    for (count, unit) in [(days, "d"), (hours, "h"), (minutes, "m")] {
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
    }
    if text.is_empty() { "0d".to_owned() } else { text }
}
