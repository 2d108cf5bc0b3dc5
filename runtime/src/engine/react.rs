//! What follows when something that pending times and conditions read has changed.
//!
//! First every exit that now holds, then every pending time anew, then segments: so that nobody waits, sends or enters on what is
//! no longer true.

use super::advance::resume;
use super::cx::{At, Cx};
use super::goals;
use super::steps::{at, repeat, send, wait, wait_until};
use super::timers;
use super::turns::{self, TurnId};
use super::user::{Instance, Phase, Place};
use wayline_compiler::ir::{CatalogId, StepKind};

/// Attributes (or the zone they hold) have changed.
pub(super) fn to_attributes(cx: &mut Cx<'_>) {
    for at in 0..cx.user.instances.len() {
        goals::reckon(cx, At(at));
    }
    let concerned = live(cx, |_| true);
    instances(cx, &concerned);
    for turn in in_order(cx, |_| true) {
        turns::look(cx, turn);
    }
}

/// A catalog row has changed.
pub(super) fn to_catalog(cx: &mut Cx<'_>, catalog: CatalogId, key: &str) {
    let is_it = |watches: &[(CatalogId, String)]| watches.iter().any(|w| w.0 == catalog && w.1 == key);
    let concerned = live(cx, |instance| is_it(&instance.body.more().watches));
    instances(cx, &concerned);
    let concerned = in_order(cx, |turn| is_it(&turn.watches));
    for turn in concerned {
        turns::look(cx, turn);
    }
}

/// Positions of live instances, those that go first first.
fn live(cx: &Cx<'_>, concerns: impl Fn(&Instance) -> bool) -> Vec<At> {
    let all = cx.user.instances.iter().enumerate();
    let mut all: Vec<At> =
        all.filter(|(_, i)| i.phase == Phase::Live && concerns(i)).map(|(at, _)| At(at)).collect();
    all.sort_by_key(|at| cx.order(*at));
    all
}

/// Turns, those of journeys that go first first.
pub(super) fn in_order(cx: &Cx<'_>, concerns: impl Fn(&turns::Turn) -> bool) -> Vec<TurnId> {
    let all = (0..cx.user.turns.len()).map(TurnId);
    let mut all: Vec<TurnId> = all.filter(|id| concerns(cx.user.turns.get(id.0))).collect();
    all.sort_by_key(|id| cx.index.journeys[cx.index.turns[id.0].index()].rank);
    all
}

fn instances(cx: &mut Cx<'_>, concerned: &[At]) {
    for at in concerned {
        goals::exits_when(cx, *at);
    }
    for at in concerned {
        if cx.is_live(*at) {
            reconsider(cx, *at);
            timers::set(cx, *at);
        }
    }
}

/// Computes what an instance waits for anew and does what has thereby come.
pub(super) fn reconsider(cx: &mut Cx<'_>, at: At) {
    let Some(step) = cx.instance(at).body.step.map(|step| cx.step(at, step)) else { return };
    match &cx.instance(at).body.place {
        Place::Walking => {}
        Place::For { from, .. } => {
            let from = *from;
            if let StepKind::WaitFor { up_to, .. } = &step.kind {
                let deadline = cx.zone().add(from, *up_to);
                cx.instance_mut(at).body.place = Place::For { from, deadline };
            }
        }
        Place::Wait { from, .. } => {
            let from = *from;
            let until = wait::until(cx, at, &step.kind, from);
            cx.instance_mut(at).body.place = Place::Wait { from, until };
            if until < cx.now {
                end_wait(cx, at);
            }
        }
        Place::Until { from, .. } => {
            let from = *from;
            if let StepKind::WaitUntil { up_to, .. } = &step.kind {
                let deadline = cx.zone().add(from, *up_to);
                cx.instance_mut(at).body.place = Place::Until { from, deadline, look: i64::MAX };
            }
            wait_until::look(cx, at);
        }
        Place::At { .. } => at::move_to(cx, at),
        Place::Held(_) => send::follow(cx, at),
    }
    if cx.is_live(at) {
        gives_way(cx, at);
    }
}

/// A wait is over: on to the next step, or into the next round.
pub(super) fn end_wait(cx: &mut Cx<'_>, at: At) {
    let Some(step) = cx.instance(at).body.step.map(|step| cx.step(at, step)) else { return };
    match &step.kind {
        StepKind::Repeat { .. } => repeat::next(cx, at, step),
        _ => resume(cx, at, step.next),
    }
}

/// The next `at` may have moved into the past: what is held or waits for a clock gives way at once.
fn gives_way(cx: &mut Cx<'_>, at: At) {
    match timers::due(cx, at) {
        Some((key, timers::What::GiveWay(next))) if key.due <= cx.now => match at::instant(cx, at, next) {
            Some(instant) if instant < cx.now => send::give_way(cx, at, next),
            Some(_) | None => {}
        },
        Some(_) | None => {}
    }
}
