//! Runs Wayline customer journeys.
