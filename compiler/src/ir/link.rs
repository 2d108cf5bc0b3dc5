//! A program with journeys of an earlier version inside, for the people who are still on their way in them.
//!
//! A journey that is linked in keeps its name and says its version; nobody enters it. Everything it speaks of is found again in the new
//! program by name, or brought along: conditions, history, closed sets. What the old journey reads must mean the same in the new
//! version: an event whose fields have changed place or type, or an attribute of another type, is a reason against it. Policies and channels
//! are always those of the new version. Start at [`link`].

use super::{
    AggId, Aggregate, AttrId, CatalogId, ChannelId, Content, Entry, EnumId, EventId, Exit, Expr, ExprId,
    ExprKind, Field, FieldId, FieldType, Journey, JourneyId, ListId, Period, PolicyId, Program, RegexId,
    Scope, Segment, SegmentId, Source, Step, StepKind, TemplateId, Text, TextPart, Ty,
};
use std::collections::{BTreeMap, BTreeSet};

/// Why journeys of an earlier version cannot live in a later one.
pub type Reasons = BTreeSet<String>;

/// The new program with these journeys of the old one.
pub fn link(new: &Program, old: &Program, pinned: &BTreeSet<JourneyId>) -> Result<Program, Reasons> {
    let mut linker = Linker::new(new.clone(), old);
    for (next, id) in (new.journeys.len()..).zip(pinned) {
        linker.journeys.insert(*id, JourneyId::new(next));
    }
    for id in pinned {
        let mut journey = linker.journey(old.journey(*id));
        journey.version.get_or_insert_with(|| old.hash.clone());
        linker.out.journeys.push(journey);
    }
    linker.out.symbols.extend(old.symbols.iter().cloned());
    linker.out.symbols.sort_unstable();
    linker.out.symbols.dedup();
    if linker.reasons.is_empty() { Ok(linker.out) } else { Err(linker.reasons) }
}

struct Linker<'p> {
    out: Program,
    old: &'p Program,
    /// Nodes of `out` by their text, so that equal ones are shared and with them what is remembered.
    known: BTreeMap<String, ExprId>,
    exprs: BTreeMap<ExprId, ExprId>,
    aggregates: BTreeMap<AggId, AggId>,
    events: BTreeMap<EventId, EventId>,
    journeys: BTreeMap<JourneyId, JourneyId>,
    reasons: Reasons,
}

/// The position of the first that is like `wanted`, appended where there is none.
fn position<T: Clone>(all: &mut Vec<T>, wanted: T, is_it: impl Fn(&T, &T) -> bool) -> usize {
    match all.iter().position(|one| is_it(one, &wanted)) {
        Some(at) => at,
        None => {
            all.push(wanted);
            all.len() - 1
        }
    }
}

impl<'p> Linker<'p> {
    fn new(out: Program, old: &'p Program) -> Self {
        let known = out.exprs.iter().zip(0..).map(|(expr, id)| (format!("{expr:?}"), ExprId(id))).collect();
        Self {
            out,
            old,
            known,
            exprs: BTreeMap::new(),
            aggregates: BTreeMap::new(),
            events: BTreeMap::new(),
            journeys: BTreeMap::new(),
            reasons: Reasons::new(),
        }
    }

    fn refuse(&mut self, what: &str, name: &str) {
        self.reasons.insert(format!("{what} `{name}` has changed"));
    }

    fn enumeration(&mut self, id: EnumId) -> EnumId {
        let members = self.old.enums[id.index()].clone();
        EnumId::new(position(&mut self.out.enums, members, |a, b| a == b))
    }

    fn list(&mut self, id: ListId) -> ListId {
        let fields = self.old.lists[id.index()].clone();
        let fields: Vec<Field> = fields.into_iter().map(|field| self.field(field)).collect();
        ListId::new(position(&mut self.out.lists, fields, |a, b| a == b))
    }

    fn ty(&mut self, ty: Ty) -> Ty {
        match ty {
            Ty::Enum(set) => Ty::Enum(self.enumeration(set)),
            Ty::List(list) => Ty::List(self.list(list)),
            Ty::Bool
            | Ty::Int
            | Ty::Float
            | Ty::Str
            | Ty::Time
            | Ty::Date
            | Ty::Clock
            | Ty::Duration
            | Ty::Timezone => ty,
        }
    }

    fn field(&mut self, mut field: Field) -> Field {
        field.ty = match field.ty {
            FieldType::Enum(set) => FieldType::Enum(self.enumeration(set)),
            FieldType::List(list) => FieldType::List(self.list(list)),
            other => other,
        };
        field
    }

    /// Whether values of a field of the old program are those of one of the new.
    fn alike(&mut self, old: &Field, new: &Field) -> bool {
        old.name == new.name && self.ty(old.ty.ty()) == new.ty.ty()
    }

    fn event(&mut self, id: EventId) -> EventId {
        if let Some(known) = self.events.get(&id) {
            return *known;
        }
        let mut event = self.old.event(id).clone();
        event.fields = event.fields.into_iter().map(|field| self.field(field)).collect();
        let to = match self.out.events.iter().position(|new| new.name == event.name) {
            None => {
                self.out.events.push(event);
                self.out.events.len() - 1
            }
            Some(at) => {
                let new = self.out.events[at].fields.clone();
                let same = event.fields.len() <= new.len()
                    && event
                        .fields
                        .iter()
                        .zip(&new)
                        .all(|(old, new)| old.name == new.name && old.ty.ty() == new.ty.ty());
                if !same {
                    self.refuse("event", &event.name);
                }
                for (field, old) in self.out.events[at].fields.iter_mut().zip(&event.fields) {
                    field.needed |= old.needed;
                }
                at
            }
        };
        self.events.insert(id, EventId::new(to));
        EventId::new(to)
    }

    fn attribute(&mut self, id: AttrId) -> AttrId {
        let old = self.old.attributes[id.index()].clone();
        let at = match self.out.attributes.iter().position(|new| new.field.name == old.field.name) {
            None => {
                let mut old = old;
                old.field = self.field(old.field);
                self.out.attributes.push(old);
                self.out.attributes.len() - 1
            }
            Some(at) => {
                let new = self.out.attributes[at].field.clone();
                if !self.alike(&old.field, &new) {
                    self.refuse("attribute", &old.field.name);
                }
                at
            }
        };
        self.out.attributes[at].field.needed = true;
        AttrId::new(at)
    }

    fn catalog(&mut self, id: CatalogId) -> CatalogId {
        let mut old = self.old.catalogs[id.index()].clone();
        old.columns = old.columns.into_iter().map(|column| self.field(column)).collect();
        CatalogId::new(position(&mut self.out.catalogs, old, |a, b| a.name == b.name))
    }

    fn column(&mut self, catalog: CatalogId, column: FieldId) -> (CatalogId, FieldId) {
        let old = self.old.catalogs[catalog.index()].columns[column.index()].clone();
        let to = self.catalog(catalog);
        let columns = self.out.catalogs[to.index()].columns.clone();
        match columns.iter().position(|new| self.alike(&old, new)) {
            Some(at) => {
                self.out.catalogs[to.index()].columns[at].needed = true;
                (to, FieldId::new(at))
            }
            None => {
                self.refuse("column", &old.name);
                (to, FieldId::new(0))
            }
        }
    }

    fn channel(&mut self, id: ChannelId) -> ChannelId {
        let name = &self.old.channel(id).name;
        if let Some(at) = self.out.channels.iter().position(|new| new.name == *name) {
            return ChannelId::new(at);
        }
        let mut channel = self.old.channel(id).clone();
        channel.needs = channel.needs.into_iter().map(|attribute| self.attribute(attribute)).collect();
        channel.consent =
            channel.consent.into_iter().map(|(purpose, rule)| (purpose, self.expr(rule))).collect();
        self.out.channels.push(channel);
        ChannelId::new(self.out.channels.len() - 1)
    }

    fn template(&mut self, id: TemplateId) -> TemplateId {
        let mut template = self.old.templates[id.index()].clone();
        template.channel = self.channel(template.channel);
        TemplateId::new(position(&mut self.out.templates, template, |a, b| a.name == b.name))
    }

    fn regex(&mut self, id: RegexId) -> RegexId {
        let regex = self.old.regexes[id.index()].clone();
        RegexId::new(position(&mut self.out.regexes, regex, |a, b| a == b))
    }

    fn segment(&mut self, id: SegmentId) -> SegmentId {
        let old = &self.old.segments[id.index()];
        if let Some(at) = self.out.segments.iter().position(|new| new.name == old.name) {
            return SegmentId::new(at);
        }
        let segment = Segment { predicate: self.expr(old.predicate), ..old.clone() };
        self.out.segments.push(segment);
        SegmentId::new(self.out.segments.len() - 1)
    }

    fn policy(&self, id: PolicyId) -> PolicyId {
        let name = &self.old.policies[id.index()].name;
        PolicyId::new(self.out.policies.iter().position(|new| new.name == *name).unwrap_or(0))
    }

    fn aggregate(&mut self, id: AggId) -> AggId {
        if let Some(known) = self.aggregates.get(&id) {
            return *known;
        }
        let old = self.old.aggregates[id.index()].clone();
        let aggregate = Aggregate {
            event: self.event(old.event),
            filter: old.filter.map(|filter| self.expr(filter)),
            residual: old.residual.map(|residual| self.expr(residual)),
            scope: match old.scope {
                Scope::User => Scope::User,
                Scope::Instance(journey) => {
                    Scope::Instance(self.journeys.get(&journey).copied().unwrap_or(journey))
                }
            },
            ..old
        };
        let to = AggId::new(position(&mut self.out.aggregates, aggregate, |a, b| a == b));
        self.aggregates.insert(id, to);
        to
    }

    fn expr(&mut self, id: ExprId) -> ExprId {
        if let Some(known) = self.exprs.get(&id) {
            return *known;
        }
        let old = self.old.expr(id).clone();
        let expr = Expr { kind: self.kind(old.kind), ty: self.ty(old.ty) };
        let to = *self.known.entry(format!("{expr:?}")).or_insert_with(|| {
            self.out.exprs.push(expr);
            ExprId::new(self.out.exprs.len() - 1)
        });
        self.exprs.insert(id, to);
        to
    }

    fn all(&mut self, ids: Vec<ExprId>) -> Vec<ExprId> {
        ids.into_iter().map(|id| self.expr(id)).collect()
    }

    fn kind(&mut self, kind: ExprKind) -> ExprKind {
        use ExprKind as K;
        match kind {
            K::Slot { source: Source::User, slot } => {
                K::Slot { source: Source::User, slot: self.attribute(AttrId(slot)).0 }
            }
            K::Const(_) | K::Slot { .. } | K::Now | K::Today | K::EntryTime => kind,
            K::Column { catalog, key, column } => {
                let (catalog, column) = self.column(catalog, column);
                K::Column { catalog, key: self.expr(key), column }
            }
            K::RowExists { catalog, key } => {
                K::RowExists { catalog: self.catalog(catalog), key: self.expr(key) }
            }
            K::Aggregate { agg, keys, since, read } => K::Aggregate {
                agg: self.aggregate(agg),
                keys: self.all(keys),
                since: since.map(|since| self.expr(since)),
                read,
            },
            K::All(operands) => K::All(self.all(operands)),
            K::Any(operands) => K::Any(self.all(operands)),
            K::Not(value) => K::Not(self.expr(value)),
            K::Exists(value) => K::Exists(self.expr(value)),
            K::Neg(value) => K::Neg(self.expr(value)),
            K::ToFloat(value) => K::ToFloat(self.expr(value)),
            K::ToText(value) => K::ToText(self.expr(value)),
            K::DateOf(value) => K::DateOf(self.expr(value)),
            K::OneOf { value, set } => K::OneOf { value: self.expr(value), set },
            K::Compare { op, left, right } => {
                K::Compare { op, left: self.expr(left), right: self.expr(right) }
            }
            K::Arith { op, left, right } => K::Arith { op, left: self.expr(left), right: self.expr(right) },
            K::InList { value, list } => K::InList { value: self.expr(value), list: self.expr(list) },
            K::Coalesce { value, default } => {
                K::Coalesce { value: self.expr(value), default: self.expr(default) }
            }
            K::AtLeast(left, right) => K::AtLeast(self.expr(left), self.expr(right)),
            K::AtMost(left, right) => K::AtMost(self.expr(left), self.expr(right)),
            K::Text { test, value, pattern } => {
                K::Text { test, value: self.expr(value), pattern: self.expr(pattern) }
            }
            K::Matches { value, regex } => K::Matches { value: self.expr(value), regex: self.regex(regex) },
            K::Quantified { quantifier, list, predicate } => {
                K::Quantified { quantifier, list: self.expr(list), predicate: self.expr(predicate) }
            }
            K::TimeTest { test, time, operand } => {
                K::TimeTest { test, time: self.expr(time), operand: self.expr(operand) }
            }
            K::Case { arms, otherwise } => K::Case {
                arms: arms.into_iter().map(|(when, then)| (self.expr(when), self.expr(then))).collect(),
                otherwise: self.expr(otherwise),
            },
            K::Consent { channel, rule } => {
                K::Consent { channel: self.channel(channel), rule: self.expr(rule) }
            }
            K::InSegment { segment, predicate } => {
                K::InSegment { segment: self.segment(segment), predicate: self.expr(predicate) }
            }
        }
    }

    fn journey(&mut self, old: &Journey) -> Journey {
        let mut journey = old.clone();
        journey.entry = self.entry(journey.entry);
        for goal in &mut journey.goals {
            goal.event = self.event(goal.event);
            goal.filter = goal.filter.map(|filter| self.expr(filter));
        }
        for exit in &mut journey.exits {
            match exit {
                Exit::Event { event, filter } => {
                    *event = self.event(*event);
                    *filter = filter.map(|filter| self.expr(filter));
                }
                Exit::When { predicate } => *predicate = self.expr(*predicate),
            }
        }
        for refresh in &mut journey.refreshes {
            refresh.event = self.event(refresh.event);
        }
        journey.policy = self.policy(journey.policy);
        journey.cells = journey.cells.into_iter().map(|cell| self.aggregate(cell)).collect();
        journey.steps = journey.steps.into_iter().map(|step| self.step(step)).collect();
        journey
    }

    /// The entry, for the fields it has: nobody comes in by it.
    fn entry(&mut self, entry: Entry) -> Entry {
        match entry {
            Entry::Event { event, filter: _ } => Entry::Event { event: self.event(event), filter: None },
            Entry::Enter { segment, including_current } => {
                Entry::Enter { segment: self.segment(segment), including_current }
            }
            Entry::Leave { segment } => Entry::Leave { segment: self.segment(segment) },
            Entry::Every { period, at_ms, segment } => {
                let period = match period {
                    Period::Year(date) => Period::Year(self.expr(date)),
                    Period::Day | Period::Week(_) | Period::Month(_) => period,
                };
                Entry::Every { period, at_ms, segment: self.segment(segment) }
            }
            Entry::At { at, segment } => Entry::At { at, segment: self.segment(segment) },
        }
    }

    fn step(&mut self, mut step: Step) -> Step {
        match &mut step.kind {
            StepKind::Wait { duration } => *duration = self.expr(*duration),
            StepKind::WaitClock { clock, zone, .. } => {
                *clock = self.expr(*clock);
                *zone = zone.map(|zone| self.expr(zone));
            }
            StepKind::WaitUntil { predicate, .. } => *predicate = self.expr(*predicate),
            StepKind::WaitFor { arms, .. } => {
                for arm in arms {
                    arm.event = self.event(arm.event);
                    arm.filter = arm.filter.map(|filter| self.expr(filter));
                    arm.since_entry = arm.since_entry.map(|did| self.expr(did));
                }
            }
            StepKind::At { time, on_day, .. } => {
                *time = self.expr(*time);
                *on_day = on_day.map(|(days, clock)| (days, self.expr(clock)));
            }
            StepKind::If { condition, .. } => *condition = self.expr(*condition),
            StepKind::Match { value, .. } => *value = self.expr(*value),
            StepKind::Send(send) => {
                for option in &mut send.options {
                    option.channel = self.channel(option.channel);
                    option.template = option.template.map(|template| self.template(template));
                    option.fields.iter_mut().for_each(|(_, content)| self.content(content));
                }
            }
            StepKind::Repeat { until, .. } => *until = until.map(|until| self.expr(until)),
            StepKind::Set { attribute, value } => {
                *attribute = self.attribute(*attribute);
                *value = self.expr(*value);
            }
            StepKind::Emit { event, fields } => {
                *event = self.event(*event);
                fields.iter_mut().for_each(|(_, value)| *value = self.expr(*value));
            }
            StepKind::Call { fields, .. } => {
                fields.iter_mut().for_each(|(_, value)| *value = self.expr(*value));
            }
            StepKind::Split(_) | StepKind::Exit { .. } => {}
        }
        step
    }

    fn content(&mut self, content: &mut Content) {
        match content {
            Content::Text(Text { variants, .. }) => {
                for part in variants.iter_mut().flat_map(|(_, parts)| parts) {
                    match part {
                        TextPart::Literal(_) => {}
                        TextPart::Value(value) => *value = self.expr(*value),
                    }
                }
            }
            Content::Value(value) => *value = self.expr(*value),
        }
    }
}
