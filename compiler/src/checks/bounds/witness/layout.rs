//! Puts the runs of a story on the calendar: when the user enters, and what falls into one window.

use super::super::Run;
use super::candidates::{Again, Candidate, Trigger};
use super::capped::{caps, under_caps};
use super::person::{Person, State};
use super::{Act, Asked, lines};
use crate::calendar::{Unit, Zone, add_days, date_of, weekday};
use crate::checks::sendable::open_minutes;
use crate::checks::week::{MINUTES, Week};
use crate::ir::{Cap, CapPeriod, ChannelId, EventId, FieldId, Program};
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
    /// Entries of each act.
    entries: Vec<Entries>,
    /// The key field that differs from one event to the next.
    varied: BTreeMap<EventId, FieldId>,
    /// How often each candidate runs.
    rounds: Vec<i64>,
    last_ms: i64,
}

/// When users enter, by what lets them in.
type Entries = BTreeMap<Trigger, Vec<i64>>;

/// What a story is laid out with.
struct Setting<'a> {
    program: &'a Program,
    acts: &'a [Act<'a>],
    zone: Zone,
    asked: Asked,
    /// The minutes at which each message may leave at once.
    open: BTreeMap<(usize, u32), Week>,
    /// The caps that count all messages.
    caps: Vec<Cap>,
}

impl Setting<'_> {
    /// How a candidate is entered again by this user.
    fn again(&self, person: &Person<'_>, candidate: &Candidate, first: i64) -> Option<Again> {
        candidate.again.filter(|again| match again {
            Again::Lane(field) => {
                candidate.trigger.event().is_some_and(|event| person.is_free(event, *field, first))
            }
            Again::Ended(_) | Again::Anytime => true,
        })
    }

    /// Whether the acts together keep to the declared rates of their events.
    fn are_admitted(&self, acts: &[Entries]) -> bool {
        let mut counts: BTreeMap<EventId, usize> = BTreeMap::new();
        for (trigger, times) in acts.iter().flatten() {
            if let Trigger::Event(event) = trigger {
                *counts.entry(*event).or_default() += times.len();
            }
        }
        let keeps = |(event, count): (&EventId, &usize)| {
            self.program.event(*event).rate.is_none_or(|(most, _)| *count <= most as usize)
        };
        counts.iter().all(keeps)
    }

    /// When an event (or a clock) comes: so that the first message that counts is due at `first` (or as soon after it as the clock
    /// allows), and again where the journey lets in again.
    fn times(&self, candidate: &Candidate, again: Option<Again>, first: i64) -> Vec<i64> {
        let entry = first.saturating_sub(candidate.first_ms());
        let total = candidate.total().max(1);
        let needed = (self.asked.allowed.max(0) / total + 2).min(MOST_ROUNDS).min(candidate.most_entries);
        match (candidate.trigger, again) {
            (Trigger::Event(event), Some(again)) => {
                let event = self.program.event(event);
                let admitted = event.rate.map_or(i64::MAX, |(count, _)| i64::from(count));
                let most = if event.once { 1 } else { needed.min(admitted).max(1) };
                (0..most).map(|nth| entry.saturating_add(nth.saturating_mul(again.after_ms()))).collect()
            }
            (Trigger::Clock { days, at_ms }, again) => {
                let most = if again.is_some() { needed } else { 1 };
                let first_date = self.zone.date(entry);
                let dates = (0..MOST_ROUNDS).map(|day| add_days(first_date, day));
                let on_days = dates.filter(|date| days >> weekday(*date) & 1 == 1);
                let instants = on_days.map(|date| self.zone.instant(date, at_ms)).filter(|at| *at >= entry);
                instants.take(most.max(1) as usize).collect()
            }
            (Trigger::Event(_) | Trigger::Segment, _) => vec![entry],
        }
    }
}

impl Layout {
    /// The first instant of the week at which every message may leave at once and most fall into one window.
    pub(super) fn of(
        program: &Program,
        runs: &[Run<'_>],
        acts: &[Act<'_>],
        zone: Zone,
        asked: Asked,
    ) -> Option<Layout> {
        let chosen: Vec<&Candidate> = acts.iter().flat_map(|act| &act.candidates).collect();
        let caps = if asked.before_caps { Vec::new() } else { caps(program, runs, &chosen, asked.class)? };
        // What lets others in during another act may take a slot.
        if !caps.is_empty() && acts.len() > 1 {
            return None;
        }
        let setting = Setting { program, acts, zone, asked, open: open(runs, &chosen), caps };
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

    /// With the first messages at this instant, or as soon after it as the acts before allow.
    fn at(setting: &Setting<'_>, first: i64) -> Option<Layout> {
        let mut layout = Layout {
            amount: 0,
            entries: Vec::new(),
            varied: BTreeMap::new(),
            rounds: Vec::new(),
            last_ms: first,
        };
        let mut sends = Vec::new();
        let mut before = None;
        for act in setting.acts {
            let begin = first.saturating_sub(act.lead_ms());
            let late = before.map_or(0, |before: i64| before.saturating_add(2).saturating_sub(begin).max(0));
            let entries = layout.act(setting, act, first.saturating_add(late), &mut sends)?;
            before = entries.values().flatten().copied().max();
            layout.entries.push(entries);
        }
        if !setting.are_admitted(&layout.entries) {
            return None;
        }
        sends.sort_unstable();
        layout.last_ms = sends.last().map_or(first, |send| send.0);
        let sends = under_caps(&setting.caps, setting.zone, sends);
        layout.amount = most_in(setting.asked.per, setting.zone, &sends);
        Some(layout)
    }

    /// The entries and messages of one act.
    fn act(
        &mut self,
        setting: &Setting<'_>,
        act: &Act<'_>,
        first: i64,
        sends: &mut Vec<(i64, i64)>,
    ) -> Option<Entries> {
        let mut entries = Entries::new();
        for candidate in &act.candidates {
            let again = setting.again(&act.person, candidate, first);
            // The heaviest of those that share an event decides when and how often it comes.
            let times = match entries.get(&candidate.trigger) {
                Some(times) => times.clone(),
                None => {
                    if let (Some(event), Some(Again::Lane(field))) = (candidate.trigger.event(), again) {
                        self.varied.insert(event, field);
                    }
                    let times = setting.times(candidate, again, first);
                    entries.insert(candidate.trigger, times.clone());
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
                    if !open.is_some_and(|week| week.has(minute_of(setting.zone, at))) {
                        return None;
                    }
                    sends.push((at, due.adds));
                }
            }
            self.rounds.push(count);
        }
        Some(entries)
    }

    /// How often a candidate runs.
    pub(super) fn rounds(&self, nth: usize) -> i64 {
        self.rounds.get(nth).copied().unwrap_or(1)
    }

    /// The story as lines, and its last instant.
    pub(super) fn lines(
        &self,
        program: &Program,
        acts: &[Act<'_>],
        failing: &[ChannelId],
    ) -> Option<(Vec<Value>, i64)> {
        let mut lines = Vec::new();
        let mut state = State::default();
        for (number, (act, entries)) in acts.iter().zip(&self.entries).enumerate() {
            let all =
                || entries.iter().flat_map(|(trigger, times)| times.iter().map(move |at| (*at, *trigger)));
            let first = all().filter(|(_, trigger)| *trigger != Trigger::Segment).map(|(at, _)| at).min();
            let segment = all().filter(|(_, trigger)| *trigger == Trigger::Segment).map(|(at, _)| at).min();
            // The first time in good time, later right before.
            let ahead = if number == 0 { MINUTE_MS } else { 1 };
            let known = segment.unwrap_or(first? - ahead);
            // Traits come first: what lets the user in reads them.
            if first.is_some_and(|first| first < known) {
                return None;
            }
            let traits = state.change(program, &act.person, known)?;
            // A clock needs somebody to be there.
            if number == 0 || !traits.is_empty() || segment.is_some() {
                lines.push(lines::identify(traits, known, lines.len()));
            }
            if number == 0 {
                lines.extend(failing.iter().map(|channel| lines::provider(program.channel(*channel), known)));
            }
            let mut events: Vec<(i64, EventId)> =
                all().filter_map(|(at, trigger)| trigger.event().map(|event| (at, event))).collect();
            events.sort_unstable();
            for (at, event) in events {
                let mut properties = act.person.properties(event, at)?;
                let number = lines.len();
                if let Some(field) = self.varied.get(&event) {
                    let field = &program.event(event).fields[field.index()];
                    lines::put(&mut properties, field, format!("x{number}").into());
                }
                lines.push(lines::track(program.event(event), properties, at, number));
            }
        }
        Some((lines, self.last_ms + MINUTE_MS))
    }
}

/// The minutes at which each message may leave at once.
fn open(runs: &[Run<'_>], chosen: &[&Candidate]) -> BTreeMap<(usize, u32), Week> {
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
