//! The pest grammar of the Wayline language.
