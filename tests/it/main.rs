//! The integration tests: one binary, a module per family.

mod calendar;
mod predicates;
mod syntax;
mod tidy;
