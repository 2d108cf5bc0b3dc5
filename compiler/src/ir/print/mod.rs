//! A program as stable text: for snapshots, `describe` and people who ask what was compiled.
//!
//! Names instead of ids, only what the journeys and policies use, no hash and no docs: the text changes when the meaning does. It can be
//! read by people, not by the compiler. Start reading at [`print`].

mod expr;
mod journey;
mod policy;
mod schema;

use super::{EventId, ListId, Program};
use std::fmt::Write as _;

/// The text of a program.
#[must_use]
pub fn print(program: &Program) -> String {
    let mut out = Printer { program, text: String::new() };
    let settings = &program.settings;
    out.line(0, &format!("zone {}, locale {}", settings.zone, settings.locale));
    out.schema();
    out.policies();
    for journey in &program.journeys {
        out.journey(journey);
    }
    out.text
}

/// The text of one expression that stands in no journey and no `where`.
#[must_use]
pub fn print_expr(program: &Program, id: super::ExprId) -> String {
    let out = Printer { program, text: String::new() };
    out.expr(id, &Context::default())
}

/// The text of one expression of a journey's body.
#[must_use]
pub fn print_expr_of(program: &Program, journey: super::JourneyId, id: super::ExprId) -> String {
    let entry = match &program.journey(journey).entry {
        super::Entry::Event { event, .. } => Some(*event),
        super::Entry::Enter { .. }
        | super::Entry::Leave { .. }
        | super::Entry::Every { .. }
        | super::Entry::At { .. } => None,
    };
    let out = Printer { program, text: String::new() };
    out.expr(id, &Context::entered(entry))
}

/// The text of one journey: the same for journeys that do the same.
#[must_use]
pub fn print_journey(program: &Program, id: super::JourneyId) -> String {
    let mut out = Printer { program, text: String::new() };
    out.journey(program.journey(id));
    out.text
}

/// The text of a remembered quantity, without what it keeps.
#[must_use]
pub fn print_aggregate(program: &Program, id: super::AggId) -> String {
    let out = Printer { program, text: String::new() };
    let aggregate = &program.aggregates[id.index()];
    let at = match aggregate.scope {
        super::Scope::User => Context::default(),
        super::Scope::Instance(journey) => Context::entered(out.entry_event(journey)),
    };
    format!("{})", out.aggregate_head(aggregate, None, &at))
}

/// What the slots of an expression are those of.
#[derive(Debug, Clone, Default)]
struct Context {
    event: Option<EventId>,
    entry: Option<EventId>,
    elements: Vec<ListId>,
}

impl Context {
    fn inside(&self, event: EventId) -> Context {
        Context { event: Some(event), ..self.clone() }
    }

    fn entered(event: Option<EventId>) -> Context {
        Context { event: None, entry: event, elements: Vec::new() }
    }
}

struct Printer<'p> {
    program: &'p Program,
    text: String,
}

impl Printer<'_> {
    /// A line at a depth of indentation.
    fn line(&mut self, depth: usize, text: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{:indent$}{text}", "", indent = depth * 2);
    }

    /// The heading of a section.
    fn section(&mut self, title: &str) {
        self.text.push('\n');
        self.line(0, title);
    }
}
