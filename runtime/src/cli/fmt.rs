//! `wayline fmt`: the one canonical form of a file.

use super::terminal::Terminal;
use super::{Failure, Outcome};

/// Format files
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_: &Terminal, _: &Args) -> Result<Outcome, Failure> {
    Err(Failure::Message("formatting is not executed yet".to_owned()))
}
