//! The user's attributes: what an identify or a `set` may change, and what that moves.

use super::cx::Cx;
use super::door;
use super::input::{Fact, Fault};
use super::user::Attributes;
use super::{Zone, react};
use wayline_compiler::ir::{AttrId, Attribute, FieldType, Mutability, Ty};
use wayline_compiler::row::{Row, RowBuf, Slot};

/// Takes over the traits of an identify that break no fact; says whether any attribute changed.
pub(super) fn identify(cx: &mut Cx<'_>, row: Row<'_>, changed: &[AttrId], faults: &[Fault]) -> bool {
    for fault in faults {
        door::reject(cx, fault.fact, &fault.field);
    }
    let mut any = false;
    for attribute in changed {
        if !faults.iter().any(|fault| fault.attribute == Some(*attribute)) {
            any |= change(cx, *attribute, row, row.slot(attribute.index()));
        }
    }
    any
}

/// Changes one attribute to a slot of `row`, unless that breaks a fact; says whether it changed. A missing slot clears it.
pub(super) fn change(cx: &mut Cx<'_>, id: AttrId, row: Row<'_>, new: Slot) -> bool {
    let attribute = &cx.program.attributes[id.index()];
    let old = cx.attributes();
    let is_same = same(attribute, old, old.slot(id.index()), row, new);
    let fault = fault_of(cx, id, attribute, new, is_same);
    if let Some(fact) = fault {
        door::reject(cx, fact, &attribute.field.name);
        return false;
    }
    let was_set = cx.user.attributes.as_ref().is_some_and(|a| a.set.contains(&id));
    if is_same && was_set == new.is_present() {
        return false;
    }
    let defaults = &cx.index.defaults;
    let attributes = cx
        .user
        .attributes
        .get_or_insert_with(|| Box::new(Attributes { row: defaults.clone(), set: Vec::new() }));
    match attributes.set.binary_search(&id) {
        Ok(at) if !new.is_present() => drop(attributes.set.remove(at)),
        Err(at) if new.is_present() => attributes.set.insert(at, id),
        Ok(_) | Err(_) => {}
    }
    let (from, slot) =
        if new.is_present() { (row, new) } else { (defaults.as_row(), defaults.slots[id.index()]) };
    write(&mut attributes.row, id.index(), attribute, from, slot);
    compact(&mut attributes.row, &cx.program.attributes);
    if cx.program.well_known.timezone == Some(id) {
        cx.user.zone = zone_of(cx);
    }
    !is_same
}

/// The user's zone, from the attribute, else the project's.
fn zone_of(cx: &Cx<'_>) -> Zone {
    let row = cx.attributes();
    let slot = cx.program.well_known.timezone.map_or(Slot::MISSING, |id| row.slot(id.index()));
    Zone::of_text(slot.sym, row.text(slot)).unwrap_or_else(|| cx.engine.zone())
}

fn fault_of(cx: &Cx<'_>, id: AttrId, attribute: &Attribute, new: Slot, is_same: bool) -> Option<Fact> {
    if door::is_future(cx, &attribute.field.ty, new) {
        return Some(Fact::Past);
    }
    let own = cx.user.attributes.as_ref().filter(|a| a.set.binary_search(&id).is_ok());
    let old = own.map(|a| a.row.slots[id.index()])?;
    match attribute.mutability {
        Mutability::Mutable => None,
        Mutability::Immutable => (!is_same).then_some(Fact::Immutable),
        Mutability::Monotone => falls(&attribute.field.ty, old, new).then_some(Fact::Monotone),
    }
}

/// Whether a monotone attribute would fall; losing its value is a fall.
fn falls(ty: &FieldType, old: Slot, new: Slot) -> bool {
    match ty.ty() {
        Ty::Float => !new.is_present() || f64::from_bits(new.bits) < f64::from_bits(old.bits),
        Ty::Bool
        | Ty::Int
        | Ty::Str
        | Ty::Time
        | Ty::Date
        | Ty::Clock
        | Ty::Duration
        | Ty::Timezone
        | Ty::Enum(_)
        | Ty::List(_) => !new.is_present() || (new.bits as i64) < (old.bits as i64),
    }
}

/// Whether a slot has bytes of its own.
fn has_bytes(attribute: &Attribute) -> bool {
    matches!(attribute.field.ty.ty(), Ty::Str | Ty::Timezone | Ty::List(_))
}

fn same(attribute: &Attribute, old: Row<'_>, old_slot: Slot, new: Row<'_>, new_slot: Slot) -> bool {
    if old_slot.tag != new_slot.tag || !new_slot.is_present() {
        return old_slot.tag == new_slot.tag;
    }
    if has_bytes(attribute) { old.blob(old_slot) == new.blob(new_slot) } else { old_slot == new_slot }
}

fn write(to: &mut RowBuf, at: usize, attribute: &Attribute, from: Row<'_>, slot: Slot) {
    to.slots[at] =
        if has_bytes(attribute) && slot.is_present() { to.push(from.blob(slot), slot.sym) } else { slot };
}

/// Drops bytes that no slot points to any more, once they are most of the row.
fn compact(row: &mut RowBuf, attributes: &[Attribute]) {
    let used = |at: usize, slot: &Slot| if has_bytes(&attributes[at]) { slot.range().len() } else { 0 };
    let live: usize =
        row.slots.iter().enumerate().filter(|(_, s)| s.is_present()).map(|(at, s)| used(at, s)).sum();
    if row.bytes.len() < 2 * live + 64 {
        return;
    }
    let old = std::mem::take(&mut row.bytes);
    for (at, attribute) in attributes.iter().enumerate() {
        let slot = row.slots[at];
        if slot.is_present() && has_bytes(attribute) {
            row.slots[at] = row.push(old.get(slot.range()).unwrap_or_default(), slot.sym);
        }
    }
}

/// `set user.x = E`: changes the attribute as an input would and lets everything else that reads it follow.
pub(super) fn set(cx: &mut Cx<'_>, id: AttrId, value: &RowBuf) {
    let attribute = &cx.program.attributes[id.index()];
    let slot = value.slots[0];
    if let Some(fact) = door::fault_of_value(cx, &attribute.field, value.as_row(), slot) {
        door::reject(cx, fact, &attribute.field.name);
        return;
    }
    if change(cx, id, value.as_row(), slot) {
        react::to_attributes(cx);
    }
}
