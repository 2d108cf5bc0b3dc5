//! `instant-loop` and `timed-loop`: journeys that trigger each other through `emit`, at once or with a delay.

use super::Report;
use super::bounds::Run;
use super::encode::{At, Moment};
use super::flow::Flow;
use super::wait_never_ends::in_days;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{
    Const, Entry, EventId, ExprId, ExprKind, FieldId, JourneyId, Program, Source, StepId, StepKind,
};
use crate::solve::{Formula, Outcome};

/// One journey's `emit` lets another one in.
struct Edge {
    from: JourneyId,
    to: JourneyId,
    step: StepId,
    least_ms: i64,
}

pub(super) fn check(program: &Program, _: &[Run<'_>], report: &mut Report<'_>) {
    let edges = edges(program);
    let mut reported = vec![false; program.journeys.len()];
    for start in 0..program.journeys.len() {
        let start = JourneyId::new(start);
        if reported[start.index()] {
            continue;
        }
        let Some(ring) = shortest_ring(&edges, start) else { continue };
        let delay: i64 = ring.iter().map(|&e| edges[e].least_ms).sum();
        for &edge in &ring {
            reported[edges[edge].from.index()] = true;
        }
        let first = &edges[ring[0]];
        let span = report.step(first.from, first.step).head;
        let names: Vec<&str> = ring.iter().map(|&e| program.journey(edges[e].to).name.as_str()).collect();
        let finding = if delay == 0 {
            Diagnostic::new(
                &codes::INSTANT_LOOP,
                span,
                "these journeys trigger each other without end at one instant",
            )
            .label(format!("leads back here at once through {}", names.join(", ")))
            .help("put a wait into the loop, or tell apart by a field what was emitted")
        } else {
            Diagnostic::new(&codes::TIMED_LOOP, span, "these journeys trigger each other over and over")
                .label(format!("comes round every {} through {}", in_days(delay), names.join(", ")))
                .help("limit the entry, `reenter every at most N per D`, if that is meant")
        };
        report.push(finding);
    }
}

/// The shortest way from a journey back to itself, as edges.
fn shortest_ring(edges: &[Edge], start: JourneyId) -> Option<Vec<usize>> {
    let mut ways: Vec<Vec<usize>> = vec![Vec::new()];
    let mut seen = std::collections::BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let at = way.last().map_or(start, |&e| edges[e].to);
            for (number, _) in edges.iter().enumerate().filter(|(_, e)| e.from == at) {
                let mut next = way.clone();
                next.push(number);
                if edges[number].to == start {
                    return Some(next);
                }
                if seen.insert(edges[number].to) {
                    longer.push(next);
                }
            }
        }
        ways = longer;
    }
    None
}

fn edges(program: &Program) -> Vec<Edge> {
    let mut all = Vec::new();
    for from in (0..program.journeys.len()).map(JourneyId::new) {
        let emits = program.journey(from).steps.iter().any(|s| matches!(s.kind, StepKind::Emit { .. }));
        if !emits {
            continue;
        }
        let flow = Flow::of(program, from);
        for (index, step) in flow.journey.steps.iter().enumerate() {
            let StepKind::Emit { event, fields } = &step.kind else { continue };
            let Some(state) = &flow.states[index] else { continue };
            for to in (0..program.journeys.len()).map(JourneyId::new) {
                if enters(program, to, *event, fields) {
                    all.push(Edge { from, to, step: StepId::new(index), least_ms: state.least_ms });
                }
            }
        }
    }
    all
}

/// Whether what is emitted can satisfy the entry of a journey: its constant fields and the entry's condition hold together.
fn enters(program: &Program, to: JourneyId, emitted: EventId, fields: &[(FieldId, ExprId)]) -> bool {
    let Entry::Event { event, filter } = &program.journey(to).entry else { return false };
    if *event != emitted {
        return false;
    }
    let Some(filter) = filter else { return true };
    let journey = program.journey(to);
    let mut encoder = super::encode::Encoder::new(program, Some(journey));
    let at = At { moment: Moment::ENTRY, event: Some((*event, super::encode::Occurrence::Entry)) };
    let mut parts = vec![encoder.truth(*filter, at)];
    for (field, value) in fields {
        if let ExprKind::Const(constant) = &program.expr(*value).kind
            && let Some(slot) = entry_slot(program, *field)
        {
            parts.push(is(&mut encoder, slot, constant, at));
        }
    }
    encoder.solve(&Formula::and(parts)) != Outcome::Unsat
}

/// The node that reads a field of the event at hand, where the program has one.
fn entry_slot(program: &Program, field: FieldId) -> Option<ExprId> {
    let found = program
        .exprs
        .iter()
        .position(|e| matches!(e.kind, ExprKind::Slot { source: Source::Event, slot } if slot == field.0));
    found.map(ExprId::new)
}

fn is(encoder: &mut super::encode::Encoder<'_>, slot: ExprId, constant: &Const, at: At) -> Formula {
    encoder.matches_arm(slot, std::slice::from_ref(constant), at)
}
