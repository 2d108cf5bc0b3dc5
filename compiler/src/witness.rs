//! Witnesses: a run of one user as a host can replay it, with what it shows.
//!
//! The lines are those of the wire, so a person can hand them to `wayline run`. Pure data: the engine lives further right, and hosts
//! hold the two together (`wayline::host::replay`). A replay that does not show what the witness says is a fault of the compiler.

use crate::ir::{CapPeriod, CapScope};
use serde_json::{Value, json};

/// A run of one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// What comes of it.
    pub shows: Shows,
    /// What is counted, for people: a channel's name, `messages` or `cost`.
    pub counts: String,
    /// In what time.
    pub per: CapPeriod,
    /// How much of it is allowed; the run comes to more. Money in millionths.
    pub allowed: i64,
    /// How much the run comes to at least.
    pub amount: i64,
    /// Inputs in order, as lines of the wire.
    pub lines: Vec<Value>,
    /// The last instant that is looked at, ms.
    pub until: i64,
}

/// What a witness shows too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// Messages that left.
    Sent(CapScope),
    /// Messages that were due: those that a cap takes away count too.
    Due(CapScope),
    /// Money.
    Cost,
}

impl Witness {
    /// As programs read it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let amount = |amount: i64| match self.shows {
            Shows::Sent(_) | Shows::Due(_) => json!(amount),
            Shows::Cost => json!(amount as f64 / 1e6),
        };
        json!({
            "counts": self.counts,
            "allowed": amount(self.allowed),
            "amount": amount(self.amount),
            "inputs": self.lines,
        })
    }
}
