//! Conditions as machine code.
//!
//! A condition is either cheap (a few instructions that may be evaluated without need) and becomes a flag, or it branches. Operands of `and` and `or`
//! have no effects, so cheap ones are tested first and together, whatever is asked of the interpreter last. Start at [`Emitter::condition`].

use super::plan::Plan;
use super::runtime::{self, BITS_AT, ENTRY_TIME_AT, NOW_AT, RowId, SLOT_SIZE, SYM_AT, TAG_AT, slots_at};
use super::{Keep, Widths};
use crate::ir::{CompareOp, Const, Expr, ExprId, ExprKind, Program, Source, Ty};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F64, I8, I32, I64};
use cranelift_codegen::ir::{
    AbiParam, Block, Function, InstBuilder, MemFlagsData, SigRef, Signature, Type, Value,
};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use rustc_hash::FxHashMap;

/// Largest slot that is read here; the rest is asked of the interpreter.
const MOST_SLOTS: u32 = 4096;
/// Nodes above which nothing is cheap.
const SMALL: u32 = 48;
/// Instructions evaluated together before a branch.
const RUN: u32 = 24;

/// How costly a condition is: the order in which operands are tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// A flag.
    Cheap,
    /// Branches.
    Branching,
    /// Searches a text.
    Search,
    /// Asks the interpreter.
    Asks,
}

/// Writes one function.
pub(super) struct Emitter<'p, 'b> {
    pub(super) builder: FunctionBuilder<'b>,
    pub(super) program: &'p Program,
    pub(super) plan: &'p Plan,
    pub(super) keep: &'p mut Keep,
    /// Flags known where code is being written.
    pub(super) known: FxHashMap<ExprId, Value>,
    convention: CallConv,
    env: Value,
    /// The last parameter: where a dispatcher writes.
    pub(super) output: Value,
    rows: [Value; 3],
    pub(super) now: Value,
    pub(super) entry_time: Value,
    widths: Widths,
    signatures: FxHashMap<(usize, Type), SigRef>,
}

impl<'p, 'b> Emitter<'p, 'b> {
    pub(super) fn new(
        program: &'p Program,
        plan: &'p Plan,
        keep: &'p mut Keep,
        function: &'b mut Function,
        context: &'b mut FunctionBuilderContext,
        convention: CallConv,
    ) -> Self {
        let mut builder = FunctionBuilder::new(function, context);
        let block = builder.create_block();
        builder.append_block_params_for_function_params(block);
        builder.switch_to_block(block);
        builder.seal_block(block);
        let env = builder.block_params(block)[0];
        let output = *builder.block_params(block).last().unwrap_or(&env);
        // Loads that nobody uses are left out by the code generator.
        let mut load = |ty, at| builder.ins().load(ty, constant(), env, at);
        let rows = [RowId::Event, RowId::Entry, RowId::User].map(|row| load(I64, slots_at(row)));
        let (now, entry_time) = (load(I64, NOW_AT), load(I64, ENTRY_TIME_AT));
        Self {
            builder,
            program,
            plan,
            keep,
            known: FxHashMap::default(),
            convention,
            env,
            output,
            rows,
            now,
            entry_time,
            widths: [0; 3],
            signatures: FxHashMap::default(),
        }
    }

    /// Ends the function; tells how wide it reads rows.
    pub(super) fn finish(self, target: TargetFrontendConfig) -> Widths {
        self.builder.finalize(target);
        self.widths
    }

    /// The whole body of a predicate's function.
    pub(super) fn whole(&mut self, expr: ExprId) {
        if self.cost(expr).is_some() {
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

    /// The node of an id.
    pub(super) fn node(&self, expr: ExprId) -> &'p Expr {
        self.program.expr(expr)
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

    /// A row that is read here: not elements, not slots far out.
    pub(super) fn row_slot(&self, expr: ExprId) -> Option<(RowId, u32)> {
        let ExprKind::Slot { source, slot } = self.node(expr).kind else { return None };
        let row = match source {
            Source::Event => RowId::Event,
            Source::Entry => RowId::Entry,
            Source::User => RowId::User,
            Source::Elem(_) => return None,
        };
        (slot < MOST_SLOTS).then_some((row, slot))
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
        let convention = self.convention;
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
        let id = self.builder.ins().iconst(I32, i64::from(expr.0));
        self.call(function, &[self.env, id], result)
    }

    /// Instructions of a condition that can be a flag.
    pub(super) fn cost(&self, expr: ExprId) -> Option<u32> {
        if self.known.contains_key(&expr) {
            return Some(0);
        }
        if self.plan.size(expr) > SMALL {
            return None;
        }
        let node = self.node(expr);
        if node.ty != Ty::Bool {
            return None;
        }
        match &node.kind {
            ExprKind::Const(_) => Some(0),
            ExprKind::Slot { .. } => self.row_slot(expr).map(|_| 2),
            ExprKind::Not(operand) => Some(self.cost(*operand)? + 1),
            ExprKind::Consent { rule: inner, .. } | ExprKind::InSegment { predicate: inner, .. } => {
                self.cost(*inner)
            }
            ExprKind::All(operands) | ExprKind::Any(operands) => {
                let total =
                    operands.iter().try_fold(0, |sum, operand| Some(sum + self.cost(*operand)? + 1))?;
                (total <= RUN).then_some(total)
            }
            ExprKind::Compare { left, right, .. } => self.compare_cost(*left, *right),
            ExprKind::OneOf { value, set } => self.one_of_cost(*value, set),
            ExprKind::Exists(operand) => self.presence_cost(*operand),
            ExprKind::TimeTest { test, time, operand } => self.time_test_cost(*test, *time, *operand),
            ExprKind::Column { .. }
            | ExprKind::RowExists { .. }
            | ExprKind::Aggregate { .. }
            | ExprKind::Now
            | ExprKind::Today
            | ExprKind::EntryTime
            | ExprKind::InList { .. }
            | ExprKind::Coalesce { .. }
            | ExprKind::Arith { .. }
            | ExprKind::Neg(_)
            | ExprKind::ToFloat(_)
            | ExprKind::ToText(_)
            | ExprKind::AtLeast(..)
            | ExprKind::AtMost(..)
            | ExprKind::Text { .. }
            | ExprKind::Matches { .. }
            | ExprKind::Quantified { .. }
            | ExprKind::DateOf(_)
            | ExprKind::Case { .. } => None,
        }
    }

    /// A condition with a [`cost`](Self::cost) as 0 or 1.
    pub(super) fn flag(&mut self, expr: ExprId) -> Value {
        if let Some(flag) = self.known.get(&expr) {
            return *flag;
        }
        match &self.node(expr).kind {
            ExprKind::Const(value) => self.constant(*value == Const::Bool(true)),
            ExprKind::Slot { .. } => match self.row_slot(expr) {
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
            ExprKind::OneOf { value, set } => self.one_of(*value, set),
            ExprKind::Exists(operand) => {
                let present = self.presence(*operand);
                present.unwrap_or_else(|| self.constant(true))
            }
            ExprKind::TimeTest { test, time, operand } => self.time_test(*test, *time, *operand),
            _ => self.ask_truth(expr),
        }
    }

    /// Flags joined by `and` or `or`.
    fn flags(&mut self, operands: &[ExprId], and: bool) -> Value {
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

    /// How costly a condition is.
    pub(super) fn rank(&self, expr: ExprId) -> Rank {
        if self.cost(expr).is_some() {
            return Rank::Cheap;
        }
        if !self.plan.is_small(expr) {
            return Rank::Asks;
        }
        let worst = |operands: &mut dyn Iterator<Item = ExprId>| {
            operands.map(|operand| self.rank(operand)).fold(Rank::Branching, Rank::max)
        };
        match &self.node(expr).kind {
            ExprKind::Not(operand) => self.rank(*operand),
            ExprKind::Consent { rule: inner, .. } | ExprKind::InSegment { predicate: inner, .. } => {
                self.rank(*inner)
            }
            ExprKind::All(operands) | ExprKind::Any(operands) => worst(&mut operands.iter().copied()),
            ExprKind::Case { arms, otherwise } if self.node(expr).ty == Ty::Bool => {
                let each = arms.iter().flat_map(|(condition, value)| [*condition, *value]);
                worst(&mut each.chain([*otherwise]))
            }
            ExprKind::Compare { left, right, .. } if self.bytes_of(*left, *right).is_some() => {
                Rank::Branching
            }
            ExprKind::Text { test, value, pattern } => self.text_rank(*test, *value, *pattern),
            ExprKind::Matches { value, .. } if self.row_slot(*value).is_some() => Rank::Search,
            _ => Rank::Asks,
        }
    }

    /// Ends the block: to `yes` where the condition holds, else to `no`.
    pub(super) fn condition(&mut self, expr: ExprId, yes: Block, no: Block) {
        if self.cost(expr).is_some() {
            let flag = self.flag(expr);
            return self.branch(flag, yes, no);
        }
        if !self.plan.is_small(expr) {
            let flag = self.ask_truth(expr);
            return self.branch(flag, yes, no);
        }
        match &self.node(expr).kind {
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
            ExprKind::Compare { op, left, right } => match self.bytes_of(*left, *right) {
                Some((slot, text)) if *op == CompareOp::Eq => self.same_text(slot, text, yes, no),
                Some((slot, text)) if *op == CompareOp::Ne => self.same_text(slot, text, no, yes),
                Some(_) | None => {
                    let flag = self.compare(expr, *op, *left, *right);
                    self.branch(flag, yes, no);
                }
            },
            ExprKind::Text { test, value, pattern }
                if self.text_rank(*test, *value, *pattern) != Rank::Asks =>
            {
                self.text_test(*test, *value, *pattern, yes, no);
            }
            ExprKind::Matches { value, regex } => {
                let flag = match self.row_slot(*value) {
                    Some(slot) => self.matches(slot, *regex),
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
            match self.cost(*operand) {
                None => rest.push((self.rank(*operand), *operand)),
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

    /// Instructions of the presence of an expression, where nobody needs to be asked.
    pub(super) fn presence_cost(&self, expr: ExprId) -> Option<u32> {
        if self.plan.size(expr) > SMALL {
            return None;
        }
        let both =
            |left: ExprId, right: ExprId| Some(self.presence_cost(left)? + self.presence_cost(right)? + 1);
        match &self.node(expr).kind {
            ExprKind::Const(_) | ExprKind::Now | ExprKind::Today | ExprKind::EntryTime => Some(0),
            ExprKind::Slot { .. } => self.row_slot(expr).map(|_| 2),
            ExprKind::Arith { left, right, .. }
            | ExprKind::AtLeast(left, right)
            | ExprKind::AtMost(left, right)
            | ExprKind::Coalesce { value: left, default: right } => both(*left, *right),
            ExprKind::Neg(operand) | ExprKind::ToFloat(operand) | ExprKind::DateOf(operand) => {
                self.presence_cost(*operand)
            }
            _ => None,
        }
    }

    /// Whether an expression with a [`presence_cost`](Self::presence_cost) is present; `None` where it always is.
    pub(super) fn presence(&mut self, expr: ExprId) -> Option<Value> {
        match &self.node(expr).kind {
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
            ExprKind::Slot { .. } => match self.row_slot(expr) {
                Some(slot) => Some(self.tag(slot)),
                None => Some(self.ask(runtime::present as *const () as usize, expr, I8)),
            },
            _ => Some(self.ask(runtime::present as *const () as usize, expr, I8)),
        }
    }
}

/// Memory that does not change while the function runs.
pub(super) fn constant() -> MemFlagsData {
    MemFlagsData::trusted().with_readonly()
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
