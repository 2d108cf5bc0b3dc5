//! What is compiled: which predicates of a program, and how large each node is.

use crate::ir::{Exit, Expr, ExprId, ExprKind, Journey, Program, StepKind, Ty};

/// Nodes (counted with repetition) above which an expression is left to the interpreter.
const LARGEST: u32 = 2_000;

/// What is compiled.
pub(super) struct Plan {
    /// Predicates that get a function.
    pub(super) roots: Vec<ExprId>,
    /// For each node, the nodes below it counted with repetition, saturating.
    sizes: Vec<u32>,
}

impl Plan {
    /// The plan of a program.
    pub(super) fn of(program: &Program) -> Self {
        let mut plan = Self { roots: Vec::new(), sizes: sizes(program) };
        let mut roots = roots(program);
        roots.retain(|expr| program.exprs.get(expr.index()).is_some_and(is_worthwhile));
        roots.retain(|expr| plan.is_small(*expr));
        let mut known = rustc_hash::FxHashSet::default();
        roots.retain(|expr| known.insert(*expr));
        plan.roots = roots;
        plan
    }

    /// Whether a node is small enough to be compiled.
    pub(super) fn is_small(&self, expr: ExprId) -> bool {
        self.size(expr) <= LARGEST
    }

    /// Nodes of an expression, counted with repetition.
    pub(super) fn size(&self, expr: ExprId) -> u32 {
        self.sizes.get(expr.index()).copied().unwrap_or(u32::MAX)
    }
}

/// Whether a function of its own would do more than ask the interpreter.
fn is_worthwhile(node: &Expr) -> bool {
    let asks = matches!(
        node.kind,
        ExprKind::Const(_)
            | ExprKind::Column { .. }
            | ExprKind::RowExists { .. }
            | ExprKind::Aggregate { .. }
            | ExprKind::InList { .. }
            | ExprKind::Quantified { .. }
            | ExprKind::Coalesce { .. }
    );
    node.ty == Ty::Bool && !asks
}

/// The predicates the engine asks for, those asked most often first.
fn roots(program: &Program) -> Vec<ExprId> {
    let mut roots = Vec::new();
    roots.extend(program.aggregates.iter().filter_map(|aggregate| aggregate.filter));
    for journey in &program.journeys {
        events(journey, &mut roots);
    }
    roots.extend(program.segments.iter().map(|segment| segment.predicate));
    for journey in &program.journeys {
        steps(journey, &mut roots);
    }
    for policy in &program.policies {
        roots.extend(policy.quiet.iter().filter_map(|quiet| quiet.unless));
    }
    roots.extend(program.channels.iter().flat_map(|channel| channel.consent.iter().map(|(_, rule)| *rule)));
    roots
}

/// Conditions on events and those tested at every input. Those of entries are found by the index.
fn events(journey: &Journey, roots: &mut Vec<ExprId>) {
    roots.extend(journey.goals.iter().filter_map(|goal| goal.filter));
    for exit in &journey.exits {
        match exit {
            Exit::Event { filter, .. } => roots.extend(filter),
            Exit::When { predicate } => roots.push(*predicate),
        }
    }
    for step in &journey.steps {
        match &step.kind {
            StepKind::WaitFor { arms, .. } => roots.extend(arms.iter().filter_map(|arm| arm.filter)),
            StepKind::WaitUntil { predicate, .. } => roots.push(*predicate),
            _ => {}
        }
    }
}

/// Conditions tested once on the way.
fn steps(journey: &Journey, roots: &mut Vec<ExprId>) {
    for step in &journey.steps {
        match &step.kind {
            StepKind::If { condition, .. } => roots.push(*condition),
            StepKind::Repeat { until, .. } => roots.extend(until),
            _ => {}
        }
    }
}

/// Sizes of all nodes. A node whose operands do not come before it is never compiled.
fn sizes(program: &Program) -> Vec<u32> {
    let mut sizes: Vec<u32> = Vec::with_capacity(program.exprs.len());
    for node in &program.exprs {
        let mut size = 1u32;
        each_operand(&node.kind, |operand| {
            size = size.saturating_add(sizes.get(operand.index()).copied().unwrap_or(u32::MAX));
        });
        sizes.push(size);
    }
    sizes
}

/// The operands of a node.
fn each_operand(kind: &ExprKind, mut operand: impl FnMut(ExprId)) {
    match kind {
        ExprKind::Const(_)
        | ExprKind::Slot { .. }
        | ExprKind::Now
        | ExprKind::Today
        | ExprKind::EntryTime => {}
        ExprKind::Column { key: only, .. }
        | ExprKind::RowExists { key: only, .. }
        | ExprKind::Not(only)
        | ExprKind::OneOf { value: only, .. }
        | ExprKind::Exists(only)
        | ExprKind::Neg(only)
        | ExprKind::ToFloat(only)
        | ExprKind::ToText(only)
        | ExprKind::Matches { value: only, .. }
        | ExprKind::DateOf(only)
        | ExprKind::Consent { rule: only, .. }
        | ExprKind::InSegment { predicate: only, .. } => operand(*only),
        ExprKind::Compare { left, right, .. }
        | ExprKind::InList { value: left, list: right }
        | ExprKind::Coalesce { value: left, default: right }
        | ExprKind::Arith { left, right, .. }
        | ExprKind::AtLeast(left, right)
        | ExprKind::AtMost(left, right)
        | ExprKind::Text { value: left, pattern: right, .. }
        | ExprKind::Quantified { list: left, predicate: right, .. }
        | ExprKind::TimeTest { time: left, operand: right, .. } => {
            operand(*left);
            operand(*right);
        }
        ExprKind::All(operands) | ExprKind::Any(operands) => operands.iter().copied().for_each(operand),
        ExprKind::Aggregate { keys, since, .. } => keys.iter().chain(since).copied().for_each(operand),
        ExprKind::Case { arms, otherwise } => {
            arms.iter().for_each(|(condition, value)| {
                operand(*condition);
                operand(*value);
            });
            operand(*otherwise);
        }
    }
}
