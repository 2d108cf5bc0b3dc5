//! What the declarations say of a value: ranges, past instants, monotone growth; and what can change at all.

use super::terms::{bounds, number};
use super::{Encoder, Key, Moment, Place, Var, bit};
use crate::ir::{Const, ExprId, ExprKind, Field, FieldId, FieldType, Mutability, Source};
use crate::solve::{BoolVar, Formula, ZERO};

impl Encoder<'_> {
    /// The declaration of a slot.
    pub(super) fn field(&self, place: Place, slot: u32) -> Option<&Field> {
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

    /// Whether a slot may hold another value at a later moment. An immutable attribute gets its one value when it is first set, which
    /// may be later: an optional one has none before, so its value is one variable; of one with a default both may be read.
    pub(super) fn slot_changes(&self, place: Place, slot: u32) -> bool {
        match place {
            Place::Entry => self.refreshed.contains(&slot),
            Place::User => match self.mutability(slot) {
                Mutability::Mutable | Mutability::Monotone => true,
                Mutability::Immutable => !self.is_optional(place, slot),
            },
            Place::Event(..) => false,
        }
    }

    fn mutability(&self, slot: u32) -> Mutability {
        self.program.attributes.get(slot as usize).map_or(Mutability::Mutable, |a| a.mutability)
    }

    /// Whether a slot may be set at a later moment.
    pub(super) fn presence_changes(&self, place: Place, slot: u32) -> bool {
        match place {
            Place::User => true,
            Place::Entry | Place::Event(..) => self.slot_changes(place, slot),
        }
    }

    /// Whether a whole expression reads nothing that may change.
    pub(super) fn is_constant_over_time(&self, expr: ExprId) -> bool {
        match &self.program.expr(expr).kind {
            ExprKind::Const(_) | ExprKind::EntryTime => true,
            ExprKind::Slot { source: Source::Entry, slot } => !self.slot_changes(Place::Entry, *slot),
            // Even what is immutable may get its value later.
            ExprKind::Slot { source: Source::User, .. } => false,
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
        let Some(ty) = self.field(place, slot).map(|f| f.ty) else { return };
        if let Var::Int(int) = var {
            let (min, max) = bounds(&ty);
            self.facts.extend(min.map(|min| Formula::at_least(int, min)));
            self.facts.extend(max.map(|max| Formula::at_most(int, max)));
            let is_read_when_set = place == Place::User && !self.slot_changes(place, slot);
            if is_past(ty) && !matches!(place, Place::Event(..)) && !is_read_when_set {
                // It was not in the future when it arrived, which is not after this moment.
                let now = self.now(moment);
                self.facts.push(Formula::difference(int, now, 0));
            }
        }
        if place == Place::User {
            self.kept_facts(slot, moment, var);
        }
    }

    /// States what a new presence tells: what may not be lost stays, and a past instant was past when it was set.
    pub(super) fn presence_facts(&mut self, place: Place, slot: u32, moment: Moment, present: BoolVar) {
        if place != Place::User || self.mutability(slot) == Mutability::Mutable {
            return;
        }
        if let Some((_, Var::Bool(before))) = self.before(moment, |m| Key::Present(place, slot, m)) {
            self.facts.push(Formula::truth(before).implies(Formula::truth(present)));
        }
        let is_past = self.field(place, slot).is_some_and(|f| is_past(f.ty));
        if is_past && !self.slot_changes(place, slot) {
            let value = self.int_var(Key::Slot(place, slot, Moment::ENTRY));
            let now = self.now(moment);
            self.facts.push(Formula::truth(present).implies(Formula::difference(value, now, 0)));
        }
    }

    /// States what an attribute keeps of its value at an earlier moment, if it was set then.
    fn kept_facts(&mut self, slot: u32, moment: Moment, now: Var) {
        let mutability = self.mutability(slot);
        if mutability == Mutability::Mutable {
            return;
        }
        let Some((at, before)) = self.before(moment, |m| Key::Slot(Place::User, slot, m)) else { return };
        let Some(kept) = self.kept(mutability, before, now) else { return };
        let Some(was_set) = self.was_set(slot, at, before) else { return };
        self.facts.push(was_set.implies(kept));
    }

    /// A later value, seen from an earlier one.
    fn kept(&self, mutability: Mutability, before: Var, now: Var) -> Option<Formula> {
        let is_fixed = mutability == Mutability::Immutable;
        match (before, now) {
            (Var::Int(before), Var::Int(now)) if is_fixed => Some(Formula::equal(before, now, 0)),
            (Var::Int(before), Var::Int(now)) => Some(Formula::difference(before, now, 0)),
            (Var::Bool(before), Var::Bool(now)) => {
                let (before, now) = (Formula::truth(before), Formula::truth(now));
                Some(if is_fixed { before.iff(now) } else { before.implies(now) })
            }
            (Var::Set(before), Var::Set(now)) => {
                let size = self.problem.size(before);
                // A monotone one may rise to members declared later.
                let above = |member: u32| if is_fixed { bit(member) } else { u64::MAX << member };
                Some(Formula::and((0..u32::from(size)).map(|member| {
                    Formula::member(before, bit(member)).implies(Formula::member(now, above(member)))
                })))
            }
            (Var::Text(before), Var::Text(now)) if is_fixed => Some(Formula::same_text(before, now)),
            (Var::Int(_) | Var::Bool(_) | Var::Set(_) | Var::Text(_), _) => None,
        }
    }

    /// Whether an attribute was set at a moment. A default is not set: where one with a default reads as that, nothing is known.
    fn was_set(&mut self, slot: u32, moment: Moment, value: Var) -> Option<Formula> {
        if self.is_optional(Place::User, slot) {
            return match self.vars.get(&Key::Present(Place::User, slot, moment)) {
                Some(Var::Bool(present)) => Some(Formula::truth(*present)),
                Some(Var::Int(_) | Var::Set(_) | Var::Text(_)) | None => None,
            };
        }
        let default = self.field(Place::User, slot)?.default.clone()?;
        let is_default = match (value, default) {
            (Var::Bool(var), Const::Bool(true)) => Formula::truth(var),
            (Var::Bool(var), Const::Bool(false)) => Formula::truth(var).not(),
            (Var::Set(var), Const::Member(member)) => Formula::member(var, bit(member)),
            (Var::Text(var), Const::Str(text)) => Formula::text(var, self.problem.constant(&text)?),
            (Var::Int(var), constant) => Formula::equal(var, ZERO, number(&constant)?),
            (Var::Bool(_) | Var::Set(_) | Var::Text(_), _) => return None,
        };
        Some(is_default.not())
    }

    /// The variable of the nearest moment before this one for which there is one.
    pub(super) fn before(&self, moment: Moment, key: impl Fn(Moment) -> Key) -> Option<(Moment, Var)> {
        let mut at = moment;
        while let Some(before) = self.moments[at.0 as usize].before {
            if let Some(var) = self.vars.get(&key(before)) {
                return Some((before, *var));
            }
            at = before;
        }
        None
    }
}

/// Whether values are instants that are never in the future.
fn is_past(ty: FieldType) -> bool {
    matches!(ty, FieldType::Time { past: true })
}
