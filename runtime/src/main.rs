//! The `wayline` command.
fn main() {}
