//! `item-mismatch`: the parts of one message are about different things: the title names one product, the link shows another.

use super::Report;
use super::flow::Flow;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{
    AggId, CompareOp, Content, Entry, ExprId, ExprKind, FieldId, Program, Read, SendOption, Source, StepId,
    StepKind, TextPart,
};

/// What a value is about: a subject by name, taken from here.
#[derive(Clone, Debug)]
struct Origin {
    /// `item`
    subject: String,
    /// Which one of them.
    which: Which,
}

/// Which thing of a kind a value is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    /// The one the entry event is about.
    Entry,
    /// The one an event of the past was about.
    Past(AggId),
    /// The one this expression names.
    Named(ExprId),
}

pub(super) fn check(flow: &mut Flow<'_>, report: &mut Report<'_>) {
    for (index, step) in flow.journey.steps.iter().enumerate() {
        let StepKind::Send(send) = &step.kind else { continue };
        let places = report.step(flow.id, StepId::new(index));
        for (number, option) in send.options.iter().enumerate() {
            let Some((subject, first, second)) = mismatch(flow, option) else { continue };
            let span = places.arms.get(number).copied().unwrap_or(places.head);
            report.push(
                Diagnostic::new(
                    &codes::ITEM_MISMATCH,
                    span,
                    format!("`{first}` and `{second}` of this message are about different {subject}s"),
                )
                .label(format!("two different keys of {subject}"))
                .help(format!("look both up by the same {subject}")),
            );
        }
    }
}

/// Two fields of a message whose values are about different things of one kind.
fn mismatch<'a>(flow: &Flow<'_>, option: &'a SendOption) -> Option<(String, &'a str, &'a str)> {
    let mut seen: Vec<(Origin, &str)> = Vec::new();
    for (name, content) in &option.fields {
        let mut origins = Vec::new();
        for value in values(content) {
            collect(flow, value, &mut origins);
        }
        for origin in origins {
            let other = seen
                .iter()
                .find(|(o, _)| o.subject == origin.subject && !same(flow.program, o.which, origin.which));
            if let Some((_, earlier)) = other {
                return Some((origin.subject, earlier, name));
            }
            seen.push((origin, name));
        }
    }
    None
}

fn values(content: &Content) -> Vec<ExprId> {
    match content {
        Content::Value(value) => vec![*value],
        Content::Text(text) => text
            .variants
            .iter()
            .flat_map(|(_, parts)| parts)
            .filter_map(|part| match part {
                TextPart::Value(value) => Some(*value),
                TextPart::Literal(_) => None,
            })
            .collect(),
    }
}

/// What an expression is about: catalog rows by their key, fields of an event with a subject by that subject.
fn collect(flow: &Flow<'_>, expr: ExprId, origins: &mut Vec<Origin>) {
    let program = flow.program;
    let kind = &program.expr(expr).kind;
    match kind {
        ExprKind::Column { catalog, key, .. } => {
            let subject = program.catalogs[catalog.index()].key.clone();
            origins.push(Origin { subject, which: named(flow, *key) });
        }
        ExprKind::Slot { source: Source::Entry, .. } => {
            if let Some((subject, _)) = entry_subject(flow) {
                origins.push(Origin { subject, which: Which::Entry });
            }
        }
        ExprKind::Aggregate { agg, keys, read: Read::Field(_), .. } => {
            let event = program.event(program.aggregates[agg.index()].event);
            if let Some(subject) = event.subject {
                let which = past(flow, *agg, keys, subject);
                origins.push(Origin { subject: event.fields[subject.index()].name.clone(), which });
            }
        }
        _ => kind.for_each_operand(|operand| collect(flow, operand, origins)),
    }
}

/// The subject of the entry event: its name and field.
fn entry_subject(flow: &Flow<'_>) -> Option<(String, FieldId)> {
    let Entry::Event { event, .. } = &flow.journey.entry else { return None };
    let event = flow.program.event(*event);
    let subject = event.subject?;
    Some((event.fields[subject.index()].name.clone(), subject))
}

/// What a key stands for: the subject of the entry or of a past event where it is read from one.
fn named(flow: &Flow<'_>, key: ExprId) -> Which {
    match &flow.program.expr(key).kind {
        ExprKind::Slot { source: Source::Entry, slot }
            if entry_subject(flow).is_some_and(|(_, subject)| subject.0 == *slot) =>
        {
            Which::Entry
        }
        ExprKind::Aggregate { agg, keys, read: Read::Field(kept), .. } => {
            let aggregate = &flow.program.aggregates[agg.index()];
            let subject = flow.program.event(aggregate.event).subject;
            let reads_it = subject.is_some() && aggregate.keep_fields.get(*kept as usize).copied() == subject;
            match subject.filter(|_| reads_it) {
                Some(subject) => past(flow, *agg, keys, subject),
                None => Which::Named(key),
            }
        }
        _ => Which::Named(key),
    }
}

/// What a past event was about: where its condition ties the subject to something, that.
fn past(flow: &Flow<'_>, agg: AggId, keys: &[ExprId], subject: FieldId) -> Which {
    let aggregate = &flow.program.aggregates[agg.index()];
    let grouped = aggregate.group_by.iter().position(|field| *field == subject).and_then(|at| keys.get(at));
    let tied = grouped.copied().or_else(|| {
        let conditions = [aggregate.filter, aggregate.residual];
        conditions.into_iter().flatten().find_map(|condition| tied_to(flow.program, condition, subject))
    });
    tied.map_or(Which::Past(agg), |key| named(flow, key))
}

/// What a condition says the subject of the event equals.
fn tied_to(program: &Program, condition: ExprId, subject: FieldId) -> Option<ExprId> {
    let is_subject = |id: ExprId| matches!(program.expr(id).kind, ExprKind::Slot { source: Source::Event, slot } if slot == subject.0);
    match &program.expr(condition).kind {
        ExprKind::Compare { op: CompareOp::Eq, left, right } if is_subject(*left) => Some(*right),
        ExprKind::Compare { op: CompareOp::Eq, left, right } if is_subject(*right) => Some(*left),
        ExprKind::All(parts) => parts.iter().find_map(|part| tied_to(program, *part, subject)),
        _ => None,
    }
}

/// Whether two things are surely the same. Equal expressions share a node; of one past event several fields may be kept apart.
fn same(program: &Program, left: Which, right: Which) -> bool {
    match (left, right) {
        (Which::Named(left), Which::Named(right)) => program.expr(left) == program.expr(right),
        (Which::Past(left), Which::Past(right)) => {
            let (l, r) = (&program.aggregates[left.index()], &program.aggregates[right.index()]);
            (l.event, l.filter, l.residual, l.func, l.window)
                == (r.event, r.filter, r.residual, r.func, r.window)
        }
        (left, right) => left == right,
    }
}
