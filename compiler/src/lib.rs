//! Wayline source text to a checked, self-contained program.

pub mod codes;
pub mod diagnostic;
pub mod content;
pub mod ir;
pub mod row;
pub mod source;
pub mod syntax;
