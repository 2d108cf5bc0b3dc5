//! Makes the functions of a program: first finds the shapes of all conditions, then compiles each once.

use super::emit::{Emitter, Frame};
use super::plan::Plan;
use super::shape::{Places, Shaper};
use super::view::View;
use super::{Code, Filter, Keep, MISFIT, NARROW, Run, Truth, dispatch, unavailable};
use crate::ir::{ExprId, Program};
use crate::predicates::Unavailable;
use crate::triggers::{Index, Leaf};
use cranelift_codegen::Context;
use cranelift_codegen::ir::{AbiParam, Signature, types};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::FunctionBuilderContext;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Module, default_libcall_names};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Most functions. Predicates beyond are interpreted, entries beyond share one that asks the interpreter.
const MOST: usize = 4_096;

/// What a function is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Decides a predicate.
    Predicate,
    /// Decides entries.
    Entry,
    /// Decides entries by asking the interpreter about each condition.
    Asked,
}

/// Conditions alike.
struct Shape {
    kind: Kind,
    /// Those of one of them.
    conditions: Vec<ExprId>,
    places: Places,
    /// Constants in a row.
    stride: usize,
    uses: usize,
}

impl Shape {
    /// Whether its function reads constants from rows. That of one predicate alone holds them itself.
    fn is_shared(&self) -> bool {
        self.kind != Kind::Predicate || self.uses > 1
    }
}

/// The shapes of a program, in the order they were met.
#[derive(Default)]
struct Shapes {
    all: Vec<Shape>,
    numbers: FxHashMap<Vec<u64>, usize>,
}

impl Shapes {
    /// The number of the shape the shaper holds.
    fn number(&mut self, kind: Kind, shaper: &Shaper<'_, '_>, conditions: &[ExprId]) -> usize {
        let number = self.numbers.get(shaper.key.as_slice()).copied().unwrap_or_else(|| {
            self.numbers.insert(shaper.key.clone(), self.all.len());
            self.all.push(Shape {
                kind,
                conditions: conditions.to_vec(),
                places: shaper.places.clone(),
                stride: shaper.constants.len(),
                uses: 0,
            });
            self.all.len() - 1
        });
        self.all[number].uses += 1;
        number
    }
    /// Whether the shape the shaper holds has a function, or may get one.
    fn has_room(&self, shaper: &Shaper<'_, '_>) -> bool {
        self.all.len() < MOST || self.numbers.contains_key(shaper.key.as_slice())
    }
}

/// A predicate with the number of its shape and its constants.
type Shaped = (ExprId, usize, Vec<u64>);

pub(super) fn code(program: &Arc<Program>, index: &Index) -> Result<Code, Unavailable> {
    let plan = Plan::of(program);
    let view = View { program, plan: &plan };
    let mut keep = Keep::default();
    let mut shapes = Shapes::default();
    let mut shaper = Shaper::new(view, &mut keep);
    let entries: Vec<Entries> = (0..index.nodes())
        .map(|node| {
            let mut entries = Entries::new();
            for leaf in index.leaves(node) {
                let shape = entry(&mut shaper, &mut shapes, leaf, index.conditions(leaf));
                entries.entry(shape).or_default().extend(&shaper.constants);
            }
            entries
        })
        .collect();
    let predicates = predicates(&mut shaper, &mut shapes, &plan);

    let mut maker = Maker::new(view, keep)?;
    let functions = shapes.all.iter().map(|shape| maker.function(shape)).collect::<Result<Vec<_>, _>>()?;
    maker.module.finalize_definitions().map_err(unavailable)?;
    let functions = functions.into_iter().map(|id| maker.module.get_finalized_function(id)).collect();
    let mut layout = Layout { shapes: &shapes.all, functions, constants: Vec::new() };
    let (nodes, runs) = layout.runs(entries);
    let truths = layout.truths(program, predicates);
    let constants = layout.constants.into_boxed_slice();
    Ok(Code {
        _program: Arc::clone(program),
        module: Some(maker.module),
        truths,
        nodes,
        runs,
        constants,
        _keep: maker.keep,
        size: maker.size,
    })
}

/// The rows of the entries at a node, by the number of their shape.
type Entries = BTreeMap<usize, Vec<u64>>;

/// The shape of an entry; its row is left in the shaper.
fn entry(shaper: &mut Shaper<'_, '_>, shapes: &mut Shapes, leaf: &Leaf, conditions: &[ExprId]) -> usize {
    let journey = u64::from(leaf.journey.0);
    shaper.start(Kind::Entry as u64, &[journey]);
    conditions.iter().for_each(|condition| shaper.condition(*condition));
    if shapes.has_room(shaper) {
        return shapes.number(Kind::Entry, shaper, conditions);
    }
    shaper.start(Kind::Asked as u64, &[journey]);
    conditions.iter().for_each(|condition| shaper.asked(*condition));
    shapes.number(Kind::Asked, shaper, conditions)
}

/// The shapes of what gets a function of its own.
fn predicates(shaper: &mut Shaper<'_, '_>, shapes: &mut Shapes, plan: &Plan) -> Vec<Shaped> {
    let mut predicates = Vec::new();
    for expr in &plan.roots {
        shaper.start(Kind::Predicate as u64, &[]);
        shaper.condition(*expr);
        if shapes.has_room(shaper) {
            let shape = shapes.number(Kind::Predicate, shaper, &[*expr]);
            predicates.push((*expr, shape, shaper.constants.clone()));
        }
    }
    predicates
}

/// Where functions and constants are in memory.
struct Layout<'s> {
    shapes: &'s [Shape],
    functions: Vec<*const u8>,
    constants: Vec<u64>,
}

impl Layout<'_> {
    /// The runs of all nodes of the index.
    fn runs(&mut self, entries: Vec<Entries>) -> (Vec<Range<u32>>, Vec<Run>) {
        let mut runs = Vec::new();
        let nodes = entries.into_iter().map(|entries| {
            let first = runs.len() as u32;
            for (shape, rows) in entries {
                // SAFETY: entries have functions of the signature of `Filter`, in the calling convention of `extern "C"`.
                let filter = unsafe { std::mem::transmute::<*const u8, Filter>(self.functions[shape]) };
                let count = (rows.len() / self.shapes[shape].stride) as u32;
                runs.push(Run { filter, rows: self.place(&rows), count });
            }
            first..runs.len() as u32
        });
        let nodes = nodes.collect();
        (nodes, runs)
    }

    /// The functions of predicates, by node.
    fn truths(&mut self, program: &Program, predicates: Vec<Shaped>) -> Vec<Option<(Truth, u32)>> {
        let mut truths = vec![None; program.exprs.len()];
        for (expr, shape, constants) in predicates {
            let at = if self.shapes[shape].is_shared() { self.place(&constants).start } else { 0 };
            // SAFETY: predicates have functions of the signature of `Truth`, in the calling convention of `extern "C"`.
            let function = unsafe { std::mem::transmute::<*const u8, Truth>(self.functions[shape]) };
            truths[expr.index()] = Some((function, at));
        }
        truths
    }

    fn place(&mut self, constants: &[u64]) -> Range<u32> {
        let start = self.constants.len() as u32;
        self.constants.extend(constants);
        start..self.constants.len() as u32
    }
}

/// Compiles functions, one after the other.
struct Maker<'p> {
    view: View<'p>,
    module: JITModule,
    context: Context,
    builder: FunctionBuilderContext,
    keep: Keep,
    size: usize,
}

impl<'p> Maker<'p> {
    fn new(view: View<'p>, keep: Keep) -> Result<Self, Unavailable> {
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
        Ok(Self { view, module, context, builder: FunctionBuilderContext::new(), keep, size: 0 })
    }

    fn function(&mut self, shape: &Shape) -> Result<FuncId, Unavailable> {
        let target = self.module.target_config();
        let (parameters, result, misfit) = match shape.kind {
            Kind::Predicate => (2, types::I8, i64::from(MISFIT)),
            Kind::Entry | Kind::Asked => (4, types::I32, i64::from(NARROW)),
        };
        let mut signature = Signature::new(target.default_call_conv);
        signature.params.extend([AbiParam::new(types::I64)].repeat(parameters));
        signature.returns.push(AbiParam::new(result));
        let id = self.module.declare_anonymous_function(&signature).map_err(unavailable)?;
        self.context.func.signature = signature;
        let mut emitter = Emitter::new(Frame {
            view: self.view,
            keep: &mut self.keep,
            places: shape.is_shared().then_some(&shape.places),
            function: &mut self.context.func,
            context: &mut self.builder,
            target,
        });
        match shape.kind {
            Kind::Predicate => shape.conditions.iter().for_each(|condition| emitter.whole(*condition)),
            Kind::Entry | Kind::Asked => {
                dispatch::entries(&mut emitter, shape.kind, &shape.conditions, shape.stride);
            }
        }
        if !emitter.finish(misfit, result) {
            // Cannot be: `shape` knows every node that `emit` asks about.
            return Err(Unavailable("conditions alike are compiled differently".to_owned()));
        }
        self.module.define_function(id, &mut self.context).map_err(unavailable)?;
        self.size += self.context.compiled_code().map_or(0, |code| code.code_info().total_size as usize);
        self.module.clear_context(&mut self.context);
        Ok(id)
    }
}
