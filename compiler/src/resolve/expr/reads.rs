//! What an expression reads: which rows, history, the clock.
//!
//! Answers questions of the other modules; reports nothing.

use super::super::Resolver;
use crate::ir::{ExprId, ExprKind, FieldId, Source, TimeTest, Window};
use std::collections::BTreeSet;

/// What an expression reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reads {
    /// The event at hand.
    pub(super) event: bool,
    /// Which of its fields.
    pub(super) event_fields: BTreeSet<FieldId>,
    /// Which fields of the entry.
    pub(super) entry_fields: BTreeSet<FieldId>,
    /// `entry.time`
    pub(super) entry_time: bool,
    /// An element of a list outside of the expression.
    pub(super) element: bool,
    /// The present: `now`, `today`, a time test, a window that moves.
    pub(super) clock: bool,
    /// History.
    pub(super) history: bool,
    /// History that depends on the event at hand.
    pub(super) history_of_event: bool,
}

impl Resolver<'_> {
    /// What an expression reads.
    pub(super) fn reads(&self, id: ExprId) -> Reads {
        let mut reads = Reads::default();
        self.collect_reads(id, 0, &mut reads);
        reads
    }

    fn collect_reads(&self, id: ExprId, depth: u8, reads: &mut Reads) {
        let kind = &self.arena.get(id).kind;
        match kind {
            ExprKind::Slot { source: Source::Event, slot } => {
                reads.event = true;
                reads.event_fields.insert(FieldId(*slot));
            }
            ExprKind::Slot { source: Source::Entry, slot } => {
                reads.entry_fields.insert(FieldId(*slot));
            }
            ExprKind::Slot { source: Source::Elem(out), .. } => reads.element |= *out >= depth,
            ExprKind::Now | ExprKind::Today => reads.clock = true,
            ExprKind::TimeTest {
                test: TimeTest::OlderThan | TimeTest::WithinLast | TimeTest::WithinNext,
                ..
            } => {
                reads.clock = true;
            }
            ExprKind::EntryTime => reads.entry_time = true,
            ExprKind::Aggregate { agg, keys, since, .. } => {
                reads.history = true;
                let aggregate = &self.arena.aggregates[agg.index()];
                reads.clock |= matches!(aggregate.window, Window::Within(_));
                let mut outside = Reads::default();
                for operand in keys.iter().chain(since) {
                    self.collect_reads(*operand, depth, &mut outside);
                }
                reads.history_of_event |= outside.event;
            }
            ExprKind::Quantified { list, predicate, .. } => {
                self.collect_reads(*list, depth, reads);
                self.collect_reads(*predicate, depth.saturating_add(1), reads);
                return;
            }
            _ => {}
        }
        kind.for_each_operand(|operand| self.collect_reads(operand, depth, reads));
    }
}
