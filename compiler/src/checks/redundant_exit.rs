//! `redundant-exit`: an exit or a goal that another exit, or a goal before it, always forestalls.

use super::Report;
use super::encode::{At, Moment};
use super::flow::Flow;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{EventId, Exit, ExprId, Goal};
use crate::solve::{Formula, Outcome};
use crate::source::Span;

/// What ends an instance: on an event where something holds, or whenever something holds.
#[derive(Clone, Copy)]
struct End {
    event: Option<EventId>,
    condition: Option<ExprId>,
}

pub(super) fn check(flow: &mut Flow<'_>, report: &mut Report<'_>) {
    let places = report.journey(flow.id);
    let journey = flow.journey;
    let exits: Vec<End> = journey.exits.iter().map(of_exit).collect();
    let goals: Vec<End> = journey.goals.iter().map(of_goal).collect();
    let exit_at = |i: usize| places.exits.get(i).copied().unwrap_or(places.name);
    let goal_at = |i: usize| places.goals.get(i).copied().unwrap_or(places.name);
    for (position, exit) in exits.iter().enumerate() {
        let wider = exits.iter().enumerate().position(|(other, wide)| {
            // Of two that say the same the later one is the redundant one.
            other != position
                && implies(flow, *exit, *wide)
                && (other < position || !implies(flow, *wide, *exit))
        });
        if let Some(other) = wider {
            report.push(finding("exit", "leaves", exit_at(position), exit_at(other)));
            continue;
        }
        // Goals come before exits, so a goal that is open as long as anyone stays takes them first. An exit that says just what a
        // goal says is a habit that does no harm, and stays right when the goal's window is shortened.
        let goal = (0..goals.len()).find(|goal| {
            outlasts_all(flow, &journey.goals[*goal])
                && implies(flow, *exit, goals[*goal])
                && !implies(flow, goals[*goal], *exit)
        });
        if let Some(goal) = goal {
            report.push(finding("exit", "leaves", exit_at(position), goal_at(goal)));
        }
    }
    for (position, goal) in journey.goals.iter().enumerate() {
        // Of the goals one event reaches, the first that ends the instance is the last.
        let before = (0..position).find(|other| {
            let wide = &journey.goals[*other];
            !wide.keep_going
                && (wide.window == goal.window || wide.window.shortest_ms() >= goal.window.longest_ms())
                && implies(flow, goals[position], goals[*other])
        });
        if let Some(other) = before {
            report.push(finding("goal", "gets", goal_at(position), goal_at(other)));
        }
    }
}

fn finding(what: &str, verb: &str, at: Span, wider: Span) -> Diagnostic {
    Diagnostic::new(&codes::REDUNDANT_EXIT, at, format!("this {what} changes nothing"))
        .label(format!("whoever {verb} here {verb} there first"))
        .also(wider, "already covers it")
        .help("remove it, or narrow the other one")
}

fn of_exit(exit: &Exit) -> End {
    match exit {
        Exit::Event { event, filter } => End { event: Some(*event), condition: *filter },
        Exit::When { predicate } => End { event: None, condition: Some(*predicate) },
    }
}

fn of_goal(goal: &Goal) -> End {
    End { event: Some(goal.event), condition: goal.filter }
}

/// Whether a goal ends the instance and its window is open as long as anyone can stay. A refresh moves the end, not the window.
fn outlasts_all(flow: &Flow<'_>, goal: &Goal) -> bool {
    let stay = flow.ends.iter().map(|end| end.most_ms).max().unwrap_or(i64::MAX);
    let lasts = flow.journey.lasts.map_or(i64::MAX, crate::ir::Span::longest_ms);
    !goal.keep_going && flow.journey.refreshes.is_empty() && goal.window.shortest_ms() >= stay.min(lasts)
}

/// Whether everyone the first one takes is taken by the second one at the same moment.
fn implies(flow: &mut Flow<'_>, narrow: End, wide: End) -> bool {
    if narrow.event != wide.event {
        return false;
    }
    let moment = flow.encoder.later(Moment::ENTRY);
    let occurrence = flow.encoder.occurrence();
    let at = At { moment, event: narrow.event.map(|e| (e, occurrence)) };
    let mut holds = |end: End| end.condition.map_or(Formula::True, |c| flow.encoder.truth(c, at));
    let (narrow, wide) = (holds(narrow), holds(wide));
    let entry = flow.entry.formula();
    flow.encoder.solve(&Formula::and([entry, narrow, wide.not()])) == Outcome::Unsat
}
