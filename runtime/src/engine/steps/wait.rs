//! `wait D` and `wait until CLOCK`: their end is a function of where they began and of what they read.

use crate::engine::advance::Flow;
use crate::engine::cx::{Around, At, Cx};
use crate::engine::user::Place;
use wayline_compiler::calendar::hours::EVERY_DAY;
use wayline_compiler::eval::Value;
use wayline_compiler::ir::{DayRule, ExprId, Span, Step, StepKind};

/// Begins a wait; one that is already over takes no time.
pub(super) fn arrive(cx: &mut Cx<'_>, at: At, step: &Step) -> Flow {
    let from = cx.now;
    let until = until(cx, at, &step.kind, from);
    if until <= cx.now {
        return Flow::Later(step.next);
    }
    cx.instance_mut(at).body.place = Place::Wait { from, until };
    Flow::Stay
}

/// When a wait that began at `from` ends.
pub(in crate::engine) fn until(cx: &Cx<'_>, at: At, kind: &StepKind, from: i64) -> i64 {
    match kind {
        StepKind::Wait { duration } => cx.zone().add(from, span(cx, at, *duration)),
        StepKind::WaitClock { clock, days, zone } => clock_due(cx, at, from, *clock, *days, *zone),
        StepKind::Repeat { counter, every, .. } => super::repeat::next_round(cx, at, *counter, *every),
        StepKind::WaitUntil { .. }
        | StepKind::WaitFor { .. }
        | StepKind::At { .. }
        | StepKind::If { .. }
        | StepKind::Match { .. }
        | StepKind::Split(_)
        | StepKind::Send(_)
        | StepKind::Set { .. }
        | StepKind::Emit { .. }
        | StepKind::Call { .. }
        | StepKind::Exit { .. } => from,
    }
}

/// A duration; none where it is missing or negative.
fn span(cx: &Cx<'_>, at: At, duration: ExprId) -> Span {
    match cx.optional(Around::instance(at), duration) {
        Some(Value::Duration(Span::Exact(ms))) => Span::Exact(ms.max(0)),
        Some(Value::Duration(Span::Months(n))) => Span::Months(n.max(0)),
        _ => Span::Exact(0),
    }
}

fn clock_due(cx: &Cx<'_>, at: At, from: i64, clock: ExprId, days: DayRule, zone: Option<ExprId>) -> i64 {
    let around = Around::instance(at);
    let zone = match zone.and_then(|zone| cx.optional(around, zone)) {
        Some(Value::Zone(zone)) => zone,
        _ => cx.zone(),
    };
    let Some(Value::Clock(clock)) = cx.optional(around, clock) else { return from };
    let due = match days {
        DayRule::Any => zone.next_clock(from, clock, EVERY_DAY),
        DayRule::Weekdays(days) => zone.next_clock(from, clock, days),
        DayRule::Day(days) => zone.clock_on_day(cx.instance(at).body.entered_at, i64::from(days), clock),
    };
    // Past the end of the calendar: there is nothing to wait for.
    if due == i64::MAX { from } else { due }
}

/// The expressions that a wait's end is a function of.
pub(in crate::engine) fn expressions(kind: &StepKind, out: &mut Vec<ExprId>) {
    match kind {
        StepKind::Wait { duration } => out.push(*duration),
        StepKind::WaitClock { clock, zone, .. } => {
            out.push(*clock);
            out.extend(*zone);
        }
        StepKind::WaitUntil { .. }
        | StepKind::WaitFor { .. }
        | StepKind::At { .. }
        | StepKind::If { .. }
        | StepKind::Match { .. }
        | StepKind::Split(_)
        | StepKind::Send(_)
        | StepKind::Repeat { .. }
        | StepKind::Set { .. }
        | StepKind::Emit { .. }
        | StepKind::Call { .. }
        | StepKind::Exit { .. } => {}
    }
}
