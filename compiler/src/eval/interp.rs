//! Walks expressions.

use super::{Env, Value};
use crate::ir::ExprId;

/// What the node at hand sees.
pub(super) struct Scope<'p, 'a> {
    /// The rows and the world.
    pub(super) env: &'p Env<'a>,
}

impl<'p, 'a> Scope<'p, 'a> {
    pub(super) fn of(env: &'p Env<'a>) -> Self {
        Self { env }
    }
    pub(super) fn truth(&self, expr: ExprId) -> bool {
        matches!(self.value(expr), Value::Bool(true))
    }
    pub(super) fn present(&self, _: ExprId) -> bool {
        true
    }
    pub(super) fn value(&self, expr: ExprId) -> Value<'a> {
        Value::zero(self.env.program.expr(expr).ty)
    }
}
