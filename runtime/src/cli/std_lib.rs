//! `wayline std`: the standard library as it is.

use super::terminal::Terminal;
use super::{Failure, Outcome};
use wayline_compiler::STD;

/// Print the standard library: events, attributes and channels every project starts with
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  wayline std\n  wayline std commerce")]
pub(super) struct Args {
    /// Only this file of it, such as `commerce`
    file: Option<String>,
}

pub(super) fn run(terminal: &Terminal, args: &Args) -> Result<Outcome, Failure> {
    let stem = |name: &'static str| name.trim_start_matches("std/").trim_end_matches(".way");
    let wanted = |name| args.file.as_deref().is_none_or(|file| file == name || file == stem(name));
    let files: Vec<String> = STD
        .iter()
        .filter(|(name, _)| wanted(*name))
        .map(|(name, text)| format!("// {name}\n{}\n", text.trim_end()))
        .collect();
    if files.is_empty() {
        let all: Vec<&str> = STD.iter().map(|(name, _)| stem(name)).collect();
        return Err(Failure::Message(format!(
            "the standard library has no such file; it has {}",
            all.join(", ")
        )));
    }
    terminal.out(&files.join("\n"))?;
    Ok(Outcome::Clean)
}
