//! `wayline test`: the tests in the language, in parallel, each in a world of its own.

use super::report::{self, Colour};
use super::terminal::Terminal;
use super::{Failure, Outcome, junit, project};
use crate::clock::Stopwatch;
use crate::host::testing::{self, Coverage, Verdict};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use wayline_compiler::ir::Program;
use wayline_compiler::ir::test::Test;
use wayline_compiler::predicates::{Backend, Predicates};
use wayline_compiler::resolve::Spans;
use wayline_compiler::source::{SourceMap, Span};

/// Run the tests in the language
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  wayline test my-journeys
  wayline test my-journeys --filter cart
  wayline test my-journeys --coverage
  wayline test my-journeys --junit report.xml
  wayline test my-journeys --watch

Exits with 1 when a test fails.")]
pub(super) struct Args {
    /// A `.way` file or a project folder
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Only tests whose name or journey contains this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// List the steps, branches and arms that no test has reached
    #[arg(long)]
    coverage: bool,
    /// Write a report in JUnit's XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// How many tests run at a time; the default is one per core
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Run again whenever a file changes, until interrupted
    #[arg(long)]
    watch: bool,
}

/// How often `--watch` looks at the files.
const LOOK_AGAIN: Duration = Duration::from_millis(300);

/// A test with how it ended.
pub(super) struct Done<'a> {
    pub(super) test: &'a Test,
    pub(super) verdict: Verdict,
    pub(super) took: Duration,
}

pub(super) fn run(terminal: &Terminal, args: &Args) -> Result<Outcome, Failure> {
    if !args.watch {
        return run_once(terminal, args);
    }
    loop {
        let before = project::fingerprint(&args.path)?;
        if let Err(Failure::Message(why)) = run_once(terminal, args) {
            terminal.show_failure(&why);
        }
        terminal.err(format_args!("waiting for changes in {}; Ctrl-C to stop\n", args.path.display()));
        while project::fingerprint(&args.path)? == before {
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

fn run_once(terminal: &Terminal, args: &Args) -> Result<Outcome, Failure> {
    let built = project::load(&args.path)?.build();
    terminal
        .err(format_args!("{}", report::human(terminal, Colour::from(terminal.colour_err), &built.findings)));
    let Some(program) = &built.program else {
        terminal.err(format_args!("{}; no test was run\n", report::count(&built.findings)));
        return Ok(Outcome::Findings);
    };
    let chosen: Vec<&Test> =
        built.tests.iter().filter(|test| is_chosen(test, args.filter.as_deref())).collect();
    // Too few predicates are asked here for machine code to be worth making.
    let predicates = Predicates::new(program, Backend::Interp);
    let predicates = Arc::new(predicates.map_err(|error| Failure::Message(error.to_string()))?);
    let watch = Stopwatch::start();
    let (done, coverage) = run_all(&predicates, &chosen, args.jobs);
    let took = watch.elapsed();

    let ink = Ink::of(terminal);
    let mut out = String::new();
    for done in &done {
        show(&mut out, done, &built.sources, ink);
    }
    if args.coverage {
        show_coverage(&mut out, program, &coverage, &built.spans, &built.sources);
    }
    let failed = done.iter().filter(|done| !done.verdict.passed()).count();
    out.push_str(&summary(&done, failed, built.tests.len() - chosen.len(), took, ink));
    terminal.out(&out)?;
    if let Some(path) = &args.junit {
        let report = junit::report(&done, &built.sources);
        std::fs::write(path, report).map_err(|error| Failure::at(path, error))?;
    }
    Ok(if failed > 0 { Outcome::Findings } else { Outcome::Clean })
}

fn is_chosen(test: &Test, filter: Option<&str>) -> bool {
    filter.is_none_or(|filter| {
        test.name.contains(filter) || test.journey.as_deref().is_some_and(|journey| journey.contains(filter))
    })
}

/// Runs tests, several at a time; results in the order of the tests.
fn run_all<'a>(
    predicates: &Arc<Predicates>,
    tests: &[&'a Test],
    jobs: Option<usize>,
) -> (Vec<Done<'a>>, Coverage) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let jobs = jobs.unwrap_or(cores).clamp(1, tests.len().max(1));
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut done, mut coverage) = (Vec::new(), Coverage::default());
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(test) = tests.get(index) else { return (done, coverage) };
            let watch = Stopwatch::start();
            let verdict = testing::run(predicates, test, &mut coverage);
            done.push((index, Done { test, verdict, took: watch.elapsed() }));
        }
    };
    let parts = std::thread::scope(|scope| {
        let workers: Vec<_> = (1..jobs).map(|_| scope.spawn(work)).collect();
        let mut parts = vec![work()];
        for worker in workers {
            match worker.join() {
                Ok(part) => parts.push(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        parts
    });
    let (mut all, mut coverage) = (Vec::new(), Coverage::default());
    for (done, reached) in parts {
        all.extend(done);
        coverage.merge(reached);
    }
    all.sort_by_key(|(index, _)| *index);
    (all.into_iter().map(|(_, done)| done).collect(), coverage)
}

/// Colours of the report.
#[derive(Clone, Copy)]
struct Ink {
    good: &'static str,
    bad: &'static str,
    dim: &'static str,
    off: &'static str,
}

impl Ink {
    fn of(terminal: &Terminal) -> Self {
        if terminal.colour_out {
            Self { good: "\x1b[32m", bad: "\x1b[1;31m", dim: "\x1b[2m", off: "\x1b[0m" }
        } else {
            Self { good: "", bad: "", dim: "", off: "" }
        }
    }
}

fn show(out: &mut String, done: &Done<'_>, sources: &SourceMap, ink: Ink) {
    let Ink { good, bad, dim, off } = ink;
    let name = &done.test.name;
    let journey =
        done.test.journey.as_ref().map(|journey| format!(" {dim}({journey}){off}")).unwrap_or_default();
    if done.verdict.passed() {
        out.push_str(&format!("{good}ok{off}      {name}{journey}\n"));
        return;
    }
    out.push_str(&format!("{bad}failed{off}  {name}{journey}\n"));
    for failure in &done.verdict.failures {
        out.push_str(&explain(failure, &done.verdict, sources, ink));
    }
}

/// A failed line: the line, what was found around its place, what explains it.
fn explain(failure: &testing::Failure, verdict: &Verdict, sources: &SourceMap, ink: Ink) -> String {
    let Ink { bad, dim, off, .. } = ink;
    let mut out = format!("\n  {}\n", place(failure.place, sources));
    out.push_str(&format!("    {bad}{}{off}\n", one_line(sources.slice(failure.place))));
    out.push_str(&format!("  {}\n", failure.message));
    for hint in &failure.hints {
        for (index, line) in hint.lines().enumerate() {
            out.push_str(if index == 0 { "  " } else { "    " });
            out.push_str(line);
            out.push('\n');
        }
    }
    if failure.around.is_empty() && !verdict.decisions.is_empty() {
        return out;
    }
    if verdict.decisions.is_empty() {
        out.push_str("  there were no decisions at all\n\n");
        return out;
    }
    out.push_str(&format!("  {dim}decisions around it:{off}\n"));
    if failure.around.start > 0 {
        out.push_str(&format!("    {dim}… {} before{off}\n", failure.around.start));
    }
    for decision in verdict.decisions.get(failure.around.clone()).unwrap_or_default() {
        let mark = if decision.taken { "✓" } else { " " };
        out.push_str(&format!("  {mark} {}\n", decision.line()));
    }
    let after = verdict.decisions.len().saturating_sub(failure.around.end);
    if after > 0 {
        out.push_str(&format!("    {dim}… {after} after{off}\n"));
    }
    out.push('\n');
    out
}

/// `path:line:column`
pub(super) fn place(span: Span, sources: &SourceMap) -> String {
    let at = sources.location(span);
    format!("{}:{}:{}", sources.name(span.file), at.line, at.column)
}

/// A piece of source on one line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn show_coverage(
    out: &mut String,
    program: &Program,
    coverage: &Coverage,
    spans: &Spans,
    sources: &SourceMap,
) {
    let (steps, reached) = coverage.steps(program);
    let (ways, taken) = coverage.ways(program);
    out.push_str(&format!("\ncoverage: {reached} of {steps} steps, {taken} of {ways} branches\n"));
    for missing in coverage.missing(program) {
        let journey = program.journey(missing.journey);
        let places = spans.journeys.get(&missing.journey);
        let step = missing
            .step
            .and_then(|step| Some((journey.steps.get(step.index())?, places?.steps.get(step.index())?)));
        let line = match (step, &missing.way) {
            (None, _) => {
                let at = places.map(|places| place(places.entry, sources)).unwrap_or_default();
                format!("{at}: nobody enters journey `{}`", journey.name)
            }
            (Some((step, span)), None) => {
                format!(
                    "{}: step `{}` of `{}` is never reached",
                    place(span.whole, sources),
                    step.key,
                    journey.name
                )
            }
            (Some((step, span)), Some(way)) => {
                let arm = way.arm.and_then(|arm| span.arms.get(arm)).copied();
                format!(
                    "{}: `{}` of step `{}` of `{}` is never taken",
                    place(arm.unwrap_or(span.head), sources),
                    way.name,
                    step.key,
                    journey.name
                )
            }
        };
        out.push_str(&format!("  {line}\n"));
    }
}

fn summary(done: &[Done<'_>], failed: usize, left_out: usize, took: Duration, ink: Ink) -> String {
    let Ink { good, bad, off, .. } = ink;
    let passed = done.len() - failed;
    let result = if failed > 0 { format!("{bad}{failed} failed{off}, ") } else { String::new() };
    let passed = if passed > 0 && failed == 0 {
        format!("{good}{passed} passed{off}")
    } else {
        format!("{passed} passed")
    };
    let left_out = if left_out > 0 { format!(", {left_out} left out") } else { String::new() };
    if done.is_empty() {
        return format!("no test{left_out}\n");
    }
    format!("\n{result}{passed}{left_out} in {} ms\n", took.as_millis())
}
