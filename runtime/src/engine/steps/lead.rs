//! Whether what led to a held message still leads to it: its conditions are walked again, without effects.

use super::{at, branch};
use crate::engine::advance::Flow;
use crate::engine::cx::{At, Cx};
use wayline_compiler::ir::{StepId, StepKind};

/// Walks from where the instance went on after the last step that took time; says whether it comes to `target`.
pub(super) fn leads_to(cx: &Cx<'_>, instance: At, target: StepId) -> bool {
    let mut here = cx.instance(instance).body.resumed;
    // No step comes twice on a way that takes no time.
    for _ in 0..=cx.journey(instance).steps.len() {
        let Some(id) = here else { return false };
        if id == target {
            return true;
        }
        let step = cx.step(instance, id);
        here = match &step.kind {
            StepKind::If { condition, then, otherwise } => {
                target_of(branch::on_if(cx, instance, *condition, *then, *otherwise))
            }
            StepKind::Match { value, arms, otherwise } => {
                target_of(branch::on_match(cx, instance, *value, arms, *otherwise))
            }
            StepKind::Split(split) => {
                let arm = branch::arm_of(split, cx.name).and_then(|arm| split.arms.get(arm));
                arm.map_or(step.next, |arm| arm.body)
            }
            StepKind::Send(_) | StepKind::Set { .. } | StepKind::Emit { .. } | StepKind::Call { .. } => {
                step.next
            }
            StepKind::At { otherwise, .. } => match at::instant(cx, instance, id) {
                Some(instant) if instant >= cx.now => return false,
                Some(_) | None => *otherwise,
            },
            StepKind::Exit { .. }
            | StepKind::Wait { .. }
            | StepKind::WaitClock { .. }
            | StepKind::WaitUntil { .. }
            | StepKind::WaitFor { .. }
            | StepKind::Repeat { .. } => return false,
        };
    }
    false
}

fn target_of(flow: Flow) -> Option<StepId> {
    match flow {
        Flow::To(next) | Flow::Later(next) => next,
        Flow::Stay => None,
    }
}
