//! `item-mismatch`: the parts of one message are about different things: the title names one product, the link shows another.

use super::Report;
use super::flow::Flow;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Content, Entry, ExprId, ExprKind, Program, SendOption, Source, StepId, StepKind, TextPart};

/// What a value is about: a subject by name, taken from here.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    /// `item`
    subject: String,
    /// The expression that says which one; reads of the subject field itself count as that field.
    key: ExprId,
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
                .find(|(o, _)| o.subject == origin.subject && !same(flow.program, o.key, origin.key));
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

/// What an expression is about: catalog rows by their key, fields of an entry event with a subject by that subject.
fn collect(flow: &Flow<'_>, expr: ExprId, origins: &mut Vec<Origin>) {
    let program = flow.program;
    match &program.expr(expr).kind {
        ExprKind::Column { catalog, key, .. } => {
            origins.push(Origin { subject: program.catalogs[catalog.index()].key.clone(), key: *key });
        }
        ExprKind::Slot { source: Source::Entry, .. } => {
            let Entry::Event { event, .. } = &flow.journey.entry else { return };
            let event = program.event(*event);
            let Some(subject) = event.subject else { return };
            let key = program.exprs.iter().position(
                |e| matches!(e.kind, ExprKind::Slot { source: Source::Entry, slot } if slot == subject.0),
            );
            if let Some(key) = key {
                let subject = event.fields[subject.index()].name.clone();
                origins.push(Origin { subject, key: ExprId::new(key) });
            }
        }
        ExprKind::Coalesce { value, default } => {
            collect(flow, *value, origins);
            collect(flow, *default, origins);
        }
        ExprKind::Arith { left, right, .. } => {
            collect(flow, *left, origins);
            collect(flow, *right, origins);
        }
        ExprKind::ToText(inner) | ExprKind::ToFloat(inner) | ExprKind::Neg(inner) => {
            collect(flow, *inner, origins)
        }
        _ => {}
    }
}

/// Whether two keys are surely the same thing. Equal expressions share a node.
fn same(program: &Program, left: ExprId, right: ExprId) -> bool {
    left == right || program.expr(left) == program.expr(right)
}
