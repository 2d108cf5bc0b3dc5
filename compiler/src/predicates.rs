//! The one door to predicates: the engine asks here and need not know whether machine code or the interpreter answers.
//!
//! Both give the same answers; `eval` is the meaning. Knows nothing of how machine code is made.

use crate::eval::{self, Env};
use crate::ir::{EventId, ExprId, JourneyId, Program};
#[cfg(feature = "jit")]
use crate::jit::Code;
use crate::triggers::Index;
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

/// The predicates of a program, ready to be asked. Environments given to it must be of that program, and the texts in their rows
/// must have the symbols of that program.
#[derive(Debug)]
pub struct Predicates {
    program: Arc<Program>,
    index: Index,
    code: Option<Code>,
    fallback: Option<Unavailable>,
}

impl Predicates {
    /// Makes them ready. Fails only for [`Backend::Jit`], where machine code cannot be made or run.
    pub fn new(program: &Arc<Program>, backend: Backend) -> Result<Self, Unavailable> {
        let index = Index::new(program);
        let (code, fallback) = match backend {
            Backend::Interp => (None, None),
            Backend::Jit => (Some(compile(program, &index)?), None),
            Backend::Auto => match compile(program, &index) {
                Ok(code) => (Some(code), None),
                Err(reason) => (None, Some(reason)),
            },
        };
        Ok(Self { program: Arc::clone(program), index, code, fallback })
    }

    /// The program they belong to.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Why [`Backend::Auto`] chose the interpreter, where it did.
    pub fn fallback(&self) -> Option<&Unavailable> {
        self.fallback.as_ref()
    }

    /// Bytes of machine code and the constants it reads; 0 where the interpreter answers.
    pub fn code_bytes(&self) -> usize {
        self.code.as_ref().map_or(0, Code::size)
    }

    /// Bytes of the index that finds an event's entries.
    pub fn index_bytes(&self) -> usize {
        self.index.bytes()
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
        self.index.walk(event, env, &mut |node| {
            let decided = self.code.as_ref().is_some_and(|code| code.decide(node, env, out));
            if !decided {
                let holds = |conditions: &[ExprId]| conditions.iter().all(|one| eval::truth(env, *one));
                let entered = self.index.leaves(node).iter();
                let entered = entered.filter(|leaf| holds(self.index.conditions(leaf)));
                out.extend(entered.map(|leaf| leaf.journey));
            }
        });
        // Found by their conditions, not in order.
        out[start..].sort_unstable();
    }
}

#[cfg(feature = "jit")]
fn compile(program: &Arc<Program>, index: &Index) -> Result<Code, Unavailable> {
    Code::build(program, index)
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
    fn decide(&self, _: usize, _: &Env<'_>, _: &mut Vec<JourneyId>) -> bool {
        match *self {}
    }
}

#[cfg(not(feature = "jit"))]
fn compile(_: &Arc<Program>, _: &Index) -> Result<Code, Unavailable> {
    Err(Unavailable("built without it".to_owned()))
}
