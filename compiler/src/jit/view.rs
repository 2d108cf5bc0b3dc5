//! What can be said of a condition before any code is written: where it reads, what it costs, in which form it is compiled.
//!
//! The emitter and the shapes both ask here, so that they agree on what becomes of a condition. Start at [`View::cost`] and [`View::rank`];
//! `number` and `text` say it of their operands.

use super::plan::Plan;
use super::runtime::RowId;
use crate::ir::{Expr, ExprId, ExprKind, Program, Source, Ty};

/// Largest slot that is read here; the rest is asked of the interpreter.
const MOST_SLOTS: u32 = 4096;
/// Nodes above which nothing is cheap.
const SMALL: u32 = 48;
/// Instructions evaluated together before a branch.
pub(super) const RUN: u32 = 24;

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

/// A program and what is compiled of it.
#[derive(Clone, Copy)]
pub(super) struct View<'p> {
    pub(super) program: &'p Program,
    pub(super) plan: &'p Plan,
}

impl<'p> View<'p> {
    /// The node of an id.
    pub(super) fn node(&self, expr: ExprId) -> &'p Expr {
        self.program.expr(expr)
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

    /// Instructions of a condition that can be a flag.
    pub(super) fn cost(&self, expr: ExprId) -> Option<u32> {
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
            ExprKind::Compare { op, left, right } => self.compare_cost(*op, *left, *right),
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
}
