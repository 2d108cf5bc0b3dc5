//! What the declarations say of a value: ranges, past instants, monotone growth; and what can change at all.

use super::terms::bounds;
use super::{Encoder, Key, Moment, Place, Var, changes};
use crate::ir::{ExprId, ExprKind, Field, FieldId, Mutability, Source};
use crate::solve::Formula;

impl Encoder<'_> {
    /// The declaration of a slot.
    fn field(&self, place: Place, slot: u32) -> Option<&Field> {
        let index = FieldId(slot).index();
        match place {
            Place::User => self.program.attributes.get(index).map(|a| &a.field),
            Place::Entry => {
                let event = self.entry_event()?;
                self.program.event(event).fields.get(index)
            }
            Place::Event(event, _) => self.program.event(event).fields.get(index),
        }
    }

    fn entry_event(&self) -> Option<crate::ir::EventId> {
        match self.journey?.entry {
            crate::ir::Entry::Event { event, .. } => Some(event),
            crate::ir::Entry::Enter { .. }
            | crate::ir::Entry::Leave { .. }
            | crate::ir::Entry::Every { .. }
            | crate::ir::Entry::At { .. } => None,
        }
    }

    pub(super) fn is_optional(&self, place: Place, slot: u32) -> bool {
        self.field(place, slot).is_none_or(|f| f.optional)
    }

    /// Whether a slot may hold another value at a later moment.
    pub(super) fn slot_changes(&self, place: Place, slot: u32) -> bool {
        match place {
            Place::Entry => self.refreshed.contains(&slot),
            Place::User => self.program.attributes.get(slot as usize).is_none_or(|a| changes(a.mutability)),
            Place::Event(..) => false,
        }
    }

    /// Whether a whole expression reads nothing that may change.
    pub(super) fn is_constant_over_time(&self, expr: ExprId) -> bool {
        match &self.program.expr(expr).kind {
            ExprKind::Const(_) | ExprKind::EntryTime => true,
            ExprKind::Slot { source: Source::Entry, slot } => !self.slot_changes(Place::Entry, *slot),
            ExprKind::Slot { source: Source::User, slot } => !self.slot_changes(Place::User, *slot),
            ExprKind::Slot { source: Source::Event | Source::Elem(_), .. } => true,
            ExprKind::Not(a)
            | ExprKind::Exists(a)
            | ExprKind::Neg(a)
            | ExprKind::ToFloat(a)
            | ExprKind::ToText(a) => self.is_constant_over_time(*a),
            ExprKind::Compare { left: a, right: b, .. }
            | ExprKind::Arith { left: a, right: b, .. }
            | ExprKind::Coalesce { value: a, default: b }
            | ExprKind::Text { value: a, pattern: b, .. }
            | ExprKind::InList { value: a, list: b }
            | ExprKind::Quantified { list: a, predicate: b, .. }
            | ExprKind::AtLeast(a, b)
            | ExprKind::AtMost(a, b) => self.is_constant_over_time(*a) && self.is_constant_over_time(*b),
            ExprKind::OneOf { value, .. } | ExprKind::Matches { value, .. } => {
                self.is_constant_over_time(*value)
            }
            ExprKind::All(parts) | ExprKind::Any(parts) => {
                parts.iter().all(|p| self.is_constant_over_time(*p))
            }
            ExprKind::Column { .. }
            | ExprKind::RowExists { .. }
            | ExprKind::Aggregate { .. }
            | ExprKind::Now
            | ExprKind::Today
            | ExprKind::TimeTest { .. }
            | ExprKind::DateOf(_)
            | ExprKind::Case { .. }
            | ExprKind::Consent { .. }
            | ExprKind::InSegment { .. } => false,
        }
    }

    /// States what is declared of a new variable.
    pub(super) fn declared_facts(&mut self, place: Place, slot: u32, moment: Moment, var: Var) {
        let Some(field) = self.field(place, slot) else { return };
        let ty = field.ty;
        let Var::Int(int) = var else { return };
        let (min, max) = bounds(&ty);
        if let Some(min) = min {
            self.facts.push(Formula::at_least(int, min));
        }
        if let Some(max) = max {
            self.facts.push(Formula::at_most(int, max));
        }
        let past = matches!(ty, crate::ir::schema::FieldType::Time { past: true });
        if past && !matches!(place, Place::Event(..)) {
            // It was not in the future when it arrived, which is not after this moment.
            let now = self.now(moment);
            self.facts.push(Formula::difference(int, now, 0));
        }
        let monotone = place == Place::User
            && self
                .program
                .attributes
                .get(slot as usize)
                .is_some_and(|a| a.mutability == Mutability::Monotone);
        if monotone && let Some(before) = self.moments[moment.0 as usize].before {
            self.grows_from(place, slot, before, int);
        }
    }

    /// A monotone attribute, where it was set before, is at least what it was.
    fn grows_from(&mut self, place: Place, slot: u32, before: Moment, now: crate::solve::IntVar) {
        let earlier = self.int_var(Key::Slot(place, slot, before));
        let grown = Formula::difference(earlier, now, 0);
        let set = if self.is_optional(place, slot) {
            match self.var(Key::Present(place, slot, before), |problem| Var::Bool(problem.bool())) {
                Var::Bool(var) => Formula::truth(var),
                Var::Int(_) | Var::Set(_) | Var::Text(_) => Formula::True,
            }
        } else {
            Formula::True
        };
        self.facts.push(set.implies(grown));
    }
}
