//! Deriving what is remembered: the smallest state that answers a history function.
//!
//! The conjuncts of its `where` go three ways. What is known when the event arrives (its fields, attributes and rows of that moment, for
//! an instance its pinned entry) filters what is fed. A field that equals something known only at the reading (`item == entry.item` over
//! a time before the entry) keys one state per value. The rest is judged at each reading over a list of the events. Start reading at
//! `Resolver::aggregate`.

use super::super::Resolver;
use super::super::scope::{ExprScope, Outer, Position};
use super::history::Reach;
use super::lower::{Connective, Lowered};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{
    AggFunc, AggId, Aggregate, CompareOp, EventId, ExprId, ExprKind, FieldId, Keep, Scope, Source, Window,
};
use crate::source::Span;
use crate::syntax::ast;

/// `field == value`, the value being of the place around the history function.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// The field of the event.
    pub(super) field: FieldId,
    /// What it must equal, known at the reading.
    pub(super) value: Lowered,
}

/// A conjunct of a `where`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Condition {
    /// Something about the event.
    About(Lowered),
    /// A key.
    Key(Key),
}

/// A history function to be answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Its event.
    pub(super) event: EventId,
    /// What it computes.
    pub(super) func: AggFunc,
    /// Over which part of history.
    pub(super) reach: Reach,
}

impl Resolver<'_> {
    /// The conjuncts of the `where` of a history function, in the scope of its event.
    pub(super) fn history_filter(
        &mut self,
        event: EventId,
        filter: &ast::Expr,
        reach: Option<Reach>,
        scope: &ExprScope<'_>,
    ) -> Option<Vec<Condition>> {
        let position = match scope.position {
            Position::Body | Position::Header | Position::InnerWhere => Position::InnerWhere,
            Position::EntryWhere => Position::EntryWhere,
            Position::User => Position::User,
        };
        let outer = Some(Outer { event: scope.event });
        let mut inner =
            ExprScope { position, event: Some(event), outer, elements: Vec::new(), ..scope.clone() };
        let mut conditions = Vec::new();
        let mut failed = reach.is_none();
        for conjunct in conjuncts(filter) {
            let condition = match self.outer_key(conjunct, &inner, scope) {
                Some((field, value)) => self.key(field, value, &mut inner, scope).map(Condition::Key),
                None => self.condition(conjunct, &mut inner).map(Condition::About),
            };
            failed |= condition.is_none();
            conditions.extend(condition);
        }
        if failed { None } else { Some(conditions) }
    }

    /// The sides of `item == entry.item` where the latter is a field of the event around: inner side, outer side.
    fn outer_key<'e>(
        &self,
        conjunct: &'e ast::Expr,
        inner: &ExprScope<'_>,
        scope: &ExprScope<'_>,
    ) -> Option<(&'e ast::Expr, &'e ast::Expr)> {
        let ast::ExprKind::Compare { op: ast::CompareOp::Eq, left, right } = &conjunct.inner().kind else {
            return None;
        };
        let reaches_out = |side: &ast::Expr| {
            let ast::ExprKind::Path { base, .. } = &side.inner().kind else { return false };
            let ast::ExprKind::Name(name) = &base.inner().kind else { return false };
            let Some(around) = scope.event else { return false };
            let named = self.schema.events[around.index()].name == name.text && inner.event != Some(around);
            named || (name.as_str() == "entry" && scope.position == Position::EntryWhere)
        };
        match (reaches_out(left), reaches_out(right)) {
            (false, true) => Some((left, right)),
            (true, false) => Some((right, left)),
            (true, true) | (false, false) => None,
        }
    }

    fn key(
        &mut self,
        field: &ast::Expr,
        value: &ast::Expr,
        inner: &mut ExprScope<'_>,
        scope: &ExprScope<'_>,
    ) -> Option<Key> {
        let lowered = self.lower(field, inner, None)?;
        let ExprKind::Slot { source: Source::Event, slot } = self.arena.get(lowered.id).kind else {
            self.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, field.span, "history is not kept for this comparison")
                    .label("not a field of the event")
                    .help("compare a field itself: `where item == entry.item`"),
            );
            return None;
        };
        let value = self.lower(value, &mut scope.clone(), Some(lowered.ty))?;
        let value = self.expect_type(value, lowered.ty)?;
        Some(Key { field: FieldId(slot), value })
    }

    /// The condition `field == value`: a key where the value is known only at the reading.
    pub(super) fn key_condition(&mut self, key: Key) -> Condition {
        let reads = self.reads(key.value.id);
        if reads.event || reads.element {
            return Condition::Key(key);
        }
        let field = self.node(
            ExprKind::Slot { source: Source::Event, slot: key.field.0 },
            key.value.ty,
            key.value.span,
        );
        Condition::About(self.compare_nodes(CompareOp::Eq, field, key.value))
    }

    /// The aggregate that answers, and the keys it is read with.
    pub(super) fn aggregate(
        &mut self,
        wanted: Wanted,
        conditions: Vec<Condition>,
        scope: &ExprScope<'_>,
    ) -> Option<(AggId, Vec<ExprId>)> {
        let mut sorted = Sorted::default();
        for condition in conditions {
            match condition {
                Condition::Key(key) => self.add_key(&mut sorted, key),
                Condition::About(about) => {
                    self.sort_condition(&mut sorted, about, wanted.reach.scope, scope)?
                }
            }
        }
        sorted.keys.sort_by_key(|key| key.field);
        let filter = self.conjunction(&sorted.filter);
        let residual = self.conjunction(&sorted.residual);
        let keep_fields = residual.map(|residual| self.reads(residual).event_fields).unwrap_or_default();
        let id = self.arena.aggregate(Aggregate {
            event: wanted.event,
            filter,
            residual,
            group_by: sorted.keys.iter().map(|key| key.field).collect(),
            func: wanted.func,
            window: wanted.reach.window,
            scope: wanted.reach.scope,
            keep: keep(wanted.func, wanted.reach.window, residual),
            keep_fields: keep_fields.into_iter().collect(),
        });
        Some((id, sorted.keys.iter().map(|key| key.value.id).collect()))
    }

    fn add_key(&mut self, sorted: &mut Sorted, key: Key) {
        if sorted.keys.iter().any(|known| known.field == key.field && known.value.id == key.value.id) {
            return;
        }
        sorted.keys.push(key);
    }

    /// Flattens a condition and puts each conjunct where it is decided.
    fn sort_condition(
        &mut self,
        sorted: &mut Sorted,
        about: Lowered,
        state: Scope,
        scope: &ExprScope<'_>,
    ) -> Option<()> {
        let conjuncts = match &self.arena.get(about.id).kind {
            ExprKind::All(conjuncts) => conjuncts.clone(),
            _ => vec![about.id],
        };
        for conjunct in conjuncts {
            let reads = self.reads(conjunct);
            if reads.history_of_event {
                self.report_nested(about.span);
                return None;
            }
            let refreshed = reads.entry_fields.iter().any(|field| scope.refreshed.contains(field));
            let late_entry = match state {
                Scope::Instance(_) => refreshed,
                Scope::User => reads.entry_time || !reads.entry_fields.is_empty(),
            };
            if !(late_entry || reads.history || reads.clock) {
                sorted.filter.push(conjunct);
                continue;
            }
            match self.as_key(conjunct, about.span) {
                Some(key) if !sorted.keys.iter().any(|known| known.field == key.field) => {
                    sorted.keys.push(key)
                }
                _ => sorted.residual.push(conjunct),
            }
        }
        Some(())
    }

    /// A conjunct `field == value` whose value does not depend on the event.
    fn as_key(&self, conjunct: ExprId, span: Span) -> Option<Key> {
        let ExprKind::Compare { op: CompareOp::Eq, left, right } = self.arena.get(conjunct).kind else {
            return None;
        };
        let sides = [(left, right), (right, left)];
        sides.into_iter().find_map(|(field, value)| {
            let ExprKind::Slot { source: Source::Event, slot } = self.arena.get(field).kind else {
                return None;
            };
            let ty = self.arena.get(value).ty;
            (!self.reads(value).event)
                .then_some(Key { field: FieldId(slot), value: Lowered { id: value, ty, span } })
        })
    }

    fn report_nested(&mut self, span: Span) {
        self.report(
            Diagnostic::new(&codes::TYPE_MISMATCH, span, "history is not kept for this comparison")
                .label("one history function per event of another")
                .help("inside a `where` of history, another history function cannot depend on the event's fields"),
        );
    }

    fn conjunction(&mut self, conjuncts: &[ExprId]) -> Option<ExprId> {
        match conjuncts {
            [] => None,
            [one] => Some(*one),
            [first, ..] => {
                let span = self.spans.first(*first).unwrap_or_default();
                Some(self.join(Connective::All, conjuncts.iter().copied(), span).id)
            }
        }
    }
}

/// The conjuncts of a `where` by how they are decided.
#[derive(Debug, Default)]
struct Sorted {
    filter: Vec<ExprId>,
    keys: Vec<Key>,
    residual: Vec<ExprId>,
}

/// `a and b and (c and d)` as its conjuncts.
fn conjuncts(filter: &ast::Expr) -> Vec<&ast::Expr> {
    let mut found = Vec::new();
    let mut open = vec![filter];
    while let Some(expr) = open.pop() {
        match &expr.inner().kind {
            ast::ExprKind::And(operands) => open.extend(operands.iter().rev()),
            _ => found.push(expr),
        }
    }
    found
}

/// The least that must be kept.
fn keep(func: AggFunc, window: Window, residual: Option<ExprId>) -> Keep {
    if residual.is_some() {
        return Keep::Listed;
    }
    match (window, func) {
        // Distinct values are a set that grows; everything else over a growing past is constant.
        (Window::Ever | Window::SinceEntry, AggFunc::Distinct(_)) => Keep::Listed,
        (Window::Ever | Window::SinceEntry, _) => Keep::Running,
        (Window::Within(_) | Window::Since, AggFunc::Did | AggFunc::Last) => Keep::LastInstant,
        (Window::Within(_) | Window::Since, _) => Keep::Listed,
    }
}
