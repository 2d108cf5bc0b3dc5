//! `wait until P up to D`.

use crate::engine::advance::{Flow, resume};
use crate::engine::cx::{Around, At, Cx};
use crate::engine::user::Place;
use wayline_compiler::ir::{ExprId, Span, StepId, StepKind};

/// Begins to wait, unless P holds already.
pub(super) fn arrive(cx: &mut Cx<'_>, at: At, predicate: ExprId, up_to: Span, next: Option<StepId>) -> Flow {
    let (holds, look) = cx.truth_until(Around::instance(at), predicate);
    if holds {
        return Flow::Later(next);
    }
    let (from, deadline) = (cx.now, cx.zone().add(cx.now, up_to));
    cx.instance_mut(at).body.place = Place::Until { from, deadline, look };
    Flow::Stay
}

/// Looks again whether P holds, and goes on if it does.
pub(in crate::engine) fn look(cx: &mut Cx<'_>, at: At) {
    let Some(step) = cx.instance(at).body.step.map(|step| cx.step(at, step)) else { return };
    let (StepKind::WaitUntil { predicate, .. }, Place::Until { .. }) =
        (&step.kind, &cx.instance(at).body.place)
    else {
        return;
    };
    let (holds, until) = cx.truth_until(Around::instance(at), *predicate);
    if holds {
        resume(cx, at, step.next);
    } else if let Place::Until { look, .. } = &mut cx.instance_mut(at).body.place {
        *look = until;
    }
}
