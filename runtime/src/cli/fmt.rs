//! `wayline fmt`: the one canonical form of a file.

use super::report::{self, Colour};
use super::terminal::Terminal;
use super::{Failure, Outcome, project};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use wayline_compiler::diagnostic::Diagnostics;
use wayline_compiler::fmt::{FmtError, format};
use wayline_compiler::source::SourceMap;

/// Format `.way` files
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  wayline fmt                      all files below this folder, in place
  wayline fmt my-journeys --check  say which files would change, exit with 1 if any
  wayline fmt --stdin < a.way      from standard input to standard output")]
pub(super) struct Args {
    /// `.way` files or folders
    #[arg(default_value = ".", conflicts_with = "stdin")]
    paths: Vec<PathBuf>,
    /// Change nothing, only say which files would change
    #[arg(long)]
    check: bool,
    /// Format standard input to standard output
    #[arg(long)]
    stdin: bool,
}

pub(super) fn run(terminal: &Terminal, args: &Args) -> Result<Outcome, Failure> {
    if args.stdin {
        return from_stdin(terminal, args);
    }
    let mut outcome = Outcome::Clean;
    for path in &args.paths {
        let files = if path.is_dir() { project::way_files(path)? } else { vec![path.clone()] };
        for file in files {
            if one(terminal, args, &file)? == Outcome::Findings {
                outcome = Outcome::Findings;
            }
        }
    }
    Ok(outcome)
}

fn from_stdin(terminal: &Terminal, args: &Args) -> Result<Outcome, Failure> {
    let mut text = String::new();
    std::io::stdin().lock().read_to_string(&mut text)?;
    match format(&text) {
        Ok(formatted) if args.check => Ok(if formatted == text { Outcome::Clean } else { Outcome::Findings }),
        Ok(formatted) => {
            terminal.out(&formatted)?;
            Ok(Outcome::Clean)
        }
        Err(error) => refuse(terminal, "standard input", text, error),
    }
}

fn one(terminal: &Terminal, args: &Args, path: &Path) -> Result<Outcome, Failure> {
    let shown = path.strip_prefix("./").unwrap_or(path).display().to_string();
    let bytes = fs::read(path).map_err(|error| Failure::at(path, error))?;
    let Ok(text) = String::from_utf8(bytes) else {
        terminal.err(format_args!("{shown}: not UTF-8 text; left as it is\n"));
        return Ok(Outcome::Findings);
    };
    match format(&text) {
        Ok(formatted) if formatted == text => Ok(Outcome::Clean),
        Ok(_) if args.check => {
            terminal.out(&format!("would change {shown}\n"))?;
            Ok(Outcome::Findings)
        }
        Ok(formatted) => {
            fs::write(path, formatted).map_err(|error| Failure::at(path, error))?;
            terminal.out(&format!("formatted {shown}\n"))?;
            Ok(Outcome::Clean)
        }
        Err(error) => refuse(terminal, &shown, text, error),
    }
}

/// A text that cannot be formatted is left as it is.
fn refuse(terminal: &Terminal, name: &str, text: String, error: FmtError) -> Result<Outcome, Failure> {
    match error {
        FmtError::Syntax(findings) => {
            let mut map = SourceMap::new();
            map.add(name, text);
            let findings: [(SourceMap, Diagnostics); 1] = [(map, findings)];
            terminal.err(format_args!(
                "{}",
                report::human(terminal, Colour::from(terminal.colour_err), &findings)
            ));
            Ok(Outcome::Findings)
        }
        FmtError::Internal(why) => Err(Failure::Message(format!(
            "{name}: left as it is, because {why}; this is a bug in wayline, please report the file"
        ))),
    }
}
