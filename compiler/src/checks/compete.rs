//! `competing-journeys` and `shadowed-send`: journeys that meet at one trigger and one cap.

use super::Report;
use super::bounds::Run;
use super::caps::is_counted;
use super::encode::{At, Encoder, Moment, Occurrence};
use super::flow::Flow;
use super::sendable::counts;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{
    Cap, Entry, EventId, ExprId, Journey, JourneyId, Program, ReenterMode, SegmentId, Send, StepId, StepKind,
};
use crate::solve::{Formula, Outcome};
use std::collections::BTreeSet;

/// What lets users in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trigger {
    Event(EventId),
    Enter(SegmentId),
}

fn trigger(journey: &Journey) -> Option<(Trigger, Option<ExprId>)> {
    match &journey.entry {
        Entry::Event { event, filter } => Some((Trigger::Event(*event), *filter)),
        Entry::Enter { segment, .. } => Some((Trigger::Enter(*segment), None)),
        Entry::Leave { .. } | Entry::Every { .. } | Entry::At { .. } => None,
    }
}

pub(super) fn check(program: &Program, runs: &[Run<'_>], report: &mut Report<'_>) {
    if program.policies.iter().all(|p| p.caps.is_empty()) {
        return;
    }
    // Only journeys with a message at a fixed time after the entry can meet another one for sure.
    let meeting: Vec<&Flow<'_>> =
        runs.iter().map(|run| &run.flow).filter(|flow| fixed_sends(flow).next().is_some()).collect();
    // One finding a journey: the first competitor stands for all of them.
    let mut told = BTreeSet::new();
    for (position, left) in meeting.iter().enumerate() {
        for right in &meeting[position + 1..] {
            if left.journey.priority == right.journey.priority && told.contains(&right.id) {
                continue;
            }
            pair(program, left, right, &mut told, report);
        }
    }
}

fn pair(
    program: &Program,
    left: &Flow<'_>,
    right: &Flow<'_>,
    told: &mut BTreeSet<JourneyId>,
    report: &mut Report<'_>,
) {
    let (l, r) = (left.journey, right.journey);
    let (Some((lt, lf)), Some((rt, rf))) = (trigger(l), trigger(r)) else { return };
    if lt != rt || !due_together(left, right) || !can_meet(program, lt, lf, rf) {
        return;
    }
    if l.priority == r.priority {
        return compete(program, left, right, told, report);
    }
    let (high, low) = if l.priority > r.priority { (left, right) } else { (right, left) };
    let (high_filter, low_filter) = if l.priority > r.priority { (lf, rf) } else { (rf, lf) };
    if always_implies(program, lt, low_filter, high_filter) {
        shadow(program, high, low, report);
    }
}

/// Whether two journeys have messages due at the same time after the entry.
fn due_together(left: &Flow<'_>, right: &Flow<'_>) -> bool {
    fixed_sends(left).any(|(_, _, due)| fixed_sends(right).any(|(_, _, other)| other == due))
}

/// Whether one event can satisfy both conditions.
fn can_meet(program: &Program, trigger: Trigger, left: Option<ExprId>, right: Option<ExprId>) -> bool {
    let (encoder, left, right) = both(program, trigger, left, right);
    encoder.solve(&Formula::and([left, right])) != Outcome::Unsat
}

fn always_implies(program: &Program, trigger: Trigger, narrow: Option<ExprId>, wide: Option<ExprId>) -> bool {
    let (encoder, narrow, wide) = both(program, trigger, narrow, wide);
    encoder.solve(&Formula::and([narrow, wide.not()])) == Outcome::Unsat
}

fn both(
    program: &Program,
    trigger: Trigger,
    left: Option<ExprId>,
    right: Option<ExprId>,
) -> (Encoder<'_>, Formula, Formula) {
    let mut encoder = Encoder::new(program, None);
    let event = match trigger {
        Trigger::Event(event) => Some((event, Occurrence::Later(1))),
        Trigger::Enter(_) => None,
    };
    let at = At { moment: Moment::ENTRY, event };
    let mut truth = |filter: Option<ExprId>| filter.map_or(Formula::True, |f| encoder.truth(f, at));
    let (left, right) = (truth(left), truth(right));
    (encoder, left, right)
}

/// A send and when it is due after the entry, where that is fixed.
fn fixed_sends<'a>(flow: &'a Flow<'_>) -> impl Iterator<Item = (StepId, &'a Send, i64)> {
    flow.journey.steps.iter().enumerate().filter_map(|(index, step)| {
        match (&step.kind, &flow.states[index]) {
            (StepKind::Send(send), Some(state)) if state.least_ms == state.most_ms => {
                Some((StepId::new(index), send, state.least_ms))
            }
            _ => None,
        }
    })
}

/// Equal priority: which of the two messages leaves is decided by the journeys' names.
fn compete(
    program: &Program,
    a: &Flow<'_>,
    b: &Flow<'_>,
    told: &mut BTreeSet<JourneyId>,
    report: &mut Report<'_>,
) {
    let (left, right) = (a.id, b.id);
    let policy = &program.policies[a.journey.policy.index()];
    let Some(cap) = policy.caps.iter().find(|cap| is_counted(a, cap) && is_counted(b, cap)) else { return };
    let meets = fixed_sends(a).filter(|(_, s, _)| is_limited(a, cap, s)).find_map(|(step, _, due)| {
        fixed_sends(b)
            .filter(|(_, s, _)| is_limited(b, cap, s))
            .find(|(_, _, other)| *other == due)
            .map(|(other, ..)| (step, other))
    });
    let Some((first, second)) = meets else { return };
    told.insert(right);
    let (l, r) = (&a.journey.name, &b.journey.name);
    report.push(
        Diagnostic::new(
            &codes::COMPETING_JOURNEYS,
            report.step(right, second).head,
            format!("`{l}` and `{r}` compete for one cap with equal priority"),
        )
        .label("due at the same instant for the same users")
        .also(report.step(left, first).head, format!("so is this message of `{l}`"))
        .help("write `priority 10;` into the one that matters more"),
    );
}

fn is_limited(flow: &Flow<'_>, cap: &Cap, send: &Send) -> bool {
    send.options.iter().any(|o| counts(flow, cap, send.purpose, o.channel))
}

/// Whether everyone who enters a journey surely gets to this send: nothing can end the instance before.
fn is_certain(flow: &Flow<'_>, due_ms: i64) -> bool {
    let journey = flow.journey;
    let open = journey.reenter.mode == ReenterMode::Every
        && journey.reenter.limit.is_none()
        && journey.reenter.cooldown.is_none();
    let stays = due_ms == 0 || (journey.exits.is_empty() && journey.goals.is_empty());
    open && stays && journey.holdout == 0 && journey.active.is_none()
}

/// The higher priority takes the only slot each time.
fn shadow(program: &Program, a: &Flow<'_>, b: &Flow<'_>, report: &mut Report<'_>) {
    let (high, low) = (a.id, b.id);
    let policy = &program.policies[b.journey.policy.index()];
    if a.journey.policy != b.journey.policy {
        return;
    }
    for cap in policy
        .caps
        .iter()
        .filter(|cap| cap.max == 1 && matches!(cap.on_cap, crate::ir::OnCap::Skip | crate::ir::OnCap::Exit))
    {
        for (step, send, due) in
            fixed_sends(b).filter(|(_, s, _)| s.options.len() == 1 && is_limited(b, cap, s))
        {
            let taken = fixed_sends(a).find(|(first, other, at)| {
                // The same channel: consent and reach are the same for both, so the one that is dropped for them drags the other along.
                *at == due
                    && is_first(a, *first)
                    && other.options.len() == 1
                    && other.options[0].channel == send.options[0].channel
                    && other.purpose == send.purpose
                    && is_limited(a, cap, other)
            });
            let Some((winner, ..)) = taken.filter(|_| is_certain(a, due)) else { continue };
            report.push(
                Diagnostic::new(
                    &codes::SHADOWED_SEND,
                    report.step(low, step).head,
                    "this message never leaves: a cap always drops it",
                )
                .label("due at the same instant for the same users, with lower priority")
                .also(report.step(high, winner).head, format!("`{}` takes the only slot", a.journey.name))
                .help("raise its priority, send it at another time, or raise the cap"),
            );
        }
    }
}

/// Whether a step is reached by every path: nothing branches before it.
fn is_first(flow: &Flow<'_>, step: StepId) -> bool {
    let mut at = flow.journey.first;
    while let Some(here) = at {
        if here == step {
            return true;
        }
        let node = &flow.journey.steps[here.index()];
        match &node.kind {
            StepKind::Wait { .. } | StepKind::Set { .. } | StepKind::Emit { .. } | StepKind::Call { .. } => {
                at = node.next
            }
            StepKind::WaitClock { .. }
            | StepKind::WaitUntil { .. }
            | StepKind::WaitFor { .. }
            | StepKind::At { .. }
            | StepKind::If { .. }
            | StepKind::Match { .. }
            | StepKind::Split(_)
            | StepKind::Send(_)
            | StepKind::Repeat { .. }
            | StepKind::Exit { .. } => return false,
        }
    }
    false
}
