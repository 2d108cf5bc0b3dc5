//! From a model back to values: a user and events that satisfy a formula, where the formula is about nothing else.

use super::{Encoder, Key, Moment, Place, Var};
use crate::ir::{AttrId, EventId, FieldType};
use crate::solve::{Atom, Formula, IntVar, Model, ZERO};
use std::collections::BTreeSet;

/// A value that a field or attribute can have.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Given {
    /// No value.
    Missing,
    /// Some value, whichever.
    Any,
    /// A truth value.
    Bool(bool),
    /// An integer, instant, date, clock or length of time, as in a row.
    Int(i64),
    /// A member of a closed set.
    Member(u32),
    /// A text.
    Text(String),
}

impl Encoder<'_> {
    /// Whether a formula is about attributes at the entry and fields of events alone, and about instants only by how far apart they
    /// are: then its models are users.
    pub(crate) fn is_about_values(&self, formula: &Formula) -> bool {
        let mut vars = BTreeSet::new();
        let mut is_relative = true;
        self.collect(formula, &mut vars, &mut is_relative);
        is_relative
            && self.vars.iter().filter(|(_, var)| vars.contains(&name(**var))).all(|(key, _)| match key {
                Key::Slot(..) | Key::Present(..) => true,
                Key::Now(moment) => *moment == Moment::ENTRY,
                Key::EntryTime | Key::Opaque(..) | Key::OpaquePresent(..) | Key::TextTest(..) => false,
            })
    }

    fn collect(&self, formula: &Formula, vars: &mut BTreeSet<(u8, u32)>, is_relative: &mut bool) {
        match formula {
            Formula::True | Formula::False => {}
            Formula::And(parts) | Formula::Or(parts) => {
                parts.iter().for_each(|part| self.collect(part, vars, is_relative));
            }
            Formula::Atom(atom) => match *atom {
                Atom::Difference { left, right, .. } => {
                    // Between an instant and the zero of time nothing may be said: the run begins when it begins.
                    *is_relative &= self.is_instant(left) == self.is_instant(right);
                    vars.extend([left, right].into_iter().filter(|v| *v != ZERO).map(|v| name(Var::Int(v))));
                }
                Atom::Truth(var, _) => drop(vars.insert(name(Var::Bool(var)))),
                Atom::Member(var, _) => drop(vars.insert(name(Var::Set(var)))),
                Atom::Text(var, _) => drop(vars.insert(name(Var::Text(var)))),
                Atom::SameText(left, right) | Atom::OtherText(left, right) => {
                    vars.extend([left, right].map(|v| name(Var::Text(v))));
                }
            },
        }
    }

    fn is_instant(&self, var: IntVar) -> bool {
        self.vars.iter().any(|(key, known)| match (key, known) {
            (Key::Now(_) | Key::EntryTime, Var::Int(known)) => *known == var,
            (Key::Slot(place, slot, _), Var::Int(known)) if *known == var => {
                self.field(*place, *slot).is_some_and(|f| matches!(f.ty, FieldType::Time { .. }))
            }
            _ => false,
        })
    }

    /// An attribute has a value at the entry.
    pub(crate) fn is_set(&mut self, attribute: AttrId) -> Formula {
        if !self.is_optional(Place::User, attribute.0) {
            return Formula::True;
        }
        let key = Key::Present(Place::User, attribute.0, Moment::ENTRY);
        match self.var(key, |problem| Var::Bool(problem.bool())) {
            Var::Bool(var) => Formula::truth(var),
            Var::Int(_) | Var::Set(_) | Var::Text(_) => Formula::True,
        }
    }

    /// What a model says of an attribute at the entry; `None` when it says nothing. Instants are moved so that the entry is at `entry_ms`.
    pub(crate) fn attribute(&self, model: &Model, slot: u32, entry_ms: i64) -> Option<Given> {
        self.given(model, Place::User, slot, entry_ms)
    }

    /// The same of a field of an event.
    pub(crate) fn event_field(
        &self,
        model: &Model,
        (event, number): (EventId, u32),
        slot: u32,
        entry_ms: i64,
    ) -> Option<Given> {
        self.given(model, Place::Event(event, number), slot, entry_ms)
    }

    fn given(&self, model: &Model, place: Place, slot: u32, entry_ms: i64) -> Option<Given> {
        let bool_of = |key: Key| match self.vars.get(&key) {
            Some(Var::Bool(var)) => model.bools.get(var.0 as usize).copied(),
            Some(Var::Int(_) | Var::Set(_) | Var::Text(_)) | None => None,
        };
        let is_present = bool_of(Key::Present(place, slot, Moment::ENTRY));
        if is_present == Some(false) {
            return Some(Given::Missing);
        }
        let Some(value) = self.vars.get(&Key::Slot(place, slot, Moment::ENTRY)) else {
            return is_present.map(|_| Given::Any);
        };
        match *value {
            Var::Bool(var) => Some(Given::Bool(*model.bools.get(var.0 as usize)?)),
            Var::Set(var) => Some(Given::Member(*model.sets.get(var.0 as usize)?)),
            Var::Text(var) => Some(Given::Text(model.texts.get(var.0 as usize)?.clone())),
            Var::Int(var) => {
                let value = *model.ints.get(var.0 as usize)?;
                let now = match self.vars.get(&Key::Now(Moment::ENTRY)) {
                    Some(Var::Int(now)) => *model.ints.get(now.0 as usize)?,
                    Some(Var::Bool(_) | Var::Set(_) | Var::Text(_)) | None => 0,
                };
                let is_instant = self.is_instant(var);
                Some(Given::Int(if is_instant {
                    value.saturating_sub(now).saturating_add(entry_ms)
                } else {
                    value
                }))
            }
        }
    }
}

/// Tells variables of all kinds apart.
fn name(var: Var) -> (u8, u32) {
    match var {
        Var::Int(var) => (0, var.0),
        Var::Bool(var) => (1, var.0),
        Var::Set(var) => (2, var.0),
        Var::Text(var) => (3, var.0),
    }
}
