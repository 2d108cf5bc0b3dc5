//! Runs Wayline customer journeys.

pub mod engine;
pub mod ingest;
