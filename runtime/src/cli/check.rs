//! `wayline check`: everything that can be known before the first event.

use super::report::{self, Colour, Format};
use super::terminal::Terminal;
use super::{Failure, Outcome, project};
use std::path::PathBuf;

/// Check journeys: syntax, names, types
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  wayline check my-journeys
  wayline check welcome.way
  wayline check my-journeys --format json

Exits with 1 when something is wrong; warnings alone are fine.")]
pub(super) struct Args {
    /// A `.way` file or a project folder
    #[arg(default_value = ".")]
    path: PathBuf,
    /// How findings are shown
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

pub(super) fn run(terminal: &Terminal, args: &Args) -> Result<Outcome, Failure> {
    let built = project::load(&args.path)?.build();
    match args.format {
        Format::Human => {
            let mut text = report::human(terminal, Colour::from(terminal.colour_out), &built.findings);
            let count = report::count(&built.findings);
            text.push_str(if count.is_empty() { "no findings" } else { &count });
            text.push('\n');
            terminal.out(&text)?;
        }
        Format::Json => terminal.out(&report::json(&built.findings))?,
        Format::Plain => terminal.out(&report::plain(&built.findings))?,
    }
    Ok(if built.has_errors() { Outcome::Findings } else { Outcome::Clean })
}
