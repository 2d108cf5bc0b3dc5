//! `repeat up to N times every D [until P]`: the body's end leads back here.

use crate::engine::advance::{Flow, resume};
use crate::engine::cx::{Around, At, Cx};
use crate::engine::user::{Loop, Place};
use wayline_compiler::ir::{Span, Step, StepKind};

/// Begins the next round, waits for it, or goes on after the last.
pub(super) fn arrive(cx: &mut Cx<'_>, at: At, step: &Step) -> Flow {
    let StepKind::Repeat { counter, times, every, .. } = &step.kind else { return Flow::To(step.next) };
    let state = state(cx, at, *counter);
    if state.rounds > 0 && state.rounds < *times {
        let until = next_round(cx, at, *counter, *every);
        if until > cx.now {
            let from = cx.now;
            cx.instance_mut(at).body.place = Place::Wait { from, until };
            return Flow::Stay;
        }
    }
    begin(cx, at, step)
}

/// Begins a round, unless they are used up or P holds.
fn begin(cx: &mut Cx<'_>, at: At, step: &Step) -> Flow {
    let StepKind::Repeat { counter, times, until, body, .. } = &step.kind else { return Flow::To(step.next) };
    let state = state(cx, at, *counter);
    let is_over = state.rounds >= *times || until.is_some_and(|until| cx.truth(Around::instance(at), until));
    let now = cx.now;
    let new = match (is_over, state.rounds) {
        (true, _) => Loop::default(),
        (false, 0) => Loop { rounds: 1, first: now, start: now },
        (false, rounds) => Loop { rounds: rounds + 1, first: state.first, start: now },
    };
    if let Some(slot) = cx.instance_mut(at).body.more_mut().loops.get_mut(*counter as usize) {
        *slot = new;
    }
    // What follows is walked again from there: rounds are not done over to see whether they lead to it.
    Flow::Later(if is_over { step.next } else { *body })
}

/// The pause between two rounds is over.
pub(in crate::engine) fn next(cx: &mut Cx<'_>, at: At, step: &Step) {
    cx.instance_mut(at).body.place = Place::Walking;
    match begin(cx, at, step) {
        Flow::To(next) | Flow::Later(next) => resume(cx, at, next),
        Flow::Stay => {}
    }
}

/// When the next round begins: D after this one began, calendar D counted from the first.
pub(super) fn next_round(cx: &Cx<'_>, at: At, counter: u32, every: Span) -> i64 {
    let state = state(cx, at, counter);
    match every {
        Span::Exact(_) => cx.zone().add(state.start, every),
        Span::Months(n) => cx.zone().add(state.first, Span::Months(n.saturating_mul(state.rounds as i32))),
    }
}

fn state(cx: &Cx<'_>, at: At, counter: u32) -> Loop {
    cx.instance(at).body.more().loops.get(counter as usize).copied().unwrap_or_default()
}
