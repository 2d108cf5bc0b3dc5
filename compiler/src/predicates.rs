//! The one door to predicates: the engine asks here and need not know whether machine code or the interpreter answers.
//!
//! Both give the same answers; `eval` is the meaning. Knows nothing of how machine code is made.

use crate::eval::{self, Env};
use crate::ir::{Entry, EventId, ExprId, JourneyId, Program};
#[cfg(feature = "jit")]
use crate::jit::Code;
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

/// For each event, the journeys that it may enter, with their conditions.
pub(crate) type Entries = Vec<Vec<(JourneyId, Option<ExprId>)>>;

/// The predicates of a program, ready to be asked. Environments given to it must be of that program, and the texts in their rows
/// must have the symbols of that program.
#[derive(Debug)]
pub struct Predicates {
    program: Arc<Program>,
    entries: Entries,
    code: Option<Code>,
    fallback: Option<Unavailable>,
}

impl Predicates {
    /// Makes them ready. Fails only for [`Backend::Jit`], where machine code cannot be made or run.
    pub fn new(program: &Arc<Program>, backend: Backend) -> Result<Self, Unavailable> {
        let entries = entries(program);
        let (code, fallback) = match backend {
            Backend::Interp => (None, None),
            Backend::Jit => (Some(compile(program, &entries)?), None),
            Backend::Auto => match compile(program, &entries) {
                Ok(code) => (Some(code), None),
                Err(reason) => (None, Some(reason)),
            },
        };
        Ok(Self { program: Arc::clone(program), entries, code, fallback })
    }

    /// The program they belong to.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Why [`Backend::Auto`] chose the interpreter, where it did.
    pub fn fallback(&self) -> Option<&Unavailable> {
        self.fallback.as_ref()
    }

    /// Bytes of machine code; 0 where the interpreter answers.
    pub fn code_bytes(&self) -> usize {
        self.code.as_ref().map_or(0, Code::size)
    }

    /// Whether a predicate holds.
    #[inline]
    pub fn truth(&self, expr: ExprId, env: &Env<'_>) -> bool {
        let compiled = self.code.as_ref().and_then(|code| code.truth(expr, env));
        compiled.unwrap_or_else(|| eval::truth(env, expr))
    }

    /// Appends the journeys that the event at hand enters by their `on EVENT where P`, in the order of the program.
    pub fn triggers(&self, event: EventId, env: &Env<'_>, out: &mut Vec<JourneyId>) {
        let start = out.len();
        match self.code.as_ref().and_then(|code| code.triggers(event, env, out)) {
            // Found by their conditions, not in order.
            Some(()) => out[start..].sort_unstable(),
            None => {
                let entries = self.entries.get(event.index()).map_or(&[][..], Vec::as_slice);
                let matching =
                    entries.iter().filter(|(_, filter)| filter.is_none_or(|filter| eval::truth(env, filter)));
                out.extend(matching.map(|(journey, _)| *journey));
            }
        }
    }
}

/// The event entries of all journeys.
fn entries(program: &Program) -> Entries {
    let mut entries = vec![Vec::new(); program.events.len()];
    for (index, journey) in program.journeys.iter().enumerate() {
        if let Entry::Event { event, filter } = &journey.entry {
            entries[event.index()].push((JourneyId::new(index), *filter));
        }
    }
    entries
}

#[cfg(feature = "jit")]
fn compile(program: &Arc<Program>, entries: &Entries) -> Result<Code, Unavailable> {
    Code::build(program, entries)
}

/// Stands for machine code where the compiler is built without it.
#[cfg(not(feature = "jit"))]
#[derive(Debug)]
enum Code {}

#[cfg(not(feature = "jit"))]
impl Code {
    fn size(&self) -> usize {
        match *self {}
    }
    fn truth(&self, _: ExprId, _: &Env<'_>) -> Option<bool> {
        match *self {}
    }
    fn triggers(&self, _: EventId, _: &Env<'_>, _: &mut Vec<JourneyId>) -> Option<()> {
        match *self {}
    }
}

#[cfg(not(feature = "jit"))]
fn compile(_: &Arc<Program>, _: &Entries) -> Result<Code, Unavailable> {
    Err(Unavailable("built without it".to_owned()))
}
