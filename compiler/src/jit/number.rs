//! Integers, floats, instants and durations as machine code: arithmetic that saturates, comparisons, sets, time tests.

use super::emit::{Emitter, FLOAT, float_condition, int_condition};
use super::runtime::{self, RowId};
use super::shape::{LEAST, LIMIT, VALUE, WORDS};
use super::view::View;
use crate::calendar::DAY_MS;
use crate::eval::{const_int, span_ms};
use crate::ir::{ArithOp, CompareOp, Const, ExprId, ExprKind, Span, TimeTest, Ty};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{InstBuilder, Value};

/// Sets up to this length are compared one by one.
pub(super) const FEW: usize = 4;
/// Most bits of a set that is tested as bits.
const MOST_BITS: u64 = 1 << 14;

impl View<'_> {
    /// Instructions of an integer (instant, date, clock, position), where nobody needs to be asked.
    fn int_cost(&self, expr: ExprId) -> Option<u32> {
        let node = self.node(expr);
        let pair = |left: ExprId, right: ExprId| Some(self.int_cost(left)? + self.int_cost(right)?);
        match &node.kind {
            _ if node.ty == Ty::Bool || !is_int(node.ty) => None,
            ExprKind::Const(_) | ExprKind::Now | ExprKind::EntryTime => Some(1),
            ExprKind::Slot { .. } => self.row_slot(expr).map(|_| 1),
            ExprKind::Arith { op, left, right } if node.ty == Ty::Int && *op != ArithOp::Div => {
                Some(pair(*left, *right)? + 6)
            }
            ExprKind::Arith { left, right, .. } if node.ty == Ty::Time => {
                self.exact(*right)?;
                Some(self.int_cost(*left)? + 3)
            }
            ExprKind::Neg(operand) => Some(self.int_cost(*operand)? + 3),
            ExprKind::AtLeast(left, right) | ExprKind::AtMost(left, right) => Some(pair(*left, *right)? + 2),
            ExprKind::Coalesce { value, default } => {
                Some(pair(*value, *default)? + self.presence_cost(*value)? + 1)
            }
            _ => None,
        }
    }

    /// Instructions of a float, or of an integer as one.
    fn float_cost(&self, expr: ExprId) -> Option<u32> {
        let node = self.node(expr);
        if node.ty == Ty::Int {
            return Some(self.int_cost(expr)? + 1);
        }
        let pair = |left: ExprId, right: ExprId| Some(self.float_cost(left)? + self.float_cost(right)?);
        match &node.kind {
            _ if node.ty != Ty::Float => None,
            ExprKind::Const(_) => Some(1),
            ExprKind::Slot { .. } => self.row_slot(expr).map(|_| 1),
            ExprKind::ToFloat(operand) => self.float_cost(*operand),
            ExprKind::Neg(operand) => Some(self.float_cost(*operand)? + 1),
            ExprKind::AtLeast(left, right) | ExprKind::AtMost(left, right) => Some(pair(*left, *right)? + 2),
            ExprKind::Arith { left, right, .. } => Some(pair(*left, *right)? + 8),
            ExprKind::Coalesce { value, default } => {
                Some(pair(*value, *default)? + self.presence_cost(*value)? + 1)
            }
            _ => None,
        }
    }

    /// A literal of elapsed time.
    fn exact(&self, expr: ExprId) -> Option<i64> {
        match self.node(expr).kind {
            ExprKind::Const(Const::Duration(Span::Exact(ms))) => Some(ms),
            _ => None,
        }
    }

    /// Instructions of a duration in milliseconds.
    fn duration_cost(&self, expr: ExprId) -> Option<u32> {
        match &self.node(expr).kind {
            ExprKind::Const(_) => Some(1),
            ExprKind::Slot { .. } => self.row_slot(expr).map(|_| 6),
            ExprKind::Arith { op: ArithOp::Sub, left, right } if self.both(*left, *right, Ty::Time) => {
                Some(self.int_cost(*left)? + self.int_cost(*right)? + 6)
            }
            _ => None,
        }
    }

    fn both(&self, left: ExprId, right: ExprId, ty: Ty) -> bool {
        self.node(left).ty == ty && self.node(right).ty == ty
    }

    /// Instructions of a comparison that can be a flag.
    pub(super) fn compare_cost(&self, op: CompareOp, left: ExprId, right: ExprId) -> Option<u32> {
        match self.node(left).ty {
            Ty::Bool => Some(self.cost(left)? + self.cost(right)? + 1),
            Ty::Float => Some(self.float_cost(left)? + self.float_cost(right)? + 1),
            Ty::Int if self.node(right).ty == Ty::Float => {
                Some(self.float_cost(left)? + self.float_cost(right)? + 1)
            }
            Ty::Int | Ty::Time | Ty::Date | Ty::Clock | Ty::Enum(_) => {
                Some(self.int_cost(left)? + self.int_cost(right)? + 1)
            }
            Ty::Duration => Some(self.duration_cost(left)? + self.duration_cost(right)? + 1),
            // Symbols have no order.
            Ty::Str if matches!(op, CompareOp::Eq | CompareOp::Ne) => self.symbols_of(left, right).map(|_| 2),
            Ty::Str => None,
            Ty::Timezone | Ty::List(_) => None,
        }
    }

    /// Instructions of `x in [...]` that can be a flag.
    pub(super) fn one_of_cost(&self, value: ExprId, set: &[Const]) -> Option<u32> {
        match self.node(value).ty {
            Ty::Int | Ty::Time | Ty::Date | Ty::Clock | Ty::Enum(_) => {
                let values: Vec<i64> = set.iter().map(const_int).collect();
                let tests =
                    if values.len() <= FEW { values.len() as u32 * 2 } else { bits(&values).map(|_| 6)? };
                Some(self.int_cost(value)? + tests)
            }
            Ty::Float if set.len() <= FEW => Some(self.float_cost(value)? + set.len() as u32 * 2),
            Ty::Duration if set.len() <= FEW => Some(self.duration_cost(value)? + set.len() as u32 * 2),
            Ty::Str => {
                let (_, symbols) = self.symbol_set(value, set)?;
                if symbols.len() <= FEW { Some(symbols.len() as u32 * 2) } else { bits(&symbols).map(|_| 6) }
            }
            Ty::Bool | Ty::Float | Ty::Duration | Ty::Timezone | Ty::List(_) => None,
        }
    }

    /// Instructions of a time test that can be a flag.
    pub(super) fn time_test_cost(&self, test: TimeTest, time: ExprId, operand: ExprId) -> Option<u32> {
        if self.node(time).ty != Ty::Time {
            return None;
        }
        let there = self.presence_cost(time)? + self.presence_cost(operand)?;
        let cost = match test {
            TimeTest::OlderThan | TimeTest::WithinLast | TimeTest::WithinNext => {
                self.exact(operand)?;
                self.int_cost(time)? + 5
            }
            TimeTest::Before | TimeTest::After if self.node(operand).ty == Ty::Time => {
                self.int_cost(time)? + self.int_cost(operand)? + 1
            }
            TimeTest::Before | TimeTest::After => return None,
        };
        Some(there + cost)
    }
}

impl Emitter<'_, '_> {
    /// An integer of any type that is one.
    fn int(&mut self, expr: ExprId) -> Value {
        if self.view.int_cost(expr).is_none() {
            return self.ask(runtime::int as *const () as usize, expr, I64);
        }
        let node = self.view.node(expr);
        match &node.kind {
            ExprKind::Const(value) => self.literal(expr, VALUE, const_int(value)),
            ExprKind::Now => self.now,
            ExprKind::EntryTime => self.entry_time,
            ExprKind::Arith { op, left, right } if node.ty == Ty::Time => {
                let left = self.int(*left);
                let by = self.view.exact(*right).unwrap_or_default();
                let by = if *op == ArithOp::Sub { by.saturating_neg() } else { by };
                self.later(left, by)
            }
            ExprKind::Arith { op, left, right } => {
                let (left, right) = (self.int(*left), self.int(*right));
                self.saturating(*op, left, right)
            }
            ExprKind::Neg(operand) => {
                let value = self.int(*operand);
                let zero = self.builder.ins().iconst(I64, 0);
                self.saturating(ArithOp::Sub, zero, value)
            }
            ExprKind::AtLeast(left, right) => {
                let (left, right) = (self.int(*left), self.int(*right));
                let first = self.builder.ins().icmp(IntCC::SignedGreaterThanOrEqual, left, right);
                self.builder.ins().select(first, left, right)
            }
            ExprKind::AtMost(left, right) => {
                let (left, right) = (self.int(*left), self.int(*right));
                let first = self.builder.ins().icmp(IntCC::SignedLessThanOrEqual, left, right);
                self.builder.ins().select(first, left, right)
            }
            ExprKind::Coalesce { value, default } => {
                let (present, default) = (self.presence(*value), self.int(*default));
                let value = self.int(*value);
                present.map_or(value, |present| self.builder.ins().select(present, value, default))
            }
            _ => match self.view.row_slot(expr) {
                Some(slot) => self.bits(slot, I64),
                None => self.ask(runtime::int as *const () as usize, expr, I64),
            },
        }
    }

    /// A float, or an integer as one.
    fn float(&mut self, expr: ExprId) -> Value {
        if self.view.float_cost(expr).is_none() {
            return self.ask(runtime::float as *const () as usize, expr, FLOAT);
        }
        let node = self.view.node(expr);
        if node.ty == Ty::Int {
            let value = self.int(expr);
            return self.builder.ins().fcvt_from_sint(FLOAT, value);
        }
        match &node.kind {
            ExprKind::Const(Const::Float(x)) => self.literal_float(expr, VALUE, *x),
            ExprKind::Const(value) => self.builder.ins().f64const(const_int(value) as f64),
            ExprKind::ToFloat(operand) => self.float(*operand),
            ExprKind::Neg(operand) => {
                let value = self.float(*operand);
                self.builder.ins().fneg(value)
            }
            ExprKind::AtLeast(left, right) => {
                let (left, right) = (self.float(*left), self.float(*right));
                let first = self.builder.ins().fcmp(FloatCC::GreaterThanOrEqual, left, right);
                self.builder.ins().select(first, left, right)
            }
            ExprKind::AtMost(left, right) => {
                let (left, right) = (self.float(*left), self.float(*right));
                let first = self.builder.ins().fcmp(FloatCC::LessThanOrEqual, left, right);
                self.builder.ins().select(first, left, right)
            }
            ExprKind::Arith { op, left, right } => {
                let (left, right) = (self.float(*left), self.float(*right));
                self.float_arith(*op, left, right)
            }
            ExprKind::Coalesce { value, default } => {
                let (present, default) = (self.presence(*value), self.float(*default));
                let value = self.float(*value);
                present.map_or(value, |present| self.builder.ins().select(present, value, default))
            }
            _ => match self.view.row_slot(expr) {
                Some(slot) => self.bits(slot, FLOAT),
                None => self.ask(runtime::float as *const () as usize, expr, FLOAT),
            },
        }
    }

    /// Arithmetic that saturates, without an instruction that can trap.
    fn saturating(&mut self, op: ArithOp, left: Value, right: Value) -> Value {
        let (result, overflow) = match op {
            ArithOp::Add => {
                let sum = self.builder.ins().iadd(left, right);
                // Both operands differ in sign from the sum.
                let (a, b) = (self.builder.ins().bxor(left, sum), self.builder.ins().bxor(right, sum));
                let both = self.builder.ins().band(a, b);
                (sum, self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, both, 0))
            }
            ArithOp::Sub => {
                let difference = self.builder.ins().isub(left, right);
                let (a, b) =
                    (self.builder.ins().bxor(left, right), self.builder.ins().bxor(left, difference));
                let both = self.builder.ins().band(a, b);
                (difference, self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, both, 0))
            }
            ArithOp::Mul | ArithOp::Div => {
                let product = self.builder.ins().imul(left, right);
                let high = self.builder.ins().smulhi(left, right);
                let sign = self.builder.ins().sshr_imm_u(product, 63);
                (product, self.builder.ins().icmp(IntCC::NotEqual, high, sign))
            }
        };
        // Where it overflows, the true result has the sign of the left operand, or of the product of signs.
        let signs = if op == ArithOp::Mul { self.builder.ins().bxor(left, right) } else { left };
        let sign = self.builder.ins().sshr_imm_u(signs, 63);
        let bound = self.builder.ins().bxor_imm_s(sign, i64::MAX);
        self.builder.ins().select(overflow, bound, result)
    }

    /// Arithmetic that never gives NaN or an infinity.
    fn float_arith(&mut self, op: ArithOp, left: Value, right: Value) -> Value {
        let result = match op {
            ArithOp::Add => self.builder.ins().fadd(left, right),
            ArithOp::Sub => self.builder.ins().fsub(left, right),
            ArithOp::Mul => self.builder.ins().fmul(left, right),
            ArithOp::Div => self.builder.ins().fdiv(left, right),
        };
        let (zero, high, low) = (
            self.builder.ins().f64const(0.0),
            self.builder.ins().f64const(f64::MAX),
            self.builder.ins().f64const(f64::MIN),
        );
        let above = self.builder.ins().fcmp(FloatCC::GreaterThan, result, high);
        let below = self.builder.ins().fcmp(FloatCC::LessThan, result, low);
        let not_a_number = self.builder.ins().fcmp(FloatCC::Unordered, result, result);
        let clamped = self.builder.ins().select(above, high, result);
        let clamped = self.builder.ins().select(below, low, clamped);
        let clamped = self.builder.ins().select(not_a_number, zero, clamped);
        if op != ArithOp::Div {
            return clamped;
        }
        let by_zero = self.builder.ins().fcmp(FloatCC::Equal, right, zero);
        self.builder.ins().select(by_zero, zero, clamped)
    }

    /// A duration in milliseconds, as it is compared.
    fn duration(&mut self, expr: ExprId) -> Value {
        match &self.view.node(expr).kind {
            ExprKind::Const(Const::Duration(span)) => self.builder.ins().iconst(I64, span_ms(*span)),
            ExprKind::Arith { op: ArithOp::Sub, left, right } if self.view.both(*left, *right, Ty::Time) => {
                let (left, right) = (self.int(*left), self.int(*right));
                self.saturating(ArithOp::Sub, left, right)
            }
            _ => match self.view.row_slot(expr) {
                Some(slot) => self.slot_duration(slot),
                None => self.ask(runtime::duration as *const () as usize, expr, I64),
            },
        }
    }
    fn slot_duration(&mut self, slot: (RowId, u32)) -> Value {
        let (bits, sym) = (self.bits(slot, I64), self.symbol(slot));
        let months = self.builder.ins().ireduce(I32, bits);
        let months = self.builder.ins().sextend(I64, months);
        let month = self.builder.ins().iconst(I64, 30 * DAY_MS);
        let months = self.builder.ins().imul(months, month);
        let is_months = self.builder.ins().icmp_imm_u(IntCC::Equal, sym, 1);
        self.builder.ins().select(is_months, months, bits)
    }

    /// The comparison `expr`. Where it is not cheap, its operands (or itself) are asked for.
    pub(super) fn compare(&mut self, expr: ExprId, op: CompareOp, left: ExprId, right: ExprId) -> Value {
        match self.view.node(left).ty {
            Ty::Bool => {
                let (left, right) = (self.flag(left), self.flag(right));
                self.builder.ins().icmp(unsigned(op), left, right)
            }
            Ty::Float => self.compare_floats(op, left, right),
            Ty::Int if self.view.node(right).ty == Ty::Float => self.compare_floats(op, left, right),
            Ty::Int | Ty::Time | Ty::Date | Ty::Clock | Ty::Enum(_) => {
                let (left, right) = (self.int(left), self.int(right));
                self.builder.ins().icmp(int_condition(op), left, right)
            }
            Ty::Duration => {
                let (left, right) = (self.duration(left), self.duration(right));
                self.builder.ins().icmp(int_condition(op), left, right)
            }
            Ty::Str => match (self.view.symbols_of(left, right), op) {
                (Some((slot, symbol)), CompareOp::Eq) => self.same_symbol(expr, slot, symbol),
                (Some((slot, symbol)), CompareOp::Ne) => {
                    let same = self.same_symbol(expr, slot, symbol);
                    self.builder.ins().bxor_imm_u(same, 1)
                }
                (_, _) => self.ask_truth(expr),
            },
            Ty::Timezone | Ty::List(_) => self.ask_truth(expr),
        }
    }
    fn compare_floats(&mut self, op: CompareOp, left: ExprId, right: ExprId) -> Value {
        let (left, right) = (self.float(left), self.float(right));
        self.builder.ins().fcmp(float_condition(op), left, right)
    }

    /// The set `expr` with a [`one_of_cost`](View::one_of_cost).
    pub(super) fn one_of(&mut self, expr: ExprId, value: ExprId, set: &[Const]) -> Value {
        match self.view.node(value).ty {
            Ty::Float => {
                let value = self.float(value);
                self.any_of(floats(set), |emitter, part, x| {
                    let x = emitter.literal_float(expr, part, x);
                    emitter.builder.ins().fcmp(FloatCC::Equal, value, x)
                })
            }
            Ty::Duration => {
                let value = self.duration(value);
                self.any_of(spans(set), |emitter, part, ms| emitter.equals(expr, part, value, ms))
            }
            Ty::Str => match self.view.symbol_set(value, set) {
                Some((slot, symbols)) => {
                    let symbol = self.symbol(slot);
                    let symbol = self.builder.ins().uextend(I64, symbol);
                    self.member(expr, symbol, &symbols)
                }
                None => self.constant(false),
            },
            Ty::Bool
            | Ty::Int
            | Ty::Time
            | Ty::Date
            | Ty::Clock
            | Ty::Enum(_)
            | Ty::Timezone
            | Ty::List(_) => {
                let value = self.int(value);
                let values: Vec<i64> = set.iter().map(const_int).collect();
                self.member(expr, value, &values)
            }
        }
    }

    fn equals(&mut self, expr: ExprId, part: u32, value: Value, constant: i64) -> Value {
        let constant = self.literal(expr, part, constant);
        self.builder.ins().icmp(IntCC::Equal, value, constant)
    }

    fn any_of<T>(
        &mut self,
        each: impl Iterator<Item = T>,
        test: impl Fn(&mut Self, u32, T) -> Value,
    ) -> Value {
        let mut any = None;
        for (part, item) in (0..).zip(each) {
            let flag = test(self, part, item);
            any = Some(any.map_or(flag, |before| self.builder.ins().bor(before, flag)));
        }
        any.unwrap_or_else(|| self.constant(false))
    }

    /// Whether a 64-bit value is in the set `expr`: compares, or the test of a bit.
    fn member(&mut self, expr: ExprId, value: Value, set: &[i64]) -> Value {
        let Some((least, words)) = bits(set).filter(|_| set.len() > FEW) else {
            return self
                .any_of(set.iter(), |emitter, part, constant| emitter.equals(expr, part, value, *constant));
        };
        let least = self.literal(expr, LEAST, least);
        let index = self.builder.ins().isub(value, least);
        let limit = self.literal(expr, LIMIT, words.len() as i64 * 64);
        let inside = self.builder.ins().icmp(IntCC::UnsignedLessThan, index, limit);
        let word = if let [word] = words.as_slice() {
            self.literal(expr, WORDS, *word as i64)
        } else {
            // Outside, the first word is read and then not used.
            let zero = self.builder.ins().iconst(I64, 0);
            let safe = self.builder.ins().select(inside, index, zero);
            let words = self.keep.table(words);
            let base = self.literal(expr, WORDS, words);
            let which = self.builder.ins().ushr_imm_u(safe, 6);
            let offset = self.builder.ins().ishl_imm_u(which, 3);
            let address = self.builder.ins().iadd(base, offset);
            self.builder.ins().load(I64, super::emit::constant(), address, 0)
        };
        // Shifts take the count modulo 64.
        let shifted = self.builder.ins().ushr(word, index);
        let bit = self.builder.ins().ireduce(I8, shifted);
        let bit = self.builder.ins().band_imm_u(bit, 1);
        self.builder.ins().band(bit, inside)
    }

    /// A time test with a [`time_test_cost`](Self::time_test_cost).
    pub(super) fn time_test(&mut self, test: TimeTest, time: ExprId, operand: ExprId) -> Value {
        let at = self.int(time);
        let span = self.view.exact(operand).unwrap_or_default();
        let now = self.now;
        let icmp = |emitter: &mut Self, code, left, right| emitter.builder.ins().icmp(code, left, right);
        let holds = match test {
            TimeTest::OlderThan => {
                let due = self.later(at, span);
                icmp(self, IntCC::SignedLessThanOrEqual, due, now)
            }
            TimeTest::WithinLast => {
                let due = self.later(at, span);
                let past = icmp(self, IntCC::SignedLessThanOrEqual, at, now);
                let recent = icmp(self, IntCC::SignedGreaterThan, due, now);
                self.builder.ins().band(past, recent)
            }
            TimeTest::WithinNext => {
                let horizon = self.later(now, span);
                let coming = icmp(self, IntCC::SignedGreaterThanOrEqual, at, now);
                let soon = icmp(self, IntCC::SignedGreaterThan, horizon, at);
                self.builder.ins().band(coming, soon)
            }
            TimeTest::Before => {
                let other = self.int(operand);
                icmp(self, IntCC::SignedLessThan, at, other)
            }
            TimeTest::After => {
                let other = self.int(operand);
                icmp(self, IntCC::SignedGreaterThan, at, other)
            }
        };
        let there = [self.presence(time), self.presence(operand)];
        there.into_iter().flatten().fold(holds, |holds, there| self.builder.ins().band(holds, there))
    }
    /// An instant moved by a constant, saturating.
    fn later(&mut self, from: Value, span: i64) -> Value {
        // Beyond `edge` the sum would overflow.
        let (edge, code, bound) = if span < 0 {
            (i64::MIN - span, IntCC::SignedLessThan, i64::MIN)
        } else {
            (i64::MAX - span, IntCC::SignedGreaterThan, i64::MAX)
        };
        let span = self.builder.ins().iconst(I64, span);
        let sum = self.builder.ins().iadd(from, span);
        let (edge, bound) = (self.builder.ins().iconst(I64, edge), self.builder.ins().iconst(I64, bound));
        let beyond = self.builder.ins().icmp(code, from, edge);
        self.builder.ins().select(beyond, bound, sum)
    }
}

/// Whether values of a type are integers in a slot.
pub(super) fn is_int(ty: Ty) -> bool {
    match ty {
        Ty::Bool | Ty::Int | Ty::Time | Ty::Date | Ty::Clock | Ty::Enum(_) => true,
        Ty::Float | Ty::Str | Ty::Duration | Ty::Timezone | Ty::List(_) => false,
    }
}

/// A comparison of truths.
fn unsigned(op: CompareOp) -> IntCC {
    match op {
        CompareOp::Eq => IntCC::Equal,
        CompareOp::Ne => IntCC::NotEqual,
        CompareOp::Lt => IntCC::UnsignedLessThan,
        CompareOp::Le => IntCC::UnsignedLessThanOrEqual,
        CompareOp::Gt => IntCC::UnsignedGreaterThan,
        CompareOp::Ge => IntCC::UnsignedGreaterThanOrEqual,
    }
}

/// The floats of a set.
pub(super) fn floats(set: &[Const]) -> impl Iterator<Item = f64> {
    set.iter().filter_map(|constant| if let Const::Float(x) = constant { Some(*x) } else { None })
}

/// The durations of a set, as they are compared.
pub(super) fn spans(set: &[Const]) -> impl Iterator<Item = i64> {
    set.iter()
        .filter_map(|constant| if let Const::Duration(span) = constant { Some(span_ms(*span)) } else { None })
}

/// A set as its least value and a bit for each value from there on, where that is not too long.
pub(super) fn bits(set: &[i64]) -> Option<(i64, Vec<u64>)> {
    let (least, most) = (*set.iter().min()?, *set.iter().max()?);
    let span = most.checked_sub(least)? as u64;
    if span >= MOST_BITS {
        return None;
    }
    let mut words = vec![0; (span / 64 + 1) as usize];
    for value in set {
        let index = (value - least) as u64;
        words[(index / 64) as usize] |= 1 << (index % 64);
    }
    Some((least, words))
}
