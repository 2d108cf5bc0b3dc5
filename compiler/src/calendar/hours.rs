//! Daily windows of local time: quiet hours, channel hours, `between`.
//!
//! Windows are half-open, may wrap over midnight and may end at `24:00`. Weekdays are those of the local date of the instant
//! itself, also after midnight in a window that wraps.

use super::{DAY_MS, Zone, weekday};
use crate::ir::ClockRange;

/// Every day of the week.
pub const EVERY_DAY: u8 = 0b111_1111;

/// Whether a local clock is inside.
pub fn contains(range: ClockRange, clock: i64) -> bool {
    if range.from_ms <= range.to_ms {
        (range.from_ms..range.to_ms).contains(&clock)
    } else {
        clock >= range.from_ms || clock < range.to_ms
    }
}

/// Whether an instant is inside, in this zone.
pub fn is_inside(zone: Zone, range: ClockRange, ms: i64) -> bool {
    contains(range, zone.local(ms).clock)
}

/// The first instant from `ms` on that is not inside: `ms` itself when it is outside, `None` when the window never ends.
pub fn end(zone: Zone, range: ClockRange, ms: i64) -> Option<i64> {
    let mut at = ms;
    // More than once only where a change of clocks leads back inside.
    for _ in 0..4 {
        let local = zone.local(at);
        if !contains(range, local.clock) {
            return Some(at);
        }
        let days = i32::from(range.from_ms > range.to_ms && local.clock >= range.from_ms);
        let next = zone.instant(local.date + days, range.to_ms);
        // The second of two equal clocks: what is left of it has no change of clocks in it.
        let left = i64::from(days) * DAY_MS + range.to_ms - local.clock;
        let next = if next > at { next } else { at.saturating_add(left.max(1)) };
        // Clocks set back, or forward, may lead outside sooner.
        at = zone.change_before(at, next).filter(|change| !is_inside(zone, range, *change)).unwrap_or(next);
    }
    None
}

/// The first instant from `ms` on that is inside on one of `weekdays` (bit 0 = Monday); `None` when there is none.
pub fn start(zone: Zone, range: ClockRange, weekdays: u8, ms: i64) -> Option<i64> {
    let fits = |at: i64| {
        let local = zone.local(at);
        at >= ms && contains(range, local.clock) && weekdays >> weekday(local.date) & 1 == 1
    };
    if fits(ms) {
        return Some(ms);
    }
    let now = zone.local(ms);
    let next = (0..=9)
        .flat_map(|n| [zone.midnight(now.date + n), zone.instant(now.date + n, range.from_ms)])
        .find(|at| fits(*at));
    // The second of two equal clocks comes sooner than tomorrow's, and a change of clocks may lead inside.
    let second = Some(ms.saturating_add(range.from_ms - now.clock)).filter(|at| fits(*at));
    let next = next.into_iter().chain(second).min()?;
    Some(zone.change_before(ms, next).filter(|change| fits(*change)).unwrap_or(next))
}
