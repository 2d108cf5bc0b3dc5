//! What policies say about one attempt to send.

use serde::{Deserialize, Serialize};

/// What a user's caps and budgets have counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger;

/// Project-wide budgets and rates.
pub trait Commons {}
