//! The context of one call of the engine: the user, the clock, what is shared, what comes out.
//!
//! Everything that decides goes through here to read (`truth`, `value`) and to write (`decide`). Instances are named by their position
//! in [`super::User::instances`], which is stable during a call: new ones are appended, finished ones are removed when it is over.

use super::effects::{Decision, Effects, Kind, Text};
use super::history::{Occurrence, Question};
use super::index::Index;
use super::user::{Instance, Payload, Phase, User};
use super::{Engine, Shared, Zone};
use std::cell::RefCell;
use std::collections::VecDeque;
use wayline_compiler::eval::{self, Env, Reading, Value, World};
use wayline_compiler::ir::{
    AggId, CatalogId, EventId, ExprId, Journey, JourneyId, Program, Read, Scope, Step, StepId,
};
use wayline_compiler::row::{Row, RowBuf};

/// Position of an instance in [`User::instances`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At(pub(super) usize);

/// The context of one call.
pub(super) struct Cx<'a> {
    pub(super) engine: &'a Engine,
    pub(super) program: &'a Program,
    pub(super) index: &'a Index,
    /// The user's id.
    pub(super) name: &'a str,
    pub(super) user: &'a mut User,
    pub(super) shared: &'a mut dyn Shared,
    pub(super) out: &'a mut Effects,
    /// The user's clock.
    pub(super) now: i64,
    /// How many emitted events deep.
    pub(super) depth: u32,
    /// How many events were emitted so far.
    pub(super) emitted: u32,
    /// Events emitted too deep to be applied at once, in order, with their ids.
    pub(super) deferred: VecDeque<(EventId, RowBuf, u128)>,
    /// Whether anything happened that the next thing due depends on.
    pub(super) is_touched: bool,
    /// Whether an instant of a turn has changed.
    pub(super) has_turned: bool,
    /// The key of the instance that was last spoken of, as it stands in the text.
    pub(super) last_key: Option<(u32, Text)>,
}

/// What an expression is read for, beside the user.
#[derive(Clone, Copy)]
pub(super) struct Around<'r> {
    /// The event at hand.
    pub(super) event: Row<'r>,
    /// The instance at hand.
    pub(super) instance: Option<At>,
}

impl Around<'static> {
    /// Nothing but the user.
    pub(super) const USER: Self = Self { event: Row::EMPTY, instance: None };
    /// An instance between events.
    pub(super) const fn instance(at: At) -> Self {
        Self { event: Row::EMPTY, instance: Some(at) }
    }
}

/// Catalogs and history, as one expression sees them.
struct Here<'a> {
    shared: &'a dyn Shared,
    program: &'a Program,
    user: &'a User,
    attributes: Row<'a>,
    instance: Option<&'a Instance>,
    watch: Option<&'a RefCell<Vec<(CatalogId, String)>>>,
}

impl Here<'_> {
    fn env<'e>(&'e self, event: Row<'e>, now_ms: i64) -> Env<'e> {
        Env {
            program: self.program,
            event,
            entry: self.instance.map_or(Row::EMPTY, |i| i.body.row.row()),
            user: self.attributes,
            now_ms,
            zone: self.user.zone,
            entry_time_ms: self.instance.map_or(0, |i| i.body.entry_time),
            world: self,
        }
    }
}

impl World for Here<'_> {
    fn catalog_row(&self, catalog: CatalogId, key: &str) -> Option<Row<'_>> {
        if let Some(watch) = self.watch {
            watch.borrow_mut().push((catalog, key.to_owned()));
        }
        self.shared.row(catalog, key)
    }
    fn aggregate(
        &self,
        agg: AggId,
        keys: &[Value<'_>],
        since: Option<i64>,
        read: Read,
        now_ms: i64,
    ) -> Reading<'_> {
        let memory = match self.program.aggregates[agg.index()].scope {
            Scope::User => Some(&self.user.history),
            Scope::Instance(_) => self.instance.map(|instance| &instance.body.cells),
        };
        let residual = |expr: ExprId, row: Row<'_>| eval::truth_until(&self.env(row, now_ms), expr);
        let question = Question { keys, since, read, now_ms, zone: self.user.zone, residual: &residual };
        memory.map_or(Reading::NOTHING, |memory| memory.read(self.program, agg, &question))
    }
}

impl<'a> Cx<'a> {
    /// Reads with everything an expression may want.
    pub(super) fn with<R>(&self, around: Around<'_>, read: impl FnOnce(&Env<'_>) -> R) -> R {
        self.with_watch(around, None, read)
    }

    /// Reads, and notes the catalog rows that were looked at.
    pub(super) fn with_watch<R>(
        &self,
        around: Around<'_>,
        watch: Option<&RefCell<Vec<(CatalogId, String)>>>,
        read: impl FnOnce(&Env<'_>) -> R,
    ) -> R {
        let instance = around.instance.map(|at| &self.user.instances[at.0]);
        let (program, attributes) = (self.program, self.attributes());
        let here = Here { shared: &*self.shared, program, user: self.user, attributes, instance, watch };
        read(&here.env(around.event, self.now))
    }

    /// The user's attributes.
    pub(super) fn attributes(&self) -> Row<'_> {
        self.user.attributes.as_ref().map_or(self.index.defaults.as_row(), |a| a.row.as_row())
    }

    /// Whether a condition holds.
    pub(super) fn truth(&self, around: Around<'_>, expr: ExprId) -> bool {
        self.with(around, |env| self.engine.predicates.truth(expr, env))
    }

    /// Whether a filter lets pass; one that is not there does.
    pub(super) fn passes(&self, around: Around<'_>, filter: Option<ExprId>) -> bool {
        filter.is_none_or(|filter| self.truth(around, filter))
    }

    /// Whether a condition holds, and the first later instant at which time alone may change that.
    pub(super) fn truth_until(&self, around: Around<'_>, expr: ExprId) -> (bool, i64) {
        self.with(around, |env| eval::truth_until(env, expr))
    }

    /// The journeys that an event enters, those that go first first.
    pub(super) fn triggers(&self, event: EventId, row: Row<'_>) -> Vec<JourneyId> {
        let mut journeys = Vec::new();
        let around = Around { event: row, instance: None };
        self.with(around, |env| self.engine.predicates.triggers(event, env, &mut journeys));
        journeys
    }

    /// A value, where present.
    pub(super) fn optional(&self, around: Around<'_>, expr: ExprId) -> Option<Value<'static>> {
        self.with(around, |env| eval::optional(env, expr).map(Value::into_owned))
    }

    /// The catalog rows that reading something looks at.
    pub(super) fn watched(&self, at: At, expr: ExprId) -> Vec<(CatalogId, String)> {
        let watch = RefCell::new(Vec::new());
        self.with_watch(Around::instance(at), Some(&watch), |env| eval::optional(env, expr).is_some());
        watch.into_inner()
    }

    /// Feeds an event to those aggregates, of the user or of an instance, whose filters it passes.
    pub(super) fn remember(&mut self, aggregates: &[AggId], around: Around<'_>, own_ms: i64) {
        let occurrence = Occurrence { row: around.event, own_ms, now_ms: self.now, zone: self.user.zone };
        for id in aggregates {
            if self.passes(around, self.program.aggregates[id.index()].filter) {
                let memory = match around.instance {
                    None => &mut self.user.history,
                    Some(at) => &mut self.user.instances[at.0].body.cells,
                };
                memory.feed(self.program, *id, &occurrence);
            }
        }
    }

    /// Notes that the next thing due may be another.
    pub(super) fn touch(&mut self) {
        self.is_touched = true;
    }

    /// The order of instances at one instant: by priority, journey, age.
    pub(super) fn order(&self, at: At) -> (u32, u32) {
        let instance = self.instance(at);
        (self.index.journeys[instance.journey.index()].rank, instance.number)
    }

    /// The instance at a position.
    pub(super) fn instance(&self, at: At) -> &Instance {
        &self.user.instances[at.0]
    }
    /// The instance at a position.
    pub(super) fn instance_mut(&mut self, at: At) -> &mut Instance {
        &mut self.user.instances[at.0]
    }
    /// Whether the instance still walks its steps.
    pub(super) fn is_live(&self, at: At) -> bool {
        self.instance(at).phase == Phase::Live
    }
    /// The journey of an instance.
    pub(super) fn journey(&self, at: At) -> &'a Journey {
        self.program.journey(self.instance(at).journey)
    }
    /// A step of an instance's journey.
    pub(super) fn step(&self, at: At, step: StepId) -> &'a Step {
        &self.journey(at).steps[step.index()]
    }

    /// A decision about nothing yet but the user.
    pub(super) fn decision(&self, kind: Kind) -> Decision {
        Decision {
            at: self.now,
            zone: self.user.zone,
            kind,
            journey: None,
            key: Text::default(),
            step: None,
            channel: None,
            message: Text::default(),
            id: 0,
            until: None,
            detail: Text::default(),
        }
    }

    /// Records a decision about an instance.
    pub(super) fn decide(&mut self, at: At, kind: Kind, fill: impl FnOnce(&mut Decision)) {
        let mut decision = self.decision(kind);
        decision.journey = Some(self.instance(at).journey);
        decision.key = self.key_text(at);
        fill(&mut decision);
        self.out.decisions.push(decision);
    }

    /// The lane's key of an instance, as JSON; it never changes.
    pub(super) fn key_text(&mut self, at: At) -> Text {
        let instance = &self.user.instances[at.0];
        if let Some((of, text)) = self.last_key
            && of == instance.number
        {
            return text;
        }
        let (number, row) = (instance.number, instance.body.row.row());
        let text = key_text(self.program, self.engine.zone, instance.journey, row, self.out);
        self.last_key = Some((number, text));
        text
    }

    /// The lane's key of a payload, as JSON.
    pub(super) fn key_of(&mut self, journey: JourneyId, row: Row<'_>) -> Text {
        key_text(self.program, self.engine.zone, journey, row, self.out)
    }

    /// What an instance of a journey keeps of its entry event.
    pub(super) fn payload(&self, journey: JourneyId, row: Row<'_>) -> Payload {
        Payload::keep(row, &self.index.journeys[journey.index()].keeps, |slot| {
            super::json::is_blob(self.program, journey, slot)
        })
    }

    /// The user's zone.
    pub(super) fn zone(&self) -> Zone {
        self.user.zone
    }
}

fn key_text(program: &Program, zone: Zone, journey: JourneyId, row: Row<'_>, out: &mut Effects) -> Text {
    let journey = program.journey(journey);
    if journey.key.is_empty() {
        return Text::default();
    }
    let start = out.mark();
    super::json::push_key(&mut out.text, program, zone, journey, row);
    out.since(start)
}
