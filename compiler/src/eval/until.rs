//! When time alone may change what an expression gives: no polling, only instants.
//!
//! Everything else (rows, catalogs, history) is taken as it is. A value that moves with the clock (`now`, `now - T`) is a [`Line`]; comparing
//! lines gives the exact instant of the change. Logic combines instants: a false `and` stays false until the last of its false operands may
//! turn, a true one until the first of all. Start at [`truth`].

use super::conditions::holds;
use super::interp::Scope;
use super::line::{Line, SpanLine};
use super::typed::{const_int, span_ms};
use super::value::{span, view};
use crate::ir::{ArithOp, CompareOp, Const, ExprId, ExprKind, Quantifier, TimeTest, Ty};

/// A truth and the first later instant at which it may be another.
pub(super) type Truth = (bool, i64);

/// Never by time alone.
const NEVER: i64 = i64::MAX;

/// See [`super::truth_until`].
pub(super) fn truth(scope: &Scope<'_, '_>, expr: ExprId) -> Truth {
    match &scope.node(expr).kind {
        ExprKind::All(operands) => all(operands.iter().map(|operand| truth(scope, *operand))),
        ExprKind::Any(operands) => any(operands.iter().map(|operand| truth(scope, *operand))),
        ExprKind::Not(operand) => not(truth(scope, *operand)),
        ExprKind::Consent { rule: inner, .. } | ExprKind::InSegment { predicate: inner, .. } => {
            truth(scope, *inner)
        }
        ExprKind::Compare { op, left, right } => compare(scope, *op, *left, *right),
        ExprKind::TimeTest { test, time, operand } => time_test(scope, *test, *time, *operand),
        ExprKind::Quantified { quantifier, list, predicate } => {
            let mut each = Vec::new();
            scope.each(
                *list,
                |scope| {
                    each.push(truth(scope, *predicate));
                    true
                },
                Quantifier::All,
            );
            let (holds, until_ms) = match quantifier {
                Quantifier::Any => any(each.into_iter()),
                Quantifier::All => all(each.into_iter()),
            };
            (holds, until_ms.min(until(scope, *list)))
        }
        ExprKind::Exists(operand) => present(scope, *operand),
        ExprKind::OneOf { value, set } => {
            let consts = || set.iter().map(const_ms).collect();
            (scope.truth(expr), until(scope, *value).max(among(scope, *value, consts)))
        }
        ExprKind::InList { value, list } => {
            let elements = || list_ms(scope, *list);
            let moves = until(scope, *value).max(among(scope, *value, elements));
            (scope.truth(expr), moves.min(until(scope, *list)))
        }
        ExprKind::Coalesce { value, default } => choose(scope, *value, *default, truth),
        ExprKind::Case { arms, otherwise } => {
            let (chosen, until_ms) = arm(scope, arms, *otherwise);
            let (holds, after) = truth(scope, chosen);
            (holds, after.min(until_ms))
        }
        ExprKind::Const(_)
        | ExprKind::Slot { .. }
        | ExprKind::Column { .. }
        | ExprKind::RowExists { .. }
        | ExprKind::Aggregate { .. }
        | ExprKind::Now
        | ExprKind::Today
        | ExprKind::EntryTime
        | ExprKind::Arith { .. }
        | ExprKind::Neg(_)
        | ExprKind::ToFloat(_)
        | ExprKind::ToText(_)
        | ExprKind::AtLeast(..)
        | ExprKind::AtMost(..)
        | ExprKind::Text { .. }
        | ExprKind::Matches { .. }
        | ExprKind::DateOf(_) => (scope.truth(expr), until(scope, expr)),
    }
}

/// A conjunction.
fn all(operands: impl Iterator<Item = Truth>) -> Truth {
    let (mut first, mut last_false) = (NEVER, None);
    for (holds, until_ms) in operands {
        first = first.min(until_ms);
        if !holds {
            last_false = last_false.max(Some(until_ms));
            if until_ms == NEVER {
                break;
            }
        }
    }
    last_false.map_or((true, first), |until_ms| (false, until_ms))
}

/// A disjunction.
fn any(operands: impl Iterator<Item = Truth>) -> Truth {
    not(all(operands.map(not)))
}

/// A negation.
fn not((holds, until_ms): Truth) -> Truth {
    (!holds, until_ms)
}

/// Whether an expression has a value.
fn present(scope: &Scope<'_, '_>, expr: ExprId) -> Truth {
    let both = |left: ExprId, right: ExprId| all([left, right].into_iter().map(|o| present(scope, o)));
    match &scope.node(expr).kind {
        ExprKind::Const(_)
        | ExprKind::Slot { .. }
        | ExprKind::Now
        | ExprKind::Today
        | ExprKind::EntryTime
        | ExprKind::RowExists { .. }
        | ExprKind::Exists(_)
        | ExprKind::Consent { .. }
        | ExprKind::InSegment { .. } => (scope.present(expr), NEVER),
        ExprKind::Column { key, .. } => (scope.present(expr), until(scope, *key)),
        ExprKind::Aggregate { .. } => (scope.present(expr), until(scope, expr)),
        ExprKind::All(operands) | ExprKind::Any(operands) => {
            all(operands.iter().map(|operand| present(scope, *operand)))
        }
        ExprKind::Not(operand)
        | ExprKind::Neg(operand)
        | ExprKind::ToFloat(operand)
        | ExprKind::ToText(operand)
        | ExprKind::DateOf(operand)
        | ExprKind::OneOf { value: operand, .. }
        | ExprKind::Matches { value: operand, .. }
        | ExprKind::Quantified { list: operand, .. } => present(scope, *operand),
        ExprKind::Compare { left, right, .. }
        | ExprKind::InList { value: left, list: right }
        | ExprKind::Arith { left, right, .. }
        | ExprKind::AtLeast(left, right)
        | ExprKind::AtMost(left, right)
        | ExprKind::Text { value: left, pattern: right, .. }
        | ExprKind::TimeTest { time: left, operand: right, .. } => both(*left, *right),
        ExprKind::Coalesce { value, default } => {
            any([*value, *default].into_iter().map(|operand| present(scope, operand)))
        }
        ExprKind::Case { arms, otherwise } => {
            let (chosen, until_ms) = arm(scope, arms, *otherwise);
            let (there, after) = present(scope, chosen);
            (there, after.min(until_ms))
        }
    }
}

/// The first later instant at which an expression may have another value; the next millisecond for what moves with the clock.
fn until(scope: &Scope<'_, '_>, expr: ExprId) -> i64 {
    let now = scope.env.now_ms;
    let node = scope.node(expr);
    let least = |left: ExprId, right: ExprId| until(scope, left).min(until(scope, right));
    match &node.kind {
        ExprKind::Const(_) | ExprKind::Slot { .. } | ExprKind::EntryTime => NEVER,
        ExprKind::Now => now.saturating_add(1),
        ExprKind::Today => scope.env.zone.next_date(now),
        ExprKind::DateOf(time) => line(scope, *time).until_date(now, scope.env.zone),
        ExprKind::Column { key, .. } | ExprKind::RowExists { key, .. } => until(scope, *key),
        ExprKind::Aggregate { keys, since, .. } => {
            let operands = keys.iter().chain(since).map(|operand| until(scope, *operand));
            operands.fold(scope.reading(expr).until_ms.max(now.saturating_add(1)), i64::min)
        }
        ExprKind::Coalesce { value, default } => choose(scope, *value, *default, |s, e| ((), until(s, e))).1,
        ExprKind::Case { arms, otherwise } => {
            let (chosen, until_ms) = arm(scope, arms, *otherwise);
            until_ms.min(until(scope, chosen))
        }
        ExprKind::Arith { .. } | ExprKind::Neg(_) | ExprKind::AtLeast(..) | ExprKind::AtMost(..)
            if matches!(node.ty, Ty::Time | Ty::Duration) =>
        {
            let line = if node.ty == Ty::Time { line(scope, expr) } else { span_line(scope, expr).ms };
            line.until(now)
        }
        ExprKind::Arith { left, right, .. }
        | ExprKind::AtLeast(left, right)
        | ExprKind::AtMost(left, right)
        | ExprKind::Text { value: left, pattern: right, .. } => least(*left, *right),
        ExprKind::Neg(operand)
        | ExprKind::ToFloat(operand)
        | ExprKind::ToText(operand)
        | ExprKind::Matches { value: operand, .. } => until(scope, *operand),
        ExprKind::All(_)
        | ExprKind::Any(_)
        | ExprKind::Not(_)
        | ExprKind::Compare { .. }
        | ExprKind::OneOf { .. }
        | ExprKind::InList { .. }
        | ExprKind::Exists(_)
        | ExprKind::Quantified { .. }
        | ExprKind::TimeTest { .. }
        | ExprKind::Consent { .. }
        | ExprKind::InSegment { .. } => truth(scope, expr).1,
    }
}

/// The arm of a `classify` that holds, and until when it is the one.
fn arm(scope: &Scope<'_, '_>, arms: &[(ExprId, ExprId)], otherwise: ExprId) -> (ExprId, i64) {
    let mut first = NEVER;
    for (condition, value) in arms {
        let (holds, until_ms) = truth(scope, *condition);
        first = first.min(until_ms);
        if holds {
            return (*value, first);
        }
    }
    (otherwise, first)
}

/// One side of `??`, and until when at most.
fn choose<T>(
    scope: &Scope<'_, '_>,
    value: ExprId,
    default: ExprId,
    read: impl Fn(&Scope<'_, '_>, ExprId) -> (T, i64),
) -> (T, i64) {
    let (there, until_ms) = present(scope, value);
    let (result, after) = read(scope, if there { value } else { default });
    (result, after.min(until_ms))
}

/// An instant as it moves with the clock: a time, or the local midnight of a date.
fn line(scope: &Scope<'_, '_>, expr: ExprId) -> Line {
    let (now, node) = (scope.env.now_ms, scope.node(expr));
    if node.ty != Ty::Time {
        return Line::fixed(scope.instant(expr), until(scope, expr));
    }
    match &node.kind {
        ExprKind::Now => Line::moving(now, 1),
        ExprKind::Arith { op, left, right } => {
            let (left, right) =
                if scope.node(*left).ty == Ty::Duration { (*right, *left) } else { (*left, *right) };
            let by = span_line(scope, right);
            let by = if *op == ArithOp::Sub { by.negated(now) } else { by };
            line(scope, left).plus_span(by, now, scope.env.zone)
        }
        ExprKind::AtLeast(left, right) => line(scope, *left).greater(line(scope, *right), now),
        ExprKind::AtMost(left, right) => line(scope, *left).smaller(line(scope, *right), now),
        ExprKind::Coalesce { value, default } => {
            let (chosen, until_ms) = choose(scope, *value, *default, |scope, e| (line(scope, e), NEVER));
            chosen.until_at_most(until_ms)
        }
        ExprKind::Case { arms, otherwise } => {
            let (chosen, until_ms) = arm(scope, arms, *otherwise);
            line(scope, chosen).until_at_most(until_ms)
        }
        _ => Line::fixed(scope.int(expr), until(scope, expr)),
    }
}

/// A duration as it moves with the clock.
fn span_line(scope: &Scope<'_, '_>, expr: ExprId) -> SpanLine {
    let now = scope.env.now_ms;
    let fixed = |until_ms: i64| SpanLine::fixed(scope.span(expr), until_ms);
    match &scope.node(expr).kind {
        ExprKind::Arith { op, left, right } if scope.node(*left).ty == Ty::Duration => {
            let (left, right) = (span_line(scope, *left), span_line(scope, *right));
            let right = if *op == ArithOp::Sub { right.negated(now) } else { right };
            left.plus(right, now)
        }
        ExprKind::Arith { left, right, .. } if scope.node(*left).ty == Ty::Time => {
            SpanLine::exact(line(scope, *left).minus(line(scope, *right), now))
        }
        ExprKind::Arith { left, right, .. } => fixed(until(scope, *left).min(until(scope, *right))),
        ExprKind::Neg(operand) => span_line(scope, *operand).negated(now),
        ExprKind::AtLeast(left, right) => span_line(scope, *left).greater(span_line(scope, *right), now),
        ExprKind::AtMost(left, right) => span_line(scope, *left).smaller(span_line(scope, *right), now),
        ExprKind::Coalesce { value, default } => {
            let (chosen, until_ms) = choose(scope, *value, *default, |s, e| (span_line(s, e), NEVER));
            chosen.until_at_most(until_ms)
        }
        ExprKind::Case { arms, otherwise } => {
            let (chosen, until_ms) = arm(scope, arms, *otherwise);
            span_line(scope, chosen).until_at_most(until_ms)
        }
        _ => fixed(until(scope, expr)),
    }
}

/// A comparison: exact for instants and durations.
fn compare(scope: &Scope<'_, '_>, op: CompareOp, left: ExprId, right: ExprId) -> Truth {
    let now = scope.env.now_ms;
    match scope.node(left).ty {
        Ty::Time => line(scope, left).compared(op, line(scope, right), now),
        Ty::Duration => span_line(scope, left).ms.compared(op, span_line(scope, right).ms, now),
        Ty::Bool => {
            let (left, right) = (truth(scope, left), truth(scope, right));
            (holds(op, &left.0, &right.0), left.1.min(right.1))
        }
        Ty::Int | Ty::Float | Ty::Str | Ty::Date | Ty::Clock | Ty::Timezone | Ty::Enum(_) | Ty::List(_) => {
            (scope.compare(op, left, right), until(scope, left).min(until(scope, right)))
        }
    }
}

/// A time test, as the comparisons it stands for.
fn time_test(scope: &Scope<'_, '_>, test: TimeTest, time: ExprId, operand: ExprId) -> Truth {
    let there = all([time, operand].into_iter().map(|e| present(scope, e)));
    if !there.0 {
        return there;
    }
    let (env, now) = (scope.env, scope.env.now_ms);
    let (at, clock) = (line(scope, time), Line::moving(now, 1));
    let after = |from: Line| from.plus_span(span_line(scope, operand), now, env.zone);
    let (holds, until_ms) = match test {
        TimeTest::OlderThan => after(at).compared(CompareOp::Le, clock, now),
        TimeTest::WithinLast => {
            let past = at.compared(CompareOp::Le, clock, now);
            let recent = after(at).compared(CompareOp::Gt, clock, now);
            all([past, recent].into_iter())
        }
        TimeTest::WithinNext => {
            let coming = at.compared(CompareOp::Ge, clock, now);
            let soon = after(clock).compared(CompareOp::Gt, at, now);
            all([coming, soon].into_iter())
        }
        TimeTest::Before => at.compared(CompareOp::Lt, line(scope, operand), now),
        TimeTest::After => at.compared(CompareOp::Gt, line(scope, operand), now),
    };
    (holds, until_ms.min(there.1))
}

/// For a value that moves with the clock: the first later instant at which its being among these may change; 0 for any other.
fn among(scope: &Scope<'_, '_>, value: ExprId, members: impl Fn() -> Vec<i64>) -> i64 {
    let now = scope.env.now_ms;
    let line = match scope.node(value).ty {
        Ty::Time => line(scope, value),
        Ty::Duration => span_line(scope, value).ms,
        Ty::Bool
        | Ty::Int
        | Ty::Float
        | Ty::Str
        | Ty::Date
        | Ty::Clock
        | Ty::Timezone
        | Ty::Enum(_)
        | Ty::List(_) => {
            return 0;
        }
    };
    let changes = members().into_iter().map(|c| line.compared(CompareOp::Eq, Line::fixed(c, NEVER), now).1);
    changes.fold(line.until_ms, i64::min)
}

/// A literal instant, or duration in milliseconds.
fn const_ms(value: &Const) -> i64 {
    if let Const::Duration(span) = value { span_ms(*span) } else { const_int(value) }
}

/// The instants, or durations in milliseconds, of a list.
fn list_ms(scope: &Scope<'_, '_>, list: ExprId) -> Vec<i64> {
    let Ty::List(id) = scope.node(list).ty else { return Vec::new() };
    let fields = scope.env.program.lists.get(id.index()).map_or(&[][..], Vec::as_slice);
    let is_duration = fields.first().is_some_and(|field| field.ty.ty() == Ty::Duration);
    let blob = scope.list(list);
    let elements = view(scope.env.program, id, &blob);
    let slots = (0..elements.len()).map(|index| elements.slot(index, 0));
    slots.map(|slot| if is_duration { span_ms(span(slot)) } else { slot.bits as i64 }).collect()
}
