//! `unreachable-step`: no single condition is dead, but the guards on every path to the step cannot hold together.

use super::flow::{Cause, Flow, Way, targets};
use super::{Report, wait_never_ends};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{StepId, StepKind};

pub(super) fn check(flow: &mut Flow<'_>, report: &mut Report<'_>) {
    if super::entry_implies_exit::fires(flow) {
        return;
    }
    for (step, blame) in &flow.unreachable {
        // Time that runs out is `wait-never-ends`; what follows from it is no finding of its own.
        let out_of_time =
            blame.iter().any(|c| matches!(c, Cause::Lifetime)) || wait_never_ends::is_behind(flow, *step);
        if out_of_time || flow.entry_is_empty() {
            continue;
        }
        let span = report.step(flow.id, *step).head;
        let finding = Diagnostic::new(&codes::UNREACHABLE_STEP, span, "no user ever reaches this step")
            .label("the conditions on the way here exclude each other")
            .help("remove the step, or loosen one of the conditions");
        let finding = report.with_blame(finding, flow, blame);
        report.push(finding);
    }
    for step in cut_off(flow) {
        let span = report.step(flow.id, step).head;
        report.push(
            Diagnostic::new(&codes::UNREACHABLE_STEP, span, "no user ever reaches this step")
                .label("everyone has left before")
                .help("remove the step, or the `exit` before it"),
        );
    }
}

/// Steps that no way leads to, though nothing before them is at fault: the first of each stretch.
fn cut_off(flow: &Flow<'_>) -> Vec<StepId> {
    let all = (0..flow.journey.steps.len()).map(StepId::new);
    if flow.entry_is_empty() {
        return Vec::new();
    }
    all.filter(|step| {
        let lost = flow.states[step.index()].is_none() && !flow.unreachable.iter().any(|(s, _)| s == step);
        lost && Some(*step) != flow.journey.first && !is_consequence(flow, *step)
    })
    .collect()
}

/// Whether a way to the step is already known to be dead, or a step that leads to it is itself not reached.
fn is_consequence(flow: &Flow<'_>, step: StepId) -> bool {
    (0..step.0).map(StepId).filter(|before| targets(flow.journey, *before).contains(&step)).any(|before| {
        flow.states[before.index()].is_none()
            || flow.dead.iter().any(|d| d.step == before && leads_to(flow, d.step, d.way, step))
    })
}

/// Whether a way out of a step leads to another one.
fn leads_to(flow: &Flow<'_>, from: StepId, way: Way, to: StepId) -> bool {
    let target = match (&flow.journey.steps[from.index()].kind, way) {
        (StepKind::If { then, .. }, Way::Holds(_)) => *then,
        (StepKind::If { otherwise, .. }, Way::Fails(_)) => *otherwise,
        (StepKind::Match { arms, otherwise, .. }, Way::Arm(at)) => arms.get(at).map_or(*otherwise, |a| a.1),
        (StepKind::WaitFor { arms, .. }, Way::Arm(at)) => arms.get(at).and_then(|a| a.body),
        _ => return true,
    };
    target == Some(to)
}
