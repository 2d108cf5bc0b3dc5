//! `wayline explain`: the page of a finding, a function or an operator.

use super::terminal::Terminal;
use super::{Failure, Outcome};
use wayline_compiler::codes::{self, Code};
use wayline_compiler::functions;
use wayline_compiler::nearest;

/// Explain a finding (what it means, why it matters, how to mend it), a function or an operator
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  wayline explain maybe-missing\n  wayline explain WL0203\n  wayline explain count\n  wayline explain"
)]
pub(super) struct Args {
    /// Name (`maybe-missing`) or code (`WL0203`) of a finding, or a function (`count`, `within last`, `??`); lists all findings when left out
    name: Option<String>,
}

pub(super) fn run(terminal: &Terminal, args: &Args) -> Result<Outcome, Failure> {
    let Some(name) = &args.name else {
        terminal.out(&list())?;
        return Ok(Outcome::Clean);
    };
    match (codes::find(name), functions::find(name)) {
        (Some(code), _) => terminal.out(code.page)?,
        (None, Some(function)) => terminal.out(&function.page())?,
        (None, None) => return Err(Failure::Message(unknown(name))),
    }
    Ok(Outcome::Clean)
}

fn list() -> String {
    let width = codes::ALL.iter().map(|code| code.name.len()).max().unwrap_or(0);
    codes::ALL
        .iter()
        .map(|code| format!("{}  {:width$}  {}\n", code.number, code.name, title(code)))
        .collect()
}

/// The first line of text of a page, below its heading.
fn title(code: &Code) -> &'static str {
    code.page
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .unwrap_or_default()
}

fn unknown(name: &str) -> String {
    let lower = name.to_lowercase();
    let names = codes::ALL.iter().flat_map(|code| [code.name, code.number]);
    let names = names.chain(functions::ALL.iter().map(|function| function.name));
    match nearest(&lower, names) {
        Some(near) => format!("nothing is called `{name}`; did you mean `{near}`?"),
        None => format!("nothing is called `{name}`; `wayline explain` lists all findings"),
    }
}
