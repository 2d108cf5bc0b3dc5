//! Bounds: the most messages and money any user can get, over all journeys of the project; and the author's promises about them.
//!
//! A bound is never low: gaps are counted at their shortest, holds as if messages piled up, events as often as declared. A promise
//! (`ensure`) is an error only with a witness, a run that breaks it; between witness and bound nobody knows, and that is said.
//! Start at [`run`]; `class` bounds one kind of message over one window, `entries` how many runs overlap a window.

mod class;
mod entries;
mod report;
mod state;
mod witness;

use super::Report;
use super::flow::Flow;
use super::paths::Paths;
use super::unbounded_instances::longest_stay_ms;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{CapPeriod, CapScope, Ensure, JourneyId, PolicyId, Program};
pub use report::{Bounds, JourneyBounds, MessageBound};
pub use state::{AggregateState, StateBounds};
use witness::{Asked, Found};

/// What bounds need of a journey.
pub(super) struct Run<'p> {
    pub(super) flow: Flow<'p>,
    pub(super) paths: Paths,
    pub(super) stay_ms: i64,
    /// The shortest live time.
    pub(super) least_stay_ms: i64,
}

impl<'p> Run<'p> {
    pub(super) fn of(flow: Flow<'p>) -> Run<'p> {
        let paths = Paths::of(&flow);
        let stay_ms = longest_stay_ms(&flow);
        // An exit can end an instance at any time.
        let least_stay_ms = if flow.journey.exits.is_empty() && flow.journey.goals.is_empty() {
            flow.ends.iter().map(|s| s.least_ms).min().unwrap_or(0)
        } else {
            0
        };
        Run { flow, paths, stay_ms, least_stay_ms }
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Class {
    /// Messages of a scope.
    Messages(CapScope),
    /// Money, in millionths of the project's currency.
    Cost,
}

/// Bounds everything and holds the promises against it.
pub(super) fn run(program: &Program, runs: &[Run<'_>], report: &mut Report<'_>) -> Bounds {
    for (index, policy) in program.policies.iter().enumerate() {
        let places = report.spans.policies.get(&PolicyId::new(index)).cloned().unwrap_or_default();
        for (position, ensure) in policy.ensures.iter().enumerate() {
            if let Some(place) = places.ensures.get(position) {
                promise(program, runs, ensure, *place, report);
            }
        }
    }
    let bounds = report::of(program, runs);
    for (index, journey) in bounds.journeys.iter().enumerate() {
        let name = report.journey(JourneyId::new(index)).name;
        report.push(report::duration(journey, name));
        report.push(report::instances(journey, name));
        report.push(report::messages(journey, name));
        report.push(report::cost(journey, name));
    }
    bounds
}

/// The most messages of a scope (or money, in millionths) that any user is due in a period, before caps; `None` when nothing bounds it.
pub(super) fn demand(program: &Program, runs: &[Run<'_>], class: Class, per: CapPeriod) -> Option<i64> {
    class::project(program, runs, class, per.longest_ms()).most
}

/// A promise: proven, broken with a witness, or unknown.
fn promise(
    program: &Program,
    runs: &[Run<'_>],
    ensure: &Ensure,
    place: crate::source::Span,
    report: &mut Report<'_>,
) {
    let (class, per, max, what) = match *ensure {
        Ensure::Messages { scope, max, per, demand } => {
            let what = format!("{max} {}", scope_name(program, scope));
            return messages_promise(
                program,
                runs,
                scope,
                per,
                i64::from(max),
                demand,
                (place, what),
                report,
            );
        }
        Ensure::Cost { max, per } => (Class::Cost, per, max, format!("a cost of {max}")),
        Ensure::CampaignCost { max, users, per } => {
            (Class::Cost, per, max / users.max(1) as f64, format!("a cost of {max} for {users} users"))
        }
    };
    let allowed = (max * 1e6).floor() as i64;
    let bound = class::project(program, runs, class, per.longest_ms());
    let asked = Asked { class, per, allowed, before_caps: false };
    let show = |amount: i64| format!("{}", amount as f64 / 1e6);
    let find = || witness::of(program, runs, asked);
    verdict(&codes::COST_BOUND, (place, what), (bound, allowed), find, show, report);
}

#[expect(clippy::too_many_arguments, reason = "a promise has these parts, and only here")]
fn messages_promise(
    program: &Program,
    runs: &[Run<'_>],
    scope: CapScope,
    per: CapPeriod,
    max: i64,
    demand: bool,
    place: (crate::source::Span, String),
    report: &mut Report<'_>,
) {
    let class = Class::Messages(scope);
    let window = per.longest_ms();
    let demanded = class::project(program, runs, class, window);
    let bound =
        if demand { demanded.clone() } else { class::after_caps(program, demanded.clone(), scope, window) };
    let asked = Asked { class, per, allowed: max, before_caps: demand };
    let find = || witness::of(program, runs, asked);
    verdict(&codes::MESSAGE_BOUND, place, (bound, max), find, |n| n.to_string(), report);
}

fn verdict(
    code: &'static codes::Code,
    (place, what): (crate::source::Span, String),
    (bound, allowed): (class::Bound, i64),
    find: impl FnOnce() -> Option<Found>,
    show: impl Fn(i64) -> String,
    report: &mut Report<'_>,
) {
    if bound.most.is_some_and(|most| most <= allowed) {
        return;
    }
    let mut finding = match find() {
        Some(found) => {
            let mut finding = Diagnostic::new(code, place, format!("a user can get more than {what}"))
                .label(format!("one user gets {}", show(found.witness.amount)))
                .help("add a cap, spread the messages out, or limit the entries");
            for line in found.story {
                finding = finding.note(line);
            }
            finding.witness(found.witness)
        }
        None => Diagnostic::new(
            &codes::UNKNOWN,
            place,
            format!("it is not known whether a user can get more than {what}"),
        )
        .label(match bound.most {
            Some(most) => format!("at most {}, but no run was found that gets there", show(most)),
            None => "nothing bounds it".to_owned(),
        })
        .help("declare rates of the events that let users in, or add a cap"),
    };
    for missing in &bound.missing_rates {
        finding = finding.note(format!("no rate is declared for `{missing}`"));
    }
    report.push(finding);
}

pub(super) fn scope_name(program: &Program, scope: CapScope) -> String {
    match scope {
        CapScope::All => "messages".to_owned(),
        CapScope::Channel(channel) => format!("`{}` messages", program.channel(channel).name),
    }
}
