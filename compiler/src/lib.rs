//! Wayline source text to a checked, self-contained program.

pub mod ir;
pub mod row;
