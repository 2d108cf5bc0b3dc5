//! Puts the runs of a story on the calendar: when the user enters, and what falls into one window.

use super::super::{Class, Run};
use super::candidates::{Candidate, overlaps};
use super::person::Person;
use super::{Asked, lines};
use crate::calendar::{Unit, Zone, date_of, weekday};
use crate::checks::sendable::{counts, open_minutes};
use crate::checks::week::{MINUTES, Week};
use crate::ir::{CapPeriod, CapScope, EventId, Program, StepKind};
use serde_json::Value;
use std::collections::BTreeMap;

const MINUTE_MS: i64 = 60_000;
/// The story begins in a week whose Monday is the first of a month.
const WEEK: (i32, u32, u32) = (2026, 6, 1);
/// Instants tried within that week.
const STEP_MINUTES: usize = 30;
/// Most times one journey is entered.
const MOST_ROUNDS: i64 = 400;

/// A story with its times.
pub(super) struct Layout {
    /// The most that falls into one window.
    pub(super) amount: i64,
    /// Entries of each event, by event; `None` are segments.
    entries: BTreeMap<Option<EventId>, Vec<i64>>,
    /// How often each candidate runs.
    rounds: Vec<i64>,
    last_ms: i64,
}

impl Layout {
    /// The first instant of the week at which every message may leave at once and most fall into one window.
    pub(super) fn of(
        program: &Program,
        runs: &[Run<'_>],
        chosen: &[Candidate],
        zone: Zone,
        asked: Asked,
    ) -> Option<Layout> {
        if !asked.before_caps && chosen.iter().any(|c| is_capped(program, runs, c, asked.class)) {
            return None;
        }
        let open = open(runs, chosen);
        let (year, month, day) = WEEK;
        let start = zone.instant(date_of(year, month, day), 0);
        let mut best: Option<Layout> = None;
        for minute in (0..MINUTES).step_by(STEP_MINUTES) {
            let first = start + minute as i64 * MINUTE_MS;
            let Some(layout) = Layout::at(program, chosen, zone, asked, first, &open) else { continue };
            let is_better = best.as_ref().is_none_or(|best| layout.amount > best.amount);
            if is_better {
                best = Some(layout);
            }
            if best.as_ref().is_some_and(|best| best.amount > asked.allowed) {
                break;
            }
        }
        best
    }

    /// With the first messages at this instant.
    fn at(
        program: &Program,
        chosen: &[Candidate],
        zone: Zone,
        asked: Asked,
        first: i64,
        open: &BTreeMap<(usize, u32), Week>,
    ) -> Option<Layout> {
        let mut entries: BTreeMap<Option<EventId>, Vec<i64>> = BTreeMap::new();
        let (mut sends, mut rounds): (Vec<(i64, i64)>, Vec<i64>) = (Vec::new(), Vec::new());
        for candidate in chosen {
            // The heaviest of those that share an event decides when and how often it comes.
            let times = entries
                .entry(candidate.event)
                .or_insert_with(|| times(program, candidate, first, asked))
                .clone();
            let mut free = i64::MIN;
            let mut count = 0;
            for entry in &times {
                // Another one's rhythm may find this one live, which only blocks an entry.
                if count > 0 && (candidate.again_ms.is_none() || *entry < free) {
                    continue;
                }
                free = entry.saturating_add(candidate.again_ms.unwrap_or(0));
                count += 1;
                for due in &candidate.dues {
                    let at = entry.saturating_add(due.at_ms);
                    if !open
                        .get(&(candidate.run, due.step.0))
                        .is_some_and(|week| week.has(minute_of(zone, at)))
                    {
                        return None;
                    }
                    sends.push((at, due.adds));
                }
            }
            rounds.push(count);
        }
        sends.sort_unstable();
        let amount = most_in(asked.per, zone, &sends);
        let last_ms = sends.last().map_or(first, |send| send.0);
        Some(Layout { amount, entries, rounds, last_ms })
    }

    /// How often a candidate runs.
    pub(super) fn rounds(&self, nth: usize) -> i64 {
        self.rounds.get(nth).copied().unwrap_or(1)
    }

    /// The story as lines, and its last instant.
    pub(super) fn lines(&self, program: &Program, person: &Person<'_>) -> Option<(Vec<Value>, i64)> {
        let all = || self.entries.iter().flat_map(|(event, times)| times.iter().map(move |at| (*at, *event)));
        let first_event = all().filter(|(_, event)| event.is_some()).map(|(at, _)| at).min();
        let segment = all().filter(|(_, event)| event.is_none()).map(|(at, _)| at).min();
        let known = segment.unwrap_or(first_event? - MINUTE_MS);
        // Traits come first: what lets the user in reads them.
        if first_event.is_some_and(|first| first < known) {
            return None;
        }
        let mut lines = Vec::new();
        let traits = person.traits(known)?;
        if !traits.is_empty() || segment.is_some() {
            lines.push(lines::identify(traits, known, 0));
        }
        let mut events: Vec<(i64, EventId)> =
            all().filter_map(|(at, event)| event.map(|event| (at, event))).collect();
        events.sort_unstable();
        for (number, (at, event)) in events.into_iter().enumerate() {
            let properties = person.properties(event, at)?;
            lines.push(lines::track(program.event(event), properties, at, number + 1));
        }
        Some((lines, self.last_ms + MINUTE_MS))
    }
}

/// When an event comes: so that the first message that counts is due at `first`, and again where the journey lets in again.
fn times(program: &Program, candidate: &Candidate, first: i64, asked: Asked) -> Vec<i64> {
    let entry = first.saturating_sub(candidate.first_ms());
    let (Some(event), Some(again)) = (candidate.event, candidate.again_ms) else { return vec![entry] };
    let event = program.event(event);
    let total = candidate.total().max(1);
    let needed = asked.allowed.max(0) / total + 2;
    let admitted = event.rate.map_or(MOST_ROUNDS, |(count, _)| i64::from(count));
    let most = if event.once { 1 } else { needed.min(admitted).min(MOST_ROUNDS) };
    (0..most.max(1)).map(|nth| entry.saturating_add(nth.saturating_mul(again))).collect()
}

/// Whether a cap may take one of its messages away.
fn is_capped(program: &Program, runs: &[Run<'_>], candidate: &Candidate, class: Class) -> bool {
    let flow = &runs[candidate.run].flow;
    let scope = match class {
        Class::Messages(scope) => scope,
        Class::Cost => CapScope::All,
    };
    let caps = &program.policies[flow.journey.policy.index()].caps;
    caps.iter().filter(|cap| overlaps(cap.scope, scope)).any(|cap| {
        candidate.dues.iter().any(|due| match &flow.journey.steps[due.step.index()].kind {
            StepKind::Send(send) => send.options.iter().any(|o| counts(flow, cap, send.purpose, o.channel)),
            _ => false,
        })
    })
}

/// The minutes at which each message may leave at once.
fn open(runs: &[Run<'_>], chosen: &[Candidate]) -> BTreeMap<(usize, u32), Week> {
    let mut open = BTreeMap::new();
    for candidate in chosen {
        let flow = &runs[candidate.run].flow;
        for due in &candidate.dues {
            if let StepKind::Send(send) = &flow.journey.steps[due.step.index()].kind
                && let Some(option) = send.options.first()
            {
                open.insert((candidate.run, due.step.0), open_minutes(flow, send, option.channel));
            }
        }
    }
    open
}

fn minute_of(zone: Zone, at: i64) -> usize {
    let local = zone.local(at);
    (weekday(local.date) as usize * 24 * 60 + (local.clock / MINUTE_MS) as usize) % MINUTES
}

/// The most that falls into one window; `sends` are in order.
fn most_in(per: CapPeriod, zone: Zone, sends: &[(i64, i64)]) -> i64 {
    let sum = |inside: &dyn Fn(i64) -> bool| -> i64 {
        sends.iter().filter(|send| inside(send.0)).fold(0, |sum, send| sum.saturating_add(send.1))
    };
    let each = sends.iter().map(|(at, _)| match per {
        CapPeriod::Rolling(span) => {
            let end = at.saturating_add(span.shortest_ms());
            sum(&|other| other >= *at && other < end)
        }
        CapPeriod::Day => sum(&|other| zone.start_of(Unit::Day, other) == zone.start_of(Unit::Day, *at)),
        CapPeriod::Week => sum(&|other| zone.start_of(Unit::Week, other) == zone.start_of(Unit::Week, *at)),
        CapPeriod::Month => {
            sum(&|other| zone.start_of(Unit::Month, other) == zone.start_of(Unit::Month, *at))
        }
    });
    each.max().unwrap_or(0)
}
