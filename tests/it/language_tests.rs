//! The tests in the language: those of the examples pass, and those that fail say why.

use crate::support::{files, findings, folder, name, read, snapshots, stem};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use wayline::host::testing::{self, Coverage, Failure, Verdict};
use wayline_compiler::predicates::{Backend, Predicates};
use wayline_compiler::{Compiled, Settings, Sources, compile};

/// Runs the tests of a project; what those said that failed, and what no test has reached.
fn run(project: &str, paths: &[PathBuf], expect_failure: impl Fn(&str) -> bool) -> (String, String) {
    let mut sources = Sources::new();
    for path in paths {
        sources.add(name(path), read(path));
    }
    let compiled = compile(&sources, &Settings::default());
    run_compiled(project, &sources, &compiled, expect_failure)
}

/// The same of a project that is compiled.
pub(crate) fn run_compiled(
    project: &str,
    sources: &Sources,
    compiled: &Compiled,
    expect_failure: impl Fn(&str) -> bool,
) -> (String, String) {
    let Some(program) = &compiled.program else { panic!("{project}: {}", findings(sources, compiled)) };
    let predicates = match Predicates::new(program, Backend::Interp) {
        Ok(predicates) => Arc::new(predicates),
        Err(error) => panic!("{error}"),
    };
    let (mut said, mut coverage) = (String::new(), Coverage::default());
    for test in &compiled.tests {
        let verdict = testing::run(&predicates, test, &mut coverage);
        let told: Vec<String> =
            verdict.failures.iter().map(|failure| tell(failure, &verdict, sources)).collect();
        let told = told.join("");
        assert_eq!(!verdict.passed(), expect_failure(&test.name), "{project}: {}\n{told}", test.name);
        if !verdict.passed() {
            said.push_str(&format!("{}\n{told}\n", test.name));
        }
    }
    let missing = coverage.missing(program).into_iter().map(|missing| {
        let journey = program.journey(missing.journey);
        let step = missing.step.map_or("", |step| journey.steps[step.index()].key.as_str());
        let way = missing.way.map(|way| format!(" {}", way.name)).unwrap_or_default();
        format!("{} {step}{way}\n", journey.name)
    });
    (said, missing.collect())
}

fn tell(failure: &Failure, verdict: &Verdict, sources: &Sources) -> String {
    let line = sources.map().slice(failure.place).split_whitespace().collect::<Vec<_>>().join(" ");
    let hints: String =
        failure.hints.iter().flat_map(|hint| hint.lines()).map(|line| format!("    {line}\n")).collect();
    let around: String = verdict.decisions[failure.around.clone()]
        .iter()
        .map(|decision| format!("    | {}\n", decision.line()))
        .collect();
    format!("  {line}\n    {}\n{hints}{around}", failure.message)
}

#[test]
fn failures_show_the_line_the_decisions_around_it_and_why() {
    for path in files(&folder("tests/corpus/tests"), "way") {
        let (said, missing) =
            run(&stem(&path), std::slice::from_ref(&path), |name| name.starts_with("fails"));
        let all = format!("{said}never reached:\n{missing}");
        snapshots().bind(|| insta::assert_snapshot!(format!("tests_{}", stem(&path)), all));
    }
}

#[test]
fn tests_of_the_examples_pass() {
    let mut projects: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for path in files(&folder("examples"), "way") {
        let project = path.parent().unwrap_or(&path).to_owned();
        projects.entry(project).or_default().push(path);
    }
    for (project, paths) in projects {
        run(&name(&project), &paths, |_| false);
    }
}
