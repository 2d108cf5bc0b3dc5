//! When instances act by time alone: each has one next thing due, a user the least of them.
//!
//! A pending time is kept where it waits ([`Place`]); here they are compared. Start at [`due`].

use super::cx::{At, Cx};
use super::steps::{at, wait};
use super::timer::{Class, TimerKey};
use super::user::{Phase, Place};
use std::cmp::Reverse;
use wayline_compiler::ir::{CatalogId, Exit, ExprId, StepId, StepKind};

/// What an instance does when its time comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Looks whether an `exit when` holds.
    ExitWhen,
    /// Goes on after a wait or into the next round.
    Wait,
    /// Looks whether the predicate of a `wait until` holds.
    Look,
    /// Gives up waiting.
    Timeout,
    /// Runs the body of an `at`.
    At,
    /// Tries a held message again.
    Release,
    /// Gives way to the next `at`, whose instant has come.
    GiveWay(StepId),
    /// Ends.
    Lifetime,
}

/// The next thing an instance does by time alone.
pub(super) fn due(cx: &Cx<'_>, at: At) -> Option<(TimerKey, What)> {
    let instance = cx.instance(at);
    if instance.phase != Phase::Live {
        return None;
    }
    let body = &instance.body;
    let mut least = Least { cx, at, best: None };
    least.offer(body.exit_due, Class::Act, What::ExitWhen);
    match &body.place {
        Place::Walking => {}
        Place::Wait { until, from } => {
            least.offer(*until, Class::Act, What::Wait);
            let is_clock =
                body.step.is_some_and(|s| matches!(cx.step(at, s).kind, StepKind::WaitClock { .. }));
            if is_clock {
                least.give_way(*from);
            }
        }
        Place::Until { deadline, look, .. } => {
            least.offer(*look, Class::Act, What::Look);
            least.offer(*deadline, Class::Timeout, What::Timeout);
        }
        Place::For { deadline, .. } => least.offer(*deadline, Class::Timeout, What::Timeout),
        Place::At { at: instant } => least.offer(*instant, Class::Act, What::At),
        Place::Held(held) => {
            least.offer_from(held.until, Class::Act, held.due, What::Release);
            least.give_way(held.due);
        }
    }
    least.offer(body.lives_until, Class::End, What::Lifetime);
    least.best
}

struct Least<'c, 'x> {
    cx: &'c Cx<'x>,
    at: At,
    best: Option<(TimerKey, What)>,
}

impl Least<'_, '_> {
    fn offer(&mut self, due: i64, class: Class, what: What) {
        self.offer_from(due, class, due, what);
    }
    fn offer_from(&mut self, due: i64, class: Class, original: i64, what: What) {
        if due == i64::MAX {
            return;
        }
        let instance = self.cx.instance(self.at);
        let key = TimerKey {
            due,
            class,
            priority: Reverse(self.cx.program.journey(instance.journey).priority),
            original,
            // An earlier version takes the turn of its journey.
            journey: self.cx.index.journeys[instance.journey.index()].lineage.0,
            instance: instance.number,
        };
        if self.best.is_none_or(|(best, _)| key < best) {
            self.best = Some((key, what));
        }
    }
    /// The schedule rule: what began at `from` in the body of an `at` ends when the instant of the next one comes.
    fn give_way(&mut self, from: i64) {
        for (next, instant) in at::give_way_to(self.cx, self.at) {
            if instant >= from {
                self.offer(instant.max(self.cx.now), Class::Timeout, What::GiveWay(next));
            }
        }
    }
}

/// Notes when an instance is next due, and on which catalog rows that depends.
pub(super) fn set(cx: &mut Cx<'_>, at: At) {
    let timer = due(cx, at).map(|(key, _)| key);
    cx.instance_mut(at).timer = timer;
    cx.touch();
    let journey = cx.instance(at).journey;
    if cx.index.journeys[journey.index()].reads_catalogs {
        watch(cx, at);
    }
}

/// Notes the catalog rows that what an instance waits for is read from.
fn watch(cx: &mut Cx<'_>, at: At) {
    let mut watches: Vec<(CatalogId, String)> = Vec::new();
    if cx.is_live(at) {
        for expr in pending(cx, at) {
            watches.extend(cx.watched(at, expr));
        }
    }
    watches.sort_unstable();
    watches.dedup();
    if watches == cx.instance(at).body.more().watches {
        return;
    }
    announce(cx, &watches);
    cx.instance_mut(at).body.more_mut().watches = watches;
}

/// Tells the host of catalog rows that are waited on.
pub(super) fn announce(cx: &mut Cx<'_>, watches: &[(CatalogId, String)]) {
    for (catalog, key) in watches {
        let key = cx.out.put(key);
        cx.out.watched.push((*catalog, key));
    }
}

/// The expressions that what an instance waits for is a function of.
fn pending(cx: &Cx<'_>, at: At) -> Vec<ExprId> {
    let mut exprs = Vec::new();
    for exit in &cx.journey(at).exits {
        match exit {
            Exit::Event { .. } => {}
            Exit::When { predicate } => exprs.push(*predicate),
        }
    }
    let body = &cx.instance(at).body;
    match (&body.place, body.step.map(|step| &cx.step(at, step).kind)) {
        (Place::Wait { .. }, Some(kind)) => wait::expressions(kind, &mut exprs),
        (Place::Until { .. }, Some(StepKind::WaitUntil { predicate, .. })) => exprs.push(*predicate),
        (Place::At { .. }, Some(kind)) => at::expressions(kind, &mut exprs),
        _ => {}
    }
    for (step, _) in body.ats() {
        let kind = &cx.step(at, step).kind;
        at::expressions(kind, &mut exprs);
        if let StepKind::At { gives_way_to: Some(next), .. } = kind {
            at::expressions(&cx.step(at, *next).kind, &mut exprs);
        }
    }
    exprs
}

/// The next thing due of the user: the least of instances and of entries by segment or time.
pub(super) fn next(cx: &Cx<'_>) -> Option<TimerKey> {
    let instances = cx.user.instances.iter().filter_map(|instance| instance.timer);
    let turn = cx.user.next_turn.and_then(|at| of_turn(cx, at as usize));
    instances.chain(turn).min()
}

/// The entry by segment or time that is due first. There may be many, so it is asked only after one of them has changed.
pub(super) fn next_turn(cx: &Cx<'_>) -> Option<u32> {
    let turns = cx.user.turns.iter().filter_map(|(at, _)| Some((of_turn(cx, at)?, at as u32)));
    turns.min().map(|(_, at)| at)
}

fn of_turn(cx: &Cx<'_>, at: usize) -> Option<TimerKey> {
    let (turn, journey) = (cx.user.turns.get(at), *cx.index.turns.get(at)?);
    let due = turn.due.min(turn.pending.unwrap_or(i64::MAX));
    (due < i64::MAX).then(|| TimerKey {
        due,
        class: Class::Act,
        priority: Reverse(cx.program.journey(journey).priority),
        original: due,
        journey: journey.0,
        instance: 0,
    })
}
