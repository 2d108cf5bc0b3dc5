//! Dates, clocks, instants and durations as text.
//!
//! Reading accepts exactly the forms of the language and of RFC 3339; printing is hand-made because every decision prints instants.

use super::{DAY_MS, Local, MAX_MS, MIN_MS, Zone, checked_date, civil, clamp_ms};
use crate::ir::Span;

/// Why a text is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationError {
    /// Not numbers with the units `s m h d w` or `mo y`.
    Malformed,
    /// Elapsed and calendar units in one.
    Mixed,
    /// Longer than can be counted.
    TooLong,
}

/// Reads `2026-12-24`.
pub fn parse_date(text: &str) -> Option<i32> {
    let mut reader = Reader(text.as_bytes());
    let date = reader.date()?;
    reader.0.is_empty().then_some(date)
}

/// Reads `09:00`, `09:00:30`, `09:00:30.250`, `24:00` as milliseconds since midnight.
pub fn parse_clock(text: &str) -> Option<i64> {
    let mut reader = Reader(text.as_bytes());
    let clock = reader.clock().filter(|clock| *clock <= DAY_MS)?;
    reader.0.is_empty().then_some(clock)
}

/// Reads an RFC 3339 instant with any offset; fractions of a second are cut to milliseconds, seconds may be left out.
pub fn parse_instant(text: &str) -> Option<i64> {
    let mut reader = Reader(text.as_bytes());
    let date = reader.date()?;
    reader.one_of(b"Tt ")?;
    let clock = reader.clock().filter(|clock| *clock < DAY_MS + 1000)?;
    let offset_min = reader.offset()?;
    if !reader.0.is_empty() {
        return None;
    }
    let ms = i64::from(date) * DAY_MS + clock - offset_min * 60_000;
    (MIN_MS..=MAX_MS).contains(&ms).then_some(ms)
}

/// Reads `1h30m`, `7d`, `7mo`, `1y6mo`.
pub fn parse_duration(text: &str) -> Result<Span, DurationError> {
    let mut rest = text.as_bytes();
    let (mut exact, mut months) = (None::<i64>, None::<i64>);
    while !rest.is_empty() {
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let (number, after) = rest.split_at(digits);
        let letters = after.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let (unit, after) = after.split_at(letters);
        if digits == 0 {
            return Err(DurationError::Malformed);
        }
        let (sum, size) = match unit {
            b"s" => (&mut exact, 1000),
            b"m" => (&mut exact, 60_000),
            b"h" => (&mut exact, 3_600_000),
            b"d" => (&mut exact, DAY_MS),
            b"w" => (&mut exact, 7 * DAY_MS),
            b"mo" => (&mut months, 1),
            b"y" => (&mut months, 12),
            _ => return Err(DurationError::Malformed),
        };
        let number = number.iter().try_fold(0i64, |n, b| n.checked_mul(10)?.checked_add(i64::from(b - b'0')));
        let total = number.and_then(|n| n.checked_mul(size)).and_then(|n| n.checked_add(sum.unwrap_or(0)));
        *sum = Some(total.ok_or(DurationError::TooLong)?);
        rest = after;
    }
    match (exact, months) {
        (Some(ms), None) => Ok(Span::Exact(ms)),
        (None, Some(n)) => i32::try_from(n).map(Span::Months).map_err(|_| DurationError::TooLong),
        (Some(_), Some(_)) => Err(DurationError::Mixed),
        (None, None) => Err(DurationError::Malformed),
    }
}

/// Appends `2026-12-24`.
pub fn push_date(out: &mut String, date: i32) {
    let day = civil(date);
    push_digits(out, day.year as u64, 4);
    out.push('-');
    push_digits(out, day.month.into(), 2);
    out.push('-');
    push_digits(out, day.day.into(), 2);
}

/// Appends `09:00`, with seconds and milliseconds only where there are some.
pub fn push_clock(out: &mut String, clock: i64) {
    let clock = clock.clamp(0, DAY_MS) as u64;
    push_minutes(out, clock / 60_000);
    if !clock.is_multiple_of(60_000) {
        push_seconds(out, clock % 60_000);
    }
}

/// Appends an instant as `2026-01-05T11:00:00+09:00` in a zone, with `.250` only where there are milliseconds.
pub fn push_instant(out: &mut String, ms: i64, zone: Zone) {
    let ms = clamp_ms(ms);
    // Old local mean times have seconds, which an offset cannot show: the clock shown is that of the whole minute.
    let offset_min = zone.offset_s(ms) / 60;
    let local = Local::of(clamp_ms(ms + offset_min * 60_000));
    out.reserve(29);
    push_date(out, local.date);
    out.push('T');
    push_minutes(out, local.clock as u64 / 60_000);
    push_seconds(out, local.clock as u64 % 60_000);
    out.push(if offset_min < 0 { '-' } else { '+' });
    push_minutes(out, offset_min.unsigned_abs());
}

/// An instant as text; see [`push_instant`].
pub fn instant(ms: i64, zone: Zone) -> String {
    let mut out = String::new();
    push_instant(&mut out, ms, zone);
    out
}

/// Appends a duration as the language writes it: `1d12h`, `90d`, `1y2mo`, `0s`; fractions of a second as `1.25s`.
pub fn push_duration(out: &mut String, span: Span) {
    match span {
        Span::Exact(ms) => {
            let parts = [(DAY_MS as u64, "d"), (3_600_000, "h"), (60_000, "m")];
            let rest = push_units(out, ms < 0, ms.unsigned_abs(), &parts);
            if rest != 0 || ms == 0 {
                out.push_str(&(rest / 1000).to_string());
                if !rest.is_multiple_of(1000) {
                    out.push('.');
                    push_digits(out, rest % 1000, 3);
                    out.truncate(out.trim_end_matches('0').len());
                }
                out.push('s');
            }
        }
        Span::Months(0) => out.push_str("0mo"),
        Span::Months(n) => {
            push_units(out, n < 0, n.unsigned_abs().into(), &[(12, "y"), (1, "mo")]);
        }
    }
}

/// Appends the parts of a number that are not zero, and gives what is left.
fn push_units(out: &mut String, negative: bool, mut rest: u64, parts: &[(u64, &str)]) -> u64 {
    if negative {
        out.push('-');
    }
    for (size, unit) in parts {
        if rest >= *size {
            out.push_str(&(rest / size).to_string());
            out.push_str(unit);
            rest %= size;
        }
    }
    rest
}

/// Appends `HH:MM`.
fn push_minutes(out: &mut String, minutes: u64) {
    push_digits(out, minutes / 60, 2);
    out.push(':');
    push_digits(out, minutes % 60, 2);
}

/// Appends `:SS` and, where there are some, `.mmm`.
fn push_seconds(out: &mut String, ms: u64) {
    out.push(':');
    push_digits(out, ms / 1000, 2);
    if !ms.is_multiple_of(1000) {
        out.push('.');
        push_digits(out, ms % 1000, 3);
    }
}

/// Appends exactly `width` digits.
fn push_digits(out: &mut String, value: u64, width: u32) {
    for place in (0..width).rev() {
        out.push(char::from(b'0' + (value / 10u64.pow(place) % 10) as u8));
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    /// Takes one of these bytes.
    fn one_of(&mut self, any: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        any.contains(first).then(|| self.0 = rest)?;
        Some(*first)
    }
    /// Takes exactly `width` digits.
    fn digits(&mut self, width: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(width)?;
        let value =
            digits.iter().try_fold(0, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))?;
        self.0 = rest;
        Some(value)
    }
    /// Takes `2026-12-24`.
    fn date(&mut self) -> Option<i32> {
        let year = self.digits(4)?;
        self.one_of(b"-")?;
        let month = self.digits(2)?;
        self.one_of(b"-")?;
        checked_date(year as i32, month, self.digits(2)?)
    }
    /// Takes `09:00[:00[.000]]`; a leap second is the next second.
    fn clock(&mut self) -> Option<i64> {
        let hour = self.digits(2).filter(|hour| *hour <= 24)?;
        self.one_of(b":")?;
        let minute = self.digits(2).filter(|minute| *minute < 60)?;
        let mut ms = i64::from(hour) * 3_600_000 + i64::from(minute) * 60_000;
        if self.one_of(b":").is_some() {
            ms += i64::from(self.digits(2).filter(|second| *second <= 60)?) * 1000;
            if self.one_of(b".,").is_some() {
                ms += self.fraction()?;
            }
        }
        (hour < 24 || ms == DAY_MS).then_some(ms)
    }
    /// Takes digits after a decimal point as milliseconds.
    fn fraction(&mut self) -> Option<i64> {
        let count = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        let place = |(digit, size): (&u8, i64)| i64::from(digit - b'0') * size;
        (count > 0).then(|| digits.iter().zip([100, 10, 1]).map(place).sum())
    }
    /// Takes `Z`, `+09:00` or `-03:30` as minutes.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let hours = self.digits(2).filter(|hours| *hours < 24)?;
        self.one_of(b":")?;
        let minutes = self.digits(2).filter(|minutes| *minutes < 60)?;
        Some(sign * (i64::from(hours) * 60 + i64::from(minutes)))
    }
}
