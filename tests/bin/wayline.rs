//! The `wayline` command, built here so that the tests of this package can run it.

use std::process::ExitCode;

fn main() -> ExitCode {
    wayline::cli::main()
}
