//! How many bytes a state takes, for reports.

use super::item::{is_blob, type_of};
use super::state::{State, fed_field, is_listed};
use super::{Cell, MAX_LISTED, Plan};
use wayline_compiler::ir::{AggFunc, AggId, Program};
use wayline_compiler::row::Slot;

/// What a text is reckoned with, in bytes.
const TEXT: usize = 24;

/// Bytes that one group of an aggregate takes once it has seen `events` events (those still in its window), texts reckoned at
/// 24 bytes. An aggregate that has seen none takes none.
pub fn state_bytes(program: &Program, id: AggId, events: usize) -> usize {
    let Some(plan) = Plan::of(program, id).filter(|_| events > 0) else { return 0 };
    let head = size_of::<(AggId, Cell)>();
    let key: usize = plan.agg.group_by.iter().map(|_| TEXT).sum();
    let kept: usize = plan
        .agg
        .keep_fields
        .iter()
        .map(|field| size_of::<Slot>() + if is_blob(type_of(plan, *field)) { TEXT } else { 0 })
        .sum();
    let value = fed_field(plan.agg).map_or(0, |field| {
        size_of::<super::item::Item>() + if is_blob(type_of(plan, field)) { TEXT } else { 0 }
    });
    if is_listed(plan.agg) {
        let listed = events.min(super::list::most_listed(plan.agg));
        return head + key + size_of::<super::list::List>() + listed * (size_of::<i64>() + value + kept);
    }
    let boxed = match plan.agg.func {
        AggFunc::Sum(_) | AggFunc::Avg(_) => size_of::<super::state::Total>(),
        AggFunc::UsualHour => 24 * size_of::<u32>(),
        AggFunc::Distinct(_) => events.min(MAX_LISTED) * (2 * size_of::<usize>() + value),
        AggFunc::First | AggFunc::Last => kept,
        AggFunc::Did
        | AggFunc::Count
        | AggFunc::Min(_)
        | AggFunc::Max(_)
        | AggFunc::Recent(..)
        | AggFunc::Gap
        | AggFunc::LastGap => 0,
    };
    debug_assert!(size_of::<State>() <= head, "a state is part of its cell");
    head + key + boxed
}
