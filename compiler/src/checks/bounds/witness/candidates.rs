//! Journeys that can take part in a story: their messages at fixed times after the entry.

use super::super::{Class, Run};
use super::Asked;
use crate::checks::flow::{Cause, Flow};
use crate::checks::paths::Sent;
use crate::checks::sendable::covers;
use crate::ir::{
    CapScope, Const, Entry, EventId, Exit, ExprKind, Journey, Program, ReenterMode, Send, Span, StepId,
    StepKind,
};

/// A message of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    /// How long after the entry.
    pub(super) at_ms: i64,
    /// The send.
    pub(super) step: StepId,
    /// How much it adds.
    pub(super) adds: i64,
}

/// A journey with the messages of its best path.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// Position of the journey.
    pub(super) run: usize,
    /// The event that lets the user in; `None` where a segment does.
    pub(super) event: Option<EventId>,
    pub(super) dues: Vec<Due>,
    /// How long after an entry the next one is let in, where that is known.
    pub(super) again_ms: Option<i64>,
}

impl Candidate {
    pub(super) fn total(&self) -> i64 {
        self.dues.iter().fold(0, |sum, due| sum.saturating_add(due.adds))
    }

    /// When the first message that counts is due after the entry.
    pub(super) fn first_ms(&self) -> i64 {
        self.dues.iter().find(|due| due.adds > 0).map_or(0, |due| due.at_ms)
    }
}

/// Every journey that can take part.
pub(super) fn all(program: &Program, runs: &[Run<'_>], asked: Asked) -> Vec<Candidate> {
    let of = |(index, run): (usize, &Run<'_>)| {
        let journey = run.flow.journey;
        let event = match journey.entry {
            Entry::Event { event, .. } => Some(event),
            Entry::Enter { .. } => None,
            Entry::Leave { .. } | Entry::Every { .. } | Entry::At { .. } => return None,
        };
        if journey.active.is_some() || journey.holdout >= 1_000_000 {
            return None;
        }
        let dues = best(program, run, asked.class)?;
        Some(Candidate { run: index, event, dues, again_ms: again_ms(run) })
    };
    runs.iter().enumerate().filter_map(of).collect()
}

/// What a send adds when its first channel takes it.
fn adds(program: &Program, send: &Send, class: Class) -> i64 {
    let Some(option) = send.options.first() else { return 0 };
    match class {
        Class::Messages(scope) => i64::from(covers(scope, option.channel)),
        // Each message has one part at least.
        Class::Cost => (program.channel(option.channel).cost * 1e6).round() as i64,
    }
}

/// The path with most messages among those that need nothing but the entry and time.
fn best(program: &Program, run: &Run<'_>, class: Class) -> Option<Vec<Due>> {
    let dues = |path: &Vec<Sent>| -> Option<Vec<Due>> {
        path.iter()
            .map(|sent| {
                let at_ms = fixed_ms(&run.flow, sent.step)?;
                let StepKind::Send(send) = &run.flow.journey.steps[sent.step.index()].kind else {
                    return None;
                };
                Some(Due { at_ms, step: sent.step, adds: adds(program, send, class) })
            })
            .collect()
    };
    let sum = |dues: &Vec<Due>| dues.iter().fold(0i64, |sum, due| sum.saturating_add(due.adds));
    run.paths.sends.iter().filter_map(dues).filter(|dues| sum(dues) > 0).max_by_key(sum)
}

/// How long after the entry everyone who enters comes to a step, where that is one fixed time and nothing is held.
fn fixed_ms(flow: &Flow<'_>, step: StepId) -> Option<i64> {
    let state = flow.states[step.index()].as_ref()?;
    let is_plain =
        state.guards.iter().all(|g| matches!(g.cause, Cause::Entry(_) | Cause::Time(_) | Cause::Lifetime));
    if !is_plain {
        return None;
    }
    let mut at = flow.journey.first?;
    let mut passed = 0i64;
    // The straight way: nothing on it branches.
    while at != step {
        let node = &flow.journey.steps[at.index()];
        match &node.kind {
            StepKind::Wait { duration } => match flow.program.expr(*duration).kind {
                ExprKind::Const(Const::Duration(Span::Exact(ms))) => passed = passed.saturating_add(ms),
                _ => return None,
            },
            StepKind::Send(_) | StepKind::Call { .. } | StepKind::Emit { .. } => {}
            // What a condition leads to without taking time changes nothing about when.
            StepKind::If { .. } if state.least_ms == state.most_ms => return Some(state.least_ms),
            _ => return None,
        }
        at = node.next?;
    }
    Some(passed)
}

/// When the next entry is let in, where runs end at a fixed time and nothing else limits entries.
fn again_ms(run: &Run<'_>) -> Option<i64> {
    let journey = run.flow.journey;
    let is_free = journey.reenter.mode == ReenterMode::AfterExit
        && journey.reenter.limit.is_none()
        && journey.reenter.cooldown.is_none()
        && journey.key.is_empty()
        && journey.exits.is_empty()
        && journey.goals.is_empty();
    let last = StepId::new(journey.steps.len().checked_sub(1)?);
    let end = fixed_ms(&run.flow, last)?;
    let own = match &journey.steps[last.index()].kind {
        StepKind::Wait { duration } => match run.flow.program.expr(*duration).kind {
            ExprKind::Const(Const::Duration(Span::Exact(ms))) => ms,
            _ => return None,
        },
        StepKind::Send(_) | StepKind::Call { .. } => 0,
        _ => return None,
    };
    is_free.then(|| end.saturating_add(own).saturating_add(1))
}

/// Whether a journey can be told together with those already chosen: no event of the story ends, moves or restarts a run of it.
pub(super) fn go_together(runs: &[Run<'_>], chosen: &[Candidate], candidate: &Candidate) -> bool {
    let all = || chosen.iter().chain([candidate]);
    let is_quiet = |of: &Candidate| {
        let journey = runs[of.run].flow.journey;
        let hears =
            |event: EventId| all().any(|c| c.event == Some(event) || emits(runs[c.run].flow.journey, event));
        let exits = journey.exits.iter().any(|exit| match exit {
            Exit::Event { event, .. } => hears(*event),
            Exit::When { .. } => true,
        });
        exits
            || journey.goals.iter().any(|goal| hears(goal.event))
            || journey.refreshes.iter().any(|refresh| hears(refresh.event))
            || (journey.reenter.mode == ReenterMode::Restart
                && all().any(|c| c.run != of.run && c.event == of.event))
    };
    !all().any(is_quiet)
}

fn emits(journey: &Journey, event: EventId) -> bool {
    journey
        .steps
        .iter()
        .any(|step| matches!(step.kind, StepKind::Emit { event: emitted, .. } if emitted == event))
}

/// Whether a cap counts messages of this scope.
pub(super) fn overlaps(cap: CapScope, scope: CapScope) -> bool {
    cap == CapScope::All || scope == CapScope::All || cap == scope
}
