//! When something is due, and what goes first of things due at one instant.

use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// The next thing due of one user. Over users the host orders by [`Self::rank`], then by user id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TimerKey {
    /// When, ms. It fires before the first line of the log that is later, never before an input at it.
    pub due: i64,
    /// What is due at the last instant of a wait or window still happens, then it ends.
    pub class: Class,
    /// Priority of the journey, the higher first.
    pub priority: Reverse<i64>,
    /// When it was due before it was held; else `due`.
    pub original: i64,
    /// Position of the journey.
    pub journey: u32,
    /// Ordinal of the instance in the user's life; 0 for entries.
    pub instance: u32,
}

/// Timers of one instant: first what happens, then what ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Class {
    /// A wait is over, a hold is released, an `at` or a round has come, a segment may have turned.
    Act,
    /// A wait for something that did not come.
    Timeout,
    /// The end of a lifetime or of the last goal window.
    End,
}

impl TimerKey {
    /// What counts before the user's id in the order over users.
    pub fn rank(&self) -> (i64, Class, Reverse<i64>, i64) {
        (self.due, self.class, self.priority, self.original)
    }
}
