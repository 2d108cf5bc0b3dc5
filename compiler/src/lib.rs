//! Wayline source text to a checked, self-contained program.
