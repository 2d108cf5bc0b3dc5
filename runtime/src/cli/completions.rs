//! `wayline completions`: scripts for shells.

use super::terminal::Terminal;
use super::{Failure, Outcome};
use clap::CommandFactory;
use clap_complete::Shell;

/// Print the completion script of a shell
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  wayline completions bash > ~/.local/share/bash-completion/completions/wayline"
)]
pub(super) struct Args {
    /// Which shell
    shell: Shell,
}

pub(super) fn run<C: CommandFactory>(terminal: &Terminal, args: &Args) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut C::command(), "wayline", &mut script);
    terminal.out(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Clean)
}
