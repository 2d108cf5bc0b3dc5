//! What journeys use of the schema: events, attributes, catalogs, segments, classes, channels, templates.

use super::super::{
    Entry, EventId, Exit, ExprKind, Field, FieldType, Mutability, Purpose, Range, Scope, StepKind, Unit,
};
use super::expr::{duration, name_of};
use super::{Context, Printer};
use std::collections::BTreeSet;

impl Printer<'_> {
    pub(super) fn schema(&mut self) {
        self.attributes();
        self.events();
        self.catalogs();
        self.predicates();
        self.aggregates();
        self.channels();
    }

    fn attributes(&mut self) {
        self.section("user");
        for attribute in self.program.attributes.iter().filter(|attribute| attribute.field.needed) {
            let mutability = match attribute.mutability {
                Mutability::Mutable => "",
                Mutability::Immutable => " immutable",
                Mutability::Monotone => " monotone",
            };
            let text = format!("{}{mutability}", self.field(&attribute.field));
            self.line(1, &text);
        }
    }

    fn events(&mut self) {
        let used = self.used_events();
        if used.is_empty() {
            return;
        }
        self.section("events");
        for id in used {
            let event = self.program.event(id);
            let mut text = event.name.clone();
            if let Some(subject) = event.subject {
                text.push_str(&format!("({})", name_of(&event.fields, subject)));
            }
            if event.wire != event.name {
                text.push_str(&format!(" from {:?}", event.wire));
            }
            if event.once {
                text.push_str(" once");
            }
            if let Some((count, per)) = event.rate {
                text.push_str(&format!(" at most {count} per {}", duration(per)));
            }
            self.line(1, &text);
            for field in event.fields.iter().filter(|field| field.needed) {
                let text = self.field(field);
                self.line(2, &text);
            }
        }
    }

    /// The events something listens to, remembers or emits.
    fn used_events(&self) -> BTreeSet<EventId> {
        let mut used: BTreeSet<EventId> =
            self.program.aggregates.iter().map(|aggregate| aggregate.event).collect();
        for journey in &self.program.journeys {
            if let Entry::Event { event, .. } = journey.entry {
                used.insert(event);
            }
            used.extend(journey.goals.iter().map(|goal| goal.event));
            used.extend(journey.refreshes.iter().map(|refresh| refresh.event));
            used.extend(journey.exits.iter().filter_map(|exit| match exit {
                Exit::Event { event, .. } => Some(*event),
                Exit::When { .. } => None,
            }));
            for step in &journey.steps {
                match &step.kind {
                    StepKind::WaitFor { arms, .. } => used.extend(arms.iter().map(|arm| arm.event)),
                    StepKind::Emit { event, .. } => used.extend([*event]),
                    _ => {}
                }
            }
        }
        used
    }

    fn catalogs(&mut self) {
        for catalog in &self.program.catalogs {
            self.section(&format!("catalog {} per {}", catalog.name, catalog.key));
            for column in catalog.columns.iter().filter(|column| column.needed) {
                let text = self.field(column);
                self.line(1, &text);
            }
        }
    }

    fn predicates(&mut self) {
        let top = Context::default();
        for segment in &self.program.segments {
            if self.uses_segment(segment.name.as_str()) {
                self.section(&format!("segment {} = {}", segment.name, self.expr(segment.predicate, &top)));
            }
        }
        for classify in &self.program.classifies {
            let text = self.expr(classify.expr, &top);
            self.section(&format!("classify {} = {text}", classify.name));
        }
    }

    fn uses_segment(&self, name: &str) -> bool {
        let named = |id: super::super::SegmentId| self.program.segments[id.index()].name == name;
        let in_entry = self.program.journeys.iter().any(|journey| match journey.entry {
            Entry::Event { .. } => false,
            Entry::Enter { segment, .. }
            | Entry::Leave { segment }
            | Entry::Every { segment, .. }
            | Entry::At { segment, .. } => named(segment),
        });
        in_entry
            || self.program.exprs.iter().any(|expr| match expr.kind {
                ExprKind::InSegment { segment, .. } => named(segment),
                _ => false,
            })
    }

    fn aggregates(&mut self) {
        if self.program.aggregates.is_empty() {
            return;
        }
        self.section("remembered");
        for aggregate in &self.program.aggregates {
            let (at, whose) = match aggregate.scope {
                Scope::User => (Context::default(), "per user".to_owned()),
                Scope::Instance(journey) => {
                    let name = &self.program.journey(journey).name;
                    (Context::entered(self.entry_event(journey)), format!("per instance of {name}"))
                }
            };
            let fields = &self.program.event(aggregate.event).fields;
            let names = |ids: &[super::super::FieldId]| {
                ids.iter().map(|id| name_of(fields, *id)).collect::<Vec<_>>().join(", ")
            };
            let mut text =
                format!("{}) {whose}, {:?}", self.aggregate_head(aggregate, None, &at), aggregate.keep);
            if !aggregate.group_by.is_empty() {
                text.push_str(&format!(", by {}", names(&aggregate.group_by)));
            }
            if !aggregate.keep_fields.is_empty() {
                text.push_str(&format!(", with {}", names(&aggregate.keep_fields)));
            }
            self.line(1, &text);
        }
    }

    pub(super) fn entry_event(&self, journey: super::super::JourneyId) -> Option<EventId> {
        match self.program.journeys.get(journey.index())?.entry {
            Entry::Event { event, .. } => Some(event),
            Entry::Enter { .. } | Entry::Leave { .. } | Entry::Every { .. } | Entry::At { .. } => None,
        }
    }

    fn channels(&mut self) {
        let mut used = BTreeSet::new();
        for step in self.program.journeys.iter().flat_map(|journey| &journey.steps) {
            if let StepKind::Send(send) = &step.kind {
                used.extend(send.options.iter().map(|option| option.channel));
            }
        }
        for id in used {
            let channel = self.program.channel(id);
            self.section(&format!("channel {}", channel.name));
            for need in &channel.needs {
                let text = format!("needs user.{}", self.program.attributes[need.index()].field.name);
                self.line(1, &text);
            }
            for (purpose, rule) in &channel.consent {
                let text =
                    format!("consent {}: {}", purpose_word(*purpose), self.expr(*rule, &Context::default()));
                self.line(1, &text);
            }
            let purposes: Vec<&str> = channel.purposes.iter().map(|purpose| purpose_word(*purpose)).collect();
            self.line(1, &format!("purposes {}", purposes.join(", ")));
            if let Some(hours) = channel.hours {
                self.line(1, &format!("hours {}", super::policy::hours(hours)));
            }
            if channel.cost != 0.0 {
                self.line(1, &format!("costs {}", channel.cost));
            }
            for (said, text) in [
                (channel.uncapped, "uncapped"),
                (channel.unbilled_on_failure, "unbilled on failure"),
                (channel.templates_only, "templates approved"),
            ] {
                if said {
                    self.line(1, text);
                }
            }
        }
    }

    /// `price: int in 0 .. 100 = 1`
    fn field(&self, field: &Field) -> String {
        let mut text = format!("{}: {}", field.name, self.field_type(&field.ty));
        if field.optional {
            text.push('?');
        }
        if field.wire.join(".") != field.name {
            text.push_str(&format!(" from {:?}", field.wire.join(".")));
        }
        if let Some(default) = &field.default {
            text.push_str(&format!(" = {}", self.constant(default, field.ty.ty())));
        }
        text
    }

    fn field_type(&self, ty: &FieldType) -> String {
        let limit = |limit: &Option<super::super::schema::Limit>| match limit {
            Some(limit) => format!(" at most {} {}", limit.max, unit(limit.unit)),
            None => String::new(),
        };
        let past = |past: bool| if past { " past" } else { "" };
        match ty {
            FieldType::Bool => "bool".to_owned(),
            FieldType::Int(bounds) => format!("int{}", range(bounds)),
            FieldType::Float(bounds) => format!("float{}", range(bounds)),
            FieldType::Str(most) => format!("string{}", limit(most)),
            FieldType::Url(most) => format!("url{}", limit(most)),
            FieldType::Time { past: is } => format!("time{}", past(*is)),
            FieldType::Date { past: is } => format!("date{}", past(*is)),
            FieldType::Clock => "clock".to_owned(),
            FieldType::Duration => "duration".to_owned(),
            FieldType::Timezone => "timezone".to_owned(),
            FieldType::Enum(set) => {
                let members: Vec<String> =
                    self.program.enums[set.index()].iter().map(|member| format!("{member:?}")).collect();
                members.join(" | ")
            }
            FieldType::List(list) => {
                let fields: Vec<String> =
                    self.program.lists[list.index()].iter().map(|field| self.field(field)).collect();
                format!("list<{{ {} }}>", fields.join("; "))
            }
            FieldType::Record => "record".to_owned(),
        }
    }
}

fn range<T: std::fmt::Display>(bounds: &Range<T>) -> String {
    match (&bounds.min, &bounds.max) {
        (None, None) => String::new(),
        (min, max) => {
            let end = |end: &Option<T>| end.as_ref().map_or_else(String::new, T::to_string);
            format!(" in {} .. {}", end(min), end(max))
        }
    }
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Chars => "chars",
        Unit::BytesUtf8 => "bytes utf8",
        Unit::BytesEucKr => "bytes euckr",
        Unit::Gsm7 => "gsm7",
    }
}

pub(super) fn purpose_word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Marketing => "marketing",
        Purpose::Informational => "informational",
        Purpose::Transactional => "transactional",
    }
}
