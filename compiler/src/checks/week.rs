//! Sets of minutes on the week circle: 10,080 local minutes from Monday 00:00, and how they move with time.

use crate::ir::ClockRange;

/// Minutes of a week.
pub(super) const MINUTES: usize = 7 * 24 * 60;
const DAY: usize = 24 * 60;
/// Every day of the week.
pub(super) const ALL_DAYS: u8 = 0b111_1111;

/// A set of minutes of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Week(Vec<bool>);

impl Week {
    pub(super) fn none() -> Week {
        Week(vec![false; MINUTES])
    }

    pub(super) fn all() -> Week {
        Week(vec![true; MINUTES])
    }

    /// A half-open range of local clocks on these days (bit 0 = Monday); the day is that of the minute itself.
    pub(super) fn of(range: ClockRange, days: u8) -> Week {
        let (from, to) = (range.from_ms / 60_000, range.to_ms / 60_000);
        Week(
            (0..MINUTES)
                .map(|minute| {
                    let clock = (minute % DAY) as i64;
                    let inside =
                        if from <= to { from <= clock && clock < to } else { clock >= from || clock < to };
                    inside && days >> (minute / DAY) & 1 == 1
                })
                .collect(),
        )
    }

    /// One clock on every day of a set.
    pub(super) fn at(clock_ms: i64, days: u8) -> Week {
        let clock = (clock_ms / 60_000).rem_euclid(DAY as i64) as usize;
        Week((0..MINUTES).map(|minute| minute % DAY == clock && days >> (minute / DAY) & 1 == 1).collect())
    }

    /// With one minute more.
    pub(super) fn with(mut self, minute: usize) -> Week {
        self.0[minute % MINUTES] = true;
        self
    }

    pub(super) fn has(&self, minute: usize) -> bool {
        self.0[minute % MINUTES]
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.0.contains(&true)
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().filter(|m| **m).count()
    }

    pub(super) fn and(&self, other: &Week) -> Week {
        Week(self.0.iter().zip(&other.0).map(|(a, b)| *a && *b).collect())
    }

    pub(super) fn or(&self, other: &Week) -> Week {
        Week(self.0.iter().zip(&other.0).map(|(a, b)| *a || *b).collect())
    }

    pub(super) fn without(&self, other: &Week) -> Week {
        Week(self.0.iter().zip(&other.0).map(|(a, b)| *a && !*b).collect())
    }

    /// The same minutes between `least` and `most` later; a change of clocks moves them by up to an hour either way.
    pub(super) fn later(&self, least_ms: i64, most_ms: i64) -> Week {
        const SLACK: i64 = 60;
        let (least, most) = (least_ms / 60_000 - SLACK, most_ms.saturating_add(59_999) / 60_000 + SLACK);
        if most - least >= MINUTES as i64 {
            return if self.is_empty() { Week::none() } else { Week::all() };
        }
        self.spread(least, most)
    }

    /// The same minutes and those up to an hour later: where a clock lies in the gap of a change of clocks.
    pub(super) fn or_gap(&self) -> Week {
        self.spread(0, 60)
    }

    fn spread(&self, least: i64, most: i64) -> Week {
        let mut set = vec![false; MINUTES];
        for minute in (0..MINUTES).filter(|m| self.0[*m]) {
            for step in least..=most {
                set[(minute as i64 + step).rem_euclid(MINUTES as i64) as usize] = true;
            }
        }
        Week(set)
    }

    /// The same clocks on any day.
    pub(super) fn any_day(&self) -> Week {
        let mut set = vec![false; MINUTES];
        for minute in (0..MINUTES).filter(|m| self.0[*m]) {
            for day in 0..7 {
                set[minute % DAY + day * DAY] = true;
            }
        }
        Week(set)
    }

    /// Minutes from each minute to the next one of this set, itself included; `None` for the empty set.
    pub(super) fn distances(&self) -> Option<Vec<u32>> {
        if self.is_empty() {
            return None;
        }
        let mut distances = vec![0; MINUTES];
        let mut to_next = 0;
        for minute in (0..2 * MINUTES).rev() {
            to_next = if self.0[minute % MINUTES] { 0 } else { to_next + 1 };
            distances[minute % MINUTES] = to_next;
        }
        Some(distances)
    }
}
