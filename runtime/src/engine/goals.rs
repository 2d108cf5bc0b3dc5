//! Goals and exits: how instances end.

use super::cx::{Around, At, Cx};
use super::effects::{Cancel, Effects, End, Kind, Text};
use super::index::Listener;
use super::user::{Phase, Place};
use super::{Zone, lane, timers};
use wayline_compiler::ir::{Exit, Goal, Journey, Span, StepKind};
use wayline_compiler::row::Row;

/// Tests the goals that listen to an event. A conversion that ends the instance ends the test.
pub(super) fn on_event(cx: &mut Cx<'_>, at: At, listener: &Listener, row: Row<'_>, own: i64) {
    let journey = cx.journey(at);
    let instance = cx.instance(at);
    if instance.phase == Phase::Measuring && instance.body.measures_until < cx.now {
        over(cx, at);
        return;
    }
    if own < instance.body.entry_time {
        return;
    }
    let entered_at = instance.body.entered_at;
    for goal in listener.goals.iter().map(|goal| &journey.goals[*goal]) {
        let is_in_window = own <= cx.zone().add(entered_at, goal.window);
        if is_in_window && cx.passes(Around { event: row, instance: Some(at) }, goal.filter) {
            convert(cx, at, goal);
            if cx.instance(at).phase == Phase::Over {
                return;
            }
        }
    }
}

fn convert(cx: &mut Cx<'_>, at: At, goal: &Goal) {
    if !goal.keep_going {
        cancel(cx, at, Cancel::Goal);
    }
    let credit = cx.instance(at).body.message.as_deref().copied();
    let detail = credit_text(cx.out, cx.journey(at), goal, &cx.user.instances[at.0]);
    cx.decide(at, Kind::Converted, |decision| {
        decision.detail = detail;
        if let Some(credit) = credit {
            decision.id = credit.id;
            decision.step = Some(credit.step);
            decision.channel = Some(credit.channel);
        }
    });
    if !goal.keep_going {
        leave(cx, at);
        over(cx, at);
    }
}

/// Names the goal and every arm taken: `purchase; price_test: b`.
fn credit_text(out: &mut Effects, journey: &Journey, goal: &Goal, instance: &super::Instance) -> Text {
    let start = out.mark();
    out.text.push_str(&goal.name);
    if instance.body.is_held_out {
        out.text.push_str("; holdout");
    }
    for (step, arm) in &instance.body.more().arms {
        if let StepKind::Split(split) = &journey.steps[step.index()].kind {
            out.text.push_str("; ");
            out.text.push_str(&split.name);
            out.text.push_str(": ");
            out.text.push_str(split.arms.get(*arm as usize).map_or("holdout", |arm| &arm.name));
        }
    }
    out.since(start)
}

/// Tests the exits that listen to an event; says whether the instance ended.
pub(super) fn exits_on(cx: &mut Cx<'_>, at: At, listener: &Listener, row: Row<'_>, own: i64) -> bool {
    if !cx.is_live(at) || own < cx.instance(at).body.entry_time {
        return false;
    }
    let journey = cx.journey(at);
    for exit in &listener.exits {
        let filter = match &journey.exits[*exit] {
            Exit::Event { filter, .. } => *filter,
            Exit::When { .. } => continue,
        };
        if cx.passes(Around { event: row, instance: Some(at) }, filter) {
            finish(cx, at, End::Event, Cancel::Exit, "");
            return true;
        }
    }
    false
}

/// Whether an `exit when` holds now.
pub(super) fn is_exiting(cx: &Cx<'_>, at: At) -> bool {
    cx.journey(at).exits.iter().any(|exit| match exit {
        Exit::Event { .. } => false,
        Exit::When { predicate } => cx.truth(Around::instance(at), *predicate),
    })
}

/// Tests every `exit when` and notes when time alone may make one hold; says whether the instance ended.
pub(super) fn exits_when(cx: &mut Cx<'_>, at: At) -> bool {
    let journey = cx.instance(at).journey;
    if !cx.is_live(at) || !cx.index.journeys[journey.index()].has_exit_when {
        return false;
    }
    let mut due = i64::MAX;
    for exit in &cx.program.journey(journey).exits {
        match exit {
            Exit::Event { .. } => {}
            Exit::When { predicate } => {
                let (holds, until) = cx.truth_until(Around::instance(at), *predicate);
                if holds {
                    finish(cx, at, End::When, Cancel::Exit, "");
                    return true;
                }
                due = due.min(until);
            }
        }
    }
    cx.instance_mut(at).body.exit_due = due;
    false
}

/// Ends a live instance: its attempt is cancelled, its end recorded. Only one whose steps have run out goes on measuring.
pub(super) fn finish(cx: &mut Cx<'_>, at: At, how: End, cancelled: Cancel, detail: &str) {
    cancel(cx, at, cancelled);
    let step = cx.instance(at).body.step;
    let detail = cx.out.put(detail);
    cx.decide(at, Kind::Exited(how), |decision| {
        decision.detail = detail;
        decision.step = step;
    });
    leave(cx, at);
    match how {
        End::End => measure(cx, at),
        End::Event | End::When | End::Step | End::Lifetime | End::Restarted | End::Capped | End::Version => {
            over(cx, at)
        }
    }
    timers::set(cx, at);
}

/// Cancels the attempt that is held, if one is.
pub(super) fn cancel(cx: &mut Cx<'_>, at: At, why: Cancel) {
    let Place::Held(held) = std::mem::replace(&mut cx.instance_mut(at).body.place, Place::Walking) else {
        return;
    };
    super::steps::send::record(cx, at, held.option, Kind::Cancelled(why), "", None);
}

/// Its lifetime and goal windows, anew: months are those of the zone at hand.
pub(super) fn reckon(cx: &mut Cx<'_>, at: At) {
    let (journey, zone) = (cx.journey(at), cx.zone());
    let body = &mut cx.instance_mut(at).body;
    if let Some(lasts @ Span::Months(_)) = journey.lasts {
        body.lives_until = zone.add(body.more().refreshed_at.unwrap_or(body.entered_at), lasts);
    }
    if journey.goals.iter().any(|goal| matches!(goal.window, Span::Months(_))) {
        body.measures_until = window_end(journey, zone, body.entered_at);
    }
}

/// The end of the last goal window; `i64::MIN` without goals.
pub(super) fn window_end(journey: &Journey, zone: Zone, entered_at: i64) -> i64 {
    journey.goals.iter().map(|goal| zone.add(entered_at, goal.window)).max().unwrap_or(i64::MIN)
}

/// Its steps are over: it measures what windows are left, or is over.
pub(super) fn measure(cx: &mut Cx<'_>, at: At) {
    let now = cx.now;
    let instance = cx.instance_mut(at);
    instance.phase = if instance.body.measures_until >= now { Phase::Measuring } else { Phase::Over };
    instance.body.step = None;
    instance.body.place = Place::Walking;
    cx.touch();
}

/// The end of its live time, for cooldowns.
fn leave(cx: &mut Cx<'_>, at: At) {
    if cx.is_live(at) {
        let (journey, lane) = (cx.instance(at).journey, cx.instance(at).lane);
        lane::left(cx, journey, lane);
    }
}

fn over(cx: &mut Cx<'_>, at: At) {
    let instance = cx.instance_mut(at);
    instance.phase = Phase::Over;
    instance.timer = None;
    instance.body.place = Place::Walking;
    cx.touch();
}
