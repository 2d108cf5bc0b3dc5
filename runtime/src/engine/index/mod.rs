//! Look-up tables of a program, built once: who listens to which event, what a journey keeps of its entry.
//!
//! Everything here is a function of the program alone and saves looking through it for each event. Start at [`Index::of`].

mod graph;
mod lanes;
mod reads;

use reads::Reads;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use wayline_compiler::calendar::Zone;
use wayline_compiler::ir::{
    AggId, Const, Entry, EventId, Exit, ExprId, Field, FieldId, FieldType, Journey, JourneyId, Period,
    Program, ReenterMode, Scope, Span, StepId, StepKind,
};
use wayline_compiler::row::{RowBuf, Slot};

/// Tables of a program.
#[derive(Debug)]
pub(super) struct Index {
    /// By event.
    pub(super) events: Vec<EventIndex>,
    /// By journey.
    pub(super) journeys: Vec<JourneyIndex>,
    /// Journeys entered by segment or by time, by position: the order of [`super::User::turns`].
    pub(super) turns: Vec<JourneyId>,
    /// Attributes of a user of whom nothing is known: their defaults.
    pub(super) defaults: RowBuf,
}

/// What one event means to the program.
#[derive(Debug, Default)]
pub(super) struct EventIndex {
    /// Journeys whose instances it may concern, by position.
    pub(super) listeners: Vec<Listener>,
    /// Positions in [`Index::turns`] of the segment predicates it may change.
    pub(super) turns: Vec<u32>,
    /// Whether it enters some journey.
    pub(super) enters: bool,
    /// User-scoped aggregates it feeds.
    pub(super) aggregates: Vec<AggId>,
}

/// What one event means to the instances of one journey.
#[derive(Debug)]
pub(super) struct Listener {
    /// The journey.
    pub(super) journey: JourneyId,
    /// Positions of its goals on this event.
    pub(super) goals: Vec<usize>,
    /// Positions of its exits on this event.
    pub(super) exits: Vec<usize>,
    /// Positions of its refreshes on this event.
    pub(super) refreshes: Vec<usize>,
    /// Whether a `wait for` listens to it.
    pub(super) is_awaited: bool,
    /// Instance aggregates it feeds.
    pub(super) cells: Vec<AggId>,
    /// Whether it may change an `exit when` or a `wait until P`.
    pub(super) reacts: bool,
    /// Fields of the event that hold the key, where it can concern instances of that lane only.
    pub(super) lane: Option<Vec<FieldId>>,
}

/// What is known of one journey.
#[derive(Debug)]
pub(super) struct JourneyIndex {
    /// Place in the order of priority, then position: 0 goes first.
    pub(super) rank: u32,
    /// Which slots of the entry row its instances keep.
    pub(super) keeps: Vec<bool>,
    /// Whether it has an `exit when`.
    pub(super) has_exit_when: bool,
    /// The journey whose lanes it shares: itself, for an earlier version the one of that name.
    pub(super) lineage: JourneyId,
    /// Whether lanes must be remembered when their instances have gone.
    pub(super) remembers_lanes: bool,
    /// By step: the innermost `at` whose body it is in.
    pub(super) at_of: Vec<Option<StepId>>,
    /// Whether a pending time or condition of it may read a catalog.
    pub(super) reads_catalogs: bool,
}

impl Index {
    /// Builds the tables of a program.
    pub(super) fn of(program: &Program) -> Self {
        let mut index = Self {
            events: program.events.iter().map(|_| EventIndex::default()).collect(),
            journeys: (0..program.journeys.len())
                .map(|id| JourneyIndex::of(program, JourneyId::new(id)))
                .collect(),
            turns: Vec::new(),
            defaults: defaults(program),
        };
        let mut order: Vec<usize> = (0..program.journeys.len()).collect();
        // Versions of one journey rank alike: among their instances the older goes first.
        let place = |j: usize| (Reverse(program.journeys[j].priority), lineage(program, JourneyId::new(j)));
        order.sort_by_key(|j| place(*j));
        let mut rank = 0;
        for (nth, j) in order.iter().enumerate() {
            if nth > 0 && place(*j) != place(order[nth - 1]) {
                rank = nth as u32;
            }
            index.journeys[*j].rank = rank;
        }
        for (at, aggregate) in program.aggregates.iter().enumerate() {
            match aggregate.scope {
                Scope::User => index.events[aggregate.event.index()].aggregates.push(AggId::new(at)),
                Scope::Instance(_) => {}
            }
        }
        for (j, journey) in program.journeys.iter().enumerate() {
            index.add_entry(program, JourneyId::new(j), journey);
            for (event, mut listener) in listeners(program, JourneyId::new(j), journey) {
                listener.lane = lane_of(program, journey, event, &listener);
                index.events[event.index()].listeners.push(listener);
            }
        }
        index
    }

    fn add_entry(&mut self, program: &Program, id: JourneyId, journey: &Journey) {
        // Nobody enters an earlier version.
        if journey.version.is_some() {
            return;
        }
        let segment = match &journey.entry {
            Entry::Event { event, .. } => {
                self.events[event.index()].enters = true;
                return;
            }
            Entry::Enter { segment, .. } | Entry::Leave { segment } => Some(*segment),
            Entry::Every { .. } | Entry::At { .. } => None,
        };
        let turn = self.turns.len() as u32;
        self.turns.push(id);
        let predicate = segment.map(|segment| program.segments[segment.index()].predicate);
        for event in predicate.map(|predicate| Reads::of(program, predicate).events).into_iter().flatten() {
            self.events[event.index()].turns.push(turn);
        }
    }

    /// What an event means to the instances of a journey; `None` for nothing.
    #[inline]
    pub(super) fn listener(&self, event: EventId, journey: JourneyId) -> Option<&Listener> {
        let listeners = &self.events[event.index()].listeners;
        match listeners.as_slice() {
            [] => None,
            [one] => (one.journey == journey).then_some(one),
            many => many.binary_search_by_key(&journey, |l| l.journey).ok().map(|at| &many[at]),
        }
    }
}

impl JourneyIndex {
    fn of(program: &Program, id: JourneyId) -> Self {
        let journey = program.journey(id);
        let mut reads = Reads::default();
        for expr in expressions(journey) {
            reads.add(program, expr);
        }
        let mut pending = Reads::default();
        for expr in pending_times(journey) {
            pending.add(program, expr);
        }
        let width =
            reads.entry.iter().copied().chain(journey.key.iter().map(|f| f.0)).max().map_or(0, |m| m + 1);
        let keeps =
            (0..width).map(|slot| reads.entry.contains(&slot) || journey.key.iter().any(|f| f.0 == slot));
        let reenter = &journey.reenter;
        Self {
            rank: 0,
            lineage: lineage(program, id),
            keeps: keeps.collect(),
            has_exit_when: journey.exits.iter().any(|exit| matches!(exit, Exit::When { .. })),
            remembers_lanes: reenter.mode == ReenterMode::Never
                || reenter.limit.is_some()
                || reenter.cooldown.is_some(),
            at_of: graph::at_of(journey),
            reads_catalogs: pending.catalogs,
        }
    }
}

/// The journey as it is now, where this is an earlier version of it.
fn lineage(program: &Program, id: JourneyId) -> JourneyId {
    let journey = program.journey(id);
    let is_now = |other: &Journey| other.version.is_none() && other.name == journey.name;
    match journey.version {
        None => id,
        Some(_) => program.journeys.iter().position(is_now).map_or(id, JourneyId::new),
    }
}

/// What each event means to a journey's instances.
fn listeners(program: &Program, id: JourneyId, journey: &Journey) -> BTreeMap<EventId, Listener> {
    let mut all = BTreeMap::new();
    let mut of = |event: EventId, add: &mut dyn FnMut(&mut Listener)| {
        add(all.entry(event).or_insert_with(|| Listener {
            journey: id,
            goals: Vec::new(),
            exits: Vec::new(),
            refreshes: Vec::new(),
            is_awaited: false,
            cells: Vec::new(),
            reacts: false,
            lane: None,
        }));
    };
    for (at, goal) in journey.goals.iter().enumerate() {
        of(goal.event, &mut |l| l.goals.push(at));
    }
    for (at, exit) in journey.exits.iter().enumerate() {
        match exit {
            Exit::Event { event, .. } => of(*event, &mut |l| l.exits.push(at)),
            Exit::When { predicate } => {
                Reads::of(program, *predicate).events.iter().for_each(|e| of(*e, &mut |l| l.reacts = true));
            }
        }
    }
    for (at, refresh) in journey.refreshes.iter().enumerate() {
        of(refresh.event, &mut |l| l.refreshes.push(at));
    }
    for cell in &journey.cells {
        of(program.aggregates[cell.index()].event, &mut |l| l.cells.push(*cell));
    }
    for step in &journey.steps {
        match &step.kind {
            StepKind::WaitFor { arms, .. } => {
                arms.iter().for_each(|arm| of(arm.event, &mut |l| l.is_awaited = true));
            }
            StepKind::WaitUntil { predicate, .. } => {
                Reads::of(program, *predicate).events.iter().for_each(|e| of(*e, &mut |l| l.reacts = true));
            }
            StepKind::Wait { .. }
            | StepKind::WaitClock { .. }
            | StepKind::At { .. }
            | StepKind::If { .. }
            | StepKind::Match { .. }
            | StepKind::Split(_)
            | StepKind::Send(_)
            | StepKind::Repeat { .. }
            | StepKind::Set { .. }
            | StepKind::Emit { .. }
            | StepKind::Call { .. }
            | StepKind::Exit { .. } => {}
        }
    }
    all
}

/// The fields of an event that hold the lane's key, where everything asked of it in a journey is about that lane only.
fn lane_of(
    program: &Program,
    journey: &Journey,
    event: EventId,
    listener: &Listener,
) -> Option<Vec<FieldId>> {
    if listener.reacts {
        return None;
    }
    let of = |filter| lanes::of_filter(program, journey, filter);
    let goals = listener.goals.iter().map(|goal| of(journey.goals[*goal].filter));
    let exits = listener.exits.iter().map(|exit| match &journey.exits[*exit] {
        Exit::Event { filter, .. } => of(*filter),
        Exit::When { .. } => None,
    });
    let cells = listener.cells.iter().map(|cell| of(program.aggregates[cell.index()].filter));
    let refreshes = listener.refreshes.iter().map(|refresh| {
        let key = &journey.refreshes[*refresh].key;
        (!key.is_empty()).then(|| key.clone())
    });
    let arms = journey.steps.iter().flat_map(|step| match &step.kind {
        StepKind::WaitFor { arms, .. } => arms.as_slice(),
        _ => &[],
    });
    let waits = arms.filter(|arm| arm.event == event).map(|arm| of(arm.filter));
    let mut all = goals.chain(exits).chain(cells).chain(refreshes).chain(waits);
    let first = all.next()??;
    all.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

/// Every expression of a journey but its entry's own.
fn expressions(journey: &Journey) -> Vec<ExprId> {
    let mut all = Vec::new();
    all.extend(journey.goals.iter().filter_map(|goal| goal.filter));
    all.extend(journey.exits.iter().filter_map(|exit| match exit {
        Exit::Event { filter, .. } => *filter,
        Exit::When { predicate } => Some(*predicate),
    }));
    for step in &journey.steps {
        reads::of_step(&step.kind, &mut all);
    }
    all
}

/// The expressions that pending times and conditions are functions of.
fn pending_times(journey: &Journey) -> Vec<ExprId> {
    let mut all = Vec::new();
    all.extend(journey.exits.iter().filter_map(|exit| match exit {
        Exit::Event { .. } => None,
        Exit::When { predicate } => Some(*predicate),
    }));
    if let Entry::Every { period: Period::Year(date), .. } = journey.entry {
        all.push(date);
    }
    for step in &journey.steps {
        if matches!(
            step.kind,
            StepKind::Wait { .. }
                | StepKind::WaitClock { .. }
                | StepKind::WaitUntil { .. }
                | StepKind::At { .. }
        ) {
            reads::of_step(&step.kind, &mut all);
        }
    }
    all
}

/// The attributes of a user of whom nothing is known.
fn defaults(program: &Program) -> RowBuf {
    let mut row = RowBuf::new(program.attributes.len());
    for (at, attribute) in program.attributes.iter().enumerate() {
        put_default(program, &attribute.field, &mut row, at);
    }
    row
}

/// Gives every missing field of a row its default.
pub(super) fn fill_defaults(program: &Program, fields: &[Field], row: &mut RowBuf) {
    for (at, field) in fields.iter().enumerate() {
        if !row.slots[at].is_present() {
            put_default(program, field, row, at);
        }
    }
}

fn put_default(program: &Program, field: &Field, row: &mut RowBuf, at: usize) {
    let Some(default) = &field.default else { return };
    row.slots[at] = match default {
        Const::Bool(b) => Slot::bool(*b),
        Const::Int(n) | Const::Time(n) | Const::Clock(n) => Slot::int(*n),
        Const::Float(x) => Slot::float(*x),
        Const::Date(days) => Slot::int(i64::from(*days)),
        Const::Member(position) => Slot::int(i64::from(*position)),
        Const::EmptyList => row.push(&0u32.to_le_bytes(), 0),
        Const::Duration(Span::Exact(ms)) => Slot::int(*ms),
        Const::Duration(Span::Months(n)) => Slot::months(*n),
        Const::Str(text) => {
            let symbol = match field.ty {
                FieldType::Timezone => Zone::named(text).map_or(0, Zone::symbol),
                _ => program.symbol(text),
            };
            row.push(text.as_bytes(), symbol)
        }
    };
}
