//! `key-mismatch`: a journey keyed by a subject listens to an event with the same subject and does not tie it to the key.

use super::Report;
use super::flow::Flow;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{
    CompareOp, Entry, EventId, Exit, ExprId, ExprKind, FieldId, Program, Source, StepId, StepKind,
};
use crate::source::Span;

/// A place where a journey listens to an event.
struct Listening {
    event: EventId,
    filter: Option<ExprId>,
    span: Span,
    what: &'static str,
}

pub(super) fn check(flow: &mut Flow<'_>, report: &mut Report<'_>) {
    let Entry::Event { event, .. } = &flow.journey.entry else { return };
    let entry = flow.program.event(*event);
    let places = report.journey(flow.id);
    for listening in listenings(flow, report) {
        let inner = flow.program.event(listening.event);
        let Some(subject) = inner.subject else { continue };
        let name = &inner.fields[subject.index()].name;
        let Some(key) = flow.journey.key.iter().find(|k| entry.fields[k.index()].name == *name) else {
            continue;
        };
        if listening.filter.is_some_and(|f| ties(flow.program, f, subject, *key)) {
            continue;
        }
        report.push(
            Diagnostic::new(
                &codes::KEY_MISMATCH,
                listening.span,
                format!("`{}` for any {name} {} for every {name}", inner.name, listening.what),
            )
            .label(format!("says nothing about which {name}"))
            .also(places.entry, format!("one instance per {name}"))
            .help(format!("add `where {name} == entry.{name}`")),
        );
    }
}

fn listenings(flow: &Flow<'_>, report: &Report<'_>) -> Vec<Listening> {
    let places = report.journey(flow.id);
    let at = |spans: &[Span], i: usize| spans.get(i).copied().unwrap_or(places.name);
    let mut all = Vec::new();
    for (i, goal) in flow.journey.goals.iter().enumerate() {
        let (event, filter) = (goal.event, goal.filter);
        all.push(Listening { event, filter, span: at(&places.goals, i), what: "reaches the goal" });
    }
    for (i, exit) in flow.journey.exits.iter().enumerate() {
        if let Exit::Event { event, filter } = exit {
            all.push(Listening {
                event: *event,
                filter: *filter,
                span: at(&places.exits, i),
                what: "ends the instances",
            });
        }
    }
    for (i, step) in flow.journey.steps.iter().enumerate() {
        if let StepKind::WaitFor { arms, .. } = &step.kind {
            for arm in arms {
                let span = report.step(flow.id, StepId::new(i)).head;
                all.push(Listening { event: arm.event, filter: arm.filter, span, what: "ends the wait" });
            }
        }
    }
    all
}

/// Whether a condition compares the event's subject with the entry's key: the same one, or expressly another one.
fn ties(program: &Program, expr: ExprId, subject: FieldId, key: FieldId) -> bool {
    let is = |id: ExprId, source: Source, slot: FieldId| matches!(&program.expr(id).kind, ExprKind::Slot { source: s, slot: n } if *s == source && *n == slot.0);
    match &program.expr(expr).kind {
        ExprKind::Compare { op: CompareOp::Eq | CompareOp::Ne, left, right } => {
            (is(*left, Source::Event, subject) && is(*right, Source::Entry, key))
                || (is(*right, Source::Event, subject) && is(*left, Source::Entry, key))
        }
        ExprKind::All(parts) => parts.iter().any(|p| ties(program, *p, subject, key)),
        ExprKind::Any(parts) => parts.iter().all(|p| ties(program, *p, subject, key)),
        _ => false,
    }
}
