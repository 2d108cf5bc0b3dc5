//! The integration tests: one binary, a module per family.

mod tidy;
