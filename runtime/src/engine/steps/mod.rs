//! What each kind of step does when an instance arrives at it; a file per kind.

pub(super) mod at;
pub(super) mod branch;
pub(super) mod effect;
mod lead;
mod render;
pub(super) mod repeat;
pub(super) mod send;
pub(super) mod wait;
pub(super) mod wait_for;
pub(super) mod wait_until;

use super::advance::Flow;
use super::cx::{At, Cx};
use super::effects::{Cancel, End};
use super::goals::finish;
use wayline_compiler::ir::{StepId, StepKind};

/// Does a step.
pub(super) fn arrive(cx: &mut Cx<'_>, at: At, id: StepId) -> Flow {
    let step = cx.step(at, id);
    match &step.kind {
        StepKind::Wait { .. } | StepKind::WaitClock { .. } => wait::arrive(cx, at, step),
        StepKind::WaitUntil { predicate, up_to, .. } => {
            wait_until::arrive(cx, at, *predicate, *up_to, step.next)
        }
        StepKind::WaitFor { arms, up_to, .. } => wait_for::arrive(cx, at, arms, *up_to),
        StepKind::At { body, otherwise, .. } => at::arrive(cx, at, id, *body, *otherwise),
        StepKind::If { condition, then, otherwise } => branch::on_if(cx, at, *condition, *then, *otherwise),
        StepKind::Match { value, arms, otherwise } => branch::on_match(cx, at, *value, arms, *otherwise),
        StepKind::Split(split) => branch::on_split(cx, at, id, split, step.next),
        StepKind::Send(send) => send::arrive(cx, at, id, send, step.next),
        StepKind::Repeat { .. } => repeat::arrive(cx, at, step),
        StepKind::Set { attribute, value } => effect::set(cx, at, id, *attribute, *value, step.next),
        StepKind::Emit { event, fields } => effect::emit(cx, at, id, *event, fields, step.next),
        StepKind::Call { name, fields } => effect::call(cx, at, id, name, fields, step.next),
        StepKind::Exit { reason } => {
            finish(cx, at, End::Step, Cancel::Exit, reason.as_deref().unwrap_or_default());
            Flow::Stay
        }
    }
}
