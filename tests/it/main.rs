//! The integration tests: one binary, a module per family.

mod calendar;
mod predicates;
mod tidy;
