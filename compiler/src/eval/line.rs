//! Values that move with the clock: instants and durations as lines over the present.
//!
//! A [`Line`] is exact from now on until its own `until_ms`; sums, differences and comparisons of lines are exact too, calendar
//! months included. Knows nothing of expressions.

use super::conditions::holds;
use super::typed::{negate, span_ms};
use crate::calendar::{MAX_MS, MIN_MS, Zone};
use crate::ir::{CompareOp, Span};

/// `at + rate × (t − now)` for every t from now on before `until_ms`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) at: i64,
    pub(super) rate: i64,
    pub(super) until_ms: i64,
}

/// A duration: its line in milliseconds, and its months where it is made of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct SpanLine {
    pub(super) ms: Line,
    months: Option<i32>,
}

impl Line {
    /// A value that stays.
    pub(super) fn fixed(at: i64, until_ms: i64) -> Self {
        Self { at, rate: 0, until_ms }
    }
    /// A value that moves for ever.
    pub(super) fn moving(at: i64, rate: i64) -> Self {
        Self { at, rate, until_ms: i64::MAX }
    }
    /// The same, not for longer than this.
    pub(super) fn until_at_most(self, until_ms: i64) -> Self {
        Self { until_ms: self.until_ms.min(until_ms), ..self }
    }
    /// The first later instant at which it is another value.
    pub(super) fn until(self, now: i64) -> i64 {
        if self.rate == 0 { self.until_ms } else { now.saturating_add(1) }
    }

    /// Arithmetic that saturates: exact while within bounds, and at a bound until it comes back.
    fn settle(exact: i128, rate: i64, until_ms: i64, now: i64) -> Self {
        let (low, high) = (i128::from(i64::MIN), i128::from(i64::MAX));
        let at = exact.clamp(low, high);
        // How far it is to where the rule changes, in the direction of the move.
        let distance = match rate.signum() {
            1 if exact < low => low - exact,
            1 if exact <= high => high - exact + 1,
            -1 if exact > high => exact - high,
            -1 if exact >= low => exact - low + 1,
            _ => return Self::fixed(at as i64, until_ms),
        };
        let change = later(now, ceil_div(distance, i128::from(rate).abs()));
        let rate = if at == exact { rate } else { 0 };
        Self { at: at as i64, rate, until_ms: until_ms.min(change) }
    }
    fn plus(self, other: Self, now: i64) -> Self {
        let exact = i128::from(self.at) + i128::from(other.at);
        Self::settle(exact, self.rate + other.rate, self.until_ms.min(other.until_ms), now)
    }
    /// The difference.
    pub(super) fn minus(self, other: Self, now: i64) -> Self {
        let exact = i128::from(self.at) - i128::from(other.at);
        Self::settle(exact, self.rate - other.rate, self.until_ms.min(other.until_ms), now)
    }
    fn negated(self, now: i64) -> Self {
        Self::fixed(0, i64::MAX).minus(self, now)
    }

    /// An instant moved by a duration, in a zone.
    pub(super) fn plus_span(self, by: SpanLine, now: i64, zone: Zone) -> Self {
        match by.months {
            None => self.plus(by.ms, now),
            Some(0) => self.until_at_most(by.ms.until_ms),
            Some(months) => self.plus_months(months, now, zone).until_at_most(by.ms.until_ms),
        }
    }

    /// Months later. Both readings of the clock run alike within a day unless clocks change, so the sum is a line as far as that goes.
    fn plus_months(self, months: i32, now: i64, zone: Zone) -> Self {
        let at = zone.add(self.at, Span::Months(months));
        if self.rate == 0 {
            return Self::fixed(at, self.until_ms);
        }
        let outside = match (self.at < MIN_MS, self.at > MAX_MS, self.rate > 0) {
            (true, _, true) => Some(MIN_MS.saturating_sub(self.at)),
            (_, true, false) => Some(self.at.saturating_sub(MAX_MS)),
            (true, _, false) | (_, true, true) => Some(i64::MAX),
            (false, false, _) => None,
        };
        if let Some(distance) = outside {
            let change = later(now, ceil_div(distance.into(), self.rate.abs().into()));
            return Self::fixed(at, self.until_ms.min(change));
        }
        let sign = self.rate.signum();
        // In a gap of the later month's clocks the sum stands still.
        let stands = zone.add(self.at + sign, Span::Months(months)) == at;
        let slope = if stands { 0 } else { sign };
        let is_line = |k: i64| zone.add(self.at + sign * k, Span::Months(months)) == at + slope * k;
        let (mut low, mut high) = (0, day_left(self.at, sign, zone));
        if high > 1 && is_line(high - 1) {
            low = high - 1;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if is_line(middle) { low = middle } else { high = middle }
        }
        let change = later(now, ceil_div(high.into(), self.rate.abs().into()));
        let rate = if stands { 0 } else { self.rate };
        Self { at, rate, until_ms: self.until_ms.min(change) }
    }

    /// The greater of two, the left one where equal.
    pub(super) fn greater(self, other: Self, now: i64) -> Self {
        let (left, until_ms) = self.compared(CompareOp::Ge, other, now);
        if left { self } else { other }.until_at_most(until_ms)
    }
    /// The smaller of two, the left one where equal.
    pub(super) fn smaller(self, other: Self, now: i64) -> Self {
        let (left, until_ms) = self.compared(CompareOp::Le, other, now);
        if left { self } else { other }.until_at_most(until_ms)
    }

    /// A comparison, and the first later instant at which it may turn out otherwise.
    pub(super) fn compared(self, op: CompareOp, other: Self, now: i64) -> (bool, i64) {
        let result = holds(op, &self.at, &other.at);
        let until_ms = self.until_ms.min(other.until_ms);
        let (gap, rate) = (i128::from(self.at) - i128::from(other.at), i128::from(self.rate - other.rate));
        let step = rate.abs();
        // Steps to zero, and past it, when the gap closes.
        let closing = gap.signum() * rate.signum() < 0;
        let candidates = match (rate, closing, gap) {
            (0, ..) => return (result, until_ms),
            (_, true, _) => [ceil_div(gap.abs(), step), gap.abs() / step + 1],
            (_, false, 0) => [1, 1],
            (_, false, _) => return (result, until_ms),
        };
        let turn = candidates.into_iter().find(|k| holds(op, &(gap + rate * k), &0) != result);
        (result, turn.map_or(until_ms, |k| until_ms.min(later(now, k))))
    }

    /// The first later instant at which the local date of this instant may be another.
    pub(super) fn until_date(self, now: i64, zone: Zone) -> i64 {
        let distance = match self.rate.signum() {
            0 => return self.until_ms,
            1 if self.at < MIN_MS => MIN_MS.saturating_sub(self.at),
            1 => match zone.next_date(self.at) {
                i64::MAX => return self.until_ms,
                next => next - self.at,
            },
            _ if self.at > MAX_MS => self.at.saturating_sub(MAX_MS),
            _ if self.at < MIN_MS => return self.until_ms,
            _ => day_left(self.at, -1, zone),
        };
        self.until_ms.min(later(now, ceil_div(distance.into(), self.rate.abs().into())))
    }
}

impl SpanLine {
    /// A duration that stays.
    pub(super) fn fixed(span: Span, until_ms: i64) -> Self {
        let months = match span {
            Span::Exact(_) => None,
            Span::Months(n) => Some(n),
        };
        Self { ms: Line::fixed(span_ms(span), until_ms), months }
    }
    /// Elapsed time.
    pub(super) fn exact(ms: Line) -> Self {
        Self { ms, months: None }
    }
    /// The same, not for longer than this.
    pub(super) fn until_at_most(self, until_ms: i64) -> Self {
        Self { ms: self.ms.until_at_most(until_ms), ..self }
    }
    /// Backwards.
    pub(super) fn negated(self, now: i64) -> Self {
        match self.months {
            Some(n) => Self::fixed(negate(Span::Months(n)), self.ms.until_ms),
            None => Self::exact(self.ms.negated(now)),
        }
    }
    /// The sum.
    pub(super) fn plus(self, other: Self, now: i64) -> Self {
        match (self.months, other.months) {
            (Some(a), Some(b)) => {
                let until_ms = self.ms.until_ms.min(other.ms.until_ms);
                Self::fixed(Span::Months(a.saturating_add(b)), until_ms)
            }
            (None, _) | (_, None) => Self::exact(self.ms.plus(other.ms, now)),
        }
    }
    /// The longer of two.
    pub(super) fn greater(self, other: Self, now: i64) -> Self {
        let (left, until_ms) = self.ms.compared(CompareOp::Ge, other.ms, now);
        if left { self } else { other }.until_at_most(until_ms)
    }
    /// The shorter of two.
    pub(super) fn smaller(self, other: Self, now: i64) -> Self {
        let (left, until_ms) = self.ms.compared(CompareOp::Le, other.ms, now);
        if left { self } else { other }.until_at_most(until_ms)
    }
}

/// Milliseconds until an instant that moves forwards (or backwards) comes to another local date or a change of clocks; at least 1.
fn day_left(at: i64, sign: i64, zone: Zone) -> i64 {
    if sign > 0 {
        let end = zone.next_date(at).min(MAX_MS + 1);
        return zone.change_before(at, end).unwrap_or(end) - at;
    }
    let start = zone.midnight(zone.date(at)).min(at);
    let start = zone.change_before(start, at + 1).unwrap_or(start);
    at - start + 1
}

/// `k` milliseconds from now.
fn later(now: i64, k: i128) -> i64 {
    (i128::from(now) + k.max(1)).min(i128::from(i64::MAX)) as i64
}

/// Of positive numbers, rounded up.
fn ceil_div(a: i128, b: i128) -> i128 {
    (a + b - 1) / b
}
