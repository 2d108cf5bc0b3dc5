//! No run contradicts a verdict of `check` or exceeds one of its bounds.

use super::{Record, Run, inputs, run};
use std::sync::Arc;
use wayline::engine::Kind;
use wayline_compiler::checks::{bounds_of, unreached};
use wayline_compiler::diagnostic::{Diagnostic, Diagnostics};
use wayline_compiler::ir::{JourneyId, Program, StepKind};
use wayline_compiler::predicates::Backend;
use wayline_compiler::resolve::JourneySpans;
use wayline_compiler::{Settings, Sources};

/// Runs a program that `check` refuses, where it is complete all the same, and holds the verdicts against what happens.
pub(super) fn of_refused(
    sources: &Sources,
    findings: &Diagnostics,
    lines: &[inputs::Line],
) -> Result<(), String> {
    let mut diagnostics = Diagnostics::new();
    let resolved = sources.parse(&mut diagnostics).resolve(&Settings::default(), &mut diagnostics);
    if diagnostics.has_errors() {
        return Ok(());
    }
    let program = Arc::new(resolved.program);
    let run = run(&program, Backend::Interp, lines);
    for (id, places) in &resolved.spans.journeys {
        for finding in findings {
            of_finding(&program, *id, places, finding, &run)?;
        }
    }
    check(&program, &run)
}

/// What an error about a journey says never happens, does not.
fn of_finding(
    program: &Program,
    id: JourneyId,
    places: &JourneySpans,
    finding: &Diagnostic,
    run: &Run,
) -> Result<(), String> {
    let at = finding.primary.span;
    let mut mine = run.records.iter().filter(|record| record.decision.journey == Some(id));
    let broken = match finding.code.name {
        // Said of users who stay in one zone.
        "never-sendable" | "shadowed-send" => mine.filter(|r| stays(run, r)).find(|record| {
            let step =
                record.decision.step.and_then(|step| places.steps.get(step.index()).map(|s| (step, s)));
            record.decision.kind == Kind::Sent
                && step.is_some_and(|(step, places)| {
                    let attempt = places.arms.iter().position(|arm| *arm == at);
                    let channel = match &program.journey(id).steps[step.index()].kind {
                        StepKind::Send(send) => attempt.and_then(|n| send.options.get(n)).map(|o| o.channel),
                        _ => None,
                    };
                    places.head == at || (channel.is_some() && channel == record.decision.channel)
                })
        }),
        "unreachable-goal" if places.goals == [at] => mine.find(|r| r.decision.kind == Kind::Converted),
        "dead-branch" if places.entry == at => mine.find(|r| r.decision.kind == Kind::Entered),
        "entry-implies-exit" if places.exits.contains(&at) => mine.find(|r| r.decision.step.is_some()),
        _ => None,
    };
    match broken {
        Some(record) => Err(format!("`{}` is false: {}", finding.code.name, record.printed)),
        None => Ok(()),
    }
}

/// Whether a user is in one zone all the time.
fn stays(run: &Run, record: &Record) -> bool {
    let mut theirs = run.records.iter().filter(|other| other.user == record.user);
    theirs.all(|other| other.decision.zone == record.decision.zone)
}

/// Steps that nobody reaches decide nothing; nobody gets more messages than the bound says.
pub(super) fn check(program: &Arc<Program>, run: &Run) -> Result<(), String> {
    for journey in (0..program.journeys.len()).map(JourneyId::new) {
        let never = unreached(program, journey);
        let decided = |record: &&Record| {
            record.decision.journey == Some(journey)
                && record.decision.step.is_some_and(|step| never.contains(&step))
        };
        if let Some(record) = run.records.iter().find(decided) {
            return Err(format!("`check` says that nobody gets here: {}", record.printed));
        }
    }
    bounded(program, run)
}

fn bounded(program: &Program, run: &Run) -> Result<(), String> {
    const DAY_MS: i64 = 86_400_000;
    for bound in bounds_of(program).messages {
        let Some(most) = bound.most else { continue };
        let window_ms = match bound.window {
            "1d" => DAY_MS,
            "7d" => 7 * DAY_MS,
            _ => 30 * DAY_MS,
        };
        let counts = |record: &&Record| {
            let channel = record.decision.channel.map(|channel| program.channel(channel).name.as_str());
            record.decision.kind == Kind::Sent
                && (bound.scope == "all" || channel == Some(bound.scope.as_str()))
        };
        let sent: Vec<(&str, i64)> =
            run.records.iter().filter(counts).map(|r| (r.user.as_str(), r.decision.at)).collect();
        for (user, at) in &sent {
            let inside =
                |(other, then): &&(&str, i64)| other == user && *then <= *at && *then > at - window_ms;
            let count = sent.iter().filter(inside).count() as i64;
            if count > most {
                return Err(format!(
                    "{count} {} messages to {user} in {}, and the bound is {most}",
                    bound.scope, bound.window
                ));
            }
        }
    }
    Ok(())
}
