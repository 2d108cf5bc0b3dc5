//! One input: the door, the clock, then goals, exits, refreshes and waits of each instance, then entries.

use super::cx::{Around, At, Cx};
use super::door::{self, Admission};
use super::effects::Kind;
use super::entry::{self, Candidate};
use super::index::{Index, Listener};
use super::input::{Body, Input};
use super::steps::{wait_for, wait_until};
use super::turns::{self, TurnId};
use super::{attributes, goals, hash, lane, react, refresh, timers};
use smallvec::SmallVec;
use wayline_compiler::ir::{AggId, EventId, JourneyId};
use wayline_compiler::row::Row;

/// Applies an input.
pub(super) fn input(cx: &mut Cx<'_>, input: &Input<'_>) {
    match input.body {
        Body::Event { event, row } => {
            let admission = door::event(cx, event, row, input.faults);
            if admission == Admission::Rejected {
                return;
            }
            let first = begin(cx, input.time);
            let id = EntryId::Text(input.id);
            happened(
                cx,
                Happened { event, row, own: input.time, id, is_excess: admission == Admission::Excess },
                first,
            );
        }
        Body::Identify { row, changed } => {
            let first = begin(cx, input.time);
            let has_changed = attributes::identify(cx, row, changed, input.faults);
            if has_changed || first == First::Yes {
                react::to_attributes(cx);
            }
        }
        Body::Catalog { catalog, key } => {
            // A row alone makes nobody a user.
            if cx.user.clock > i64::MIN {
                cx.user.clock = cx.now;
                react::to_catalog(cx, catalog, key);
            }
        }
        Body::Provider { channel, error } => {
            let first = begin(cx, input.time);
            let failing = &mut cx.user.rare.get_or_insert_default().failing;
            failing.retain(|(failing, _)| *failing != channel);
            if let Some(error) = error {
                failing.push((channel, error.to_owned()));
            }
            if first == First::Yes {
                react::to_attributes(cx);
            }
        }
    }
}

/// Whether an input is the user's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    Yes,
    No,
}

/// Advances the clock; a late input is marked before its effects.
fn begin(cx: &mut Cx<'_>, own: i64) -> First {
    let first = if cx.user.clock == i64::MIN { First::Yes } else { First::No };
    if own < cx.user.clock {
        let mut decision = cx.decision(Kind::Late);
        let start = cx.out.mark();
        wayline_compiler::calendar::text::push_instant(&mut cx.out.text, own, cx.user.zone);
        decision.detail = cx.out.since(start);
        cx.out.decisions.push(decision);
    }
    cx.user.clock = cx.now;
    if first == First::Yes && !cx.index.turns.is_empty() {
        turns::begin(cx);
    }
    first
}

/// The id of an event, hashed only where it enters something.
#[derive(Clone, Copy, Debug)]
enum EntryId<'r> {
    Text(&'r str),
    Hash(u128),
}

/// An admitted event.
#[derive(Clone, Copy, Debug)]
struct Happened<'r> {
    event: EventId,
    row: Row<'r>,
    own: i64,
    id: EntryId<'r>,
    is_excess: bool,
}

/// Applies an event that a step of the same user emitted.
pub(super) fn emitted(cx: &mut Cx<'_>, event: EventId, row: Row<'_>, key: u128) {
    match door::event(cx, event, row, &[]) {
        Admission::Rejected => {}
        admission => {
            let id = EntryId::Hash(key);
            let is_excess = admission == Admission::Excess;
            happened(cx, Happened { event, row, own: cx.now, id, is_excess }, First::No);
        }
    }
}

fn happened(cx: &mut Cx<'_>, what: Happened<'_>, first: First) {
    let index = &cx.index.events[what.event.index()];
    let concerned = concerned(cx, what.event, what.row);
    if !what.is_excess {
        remember(cx, &index.aggregates, &concerned, what);
    }
    for (_, at, listener) in &concerned {
        tested(cx, *at, listener, what);
    }
    for (_, at, listener) in &concerned {
        waited(cx, *at, listener, what);
    }
    enter(cx, what, first);
}

/// History first, so that whatever is asked includes the event.
fn remember(cx: &mut Cx<'_>, aggregates: &[AggId], concerned: &Concerned<'_>, what: Happened<'_>) {
    cx.remember(aggregates, Around { event: what.row, instance: None }, what.own);
    for (_, at, listener) in concerned {
        if !listener.cells.is_empty() && what.own >= cx.instance(*at).body.entry_time {
            cx.remember(&listener.cells, Around { event: what.row, instance: Some(*at) }, what.own);
        }
    }
}

type Concerned<'a> = SmallVec<[((u32, u32), At, &'a Listener); 8]>;

/// The instances an event may concern, those that go first first.
fn concerned<'a>(cx: &Cx<'a>, event: EventId, row: Row<'_>) -> Concerned<'a> {
    let mut all = Concerned::new();
    let index: &'a Index = cx.index;
    if index.events[event.index()].listeners.is_empty() {
        return all;
    }
    let mut lane = None;
    for (at, instance) in cx.user.instances.iter().enumerate() {
        let Some(listener) = index.listener(event, instance.journey) else { continue };
        if let Some(fields) = &listener.lane {
            let (of, hash) = match lane {
                Some(known @ (of, _)) if of == instance.journey => known,
                Some(_) | None => (instance.journey, lane::hash(cx.program, instance.journey, row, fields)),
            };
            lane = Some((of, hash));
            if instance.lane != hash {
                continue;
            }
        }
        all.push((cx.order(At(at)), At(at), listener));
    }
    if all.len() > 1 {
        all.sort_unstable_by_key(|(order, at, _)| (*order, *at));
    }
    all
}

/// Goal, exit, refresh.
fn tested(cx: &mut Cx<'_>, at: At, listener: &Listener, what: Happened<'_>) {
    if !listener.goals.is_empty() {
        goals::on_event(cx, at, listener, what.row, what.own);
    }
    if !cx.is_live(at) || goals::exits_on(cx, at, listener, what.row, what.own) {
        return;
    }
    if listener.reacts && goals::exits_when(cx, at) {
        return;
    }
    if !listener.refreshes.is_empty() && what.own >= cx.instance(at).body.entry_time {
        refresh::on_event(cx, at, listener, what.row);
    }
}

/// Waits, and pending times that a refresh has moved.
fn waited(cx: &mut Cx<'_>, at: At, listener: &Listener, what: Happened<'_>) {
    if !cx.is_live(at) {
        return;
    }
    if cx.instance(at).body.is_refreshed {
        cx.instance_mut(at).body.is_refreshed = false;
        react::reconsider(cx, at);
    }
    if listener.is_awaited && cx.is_live(at) && what.own >= cx.instance(at).body.entry_time {
        wait_for::on_event(cx, at, what.event, what.row);
    }
    if listener.reacts && cx.is_live(at) {
        wait_until::look(cx, at);
    }
    if (listener.reacts || !listener.refreshes.is_empty()) && cx.is_live(at) {
        timers::set(cx, at);
    }
}

/// What may start an instance.
#[derive(Clone, Copy, Debug)]
enum Start {
    Event(JourneyId),
    Turn(TurnId),
}

/// Entries: of the event itself, and of segments it turns, in the order of their journeys.
fn enter(cx: &mut Cx<'_>, what: Happened<'_>, first: First) {
    let index = &cx.index.events[what.event.index()];
    let rank = |cx: &Cx<'_>, journey: JourneyId| cx.index.journeys[journey.index()].rank;
    let mut starts: SmallVec<[(u32, Start); 4]> = SmallVec::new();
    if index.enters {
        let journeys = cx.triggers(what.event, what.row);
        starts.extend(journeys.into_iter().map(|journey| (rank(cx, journey), Start::Event(journey))));
    }
    let turns: SmallVec<[usize; 4]> = match first {
        First::Yes => (0..cx.index.turns.len()).collect(),
        First::No => index.turns.iter().map(|turn| *turn as usize).collect(),
    };
    starts.extend(turns.into_iter().map(|turn| (rank(cx, cx.index.turns[turn]), Start::Turn(TurnId(turn)))));
    if starts.len() > 1 {
        starts.sort_unstable_by_key(|(rank, _)| *rank);
    }
    for (_, start) in starts {
        match start {
            Start::Turn(turn) => turns::look(cx, turn),
            Start::Event(journey) => {
                let id = match what.id {
                    EntryId::Text("") => hash::of_nameless(what.own, cx.user.next_instance),
                    EntryId::Text(id) => hash::of_id(id),
                    EntryId::Hash(id) => id,
                };
                let candidate =
                    Candidate { journey, row: what.row, time: what.own, id, is_excess: what.is_excess };
                // Who is refused is on record.
                let _ = entry::consider(cx, candidate);
            }
        }
    }
}
