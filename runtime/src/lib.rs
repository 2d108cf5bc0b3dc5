//! Runs Wayline customer journeys.
//!
//! [`engine`] decides, [`host`] drives it, [`ingest`] reads what comes in; `cli` is the command line over all of them.

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
mod clock;
pub mod engine;
pub mod host;
pub mod ingest;
