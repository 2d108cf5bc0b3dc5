//! The user of a story: attributes and event fields that satisfy the conditions of all its journeys at once.

use super::super::Run;
use super::candidates::Candidate;
use super::lines;
use crate::calendar::Zone;
use crate::checks::encode::{At, Encoder, Given, Moment, Occurrence};
use crate::ir::{AttrId, Entry, EventId, ExprId, FieldId, Program, Purpose};
use crate::solve::{Formula, Model, Outcome};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

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
        let (mut needs, mut consents) = (BTreeSet::new(), BTreeSet::new());
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
            Outcome::Sat(model) => Some(Person { program, encoder, model, zone, needs, consents }),
            Outcome::Unsat | Outcome::Unknown => None,
        }
    }

    /// The user's traits on the wire, right before `entry_ms`.
    pub(super) fn traits(&self, entry_ms: i64) -> Option<Map<String, Value>> {
        let mut traits = Map::new();
        for (slot, attribute) in self.program.attributes.iter().enumerate() {
            let id = AttrId::new(slot);
            let field = &attribute.field;
            let given = self.encoder.attribute(&self.model, slot as u32, entry_ms);
            let value = match given {
                // What is not set is not said.
                Some(Given::Missing) => continue,
                // Conditions ask how old a consent is: then it may be too old.
                Some(_) if self.consents.contains(&id) => return None,
                Some(given) => lines::value(self.program, &field.ty, &given)?,
                None if self.program.well_known.timezone == Some(id) => self.zone.name().into(),
                None if self.needs.contains(&id) || self.consents.contains(&id) => {
                    lines::any(self.program, &field.ty, entry_ms)
                }
                None => continue,
            };
            lines::put(&mut traits, field, value);
        }
        Some(traits)
    }

    /// Whether nothing is asked of a field of an event.
    pub(super) fn is_free(&self, event: EventId, field: FieldId, entry_ms: i64) -> bool {
        self.encoder.event_field(&self.model, (event, event.0), field.0, entry_ms).is_none()
    }

    /// The fields of the event that lets the user in.
    pub(super) fn properties(&self, event: EventId, entry_ms: i64) -> Option<Map<String, Value>> {
        let mut properties = Map::new();
        for (slot, field) in self.program.event(event).fields.iter().enumerate() {
            let given = self.encoder.event_field(&self.model, (event, event.0), slot as u32, entry_ms);
            let value = match given {
                Some(Given::Missing) => continue,
                Some(given) => lines::value(self.program, &field.ty, &given)?,
                None if field.optional || field.default.is_some() => continue,
                None => lines::any(self.program, &field.ty, entry_ms),
            };
            lines::put(&mut properties, field, value);
        }
        Some(properties)
    }

    /// Who it is, in words; nothing where anyone will do.
    pub(super) fn told(&self) -> Option<String> {
        let traits = self.traits(0)?;
        let told: Vec<String> = traits
            .iter()
            .filter(|(name, value)| *name != "timezone" && !value.is_object())
            .take(6)
            .map(|(name, value)| format!("`{name}` {value}"))
            .collect();
        (!told.is_empty()).then(|| format!("the user has {}", told.join(", ")))
    }
}

/// The condition of an entry and the event it is about.
fn entry(program: &Program, entry: &Entry) -> Option<(ExprId, Option<EventId>)> {
    match entry {
        Entry::Event { event, filter } => filter.map(|filter| (filter, Some(*event))),
        Entry::Enter { segment, .. } => Some((program.segments[segment.index()].predicate, None)),
        Entry::Leave { .. } | Entry::Every { .. } | Entry::At { .. } => None,
    }
}
