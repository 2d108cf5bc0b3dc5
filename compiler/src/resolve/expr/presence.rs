//! The second pass: what may be missing or zero, given what guards have established.
//!
//! Walks lowered nodes the way they are evaluated, so that the left side of an `and` guards the right one. What tolerates a missing value
//! (`exists`, the left side of `??`, the time of a time test) does so for all that value reads. Start reading at `Resolver::judge`.

use super::super::Resolver;
use super::super::scope::{ExprScope, Facts, Guards, Presence, Truth};
use super::show::Around;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{
    AggId, ArithOp, EventId, ExprId, ExprKind, Field, FieldType, ListId, Read, Scope, Source, TimeTest,
};
use crate::source::Span;

/// Whether the place has a use for a value that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// It has: nothing is reported.
    Tolerated,
    /// It has not.
    Refused,
}

/// Something the runtime could stumble over.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trouble {
    kind: TroubleKind,
    id: ExprId,
    span: Span,
    /// It as its author writes it.
    shown: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TroubleKind {
    /// It may be missing, and the whole is then too.
    Missing,
    /// It may be missing where a history function judges events; no guard or default around that function helps.
    MissingInside,
    /// A divisor that may be zero.
    Zero,
}

/// Where the walk stands.
#[derive(Debug, Clone)]
struct Walk {
    facts: Facts,
    event: Option<EventId>,
    entry: Option<EventId>,
    elements: Vec<ListId>,
    /// The smallest written place around the node at hand.
    place: Span,
    missing: Missing,
    /// Within the `where` of a history function.
    inside: bool,
}

impl Resolver<'_> {
    /// Reports what may be missing or zero in an expression written at `span`; whether it may be missing as a whole, where that is tolerated.
    pub(super) fn judge(
        &mut self,
        id: ExprId,
        span: Span,
        scope: &ExprScope<'_>,
        missing: Missing,
    ) -> Option<Presence> {
        let mut walk = Walk {
            facts: scope.facts.clone(),
            event: scope.event,
            entry: scope.entry,
            elements: scope.elements.clone(),
            place: span,
            missing: Missing::Refused,
            inside: false,
        };
        let mut troubles = Vec::new();
        self.walk(id, &mut walk, &mut troubles);
        if scope.facts.guards == Guards::Broken {
            troubles.clear();
        }
        let soft = |trouble: &Trouble| missing == Missing::Tolerated && trouble.kind == TroubleKind::Missing;
        let presence = if troubles.iter().any(soft) { Presence::Maybe } else { Presence::Always };
        troubles.retain(|trouble| !soft(trouble));
        for (index, trouble) in troubles.iter().enumerate() {
            // The same value twice in one expression is one cause; that it may be zero is the lesser one.
            let about = self.whole(trouble.id);
            let again = troubles[..index].iter().any(|other| {
                other.id == trouble.id && other.kind == trouble.kind
                    || trouble.kind == TroubleKind::Zero && self.whole(other.id) == about
            });
            if !again {
                self.report_trouble(trouble, scope);
            }
        }
        troubles.is_empty().then_some(presence)
    }

    fn walk(&self, id: ExprId, walk: &mut Walk, troubles: &mut Vec<Trouble>) {
        let place = walk.place;
        walk.place = self.spans.within(id, place).unwrap_or(place);
        match &self.arena.get(id).kind {
            ExprKind::Const(_) | ExprKind::Now | ExprKind::Today | ExprKind::EntryTime => {}
            ExprKind::Slot { .. } => self.walk_leaf(id, walk, troubles),
            ExprKind::Column { key, .. } => {
                self.walk(*key, walk, troubles);
                self.walk_leaf(id, walk, troubles);
            }
            ExprKind::Aggregate { agg, keys, since, .. } => {
                self.walk_tolerating(Missing::Refused, walk, |walk| {
                    for operand in keys.iter().chain(since) {
                        self.walk(*operand, walk, troubles);
                    }
                    self.walk_aggregate(*agg, walk, troubles);
                });
                self.walk_leaf(id, walk, troubles);
            }
            ExprKind::All(operands) => self.walk_chain(operands, Truth::True, walk, troubles),
            ExprKind::Any(operands) => self.walk_chain(operands, Truth::False, walk, troubles),
            ExprKind::Exists(value) | ExprKind::RowExists { catalog: _, key: value } => {
                self.walk_tolerating(Missing::Tolerated, walk, |walk| self.walk(*value, walk, troubles));
            }
            ExprKind::Coalesce { value, default } => {
                self.walk_tolerating(Missing::Tolerated, walk, |walk| self.walk(*value, walk, troubles));
                self.walk(*default, walk, troubles);
            }
            ExprKind::TimeTest { test, time, operand } => {
                self.walk_tolerating(Missing::Tolerated, walk, |walk| {
                    self.walk(*time, walk, troubles);
                    if matches!(test, TimeTest::Before | TimeTest::After) {
                        self.walk(*operand, walk, troubles);
                    }
                });
                if matches!(test, TimeTest::OlderThan | TimeTest::WithinLast | TimeTest::WithinNext) {
                    self.walk(*operand, walk, troubles);
                }
            }
            ExprKind::Arith { op, left, right } => {
                self.walk(*left, walk, troubles);
                self.walk(*right, walk, troubles);
                if *op == ArithOp::Div && !self.is_nonzero(*right, walk) {
                    let span = self.spans.within(*right, walk.place).unwrap_or(walk.place);
                    troubles.push(Trouble {
                        kind: TroubleKind::Zero,
                        id: *right,
                        span,
                        shown: self.shown(*right, walk),
                    });
                }
            }
            ExprKind::Quantified { list, predicate, .. } => {
                self.walk(*list, walk, troubles);
                self.walk_elements(*list, *predicate, walk, troubles);
            }
            ExprKind::Case { arms, otherwise } => self.walk_case(arms, *otherwise, walk, troubles),
            // Judged where they are declared.
            ExprKind::Consent { .. } | ExprKind::InSegment { .. } => {}
            kind => kind.for_each_operand(|operand| self.walk(operand, walk, troubles)),
        }
        walk.place = place;
    }

    fn walk_tolerating(&self, missing: Missing, walk: &mut Walk, within: impl FnOnce(&mut Walk)) {
        let before = walk.missing;
        walk.missing = missing;
        within(walk);
        walk.missing = before;
    }

    /// Each operand knows that those before it went the way that made it be looked at.
    fn walk_chain(&self, operands: &[ExprId], truth: Truth, walk: &mut Walk, troubles: &mut Vec<Trouble>) {
        let before = walk.facts.clone();
        for operand in operands {
            self.walk(*operand, walk, troubles);
            walk.facts.add(&self.when(*operand, truth));
        }
        walk.facts = before;
    }

    fn walk_case(
        &self,
        arms: &[(ExprId, ExprId)],
        otherwise: ExprId,
        walk: &mut Walk,
        troubles: &mut Vec<Trouble>,
    ) {
        let before = walk.facts.clone();
        for (condition, value) in arms {
            self.walk(*condition, walk, troubles);
            let refuted = walk.facts.clone();
            walk.facts.add(&self.when(*condition, Truth::True));
            self.walk(*value, walk, troubles);
            walk.facts = refuted;
            walk.facts.add(&self.when(*condition, Truth::False));
        }
        self.walk(otherwise, walk, troubles);
        walk.facts = before;
    }

    fn walk_elements(&self, list: ExprId, predicate: ExprId, walk: &mut Walk, troubles: &mut Vec<Trouble>) {
        let crate::ir::Ty::List(shape) = self.arena.get(list).ty else { return };
        let before = walk.facts.clone();
        // Elements are counted from the inside, so facts about outer ones would be taken for facts about inner ones.
        walk.facts.retain(|id| !self.reads(id).element);
        walk.elements.push(shape);
        self.walk(predicate, walk, troubles);
        walk.elements.pop();
        walk.facts = before;
    }

    /// The `where` of a history function: over its own event, when that arrives or, what is left, at the reading.
    fn walk_aggregate(&self, agg: AggId, walk: &Walk, troubles: &mut Vec<Trouble>) {
        let aggregate = &self.arena.aggregates[agg.index()];
        let mut inner =
            Walk { event: Some(aggregate.event), elements: Vec::new(), inside: true, ..walk.clone() };
        inner.facts.retain(|id| {
            let reads = self.reads(id);
            !reads.event && !reads.element
        });
        let at_reading = inner.facts.clone();
        if let Some(filter) = aggregate.filter {
            // Then only what is pinned is known; nothing of a user's state when some past event came.
            inner.facts.retain(|id| self.is_pinned(id) && matches!(aggregate.scope, Scope::Instance(_)));
            self.walk(filter, &mut inner, troubles);
        }
        if let Some(residual) = aggregate.residual {
            inner.facts = at_reading;
            if let Some(filter) = aggregate.filter {
                inner.facts.add(&self.when(filter, Truth::True));
            }
            self.walk(residual, &mut inner, troubles);
        }
    }

    /// Whether an expression reads nothing but the entry.
    fn is_pinned(&self, id: ExprId) -> bool {
        matches!(self.arena.get(id).kind, ExprKind::Slot { source: Source::Entry, .. })
    }

    fn walk_leaf(&self, id: ExprId, walk: &Walk, troubles: &mut Vec<Trouble>) {
        if walk.missing == Missing::Tolerated || self.is_present(id, walk) {
            return;
        }
        let kind = if walk.inside { TroubleKind::MissingInside } else { TroubleKind::Missing };
        troubles.push(Trouble { kind, id, span: walk.place, shown: self.shown(id, walk) });
    }

    fn shown(&self, id: ExprId, walk: &Walk) -> String {
        self.path_text(id, Around { event: walk.event, entry: walk.entry, elements: &walk.elements })
    }

    /// Whether a slot, column or answer is known to be there.
    fn is_present(&self, id: ExprId, walk: &Walk) -> bool {
        if walk.facts.present.contains(&id) {
            return true;
        }
        match &self.arena.get(id).kind {
            ExprKind::Slot { source, slot } => {
                let Some(field) = self.field_of(*source, *slot, walk) else { return true };
                is_required(field) && self.records_present(*source, &field.name, walk)
            }
            ExprKind::Column { catalog, key, column } => {
                let columns = &self.schema.catalogs[catalog.index()].columns;
                is_required(&columns[column.index()]) && self.row_known(id, walk, *key)
            }
            ExprKind::Aggregate { agg, keys, since, read } => {
                if self.always_answers(*agg, *read) {
                    return true;
                }
                let happened = self.has_happened(id, &walk.facts);
                let read_otherwise = |fact: &ExprId| match &self.arena.get(*fact).kind {
                    ExprKind::Aggregate { agg: other, keys: other_keys, since: other_since, .. } => {
                        other == agg && other_keys == keys && other_since == since
                    }
                    _ => false,
                };
                let answered = happened || walk.facts.present.iter().any(read_otherwise);
                match read {
                    Read::Value => answered,
                    Read::Field(position) => answered && self.kept_is_required(*agg, *position),
                }
            }
            _ => true,
        }
    }

    fn kept_is_required(&self, agg: AggId, position: u32) -> bool {
        let aggregate = &self.arena.aggregates[agg.index()];
        let fields = &self.schema.events[aggregate.event.index()].fields;
        let Some(field) = aggregate.keep_fields.get(position as usize) else { return false };
        let field = &fields[field.index()];
        is_required(field)
            && records_around(&field.name).all(|record| !fields.iter().any(|field| is_mark(field, record)))
    }

    /// Whether the row of a column is known to be there: from a guard on it or on another of its columns.
    fn row_known(&self, column: ExprId, walk: &Walk, key: ExprId) -> bool {
        let ExprKind::Column { catalog, .. } = self.arena.get(column).kind else { return false };
        walk.facts.present.iter().any(|fact| match self.arena.get(*fact).kind {
            ExprKind::RowExists { catalog: of, key: at } | ExprKind::Column { catalog: of, key: at, .. } => {
                of == catalog && at == key
            }
            _ => false,
        })
    }

    /// Whether the optional records around a field are known to be there: from a guard on them or on something inside.
    fn records_present(&self, source: Source, name: &str, walk: &Walk) -> bool {
        records_around(name).all(|record| {
            if !self.has_mark(source, record, walk) {
                return true;
            }
            walk.facts.present.iter().any(|fact| {
                let ExprKind::Slot { source: of, slot } = self.arena.get(*fact).kind else { return false };
                let field = self.field_of(of, slot, walk).filter(|_| of == source);
                field.is_some_and(|field| {
                    field
                        .name
                        .strip_prefix(record)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                })
            })
        })
    }

    /// Whether a record of a row is optional.
    fn has_mark(&self, source: Source, record: &str, walk: &Walk) -> bool {
        let among = |fields: &[Field]| fields.iter().any(|field| is_mark(field, record));
        let event = |event: Option<EventId>| {
            event.is_some_and(|event| among(&self.schema.events[event.index()].fields))
        };
        match source {
            Source::Event => event(walk.event),
            Source::Entry => event(walk.entry),
            Source::User => self.schema.attributes.iter().any(|attribute| is_mark(&attribute.field, record)),
            Source::Elem(out) => {
                element_list(out, walk).is_some_and(|list| among(&self.arena.lists[list.index()]))
            }
        }
    }

    /// The field of a slot.
    fn field_of(&self, source: Source, slot: u32, walk: &Walk) -> Option<&Field> {
        let index = slot as usize;
        match source {
            Source::Event => self.schema.events[walk.event?.index()].fields.get(index),
            Source::Entry => self.schema.events[walk.entry?.index()].fields.get(index),
            Source::User => self.schema.attributes.get(index).map(|attribute| &attribute.field),
            Source::Elem(out) => self.arena.lists[element_list(out, walk)?.index()].get(index),
        }
    }
}

/// Whether a field is always there.
fn is_required(field: &Field) -> bool {
    !field.optional || field.default.is_some()
}

/// The names of the records around a field, outermost first.
fn records_around(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').map(|(at, _)| &name[..at])
}

fn is_mark(field: &Field, record: &str) -> bool {
    field.ty == FieldType::Record && field.name == record
}

/// The list of the element so many `any`s out.
fn element_list(out: u8, walk: &Walk) -> Option<ListId> {
    let position = walk.elements.len().checked_sub(usize::from(out) + 1)?;
    walk.elements.get(position).copied()
}

impl Resolver<'_> {
    /// Whether a divisor cannot be zero.
    fn is_nonzero(&self, id: ExprId, walk: &Walk) -> bool {
        if walk.facts.nonzero.contains(&self.whole(id)) || walk.facts.nonzero.contains(&id) {
            return true;
        }
        let (low, high) = self.bounds(id, walk);
        low.is_some_and(|low| low > 0.0) || high.is_some_and(|high| high < 0.0)
    }

    /// The least and the greatest value a number can have.
    fn bounds(&self, id: ExprId, walk: &Walk) -> (Option<f64>, Option<f64>) {
        if let Some(constant) = self.number(id) {
            return (Some(constant), Some(constant));
        }
        let greater = |a: Option<f64>, b: Option<f64>| a.into_iter().chain(b).reduce(f64::max);
        let smaller = |a: Option<f64>, b: Option<f64>| a.into_iter().chain(b).reduce(f64::min);
        match &self.arena.get(id).kind {
            ExprKind::ToFloat(inner) => self.bounds(*inner, walk),
            ExprKind::AtLeast(a, b) => {
                let (a, b) = (self.bounds(*a, walk), self.bounds(*b, walk));
                (greater(a.0, b.0), a.1.zip(b.1).map(|(a, b)| a.max(b)))
            }
            ExprKind::AtMost(a, b) => {
                let (a, b) = (self.bounds(*a, walk), self.bounds(*b, walk));
                (a.0.zip(b.0).map(|(a, b)| a.min(b)), smaller(a.1, b.1))
            }
            ExprKind::Coalesce { value, default } => {
                let (a, b) = (self.bounds(*value, walk), self.bounds(*default, walk));
                (a.0.zip(b.0).map(|(a, b)| a.min(b)), a.1.zip(b.1).map(|(a, b)| a.max(b)))
            }
            ExprKind::Arith { op: ArithOp::Add, left, right }
                if self.arena.get(id).ty == crate::ir::Ty::Int =>
            {
                let (a, b) = (self.bounds(*left, walk), self.bounds(*right, walk));
                (a.0.zip(b.0).map(|(a, b)| a + b), a.1.zip(b.1).map(|(a, b)| a + b))
            }
            ExprKind::Neg(inner) => {
                let (low, high) = self.bounds(*inner, walk);
                (high.map(|high| -high), low.map(|low| -low))
            }
            ExprKind::Slot { source, slot } => {
                self.field_of(*source, *slot, walk).map_or((None, None), |field| declared_bounds(field.ty))
            }
            ExprKind::Column { catalog, column, .. } => {
                declared_bounds(self.schema.catalogs[catalog.index()].columns[column.index()].ty)
            }
            ExprKind::Aggregate { agg, read: Read::Value, .. } => {
                match self.arena.aggregates[agg.index()].func {
                    crate::ir::AggFunc::Count | crate::ir::AggFunc::Distinct(_) => (Some(0.0), None),
                    _ => (None, None),
                }
            }
            _ => (None, None),
        }
    }

    fn report_trouble(&mut self, trouble: &Trouble, scope: &ExprScope<'_>) {
        let shown = &trouble.shown;
        let diagnostic = match trouble.kind {
            TroubleKind::Missing | TroubleKind::MissingInside => {
                let guard = format!("guard it, `{} exists`", self.guard_text(trouble.id, shown));
                let help = match self.example_default(trouble.id) {
                    Some(default) => format!("{guard}, or give a default, `{shown} ?? {default}`"),
                    None => guard,
                };
                let mut diagnostic =
                    Diagnostic::new(&codes::MAYBE_MISSING, trouble.span, format!("`{shown}` may be missing"))
                        .label("not always there")
                        .help(help);
                if scope.facts.ended.contains(&trouble.id) {
                    diagnostic = diagnostic.note(
                        "it was guarded before, but a step that takes time lies between: guard it again here",
                    );
                }
                diagnostic
            }
            TroubleKind::Zero => Diagnostic::new(
                &codes::MAYBE_ZERO,
                trouble.span,
                format!("the divisor `{shown}` may be zero"),
            )
            .label("may be 0")
            .help(format!("write `at_least({shown}, 1)`, or guard it: `{shown} > 0 and …`")),
        };
        self.report(diagnostic);
    }
}

fn declared_bounds(ty: FieldType) -> (Option<f64>, Option<f64>) {
    #[expect(clippy::cast_precision_loss, reason = "only the sign matters")]
    match ty {
        FieldType::Int(range) => (range.min.map(|n| n as f64), range.max.map(|n| n as f64)),
        FieldType::Float(range) => (range.min, range.max),
        _ => (None, None),
    }
}
