//! Runs Wayline customer journeys.

pub mod engine;
