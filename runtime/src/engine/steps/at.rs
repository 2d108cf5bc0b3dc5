//! `at TIME …`: a step that runs at an instant of the data, and the schedule that consecutive ones make.

use crate::engine::advance::{Flow, resume};
use crate::engine::cx::{Around, At, Cx};
use crate::engine::user::Place;
use wayline_compiler::eval::Value;
use wayline_compiler::ir::{ExprId, StepId, StepKind};

/// Runs the body now, or waits for its instant, or runs `else` when it has passed.
pub(super) fn arrive(
    cx: &mut Cx<'_>,
    at: At,
    id: StepId,
    body: Option<StepId>,
    otherwise: Option<StepId>,
) -> Flow {
    match instant(cx, at, id) {
        Some(instant) if instant == cx.now => {
            enter(cx, at, id, instant);
            Flow::Later(body)
        }
        Some(instant) if instant > cx.now => {
            cx.instance_mut(at).body.place = Place::At { at: instant };
            Flow::Stay
        }
        Some(_) | None => Flow::To(otherwise),
    }
}

/// Goes into its body, perhaps inside that of another.
fn enter(cx: &mut Cx<'_>, at: At, id: StepId, instant: i64) {
    let body = &mut cx.instance_mut(at).body;
    if let Some(around) = body.at.replace((id, instant)) {
        body.more_mut().outer.insert(0, around);
    }
}

/// Its instant has come.
pub(in crate::engine) fn run(cx: &mut Cx<'_>, at: At) {
    let Some(id) = cx.instance(at).body.step else { return };
    if let (StepKind::At { body, .. }, Place::At { at: instant }) =
        (&cx.step(at, id).kind, &cx.instance(at).body.place)
    {
        let instant = *instant;
        enter(cx, at, id, instant);
        resume(cx, at, *body);
    }
}

/// Computes the instant it waits for anew; one that has moved into the past runs `else`.
pub(in crate::engine) fn move_to(cx: &mut Cx<'_>, at: At) {
    let Some(id) = cx.instance(at).body.step else { return };
    let StepKind::At { otherwise, .. } = &cx.step(at, id).kind else { return };
    match instant(cx, at, id) {
        Some(instant) if instant >= cx.now => cx.instance_mut(at).body.place = Place::At { at: instant },
        Some(_) | None => resume(cx, at, *otherwise),
    }
}

/// The instant of an `at`; `None` where its time is missing.
pub(in crate::engine) fn instant(cx: &Cx<'_>, at: At, id: StepId) -> Option<i64> {
    let StepKind::At { time, on_day, .. } = &cx.step(at, id).kind else { return None };
    let around = Around::instance(at);
    let zone = cx.zone();
    let (instant, date) = match cx.optional(around, *time)? {
        Value::Time(ms) => (ms, zone.date(ms)),
        Value::Date(date) => (zone.midnight(date), date),
        _ => return None,
    };
    let Some((days, clock)) = on_day else { return Some(instant) };
    match cx.optional(around, *clock)? {
        Value::Clock(clock) => Some(zone.instant(wayline_compiler::calendar::add_days(date, *days), clock)),
        _ => None,
    }
}

/// The outermost `at` around the instance whose instant is no longer the one it ran at.
pub(in crate::engine) fn moved(cx: &Cx<'_>, at: At) -> Option<StepId> {
    let has_moved = |(scope, ran): &(StepId, i64)| instant(cx, at, *scope) != Some(*ran);
    cx.instance(at).body.ats().rev().find(has_moved).map(|(scope, _)| scope)
}

/// The `at`s that follow those whose bodies the instance is in, with their instants.
pub(in crate::engine) fn give_way_to(cx: &Cx<'_>, at: At) -> impl Iterator<Item = (StepId, i64)> {
    cx.instance(at).body.ats().filter_map(move |(scope, _)| match &cx.step(at, scope).kind {
        StepKind::At { gives_way_to, .. } => {
            let next = (*gives_way_to)?;
            instant(cx, at, next).map(|instant| (next, instant))
        }
        _ => None,
    })
}

/// The expressions that an instant is a function of.
pub(in crate::engine) fn expressions(kind: &StepKind, out: &mut Vec<ExprId>) {
    if let StepKind::At { time, on_day, .. } = kind {
        out.push(*time);
        out.extend(on_day.map(|(_, clock)| clock));
    }
}
