//! Values outside rows: what expressions compute.

use crate::calendar::Zone;
use crate::ir::{EnumId, ListId, Program, Span, Ty};
use crate::list::ListView;
use crate::row::{Row, RowBuf, Slot};
use std::borrow::Cow;

/// A value. Texts and lists are borrowed from the rows where possible.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// `true` or `false`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// Never NaN or infinite.
    Float(f64),
    /// Text.
    Str(Cow<'a, str>),
    /// An instant in ms.
    Time(i64),
    /// Days since 1970-01-01.
    Date(i32),
    /// Milliseconds since local midnight.
    Clock(i64),
    /// A length of time.
    Duration(Span),
    /// A zone.
    Zone(Zone),
    /// Position in a closed set.
    Member(EnumId, u32),
    /// A list as it lies in a row; see [`ListView`].
    List(ListId, Cow<'a, [u8]>),
}

impl<'a> Value<'a> {
    /// The zero of a type: what a missing value reads as.
    pub fn zero(ty: Ty) -> Value<'static> {
        match ty {
            Ty::Bool => Value::Bool(false),
            Ty::Int => Value::Int(0),
            Ty::Float => Value::Float(0.0),
            Ty::Str => Value::Str(Cow::Borrowed("")),
            Ty::Time => Value::Time(0),
            Ty::Date => Value::Date(0),
            Ty::Clock => Value::Clock(0),
            Ty::Duration => Value::Duration(Span::Exact(0)),
            Ty::Timezone => Value::Zone(Zone::UTC),
            Ty::Enum(set) => Value::Member(set, 0),
            Ty::List(list) => Value::List(list, Cow::Borrowed(&[])),
        }
    }

    /// What a slot of a row holds; `None` where it is missing.
    pub fn of_slot(ty: Ty, row: Row<'a>, slot: Slot) -> Option<Value<'a>> {
        slot.is_present().then(|| Self::of_bits(ty, slot, row.blob(slot)))
    }

    /// The value of a slot whose bytes, for strings and lists, are `blob`.
    pub(crate) fn of_bits(ty: Ty, slot: Slot, blob: &'a [u8]) -> Value<'a> {
        let int = slot.bits as i64;
        let text = || std::str::from_utf8(blob).unwrap_or_default();
        match ty {
            Ty::Bool => Value::Bool(int != 0),
            Ty::Int => Value::Int(int),
            Ty::Float => Value::Float(f64::from_bits(slot.bits)),
            Ty::Str => Value::Str(Cow::Borrowed(text())),
            Ty::Time => Value::Time(int),
            Ty::Date => Value::Date(int as i32),
            Ty::Clock => Value::Clock(int),
            Ty::Duration => Value::Duration(span(slot)),
            Ty::Timezone => Value::Zone(Zone::of_text(slot.sym, text()).unwrap_or(Zone::UTC)),
            Ty::Enum(set) => Value::Member(set, slot.bits as u32),
            Ty::List(list) => Value::List(list, Cow::Borrowed(blob)),
        }
    }

    /// Writes it into a row of this program.
    pub fn put(&self, program: &Program, row: &mut RowBuf, index: usize) {
        row.slots[index] = match self {
            Value::Bool(b) => Slot::bool(*b),
            Value::Int(n) | Value::Time(n) | Value::Clock(n) => Slot::int(*n),
            Value::Float(x) => Slot::float(*x),
            Value::Str(text) => row.push(text.as_bytes(), program.symbol(text)),
            Value::Date(days) => Slot::int(i64::from(*days)),
            Value::Duration(Span::Exact(ms)) => Slot::int(*ms),
            Value::Duration(Span::Months(n)) => Slot::months(*n),
            Value::Zone(zone) => row.push(zone.name().as_bytes(), zone.symbol()),
            Value::Member(_, position) => Slot::int(i64::from(*position)),
            Value::List(_, blob) => row.push(blob, 0),
        };
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Bool(b) => Value::Bool(b),
            Value::Int(n) => Value::Int(n),
            Value::Float(x) => Value::Float(x),
            Value::Str(text) => Value::Str(Cow::Owned(text.into_owned())),
            Value::Time(ms) => Value::Time(ms),
            Value::Date(days) => Value::Date(days),
            Value::Clock(ms) => Value::Clock(ms),
            Value::Duration(span) => Value::Duration(span),
            Value::Zone(zone) => Value::Zone(zone),
            Value::Member(set, position) => Value::Member(set, position),
            Value::List(list, blob) => Value::List(list, Cow::Owned(blob.into_owned())),
        }
    }

    /// The elements, of a list.
    pub fn elements(&self, program: &Program) -> ListView<'_> {
        match self {
            Value::List(list, blob) => view(program, *list, blob),
            Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::Time(_)
            | Value::Date(_)
            | Value::Clock(_)
            | Value::Duration(_)
            | Value::Zone(_)
            | Value::Member(..) => ListView::default(),
        }
    }
}

/// The duration in a slot.
pub(crate) fn span(slot: Slot) -> Span {
    if slot.sym == 1 { Span::Months(slot.bits as i32) } else { Span::Exact(slot.bits as i64) }
}

/// A blob as the list it is.
pub(crate) fn view<'a>(program: &Program, list: ListId, blob: &'a [u8]) -> ListView<'a> {
    ListView::new(blob, program.lists.get(list.index()).map_or(0, Vec::len))
}
