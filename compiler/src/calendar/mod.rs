//! Wall-clock arithmetic: local dates and clocks, calendar spans, quiet hours, in any IANA zone.
//!
//! Pure: the present instant is always an argument. Instants are milliseconds since 1970-01-01T00:00:00Z, dates are days since
//! 1970-01-01, clocks are milliseconds since local midnight. Nothing here panics: instants and dates outside the years
//! 0001 ..= 9999 are clamped to them. A local time that a change of clocks skips is the end of the gap, one that comes
//! twice is its first. Start at [`Zone`]; [`text`] reads and prints, [`hours`] is about daily windows.

pub mod hours;
pub mod text;

use crate::ir::Span;
use chrono::{DateTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{GapInfo, TZ_VARIANTS, Tz};

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;
/// 0001-01-01T00:00:00Z.
pub const MIN_MS: i64 = -62_135_596_800_000;
/// 9999-12-31T23:59:59.999Z.
pub const MAX_MS: i64 = 253_402_300_799_999;
/// 0001-01-01.
pub const MIN_DATE: i32 = -719_162;
/// 9999-12-31.
pub const MAX_DATE: i32 = 2_932_896;

/// An IANA zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Zone(Tz);

/// A wall-clock reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Local {
    /// Days since 1970-01-01.
    pub date: i32,
    /// Milliseconds since midnight, below [`DAY_MS`].
    pub clock: i64,
}

/// A date by its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// 1 ..= 9999.
    pub year: i32,
    /// 1 ..= 12.
    pub month: u32,
    /// 1 ..= 31.
    pub day: u32,
}

/// A calendar period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// The local day.
    Day,
    /// The local week from Monday.
    Week,
    /// The local month.
    Month,
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The zone of this IANA name, e.g. `Asia/Seoul`.
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }
    /// Its IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
    /// What the `sym` of a slot of this zone is: its position in the zone table + 1. Stable within one build only, so whatever is
    /// stored keeps the name beside it and reads back with [`Self::of_text`].
    pub const fn symbol(self) -> u32 {
        self.0 as u32 + 1
    }
    /// The zone of a slot's symbol; 0 and numbers past the table are none.
    pub fn of_symbol(symbol: u32) -> Option<Self> {
        TZ_VARIANTS.get((symbol as usize).checked_sub(1)?).copied().map(Self)
    }
    /// The zone of a stored text, found by its symbol where that is right, else by the text.
    pub fn of_text(symbol: u32, name: &str) -> Option<Self> {
        Self::of_symbol(symbol).filter(|zone| zone.name() == name).or_else(|| Self::named(name))
    }
    /// Every zone.
    pub fn all() -> impl Iterator<Item = Self> {
        TZ_VARIANTS.iter().copied().map(Self)
    }

    /// Seconds to add to UTC for the local time at an instant.
    pub fn offset_s(self, ms: i64) -> i64 {
        let utc = naive(clamp_ms(ms).div_euclid(1000));
        i64::from(self.0.offset_from_utc_datetime(&utc).fix().local_minus_utc())
    }
    /// The wall clock at an instant.
    pub fn local(self, ms: i64) -> Local {
        let ms = clamp_ms(ms);
        Local::of(ms + self.offset_s(ms) * 1000)
    }
    /// The local date at an instant.
    pub fn date(self, ms: i64) -> i32 {
        self.local(ms).date
    }
    /// The instant of a local date and clock; clocks from [`DAY_MS`] on (`24:00`) are in the next day.
    pub fn instant(self, date: i32, clock: i64) -> i64 {
        let local = clamp_ms(i64::from(clamp_date(date)) * DAY_MS + clock.clamp(-DAY_MS, 2 * DAY_MS));
        let (seconds, ms) = (local.div_euclid(1000), local.rem_euclid(1000));
        let wall = naive(seconds);
        let at = |offset: i32| (seconds - i64::from(offset)) * 1000 + ms;
        let instant = match self.0.offset_from_local_datetime(&wall).earliest() {
            Some(offset) => at(offset.fix().local_minus_utc()),
            None => GapInfo::new(&wall, &self.0)
                .and_then(|gap| gap.end)
                .map_or_else(|| at(self.offset_s(local) as i32), |end| end.timestamp() * 1000),
        };
        clamp_ms(instant)
    }
    /// The first instant of a local date.
    pub fn midnight(self, date: i32) -> i64 {
        self.instant(date, 0)
    }
    /// An instant moved by a span: exact ones by elapsed time, months to the same wall-clock time, clamped to the month's end.
    pub fn add(self, ms: i64, span: Span) -> i64 {
        match span {
            Span::Exact(d) => ms.saturating_add(d),
            Span::Months(0) => ms,
            Span::Months(n) => {
                let local = self.local(ms);
                self.instant(add_months(local.date, n), local.clock)
            }
        }
    }
    /// The first instant of the local period that contains `ms`.
    pub fn start_of(self, unit: Unit, ms: i64) -> i64 {
        self.midnight(unit.first_day(self.date(ms)))
    }
    /// The first instant after the local period that contains `ms`.
    pub fn end_of(self, unit: Unit, ms: i64) -> i64 {
        self.midnight(unit.next_first_day(self.date(ms)))
    }
    /// The first instant after `ms` at which the local date is another one; `i64::MAX` when the calendar ends first.
    pub fn next_date(self, ms: i64) -> i64 {
        let date = self.date(ms);
        if date >= MAX_DATE {
            return i64::MAX;
        }
        let midnight = self.midnight(date + 1);
        match self.change_before(ms, midnight) {
            // Clocks set back over midnight: the date falls before it rises.
            Some(change) if self.date(change) != date => change,
            _ => midnight,
        }
    }
    /// The change of clocks in (`from`, `to`), where the span holds at most one.
    pub fn change_before(self, from: i64, to: i64) -> Option<i64> {
        let before = self.offset_s(from);
        let (mut low, mut high) = (clamp_ms(from), clamp_ms(to) - 1);
        if high <= low || self.offset_s(high) == before {
            return None;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.offset_s(middle) == before { low = middle } else { high = middle }
        }
        Some(high)
    }
    /// The first instant from `ms` on at which the local clock shows `clock` on one of `weekdays` (bit 0 = Monday); `ms`
    /// itself if it is exactly that. `i64::MAX` when there is none.
    pub fn next_clock(self, ms: i64, clock: i64, weekdays: u8) -> i64 {
        let today = self.date(ms);
        // A day before, for `24:00`; a week and a skipped day after.
        (-1..=9)
            .filter(|n| weekdays >> weekday(today.saturating_add(*n)) & 1 == 1)
            .map(|n| self.instant(today.saturating_add(n), clock))
            .find(|instant| *instant >= ms)
            .unwrap_or(i64::MAX)
    }
    /// The instant of `clock` on the local calendar day `days` after that of `from`.
    pub fn clock_on_day(self, from: i64, days: i64, clock: i64) -> i64 {
        self.instant(add_days(self.date(from), days), clock)
    }
}

impl Local {
    /// The reading of a clock set `ms` after 1970-01-01T00:00:00.
    fn of(ms: i64) -> Self {
        Self { date: ms.div_euclid(DAY_MS) as i32, clock: ms.rem_euclid(DAY_MS) }
    }
}

impl Unit {
    /// The first day of the period that contains `date`.
    pub fn first_day(self, date: i32) -> i32 {
        match self {
            Self::Day => date,
            Self::Week => date - weekday(date) as i32,
            Self::Month => date - civil(date).day as i32 + 1,
        }
    }
    /// The first day after the period that contains `date`.
    pub fn next_first_day(self, date: i32) -> i32 {
        let first = self.first_day(date);
        match self {
            Self::Day => first.saturating_add(1),
            Self::Week => first.saturating_add(7),
            Self::Month => add_months(first, 1),
        }
    }
}

/// An instant within the years 0001 ..= 9999.
pub fn clamp_ms(ms: i64) -> i64 {
    ms.clamp(MIN_MS, MAX_MS)
}

/// A date within the years 0001 ..= 9999.
pub fn clamp_date(date: i32) -> i32 {
    date.clamp(MIN_DATE, MAX_DATE)
}

/// Day of the week, 0 = Monday.
pub fn weekday(date: i32) -> u32 {
    (i64::from(date) + 3).rem_euclid(7) as u32
}

/// A date `days` later.
pub fn add_days(date: i32, days: i64) -> i32 {
    i64::from(date).saturating_add(days).clamp(i64::from(MIN_DATE), i64::from(MAX_DATE)) as i32
}

/// A date `months` later, clamped to the month's end.
pub fn add_months(date: i32, months: i32) -> i32 {
    let Civil { year, month, day } = civil(date);
    let count = i64::from(year) * 12 + i64::from(month) - 1 + i64::from(months);
    let (year, month) = (count.div_euclid(12), count.rem_euclid(12) as u32 + 1);
    match year {
        ..1 => MIN_DATE,
        1..10_000 => {
            let year = year as i32;
            date_of(year, month, day.min(month_length(year, month)))
        }
        10_000.. => MAX_DATE,
    }
}

/// A date moved by a span: months as [`add_months`], elapsed time by its whole days (rounded towards zero).
pub fn add_to_date(date: i32, span: Span) -> i32 {
    match span {
        Span::Exact(ms) => add_days(date, ms / DAY_MS),
        Span::Months(n) => add_months(date, n),
    }
}

/// Number of days in a month.
pub fn month_length(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The date of parts that exist; days past the month's end spill over.
pub fn date_of(year: i32, month: u32, day: u32) -> i32 {
    // Years from March, so that the leap day is the last of its year; eras of 400 years.
    let year = i64::from(year.clamp(0, 10_000)) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (i64::from(month) + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
    clamp_date((era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468) as i32)
}

/// The parts of a date.
pub fn civil(date: i32) -> Civil {
    let days = i64::from(clamp_date(date)) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 } as u32;
    Civil {
        year: (year + era * 400 + i64::from(month <= 2)) as i32,
        month,
        day: (of_year - (153 * march + 2) / 5 + 1) as u32,
    }
}

/// The date of these parts where they name one.
pub fn checked_date(year: i32, month: u32, day: u32) -> Option<i32> {
    let exists = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=month_length(year, month)).contains(&day);
    exists.then(|| date_of(year, month, day))
}

/// `chrono`'s form of seconds since 1970, which are within its range after clamping.
fn naive(seconds: i64) -> NaiveDateTime {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().naive_utc()
}
