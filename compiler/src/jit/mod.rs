//! Predicates as machine code.
//!
//! One module per program. Conditions that differ in nothing but constants (`shape`) share one function, which reads the constants from a row of
//! them; a function that only one condition has holds them itself. Predicates have a function each; entries that an event's index
//! (`crate::triggers`) leaves to be tested have one for all entries alike, a loop. `eval` is the meaning; what is not compiled here
//! is asked of it. Slots are read straight from rows; no instruction can trap. Knows nothing of the engine.
//! Start at [`Code::build`]; `plan` says what is compiled, `view` what becomes of a condition and what it costs, `emit` writes conditions
//! (`number` and `text` their operands), `dispatch` the loop over entries, `runtime` is what the code calls.
//!
//! The only place with `unsafe`. It rests on these invariants:
//! 1. A compiled function reads its environment, after it has found rows to be wide enough the slots of three rows, and, inside bounds it has
//!    checked, their bytes; all outlive the call. That slices lie in memory as it reads them is found out before anything is compiled.
//! 2. Constants it points to are owned by the [`Code`] (or the program it holds) that owns the function. It is called with rows of constants
//!    of its own shape only.
//! 3. Machine code is neither changed nor freed while its [`Code`] lives.

mod dispatch;
mod emit;
mod make;
mod number;
mod plan;
mod runtime;
mod shape;
mod text;
mod view;

use crate::eval::Env;
use crate::ir::{ExprId, JourneyId, Program};
use crate::predicates::Unavailable;
use crate::triggers::Index;
use cranelift_jit::JITModule;
use memchr::memmem::Finder;
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Whether a condition holds for the constants of a row; [`MISFIT`] where rows are too narrow.
type Truth = unsafe extern "C" fn(*const Env<'_>, *const u64) -> u8;
const MISFIT: u8 = 2;
/// Writes the journeys of the rows whose conditions hold and tells how many; [`NARROW`] where rows are too narrow.
type Filter = unsafe extern "C" fn(*const Env<'_>, *const u64, *const u64, *mut JourneyId) -> u32;
const NARROW: u32 = u32::MAX;

/// The machine code of a program. Frees it when dropped.
pub(crate) struct Code {
    _program: Arc<Program>,
    module: Option<JITModule>,
    /// By node; those that are compiled, with where their constants are.
    truths: Vec<Option<(Truth, u32)>>,
    /// By node of the index.
    nodes: Vec<Range<u32>>,
    runs: Vec<Run>,
    /// Rows of all functions that read some.
    constants: Box<[u64]>,
    /// Kept for the code that points to them.
    _keep: Keep,
    size: usize,
}

/// Entries alike at one node of the index.
struct Run {
    filter: Filter,
    /// Their rows.
    rows: Range<u32>,
    /// How many.
    count: u32,
}

/// Constants that machine code points to.
#[derive(Default)]
struct Keep {
    finders: FxHashMap<String, Box<Finder<'static>>>,
    tables: FxHashSet<Box<[u64]>>,
}

impl Keep {
    /// The address of a searcher for this text.
    fn finder(&mut self, text: &str) -> i64 {
        let finder = self
            .finders
            .entry(text.to_owned())
            .or_insert_with(|| Box::new(Finder::new(text.as_bytes()).into_owned()));
        std::ptr::from_ref::<Finder<'static>>(finder) as i64
    }
    /// The address of these words.
    fn table(&mut self, words: Vec<u64>) -> i64 {
        if let Some(table) = self.tables.get(words.as_slice()) {
            return table.as_ptr() as i64;
        }
        let table = words.into_boxed_slice();
        let address = table.as_ptr() as i64;
        self.tables.insert(table);
        address
    }
}

// SAFETY: after `build` nothing is changed until `drop`: the module is only touched by `drop`, which has the only reference; function
// pointers and constants are plain shared data (finders and patterns are `Sync` themselves).
unsafe impl Sync for Code {}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code")
            .field("functions", &self.truths.iter().flatten().count())
            .field("bytes", &self.size())
            .finish()
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        if let Some(module) = self.module.take() {
            // SAFETY: functions are only called through `&self`, so none is running, and the pointers die with `self`.
            unsafe { module.free_memory() }
        }
    }
}

impl Code {
    /// Compiles the predicates of a program.
    pub(crate) fn build(program: &Arc<Program>, index: &Index) -> Result<Self, Unavailable> {
        // A fault inside the code generator must not take the program down: the interpreter does the same.
        catch_unwind(AssertUnwindSafe(|| Self::compile(program, index)))
            .unwrap_or_else(|_| Err(Unavailable("the code generator failed".to_owned())))
    }

    fn compile(program: &Arc<Program>, index: &Index) -> Result<Self, Unavailable> {
        if !runtime::slices_are_as_read() {
            return Err(Unavailable("slices lie in memory in another way".to_owned()));
        }
        make::code(program, index)
    }

    /// Bytes of machine code, its constants and what says where they are.
    pub(crate) fn size(&self) -> usize {
        self.size
            + size_of_val(&*self.constants)
            + size_of_val(self.runs.as_slice())
            + size_of_val(self.nodes.as_slice())
    }

    /// Whether a predicate holds; `None` where it is not compiled, or not for rows like these.
    #[inline]
    pub(crate) fn truth(&self, expr: ExprId, env: &Env<'_>) -> Option<bool> {
        let (function, at) = self.truths.get(expr.index())?.as_ref()?;
        // SAFETY: the environment lives until the call returns; constants at that place are those of this predicate (invariants 1 and 2).
        let answer = unsafe { function(env, self.constants.as_ptr().add(*at as usize)) };
        (answer != MISFIT).then_some(answer != 0)
    }

    /// Appends the journeys at a node of the index that an event enters, in no particular order; tells whether it has decided all of them.
    pub(crate) fn decide(&self, node: usize, env: &Env<'_>, out: &mut Vec<JourneyId>) -> bool {
        let Some(runs) = self.nodes.get(node) else { return false };
        let start = out.len();
        for run in &self.runs[runs.start as usize..runs.end as usize] {
            out.reserve(run.count as usize);
            let constants = self.constants.as_ptr();
            // SAFETY: as in `truth`; rows are inside the constants, at least one, and of the function's shape. For each row it writes at most
            // one id, all from the end of `out` on where there is room for as many, and tells how many of them count. Ids are transparent `u32`.
            let written = unsafe {
                let (first, end) =
                    (constants.add(run.rows.start as usize), constants.add(run.rows.end as usize));
                let written = (run.filter)(env, first, end, out.as_mut_ptr().add(out.len()));
                if written != NARROW {
                    out.set_len(out.len() + written.min(run.count) as usize);
                }
                written
            };
            if written == NARROW {
                out.truncate(start);
                return false;
            }
        }
        true
    }
}

/// Why the code generator or the memory refuses.
fn unavailable(error: impl fmt::Display) -> Unavailable {
    Unavailable(error.to_string())
}
