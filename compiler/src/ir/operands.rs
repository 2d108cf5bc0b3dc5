//! Walking expressions: what a node is computed from.

use super::{ExprId, ExprKind};

impl ExprKind {
    /// Visits the nodes it is computed from, in the order written. What an aggregate remembers is not among them: its filter and
    /// residual are about another event.
    pub fn for_each_operand(&self, mut visit: impl FnMut(ExprId)) {
        match self {
            Self::Const(_) | Self::Slot { .. } | Self::Now | Self::Today | Self::EntryTime => {}
            Self::Column { catalog: _, key, column: _ } | Self::RowExists { catalog: _, key } => visit(*key),
            Self::Aggregate { agg: _, keys, since, read: _ } => {
                keys.iter().copied().chain(*since).for_each(visit)
            }
            Self::All(operands) | Self::Any(operands) => operands.iter().copied().for_each(visit),
            Self::Not(operand)
            | Self::Exists(operand)
            | Self::Neg(operand)
            | Self::ToFloat(operand)
            | Self::ToText(operand)
            | Self::DateOf(operand)
            | Self::OneOf { value: operand, set: _ }
            | Self::Matches { value: operand, regex: _ }
            | Self::Consent { channel: _, rule: operand }
            | Self::InSegment { segment: _, predicate: operand } => visit(*operand),
            Self::Compare { op: _, left, right }
            | Self::Arith { op: _, left, right }
            | Self::InList { value: left, list: right }
            | Self::Coalesce { value: left, default: right }
            | Self::AtLeast(left, right)
            | Self::AtMost(left, right)
            | Self::Text { test: _, value: left, pattern: right }
            | Self::Quantified { quantifier: _, list: left, predicate: right }
            | Self::TimeTest { test: _, time: left, operand: right } => {
                visit(*left);
                visit(*right);
            }
            Self::Case { arms, otherwise } => {
                for (condition, value) in arms {
                    visit(*condition);
                    visit(*value);
                }
                visit(*otherwise);
            }
        }
    }
}
