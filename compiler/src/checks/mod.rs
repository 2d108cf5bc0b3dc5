//! What `check` proves beyond syntax, names and types.
pub(crate) mod encode;
