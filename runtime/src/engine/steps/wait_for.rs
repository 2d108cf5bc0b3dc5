//! `wait for EVENT …`: the first of several events.

use crate::engine::advance::{Flow, resume};
use crate::engine::cx::{Around, At, Cx};
use crate::engine::user::Place;
use wayline_compiler::ir::{EventId, Span, StepKind, WaitArm};
use wayline_compiler::row::Row;

/// Begins to listen, unless an event asked for `since entry` has already come.
pub(super) fn arrive(cx: &mut Cx<'_>, at: At, arms: &[WaitArm], up_to: Span) -> Flow {
    let has_come = |arm: &&WaitArm| arm.since_entry.is_some_and(|did| cx.truth(Around::instance(at), did));
    if let Some(arm) = arms.iter().find(has_come) {
        return Flow::Later(arm.body);
    }
    let (from, deadline) = (cx.now, cx.zone().add(cx.now, up_to));
    cx.instance_mut(at).body.place = Place::For { from, deadline };
    Flow::Stay
}

/// Goes on if the event is one it waits for.
pub(in crate::engine) fn on_event(cx: &mut Cx<'_>, at: At, event: EventId, row: Row<'_>) {
    let Some(step) = cx.instance(at).body.step.map(|step| cx.step(at, step)) else { return };
    let (StepKind::WaitFor { arms, .. }, Place::For { .. }) = (&step.kind, &cx.instance(at).body.place)
    else {
        return;
    };
    let around = Around { event: row, instance: Some(at) };
    let taken = arms.iter().find(|arm| arm.event == event && cx.passes(around, arm.filter));
    if let Some(arm) = taken {
        resume(cx, at, arm.body);
    }
}
