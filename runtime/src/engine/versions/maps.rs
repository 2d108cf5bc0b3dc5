//! Ids of one program as ids of another: everything is found again by its name, values by their types.

use crate::engine::Engine;
use wayline_compiler::ir::print::print_aggregate;
use wayline_compiler::ir::{
    AggId, Aggregate, AttrId, CatalogId, ChannelId, Entry, EventId, Field, Journey, JourneyId, Program,
    Scope, StepId, StepKind, Ty,
};
use wayline_compiler::row::{Row, RowBuf, Slot};

/// What each id of the old program is in the new one.
#[derive(Debug)]
pub(super) struct Maps {
    events: Vec<Option<EventId>>,
    attributes: Vec<Option<AttrId>>,
    catalogs: Vec<Option<CatalogId>>,
    channels: Vec<Option<ChannelId>>,
    aggregates: Vec<Vec<(Scope, AggId)>>,
    /// The journey as it is now.
    journeys: Vec<Option<JourneyMap>>,
    /// The journey as it was, linked into the new program.
    pinned: Vec<Option<JourneyMap>>,
}

/// A journey that both programs have.
#[derive(Debug)]
pub(super) struct JourneyMap {
    /// In the new program.
    pub(super) to: JourneyId,
    steps: Vec<Option<StepId>>,
    /// The steps of the new one.
    kinds: Vec<StepKind>,
    /// Counters of `repeat`s.
    pub(super) loops: Vec<Option<u32>>,
    /// Entry fields that the new one reads and the old one has not kept.
    pub(super) lost: Vec<String>,
}

impl JourneyMap {
    /// The step with the same key.
    pub(super) fn step(&self, old: StepId) -> Option<StepId> {
        self.steps.get(old.index()).copied().flatten()
    }
    /// What a step of the new journey does.
    pub(super) fn kind(&self, new: StepId) -> &StepKind {
        &self.kinds[new.index()]
    }
}

impl Maps {
    pub(super) fn new(old: &Engine, new: &Engine) -> Self {
        let (from, to) = (old.program(), new.program());
        let find = |journey: &Journey, version: Option<&str>| {
            let mut all = to.journeys.iter();
            let at = all.position(|next| next.name == journey.name && next.version.as_deref() == version)?;
            Some(JourneyId::new(at))
        };
        let all = || from.journeys.iter().enumerate().map(|(id, journey)| (JourneyId::new(id), journey));
        let journeys = all().map(|(id, journey)| journey_map(old, new, id, find(journey, None)?));
        let pinned = all().map(|(id, journey)| {
            let version = journey.version.as_ref().unwrap_or(&from.hash);
            journey_map(old, new, id, find(journey, Some(version))?)
        });
        Self {
            events: same(&from.events, &to.events, |event| &event.name)
                .map(|id| id.map(EventId::new))
                .collect(),
            attributes: same(&from.attributes, &to.attributes, |attribute| &attribute.field.name)
                .map(|id| id.map(AttrId::new))
                .collect(),
            catalogs: same(&from.catalogs, &to.catalogs, |catalog| &catalog.name)
                .map(|id| id.map(CatalogId::new))
                .collect(),
            channels: same(&from.channels, &to.channels, |channel| &channel.name)
                .map(|id| id.map(ChannelId::new))
                .collect(),
            aggregates: aggregates(from, to),
            journeys: journeys.collect(),
            pinned: pinned.collect(),
        }
    }

    pub(super) fn event(&self, old: EventId) -> Option<EventId> {
        self.events.get(old.index()).copied().flatten()
    }
    pub(super) fn attribute(&self, old: AttrId) -> Option<AttrId> {
        self.attributes.get(old.index()).copied().flatten()
    }
    pub(super) fn catalog(&self, old: CatalogId) -> Option<CatalogId> {
        self.catalogs.get(old.index()).copied().flatten()
    }
    pub(super) fn channel(&self, old: ChannelId) -> Option<ChannelId> {
        self.channels.get(old.index()).copied().flatten()
    }
    pub(super) fn aggregate(&self, old: AggId) -> Option<AggId> {
        self.aggregates.get(old.index())?.first().map(|(_, id)| *id)
    }
    /// What instances remember, as those of this journey of the new program do: one of its name may be linked in beside it.
    pub(super) fn cell(&self, old: AggId, to: JourneyId) -> Option<AggId> {
        self.aggregates
            .get(old.index())?
            .iter()
            .find(|(scope, _)| *scope == Scope::Instance(to))
            .map(|(_, id)| *id)
    }
    /// The journey as it is now.
    pub(super) fn journey(&self, old: JourneyId) -> Option<&JourneyMap> {
        self.journeys.get(old.index())?.as_ref()
    }
    /// The journey as it was, where the new program has it linked in.
    pub(super) fn pinned(&self, old: JourneyId) -> Option<&JourneyMap> {
        self.pinned.get(old.index())?.as_ref()
    }

    /// A row of a catalog as the new program has it.
    pub(super) fn catalog_row(
        &self,
        old: &Program,
        new: &Program,
        id: CatalogId,
        row: Row<'_>,
    ) -> Option<RowBuf> {
        let (from, to) =
            (&old.catalogs[id.index()].columns, &new.catalogs[self.catalog(id)?.index()].columns);
        let mut carried = fields(Side { program: old, fields: from }, Side { program: new, fields: to }, row);
        crate::engine::index::fill_defaults(new, to, &mut carried);
        Some(carried)
    }
}

/// For each of `old` the position in `new` of the one with the same name.
fn same<'a, T>(
    old: &'a [T],
    new: &'a [T],
    name: impl Fn(&T) -> &str + 'a,
) -> impl Iterator<Item = Option<usize>> + 'a {
    old.iter().map(move |one| new.iter().position(|other| name(other) == name(one)))
}

/// What is remembered is the same where it reads the same and keeps the same.
fn aggregates(old: &Program, new: &Program) -> Vec<Vec<(Scope, AggId)>> {
    let text = |program: &Program, id: usize| {
        let aggregate: &Aggregate = &program.aggregates[id];
        let fields = &program.event(aggregate.event).fields;
        let kept =
            aggregate.group_by.iter().chain(&aggregate.keep_fields).copied().chain(aggregate.func.field());
        let kept: Vec<String> = kept
            .filter_map(|field| fields.get(field.index()))
            .map(|field| format!("{} {}", field.name, shape(program, field.ty.ty())))
            .collect();
        format!("{} {:?} {kept:?}", print_aggregate(program, AggId::new(id)), aggregate.form())
    };
    let whose = |program: &Program, id: usize| match program.aggregates[id].scope {
        Scope::User => None,
        Scope::Instance(journey) => Some(program.journey(journey).name.clone()),
    };
    let key = |program: &Program, id: usize| (whose(program, id), text(program, id));
    let known: Vec<_> = (0..new.aggregates.len()).map(|id| key(new, id)).collect();
    let find = |id: usize| {
        let wanted = key(old, id);
        let same = known.iter().enumerate().filter(|(_, known)| **known == wanted);
        same.map(|(id, _)| (new.aggregates[id].scope, AggId::new(id))).collect()
    };
    (0..old.aggregates.len()).map(find).collect()
}

/// A type with the names of its members, so that types of two programs can be compared.
fn shape(program: &Program, ty: Ty) -> String {
    match ty {
        Ty::Enum(set) => format!("{:?}", program.enums.get(set.index())),
        Ty::List(list) => {
            let fields = program.lists.get(list.index()).into_iter().flatten();
            let fields: Vec<String> =
                fields.map(|field| format!("{} {}", field.name, shape(program, field.ty.ty()))).collect();
            format!("{fields:?}")
        }
        Ty::Bool
        | Ty::Int
        | Ty::Float
        | Ty::Str
        | Ty::Time
        | Ty::Date
        | Ty::Clock
        | Ty::Duration
        | Ty::Timezone => format!("{ty:?}"),
    }
}

fn journey_map(old: &Engine, new: &Engine, from: JourneyId, to: JourneyId) -> Option<JourneyMap> {
    let (before, after) = (old.program().journey(from), new.program().journey(to));
    let entry = |program: &Program, journey: &Journey| match &journey.entry {
        Entry::Event { event, .. } => Some(program.event(*event).clone()),
        Entry::Enter { .. } | Entry::Leave { .. } | Entry::Every { .. } | Entry::At { .. } => None,
    };
    let (event, next) = (entry(old.program(), before), entry(new.program(), after));
    let name = |event: &Option<wayline_compiler::ir::Event>| event.as_ref().map(|event| event.name.clone());
    if name(&event) != name(&next) {
        return None;
    }
    let (event, next) = (event.map_or(Vec::new(), |e| e.fields), next.map_or(Vec::new(), |e| e.fields));
    let kept = &old.index.journeys[from.index()].keeps;
    // A field that is new has its default; one that was not kept is gone.
    let has = |field: &Field| match event.iter().zip(kept).find(|(old, _)| old.name == field.name) {
        Some((was, kept)) => {
            *kept && shape(old.program(), was.ty.ty()) == shape(new.program(), field.ty.ty())
        }
        None => field.default.is_some() && !event.iter().any(|old| old.name == field.name),
    };
    let keeps = &new.index.journeys[to.index()].keeps;
    let needed = next.iter().zip(keeps).filter(|(field, keeps)| **keeps && !field.optional);
    let lost = needed.filter(|(field, _)| !has(field)).map(|(field, _)| field.name.clone()).collect();
    let step = |key: &str| after.steps.iter().position(|step| step.key == key).map(StepId::new);
    let counter = |journey: &Journey, at: u32| {
        let repeat = |step: &&wayline_compiler::ir::Step| matches!(step.kind, StepKind::Repeat { counter, .. } if counter == at);
        journey.steps.iter().find(repeat).map(|step| step.key.clone())
    };
    let loops = (0..before.loops).map(|at| {
        let key = counter(before, at)?;
        (0..after.loops).find(|new| counter(after, *new).as_ref() == Some(&key))
    });
    Some(JourneyMap {
        to,
        steps: before.steps.iter().map(|old| step(&old.key)).collect(),
        kinds: after.steps.iter().map(|step| step.kind.clone()).collect(),
        loops: loops.collect(),
        lost,
    })
}

/// Declared fields with the program they are of.
#[derive(Clone, Copy)]
pub(super) struct Side<'p> {
    pub(super) program: &'p Program,
    pub(super) fields: &'p [Field],
}

/// A row of some fields as a row of others: by name, where the types allow it.
pub(super) fn fields(from: Side<'_>, to: Side<'_>, row: Row<'_>) -> RowBuf {
    let mut carried = RowBuf::new(to.fields.len());
    for (at, field) in to.fields.iter().enumerate() {
        let Some(old) = from.fields.iter().position(|old| old.name == field.name) else { continue };
        value(
            from.program,
            (from.fields[old].ty.ty(), row.slot(old), row),
            to.program,
            (field.ty.ty(), at),
            &mut carried,
        );
    }
    to.program.intern(&mut carried, to.fields.iter().map(|field| field.ty.ty()));
    carried
}

/// Carries one value over; leaves it missing where the new type has no such value.
fn value(
    old: &Program,
    (was, slot, row): (Ty, Slot, Row<'_>),
    new: &Program,
    (is, at): (Ty, usize),
    out: &mut RowBuf,
) {
    if !slot.is_present() {
        return;
    }
    out.slots[at] = match (was, is) {
        (Ty::Enum(was), Ty::Enum(is)) => {
            let member = old.enums.get(was.index()).and_then(|set| set.get(slot.bits as usize));
            let position =
                member.and_then(|member| new.enums.get(is.index())?.iter().position(|other| other == member));
            position.map_or(Slot::MISSING, |position| Slot::int(position as i64))
        }
        // Symbols of texts inside a list are those of the program it was written by.
        (Ty::List(_), Ty::List(_)) if shape(old, was) == shape(new, is) && old.symbols == new.symbols => {
            out.push(row.blob(slot), slot.sym)
        }
        (Ty::Str, Ty::Str) | (Ty::Timezone, Ty::Timezone) => out.push(row.blob(slot), slot.sym),
        (was, is) if was == is && !matches!(is, Ty::List(_)) => slot,
        _ => Slot::MISSING,
    };
}
