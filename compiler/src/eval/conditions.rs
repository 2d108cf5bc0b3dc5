//! Tests on values: comparison, membership, text, lists, time.

use super::interp::{Elem, Scope};
use super::typed::{const_int, span_ms};
use super::value::view;
use crate::ir::{CompareOp, Const, ExprId, ListId, Quantifier, TextTest, TimeTest, Ty};
use crate::list::ListView;
use crate::row::Slot;
use std::cmp::Ordering;

/// Sets longer than this are searched by halves.
const SHORT: usize = 8;

impl<'a> Scope<'_, 'a> {
    /// Compares two values of one type.
    pub(super) fn compare(&self, op: CompareOp, left: ExprId, right: ExprId) -> bool {
        match self.node(left).ty {
            Ty::Bool => holds(op, &self.truth(left), &self.truth(right)),
            Ty::Float => holds(op, &self.float(left), &self.float(right)),
            Ty::Int if self.node(right).ty == Ty::Float => holds(op, &self.float(left), &self.float(right)),
            Ty::Int | Ty::Time | Ty::Date | Ty::Clock | Ty::Enum(_) => {
                holds(op, &self.int(left), &self.int(right))
            }
            Ty::Str | Ty::Timezone => match (self.bytes(left), self.bytes(right)) {
                (Some(left), Some(right)) => holds(op, left, right),
                (_, _) => holds(op, &self.text(left), &self.text(right)),
            },
            Ty::Duration => holds(op, &span_ms(self.span(left)), &span_ms(self.span(right))),
            Ty::List(list) => {
                let (left, right) = (self.list(left), self.list(right));
                let program = self.env.program;
                let equal = self.same_list(list, view(program, list, &left), view(program, list, &right));
                equal == (op == CompareOp::Eq)
            }
        }
    }

    /// Whether a value is among sorted constants.
    pub(super) fn one_of(&self, value: ExprId, set: &[Const]) -> bool {
        match self.node(value).ty {
            Ty::Float => {
                let value = self.float(value);
                set.iter().any(|c| matches!(c, Const::Float(x) if *x == value))
            }
            Ty::Str | Ty::Timezone => {
                let value = self.text(value);
                among(set, |c| text_of(c).cmp(&*value))
            }
            Ty::Duration => {
                let value = span_ms(self.span(value));
                set.iter().any(|c| matches!(c, Const::Duration(span) if span_ms(*span) == value))
            }
            Ty::Bool | Ty::Int | Ty::Time | Ty::Date | Ty::Clock | Ty::Enum(_) => {
                let value = self.int(value);
                among(set, |c| const_int(c).cmp(&value))
            }
            Ty::List(_) => false,
        }
    }

    /// Whether a value is an element of a list of scalars.
    pub(super) fn in_list(&self, value: ExprId, list: ExprId) -> bool {
        let Ty::List(id) = self.node(list).ty else { return false };
        let blob = self.list(list);
        let list = view(self.env.program, id, &blob);
        let ty = self.node(value).ty;
        let any = |test: &dyn Fn(Slot) -> bool| {
            (0..list.len()).map(|i| list.slot(i, 0)).any(|slot| slot.is_present() && test(slot))
        };
        match ty {
            Ty::Float => {
                let value = self.float(value);
                any(&|slot| f64::from_bits(slot.bits) == value)
            }
            Ty::Str | Ty::Timezone => {
                let value = self.text(value);
                any(&|slot| list.blob(slot) == &*value)
            }
            Ty::Duration => {
                let value = span_ms(self.span(value));
                any(&|slot| span_ms(super::value::span(slot)) == value)
            }
            Ty::Bool | Ty::Int | Ty::Time | Ty::Date | Ty::Clock | Ty::Enum(_) => {
                let value = self.int(value);
                any(&|slot| slot.bits as i64 == value)
            }
            Ty::List(_) => false,
        }
    }

    /// Whether two lists have equal elements in equal order.
    fn same_list(&self, list: ListId, left: ListView<'_>, right: ListView<'_>) -> bool {
        let fields = self.env.program.lists.get(list.index()).map_or(&[][..], Vec::as_slice);
        let same = |element: usize, column: usize, ty: Ty| {
            let (a, b) = (left.slot(element, column), right.slot(element, column));
            let (at, bt) = (left.blob(a), right.blob(b));
            a.is_present() == b.is_present()
                && (!a.is_present()
                    || match ty {
                        Ty::Float => f64::from_bits(a.bits) == f64::from_bits(b.bits),
                        Ty::Str | Ty::Timezone => at == bt,
                        Ty::Duration => span_ms(super::value::span(a)) == span_ms(super::value::span(b)),
                        Ty::Bool | Ty::Int | Ty::Time | Ty::Date | Ty::Clock | Ty::Enum(_) => {
                            a.bits == b.bits
                        }
                        Ty::List(inner) => {
                            let program = self.env.program;
                            self.same_list(inner, view(program, inner, at), view(program, inner, bt))
                        }
                    })
        };
        left.len() == right.len()
            && (0..left.len()).all(|element| {
                fields.iter().enumerate().all(|(column, field)| same(element, column, field.ty.ty()))
            })
    }

    /// `any` and `all`.
    pub(super) fn quantified(&self, quantifier: Quantifier, list: ExprId, predicate: ExprId) -> bool {
        self.each(list, |scope| scope.truth(predicate), quantifier)
    }

    /// Whether a test holds for some or every element.
    pub(super) fn each(
        &self,
        list: ExprId,
        mut test: impl FnMut(&Scope<'_, '_>) -> bool,
        quantifier: Quantifier,
    ) -> bool {
        let Ty::List(id) = self.node(list).ty else { return quantifier == Quantifier::All };
        let blob = self.list(list);
        let list = view(self.env.program, id, &blob);
        let mut elements = (0..list.len()).map(|index| {
            let elem = Elem { list, index, outer: self.elem };
            test(&Scope { env: self.env, elem: Some(&elem) })
        });
        match quantifier {
            Quantifier::Any => elements.any(|holds| holds),
            Quantifier::All => elements.all(|holds| holds),
        }
    }

    /// Time tests; false on missing times.
    pub(super) fn time_test(&self, test: TimeTest, time: ExprId, operand: ExprId) -> bool {
        if !self.present(time) || !self.present(operand) {
            return false;
        }
        let (at, now) = (self.instant(time), self.env.now_ms);
        let after = |from: i64| self.env.zone.add(from, self.span(operand));
        match test {
            TimeTest::OlderThan => after(at) <= now,
            TimeTest::WithinLast => at <= now && after(at) > now,
            TimeTest::WithinNext => at >= now && after(now) > at,
            TimeTest::Before => at < self.instant(operand),
            TimeTest::After => at > self.instant(operand),
        }
    }
}

/// Applies a comparison.
pub(super) fn holds<T: PartialOrd + ?Sized>(op: CompareOp, left: &T, right: &T) -> bool {
    match op {
        CompareOp::Eq => left == right,
        CompareOp::Ne => left != right,
        CompareOp::Lt => left < right,
        CompareOp::Le => left <= right,
        CompareOp::Gt => left > right,
        CompareOp::Ge => left >= right,
    }
}

/// Applies a test on text.
pub(crate) fn text_test(test: TextTest, value: &[u8], pattern: &[u8]) -> bool {
    match test {
        TextTest::StartsWith => value.starts_with(pattern),
        TextTest::EndsWith => value.ends_with(pattern),
        TextTest::Contains => memchr::memmem::find(value, pattern).is_some(),
    }
}

/// Looks for a constant.
fn among(set: &[Const], order: impl Fn(&Const) -> Ordering) -> bool {
    if set.len() <= SHORT {
        set.iter().any(|c| order(c) == Ordering::Equal)
    } else {
        set.binary_search_by(order).is_ok()
    }
}

/// The bytes of a literal text.
fn text_of(value: &Const) -> &[u8] {
    if let Const::Str(text) = value { text.as_bytes() } else { &[] }
}
