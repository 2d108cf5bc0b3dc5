//! Declared facts, enforced: what breaks one is refused, recorded, and changes nothing.
//!
//! The decoder finds faults of form; here are those that need the user's state or the clock, and the same for values that a
//! journey sets or emits itself.

use super::cx::Cx;
use super::effects::Kind;
use super::input::{Fact, Fault};
use wayline_compiler::content;
use wayline_compiler::ir::{Event, EventId, Field, FieldType, Limit};
use wayline_compiler::row::{Row, Slot};

/// What the door says to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// Come in.
    Admitted,
    /// Beyond its declared rate: it enters nothing and is not counted.
    Excess,
    /// Refused and recorded.
    Rejected,
}

/// Lets an event in or not, and remembers that it came.
pub(super) fn event(cx: &mut Cx<'_>, id: EventId, row: Row<'_>, faults: &[Fault]) -> Admission {
    let event = cx.program.event(id);
    let own = fault_of(cx, event, id, row);
    if faults.is_empty() && own.is_none() {
        return admit(cx, event, id);
    }
    for fault in faults {
        reject(cx, fault.fact, &fault.field);
    }
    if let Some((fact, field)) = own {
        reject(cx, fact, field);
    }
    Admission::Rejected
}

/// Records a refusal.
pub(super) fn reject(cx: &mut Cx<'_>, fact: Fact, field: &str) {
    let mut decision = cx.decision(Kind::Rejected(fact));
    decision.detail = cx.out.put(field);
    cx.out.decisions.push(decision);
}

fn fault_of<'p>(cx: &Cx<'_>, event: &'p Event, id: EventId, row: Row<'_>) -> Option<(Fact, &'p str)> {
    if event.once && cx.user.rare.as_ref().is_some_and(|rare| rare.once.contains(&id)) {
        return Some((Fact::Once, &event.name));
    }
    let mut fields = event.fields.iter().enumerate();
    fields
        .find(|(at, field)| is_future(cx, &field.ty, row.slot(*at)))
        .map(|(_, field)| (Fact::Past, field.name.as_str()))
}

fn admit(cx: &mut Cx<'_>, event: &Event, id: EventId) -> Admission {
    if event.once {
        cx.user.rare.get_or_insert_default().once.push(id);
    }
    let Some((max, per)) = event.rate else { return Admission::Admitted };
    let (now, zone) = (cx.now, cx.zone());
    let admitted = cx.user.rare.get_or_insert_default().admitted.entry(id).or_default();
    admitted.retain(|at| zone.add(*at, per) > now);
    if admitted.len() >= max as usize {
        return Admission::Excess;
    }
    admitted.push(now);
    Admission::Admitted
}

/// Whether a `past` value lies in the future of the user's clock.
pub(super) fn is_future(cx: &Cx<'_>, ty: &FieldType, slot: Slot) -> bool {
    match ty {
        FieldType::Time { past: true } => slot.is_present() && slot.bits as i64 > cx.now,
        FieldType::Date { past: true } => {
            slot.is_present() && (slot.bits as i64) > i64::from(cx.zone().date(cx.now))
        }
        FieldType::Time { past: false }
        | FieldType::Date { past: false }
        | FieldType::Bool
        | FieldType::Int(_)
        | FieldType::Float(_)
        | FieldType::Str(_)
        | FieldType::Url(_)
        | FieldType::Clock
        | FieldType::Duration
        | FieldType::Timezone
        | FieldType::Enum(_)
        | FieldType::List(_)
        | FieldType::Record => false,
    }
}

/// The fact of its declaration that a computed value breaks, if any.
pub(super) fn fault_of_value(cx: &Cx<'_>, field: &Field, row: Row<'_>, slot: Slot) -> Option<Fact> {
    if !slot.is_present() {
        return (!field.optional && field.default.is_none()).then_some(Fact::Missing);
    }
    let within =
        |limit: &Option<Limit>| limit.is_none_or(|l| content::length(row.text(slot), l.unit) <= l.max);
    let fits = match &field.ty {
        FieldType::Int(range) => {
            let n = slot.bits as i64;
            range.min.is_none_or(|min| min <= n) && range.max.is_none_or(|max| n <= max)
        }
        FieldType::Float(range) => {
            let x = f64::from_bits(slot.bits);
            range.min.is_none_or(|min| min <= x) && range.max.is_none_or(|max| x <= max)
        }
        FieldType::Str(limit) | FieldType::Url(limit) => within(limit),
        FieldType::Time { .. }
        | FieldType::Date { .. }
        | FieldType::Bool
        | FieldType::Clock
        | FieldType::Duration
        | FieldType::Timezone
        | FieldType::Enum(_)
        | FieldType::List(_)
        | FieldType::Record => true,
    };
    match (fits, is_future(cx, &field.ty, slot)) {
        (false, _) => Some(Fact::Range),
        (true, true) => Some(Fact::Past),
        (true, false) => None,
    }
}
