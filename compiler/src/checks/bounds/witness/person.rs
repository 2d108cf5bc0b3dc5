//! The user of a story: attributes and event fields that satisfy the conditions of all its journeys at once.

use super::super::Run;
use super::candidates::Candidate;
use super::lines;
use crate::calendar::Zone;
use crate::checks::encode::{At, Encoder, Given, Moment, Occurrence};
use crate::ir::{AttrId, Entry, EventId, ExprId, ExprKind, FieldId, Mutability, Program, Purpose, Source};
use crate::solve::{Formula, Model, Outcome};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A user.
pub(super) struct Person<'p> {
    program: &'p Program,
    encoder: Encoder<'p>,
    model: Model,
    zone: Zone,
    /// Attributes that must have some value.
    needs: BTreeSet<AttrId>,
    /// Attributes that date a consent: given right before the entry.
    consents: BTreeSet<AttrId>,
    /// Attributes that rules of consent read.
    rules: BTreeSet<AttrId>,
}

impl<'p> Person<'p> {
    /// A user whom every candidate lets in and all its messages reach; `None` where none was found.
    pub(super) fn of(
        program: &'p Program,
        runs: &[Run<'_>],
        chosen: &[Candidate],
        zone: Zone,
    ) -> Option<Person<'p>> {
        let mut encoder = Encoder::new(program, None);
        let mut parts = Vec::new();
        let (mut needs, mut consents, mut rules) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for candidate in chosen {
            let journey = runs[candidate.run].flow.journey;
            if let Some((condition, event)) = entry(program, &journey.entry) {
                let event = event.map(|event| (event, Occurrence::Later(event.0)));
                parts.push(encoder.truth(condition, At { moment: Moment::ENTRY, event }));
            }
            let policy = &program.policies[journey.policy.index()];
            for (due, send) in candidate.sends(runs) {
                // What fails is tried first.
                for option in &send.options[..=due.option] {
                    let channel = program.channel(option.channel);
                    for (_, rule) in channel.consent.iter().filter(|(purpose, _)| *purpose == send.purpose) {
                        parts.push(encoder.truth(*rule, At::moment(Moment::ENTRY)));
                        attributes(program, *rule, &mut rules);
                    }
                    needs.extend(channel.needs.iter().copied());
                }
                if send.purpose == Purpose::Marketing {
                    consents.extend(policy.consent_age.map(|age| age.given_at));
                }
            }
        }
        for attribute in &needs {
            parts.push(encoder.is_set(*attribute));
        }
        let all = Formula::and(parts);
        if !encoder.is_about_values(&all) {
            return None;
        }
        match encoder.solve(&all) {
            Outcome::Sat(model) => Some(Person { program, encoder, model, zone, needs, consents, rules }),
            Outcome::Unsat | Outcome::Unknown => None,
        }
    }

    /// The attributes the user has, as on the wire, right before `entry_ms`; null for those that must not be set.
    fn attributes(&self, entry_ms: i64) -> Option<BTreeMap<AttrId, Value>> {
        let mut values = BTreeMap::new();
        for (slot, attribute) in self.program.attributes.iter().enumerate() {
            let id = AttrId::new(slot);
            let field = &attribute.field;
            let given = self.encoder.attribute(&self.model, slot as u32, entry_ms);
            let value = match given {
                Some(Given::Missing) => Value::Null,
                // Conditions ask how old a consent is: then it may be too old.
                Some(_) if self.consents.contains(&id) => return None,
                Some(given) => lines::value(self.program, &field.ty, &given, entry_ms)?,
                None if self.program.well_known.timezone == Some(id) => self.zone.name().into(),
                None if self.needs.contains(&id) || self.consents.contains(&id) => {
                    lines::any(self.program, &field.ty, entry_ms)
                }
                None => continue,
            };
            values.insert(id, value);
        }
        Some(values)
    }

    /// What its messages rest on when they leave.
    fn held(&self) -> impl Iterator<Item = AttrId> {
        self.needs.iter().chain(&self.consents).chain(&self.rules).copied()
    }

    /// Whether nothing is asked of a field of an event.
    pub(super) fn is_free(&self, event: EventId, field: FieldId, entry_ms: i64) -> bool {
        matches!(
            self.encoder.event_field(&self.model, (event, event.0), field.0, entry_ms),
            None | Some(Given::Any)
        )
    }

    /// The fields of the event that lets the user in.
    pub(super) fn properties(&self, event: EventId, entry_ms: i64) -> Option<Map<String, Value>> {
        let mut properties = Map::new();
        for (slot, field) in self.program.event(event).fields.iter().enumerate() {
            let given = self.encoder.event_field(&self.model, (event, event.0), slot as u32, entry_ms);
            let value = match given {
                Some(Given::Missing) => continue,
                Some(given) => lines::value(self.program, &field.ty, &given, entry_ms)?,
                None if field.optional || field.default.is_some() => continue,
                None => lines::any(self.program, &field.ty, entry_ms),
            };
            lines::put(&mut properties, field, value);
        }
        Some(properties)
    }

    /// Who it is, in words; nothing where anyone will do.
    pub(super) fn told(&self, words: &str) -> Option<String> {
        let values = self.attributes(0)?;
        let told: Vec<String> = values
            .iter()
            .filter(|(id, value)| {
                !value.is_null() && !value.is_object() && self.program.well_known.timezone != Some(**id)
            })
            .take(6)
            .map(|(id, value)| format!("`{}` {value}", self.program.attributes[id.index()].field.name))
            .collect();
        (!told.is_empty()).then(|| format!("{words} {}", told.join(", ")))
    }
}

/// What a user has so far in a story.
#[derive(Default)]
pub(super) struct State {
    known: BTreeMap<AttrId, Value>,
    /// Attributes that messages still under way rest on.
    held: BTreeSet<AttrId>,
}

impl State {
    /// The traits that make this the person of the next act; `None` where they cannot change so.
    pub(super) fn change(
        &mut self,
        program: &Program,
        person: &Person<'_>,
        entry_ms: i64,
    ) -> Option<Map<String, Value>> {
        let mut traits = Map::new();
        for (id, value) in person.attributes(entry_ms)? {
            let before = self.known.get(&id);
            let is_settled = before == Some(&value)
                || (before.is_none() && value.is_null())
                || (before.is_some() && (person.needs.contains(&id) || person.consents.contains(&id)));
            if is_settled {
                continue;
            }
            let attribute = &program.attributes[id.index()];
            let is_fixed = before.is_some() && attribute.mutability != Mutability::Mutable;
            if is_fixed || self.held.contains(&id) {
                return None;
            }
            lines::put(&mut traits, &attribute.field, value.clone());
            self.known.insert(id, value);
        }
        self.held.extend(person.held());
        Some(traits)
    }
}

/// The attributes that an expression reads.
fn attributes(program: &Program, expr: ExprId, found: &mut BTreeSet<AttrId>) {
    let kind = &program.expr(expr).kind;
    if let ExprKind::Slot { source: Source::User, slot } = kind {
        found.insert(AttrId(*slot));
    }
    kind.for_each_operand(|operand| attributes(program, operand, found));
}

/// The condition of an entry and the event it is about.
fn entry(program: &Program, entry: &Entry) -> Option<(ExprId, Option<EventId>)> {
    match entry {
        Entry::Event { event, filter } => filter.map(|filter| (filter, Some(*event))),
        Entry::Enter { segment, .. } | Entry::Every { segment, .. } => {
            Some((program.segments[segment.index()].predicate, None))
        }
        Entry::Leave { .. } | Entry::At { .. } => None,
    }
}
