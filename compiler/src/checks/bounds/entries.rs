//! How many runs of a journey can overlap a window, for one user.

use super::Run;
use crate::ir::{CooldownFrom, Entry, Period, ReenterMode};

/// How often a user can enter.
pub(super) struct Entries {
    /// Most runs that overlap the window; `None` when nothing bounds it.
    pub(super) most: Option<i64>,
    /// The event whose rate would bound it.
    pub(super) missing_rate: Option<String>,
}

/// Most runs of one user that overlap a window of `window_ms`.
pub(super) fn overlapping(run: &Run<'_>, window_ms: i64) -> Entries {
    let journey = run.flow.journey;
    let span_ms = window_ms.saturating_add(run.stay_ms);
    let lanes_are_one = journey.key.is_empty();
    let mut bounds: Vec<i64> = Vec::new();
    let mut missing_rate = None;
    match &journey.entry {
        Entry::Event { event, .. } => {
            let event = run.flow.program.event(*event);
            if event.once {
                bounds.push(1);
            }
            match event.rate {
                Some((count, per)) => bounds.push(times(i64::from(count), per.shortest_ms(), span_ms)),
                None => missing_rate = Some(event.name.clone()),
            }
        }
        Entry::Every { period, .. } => bounds.push(times(1, period_ms(period), span_ms)),
        Entry::At { .. } => bounds.push(1),
        Entry::Enter { .. } | Entry::Leave { .. } => {}
    }
    if lanes_are_one {
        bounds.extend(of_one_lane(run, window_ms, span_ms));
    }
    let most = bounds.into_iter().min();
    Entries { missing_rate: if most.is_none() { missing_rate } else { None }, most }
}

/// What the re-entry rule allows one lane.
fn of_one_lane(run: &Run<'_>, window_ms: i64, span_ms: i64) -> Vec<i64> {
    let reenter = &run.flow.journey.reenter;
    let mut bounds = Vec::new();
    match reenter.mode {
        ReenterMode::Never => bounds.push(1),
        ReenterMode::AfterExit if run.least_stay_ms > 0 => {
            // One after the other, each at its shortest; the first and the last may reach over the ends.
            bounds.push(window_ms.saturating_add(run.stay_ms) / run.least_stay_ms + 1);
        }
        // A restart ends the run before: at most one is live, but each may send what is due at once.
        ReenterMode::AfterExit | ReenterMode::Every | ReenterMode::Restart => {}
    }
    if let Some((count, per)) = reenter.limit {
        bounds.push(match per {
            Some(per) => times(i64::from(count), per.shortest_ms(), span_ms),
            None => i64::from(count),
        });
    }
    if let Some((cooldown, from)) = reenter.cooldown {
        let cooldown_ms = cooldown.shortest_ms();
        let most = match (from, reenter.mode) {
            (CooldownFrom::Entry, _) => Some(times(1, cooldown_ms, span_ms)),
            (CooldownFrom::Exit, ReenterMode::Never | ReenterMode::AfterExit) => {
                Some(times(1, cooldown_ms.saturating_add(run.least_stay_ms), span_ms))
            }
            // The first restart ends a run before any has cooled down.
            (CooldownFrom::Exit, ReenterMode::Restart) => {
                Some(times(1, cooldown_ms, span_ms).saturating_add(1))
            }
            // Until the first run ends nothing cools down, and others are let in beside it.
            (CooldownFrom::Exit, ReenterMode::Every) => None,
        };
        bounds.extend(most);
    }
    bounds
}

/// Most of `count` per `per_ms` in a span, its ends included.
fn times(count: i64, per_ms: i64, span_ms: i64) -> i64 {
    count.saturating_mul((span_ms / per_ms.max(1)).saturating_add(1))
}

/// The shortest time between two occurrences.
fn period_ms(period: &Period) -> i64 {
    const HOUR_MS: i64 = 3_600_000;
    let days = match period {
        Period::Day => 1,
        Period::Week(days) if days.count_ones() > 1 => least_distance(*days),
        Period::Week(_) => 7,
        Period::Month(_) => 28,
        Period::Year(_) => 1,
    };
    days * 24 * HOUR_MS - 2 * HOUR_MS
}

/// The fewest days from one of these weekdays to the next.
fn least_distance(days: u8) -> i64 {
    let on = |day: i64| days >> (day % 7) & 1 == 1;
    (1..7).find(|distance| (0..7).any(|day| on(day) && on(day + distance))).unwrap_or(7)
}

/// Most live instances of one user, the runtime's limit per lane included; `None` when only that limit bounds them and lanes are many.
pub(super) fn live(run: &Run<'_>, limit: u32) -> Option<i64> {
    let one_lane = match run.flow.journey.reenter.mode {
        ReenterMode::Never | ReenterMode::AfterExit | ReenterMode::Restart => 1,
        ReenterMode::Every => i64::from(limit),
    };
    let lanes = run.flow.journey.key.is_empty().then_some(one_lane);
    overlapping(run, 0).most.into_iter().chain(lanes).min().map(|n| n.min(i64::from(limit)))
}
