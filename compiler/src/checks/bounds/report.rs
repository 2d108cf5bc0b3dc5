//! The table of `check --report`: per journey and for the project, as data and as findings.

use super::class::{journey, project};
use super::entries::live;
use super::{Class, Run, StateBounds};
use crate::checks::wait_never_ends::in_days;
use crate::codes;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ir::{CapScope, ChannelId, Program};
use crate::source::Span;
use serde::Serialize;

const DAY_MS: i64 = 86_400_000;
/// The windows reported.
const WINDOWS: [(&str, i64); 3] = [("1d", DAY_MS), ("7d", 7 * DAY_MS), ("30d", 30 * DAY_MS)];

/// Bounds of a project; `null` where nothing bounds a figure.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Bounds {
    /// Per journey, by name.
    pub journeys: Vec<JourneyBounds>,
    /// Over all journeys, for one user.
    pub messages: Vec<MessageBound>,
    /// Most money per user, project currency, by window.
    pub cost: Vec<CostBound>,
    /// What is remembered of one user.
    pub state: StateBounds,
}

/// Bounds of a journey.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JourneyBounds {
    /// Its name.
    pub journey: String,
    /// Longest live time, ms.
    pub longest_stay_ms: i64,
    /// Most live instances of one user.
    pub live_instances: Option<i64>,
    /// Most messages, by window and scope.
    pub messages: Vec<MessageBound>,
    /// Most money per user, by window.
    pub cost: Vec<CostBound>,
}

/// Most messages of a scope in a window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MessageBound {
    /// Channel, or `all`.
    pub scope: String,
    /// Length of the window as in the language.
    pub window: &'static str,
    /// Most messages before caps.
    pub most: Option<i64>,
    /// Journeys that add most, heaviest first.
    pub contributors: Vec<String>,
    /// Events whose declared rate would bound it.
    pub missing_rates: Vec<String>,
}

/// Most money in a window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CostBound {
    /// Length of the window as in the language.
    pub window: &'static str,
    /// Most money, project currency.
    pub most: Option<f64>,
}

fn money(amount: Option<i64>) -> Option<f64> {
    amount.map(|a| a as f64 / 1e6)
}

fn scope_word(program: &Program, scope: CapScope) -> String {
    match scope {
        CapScope::All => "all".to_owned(),
        CapScope::Channel(channel) => program.channel(channel).name.clone(),
    }
}

/// The scopes some journey sends to.
fn scopes(program: &Program, runs: &[Run<'_>]) -> Vec<CapScope> {
    let used = |scope: CapScope| {
        runs.iter().any(|run| super::class::per_run(run, Class::Messages(scope), i64::MAX / 4) > 0)
    };
    let channels = (0..program.channels.len()).map(|i| CapScope::Channel(ChannelId::new(i)));
    std::iter::once(CapScope::All).chain(channels).filter(|s| used(*s)).collect()
}

pub(super) fn of(program: &Program, runs: &[Run<'_>]) -> Bounds {
    let scopes = scopes(program, runs);
    let journeys = runs.iter().map(|run| of_journey(program, run, &scopes)).collect();
    let mut messages = Vec::new();
    for scope in &scopes {
        for (window, ms) in WINDOWS {
            let bound = project(program, runs, Class::Messages(*scope), ms);
            let contributors =
                bound.shares.iter().take(3).map(|(i, _)| runs[*i].flow.journey.name.clone()).collect();
            messages.push(MessageBound {
                scope: scope_word(program, *scope),
                window,
                most: bound.most,
                contributors,
                missing_rates: bound.missing_rates,
            });
        }
    }
    let cost = WINDOWS
        .iter()
        .map(|(window, ms)| CostBound { window, most: money(project(program, runs, Class::Cost, *ms).most) })
        .collect();
    Bounds { journeys, messages, cost, state: super::state::of(program) }
}

fn of_journey(program: &Program, run: &Run<'_>, scopes: &[CapScope]) -> JourneyBounds {
    let mut messages = Vec::new();
    for scope in scopes {
        for (window, ms) in WINDOWS {
            let (most, missing) = journey(run, Class::Messages(*scope), ms);
            if most != Some(0) {
                messages.push(MessageBound {
                    scope: scope_word(program, *scope),
                    window,
                    most,
                    contributors: Vec::new(),
                    missing_rates: missing.into_iter().collect(),
                });
            }
        }
    }
    let cost = WINDOWS
        .iter()
        .map(|(window, ms)| CostBound { window, most: money(journey(run, Class::Cost, *ms).0) })
        .collect();
    JourneyBounds {
        journey: run.flow.journey.name.clone(),
        longest_stay_ms: run.stay_ms,
        live_instances: live(run, program.settings.max_instances),
        messages,
        cost,
    }
}

pub(super) fn duration(bounds: &JourneyBounds, span: Span) -> Diagnostic {
    let message = format!("`{}` lasts {} at most", bounds.journey, in_days(bounds.longest_stay_ms));
    Diagnostic::new(&codes::DURATION_BOUND, span, message).label("longest stay of a user")
}

pub(super) fn instances(bounds: &JourneyBounds, span: Span) -> Diagnostic {
    let message = match bounds.live_instances {
        Some(n) => format!("a user is in `{}` at most {n} times at once", bounds.journey),
        None => {
            format!("only the runtime's limit bounds how often a user is in `{}` at once", bounds.journey)
        }
    };
    Diagnostic::new(&codes::INSTANCE_BOUND, span, message).label("live instances of one user")
}

pub(super) fn messages(bounds: &JourneyBounds, span: Span) -> Diagnostic {
    let all: Vec<String> = bounds
        .messages
        .iter()
        .filter(|m| m.scope == "all")
        .map(|m| format!("{} in {}", m.most.map_or("any number".to_owned(), |n| n.to_string()), m.window))
        .collect();
    let text = if all.is_empty() {
        "no messages".to_owned()
    } else {
        format!("at most {} messages", all.join(", "))
    };
    let mut finding =
        Diagnostic::new(&codes::MESSAGE_BOUND, span, format!("a user gets {text} from `{}`", bounds.journey))
            .severity(Severity::Info)
            .label("before caps");
    for rate in bounds.messages.iter().flat_map(|m| &m.missing_rates).take(1) {
        finding = finding.note(format!("no rate is declared for `{rate}`"));
    }
    finding
}

pub(super) fn cost(bounds: &JourneyBounds, span: Span) -> Diagnostic {
    let all: Vec<String> = bounds
        .cost
        .iter()
        .map(|c| format!("{} in {}", c.most.map_or("any amount".to_owned(), |x| x.to_string()), c.window))
        .collect();
    Diagnostic::new(
        &codes::COST_BOUND,
        span,
        format!("`{}` costs at most {} per user", bounds.journey, all.join(", ")),
    )
    .severity(Severity::Info)
    .label("prices of the channels, fallbacks included")
}
