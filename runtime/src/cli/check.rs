//! `wayline check`: everything that can be known before the first event.

use super::project::Built;
use super::report::{self, Colour};
use super::terminal::Terminal;
use super::{Failure, Outcome, ci, figures, project};
use std::path::PathBuf;
use wayline_compiler::codes;
use wayline_compiler::diagnostic::{Diagnostics, Severity};
use wayline_compiler::source::SourceMap;

/// Check journeys: syntax, names, types, flow, policies, promises
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  wayline check my-journeys
  wayline check welcome.way
  wayline check my-journeys --report
  wayline check my-journeys --format json
  wayline check my-journeys --format github --deny-warnings

Exits with 1 when something is wrong; warnings alone are fine unless denied.")]
pub(super) struct Args {
    /// A `.way` file or a project folder
    #[arg(default_value = ".")]
    path: PathBuf,
    /// How findings are shown
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// Also show figures: the most messages, money, time and instances of a user
    #[arg(long)]
    report: bool,
    /// Exit with 1 for warnings too
    #[arg(long)]
    deny_warnings: bool,
    /// Exit with 1 where a question was given up or a promise is neither proven nor broken
    #[arg(long)]
    deny_unknown: bool,
}

/// How findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people: with the source and what to write instead
    Human,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands of GitHub Actions
    Github,
    /// Plain text without colours
    Plain,
}

pub(super) fn run(terminal: &Terminal, args: &Args) -> Result<Outcome, Failure> {
    let built = project::load(&args.path)?.build();
    let shown = shown(&built, args);
    let text = match args.format {
        Format::Human => human(terminal, args, &built, &shown),
        Format::Json => report::json(&shown, args.report.then_some(&built.bounds)),
        Format::Sarif => ci::sarif(&shown),
        Format::Github => ci::github(&shown),
        Format::Plain => report::plain(&shown),
    };
    terminal.out(&text)?;
    let has = |severity| shown.iter().any(|(_, list)| list.iter().any(|f| f.severity == severity));
    let unknown = shown.iter().any(|(_, list)| list.iter().any(|f| f.code == &codes::UNKNOWN));
    let failed = built.has_errors()
        || (args.deny_warnings && has(Severity::Warning))
        || (args.deny_unknown && unknown);
    Ok(if failed { Outcome::Findings } else { Outcome::Clean })
}

/// Errors and warnings; with `--report` the figures, with `--deny-unknown` the open questions.
fn shown(built: &Built, args: &Args) -> Vec<(SourceMap, Diagnostics)> {
    let mut shown = built.findings.clone();
    for (map, list) in &built.reports {
        let mut kept = Diagnostics::new();
        for finding in list.iter() {
            if args.report || (args.deny_unknown && finding.code == &codes::UNKNOWN) {
                kept.push(finding.clone());
            }
        }
        shown.push((map.clone(), kept));
    }
    shown
}

fn human(terminal: &Terminal, args: &Args, built: &Built, shown: &[(SourceMap, Diagnostics)]) -> String {
    let colour = Colour::from(terminal.colour_out);
    // People read the figures as a table, not as findings.
    let mut text = report::human(terminal, colour, if args.report { &built.findings } else { shown });
    if args.report {
        text.push_str(&figures::table(&built.bounds));
    }
    let count = report::count(if args.report { &built.findings } else { shown });
    text.push_str(if count.is_empty() { "no findings" } else { &count });
    text.push('\n');
    text
}
