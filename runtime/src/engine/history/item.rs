//! Single values as history keeps them, and group keys.

use super::Plan;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use wayline_compiler::eval::Value;
use wayline_compiler::ir::{FieldId, Span, Ty};
use wayline_compiler::row::{Row, RowBuf, Slot};

/// A value of a field; its type is the field's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Item {
    /// Everything of fixed size.
    Bits(u64),
    /// A calendar duration.
    Months(i32),
    /// Text, zone names, lists.
    Bytes(Box<[u8]>),
}

/// The milliseconds that a calendar month stands for where durations are compared or summed.
const MONTH_MS: i64 = 30 * 86_400_000;

/// The type of a field's values.
pub(super) fn type_of(plan: Plan<'_>, field: FieldId) -> Ty {
    plan.event.fields.get(field.index()).map_or(Ty::Bool, |field| field.ty.ty())
}

/// Whether values of this type lie in the row's bytes.
pub(super) fn is_blob(ty: Ty) -> bool {
    match ty {
        Ty::Str | Ty::Timezone | Ty::List(_) => true,
        Ty::Bool | Ty::Int | Ty::Float | Ty::Time | Ty::Date | Ty::Clock | Ty::Duration | Ty::Enum(_) => {
            false
        }
    }
}

impl Item {
    /// The value of a field, where it is present.
    pub(super) fn of(ty: Ty, row: Row<'_>, field: FieldId) -> Option<Self> {
        let slot = row.slot(field.index());
        if !slot.is_present() {
            None
        } else if is_blob(ty) {
            Some(Self::Bytes(row.blob(slot).into()))
        } else if ty == Ty::Duration && slot.sym == 1 {
            Some(Self::Months(slot.bits as i32))
        } else {
            Some(Self::Bits(slot.bits))
        }
    }

    /// As a value of its type.
    pub(super) fn value(&self, ty: Ty) -> Option<Value<'_>> {
        let (slot, bytes) = self.slot();
        Value::of_slot(ty, Row { slots: &[], bytes }, slot)
    }

    /// As a slot and the bytes it refers to.
    pub(super) fn slot(&self) -> (Slot, &[u8]) {
        match self {
            Self::Bits(bits) => (Slot::of(*bits), &[]),
            Self::Months(months) => (Slot::months(*months), &[]),
            Self::Bytes(bytes) => (Slot::text(0, bytes.len() as u32, 0), bytes),
        }
    }

    /// As an integer that can be summed and compared; durations by their length.
    pub(super) fn int(&self) -> i64 {
        match self {
            Self::Bits(bits) => *bits as i64,
            Self::Months(months) => i64::from(*months) * MONTH_MS,
            Self::Bytes(_) => 0,
        }
    }

    /// As a float.
    pub(super) fn float(&self, ty: Ty) -> f64 {
        match (ty, self) {
            (Ty::Float, Self::Bits(bits)) => f64::from_bits(*bits),
            (_, item) => item.int() as f64,
        }
    }

    /// The order of its type.
    pub(super) fn order(&self, other: &Self, ty: Ty) -> Ordering {
        match (self, other) {
            (Self::Bytes(a), Self::Bytes(b)) => a.cmp(b),
            (a, b) if ty == Ty::Float => {
                let (a, b) = (a.float(ty), b.float(ty));
                a.partial_cmp(&b).unwrap_or(Ordering::Equal)
            }
            (a, b) => a.int().cmp(&b.int()),
        }
    }

    /// Bytes that are equal when the values are.
    pub(super) fn key(&self, ty: Ty) -> Box<[u8]> {
        let mut key = Vec::new();
        match self {
            Self::Bytes(bytes) => key.extend_from_slice(bytes),
            Self::Bits(_) | Self::Months(_) if ty == Ty::Float => push_float(&mut key, self.float(ty)),
            Self::Bits(_) | Self::Months(_) => key.extend_from_slice(&self.int().to_le_bytes()),
        }
        key.into()
    }
}

/// The group of an event. A missing field is the zero of its type, as everywhere.
pub(super) fn key_of_row(plan: Plan<'_>, row: Row<'_>) -> Box<[u8]> {
    let mut key = Vec::new();
    for field in &plan.agg.group_by {
        let ty = type_of(plan, *field);
        let value = Value::of_slot(ty, row, row.slot(field.index())).unwrap_or_else(|| Value::zero(ty));
        push_value(&mut key, &value);
    }
    key.into()
}

/// The group that is asked for.
pub(super) fn key_of_values(values: &[Value<'_>]) -> Box<[u8]> {
    let mut key = Vec::new();
    for value in values {
        push_value(&mut key, value);
    }
    key.into()
}

fn push_value(key: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Bool(b) => key.push(u8::from(*b)),
        Value::Int(n) | Value::Time(n) | Value::Clock(n) => key.extend_from_slice(&n.to_le_bytes()),
        Value::Float(x) => push_float(key, *x),
        Value::Str(text) => push_blob(key, text.as_bytes()),
        Value::Date(days) => key.extend_from_slice(&days.to_le_bytes()),
        Value::Duration(Span::Exact(ms)) => key.extend_from_slice(&ms.to_le_bytes()),
        Value::Duration(Span::Months(n)) => key.extend_from_slice(&(i64::from(*n) * MONTH_MS).to_le_bytes()),
        Value::Zone(zone) => push_blob(key, zone.name().as_bytes()),
        Value::Member(_, position) => key.extend_from_slice(&position.to_le_bytes()),
        Value::List(_, blob) => push_blob(key, blob),
    }
}

/// Both zeros are one.
fn push_float(key: &mut Vec<u8>, x: f64) {
    let x = if x == 0.0 { 0.0 } else { x };
    key.extend_from_slice(&x.to_bits().to_le_bytes());
}

fn push_blob(key: &mut Vec<u8>, blob: &[u8]) {
    key.extend_from_slice(&(blob.len() as u32).to_le_bytes());
    key.extend_from_slice(blob);
}

/// The kept fields of an event, in the order of `keep_fields`; `None` when none are kept.
pub(super) fn kept(plan: Plan<'_>, row: Row<'_>) -> Option<Box<RowBuf>> {
    if plan.agg.keep_fields.is_empty() {
        return None;
    }
    let mut kept = RowBuf::new(0);
    for field in &plan.agg.keep_fields {
        let slot = row.slot(field.index());
        let copy = if slot.is_present() && is_blob(type_of(plan, *field)) {
            kept.push(row.blob(slot), slot.sym)
        } else {
            slot
        };
        kept.slots.push(copy);
    }
    kept.slots.shrink_to_fit();
    kept.bytes.shrink_to_fit();
    Some(Box::new(kept))
}

/// A kept row as a row of the event, symbols of its texts as the program has them now.
pub(super) fn unkept(plan: Plan<'_>, kept: &RowBuf, slots: &mut Vec<Slot>) {
    slots.clear();
    slots.resize(plan.event.fields.len(), Slot::MISSING);
    for (field, slot) in plan.agg.keep_fields.iter().zip(&kept.slots) {
        let mut slot = *slot;
        if slot.is_present() && type_of(plan, *field) == Ty::Str {
            slot.sym = plan.program.symbol(kept.as_row().text(slot));
        }
        if let Some(target) = slots.get_mut(field.index()) {
            *target = slot;
        }
    }
}

/// A kept field, as `last(E).f` reads it.
pub(super) fn field<'a>(plan: Plan<'a>, kept: Option<&'a RowBuf>, position: u32) -> Option<Value<'a>> {
    let field = plan.agg.keep_fields.get(position as usize)?;
    let row = kept?.as_row();
    Value::of_slot(type_of(plan, *field), row, row.slot(position as usize))
}
