//! What aggregates remember of a user's (or an instance's) history: the smallest state that answers each of them.
//!
//! Nothing is kept for an aggregate that no event has touched. [`History::feed`] takes each admitted event that passed the
//! aggregate's filter, [`History::read`] answers at any later instant and tells how long the answer stands. Knows nothing of
//! journeys, expressions or storage. `state` is what one aggregate remembers, `list` the part that keeps single events.
//!
//! Limits: a state lists at most [`MAX_LISTED`] events (beyond, the oldest by own time is forgotten, so counts and sums are those of
//! the newest ones), and remembers at most [`MAX_GROUPS`] groups of a `where` equality (beyond, new ones are not remembered).

mod item;
mod list;
mod state;
#[cfg(test)]
mod tests;

use self::state::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wayline_compiler::calendar::Zone;
use wayline_compiler::eval::{Reading, Value};
use wayline_compiler::ir::{AggId, Aggregate, Event, ExprId, Program, Read};
use wayline_compiler::row::Row;

/// Most events that one state lists.
pub const MAX_LISTED: usize = wayline_compiler::ir::memory::MAX_LISTED as usize;
/// Most groups that one aggregate remembers of one user.
pub const MAX_GROUPS: usize = 100_000;

/// State of aggregates, by aggregate; an untouched one costs nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History(Vec<(AggId, Cell)>);

/// State of an instance's own aggregates (`since entry`); of the same make.
pub type Cells = History;

/// State of one aggregate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Cell {
    /// Without `group_by`.
    One(State),
    /// One state per group.
    Many(Box<Groups>),
}

/// States by the encoded values of the `group_by` fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Groups {
    #[serde(with = "super::pairs")]
    states: BTreeMap<Box<[u8]>, State>,
    /// Number of groups at which those that no window can see any more are thrown away.
    sweep_at: usize,
}

/// Fewer groups than this are not worth a sweep.
const LEAST_SWEEP: usize = 64;

/// An event that an aggregate takes in.
#[derive(Clone, Copy, Debug)]
pub struct Occurrence<'a> {
    /// Its fields.
    pub row: Row<'a>,
    /// Its own time.
    pub own_ms: i64,
    /// The user's clock at its arrival.
    pub now_ms: i64,
    /// The user's zone at its arrival.
    pub zone: Zone,
}

/// What is asked of an aggregate.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Values of the `group_by` fields.
    pub keys: &'a [Value<'a>],
    /// `T` of `since T`.
    pub since: Option<i64>,
    /// What is read.
    pub read: Read,
    /// The present instant.
    pub now_ms: i64,
    /// The user's zone.
    pub zone: Zone,
    /// Whether the residual filter holds for a listed event (its row has only the kept fields), and until when.
    pub residual: &'a dyn Fn(ExprId, Row<'_>) -> (bool, i64),
}

/// An aggregate with what it is about.
#[derive(Clone, Copy)]
struct Plan<'p> {
    program: &'p Program,
    agg: &'p Aggregate,
    event: &'p Event,
}

impl<'p> Plan<'p> {
    fn of(program: &'p Program, id: AggId) -> Option<Self> {
        let agg = program.aggregates.get(id.index())?;
        Some(Self { program, agg, event: program.events.get(agg.event.index())? })
    }
}

impl History {
    /// Most users have few states: room grows by one up to four.
    fn insert(&mut self, at: usize, id: AggId, cell: Cell) {
        if self.0.len() < 4 {
            self.0.reserve_exact(1);
        }
        self.0.insert(at, (id, cell));
    }

    /// Takes in an event of the aggregate's type that passed its filter. For [`wayline_compiler::ir::Window::SinceEntry`] the caller
    /// leaves out events whose own time is before the entry's.
    pub fn feed(&mut self, program: &Program, id: AggId, occurrence: &Occurrence<'_>) {
        let Some(plan) = Plan::of(program, id) else { return };
        let at = self.0.binary_search_by_key(&id, |(id, _)| *id);
        if plan.agg.group_by.is_empty() {
            match at.map(|at| &mut self.0[at].1) {
                Ok(Cell::One(state)) => state.feed(plan, occurrence),
                Ok(Cell::Many(_)) => {}
                Err(at) => {
                    if let Some(state) = State::first(plan, occurrence) {
                        self.insert(at, id, Cell::One(state));
                    }
                }
            }
            return;
        }
        let key = item::key_of_row(plan, occurrence.row);
        match at.map(|at| &mut self.0[at].1) {
            Ok(Cell::Many(groups)) => groups.feed(plan, key, occurrence),
            Ok(Cell::One(_)) => {}
            Err(at) => {
                let mut groups = Groups::default();
                groups.feed(plan, key, occurrence);
                if !groups.states.is_empty() {
                    self.insert(at, id, Cell::Many(Box::new(groups)));
                }
            }
        }
    }

    /// What an aggregate answers.
    pub fn read<'a>(&'a self, program: &'a Program, id: AggId, question: &Question<'_>) -> Reading<'a> {
        let Some(plan) = Plan::of(program, id) else { return Reading::NOTHING };
        let cell = self.0.binary_search_by_key(&id, |(id, _)| *id).ok().map(|at| &self.0[at].1);
        let state = match cell {
            Some(Cell::One(state)) => Some(state),
            Some(Cell::Many(groups)) => groups.states.get(&item::key_of_values(question.keys)),
            None => None,
        };
        match state {
            Some(state) => state.read(plan, question),
            None => state::untouched(plan),
        }
    }

    /// Puts it into the terms of another program; what that does not remember is forgotten.
    pub(super) fn carry(&mut self, to: &dyn Fn(AggId) -> Option<AggId>) {
        let cells = std::mem::take(&mut self.0);
        self.0 = cells.into_iter().filter_map(|(id, cell)| Some((to(id)?, cell))).collect();
        self.0.sort_by_key(|(id, _)| *id);
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Groups {
    fn feed(&mut self, plan: Plan<'_>, key: Box<[u8]>, occurrence: &Occurrence<'_>) {
        if let Some(state) = self.states.get_mut(&key) {
            state.feed(plan, occurrence);
            return;
        }
        if self.states.len() >= self.sweep_at.max(LEAST_SWEEP) {
            self.states.retain(|_, state| !state.is_past(plan.agg, occurrence.now_ms));
            self.sweep_at = 2 * self.states.len();
        }
        if self.states.len() < MAX_GROUPS
            && let Some(state) = State::first(plan, occurrence)
        {
            self.states.insert(key, state);
        }
    }
}
