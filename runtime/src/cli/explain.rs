//! `wayline explain`: the page of a finding.

use super::terminal::Terminal;
use super::{Failure, Outcome};
use wayline_compiler::codes::{self, Code};
use wayline_compiler::nearest;

/// Explain a finding: what it means, why it matters, how to mend it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  wayline explain maybe-missing\n  wayline explain WL0203\n  wayline explain")]
pub(super) struct Args {
    /// Name (`maybe-missing`) or code (`WL0203`); lists all of them when left out
    name: Option<String>,
}

pub(super) fn run(terminal: &Terminal, args: &Args) -> Result<Outcome, Failure> {
    let Some(name) = &args.name else {
        terminal.out(&list())?;
        return Ok(Outcome::Clean);
    };
    match codes::find(name) {
        Some(code) => terminal.out(code.page)?,
        None => return Err(Failure::Message(unknown(name))),
    }
    Ok(Outcome::Clean)
}

fn list() -> String {
    let width = codes::ALL.iter().map(|code| code.name.len()).max().unwrap_or(0);
    codes::ALL.iter().map(|code| format!("{}  {:width$}  {}\n", code.number, code.name, title(code))).collect()
}

/// The first line of text of a page, below its heading.
fn title(code: &Code) -> &'static str {
    code.page.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default()
}

fn unknown(name: &str) -> String {
    let lower = name.to_lowercase();
    let names = codes::ALL.iter().flat_map(|code| [code.name, code.number]);
    match nearest(&lower, names) {
        Some(near) => format!("no finding is called `{name}`; did you mean `{near}`?"),
        None => format!("no finding is called `{name}`; `wayline explain` lists all of them"),
    }
}
