//! Wayline source text to a checked, self-contained program.
//!
//! [`pipeline`] is the way in: [`pipeline::Sources`] → [`pipeline::Parsed`] → [`pipeline::Resolved`] → [`ir::Program`].

pub mod calendar;
pub mod checks;
pub mod codes;
pub mod content;
pub mod diagnostic;
pub mod eval;
pub mod fmt;
pub mod functions;
pub mod host;
pub mod ir;
#[cfg(feature = "jit")]
#[allow(unsafe_code)]
mod jit;
pub mod list;
pub mod pipeline;
pub mod predicates;
pub mod profiles;
pub mod resolve;
pub mod row;
pub mod solve;
pub mod source;
pub mod syntax;
mod triggers;
pub mod witness;

pub use pipeline::{Compiled, STD, Settings, Sources, compile, compile_with};
pub use resolve::suggest::nearest;
