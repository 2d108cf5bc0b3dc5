//! Runs Wayline customer journeys.

pub mod engine;
pub mod host;
pub mod ingest;
