//! The one door to predicates: the engine asks here and need not know whether machine code or the interpreter answers.
//!
//! Both give the same answers; `eval` is the meaning. Knows nothing of how machine code is made.

use crate::eval::{self, Env};
use crate::ir::{Entry, EventId, ExprId, JourneyId, Program};
use std::fmt;
use std::sync::Arc;

/// What evaluates predicates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// Machine code where it can be made, else the interpreter.
    #[default]
    Auto,
    /// Machine code.
    Jit,
    /// The interpreter.
    Interp,
}

/// Why there is no machine code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable(pub String);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "machine code is not available: {}", self.0)
    }
}

impl std::error::Error for Unavailable {}

/// The predicates of a program, ready to be asked.
#[derive(Debug)]
pub struct Predicates {
    program: Arc<Program>,
    /// For each event, the journeys that it may enter, with their conditions.
    entries: Vec<Vec<(JourneyId, Option<ExprId>)>>,
    fallback: Option<Unavailable>,
}

impl Predicates {
    /// Makes them ready. Fails only for [`Backend::Jit`] where machine code cannot be made or run.
    pub fn new(program: &Arc<Program>, backend: Backend) -> Result<Self, Unavailable> {
        let fallback = match backend {
            Backend::Interp => None,
            Backend::Auto => Some(Unavailable("not built yet".to_owned())),
            Backend::Jit => return Err(Unavailable("not built yet".to_owned())),
        };
        Ok(Self { program: Arc::clone(program), entries: entries(program), fallback })
    }

    /// The program they belong to.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Why [`Backend::Auto`] chose the interpreter, where it did.
    pub fn fallback(&self) -> Option<&Unavailable> {
        self.fallback.as_ref()
    }

    /// Whether a predicate holds.
    #[inline]
    pub fn truth(&self, expr: ExprId, env: &Env<'_>) -> bool {
        eval::truth(env, expr)
    }

    /// Appends the journeys that the event at hand enters by their `on EVENT where P`, in the order of the program.
    pub fn triggers(&self, event: EventId, env: &Env<'_>, out: &mut Vec<JourneyId>) {
        let entries = self.entries.get(event.index()).map_or(&[][..], Vec::as_slice);
        let matching =
            entries.iter().filter(|(_, filter)| filter.is_none_or(|filter| eval::truth(env, filter)));
        out.extend(matching.map(|(journey, _)| *journey));
    }
}

/// The event entries of all journeys, by event.
fn entries(program: &Program) -> Vec<Vec<(JourneyId, Option<ExprId>)>> {
    let mut entries = vec![Vec::new(); program.events.len()];
    for (index, journey) in program.journeys.iter().enumerate() {
        if let Entry::Event { event, filter } = &journey.entry {
            entries[event.index()].push((JourneyId::new(index), *filter));
        }
    }
    entries
}
