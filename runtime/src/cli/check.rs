//! `wayline check`: everything that can be known before the first event.

use super::lend::{Ear, Lent};
use super::project::Built;
use super::report::{self, Colour};
use super::terminal::Terminal;
use super::{Failure, Outcome, ci, figures, project, smt, timings};
use std::path::PathBuf;
use wayline_compiler::checks::Bounds;
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
  wayline check a.way b.way other-project --timings

Files named together are checked as one project, each folder as one of its own. Exits with 1 when something is wrong; warnings alone are fine unless denied.")]
pub(super) struct Args {
    /// `.way` files and project folders
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,
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
    /// Say on standard error how long each stage took, and the slowest files and journeys
    #[arg(long)]
    timings: bool,
    /// Write each question of the analysis into this folder, as SMT-LIB 2 for other solvers
    #[arg(long, value_name = "DIR")]
    dump_smt: Option<PathBuf>,
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
    let lent = Lent::new(if args.dump_smt.is_some() { Ear::Open } else { Ear::Closed });
    let mut all = Vec::new();
    for (number, project) in project::load_all(&args.paths)?.into_iter().enumerate() {
        let files: Vec<String> =
            project.sources.map().iter().map(|(id, _)| project.sources.map().name(id).to_owned()).collect();
        let built = project.build_with(&lent);
        if args.timings {
            let journeys =
                built.bounds.journeys.iter().map(|journey| journey.journey.as_str()).collect::<Vec<_>>();
            terminal.err(format_args!("{}", timings::table(&lent.times(), &files, &journeys)));
        }
        if let Some(folder) = &args.dump_smt {
            smt::write(folder, number, &lent.questions())?;
        }
        all.push(built);
    }
    let shown: Vec<(SourceMap, Diagnostics)> = all.iter().flat_map(|built| shown(built, args)).collect();
    let text = match args.format {
        Format::Human => human(terminal, args, &all, &shown),
        Format::Json => {
            let figures: Vec<&Bounds> = all.iter().map(|built| &built.bounds).collect();
            report::json(&shown, args.report.then_some(&figures))
        }
        Format::Sarif => ci::sarif(&shown),
        Format::Github => ci::github(&shown),
        Format::Plain => report::plain(&shown),
    };
    terminal.out(&text)?;
    let has = |severity| shown.iter().any(|(_, list)| list.iter().any(|f| f.severity == severity));
    let unknown = shown.iter().any(|(_, list)| list.iter().any(|f| f.code == &codes::UNKNOWN));
    let failed = all.iter().any(Built::has_errors)
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

fn human(terminal: &Terminal, args: &Args, all: &[Built], shown: &[(SourceMap, Diagnostics)]) -> String {
    let colour = Colour::from(terminal.colour_out);
    // People read the figures as tables, not as findings.
    let findings: Vec<(SourceMap, Diagnostics)> =
        all.iter().flat_map(|built| built.findings.clone()).collect();
    let listed = if args.report { findings.as_slice() } else { shown };
    let mut text = report::human(terminal, colour, listed);
    if args.report {
        all.iter().for_each(|built| text.push_str(&figures::table(&built.bounds)));
    }
    let count = report::count(listed);
    text.push_str(if count.is_empty() { "no findings" } else { &count });
    text.push('\n');
    text
}
