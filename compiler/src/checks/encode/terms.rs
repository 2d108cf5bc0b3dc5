//! Values: integers as differences of two variables, members as bit sets, and the variables they are made of.

use super::{At, Encoder, Key, Moment, Var, bit, constant, grows, is_linear, place};
use crate::ir::{AggFunc, ArithOp, CompareOp, Const, ExprId, ExprKind, FieldType, Scope, Source, Span, Ty};
use crate::solve::{BoolVar, Formula, IntVar, MAX_CONSTANT, ZERO};

/// Decimals are integers in this unit; constants with more digits are opaque.
const DECIMAL_UNIT: f64 = 1e7;

/// `plus - minus + offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Linear {
    /// Added.
    pub(crate) plus: IntVar,
    /// Subtracted.
    pub(crate) minus: IntVar,
    /// Constant part.
    pub(crate) offset: i64,
}

impl Linear {
    /// One variable.
    pub(crate) fn var(var: IntVar) -> Linear {
        Linear { plus: var, minus: ZERO, offset: 0 }
    }

    /// Its sum with another (`sign` 1) or their difference (`sign` −1), where two variables are enough.
    fn combine(self, other: Linear, op: ArithOp) -> Option<Linear> {
        let (plus, minus, offset) = match op {
            ArithOp::Add => (other.plus, other.minus, other.offset),
            ArithOp::Sub => (other.minus, other.plus, other.offset.checked_neg()?),
            ArithOp::Mul | ArithOp::Div => return None,
        };
        let mut pluses: Vec<IntVar> = [self.plus, plus].into_iter().filter(|v| *v != ZERO).collect();
        let mut minuses: Vec<IntVar> = [self.minus, minus].into_iter().filter(|v| *v != ZERO).collect();
        pluses.retain(|var| match minuses.iter().position(|m| m == var) {
            Some(at) => {
                minuses.remove(at);
                false
            }
            None => true,
        });
        if pluses.len() > 1 || minuses.len() > 1 {
            return None;
        }
        let offset = self.offset.checked_add(offset).filter(|o| o.abs() <= MAX_CONSTANT)?;
        Some(Linear {
            plus: pluses.first().copied().unwrap_or(ZERO),
            minus: minuses.first().copied().unwrap_or(ZERO),
            offset,
        })
    }

    /// `self <= other + slack`, where two variables are enough.
    pub(crate) fn at_most(self, other: Linear, slack: i64) -> Option<Formula> {
        let difference = self.combine(other, ArithOp::Sub)?;
        Some(Formula::difference(difference.plus, difference.minus, slack.saturating_sub(difference.offset)))
    }
}

impl Encoder<'_> {
    /// A numeric expression as a difference; `None` where it needs more. Only its value where present is meant.
    pub(crate) fn linear(&mut self, expr: ExprId, at: At) -> Option<Linear> {
        let program = self.program;
        let node = program.expr(expr);
        match &node.kind {
            ExprKind::Const(value) => number(value).map(constant),
            ExprKind::Now => Some(Linear::var(self.now(at.moment))),
            ExprKind::EntryTime => Some(Linear::var(self.entry_time())),
            ExprKind::Slot { source, slot } => self.int_slot(*source, *slot, expr, at).map(Linear::var),
            ExprKind::Arith { op, left, right } if is_linear(*op) && self.is_exact_sum(*left, *right) => {
                let (left, right) = (self.linear(*left, at)?, self.linear(*right, at)?);
                // An `int` saturates only far beyond every constant a program can hold.
                left.combine(right, *op)
            }
            ExprKind::ToFloat(inner) => {
                // Another unit: only constants can be carried over.
                match &program.expr(*inner).kind {
                    ExprKind::Const(Const::Int(value)) => number(&Const::Float(*value as f64)).map(constant),
                    _ => Some(Linear::var(self.opaque_int(expr, at))),
                }
            }
            ExprKind::Neg(inner) => constant(0).combine(self.linear(*inner, at)?, ArithOp::Sub),
            ExprKind::Aggregate { .. }
            | ExprKind::Column { .. }
            | ExprKind::Today
            | ExprKind::DateOf(_)
            | ExprKind::Arith { .. }
            | ExprKind::AtLeast(..)
            | ExprKind::AtMost(..)
            | ExprKind::Coalesce { .. }
            | ExprKind::Case { .. } => Some(Linear::var(self.opaque_int(expr, at))),
            ExprKind::All(_)
            | ExprKind::Any(_)
            | ExprKind::Not(_)
            | ExprKind::Compare { .. }
            | ExprKind::OneOf { .. }
            | ExprKind::InList { .. }
            | ExprKind::Exists(_)
            | ExprKind::RowExists { .. }
            | ExprKind::Text { .. }
            | ExprKind::Matches { .. }
            | ExprKind::Quantified { .. }
            | ExprKind::TimeTest { .. }
            | ExprKind::ToText(_)
            | ExprKind::Consent { .. }
            | ExprKind::InSegment { .. } => None,
        }
    }

    /// Whether `left ± right` is plain addition: calendar spans, dates and decimals (rounding) are not.
    fn is_exact_sum(&self, left: ExprId, right: ExprId) -> bool {
        [left, right].iter().all(|side| {
            let node = self.program.expr(*side);
            match node.ty {
                Ty::Int | Ty::Time | Ty::Clock => true,
                Ty::Duration => matches!(node.kind, ExprKind::Const(Const::Duration(Span::Exact(_)))),
                Ty::Bool | Ty::Float | Ty::Str | Ty::Date | Ty::Timezone | Ty::Enum(_) | Ty::List(_) => false,
            }
        })
    }

    /// A comparison of numbers; a default or a class on either side is taken apart first.
    pub(super) fn compare_numbers(
        &mut self,
        op: CompareOp,
        left: ExprId,
        right: ExprId,
        whole: ExprId,
        at: At,
    ) -> Formula {
        let lefts = self.alternatives(left, at);
        let rights = self.alternatives(right, at);
        let mut options = Vec::new();
        for (left_guard, left) in &lefts {
            for (right_guard, right) in &rights {
                let holds = match (self.linear(*left, at), self.linear(*right, at)) {
                    (Some(l), Some(r)) => relation(op, l, r),
                    _ => None,
                };
                let holds = holds.unwrap_or_else(|| self.opaque_truth(whole, at));
                options.push(Formula::and([left_guard.clone(), right_guard.clone(), holds]));
            }
        }
        Formula::or(options)
    }

    /// What a value can be, each under its condition: `a ?? b`, a class, `at_least`.
    pub(super) fn alternatives(&mut self, expr: ExprId, at: At) -> Vec<(Formula, ExprId)> {
        let program = self.program;
        match &program.expr(expr).kind {
            ExprKind::Coalesce { value, default } => {
                let present = self.present(*value, at);
                let mut all = vec![(present.clone(), *value)];
                for (guard, inner) in self.alternatives(*default, at) {
                    all.push((Formula::and([present.clone().not(), guard]), inner));
                }
                all
            }
            ExprKind::Case { arms, otherwise } => {
                let mut earlier = Formula::True;
                let mut all = Vec::new();
                for (when, then) in arms {
                    let when = self.truth(*when, at);
                    all.push((Formula::and([earlier.clone(), when.clone()]), *then));
                    earlier = Formula::and([earlier, when.not()]);
                }
                all.push((earlier, *otherwise));
                all
            }
            ExprKind::AtLeast(a, b) | ExprKind::AtMost(a, b) => {
                let greater = matches!(program.expr(expr).kind, ExprKind::AtLeast(..));
                let op = if greater { CompareOp::Ge } else { CompareOp::Le };
                match (self.linear(*a, at), self.linear(*b, at)) {
                    (Some(l), Some(r)) => match relation(op, l, r) {
                        Some(first) => vec![(first.clone(), *a), (first.not(), *b)],
                        None => vec![(Formula::True, expr)],
                    },
                    _ => vec![(Formula::True, expr)],
                }
            }
            _ => vec![(Formula::True, expr)],
        }
    }

    /// `value` is one of these constants.
    pub(super) fn one_of(&mut self, value: ExprId, set: &[Const], at: At) -> Formula {
        let mut options = Vec::new();
        for (guard, value) in self.alternatives(value, at) {
            let holds = match self.program.expr(value).ty {
                Ty::Enum(_) => {
                    let mask = set
                        .iter()
                        .map(|c| if let Const::Member(m) = c { bit(*m) } else { 0 })
                        .fold(0, |a, b| a | b);
                    self.member_in(value, mask, at)
                }
                Ty::Str | Ty::Timezone => self.text_in(value, set, at),
                Ty::Int | Ty::Float | Ty::Time | Ty::Date | Ty::Clock | Ty::Duration => {
                    let equal: Option<Vec<Formula>> = match self.linear(value, at) {
                        Some(term) => set
                            .iter()
                            .map(|c| number(c).and_then(|n| relation(CompareOp::Eq, term, constant(n))))
                            .collect(),
                        None => None,
                    };
                    match equal {
                        Some(equal) => Formula::or(equal),
                        None => self.opaque_truth(value, at),
                    }
                }
                Ty::Bool | Ty::List(_) => self.opaque_truth(value, at),
            };
            options.push(Formula::and([guard, holds]));
        }
        Formula::or(options)
    }

    /// Two closed-set values are equal.
    pub(super) fn same_member(&mut self, left: ExprId, right: ExprId, whole: ExprId, at: At) -> Formula {
        let mut options = Vec::new();
        for (left_guard, left) in self.alternatives(left, at) {
            for (right_guard, right) in self.alternatives(right, at) {
                let same = match (self.member_const(left), self.member_const(right)) {
                    (Some(l), Some(r)) => {
                        if l == r {
                            Formula::True
                        } else {
                            Formula::False
                        }
                    }
                    (None, Some(member)) => self.member_in(left, bit(member), at),
                    (Some(member), None) => self.member_in(right, bit(member), at),
                    (None, None) => self.same_two_members(left, right, whole, at),
                };
                options.push(Formula::and([left_guard.clone(), right_guard, same]));
            }
        }
        Formula::or(options)
    }

    fn same_two_members(&mut self, left: ExprId, right: ExprId, whole: ExprId, at: At) -> Formula {
        let (Ty::Enum(a), Ty::Enum(b)) = (self.program.expr(left).ty, self.program.expr(right).ty) else {
            return self.opaque_truth(whole, at);
        };
        let size = self.program.enums[a.index()].len();
        if a != b || size > 64 {
            return self.opaque_truth(whole, at);
        }
        let each = (0..size as u32).map(|member| {
            let both = [self.member_in(left, bit(member), at), self.member_in(right, bit(member), at)];
            Formula::and(both)
        });
        let each: Vec<_> = each.collect();
        Formula::or(each)
    }

    fn member_const(&self, expr: ExprId) -> Option<u32> {
        match &self.program.expr(expr).kind {
            ExprKind::Const(Const::Member(member)) => Some(*member),
            _ => None,
        }
    }

    /// A closed-set value is among these members.
    pub(super) fn member_in(&mut self, value: ExprId, members: u64, at: At) -> Formula {
        if let Some(member) = self.member_const(value) {
            return if members & bit(member) != 0 { Formula::True } else { Formula::False };
        }
        let Ty::Enum(set) = self.program.expr(value).ty else { return self.opaque_truth(value, at) };
        let size = self.program.enums[set.index()].len();
        if size > 64 {
            return self.opaque_truth(value, at);
        }
        let key = self.slot_key(value, at).unwrap_or(Key::Opaque(
            value,
            self.opaque_moment(value, at),
            at.event.map(|e| e.1),
        ));
        match self.var(key, |problem| Var::Set(problem.member(size as u8))) {
            Var::Set(var) => Formula::member(var, members),
            Var::Int(_) | Var::Bool(_) | Var::Text(_) => self.opaque_truth(value, at),
        }
    }

    pub(super) fn bool_slot(&mut self, source: Source, slot: u32, expr: ExprId, at: At) -> Formula {
        let Some(key) = self.key_of(source, slot, at) else { return self.opaque_truth(expr, at) };
        match self.var(key, |problem| Var::Bool(problem.bool())) {
            Var::Bool(var) => Formula::truth(var),
            Var::Int(_) | Var::Set(_) | Var::Text(_) => self.opaque_truth(expr, at),
        }
    }

    /// Whether a slot is set: always, unless it is declared optional.
    pub(super) fn slot_present(&mut self, source: Source, slot: u32, expr: ExprId, at: At) -> Formula {
        let Some(Key::Slot(place, slot, moment)) = self.key_of(source, slot, at) else {
            return self.opaque_present(expr, at);
        };
        if !self.is_optional(place, slot) {
            return Formula::True;
        }
        let moment = if self.presence_changes(place, slot) { at.moment } else { moment };
        let key = Key::Present(place, slot, moment);
        let is_new = !self.vars.contains_key(&key);
        match self.var(key, |problem| Var::Bool(problem.bool())) {
            Var::Bool(var) => {
                if is_new {
                    self.presence_facts(place, slot, moment, var);
                }
                Formula::truth(var)
            }
            Var::Int(_) | Var::Set(_) | Var::Text(_) => Formula::True,
        }
    }

    /// An unknown truth value for this form at this moment.
    pub(crate) fn opaque_truth(&mut self, expr: ExprId, at: At) -> Formula {
        let moment = self.opaque_moment(expr, at);
        if self.is_zero_at_entry(expr, moment) {
            return Formula::False;
        }
        let event = at.event.map(|e| e.1);
        let key = Key::Opaque(expr, moment, event);
        let is_new = !self.vars.contains_key(&key);
        let Var::Bool(var) = self.var(key, |problem| Var::Bool(problem.bool())) else { return Formula::True };
        if is_new {
            self.history_facts(expr, At { moment, ..at }, var);
        }
        Formula::truth(var)
    }

    /// What is known of a question about history that is answered yes or no.
    fn history_facts(&mut self, expr: ExprId, at: At, var: BoolVar) {
        let unseen = self.unseen(expr, at);
        self.facts.push(unseen.implies(Formula::truth(var).not()));
        if let Some(then) = self.unchanged_since(expr, at) {
            let before = self.opaque_truth(expr, At::moment(then));
            self.facts.push(Formula::truth(var).implies(before));
        }
        if !self.only_grows(expr) {
            return;
        }
        // What has happened has happened.
        if let Some((_, Var::Bool(before))) =
            self.before(at.moment, |m| Key::Opaque(expr, m, at.event.map(|e| e.1)))
        {
            self.facts.push(Formula::truth(before).implies(Formula::truth(var)));
        }
    }

    pub(super) fn opaque_present(&mut self, expr: ExprId, at: At) -> Formula {
        let moment = self.opaque_moment(expr, at);
        if self.is_zero_at_entry(expr, moment) {
            return Formula::False;
        }
        let key = Key::OpaquePresent(expr, moment, at.event.map(|e| e.1));
        let is_new = !self.vars.contains_key(&key);
        match self.var(key, |problem| Var::Bool(problem.bool())) {
            Var::Bool(var) => {
                if is_new {
                    let unseen = self.unseen(expr, At { moment, ..at });
                    self.facts.push(unseen.implies(Formula::truth(var).not()));
                }
                Formula::truth(var)
            }
            Var::Int(_) | Var::Set(_) | Var::Text(_) => Formula::True,
        }
    }

    /// An unknown integer for this form at this moment, with what is known of counts.
    pub(super) fn opaque_int(&mut self, expr: ExprId, at: At) -> IntVar {
        let moment = self.opaque_moment(expr, at);
        let key = Key::Opaque(expr, moment, at.event.map(|e| e.1));
        let known = self.vars.contains_key(&key);
        let var = self.int_var(key);
        if !known {
            self.count_facts(expr, At { moment, ..at }, var);
        }
        var
    }

    fn count_facts(&mut self, expr: ExprId, at: At, var: IntVar) {
        let moment = at.moment;
        let program = self.program;
        let ExprKind::Aggregate { agg, .. } = &program.expr(expr).kind else { return };
        let aggregate = &program.aggregates[agg.index()];
        match aggregate.func {
            AggFunc::Count | AggFunc::Distinct(_) | AggFunc::Gap | AggFunc::LastGap => {
                self.facts.push(Formula::at_least(var, 0));
                if self.is_zero_at_entry(expr, moment) {
                    self.facts.push(Formula::at_most(var, 0));
                }
                if matches!(aggregate.func, AggFunc::Count | AggFunc::Distinct(_)) {
                    self.number_facts(expr, at, var);
                }
            }
            AggFunc::Last | AggFunc::First => {
                let now = self.now(moment);
                self.facts.push(Formula::difference(var, now, 0));
            }
            AggFunc::Did
            | AggFunc::Sum(_)
            | AggFunc::Min(_)
            | AggFunc::Max(_)
            | AggFunc::Avg(_)
            | AggFunc::Recent(..)
            | AggFunc::UsualHour => {}
        }
    }

    /// What is known of how many there were.
    fn number_facts(&mut self, expr: ExprId, at: At, var: IntVar) {
        let unseen = self.unseen(expr, at);
        self.facts.push(unseen.implies(Formula::at_most(var, 0)));
        if let Some(then) = self.unchanged_since(expr, at) {
            let before = self.opaque_int(expr, At::moment(then));
            self.facts.push(Formula::difference(var, before, 0));
        }
        if self.only_grows(expr) {
            self.not_less_than_before(expr, at.moment, var);
        }
    }

    fn not_less_than_before(&mut self, expr: ExprId, moment: Moment, var: IntVar) {
        if let Some((_, Var::Int(earlier))) = self.before(moment, |m| Key::Opaque(expr, m, None)) {
            self.facts.push(Formula::difference(earlier, var, 0));
        }
    }

    /// Whether a question about history asks for what stays counted: a window without end, over events that are chosen when they come.
    fn only_grows(&self, expr: ExprId) -> bool {
        let ExprKind::Aggregate { agg, keys, .. } = &self.program.expr(expr).kind else { return false };
        let aggregate = &self.program.aggregates[agg.index()];
        grows(aggregate.window)
            && aggregate.residual.is_none()
            && keys.iter().all(|key| self.is_constant_over_time(*key))
    }

    /// History since the entry is empty at the entry.
    fn is_zero_at_entry(&self, expr: ExprId, moment: Moment) -> bool {
        moment == Moment::ENTRY
            && match &self.program.expr(expr).kind {
                ExprKind::Aggregate { agg, .. } => {
                    matches!(self.program.aggregates[agg.index()].scope, Scope::Instance(_))
                }
                _ => false,
            }
    }

    /// The moment an opaque form belongs to: every reading of something that may have changed is its own.
    fn opaque_moment(&self, expr: ExprId, at: At) -> Moment {
        if self.is_constant_over_time(expr) { Moment::ENTRY } else { at.moment }
    }

    fn int_slot(&mut self, source: Source, slot: u32, expr: ExprId, at: At) -> Option<IntVar> {
        match self.key_of(source, slot, at) {
            Some(key) => Some(self.int_var(key)),
            None => Some(self.opaque_int(expr, at)),
        }
    }

    pub(super) fn slot_key(&self, expr: ExprId, at: At) -> Option<Key> {
        match &self.program.expr(expr).kind {
            ExprKind::Slot { source, slot } => self.key_of(*source, *slot, at),
            _ => None,
        }
    }

    fn key_of(&self, source: Source, slot: u32, at: At) -> Option<Key> {
        let place = place(source, at)?;
        let moment = if self.slot_changes(place, slot) { at.moment } else { Moment::ENTRY };
        Some(Key::Slot(place, slot, moment))
    }

    pub(super) fn int_var(&mut self, key: Key) -> IntVar {
        match self.var(key, |problem| Var::Int(problem.int())) {
            Var::Int(var) => var,
            Var::Bool(_) | Var::Set(_) | Var::Text(_) => ZERO,
        }
    }

    /// The variable of a key; a new one brings what is declared of it.
    pub(super) fn var(&mut self, key: Key, make: impl FnOnce(&mut crate::solve::Problem) -> Var) -> Var {
        if let Some(var) = self.vars.get(&key) {
            return *var;
        }
        let var = make(&mut self.problem);
        self.vars.insert(key, var);
        if let Key::Slot(place, slot, moment) = key {
            self.declared_facts(place, slot, moment, var);
        }
        var
    }
}

/// A constant as an integer.
pub(super) fn number(value: &Const) -> Option<i64> {
    let number = match value {
        Const::Int(value)
        | Const::Time(value)
        | Const::Clock(value)
        | Const::Duration(Span::Exact(value)) => *value,
        Const::Date(days) => i64::from(*days),
        Const::Float(value) => decimal(*value)?,
        Const::Duration(Span::Months(_))
        | Const::Bool(_)
        | Const::Str(_)
        | Const::Member(_)
        | Const::EmptyList => {
            return None;
        }
    };
    (number.abs() <= MAX_CONSTANT).then_some(number)
}

/// A decimal in [`DECIMAL_UNIT`]s, leaving room between two of them for values that lie there; `None` with more than six digits.
pub(super) fn decimal(value: f64) -> Option<i64> {
    let micro = (value * 1e6).round();
    ((micro / 1e6 - value).abs() < f64::EPSILON * value.abs().max(1.0) && micro.abs() < 9e14)
        .then_some((micro * (DECIMAL_UNIT / 1e6)) as i64)
}

/// `left op right`.
fn relation(op: CompareOp, left: Linear, right: Linear) -> Option<Formula> {
    match op {
        CompareOp::Le => left.at_most(right, 0),
        CompareOp::Lt => left.at_most(right, -1),
        CompareOp::Ge => right.at_most(left, 0),
        CompareOp::Gt => right.at_most(left, -1),
        CompareOp::Eq => Some(Formula::and([left.at_most(right, 0)?, right.at_most(left, 0)?])),
        CompareOp::Ne => Some(Formula::or([left.at_most(right, -1)?, right.at_most(left, -1)?])),
    }
}

/// What a field's type says of its values, for the facts.
pub(super) fn bounds(ty: &FieldType) -> (Option<i64>, Option<i64>) {
    match ty {
        FieldType::Int(range) => (range.min, range.max),
        FieldType::Float(range) => (range.min.and_then(decimal), range.max.and_then(decimal)),
        FieldType::Clock => (Some(0), Some(86_400_000)),
        FieldType::Bool
        | FieldType::Str(_)
        | FieldType::Url(_)
        | FieldType::Time { .. }
        | FieldType::Date { .. }
        | FieldType::Duration
        | FieldType::Timezone
        | FieldType::Enum(_)
        | FieldType::List(_)
        | FieldType::Record => (None, None),
    }
}
