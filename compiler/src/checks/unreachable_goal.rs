//! `unreachable-goal`: no run can reach the goal before exits, expiry or its window.

use super::Report;
use super::encode::{At, Moment};
use super::flow::{Cause, Flow};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Entry, Exit, Goal};
use crate::solve::{Formula, Outcome};

pub(super) fn check(flow: &mut Flow<'_>, report: &mut Report<'_>) {
    if flow.entry_is_empty() || super::entry_implies_exit::fires(flow) {
        return;
    }
    let places = report.journey(flow.id);
    for (position, goal) in flow.journey.goals.iter().enumerate() {
        let span = places.goals.get(position).copied().unwrap_or(places.name);
        if already_used(flow, goal) {
            let event = &flow.program.event(goal.event).name;
            report.push(
                Diagnostic::new(&codes::UNREACHABLE_GOAL, span, "nobody can reach this goal")
                    .label(format!("`{event}` happens once in a user's life, and it is the entry"))
                    .also(places.entry, "the entry event is never a goal")
                    .help("name another event"),
            );
            continue;
        }
        if let Some(blame) = blocked(flow, goal) {
            let finding = Diagnostic::new(&codes::UNREACHABLE_GOAL, span, "nobody can reach this goal")
                .label("whoever would satisfy this has left before")
                .help("loosen the goal, or narrow the exits");
            let finding = report.with_blame(finding, flow, &blame);
            report.push(finding);
        }
    }
}

/// The goal's event happens once in a life and has happened.
fn already_used(flow: &Flow<'_>, goal: &Goal) -> bool {
    flow.program.event(goal.event).once
        && matches!(&flow.journey.entry, Entry::Event { event, .. } if *event == goal.event)
}

/// The goal's condition cannot hold for anyone who is still there. Exits work while the instance is live, so they count only where
/// nobody's live time ends before the window does.
fn blocked(flow: &mut Flow<'_>, goal: &Goal) -> Option<Vec<Cause>> {
    let filter = goal.filter?;
    let shortest_stay = flow.ends.iter().map(|s| s.least_ms).min().unwrap_or(i64::MAX);
    let exits_count = shortest_stay >= goal.window.longest_ms();
    let moment = flow.encoder.later(Moment::ENTRY);
    let occurrence = flow.encoder.occurrence();
    let at = At { moment, event: Some((goal.event, occurrence)) };
    let mut state = flow.entry.clone();
    state.moment = moment;
    if exits_count {
        for (position, exit) in flow.journey.exits.iter().enumerate() {
            // Goals come before exits: what the goal's own event makes true does not take anyone away before it.
            if let Exit::When { predicate } = exit
                && !flow.encoder.reads_history(*predicate)
            {
                let stays = flow.encoder.truth(*predicate, At::moment(moment)).not();
                flow.push_guard(&mut state, stays, Cause::ExitWhen(position, *predicate));
            }
        }
    }
    let reached = flow.encoder.truth(filter, at);
    let all = Formula::and([state.formula(), reached.clone()]);
    (flow.encoder.solve(&all) == Outcome::Unsat).then(|| flow.blame(&state, &[reached]))
}
