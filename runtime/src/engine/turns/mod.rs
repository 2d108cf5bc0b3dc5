//! Entries without an event: segments that turn, recurring occurrences, one broadcast.
//!
//! One [`Turn`] per such journey and user tells when to look next; nothing is polled. Start at [`look`].

mod state;

pub use state::{Turn, Turns};

use super::cx::{Around, Cx};
use super::effects::Refusal;
use super::entry::{self, Candidate};
use super::hash::Parts;
use super::timers;
use std::cell::RefCell;
use wayline_compiler::calendar::{civil, date_of, month_length, weekday};
use wayline_compiler::eval::{self, Value};
use wayline_compiler::ir::{CatalogId, Entry, ExprId, JourneyId, Period, SegmentId};
use wayline_compiler::row::Row;

/// Position of a journey in [`super::index::Index::turns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TurnId(pub(super) usize);

/// Gives a new user a turn for each journey entered without an event; nobody is inside anything yet.
pub(super) fn begin(cx: &mut Cx<'_>) {
    cx.user.turns = Turns::new(cx.index.turns.len());
    cx.has_turned = true;
    cx.touch();
    for at in 0..cx.index.turns.len() {
        let id = TurnId(at);
        match &cx.program.journey(cx.index.turns[at]).entry {
            // Before the first input the predicate counts as false: leaving starts from outside.
            Entry::Event { .. } | Entry::Enter { .. } | Entry::Leave { .. } => {}
            Entry::Every { .. } => schedule(cx, id),
            Entry::At { at: instant, .. } => {
                let due = if *instant >= cx.now { *instant } else { i64::MAX };
                turn_mut(cx, id).due = due;
            }
        }
    }
}

/// Gives a user of an earlier version of the program the turns of this one: who is inside already has not turned, but for journeys that say
/// `including current`.
pub(super) fn adopt(cx: &mut Cx<'_>) {
    begin(cx);
    for at in 0..cx.index.turns.len() {
        let id = TurnId(at);
        let segment = match &cx.program.journey(cx.index.turns[at]).entry {
            Entry::Enter { segment, including_current: false } | Entry::Leave { segment } => *segment,
            Entry::Enter { including_current: true, .. } => {
                // It is looked at when time next passes: at once.
                turn_mut(cx, id).due = cx.now;
                continue;
            }
            Entry::Event { .. } | Entry::Every { .. } | Entry::At { .. } => continue,
        };
        let predicate = cx.program.segments[segment.index()].predicate;
        let (inside, due) = watch(cx, id, predicate, eval::truth_until);
        let turn = turn_mut(cx, id);
        (turn.inside, turn.due) = (inside, due);
    }
}

/// Looks at the predicate of a journey entered by segment, or reckons its next occurrence anew.
pub(super) fn look(cx: &mut Cx<'_>, id: TurnId) {
    match &cx.program.journey(cx.index.turns[id.0]).entry {
        Entry::Enter { segment, .. } => turn_to(cx, id, *segment, Side::Inside),
        Entry::Leave { segment } => turn_to(cx, id, *segment, Side::Outside),
        Entry::Every { .. } => schedule(cx, id),
        Entry::At { .. } | Entry::Event { .. } => {}
    }
}

/// Which turn enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Inside,
    Outside,
}

fn turn_to(cx: &mut Cx<'_>, id: TurnId, segment: SegmentId, enters: Side) {
    let predicate = cx.program.segments[segment.index()].predicate;
    let (inside, due) = watch(cx, id, predicate, eval::truth_until);
    let turn = cx.user.turns.get(id.0);
    let (has_moved, has_crossed) = (turn.due != due, turn.inside != inside);
    if has_moved {
        turn_mut(cx, id).due = due;
    }
    if !has_crossed {
        return;
    }
    turn_mut(cx, id).inside = inside;
    if inside == (enters == Side::Inside) {
        enter(cx, id);
    } else {
        turn_mut(cx, id).pending = None;
    }
}

/// Tries to enter now; a cooldown in the way is waited for.
fn enter(cx: &mut Cx<'_>, id: TurnId) {
    let journey = cx.index.turns[id.0];
    let entry_id = Parts::new().with(b"at").with(&cx.now.to_le_bytes()).id();
    let candidate = Candidate { journey, row: Row::EMPTY, time: cx.now, id: entry_id, is_excess: false };
    let pending = match entry::consider(cx, candidate) {
        Err(refused) if refused.why == Refusal::Cooldown => refused.free_at,
        Ok(()) | Err(_) => None,
    };
    turn_mut(cx, id).pending = pending;
}

/// Something is due: a cooldown has ended, a predicate may have changed, an occurrence has come.
pub(super) fn fire(cx: &mut Cx<'_>, journey: JourneyId) {
    let Ok(at) = cx.index.turns.binary_search(&journey) else { return };
    let id = TurnId(at);
    match &cx.program.journey(journey).entry {
        Entry::Enter { .. } => fire_segment(cx, id, Side::Inside),
        Entry::Leave { .. } => fire_segment(cx, id, Side::Outside),
        Entry::Every { segment, .. } => {
            let today = cx.zone().date(cx.now);
            turn_mut(cx, id).last_day = Some(today);
            schedule(cx, id);
            occur(cx, id, *segment);
        }
        Entry::At { segment, .. } => {
            turn_mut(cx, id).due = i64::MAX;
            occur(cx, id, *segment);
        }
        Entry::Event { .. } => {}
    }
    cx.touch();
}

fn fire_segment(cx: &mut Cx<'_>, id: TurnId, enters: Side) {
    if cx.user.turns.get(id.0).due <= cx.now {
        look(cx, id);
    }
    let turn = turn_mut(cx, id);
    if turn.pending.is_some_and(|pending| pending <= cx.now) {
        let turn = turn_mut(cx, id);
        turn.pending = None;
        if turn.inside == (enters == Side::Inside) {
            enter(cx, id);
        }
    }
}

/// An occurrence for those in the segment. What blocks one is not made up for.
fn occur(cx: &mut Cx<'_>, id: TurnId, segment: SegmentId) {
    if cx.truth(Around::USER, cx.program.segments[segment.index()].predicate) {
        enter(cx, id);
        turn_mut(cx, id).pending = None;
    }
}

/// Reckons the next occurrence of a recurring entry, at the earliest now and not on the day of the last.
fn schedule(cx: &mut Cx<'_>, id: TurnId) {
    let Entry::Every { period, at_ms, .. } = &cx.program.journey(cx.index.turns[id.0]).entry else { return };
    let zone = cx.zone();
    let today = zone.date(cx.now);
    let first = cx.user.turns.get(id.0).last_day.map_or(today, |last| today.max(last.saturating_add(1)));
    let anniversary = match period {
        Period::Year(date) => {
            watch(cx, id, *date, |env, expr| eval::optional(env, expr).and_then(|v| day_of(&v, env.zone)))
        }
        Period::Day | Period::Week(_) | Period::Month(_) => None,
    };
    let falls_on = |day: i32| match period {
        Period::Day => true,
        Period::Week(days) => days >> weekday(day) & 1 == 1,
        Period::Month(wanted) => {
            let date = civil(day);
            date.day == u32::from(*wanted).min(month_length(date.year, date.month))
        }
        Period::Year(_) => anniversary.is_some_and(|of| {
            let (date, of) = (civil(day), civil(of));
            date_of(date.year, of.month, of.day.min(month_length(date.year, of.month))) == day
        }),
    };
    // A leap year and a day cover every period; a day whose clock has passed is not one.
    let days = if anniversary.is_none() && matches!(period, Period::Year(_)) { 0 } else { 368 };
    let occurrences = (0..days).map(|n| first.saturating_add(n)).filter(|day| falls_on(*day));
    let due = occurrences.map(|day| zone.instant(day, *at_ms)).find(|due| *due >= cx.now);
    turn_mut(cx, id).due = due.unwrap_or(i64::MAX);
    cx.touch();
}

fn day_of(value: &Value<'_>, zone: super::Zone) -> Option<i32> {
    match value {
        Value::Date(date) => Some(*date),
        Value::Time(ms) => Some(zone.date(*ms)),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Str(_)
        | Value::Clock(_)
        | Value::Duration(_)
        | Value::Zone(_)
        | Value::Member(..)
        | Value::List(..) => None,
    }
}

/// Reads something and notes the catalog rows it was read from.
fn watch<R>(cx: &mut Cx<'_>, id: TurnId, expr: ExprId, read: impl FnOnce(&eval::Env<'_>, ExprId) -> R) -> R {
    let seen = RefCell::new(Vec::new());
    let result = cx.with_watch(Around::USER, Some(&seen), |env| read(env, expr));
    let mut watches: Vec<(CatalogId, String)> = seen.into_inner();
    watches.sort_unstable();
    watches.dedup();
    if watches != cx.user.turns.get(id.0).watches {
        timers::announce(cx, &watches);
        turn_mut(cx, id).watches = watches;
    }
    result
}

/// A turn, to be changed.
fn turn_mut<'c>(cx: &'c mut Cx<'_>, id: TurnId) -> &'c mut Turn {
    cx.has_turned = true;
    cx.touch();
    cx.user.turns.get_mut(id.0)
}
