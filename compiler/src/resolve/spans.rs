//! Where the parts of a lowered program stand in the sources: for checks, tests and editors; a program itself knows nothing of it.

use crate::ir::{ExprId, JourneyId, PolicyId};
use crate::source::Span;
use std::collections::BTreeMap;

/// The places of a program's parts.
#[derive(Debug, Clone, Default)]
pub struct Spans {
    /// Everywhere an expression is written, by id; equal expressions share an id.
    exprs: Vec<Vec<Span>>,
    /// Of each journey.
    pub journeys: BTreeMap<JourneyId, JourneySpans>,
    /// Names of segments, by name.
    pub segments: BTreeMap<String, Span>,
    /// Names of events, by name.
    pub events: BTreeMap<String, Span>,
    /// Names of attributes, by name.
    pub attributes: BTreeMap<String, Span>,
    /// Names of channels, by name.
    pub channels: BTreeMap<String, Span>,
    /// Arms of each `classify`, by its name.
    pub classifies: BTreeMap<String, Vec<Span>>,
    /// The rules of each policy.
    pub policies: BTreeMap<PolicyId, PolicySpans>,
}

/// The places of a policy's rules, in the order of the lowered rules.
#[derive(Debug, Clone, Default)]
pub struct PolicySpans {
    /// Of each cap.
    pub caps: Vec<Span>,
    /// Of each quiet rule.
    pub quiet: Vec<Span>,
    /// Of each budget.
    pub budgets: Vec<Span>,
    /// Of each rate.
    pub rates: Vec<Span>,
    /// Of each promise.
    pub ensures: Vec<Span>,
    /// Of each profile.
    pub profiles: Vec<Span>,
    /// The facts it exempts itself from, by id: `kr.K3`. Their rules are not there, so a program does not tell.
    pub exempt: Vec<String>,
}

/// The places of a journey's parts.
#[derive(Debug, Clone, Default)]
pub struct JourneySpans {
    /// Its name; empty at the first statement for a file's own journey.
    pub name: Span,
    /// The entry statement.
    pub entry: Span,
    /// Each goal.
    pub goals: Vec<Span>,
    /// Each exit.
    pub exits: Vec<Span>,
    /// Each refresh.
    pub refreshes: Vec<Span>,
    /// `lasts at most D`
    pub lasts: Option<Span>,
    /// Each step, by position.
    pub steps: Vec<StepSpans>,
}

/// The places of a step's parts.
#[derive(Debug, Clone, Default)]
pub struct StepSpans {
    /// The step itself, without the blocks inside where it has some.
    pub head: Span,
    /// All of it, label and blocks included.
    pub whole: Span,
    /// Its arms: of a `match`, a `split`, a `wait up to`; the attempts of a send.
    pub arms: Vec<Span>,
    /// Where it was called from, when it comes from a sequence (outermost first).
    pub calls: Vec<Span>,
}

/// How far back a place is looked for: common expressions are written thousands of times in a project.
const LATEST: usize = 64;

impl Spans {
    /// Records that an expression is written here.
    pub(crate) fn note(&mut self, id: ExprId, span: Span) {
        if self.exprs.len() <= id.index() {
            self.exprs.resize_with(id.index() + 1, Vec::new);
        }
        let places = &mut self.exprs[id.index()];
        if !places.iter().rev().take(LATEST).any(|place| *place == span) {
            places.push(span);
        }
    }

    /// A place where an expression is written.
    pub(crate) fn first(&self, id: ExprId) -> Option<Span> {
        self.exprs.get(id.index())?.first().copied()
    }

    /// Where an expression lowered just now is written within `place`, if it is; the first of several.
    pub(crate) fn within(&self, id: ExprId, place: Span) -> Option<Span> {
        let latest = self.exprs.get(id.index())?.iter().rev().take(LATEST);
        latest.filter(|span| place.contains(**span)).min().copied()
    }

    /// Where an expression is written within `place`; elsewhere (in a `define`, say) when it is not written there.
    #[must_use]
    pub fn expr_in(&self, id: ExprId, place: Span) -> Option<Span> {
        let places = self.exprs.get(id.index())?;
        places.iter().find(|span| place.contains(**span)).or(places.first()).copied()
    }
}
