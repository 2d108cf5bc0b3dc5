//! What an expression reads: which entry fields, which events by way of aggregates, whether catalogs.
//!
//! Expressions may be as long as a source file, so the walk keeps its own stack. Knows nothing of values.

use std::collections::BTreeSet;
use wayline_compiler::ir::{Content, EventId, ExprId, ExprKind, Program, Send, Source, StepKind, TextPart};

/// What some expressions read.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Reads {
    /// Slots of the entry row.
    pub(in crate::engine) entry: BTreeSet<u32>,
    /// Events whose coming may change an aggregate that is read.
    pub(in crate::engine) events: BTreeSet<EventId>,
    /// Whether a catalog is read.
    pub(in crate::engine) catalogs: bool,
}

impl Reads {
    /// Adds what an expression reads.
    pub(in crate::engine) fn add(&mut self, program: &Program, expr: ExprId) {
        let mut stack = vec![expr];
        while let Some(expr) = stack.pop() {
            match &program.expr(expr).kind {
                ExprKind::Slot { source: Source::Entry, slot } => drop(self.entry.insert(*slot)),
                ExprKind::Column { .. } | ExprKind::RowExists { .. } => self.catalogs = true,
                ExprKind::Aggregate { agg, .. } => {
                    let aggregate = &program.aggregates[agg.index()];
                    self.events.insert(aggregate.event);
                    stack.extend(aggregate.filter);
                    stack.extend(aggregate.residual);
                }
                _ => {}
            }
            program.expr(expr).kind.each_operand(&mut |operand| stack.push(operand));
        }
    }
    /// What an expression reads.
    pub(in crate::engine) fn of(program: &Program, expr: ExprId) -> Self {
        let mut reads = Self::default();
        reads.add(program, expr);
        reads
    }
}

/// Every expression of a step.
pub(super) fn of_step(kind: &StepKind, out: &mut Vec<ExprId>) {
    match kind {
        StepKind::Wait { duration } => out.push(*duration),
        StepKind::WaitClock { clock, zone, .. } => {
            out.push(*clock);
            out.extend(*zone);
        }
        StepKind::WaitUntil { predicate, .. } => out.push(*predicate),
        StepKind::WaitFor { arms, .. } => {
            out.extend(arms.iter().flat_map(|arm| [arm.filter, arm.since_entry]).flatten());
        }
        StepKind::At { time, on_day, .. } => {
            out.push(*time);
            out.extend(on_day.map(|(_, clock)| clock));
        }
        StepKind::If { condition, .. } => out.push(*condition),
        StepKind::Match { value, .. } | StepKind::Set { value, .. } => out.push(*value),
        StepKind::Send(send) => of_send(send, out),
        StepKind::Repeat { until, .. } => out.extend(*until),
        StepKind::Emit { fields, .. } => out.extend(fields.iter().map(|(_, value)| *value)),
        StepKind::Call { fields, .. } => out.extend(fields.iter().map(|(_, value)| *value)),
        StepKind::Split(_) | StepKind::Exit { .. } => {}
    }
}

fn of_send(send: &Send, out: &mut Vec<ExprId>) {
    for (_, content) in send.options.iter().flat_map(|option| &option.fields) {
        match content {
            Content::Value(value) => out.push(*value),
            Content::Text(text) => {
                let parts = text.variants.iter().flat_map(|(_, parts)| parts);
                out.extend(parts.filter_map(|part| match part {
                    TextPart::Literal(_) => None,
                    TextPart::Value(value) => Some(*value),
                }));
            }
        }
    }
}
