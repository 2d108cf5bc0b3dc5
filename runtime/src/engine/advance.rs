//! The walk: an instance takes one step after another until one of them waits or the last is done.

use super::cx::{At, Cx};
use super::effects::{Cancel, End};
use super::goals::finish;
use super::steps;
use super::timers;
use super::trace;
use super::user::Place;
use wayline_compiler::ir::StepId;

/// What a step leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// On to a step; `None` is the end of the journey.
    To(Option<StepId>),
    /// On to a step, after one that takes time (even if it took none now).
    Later(Option<StepId>),
    /// It waits, or the instance has ended.
    Stay,
}

/// Walks on from where the instance stands.
pub(super) fn walk(cx: &mut Cx<'_>, at: At) {
    while cx.is_live(at) && cx.instance(at).body.place == Place::Walking {
        let Some(step) = cx.instance(at).body.step else {
            finish(cx, at, End::End, Cancel::Exit, "");
            break;
        };
        trace::arrived(cx, at, step);
        match steps::arrive(cx, at, step) {
            Flow::To(next) => go(cx, at, next),
            Flow::Later(next) => {
                cx.instance_mut(at).body.resumed = next;
                go(cx, at, next);
            }
            Flow::Stay => break,
        }
    }
    timers::set(cx, at);
}

/// Ends what the instance waits for and walks on from `next`.
pub(super) fn resume(cx: &mut Cx<'_>, at: At, next: Option<StepId>) {
    let body = &mut cx.instance_mut(at).body;
    body.place = Place::Walking;
    body.resumed = next;
    go(cx, at, next);
    walk(cx, at);
}

/// Moves the instance to a step; it may leave the bodies of `at`s by it.
pub(super) fn go(cx: &mut Cx<'_>, at: At, next: Option<StepId>) {
    trace::went(cx, at, next);
    let scopes = &cx.index.journeys[cx.instance(at).journey.index()].at_of;
    let scope = next.and_then(|step| scopes[step.index()]);
    let body = &mut cx.instance_mut(at).body;
    body.step = next;
    if body.at.map(|(scope, _)| scope) != scope {
        let stays: Vec<_> = body.ats().skip_while(|(around, _)| Some(*around) != scope).collect();
        let (innermost, outer) = match stays.split_first() {
            Some((innermost, outer)) => (Some(*innermost), outer),
            None => (None, &[][..]),
        };
        body.at = innermost;
        if body.more().outer != outer {
            body.more_mut().outer = outer.to_vec();
        }
    }
}
