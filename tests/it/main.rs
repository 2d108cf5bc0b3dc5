//! The integration tests: one binary, a module per family.

#![allow(
    clippy::print_stdout,
    clippy::type_complexity,
    reason = "tests show what a seed did, and hold tables"
)]

mod broken;
mod calendar;
mod catalogue;
mod check;
mod ci;
mod cli;
mod docs;
mod formatter;
mod functions;
mod fuzz_syntax;
mod guards;
mod history;
mod host;
mod ingest;
mod journeys;
mod language_tests;
mod mutations;
mod pages;
mod policies;
mod predicates;
mod programs;
mod prove;
mod remembered;
mod run;
mod seeds;
mod sim;
mod splits;
mod support;
mod syntax;
mod tidy;
mod versions;
mod z3;
