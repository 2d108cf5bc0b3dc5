//! The `wayline` command; everything is in [`wayline::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    wayline::cli::main()
}
