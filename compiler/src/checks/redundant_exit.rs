//! `redundant-exit`: one exit, or one goal, implies another.

use super::Report;
use super::encode::{At, Moment};
use super::flow::Flow;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{EventId, Exit, ExprId};
use crate::solve::{Formula, Outcome};

/// What ends an instance: on an event where something holds, or whenever something holds.
#[derive(Clone, Copy)]
struct End {
    event: Option<EventId>,
    condition: Option<ExprId>,
}

pub(super) fn check(flow: &mut Flow<'_>, report: &mut Report<'_>) {
    let places = report.journey(flow.id);
    let exits: Vec<End> = flow
        .journey
        .exits
        .iter()
        .map(|exit| match exit {
            Exit::Event { event, filter } => End { event: Some(*event), condition: *filter },
            Exit::When { predicate } => End { event: None, condition: Some(*predicate) },
        })
        .collect();
    for (position, exit) in exits.iter().enumerate() {
        let wider = exits.iter().enumerate().find(|(other, wide)| {
            // Of two that say the same the later one is the redundant one.
            *other != position
                && implies(flow, *exit, **wide)
                && (*other < position || !implies(flow, **wide, *exit))
        });
        if let Some((other, _)) = wider {
            let at = |i: usize| places.exits.get(i).copied().unwrap_or(places.name);
            report.push(
                Diagnostic::new(&codes::REDUNDANT_EXIT, at(position), "this exit changes nothing")
                    .label("whoever leaves here leaves by the other one")
                    .also(at(other), "already covers it")
                    .help("remove it, or narrow the other one"),
            );
        }
    }
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
