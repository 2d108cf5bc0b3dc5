//! A user's state in the terms of another program. What the new program does not know is forgotten; nothing is decided here.

use super::maps::{JourneyMap, Side, fields};
use super::{Change, Fate};
use crate::engine::cx::Cx;
use crate::engine::user::{Attributes, Credit, Instance, Loop, Payload, Phase, Place, User};
use crate::engine::{Engine, Turn, Turns, Zone, goals, json, lane};
use std::collections::BTreeMap;
use wayline_compiler::ir::print::print_journey;
use wayline_compiler::ir::{Entry, EventId, Field, JourneyId, Program, StepId, StepKind};
use wayline_compiler::row::RowBuf;

/// Carries everything but the turns.
pub(super) fn user(change: &Change, old: &Engine, new: &Engine, user: &mut User) {
    attributes(change, old, new, user);
    user.history.carry(&|agg| change.maps.aggregate(agg));
    if let Some(ledger) = &mut user.ledger {
        ledger.carry(&|entry| {
            let channel = change.maps.channel(entry.channel)?;
            // What a journey that is gone has sent still counts.
            let gone = (JourneyId(u32::MAX), StepId(u32::MAX));
            let by = change.maps.journey(entry.journey);
            let (journey, step) = by.map_or(gone, |by| (by.to, by.step(entry.step).unwrap_or(gone.1)));
            Some(crate::engine::gate::Entry { channel, journey, step, ..*entry })
        });
    }
    let lanes = std::mem::take(&mut user.lanes);
    user.lanes = lanes
        .into_iter()
        .filter_map(|((journey, lane), memory)| Some(((change.maps.journey(journey)?.to, lane), memory)))
        .collect();
    if let Some(rare) = &mut user.rare {
        rare.once = rare.once.iter().filter_map(|event| change.maps.event(*event)).collect();
        let admitted = std::mem::take(&mut rare.admitted);
        let moved =
            admitted.into_iter().filter_map(|(event, times)| Some((change.maps.event(event)?, times)));
        rare.admitted = moved.collect::<BTreeMap<EventId, Vec<i64>>>();
        let failing = std::mem::take(&mut rare.failing);
        rare.failing = failing
            .into_iter()
            .filter_map(|(channel, why)| Some((change.maps.channel(channel)?, why)))
            .collect();
    }
    let zone = user.zone;
    let instances = std::mem::take(&mut user.instances);
    user.instances = instances.into_iter().filter_map(|one| instance(change, old, new, zone, one)).collect();
}

fn attributes(change: &Change, old: &Engine, new: &Engine, user: &mut User) {
    let declared = |program: &Program| -> Vec<Field> {
        program.attributes.iter().map(|attribute| attribute.field.clone()).collect()
    };
    if let Some(before) = user.attributes.take() {
        let (from, to) = (declared(old.program()), declared(new.program()));
        let side = |program, fields| Side { program, fields };
        let row = fields(side(old.program(), &from), side(new.program(), &to), before.row.as_row());
        let set = before.set.iter().filter_map(|attribute| change.maps.attribute(*attribute));
        let mut set: Vec<_> = set.filter(|attribute| row.slots[attribute.index()].is_present()).collect();
        set.sort_unstable();
        // What was not set has the defaults of the new version.
        let mut all = RowBuf { slots: row.slots, bytes: row.bytes };
        for (at, slot) in all.slots.iter_mut().enumerate() {
            if set.binary_search(&wayline_compiler::ir::AttrId::new(at)).is_err() {
                *slot = wayline_compiler::row::Slot::MISSING;
            }
        }
        crate::engine::index::fill_defaults(new.program(), &to, &mut all);
        user.attributes = Some(Box::new(Attributes { row: all, set }));
    }
    let row = user.attributes.as_ref().map_or(new.index.defaults.as_row(), |a| a.row.as_row());
    let slot = new.program().well_known.timezone.map(|id| row.slot(id.index())).unwrap_or_default();
    user.zone = Zone::of_text(slot.sym, row.text(slot)).unwrap_or(new.zone());
}

/// The entry event's fields of a journey.
fn entry_fields(program: &Program, journey: JourneyId) -> &[Field] {
    match &program.journey(journey).entry {
        Entry::Event { event, .. } => &program.event(*event).fields,
        Entry::Enter { .. } | Entry::Leave { .. } | Entry::Every { .. } | Entry::At { .. } => &[],
    }
}

/// An instance in the terms of the new program; none where it does not go on.
fn instance(change: &Change, old: &Engine, new: &Engine, zone: Zone, mut one: Instance) -> Option<Instance> {
    let from = one.journey;
    let map = change.target(from)?;
    let goes_on = match (one.phase, change.fate(from)) {
        (Phase::Live, Fate::Same | Fate::Move | Fate::Pin) => true,
        (Phase::Live, Fate::Exit) | (Phase::Over, _) => false,
        // Its steps are done; unless pinned, it measures the goals as they are now.
        (Phase::Measuring, _) => true,
    };
    if !goes_on {
        return None;
    }
    let journey = new.program().journey(map.to);
    one.journey = map.to;
    one.timer = None;
    let body = &mut one.body;
    let side = |program, fields| Side { program, fields };
    let declared = entry_fields(new.program(), map.to);
    let before = side(old.program(), entry_fields(old.program(), from));
    let mut row = fields(before, side(new.program(), declared), body.row.row());
    crate::engine::index::fill_defaults(new.program(), declared, &mut row);
    let is_blob = |slot: usize| json::is_blob(new.program(), map.to, slot);
    body.row = Payload::keep(row.as_row(), &new.index.journeys[map.to.index()].keeps, is_blob);
    one.lane = lane::hash(new.program(), map.to, body.row.row(), &journey.key);
    body.step = body.step.and_then(|step| map.step(step));
    body.resumed = body.resumed.and_then(|step| map.step(step)).or(body.step);
    let ats: Vec<_> = body.ats().filter_map(|(step, at)| Some((map.step(step)?, at))).collect();
    body.at = ats.first().copied();
    let outer = ats.get(1..).unwrap_or_default().to_vec();
    body.lives_until = journey
        .lasts
        .map_or(i64::MAX, |lasts| zone.add(body.more().refreshed_at.unwrap_or(body.entered_at), lasts));
    body.measures_until = goals::window_end(journey, zone, body.entered_at);
    body.exit_due = i64::MAX;
    body.cells.carry(&|agg| change.maps.cell(agg, map.to));
    body.message = body.message.take().and_then(|credit| {
        let channel = change.maps.channel(credit.channel)?;
        Some(Box::new(Credit { step: map.step(credit.step)?, channel, ..*credit }))
    });
    let step = body.step;
    if let Place::Held(held) = &mut body.place {
        held.option = option(change, old, (from, step), map, held.option);
    }
    if body.more.is_some() || journey.loops > 0 || !outer.is_empty() {
        let before = body.more_mut();
        let mut loops = vec![Loop::default(); journey.loops as usize];
        for (state, to) in before.loops.iter().zip(&map.loops) {
            if let Some(slot) = to.and_then(|to| loops.get_mut(to as usize)) {
                *slot = *state;
            }
        }
        before.loops = loops;
        before.outer = outer;
        before.watches.clear();
        let steps = &old.program().journey(from).steps;
        let arms = before.arms.iter().filter_map(|(step, arm)| {
            let to = map.step(*step)?;
            let (StepKind::Split(was), StepKind::Split(is)) = (&steps[step.index()].kind, map.kind(to))
            else {
                return None;
            };
            let Some(name) = was.arms.get(*arm as usize).map(|arm| &arm.name) else {
                return Some((to, *arm));
            };
            Some((to, is.arms.iter().position(|arm| arm.name == *name)? as u32))
        });
        before.arms = arms.collect();
    }
    Some(one)
}

/// The same channel of a held send, else its first.
fn option(
    change: &Change,
    old: &Engine,
    (from, step): (JourneyId, Option<StepId>),
    map: &JourneyMap,
    held: u32,
) -> u32 {
    let Some(step) = step else { return 0 };
    let key = &old.program().journey(from).steps;
    let was = key.iter().enumerate().find(|(at, _)| map.step(StepId::new(*at)) == Some(step));
    let (Some((_, was)), StepKind::Send(is)) = (was, map.kind(step)) else { return 0 };
    let StepKind::Send(was) = &was.kind else { return 0 };
    let channel = was.options.get(held as usize).and_then(|option| change.maps.channel(option.channel));
    is.options.iter().position(|option| Some(option.channel) == channel).map_or(0, |at| at as u32)
}

/// Journeys that both versions enter in the same way go on from where they were: who was inside is, what was pending is.
pub(super) fn turns(cx: &mut Cx<'_>, change: &Change, old: &Engine, before: &Turns) {
    for (turn, from) in (0..before.len()).map(|at| before.get(at).clone()).zip(&old.index.turns) {
        let Some(to) = change.maps.journey(*from).map(|map| map.to) else { continue };
        let Ok(at) = cx.index.turns.binary_search(&to) else { continue };
        let entry = |program: &Program, journey| {
            print_journey(program, journey).lines().take(3).collect::<Vec<_>>().join("\n")
        };
        if entry(old.program(), *from) == entry(cx.program, to) {
            let now = cx.user.turns.get(at);
            let (inside, due) = match cx.program.journey(to).entry {
                // Whoever the earlier version has taken in is not taken in again.
                Entry::Enter { including_current: true, .. } => (turn.inside, now.due),
                // Looked at anew by `adopt`.
                Entry::Enter { .. } | Entry::Leave { .. } => (now.inside, now.due),
                Entry::Event { .. } | Entry::Every { .. } | Entry::At { .. } => (turn.inside, turn.due),
            };
            let now = cx.user.turns.get_mut(at);
            *now = Turn { inside, due, watches: std::mem::take(&mut now.watches), ..turn };
        }
    }
}
