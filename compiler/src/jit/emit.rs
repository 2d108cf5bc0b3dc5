//! Conditions as machine code.
//!
//! A condition is either cheap (a few instructions that may be evaluated without need) and becomes a flag, or it branches. Operands of `and` and `or`
//! have no effects, so cheap ones are tested first and together, whatever is asked of the interpreter last. Start at [`Emitter::condition`].

use super::Keep;
use super::runtime::{
    self, BITS_AT, ENTRY_TIME_AT, NOW_AT, RowId, SLOT_SIZE, SYM_AT, TAG_AT, slots_at, width_at,
};
use super::shape::{ID, Places};
use super::view::{RUN, Rank, View};
use crate::ir::{CompareOp, Const, ExprId, ExprKind};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F64, I8, I32, I64};
use cranelift_codegen::ir::{
    AbiParam, Block, Function, InstBuilder, MemFlagsData, SigRef, Signature, Type, Value,
};
use cranelift_codegen::isa::TargetFrontendConfig;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use rustc_hash::FxHashMap;

/// Where a function's parts come from.
pub(super) struct Frame<'p, 'b> {
    pub(super) view: View<'p>,
    pub(super) keep: &'p mut Keep,
    /// Constants that are read from a row of them, so that conditions alike can share the function; the others are written into it.
    pub(super) places: Option<&'p Places>,
    pub(super) function: &'b mut Function,
    pub(super) context: &'b mut FunctionBuilderContext,
    pub(super) target: TargetFrontendConfig,
}

/// Writes one function. Its first parameters are the environment and a row of constants.
pub(super) struct Emitter<'p, 'b> {
    pub(super) builder: FunctionBuilder<'b>,
    pub(super) view: View<'p>,
    pub(super) keep: &'p mut Keep,
    places: Option<&'p Places>,
    /// Whether everything that differs between conditions alike was read from constants.
    shareable: bool,
    target: TargetFrontendConfig,
    /// Where rows are measured before anything is read; written last.
    start: Block,
    body: Block,
    env: Value,
    /// The row of constants at hand.
    pub(super) constants: Value,
    /// All parameters.
    pub(super) parameters: Vec<Value>,
    rows: [Value; 3],
    pub(super) now: Value,
    pub(super) entry_time: Value,
    /// How wide the rows must be that the function reads: event, entry, user.
    widths: [u32; 3],
    signatures: FxHashMap<(usize, Type), SigRef>,
}

impl<'p, 'b> Emitter<'p, 'b> {
    pub(super) fn new(frame: Frame<'p, 'b>) -> Self {
        let Frame { view, keep, places, function, context, target } = frame;
        let mut builder = FunctionBuilder::new(function, context);
        let start = builder.create_block();
        builder.append_block_params_for_function_params(start);
        let parameters = builder.block_params(start).to_vec();
        // The first block of a function is the one laid out first.
        builder.func.layout.append_block(start);
        let body = builder.create_block();
        builder.switch_to_block(body);
        let (env, constants) = (parameters[0], parameters[1]);
        // Loads that nobody uses are left out by the code generator.
        let mut load = |ty, at| builder.ins().load(ty, constant(), env, at);
        let rows = [RowId::Event, RowId::Entry, RowId::User].map(|row| load(I64, slots_at(row)));
        let (now, entry_time) = (load(I64, NOW_AT), load(I64, ENTRY_TIME_AT));
        Self {
            builder,
            view,
            keep,
            places,
            shareable: true,
            target,
            start,
            body,
            env,
            constants,
            parameters,
            rows,
            now,
            entry_time,
            widths: [0; 3],
            signatures: FxHashMap::default(),
        }
    }

    /// Ends the function: where rows are narrower than it reads, it returns `misfit`. Tells whether it is right for all conditions alike.
    pub(super) fn finish(mut self, misfit: i64, result: Type) -> bool {
        self.builder.switch_to_block(self.start);
        let mut fits = None;
        for row in [RowId::Event, RowId::Entry, RowId::User] {
            let least = i64::from(self.widths[row as usize]);
            if least > 0 {
                let width = self.of_env(I64, width_at(row));
                let wide = self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, width, least);
                fits = Some(fits.map_or(wide, |before| self.builder.ins().band(before, wide)));
            }
        }
        match fits {
            None => {
                self.builder.ins().jump(self.body, &[]);
            }
            Some(fits) => {
                let narrow = self.builder.create_block();
                self.builder.set_cold_block(narrow);
                self.branch(fits, self.body, narrow);
                self.builder.switch_to_block(narrow);
                let misfit = self.builder.ins().iconst(result, misfit);
                self.builder.ins().return_(&[misfit]);
            }
        }
        self.builder.seal_all_blocks();
        self.builder.finalize(self.target);
        self.shareable
    }

    /// A constant of a node: read from the row at hand where it has a place there.
    fn placed(&mut self, node: ExprId, part: u32, ty: Type) -> Option<Value> {
        let place = *self.places?.get(&(node, part))?;
        Some(self.builder.ins().load(ty, constant(), self.constants, place as i32 * 8))
    }
    /// An integer, or the address of something kept.
    pub(super) fn literal(&mut self, node: ExprId, part: u32, value: i64) -> Value {
        self.placed(node, part, I64).unwrap_or_else(|| self.builder.ins().iconst(I64, value))
    }
    /// A symbol, or the id of a node.
    pub(super) fn literal_32(&mut self, node: ExprId, part: u32, value: u32) -> Value {
        self.placed(node, part, I32).unwrap_or_else(|| self.builder.ins().iconst(I32, i64::from(value)))
    }
    pub(super) fn literal_float(&mut self, node: ExprId, part: u32, value: f64) -> Value {
        self.placed(node, part, F64).unwrap_or_else(|| self.builder.ins().f64const(value))
    }

    /// The whole body of a predicate's function.
    pub(super) fn whole(&mut self, expr: ExprId) {
        if self.view.cost(expr).is_some() {
            let flag = self.flag(expr);
            self.builder.ins().return_(&[flag]);
            return;
        }
        let (yes, no) = (self.builder.create_block(), self.builder.create_block());
        self.condition(expr, yes, no);
        for (block, value) in [(yes, 1), (no, 0)] {
            self.enter(block);
            let value = self.builder.ins().iconst(I8, value);
            self.builder.ins().return_(&[value]);
        }
    }

    /// Goes on writing in a block all of whose predecessors are written.
    pub(super) fn enter(&mut self, block: Block) {
        self.builder.switch_to_block(block);
        self.builder.seal_block(block);
    }
    /// Ends the block: to `yes` where the flag is set.
    pub(super) fn branch(&mut self, flag: Value, yes: Block, no: Block) {
        self.builder.ins().brif(flag, yes, &[], no, &[]);
    }
    /// Goes on in a fresh block where the flag is set, else to `no`.
    pub(super) fn need(&mut self, flag: Value, no: Block) {
        let next = self.builder.create_block();
        self.branch(flag, next, no);
        self.enter(next);
    }

    fn load(&mut self, (row, slot): (RowId, u32), ty: Type, part: i32) -> Value {
        let width = &mut self.widths[row as usize];
        *width = (*width).max(slot + 1);
        self.builder.ins().load(ty, constant(), self.rows[row as usize], slot as i32 * SLOT_SIZE + part)
    }
    /// The value in a slot; 0 when missing.
    pub(super) fn bits(&mut self, slot: (RowId, u32), ty: Type) -> Value {
        self.load(slot, ty, BITS_AT)
    }
    /// The symbol in a slot; 0 when missing.
    pub(super) fn symbol(&mut self, slot: (RowId, u32)) -> Value {
        self.load(slot, I32, SYM_AT)
    }
    /// Whether there is something in a slot.
    fn tag(&mut self, slot: (RowId, u32)) -> Value {
        let tag = self.load(slot, I32, TAG_AT);
        self.builder.ins().icmp_imm_u(IntCC::NotEqual, tag, 0)
    }
    /// A part of the environment.
    pub(super) fn of_env(&mut self, ty: Type, at: i32) -> Value {
        self.builder.ins().load(ty, constant(), self.env, at)
    }

    /// Calls a function of `runtime` with 64-bit arguments (ids and rows as 32-bit ones).
    pub(super) fn call(&mut self, function: usize, arguments: &[Value], result: Type) -> Value {
        let types: Vec<Type> =
            arguments.iter().map(|value| self.builder.func.dfg.value_type(*value)).collect();
        let convention = self.target.default_call_conv;
        let builder = &mut self.builder;
        let signature = *self.signatures.entry((function, result)).or_insert_with(|| {
            let mut signature = Signature::new(convention);
            signature.params.extend(types.into_iter().map(AbiParam::new));
            signature.returns.push(AbiParam::new(result));
            builder.import_signature(signature)
        });
        let address = self.builder.ins().iconst(I64, function as i64);
        let call = self.builder.ins().call_indirect(signature, address, arguments);
        self.builder.inst_results(call)[0]
    }
    /// The environment as an argument.
    pub(super) fn env(&self) -> Value {
        self.env
    }
    /// Asks the interpreter about a node.
    pub(super) fn ask(&mut self, function: usize, expr: ExprId, result: Type) -> Value {
        let known = self.places.is_none_or(|places| places.contains_key(&(expr, ID)));
        self.shareable &= known;
        let id = self.literal_32(expr, ID, expr.0);
        self.call(function, &[self.env, id], result)
    }

    /// A condition with a [`cost`](Self::cost) as 0 or 1.
    pub(super) fn flag(&mut self, expr: ExprId) -> Value {
        match &self.view.node(expr).kind {
            ExprKind::Const(value) => self.constant(*value == Const::Bool(true)),
            ExprKind::Slot { .. } => match self.view.row_slot(expr) {
                Some(slot) => {
                    let bits = self.bits(slot, I64);
                    self.builder.ins().icmp_imm_u(IntCC::NotEqual, bits, 0)
                }
                None => self.ask_truth(expr),
            },
            ExprKind::Not(operand) => {
                let flag = self.flag(*operand);
                self.builder.ins().bxor_imm_u(flag, 1)
            }
            ExprKind::Consent { rule: inner, .. } | ExprKind::InSegment { predicate: inner, .. } => {
                self.flag(*inner)
            }
            ExprKind::All(operands) => self.flags(operands, true),
            ExprKind::Any(operands) => self.flags(operands, false),
            ExprKind::Compare { op, left, right } => self.compare(expr, *op, *left, *right),
            ExprKind::OneOf { value, set } => self.one_of(expr, *value, set),
            ExprKind::Exists(operand) => {
                let present = self.presence(*operand);
                present.unwrap_or_else(|| self.constant(true))
            }
            ExprKind::TimeTest { test, time, operand } => self.time_test(*test, *time, *operand),
            _ => self.ask_truth(expr),
        }
    }

    /// Flags joined by `and` or `or`.
    pub(super) fn flags(&mut self, operands: &[ExprId], and: bool) -> Value {
        let mut joined = None;
        for operand in operands {
            let flag = self.flag(*operand);
            joined = Some(match joined {
                None => flag,
                Some(before) if and => self.builder.ins().band(before, flag),
                Some(before) => self.builder.ins().bor(before, flag),
            });
        }
        joined.unwrap_or_else(|| self.constant(and))
    }

    /// A truth that is known now.
    pub(super) fn constant(&mut self, truth: bool) -> Value {
        self.builder.ins().iconst(I8, i64::from(truth))
    }
    /// Asks the interpreter about a condition.
    pub(super) fn ask_truth(&mut self, expr: ExprId) -> Value {
        self.ask(runtime::truth as *const () as usize, expr, I8)
    }

    /// Ends the block: to `yes` where the condition holds, else to `no`.
    pub(super) fn condition(&mut self, expr: ExprId, yes: Block, no: Block) {
        if self.view.cost(expr).is_some() {
            let flag = self.flag(expr);
            return self.branch(flag, yes, no);
        }
        if !self.view.plan.is_small(expr) {
            let flag = self.ask_truth(expr);
            return self.branch(flag, yes, no);
        }
        match &self.view.node(expr).kind {
            ExprKind::All(operands) => self.every(operands, yes, no),
            ExprKind::Any(operands) => self.some(operands, yes, no),
            ExprKind::Not(operand) => self.condition(*operand, no, yes),
            ExprKind::Consent { rule: inner, .. } | ExprKind::InSegment { predicate: inner, .. } => {
                self.condition(*inner, yes, no);
            }
            ExprKind::Case { arms, otherwise } => {
                for (condition, value) in arms {
                    let (holds, next) = (self.builder.create_block(), self.builder.create_block());
                    self.condition(*condition, holds, next);
                    self.enter(holds);
                    self.condition(*value, yes, no);
                    self.enter(next);
                }
                self.condition(*otherwise, yes, no);
            }
            ExprKind::Compare { op, left, right } => match self.view.bytes_of(*left, *right) {
                Some((slot, text)) if *op == CompareOp::Eq => self.same_text(slot, text, yes, no),
                Some((slot, text)) if *op == CompareOp::Ne => self.same_text(slot, text, no, yes),
                Some(_) | None => {
                    let flag = self.ask_truth(expr);
                    self.branch(flag, yes, no);
                }
            },
            ExprKind::Text { test, value, pattern }
                if self.view.text_rank(*test, *value, *pattern) != Rank::Asks =>
            {
                self.text_test(expr, *test, *value, *pattern, yes, no);
            }
            ExprKind::Matches { value, regex } => {
                let flag = match self.view.row_slot(*value) {
                    Some(slot) => self.matches(expr, slot, *regex),
                    None => self.ask_truth(expr),
                };
                self.branch(flag, yes, no);
            }
            _ => {
                let flag = self.ask_truth(expr);
                self.branch(flag, yes, no);
            }
        }
    }

    /// A conjunction: cheap operands together and first.
    pub(super) fn every(&mut self, operands: &[ExprId], yes: Block, no: Block) {
        let rest = self.runs(operands, true, no);
        for operand in rest {
            let next = self.builder.create_block();
            self.condition(operand, next, no);
            self.enter(next);
        }
        self.builder.ins().jump(yes, &[]);
    }

    /// A conjunction whose operands the interpreter is asked about.
    pub(super) fn every_asked(&mut self, operands: &[ExprId], yes: Block, no: Block) {
        for operand in operands {
            let flag = self.ask_truth(*operand);
            self.need(flag, no);
        }
        self.builder.ins().jump(yes, &[]);
    }

    /// A disjunction: cheap operands together and first.
    fn some(&mut self, operands: &[ExprId], yes: Block, no: Block) {
        let rest = self.runs(operands, false, yes);
        for operand in rest {
            let next = self.builder.create_block();
            self.condition(operand, yes, next);
            self.enter(next);
        }
        self.builder.ins().jump(no, &[]);
    }

    /// Tests the cheap operands, several in one branch: to `decided` where they decide. Gives the others, the costly last.
    fn runs(&mut self, operands: &[ExprId], and: bool, decided: Block) -> Vec<ExprId> {
        let mut rest = Vec::new();
        let (mut run, mut total) = (Vec::new(), 0);
        for operand in operands {
            match self.view.cost(*operand) {
                None => rest.push((self.view.rank(*operand), *operand)),
                Some(cost) => {
                    if total + cost > RUN && !run.is_empty() {
                        self.run(&run, and, decided);
                        run.clear();
                        total = 0;
                    }
                    run.push(*operand);
                    total += cost + 1;
                }
            }
        }
        if !run.is_empty() {
            self.run(&run, and, decided);
        }
        rest.sort_by_key(|(rank, _)| *rank);
        rest.into_iter().map(|(_, operand)| operand).collect()
    }
    fn run(&mut self, run: &[ExprId], and: bool, decided: Block) {
        let flag = self.flags(run, and);
        let next = self.builder.create_block();
        if and {
            self.branch(flag, next, decided)
        } else {
            self.branch(flag, decided, next)
        }
        self.enter(next);
    }

    /// Whether an expression with a [`presence_cost`](Self::presence_cost) is present; `None` where it always is.
    pub(super) fn presence(&mut self, expr: ExprId) -> Option<Value> {
        match &self.view.node(expr).kind {
            ExprKind::Const(_) | ExprKind::Now | ExprKind::Today | ExprKind::EntryTime => None,
            ExprKind::Coalesce { value, default } => {
                let (value, default) = (self.presence(*value)?, self.presence(*default)?);
                Some(self.builder.ins().bor(value, default))
            }
            ExprKind::Arith { left, right, .. }
            | ExprKind::AtLeast(left, right)
            | ExprKind::AtMost(left, right) => match (self.presence(*left), self.presence(*right)) {
                (Some(left), Some(right)) => Some(self.builder.ins().band(left, right)),
                (only, None) | (None, only) => only,
            },
            ExprKind::Neg(operand) | ExprKind::ToFloat(operand) | ExprKind::DateOf(operand) => {
                self.presence(*operand)
            }
            ExprKind::Slot { .. } => match self.view.row_slot(expr) {
                Some(slot) => Some(self.tag(slot)),
                None => Some(self.ask(runtime::present as *const () as usize, expr, I8)),
            },
            _ => Some(self.ask(runtime::present as *const () as usize, expr, I8)),
        }
    }
}

/// Memory that does not change while the function runs, and may be read before it is needed (never before rows are known to be wide enough:
/// nothing is moved out of a loop farther than to before it).
pub(super) fn constant() -> MemFlagsData {
    MemFlagsData::trusted().with_readonly().with_can_move()
}

/// A comparison of signed integers.
pub(super) fn int_condition(op: CompareOp) -> IntCC {
    match op {
        CompareOp::Eq => IntCC::Equal,
        CompareOp::Ne => IntCC::NotEqual,
        CompareOp::Lt => IntCC::SignedLessThan,
        CompareOp::Le => IntCC::SignedLessThanOrEqual,
        CompareOp::Gt => IntCC::SignedGreaterThan,
        CompareOp::Ge => IntCC::SignedGreaterThanOrEqual,
    }
}

/// A comparison of floats, as Rust compares them.
pub(super) fn float_condition(op: CompareOp) -> FloatCC {
    match op {
        CompareOp::Eq => FloatCC::Equal,
        CompareOp::Ne => FloatCC::NotEqual,
        CompareOp::Lt => FloatCC::LessThan,
        CompareOp::Le => FloatCC::LessThanOrEqual,
        CompareOp::Gt => FloatCC::GreaterThan,
        CompareOp::Ge => FloatCC::GreaterThanOrEqual,
    }
}

/// The type of a float; kept here so that its users need not know the code generator.
pub(super) const FLOAT: Type = F64;
