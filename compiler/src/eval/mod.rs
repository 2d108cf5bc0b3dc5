//! The meaning of expressions: a total interpreter over rows of slots.
//!
//! Evaluation never fails and never panics: reading a missing slot gives the zero of its type. This module knows nothing of syntax, of
//! how rows were decoded or of machine code; `jit` must agree with it bit for bit. Start at [`Env`] and [`truth`]; `interp` walks
//! expressions (`typed` their values, `conditions` their comparisons), `until` tells when time alone may change them, [`render`] makes texts.

mod conditions;
mod interp;
mod line;
mod render;
mod typed;
mod until;
mod value;

use crate::calendar::Zone;
use crate::ir::{AggId, CatalogId, ExprId, Program, Read, Text};
use crate::row::Row;

#[cfg(feature = "jit")]
pub(crate) use interp::Scope as Interpreter;
pub use render::{render, to_json, to_text};
pub(crate) use typed::const_int;
#[cfg(feature = "jit")]
pub(crate) use typed::span_ms;
pub use value::Value;

/// What expressions read. Rows that do not apply are [`Row::EMPTY`].
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// The program the expressions belong to.
    pub program: &'a Program,
    /// The event at hand.
    pub event: Row<'a>,
    /// The payload of the entry event.
    pub entry: Row<'a>,
    /// The user's attributes.
    pub user: Row<'a>,
    /// The present instant.
    pub now_ms: i64,
    /// The user's zone.
    pub zone: Zone,
    /// The entry event's own time.
    pub entry_time_ms: i64,
    /// Catalogs and history.
    pub world: &'a dyn World,
}

/// What lies outside the rows at hand: catalogs and the user's (and instance's) history.
pub trait World {
    /// The row of this key. Keys that are not strings are given in their text form.
    fn catalog_row(&self, catalog: CatalogId, key: &str) -> Option<Row<'_>>;

    /// What an aggregate answers at `now_ms`. `keys` are the values of its `group_by`, `since` the instant of
    /// `since T`. Answers must depend on nothing else.
    fn aggregate(
        &self,
        agg: AggId,
        keys: &[Value<'_>],
        since: Option<i64>,
        read: Read,
        now_ms: i64,
    ) -> Reading<'_>;
}

/// What an aggregate answers, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading<'a> {
    /// The answer; `None` where there is none (`last` over nothing).
    pub value: Option<Value<'a>>,
    /// The first later instant at which the same reading may answer something else although nothing but time has passed; `i64::MAX` for never.
    pub until_ms: i64,
}

impl Reading<'_> {
    /// No answer, ever, by time alone.
    pub const NOTHING: Self = Self { value: None, until_ms: i64::MAX };
}

/// A world without catalogs and history.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmptyWorld;

impl World for EmptyWorld {
    fn catalog_row(&self, _: CatalogId, _: &str) -> Option<Row<'_>> {
        None
    }
    fn aggregate(&self, _: AggId, _: &[Value<'_>], _: Option<i64>, _: Read, _: i64) -> Reading<'_> {
        Reading::NOTHING
    }
}

/// Whether a predicate holds.
pub fn truth(env: &Env<'_>, expr: ExprId) -> bool {
    interp::Scope::of(env).truth(expr)
}

/// The value of an expression; the zero of its type where it is missing (see [`present`]).
pub fn value<'a>(env: &Env<'a>, expr: ExprId) -> Value<'a> {
    interp::Scope::of(env).value(expr)
}

/// Whether an expression has a value.
pub fn present(env: &Env<'_>, expr: ExprId) -> bool {
    interp::Scope::of(env).present(expr)
}

/// The value of an expression where it is present.
pub fn optional<'a>(env: &Env<'a>, expr: ExprId) -> Option<Value<'a>> {
    let scope = interp::Scope::of(env);
    scope.present(expr).then(|| scope.value(expr))
}

/// Whether a predicate holds, and the first later instant at which that may change although nothing but time passes (`i64::MAX`: never).
/// Never later than the true change.
pub fn truth_until(env: &Env<'_>, expr: ExprId) -> (bool, i64) {
    until::truth(&interp::Scope::of(env), expr)
}
