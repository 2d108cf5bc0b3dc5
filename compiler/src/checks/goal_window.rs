//! `goal-window-too-short`: the window of a goal ends before the first message can be sent.

use super::Report;
use super::flow::Flow;
use super::wait_never_ends::in_days;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::StepKind;

pub(super) fn check(flow: &mut Flow<'_>, report: &mut Report<'_>) {
    let first_send = flow
        .states
        .iter()
        .enumerate()
        .filter(|(index, _)| matches!(flow.journey.steps[*index].kind, StepKind::Send(_)))
        .filter_map(|(_, state)| state.as_ref().map(|s| s.least_ms))
        .min();
    let Some(first_send) = first_send else { return };
    let places = report.journey(flow.id);
    for (position, goal) in flow.journey.goals.iter().enumerate() {
        if goal.window.longest_ms() < first_send {
            let span = places.goals.get(position).copied().unwrap_or(places.name);
            report.push(
                Diagnostic::new(
                    &codes::GOAL_WINDOW_TOO_SHORT,
                    span,
                    "the goal's window ends before the first message can be sent",
                )
                .label(format!(
                    "the first message leaves {} after the entry at the earliest",
                    in_days(first_send)
                ))
                .help(format!("write `within` at least {}", in_days(first_send))),
            );
        }
    }
}
