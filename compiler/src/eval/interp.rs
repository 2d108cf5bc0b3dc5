//! Walks expressions. One function per kind of value, so that nothing is boxed on the way.
//!
//! Start at [`Scope::truth`]. Nodes of any type (slots, columns, aggregates, `??`, `classify`) are looked up by [`Scope::leaf`]; recursion follows the
//! nesting of the source, which is bounded, never the length of an `and` or of a list.

use super::conditions::text_test;
use super::{Env, Reading, Value, render};
use crate::ir::{AggId, CatalogId, Const, Expr, ExprId, ExprKind, Read, Source, Ty};
use crate::list::ListView;
use crate::row::{Row, Slot};
use smallvec::SmallVec;
use std::borrow::Cow;

/// What the node at hand sees.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'p, 'a> {
    /// The rows and the world.
    pub(super) env: &'p Env<'a>,
    /// The element at hand, within `any` and `all`.
    pub(super) elem: Option<&'p Elem<'p, 'a>>,
}

/// An element of a list, and those around it.
pub(super) struct Elem<'p, 'a> {
    pub(super) list: ListView<'a>,
    pub(super) index: usize,
    pub(super) outer: Option<&'p Elem<'p, 'a>>,
}

/// Where the bytes of a slot are.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// In a row.
    Row(Row<'a>),
    /// In a list.
    List(ListView<'a>),
}

/// What a node of any type comes down to.
pub(super) enum Leaf<'a> {
    /// A literal.
    Const(&'a Const),
    /// A slot of a row or element.
    Slot(Slot, Place<'a>),
    /// What an aggregate answered.
    Answer(Option<Value<'a>>),
    /// A node that computes a value of its own.
    Computed(ExprId),
}

impl<'a> Place<'a> {
    pub(super) fn blob(self, slot: Slot) -> &'a [u8] {
        match self {
            Self::Row(row) => row.blob(slot),
            Self::List(list) => list.blob(slot),
        }
    }
}

impl<'p, 'a> Scope<'p, 'a> {
    /// The outermost scope.
    pub(crate) fn of(env: &'p Env<'a>) -> Self {
        Self { env, elem: None }
    }
    /// The node of an id.
    #[inline]
    pub(super) fn node(&self, expr: ExprId) -> &'a Expr {
        self.env.program.expr(expr)
    }

    /// Whether a predicate holds.
    pub(crate) fn truth(&self, expr: ExprId) -> bool {
        match &self.node(expr).kind {
            ExprKind::All(operands) => operands.iter().all(|operand| self.truth(*operand)),
            ExprKind::Any(operands) => operands.iter().any(|operand| self.truth(*operand)),
            ExprKind::Not(operand) => !self.truth(*operand),
            ExprKind::Compare { op, left, right } => self.compare(*op, *left, *right),
            ExprKind::OneOf { value, set } => self.one_of(*value, set),
            ExprKind::InList { value, list } => self.in_list(*value, *list),
            ExprKind::Exists(operand) => self.present(*operand),
            ExprKind::RowExists { catalog, key } => self.row(*catalog, *key).is_some(),
            ExprKind::Text { test, value, pattern } => {
                text_test(*test, &self.text(*value), &self.text(*pattern))
            }
            ExprKind::Matches { value, regex } => {
                let pattern = self.env.program.regexes.get(regex.index());
                pattern.is_some_and(|pattern| pattern.is_match(&self.text(*value)))
            }
            ExprKind::Quantified { quantifier, list, predicate } => {
                self.quantified(*quantifier, *list, *predicate)
            }
            ExprKind::TimeTest { test, time, operand } => self.time_test(*test, *time, *operand),
            ExprKind::Consent { rule, .. } => self.truth(*rule),
            ExprKind::InSegment { predicate, .. } => self.truth(*predicate),
            ExprKind::Const(_)
            | ExprKind::Slot { .. }
            | ExprKind::Column { .. }
            | ExprKind::Aggregate { .. }
            | ExprKind::Coalesce { .. }
            | ExprKind::Case { .. } => match self.leaf(expr) {
                Leaf::Const(value) => *value == Const::Bool(true),
                Leaf::Slot(slot, _) => slot.bits != 0,
                Leaf::Answer(value) => value == Some(Value::Bool(true)),
                Leaf::Computed(computed) => self.truth(computed),
            },
            ExprKind::Now
            | ExprKind::Today
            | ExprKind::EntryTime
            | ExprKind::Arith { .. }
            | ExprKind::Neg(_)
            | ExprKind::ToFloat(_)
            | ExprKind::ToText(_)
            | ExprKind::AtLeast(..)
            | ExprKind::AtMost(..)
            | ExprKind::DateOf(_) => false,
        }
    }

    /// Whether an expression has a value; see [`ExprKind::Exists`].
    pub(crate) fn present(&self, expr: ExprId) -> bool {
        match &self.node(expr).kind {
            ExprKind::Const(_)
            | ExprKind::Now
            | ExprKind::Today
            | ExprKind::EntryTime
            | ExprKind::RowExists { .. }
            | ExprKind::Exists(_)
            | ExprKind::Consent { .. }
            | ExprKind::InSegment { .. } => true,
            ExprKind::Slot { source, slot } => self.slot(*source, *slot).0.is_present(),
            ExprKind::Column { catalog, key, column } => {
                self.row(*catalog, *key).is_some_and(|row| row.slot(column.index()).is_present())
            }
            ExprKind::Aggregate { .. } => self.reading(expr).value.is_some(),
            ExprKind::All(operands) | ExprKind::Any(operands) => operands.iter().all(|o| self.present(*o)),
            ExprKind::Not(operand)
            | ExprKind::Neg(operand)
            | ExprKind::ToFloat(operand)
            | ExprKind::ToText(operand)
            | ExprKind::DateOf(operand)
            | ExprKind::OneOf { value: operand, .. }
            | ExprKind::Matches { value: operand, .. }
            | ExprKind::Quantified { list: operand, .. } => self.present(*operand),
            ExprKind::Compare { left, right, .. }
            | ExprKind::InList { value: left, list: right }
            | ExprKind::Arith { left, right, .. }
            | ExprKind::AtLeast(left, right)
            | ExprKind::AtMost(left, right)
            | ExprKind::Text { value: left, pattern: right, .. }
            | ExprKind::TimeTest { time: left, operand: right, .. } => {
                self.present(*left) && self.present(*right)
            }
            ExprKind::Coalesce { value, default } => self.present(*value) || self.present(*default),
            ExprKind::Case { arms, otherwise } => self.present(self.arm(arms, *otherwise)),
        }
    }

    /// The value of an expression of any type.
    pub(crate) fn value(&self, expr: ExprId) -> Value<'a> {
        let ty = self.node(expr).ty;
        match ty {
            Ty::Bool => Value::Bool(self.truth(expr)),
            Ty::Int => Value::Int(self.int(expr)),
            Ty::Float => Value::Float(self.float(expr)),
            Ty::Str => Value::Str(utf8(self.text(expr))),
            Ty::Time => Value::Time(self.int(expr)),
            Ty::Date => Value::Date(self.int(expr) as i32),
            Ty::Clock => Value::Clock(self.int(expr)),
            Ty::Duration => Value::Duration(self.span(expr)),
            Ty::Timezone => Value::Zone(self.zone(expr)),
            Ty::Enum(set) => Value::Member(set, self.int(expr) as u32),
            Ty::List(list) => Value::List(list, self.list(expr)),
        }
    }

    /// The slot of a node that is one: what most operands are, without the detour over [`Self::leaf`].
    #[inline]
    pub(super) fn as_slot(&self, expr: ExprId) -> Option<(Slot, Place<'a>)> {
        match self.node(expr).kind {
            ExprKind::Slot { source, slot } => Some(self.slot(source, slot)),
            _ => None,
        }
    }

    /// Follows `??` and `classify` down to a literal, a slot, an answer or a computation.
    pub(super) fn leaf(&self, mut expr: ExprId) -> Leaf<'a> {
        loop {
            match &self.node(expr).kind {
                ExprKind::Const(value) => return Leaf::Const(value),
                ExprKind::Slot { source, slot } => {
                    let (slot, place) = self.slot(*source, *slot);
                    return Leaf::Slot(slot, place);
                }
                ExprKind::Column { catalog, key, column } => {
                    let row = self.row(*catalog, *key).unwrap_or(Row::EMPTY);
                    return Leaf::Slot(row.slot(column.index()), Place::Row(row));
                }
                ExprKind::Aggregate { .. } => return Leaf::Answer(self.reading(expr).value),
                ExprKind::Coalesce { value, default } => {
                    expr = if self.present(*value) { *value } else { *default };
                }
                ExprKind::Case { arms, otherwise } => expr = self.arm(arms, *otherwise),
                _ => return Leaf::Computed(expr),
            }
        }
    }

    /// The value of the first arm that holds.
    pub(super) fn arm(&self, arms: &[(ExprId, ExprId)], otherwise: ExprId) -> ExprId {
        arms.iter().find(|(condition, _)| self.truth(*condition)).map_or(otherwise, |(_, value)| *value)
    }

    /// A slot and where its bytes are.
    #[inline]
    fn slot(&self, source: Source, index: u32) -> (Slot, Place<'a>) {
        let row = match source {
            Source::Event => self.env.event,
            Source::Entry => self.env.entry,
            Source::User => self.env.user,
            Source::Elem(depth) => {
                let mut elem = self.elem;
                for _ in 0..depth {
                    elem = elem.and_then(|elem| elem.outer);
                }
                return elem.map_or((Slot::MISSING, Place::Row(Row::EMPTY)), |elem| {
                    (elem.list.slot(elem.index, index as usize), Place::List(elem.list))
                });
            }
        };
        (row.slot(index as usize), Place::Row(row))
    }

    /// The catalog row of a key that is present.
    fn row(&self, catalog: CatalogId, key: ExprId) -> Option<Row<'a>> {
        if !self.present(key) {
            return None;
        }
        self.env.world.catalog_row(catalog, &render::key(self.env, self.value(key)))
    }

    /// What an aggregate answers.
    pub(super) fn reading(&self, expr: ExprId) -> Reading<'a> {
        match &self.node(expr).kind {
            ExprKind::Aggregate { agg, keys, since, read } => self.ask(*agg, keys, *since, *read),
            _ => Reading::NOTHING,
        }
    }

    fn ask(&self, agg: AggId, keys: &[ExprId], since: Option<ExprId>, read: Read) -> Reading<'a> {
        let keys: SmallVec<[Value<'a>; 2]> = keys.iter().map(|key| self.value(*key)).collect();
        let since = since.map(|since| self.instant(since));
        self.env.world.aggregate(agg, &keys, since, read, self.env.now_ms)
    }
}

/// Bytes as the text they are.
fn utf8(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(std::str::from_utf8(bytes).unwrap_or_default()),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).unwrap_or_default()),
    }
}
