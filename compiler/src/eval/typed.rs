//! The value of an expression, one function per kind of value; arithmetic is total.

use super::interp::{Leaf, Scope};
use super::value::span;
use super::{Value, render};
use crate::calendar::{DAY_MS, Zone, add_to_date};
use crate::ir::{ArithOp, Const, ExprId, ExprKind, Span, Ty};
use std::borrow::Cow;

/// Milliseconds a month counts as when durations are compared or added to exact ones.
const MONTH_MS: i64 = 30 * DAY_MS;

impl<'a> Scope<'_, 'a> {
    /// A number of any type that is one: integers, instants, dates, clocks, positions in closed sets, truth values.
    #[inline]
    pub(crate) fn int(&self, expr: ExprId) -> i64 {
        match &self.node(expr).kind {
            ExprKind::Const(value) => const_int(value),
            _ => self.as_slot(expr).map_or_else(|| self.other_int(expr), |(slot, _)| slot.bits as i64),
        }
    }
    fn other_int(&self, expr: ExprId) -> i64 {
        match self.leaf(expr) {
            Leaf::Const(value) => const_int(value),
            Leaf::Slot(slot, _) => slot.bits as i64,
            Leaf::Answer(value) => value.as_ref().map_or(0, value_int),
            Leaf::Computed(id) => match &self.node(id).kind {
                ExprKind::Now => self.env.now_ms,
                ExprKind::Today => i64::from(self.env.zone.date(self.env.now_ms)),
                ExprKind::EntryTime => self.env.entry_time_ms,
                ExprKind::DateOf(time) => i64::from(self.env.zone.date(self.int(*time))),
                ExprKind::Neg(operand) => self.int(*operand).saturating_neg(),
                ExprKind::AtLeast(left, right) => self.int(*left).max(self.int(*right)),
                ExprKind::AtMost(left, right) => self.int(*left).min(self.int(*right)),
                ExprKind::Arith { op, left, right } => self.int_arith(self.node(id).ty, *op, *left, *right),
                _ => i64::from(self.truth(id)),
            },
        }
    }

    /// A float, or an integer as one.
    pub(crate) fn float(&self, expr: ExprId) -> f64 {
        match self.leaf(expr) {
            Leaf::Const(Const::Float(x)) => *x,
            Leaf::Const(value) => const_int(value) as f64,
            Leaf::Slot(slot, _) if self.node(expr).ty == Ty::Float => f64::from_bits(slot.bits),
            Leaf::Slot(slot, _) => slot.bits as i64 as f64,
            Leaf::Answer(Some(Value::Float(x))) => x,
            Leaf::Answer(value) => value.as_ref().map_or(0.0, |value| value_int(value) as f64),
            Leaf::Computed(id) if self.node(id).ty != Ty::Float => self.int(id) as f64,
            Leaf::Computed(id) => match &self.node(id).kind {
                ExprKind::ToFloat(operand) => self.float(*operand),
                ExprKind::Neg(operand) => -self.float(*operand),
                ExprKind::AtLeast(left, right) => {
                    let (left, right) = (self.float(*left), self.float(*right));
                    if left >= right { left } else { right }
                }
                ExprKind::AtMost(left, right) => {
                    let (left, right) = (self.float(*left), self.float(*right));
                    if left <= right { left } else { right }
                }
                ExprKind::Arith { op, left, right } => {
                    float_arith(*op, self.float(*left), self.float(*right))
                }
                _ => 0.0,
            },
        }
    }

    /// The bytes of a text, or of a zone's name.
    pub(crate) fn text(&self, expr: ExprId) -> Cow<'a, [u8]> {
        self.bytes(expr).map_or_else(|| self.other_text(expr), Cow::Borrowed)
    }
    /// The bytes of a text that is a literal or in a slot.
    #[inline]
    pub(super) fn bytes(&self, expr: ExprId) -> Option<&'a [u8]> {
        match &self.node(expr).kind {
            ExprKind::Const(Const::Str(text)) => Some(text.as_bytes()),
            _ => self.as_slot(expr).map(|(slot, place)| place.blob(slot)),
        }
    }
    fn other_text(&self, expr: ExprId) -> Cow<'a, [u8]> {
        match self.leaf(expr) {
            Leaf::Const(Const::Str(text)) => Cow::Borrowed(text.as_bytes()),
            Leaf::Slot(slot, place) => Cow::Borrowed(place.blob(slot)),
            Leaf::Answer(Some(Value::Str(Cow::Borrowed(text)))) => Cow::Borrowed(text.as_bytes()),
            Leaf::Answer(Some(Value::Str(Cow::Owned(text)))) => Cow::Owned(text.into_bytes()),
            Leaf::Answer(Some(Value::Zone(zone))) => Cow::Borrowed(zone.name().as_bytes()),
            Leaf::Computed(id) => Cow::Borrowed(self.member_text(id).as_bytes()),
            Leaf::Const(_) | Leaf::Answer(_) => Cow::Borrowed(&[]),
        }
    }

    /// A duration.
    pub(crate) fn span(&self, expr: ExprId) -> Span {
        match self.leaf(expr) {
            Leaf::Const(Const::Duration(value)) => *value,
            Leaf::Slot(slot, _) => span(slot),
            Leaf::Answer(Some(Value::Duration(value))) => value,
            Leaf::Computed(id) => match &self.node(id).kind {
                ExprKind::Neg(operand) => negate(self.span(*operand)),
                ExprKind::AtLeast(left, right) => {
                    let (left, right) = (self.span(*left), self.span(*right));
                    if span_ms(left) >= span_ms(right) { left } else { right }
                }
                ExprKind::AtMost(left, right) => {
                    let (left, right) = (self.span(*left), self.span(*right));
                    if span_ms(left) <= span_ms(right) { left } else { right }
                }
                ExprKind::Arith { op, left, right } => self.span_arith(*op, *left, *right),
                _ => Span::Exact(0),
            },
            Leaf::Const(_) | Leaf::Answer(_) => Span::Exact(0),
        }
    }

    /// The blob of a list.
    pub(super) fn list(&self, expr: ExprId) -> Cow<'a, [u8]> {
        match self.leaf(expr) {
            Leaf::Slot(slot, place) => Cow::Borrowed(place.blob(slot)),
            Leaf::Answer(Some(Value::List(_, blob))) => blob,
            Leaf::Const(_) | Leaf::Answer(_) | Leaf::Computed(_) => Cow::Borrowed(&[]),
        }
    }

    /// A zone; UTC where it is missing.
    pub(super) fn zone(&self, expr: ExprId) -> Zone {
        let zone = match self.leaf(expr) {
            Leaf::Slot(slot, place) => {
                Zone::of_text(slot.sym, std::str::from_utf8(place.blob(slot)).unwrap_or_default())
            }
            Leaf::Const(Const::Str(name)) => Zone::named(name),
            Leaf::Answer(Some(Value::Zone(zone))) => Some(zone),
            Leaf::Const(_) | Leaf::Answer(_) | Leaf::Computed(_) => None,
        };
        zone.unwrap_or(Zone::UTC)
    }

    /// An instant: a time, or the local midnight of a date.
    pub(super) fn instant(&self, expr: ExprId) -> i64 {
        let value = self.int(expr);
        if self.node(expr).ty == Ty::Date { self.env.zone.midnight(value as i32) } else { value }
    }

    /// The text of a member of a closed set, for `ToText`.
    fn member_text(&self, expr: ExprId) -> &'a str {
        let ExprKind::ToText(operand) = &self.node(expr).kind else { return "" };
        match self.node(*operand).ty {
            Ty::Enum(set) => render::member(self.env.program, set, self.int(*operand) as u32),
            _ => "",
        }
    }

    /// Arithmetic that gives an integer, an instant or a date.
    fn int_arith(&self, ty: Ty, op: ArithOp, left: ExprId, right: ExprId) -> i64 {
        // `D + T` is `T + D`.
        let (left, right) = if self.node(left).ty == Ty::Duration { (right, left) } else { (left, right) };
        let value = self.int(left);
        let moved_by = || {
            let by = self.span(right);
            if op == ArithOp::Sub { negate(by) } else { by }
        };
        match ty {
            Ty::Time => self.env.zone.add(value, moved_by()),
            Ty::Date => i64::from(add_to_date(value as i32, moved_by())),
            _ => int_arith(op, value, self.int(right)),
        }
    }

    /// Arithmetic that gives a duration.
    fn span_arith(&self, op: ArithOp, left: ExprId, right: ExprId) -> Span {
        if self.node(left).ty != Ty::Duration {
            return Span::Exact(self.instant_or_days(left).saturating_sub(self.instant_or_days(right)));
        }
        let (left, right) = (self.span(left), self.span(right));
        let right = if op == ArithOp::Sub { negate(right) } else { right };
        match (left, right) {
            (Span::Months(left), Span::Months(right)) => Span::Months(left.saturating_add(right)),
            (Span::Exact(_) | Span::Months(_), _) => {
                Span::Exact(span_ms(left).saturating_add(span_ms(right)))
            }
        }
    }

    /// For differences: an instant, or a date as so many days of 24 hours.
    fn instant_or_days(&self, expr: ExprId) -> i64 {
        let value = self.int(expr);
        if self.node(expr).ty == Ty::Date { value.saturating_mul(DAY_MS) } else { value }
    }
}

/// Saturating; division by zero gives 0.
pub(super) fn int_arith(op: ArithOp, left: i64, right: i64) -> i64 {
    match op {
        ArithOp::Add => left.saturating_add(right),
        ArithOp::Sub => left.saturating_sub(right),
        ArithOp::Mul => left.saturating_mul(right),
        ArithOp::Div if right == 0 => 0,
        ArithOp::Div => left.saturating_div(right),
    }
}

/// Never NaN, never infinite; division by zero gives 0.
pub(super) fn float_arith(op: ArithOp, left: f64, right: f64) -> f64 {
    let result = match op {
        ArithOp::Add => left + right,
        ArithOp::Sub => left - right,
        ArithOp::Mul => left * right,
        ArithOp::Div if right == 0.0 => 0.0,
        ArithOp::Div => left / right,
    };
    if result.is_nan() { 0.0 } else { result.clamp(f64::MIN, f64::MAX) }
}

/// A duration in milliseconds, for comparing: a month is 30 days.
pub(crate) fn span_ms(span: Span) -> i64 {
    match span {
        Span::Exact(ms) => ms,
        Span::Months(n) => i64::from(n).saturating_mul(MONTH_MS),
    }
}

/// The duration backwards.
pub(super) fn negate(span: Span) -> Span {
    match span {
        Span::Exact(ms) => Span::Exact(ms.saturating_neg()),
        Span::Months(n) => Span::Months(n.saturating_neg()),
    }
}

/// A literal of a type that is a number.
pub(crate) fn const_int(value: &Const) -> i64 {
    match value {
        Const::Bool(b) => i64::from(*b),
        Const::Int(n) | Const::Time(n) | Const::Clock(n) => *n,
        Const::Date(days) => i64::from(*days),
        Const::Member(position) => i64::from(*position),
        Const::Float(_) | Const::Str(_) | Const::Duration(_) | Const::EmptyList => 0,
    }
}

/// A value of a type that is a number.
fn value_int(value: &Value<'_>) -> i64 {
    match value {
        Value::Bool(b) => i64::from(*b),
        Value::Int(n) | Value::Time(n) | Value::Clock(n) => *n,
        Value::Date(days) => i64::from(*days),
        Value::Member(_, position) => i64::from(*position),
        Value::Float(_) | Value::Str(_) | Value::Duration(_) | Value::Zone(_) | Value::List(..) => 0,
    }
}
