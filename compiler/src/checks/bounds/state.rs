//! What the program remembers of each user, for `check --report`.

use crate::ir::memory::state_size;
use crate::ir::print::print_aggregate;
use crate::ir::{AggId, Program, Scope};
use serde::Serialize;

/// State of each user that history functions need.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StateBounds {
    /// Each remembered quantity, in the order of the program.
    pub aggregates: Vec<AggregateState>,
    /// Bytes of one user whom every event has touched once, one group each; those of instances not counted.
    pub user_bytes: u64,
}

/// What one history function remembers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AggregateState {
    /// The function with its window.
    pub what: String,
    /// The journey whose instances have it; `null` where each user has one.
    pub journey: Option<String>,
    /// What is kept.
    pub keeps: &'static str,
    /// Bytes however many events come, of one group where there are groups.
    pub bytes: u64,
    /// Bytes for each event kept.
    pub bytes_per_event: u64,
    /// Most events kept; `null` where none are.
    pub most_events: Option<u64>,
    /// Fields by whose values there are groups.
    pub groups: Vec<String>,
}

/// The state of a program.
pub(super) fn of(program: &Program) -> StateBounds {
    let mut bounds = StateBounds::default();
    for (index, aggregate) in program.aggregates.iter().enumerate() {
        let size = state_size(program, aggregate);
        let journey = match aggregate.scope {
            Scope::User => None,
            Scope::Instance(journey) => Some(program.journey(journey).name.clone()),
        };
        if journey.is_none() {
            bounds.user_bytes += size.bytes + size.bytes_per_event;
        }
        let fields = &program.event(aggregate.event).fields;
        let groups = aggregate.group_by.iter().filter_map(|field| fields.get(field.index()));
        bounds.aggregates.push(AggregateState {
            what: print_aggregate(program, AggId::new(index)),
            journey,
            keeps: size.form.name(),
            bytes: size.bytes,
            bytes_per_event: size.bytes_per_event,
            most_events: size.most_events,
            groups: groups.map(|field| field.name.clone()).collect(),
        });
    }
    bounds
}
