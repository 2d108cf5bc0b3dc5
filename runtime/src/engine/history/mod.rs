//! What aggregates remember: state per user and per instance.

use serde::{Deserialize, Serialize};

/// User-scoped aggregate state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History;

/// Instance-scoped aggregate state, in the order of `Journey::cells`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cells;
