//! Predicates as machine code.
//!
//! One module per program: a function for each predicate, and for each event a dispatcher that decides all its entries at once. `eval` is the
//! meaning; what is not compiled here is asked of it. Slots are read straight from rows; no instruction can trap. Knows nothing of the engine.
//! Start at [`Code::build`]; `plan` says what is compiled and what it costs, `emit` writes conditions (`number` and `text` their operands),
//! `dispatch` the entries, `runtime` is what the code calls.
//!
//! The only place with `unsafe`. It rests on these invariants:
//! 1. A compiled function reads its environment, the slots below its widths and, inside bounds it has checked, the bytes of three rows; all
//!    outlive the call. That slices lie in memory as it reads them is found out before anything is compiled.
//! 2. Constants it points to are owned by the [`Code`] (or the program it holds) that owns the function.
//! 3. Machine code is neither changed nor freed while its [`Code`] lives.

mod dispatch;
mod emit;
mod number;
mod plan;
mod runtime;
mod text;

use crate::eval::Env;
use crate::ir::{EventId, ExprId, JourneyId, Program};
use crate::predicates::{Entries, Unavailable};
use cranelift_codegen::Context;
use cranelift_codegen::ir::{AbiParam, Signature, types};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::FunctionBuilderContext;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Module, default_libcall_names};
use memchr::memmem::Finder;
use rustc_hash::FxHashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

type Truth = unsafe extern "C" fn(*const Env<'_>) -> u8;
type Dispatch = unsafe extern "C" fn(*const Env<'_>, *mut JourneyId) -> u32;

/// How wide the rows must be that a function reads: event, entry, user.
type Widths = [u32; 3];

/// The machine code of a program. Frees it when dropped.
pub(crate) struct Code {
    _program: Arc<Program>,
    module: Option<JITModule>,
    /// By node; those that are compiled.
    truths: Vec<Option<(Truth, Widths)>>,
    /// By event; the most journeys it may write, its functions.
    dispatchers: Vec<Option<(Dispatch, Widths, usize)>>,
    /// Kept for the code that points to them.
    _keep: Keep,
    size: usize,
}

/// Constants that machine code points to.
#[derive(Default)]
struct Keep {
    finders: FxHashMap<String, Box<Finder<'static>>>,
    tables: Vec<Box<[u64]>>,
}

// SAFETY: after `build` nothing is changed until `drop`: the module is only touched by `drop`, which has the only reference; function
// pointers and constants are plain shared data (finders and patterns are `Sync` themselves).
unsafe impl Sync for Code {}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code")
            .field("functions", &self.truths.iter().flatten().count())
            .field("bytes", &self.size)
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
    pub(crate) fn build(program: &Arc<Program>, entries: &Entries) -> Result<Self, Unavailable> {
        // A fault inside the code generator must not take the program down: the interpreter does the same.
        catch_unwind(AssertUnwindSafe(|| Self::compile(program, entries)))
            .unwrap_or_else(|_| Err(Unavailable("the code generator failed".to_owned())))
    }

    fn compile(program: &Arc<Program>, entries: &Entries) -> Result<Self, Unavailable> {
        if !runtime::slices_are_as_read() {
            return Err(Unavailable("slices lie in memory in another way".to_owned()));
        }
        let mut maker = Maker::new(program)?;
        let plan = plan::Plan::of(program);
        let mut truths = Vec::new();
        for expr in &plan.roots {
            let (id, widths) = maker.truth(&plan, *expr)?;
            truths.push((*expr, id, widths));
        }
        let mut dispatchers = Vec::new();
        for entries in entries {
            dispatchers.push(match entries.as_slice() {
                [] => None,
                entries => Some((maker.dispatcher(&plan, entries)?, entries.len())),
            });
        }
        maker.module.finalize_definitions().map_err(unavailable)?;
        let module = maker.module;
        let mut functions = vec![None; program.exprs.len()];
        for (expr, id, widths) in truths {
            let code = module.get_finalized_function(id);
            // SAFETY: the function was defined with the signature of `Truth`, in the calling convention of `extern "C"`.
            let function = unsafe { std::mem::transmute::<*const u8, Truth>(code) };
            functions[expr.index()] = Some((function, widths));
        }
        let dispatchers = dispatchers.into_iter().map(|dispatcher| {
            dispatcher.map(|((id, widths), most)| {
                let code = module.get_finalized_function(id);
                // SAFETY: the function was defined with the signature of `Dispatch`, in the calling convention of `extern "C"`.
                (unsafe { std::mem::transmute::<*const u8, Dispatch>(code) }, widths, most)
            })
        });
        let dispatchers = dispatchers.collect();
        Ok(Self {
            _program: Arc::clone(program),
            module: Some(module),
            truths: functions,
            dispatchers,
            _keep: maker.keep,
            size: maker.size,
        })
    }

    /// Bytes of machine code.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Whether a predicate holds; `None` where it is not compiled, or not for rows like these.
    #[inline]
    pub(crate) fn truth(&self, expr: ExprId, env: &Env<'_>) -> Option<bool> {
        let (function, widths) = self.truths.get(expr.index())?.as_ref()?;
        if !fits(env, *widths) {
            return None;
        }
        // SAFETY: the environment lives until the call returns, its rows are as wide as the function reads (invariant 1).
        Some(unsafe { function(env) } != 0)
    }

    /// Appends the journeys an event enters, in no particular order; `None` where that is not compiled.
    pub(crate) fn triggers(&self, event: EventId, env: &Env<'_>, out: &mut Vec<JourneyId>) -> Option<()> {
        let (function, widths, most) = (*self.dispatchers.get(event.index())?)?;
        if !fits(env, widths) {
            return None;
        }
        out.reserve(most);
        // SAFETY: as in `truth`; the function writes at most `most` ids from the end of `out` on, one for each entry it was made of,
        // and returns how many. Ids are transparent `u32`.
        unsafe {
            let written = function(env, out.as_mut_ptr().add(out.len())) as usize;
            out.set_len(out.len() + written.min(most));
        }
        Some(())
    }
}

/// Whether the rows are as wide as a function reads them.
#[inline]
fn fits(env: &Env<'_>, [event, entry, user]: Widths) -> bool {
    env.event.slots.len() >= event as usize
        && env.entry.slots.len() >= entry as usize
        && env.user.slots.len() >= user as usize
}

/// Why the code generator or the memory refuses.
fn unavailable(error: impl fmt::Display) -> Unavailable {
    Unavailable(error.to_string())
}

/// Makes functions, one after the other.
struct Maker<'p> {
    program: &'p Program,
    module: JITModule,
    context: Context,
    builder: FunctionBuilderContext,
    keep: Keep,
    size: usize,
}

impl<'p> Maker<'p> {
    fn new(program: &'p Program) -> Result<Self, Unavailable> {
        let mut flags = settings::builder();
        let verify = if cfg!(debug_assertions) { "true" } else { "false" };
        for (name, value) in [
            ("use_colocated_libcalls", "false"),
            ("is_pic", "false"),
            ("opt_level", "speed"),
            ("enable_verifier", verify),
            ("enable_probestack", "false"),
            ("unwind_info", "false"),
        ] {
            flags.set(name, value).map_err(unavailable)?;
        }
        let isa = cranelift_native::builder().map_err(unavailable)?;
        let isa = isa.finish(settings::Flags::new(flags)).map_err(unavailable)?;
        let module = JITModule::new(JITBuilder::with_isa(isa, default_libcall_names()));
        let context = module.make_context();
        Ok(Self {
            program,
            module,
            context,
            builder: FunctionBuilderContext::new(),
            keep: Keep::default(),
            size: 0,
        })
    }

    /// A function that decides a predicate.
    fn truth(&mut self, plan: &plan::Plan, expr: ExprId) -> Result<(FuncId, Widths), Unavailable> {
        self.function(plan, &[types::I64], types::I8, |emitter| emitter.whole(expr))
    }

    /// A function that decides the entries of an event.
    fn dispatcher(
        &mut self,
        plan: &plan::Plan,
        entries: &[(JourneyId, Option<ExprId>)],
    ) -> Result<(FuncId, Widths), Unavailable> {
        self.function(plan, &[types::I64, types::I64], types::I32, |emitter| {
            dispatch::entries(emitter, entries);
        })
    }

    fn function(
        &mut self,
        plan: &plan::Plan,
        parameters: &[types::Type],
        result: types::Type,
        body: impl FnOnce(&mut emit::Emitter<'_, '_>),
    ) -> Result<(FuncId, Widths), Unavailable> {
        let mut signature = Signature::new(self.module.target_config().default_call_conv);
        signature.params.extend(parameters.iter().map(|ty| AbiParam::new(*ty)));
        signature.returns.push(AbiParam::new(result));
        let id = self.module.declare_anonymous_function(&signature).map_err(unavailable)?;
        self.context.func.signature = signature;
        let mut emitter = emit::Emitter::new(
            self.program,
            plan,
            &mut self.keep,
            &mut self.context.func,
            &mut self.builder,
            self.module.target_config().default_call_conv,
        );
        body(&mut emitter);
        let widths = emitter.finish(self.module.target_config());
        self.module.define_function(id, &mut self.context).map_err(unavailable)?;
        self.size += self.context.compiled_code().map_or(0, |code| code.code_info().total_size as usize);
        self.module.clear_context(&mut self.context);
        Ok((id, widths))
    }
}
