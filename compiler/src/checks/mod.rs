//! What `check` proves beyond syntax, names and types: one file per check, over one forward pass per journey.
//!
//! A check reads the program, the pass ([`flow`]) and the decision procedure, and reports findings; it changes nothing. Errors are
//! proofs: what the procedure does not know is never one. To add a check: write its page and line in `codes`, its file here, its line
//! in [`JOURNEY_CHECKS`] or [`PROJECT_CHECKS`].

pub(crate) mod encode;
pub(crate) mod flow;
mod questions;

pub mod bounds;
mod caps;
mod compete;
mod compliance;
mod dead_branch;
mod dst_fragile;
mod duplicate_journey;
mod entry_implies_exit;
mod goal_window;
mod hold;
mod item_mismatch;
mod key_mismatch;
mod loops;
mod paths;
mod redundant_exit;
mod sendable;
pub(crate) mod silence;
mod unbounded_instances;
mod unreachable_goal;
mod unreachable_step;
mod wait_never_ends;
mod week;

use crate::codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::host::{self, Alone, Host, Stage};
use crate::ir::{JourneyId, Program, StepId};
use crate::pipeline::Settings;
use crate::resolve::{JourneySpans, Spans, StepSpans};
use crate::source::Span;
pub use bounds::Bounds;
use flow::{Cause, Flow};
use questions::Questions;

/// A check of one journey.
type JourneyCheck = fn(&mut Flow<'_>, &mut Report<'_>);
/// A check of the whole project, over its journeys as the pass found them.
type ProjectCheck = fn(&Program, &[bounds::Run<'_>], &mut Report<'_>);

const JOURNEY_CHECKS: &[JourneyCheck] = &[
    dead_branch::check,
    unreachable_step::check,
    unreachable_goal::check,
    wait_never_ends::check,
    goal_window::check,
    entry_implies_exit::check,
    redundant_exit::check,
    key_mismatch::check,
    unbounded_instances::check,
    item_mismatch::check,
    sendable::check,
    compliance::check,
    dst_fragile::check,
];

const PROJECT_CHECKS: &[ProjectCheck] = &[
    dead_branch::check_classes,
    loops::check,
    caps::check,
    caps::check_policies,
    compete::check,
    compliance::check_policies,
    duplicate_journey::check,
];

/// Checks a program that has no error so far; what is bounded comes back.
pub(crate) fn run(
    program: &Program,
    spans: &Spans,
    settings: &Settings,
    diagnostics: &mut Diagnostics,
    host: &dyn Host,
) -> Bounds {
    // Questions of each journey, then of the project.
    let asked: Vec<Questions> = (0..=program.journeys.len()).map(|_| Questions::default()).collect();
    let asked_of = |number: usize| if host.listens() { asked.get(number) } else { None };
    host.begins(Stage::Journeys);
    let changing = flow::changing(program);
    let checked = host::map(host, program.journeys.len(), |index| {
        let mut found = Diagnostics::new();
        let mut report = Report { spans, settings, questions: asked_of(index), diagnostics: &mut found };
        let mut flow = Flow::asking(program, JourneyId::new(index), &changing, asked_of(index));
        for check in JOURNEY_CHECKS {
            check(&mut flow, &mut report);
        }
        given_up(&flow, &mut report);
        (bounds::Run::of(flow), found)
    });
    let mut runs = Vec::with_capacity(checked.len());
    for (run, found) in checked {
        diagnostics.append(found);
        runs.push(run);
    }
    host.begins(Stage::Project);
    let mut report = Report { spans, settings, questions: asked_of(program.journeys.len()), diagnostics };
    for check in PROJECT_CHECKS {
        check(program, &runs, &mut report);
    }
    host.begins(Stage::Bounds);
    let bounds = bounds::run(program, &runs, &mut report);
    drop(runs);
    for (number, questions) in asked.into_iter().enumerate() {
        let about = program.journeys.get(number).map_or("project", |journey| journey.name.as_str());
        questions.told(about, host);
    }
    bounds
}

/// The steps of a journey that nobody ever reaches, in order: what no run may contradict, and what an editor may dim.
#[must_use]
pub fn unreached(program: &Program, journey: JourneyId) -> Vec<StepId> {
    let flow = Flow::of(program, journey);
    (0..flow.states.len()).filter(|index| flow.states[*index].is_none()).map(StepId::new).collect()
}

/// The bounds of a program, whatever was found in it.
#[must_use]
pub fn bounds_of(program: &Program) -> Bounds {
    let mut diagnostics = Diagnostics::new();
    run(program, &Spans::default(), &Settings::default(), &mut diagnostics, &Alone)
}

/// Says where the procedure spent its budget: no finding there means nothing.
fn given_up(flow: &Flow<'_>, report: &mut Report<'_>) {
    if let Some(step) = flow.unknown.first() {
        let span = report.step(flow.id, *step).head;
        report.push(
            Diagnostic::new(&codes::UNKNOWN, span, "the conditions on the way here are too many to decide")
                .label("given up here")
                .help("simplify the conditions before this step"),
        );
    }
}

/// Where findings go, and where things stand in the sources.
pub(crate) struct Report<'a> {
    /// Places.
    pub(crate) spans: &'a Spans,
    /// What the project says outside its texts.
    pub(crate) settings: &'a Settings,
    /// Where questions are written down, if anybody listens.
    questions: Option<&'a Questions>,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Report<'a> {
    /// Reports a finding.
    pub(crate) fn push(&mut self, finding: Diagnostic) {
        self.diagnostics.push(finding);
    }

    /// The places of a journey.
    pub(crate) fn journey(&self, id: JourneyId) -> JourneySpans {
        self.spans.journeys.get(&id).cloned().unwrap_or_default()
    }

    /// The places of a step.
    pub(crate) fn step(&self, journey: JourneyId, step: StepId) -> StepSpans {
        self.journey(journey).steps.get(step.index()).cloned().unwrap_or_default()
    }

    /// The place of an expression inside a step.
    pub(crate) fn in_step(&self, journey: JourneyId, step: StepId, expr: crate::ir::ExprId) -> Span {
        let places = self.step(journey, step);
        self.spans.expr_in(expr, places.head).unwrap_or(places.head)
    }

    /// Adds what is to blame to a finding: a label each, at most four.
    pub(crate) fn with_blame(&self, mut finding: Diagnostic, flow: &Flow<'_>, blame: &[Cause]) -> Diagnostic {
        let journey = self.journey(flow.id);
        for cause in blame.iter().take(4) {
            let (span, text) = match *cause {
                Cause::Entry(expr) => (
                    self.spans.expr_in(expr, journey.entry).unwrap_or(journey.entry),
                    "everyone who enters satisfies this".to_owned(),
                ),
                Cause::ExitWhen(position, _) => (
                    journey.exits.get(position).copied().unwrap_or(journey.name),
                    "whoever satisfies this has already left".to_owned(),
                ),
                Cause::ExitOn(position) => (
                    journey.exits.get(position).copied().unwrap_or(journey.name),
                    "the event ends the journey here first".to_owned(),
                ),
                Cause::Goal(position) => (
                    journey.goals.get(position).copied().unwrap_or(journey.name),
                    "the event reaches this goal first".to_owned(),
                ),
                Cause::Holds(step, expr) => (self.in_step(flow.id, step, expr), "this holds here".to_owned()),
                Cause::Fails(step, expr) => {
                    (self.in_step(flow.id, step, expr), "this does not hold here".to_owned())
                }
                Cause::Arm(step, position) => {
                    let places = self.step(flow.id, step);
                    (
                        places.arms.get(position).copied().unwrap_or(places.head),
                        "the arms before decide this".to_owned(),
                    )
                }
                Cause::Start => (journey.entry, "the first step runs at once".to_owned()),
                Cause::Time(step) => (self.step(flow.id, step).head, "time that has passed".to_owned()),
                Cause::Join(step) => {
                    (self.step(flow.id, step).head, "one of the ways that lead here was taken".to_owned())
                }
                Cause::Lifetime => {
                    (journey.lasts.unwrap_or(journey.name), "nobody stays longer than this".to_owned())
                }
            };
            if finding.primary.span != span {
                finding = finding.also(span, text);
            }
        }
        finding
    }
}
