//! The integration tests: one binary, a module per family.

mod broken;
mod calendar;
mod formatter;
mod fuzz_syntax;
mod check;
mod cli;
mod docs;
mod functions;
mod history;
mod host;
mod guards;
mod ingest;
mod journeys;
mod language_tests;
mod mutations;
mod pages;
mod policies;
mod predicates;
mod programs;
mod remembered;
mod run;
mod sim;
mod support;
mod syntax;
mod tidy;
