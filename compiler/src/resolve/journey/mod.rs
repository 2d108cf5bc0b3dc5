//! Journeys: entry, header, steps and sends become an [`ir::Journey`], a flat graph with one successor per step.
//!
//! [`entry`] and [`header`] lower what comes before the steps; [`block`] walks the steps in order with what is known on the way
//! ([`flow`]), one function per step kind in [`steps`]; [`graph`] and [`keys`] hold what has been built. Sequences are expanded here, so
//! later stages never see them. Knows nothing of how journeys run. Start reading at [`Resolver::journey`].

mod additions;
mod block;
mod content;
mod entry;
mod extent;
mod fields;
mod flow;
mod graph;
mod header;
mod hold;
mod keys;
mod spare;
mod steps;
mod walk;
mod written;

use super::scope::ExprScope;
use super::{JourneySpans, Resolver, StepSpans};
use crate::ir::{self, EventId, JourneyId, PolicyId, Purpose};
use crate::source::Span;
use crate::syntax::ast;
use flow::{Flow, Reach};
use graph::{Graph, Place};
use keys::{KeyPath, Keys};

/// Most steps of one journey, sequences expanded.
const MAX_STEPS: usize = 10_000;

/// A journey being lowered.
struct Lowering<'r, 'a> {
    resolver: &'r mut Resolver<'a>,
    name: &'a str,
    /// The entry event; none where users enter by segment or time.
    entry: Option<EventId>,
    graph: Graph,
    keys: Keys,
    /// Of the steps so far.
    spans: Vec<StepSpans>,
    /// The sequences being expanded, outermost first, with the `do` of each.
    expanding: Vec<(&'a str, Span)>,
    /// What the header says about sends and lifetimes.
    settings: Settings,
    /// Repeat counters so far.
    loops: u32,
    /// The longest time from entry to any step's end so far, in ms.
    stay_ms: i64,
    /// How many sequences were expanded so far.
    expansions: usize,
    /// A limit was reported.
    full: bool,
    /// The missing lifetime was reported.
    lifetime_asked: bool,
}

/// What steps need to know of the header.
#[derive(Debug, Clone, Copy)]
struct Settings {
    purpose: Purpose,
    policy: PolicyId,
    lasts: Option<ir::Span>,
}

impl<'a> Resolver<'a> {
    /// Lowers a journey; `None` when its entry is missing or wrong, for then its names mean nothing.
    pub(crate) fn journey(&mut self, id: JourneyId, journey: &'a ast::Journey) -> Option<ir::Journey> {
        let entered = self.entry(id, journey.entry.as_ref()?)?;
        let mut places = JourneySpans {
            name: journey.name.span,
            entry: journey.entry.as_ref()?.span,
            ..JourneySpans::default()
        };
        let header = self.header(id, journey, &entered, &mut places);
        let mut scope = ExprScope::body(id, entered.event);
        scope.refreshed = header.refreshed();
        scope.facts = entered.facts.clone();

        let settings = Settings { purpose: header.purpose, policy: header.policy, lasts: header.lasts };
        let mut lowering = Lowering::new(self, &journey.name.text, entered.event, settings);
        let stay = lowering.body(&journey.steps, scope);
        let Lowering { graph, spans, loops, .. } = lowering;
        let (steps, first) = graph.finish();
        places.steps = spans;
        self.spans.journeys.insert(id, places);
        Some(ir::Journey {
            name: journey.name.text.clone(),
            version: None,
            // Of a file's journey the docs stand before its first statement.
            doc: doc(journey.doc.as_ref().or_else(|| journey.entry.as_ref()?.doc.as_ref())),
            entry: entered.entry,
            key: entered.key,
            reenter: entered.reenter,
            goals: header.goals(stay),
            exits: header.exits,
            refreshes: header.refreshes,
            policy: header.policy,
            priority: header.priority,
            lasts: header.lasts,
            holdout: header.holdout,
            active: header.active,
            on_update: header.on_update,
            cells: self.arena.cells(id),
            steps,
            first,
            loops,
        })
    }
}

impl<'r, 'a> Lowering<'r, 'a> {
    fn new(
        resolver: &'r mut Resolver<'a>,
        name: &'a str,
        entry: Option<EventId>,
        settings: Settings,
    ) -> Self {
        Lowering {
            resolver,
            name,
            entry,
            graph: Graph::new(),
            keys: Keys::default(),
            spans: Vec::new(),
            expanding: Vec::new(),
            settings,
            loops: 0,
            stay_ms: 0,
            expansions: 0,
            full: false,
            lifetime_asked: false,
        }
    }

    /// Lowers the steps; the longest stay.
    fn body(&mut self, steps: &'a [ast::Step], scope: ExprScope<'a>) -> ir::Span {
        let path = KeyPath::default();
        self.reserve_labels(&path, steps);
        let flow = Flow { scope, since: Place::START, latest_ms: 0, reach: Reach::Live };
        self.block(steps, path, flow, Place::START, Place::END);
        let lasts_ms = self.settings.lasts.map_or(i64::MAX, ir::Span::longest_ms);
        ir::Span::Exact(self.stay_ms.min(lasts_ms))
    }

    fn reserve_labels(&mut self, path: &KeyPath, steps: &[ast::Step]) {
        for finding in self.keys.reserve(path, steps) {
            self.resolver.report(finding);
        }
    }

    /// The fields of the entry event.
    fn entry_fields(&self) -> Option<&[ir::Field]> {
        let event = self.resolver.schema.events.get(self.entry?.index())?;
        Some(&event.fields)
    }
}

/// The text of a doc comment.
fn doc(doc: Option<&ast::Doc>) -> Option<String> {
    doc.map(|doc| doc.text.clone())
}
