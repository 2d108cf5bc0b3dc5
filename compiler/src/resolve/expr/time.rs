//! Tests on times.

use super::super::Resolver;
use super::super::scope::ExprScope;
use super::lower::Lowered;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{ExprKind, TimeTest, Ty};
use crate::syntax::ast;

impl Resolver<'_> {
    /// `T older than D`, `T within last D`, `T before T2`, …
    pub(super) fn time_test(
        &mut self,
        op: ast::TimeTestOp,
        time: &ast::Expr,
        operand: &ast::Expr,
        scope: &mut ExprScope<'_>,
    ) -> Option<Lowered> {
        let test = match op {
            ast::TimeTestOp::OlderThan => TimeTest::OlderThan,
            ast::TimeTestOp::WithinLast => TimeTest::WithinLast,
            ast::TimeTestOp::WithinNext => TimeTest::WithinNext,
            ast::TimeTestOp::Before => TimeTest::Before,
            ast::TimeTestOp::After => TimeTest::After,
        };
        let time = self.instant(time, scope);
        let operand = match test {
            TimeTest::OlderThan | TimeTest::WithinLast | TimeTest::WithinNext => {
                let length = self.lower(operand, scope, Some(Ty::Duration));
                length.and_then(|length| self.expect_type(length, Ty::Duration))
            }
            TimeTest::Before | TimeTest::After => self.instant(operand, scope),
        };
        let (time, operand) = (time?, operand?);
        let kind = ExprKind::TimeTest { test, time: time.id, operand: operand.id };
        Some(self.node(kind, Ty::Bool, time.span.to(operand.span)))
    }

    /// A time or a date.
    pub(super) fn instant(&mut self, expr: &ast::Expr, scope: &mut ExprScope<'_>) -> Option<Lowered> {
        let value = self.lower(expr, scope, Some(Ty::Time))?;
        if matches!(value.ty, Ty::Time | Ty::Date) {
            return Some(value);
        }
        let found = self.type_name(value.ty);
        let help = match value.ty {
            Ty::Duration => "a time test asks about a point in time: `now - entry.time > 3d`",
            Ty::Str => "write instants without quotes: `2026-12-24T18:00:00+09:00`, dates `2026-12-24`",
            _ => {
                "time tests ask about a time or a date: `user.signup_at older than 30d`, `last(purchase ever) after entry.time`"
            }
        };
        self.report(
            Diagnostic::new(
                &codes::TYPE_MISMATCH,
                value.span,
                format!("expected a time or a date, found {found}"),
            )
            .label(format!("this is {found}"))
            .help(help),
        );
        None
    }
}
