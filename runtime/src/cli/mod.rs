//! The command line: one file per subcommand, all of them thin.
//!
//! Files, terminals and exit codes are here and nowhere below. Exit codes: 0 clean, 1 findings, 2 usage or IO, 101 a bug of ours.
//! Start at [`main`]; [`project`] finds sources, [`report`] shows findings.

mod check;
mod ci;
mod completions;
mod config;
mod events;
mod explain;
mod figures;
mod fmt;
mod junit;
mod lend;
mod new;
mod progress;
mod project;
mod report;
mod run;
mod smt;
mod std_lib;
mod summary;
mod terminal;
mod test;
mod timings;

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  wayline new my-journeys --template cart_recovery
  wayline check my-journeys
  wayline run my-journeys --events my-journeys/events.jsonl --out decisions.jsonl
  wayline explain maybe-missing

Exit codes: 0 clean, 1 findings, 2 usage or input/output, 101 a bug in wayline.";

/// Customer journeys as code: check them, run them over event logs.
#[derive(Debug, Parser)]
#[command(name = "wayline", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Args),
    Fmt(fmt::Args),
    Run(run::Args),
    Test(test::Args),
    Explain(explain::Args),
    Std(std_lib::Args),
    New(new::Args),
    Completions(completions::Args),
}

/// How a command ended when it could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nothing to say.
    Clean,
    /// There were findings.
    Findings,
}

/// Why a command could not do its work.
#[derive(Debug)]
enum Failure {
    /// Wrong use, or input and output failed.
    Message(String),
    /// Whoever read our output has gone; that is their business.
    Gone,
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::Gone
        } else {
            Self::Message(error.to_string())
        }
    }
}

impl Failure {
    /// An error of input or output at a path.
    fn at(path: &std::path::Path, error: std::io::Error) -> Self {
        match Self::from(error) {
            Self::Message(why) => Self::Message(format!("{}: {why}", path.display())),
            Self::Gone => Self::Gone,
        }
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let terminal = Terminal::of_process();
    std::panic::set_hook(Box::new(move |panic| terminal.show_bug(&panic.to_string())));
    let code = std::panic::catch_unwind(|| {
        let cli = Cli::parse();
        run(&terminal, cli.command)
    });
    ExitCode::from(code.unwrap_or(101))
}

fn run(terminal: &Terminal, command: Command) -> u8 {
    let outcome = match command {
        Command::Check(args) => check::run(terminal, &args),
        Command::Fmt(args) => fmt::run(terminal, &args),
        Command::Run(args) => run::run(terminal, &args),
        Command::Test(args) => test::run(terminal, &args),
        Command::Explain(args) => explain::run(terminal, &args),
        Command::Std(args) => std_lib::run(terminal, &args),
        Command::New(args) => new::run(terminal, &args),
        Command::Completions(args) => completions::run::<Cli>(terminal, &args),
    };
    match outcome {
        Ok(Outcome::Clean) | Err(Failure::Gone) => 0,
        Ok(Outcome::Findings) => 1,
        Err(Failure::Message(why)) => {
            terminal.show_failure(&why);
            2
        }
    }
}
