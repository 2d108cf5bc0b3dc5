//! Literals of the syntax tree as values of the program.

use crate::calendar;
use crate::ir::schema::ClockRange;
use crate::ir::{self, Span};
use crate::syntax::ast::{self, DurationValue};
use chrono::Datelike;

/// A duration.
pub(crate) fn span_of(duration: &ast::DurationLit) -> Span {
    match duration.value {
        DurationValue::Exact { ms } => Span::Exact(ms),
        DurationValue::Calendar { months } => Span::Months(months),
    }
}

/// A clock in milliseconds since midnight.
pub(crate) fn clock_ms(clock: &ast::ClockLit) -> i64 {
    i64::from(clock.minute) * 60_000
}

/// A date in days since 1970-01-01.
pub(crate) fn days(date: chrono::NaiveDate) -> i32 {
    calendar::date_of(date.year(), date.month(), date.day())
}

/// A range of clocks; `A .. A` is the whole day.
pub(crate) fn clock_range(range: &ast::ClockRange) -> ClockRange {
    ClockRange { from_ms: clock_ms(&range.from), to_ms: clock_ms(&range.to) }
}

/// A purpose.
pub(crate) fn purpose(purpose: ast::Purpose) -> ir::Purpose {
    match purpose {
        ast::Purpose::Marketing => ir::Purpose::Marketing,
        ast::Purpose::Informational => ir::Purpose::Informational,
        ast::Purpose::Transactional => ir::Purpose::Transactional,
    }
}

/// The weekday's bit in a set of days: bit 0 is Monday.
pub(crate) fn weekday_bit(day: ast::Weekday) -> u8 {
    1 << weekday_index(day)
}

/// The weekday's number: 0 is Monday.
pub(crate) fn weekday_index(day: ast::Weekday) -> u8 {
    match day {
        ast::Weekday::Monday => 0,
        ast::Weekday::Tuesday => 1,
        ast::Weekday::Wednesday => 2,
        ast::Weekday::Thursday => 3,
        ast::Weekday::Friday => 4,
        ast::Weekday::Saturday => 5,
        ast::Weekday::Sunday => 6,
    }
}
