//! What the program remembers of history: the smallest state that answers each history function.
//!
//! An aggregate is fed by each admitted event of its type and read by [`super::ExprKind::Aggregate`]. Nothing else of the past is kept.

use super::{EventId, ExprId, FieldId, JourneyId, Span};
use serde::{Deserialize, Serialize};

/// One remembered quantity. Equal ones are shared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Aggregate {
    /// The event that feeds it.
    pub event: EventId,
    /// Only events for which this holds when they arrive ([`super::Source::Event`] is the event; for [`Scope::Instance`] also the
    /// instance's entry row). Attributes, rows and `now` inside are those of the moment the event arrives.
    pub filter: Option<ExprId>,
    /// Evaluated at each reading over the listed events instead, for conditions that compare a field of the event with
    /// something known only then (other than by equality, which is [`Self::group_by`]). Needs [`Keep::Listed`] and `keep_fields`.
    pub residual: Option<ExprId>,
    /// One state per combination of these fields of the event: what `where item == entry.item` on a window before the entry needs.
    pub group_by: Vec<FieldId>,
    /// What is computed.
    pub func: AggFunc,
    /// Over which part of history.
    pub window: Window,
    /// Whose state it is.
    pub scope: Scope,
    /// How much must be kept; chosen by the compiler, the smallest that answers.
    pub keep: Keep,
    /// Fields of the event kept for [`super::Read::Field`].
    pub keep_fields: Vec<FieldId>,
}

/// History function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AggFunc {
    /// `did E`
    Did,
    /// `count(E)`
    Count,
    /// `sum(E.f)`; 0 over nothing.
    Sum(FieldId),
    /// `min(E.f)`
    Min(FieldId),
    /// `max(E.f)`
    Max(FieldId),
    /// `avg(E.f)`, a float.
    Avg(FieldId),
    /// `distinct(E.f)`: number of different values.
    Distinct(FieldId),
    /// `last(E)`: by own time, then by arrival.
    Last,
    /// `first(E)`: by own time, then by arrival.
    First,
    /// `recent(E.f, N)`: the last N values, newest first.
    Recent(FieldId, u32),
    /// `gap(E)`: mean interval, from two events on.
    Gap,
    /// `last_gap(E)`: between the last two.
    LastGap,
    /// `usual_hour(E)`: most frequent local hour (the earliest of equals), as a clock.
    UsualHour,
}

/// Part of history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// All of it.
    Ever,
    /// `within D`: own time in (now − D, now].
    Within(Span),
    /// `since entry`: applied after the entry event, own time not before the entry's.
    SinceEntry,
    /// `since T`: own time at or after T, which is given at each reading.
    Since,
}

/// Whose state it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One per user (and group).
    User,
    /// One per instance of this journey: what `since entry` needs. Index = position in [`super::Journey::cells`].
    Instance(JourneyId),
}

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// Constant size: flag, counter, running total, first/last instant and fields, 24 hour counters.
    Running,
    /// The greatest own time alone answers (`did`, `last` over a window or since an instant).
    LastInstant,
    /// Own time and value of each event in the window, oldest first.
    Listed,
}
