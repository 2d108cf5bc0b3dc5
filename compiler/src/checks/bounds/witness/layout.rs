//! Puts the runs of a story on the calendar: when the user enters, and what falls into one window.

use super::super::{Class, Run};
use super::candidates::{Again, Candidate, overlaps};
use super::person::Person;
use super::{Asked, lines};
use crate::calendar::{Unit, Zone, date_of, weekday};
use crate::checks::sendable::{counts, open_minutes};
use crate::checks::week::{MINUTES, Week};
use crate::ir::{Cap, CapPeriod, CapScope, ChannelId, EventId, FieldId, OnCap, Program};
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
    /// The key field that differs from one event to the next.
    varied: BTreeMap<EventId, FieldId>,
    /// How often each candidate runs.
    rounds: Vec<i64>,
    last_ms: i64,
}

/// What a story is laid out with.
struct Setting<'a> {
    program: &'a Program,
    chosen: &'a [Candidate],
    person: &'a Person<'a>,
    zone: Zone,
    asked: Asked,
    /// The minutes at which each message may leave at once.
    open: BTreeMap<(usize, u32), Week>,
    /// The caps that count all messages.
    caps: Vec<Cap>,
}

impl Setting<'_> {
    /// How a candidate is entered again by this user.
    fn again(&self, candidate: &Candidate, first: i64) -> Option<Again> {
        candidate.again.filter(|again| match again {
            Again::Lane(field) => {
                candidate.event.is_some_and(|event| self.person.is_free(event, *field, first))
            }
            Again::Ended(_) | Again::Anytime => true,
        })
    }

    /// When an event comes: so that the first message that counts is due at `first`, and again where the journey lets in again.
    fn times(&self, candidate: &Candidate, again: Option<Again>, first: i64) -> Vec<i64> {
        let entry = first.saturating_sub(candidate.first_ms());
        let (Some(event), Some(again)) = (candidate.event, again) else { return vec![entry] };
        let event = self.program.event(event);
        let total = candidate.total().max(1);
        let needed = self.asked.allowed.max(0) / total + 2;
        let admitted = event.rate.map_or(MOST_ROUNDS, |(count, _)| i64::from(count));
        let most = if event.once { 1 } else { needed.min(admitted).min(MOST_ROUNDS) };
        let most = most.min(candidate.most_entries);
        (0..most.max(1)).map(|nth| entry.saturating_add(nth.saturating_mul(again.after_ms()))).collect()
    }
}

impl Layout {
    /// The first instant of the week at which every message may leave at once and most fall into one window.
    pub(super) fn of(
        program: &Program,
        runs: &[Run<'_>],
        chosen: &[Candidate],
        person: &Person<'_>,
        zone: Zone,
        asked: Asked,
    ) -> Option<Layout> {
        let caps = if asked.before_caps { Vec::new() } else { caps(program, runs, chosen, asked.class)? };
        let setting = Setting { program, chosen, person, zone, asked, open: open(runs, chosen), caps };
        let (year, month, day) = WEEK;
        let start = zone.instant(date_of(year, month, day), 0);
        let mut best: Option<Layout> = None;
        for minute in (0..MINUTES).step_by(STEP_MINUTES) {
            let first = start + minute as i64 * MINUTE_MS;
            let Some(layout) = Layout::at(&setting, first) else { continue };
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
    fn at(setting: &Setting<'_>, first: i64) -> Option<Layout> {
        let zone = setting.zone;
        let mut entries: BTreeMap<Option<EventId>, Vec<i64>> = BTreeMap::new();
        let mut varied = BTreeMap::new();
        let (mut sends, mut rounds): (Vec<(i64, i64)>, Vec<i64>) = (Vec::new(), Vec::new());
        for candidate in setting.chosen {
            let again = setting.again(candidate, first);
            // The heaviest of those that share an event decides when and how often it comes.
            let times = match entries.get(&candidate.event) {
                Some(times) => times.clone(),
                None => {
                    if let (Some(event), Some(Again::Lane(field))) = (candidate.event, again) {
                        varied.insert(event, field);
                    }
                    let times = setting.times(candidate, again, first);
                    entries.insert(candidate.event, times.clone());
                    times
                }
            };
            let mut free = i64::MIN;
            let mut count = 0;
            for entry in &times {
                // Another one's rhythm may find this one live, which only blocks an entry.
                let is_blocked = count > 0 && (again.is_none() || *entry < free);
                if is_blocked || count >= candidate.most_entries {
                    continue;
                }
                free = entry.saturating_add(again.map_or(0, Again::after_ms));
                count += 1;
                for due in &candidate.dues {
                    let at = entry.saturating_add(due.at_ms);
                    let open = setting.open.get(&(candidate.run, due.step.0));
                    if !open.is_some_and(|week| week.has(minute_of(zone, at))) {
                        return None;
                    }
                    sends.push((at, due.adds));
                }
            }
            rounds.push(count);
        }
        sends.sort_unstable();
        let last_ms = sends.last().map_or(first, |send| send.0);
        let sends = under_caps(&setting.caps, zone, sends);
        let amount = most_in(setting.asked.per, zone, &sends);
        Some(Layout { amount, entries, varied, rounds, last_ms })
    }

    /// How often a candidate runs.
    pub(super) fn rounds(&self, nth: usize) -> i64 {
        self.rounds.get(nth).copied().unwrap_or(1)
    }

    /// The story as lines, and its last instant.
    pub(super) fn lines(
        &self,
        program: &Program,
        person: &Person<'_>,
        failing: &[ChannelId],
    ) -> Option<(Vec<Value>, i64)> {
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
        for channel in failing {
            lines.push(lines::provider(program.channel(*channel), known));
        }
        for (number, (at, event)) in events.into_iter().enumerate() {
            let mut properties = person.properties(event, at)?;
            if let Some(field) = self.varied.get(&event) {
                let field = &program.event(event).fields[field.index()];
                lines::put(&mut properties, field, format!("x{number}").into());
            }
            lines.push(lines::track(program.event(event), properties, at, number + 1));
        }
        Some((lines, self.last_ms + MINUTE_MS))
    }
}

/// The caps that count every message of the story; `None` where which of them are counted is not one answer for all.
fn caps(program: &Program, runs: &[Run<'_>], chosen: &[Candidate], class: Class) -> Option<Vec<Cap>> {
    if !chosen.iter().any(|candidate| is_capped(program, runs, candidate, class)) {
        return Some(Vec::new());
    }
    let flow = &runs[chosen.first()?.run].flow;
    let (_, model) = chosen.first()?.sends(runs).next()?;
    let channel = model.options.first()?.channel;
    let is_alike = |candidate: &Candidate| {
        runs[candidate.run].flow.journey.policy == flow.journey.policy
            && candidate.sends(runs).all(|(_, send)| {
                send.purpose == model.purpose && send.options.len() == 1 && send.options[0].channel == channel
            })
    };
    let caps = &program.policies[flow.journey.policy.index()].caps;
    let caps = caps.iter().filter(|cap| counts(flow, cap, model.purpose, channel));
    let caps: Vec<Cap> = caps.copied().collect();
    let only_skip = caps.iter().all(|cap| cap.on_cap == OnCap::Skip);
    (only_skip && chosen.iter().all(is_alike)).then_some(caps)
}

/// The messages that caps let leave; `sends` are in order.
fn under_caps(caps: &[Cap], zone: Zone, sends: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    let mut left: Vec<(i64, i64)> = Vec::new();
    for (at, adds) in sends {
        let is_full = caps.iter().any(|cap| {
            let counted = left.iter().filter(|(sent, _)| match cap.per {
                CapPeriod::Rolling(span) => zone.add(*sent, span) > at,
                CapPeriod::Day => zone.start_of(Unit::Day, *sent) == zone.start_of(Unit::Day, at),
                CapPeriod::Week => zone.start_of(Unit::Week, *sent) == zone.start_of(Unit::Week, at),
                CapPeriod::Month => zone.start_of(Unit::Month, *sent) == zone.start_of(Unit::Month, at),
            });
            counted.count() >= cap.max as usize
        });
        if !is_full {
            left.push((at, adds));
        }
    }
    left
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
        candidate
            .sends(runs)
            .any(|(_, send)| send.options.iter().any(|o| counts(flow, cap, send.purpose, o.channel)))
    })
}

/// The minutes at which each message may leave at once.
fn open(runs: &[Run<'_>], chosen: &[Candidate]) -> BTreeMap<(usize, u32), Week> {
    let mut open = BTreeMap::new();
    for candidate in chosen {
        let flow = &runs[candidate.run].flow;
        for (due, send) in candidate.sends(runs) {
            let tried = send.options[..=due.option].iter();
            let minutes = tried.map(|option| open_minutes(flow, send, option.channel));
            open.insert((candidate.run, due.step.0), minutes.fold(Week::all(), |all, one| all.and(&one)));
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
