//! Expressions: typing and lowering.

use super::Resolver;
use super::scope::{Expect, ExprScope, Typed};
use crate::ir::{Const, ExprId, FieldType};
use crate::syntax::ast;

impl Resolver<'_> {
    /// A condition: a `bool` that is always there.
    pub(crate) fn predicate(&mut self, _expr: &ast::Expr, _scope: &mut ExprScope<'_>) -> Option<ExprId> {
        None
    }

    /// A value of the type the place expects.
    pub(crate) fn value(&mut self, _expr: &ast::Expr, _scope: &mut ExprScope<'_>, _expect: Expect) -> Option<Typed> {
        None
    }

    /// A constant of a declared type, checked against its range and members: defaults, ends of ranges.
    pub(crate) fn constant(&mut self, _expr: &ast::Expr, _ty: &FieldType) -> Option<Const> {
        None
    }
}
