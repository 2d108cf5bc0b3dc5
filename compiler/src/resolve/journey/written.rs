//! What headers and steps write out: durations, clocks, instants, counts, percentages, with their values checked.

use crate::calendar::Zone;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Const, ExprId, ExprKind, Ty};
use crate::resolve::scope::{Expect, ExprScope};
use crate::resolve::{Resolver, literal};
use crate::syntax::ast::{self, DurationLit, Spanned};

/// Milliseconds of a day of 24 hours.
pub(super) const DAY_MS: i64 = 86_400_000;

/// A set of weekdays, bit 0 = Monday.
pub(super) fn weekdays(days: &[Spanned<ast::Weekday>]) -> u8 {
    days.iter().fold(0, |mask, day| mask | literal::weekday_bit(day.value))
}

/// Monday to Friday.
pub(super) const WORKDAYS: u8 = 0b001_1111;

/// Hundredths of a percent as millionths.
pub(super) fn millionths(percent: ast::Percent) -> u32 {
    percent.basis_points.saturating_mul(100)
}

impl<'a> Resolver<'a> {
    /// A count of at least one.
    pub(super) fn at_least_one(&mut self, written: Spanned<i64>, what: &str) -> u32 {
        match u32::try_from(written.value) {
            Ok(count @ 1..) => count,
            _ => {
                self.report(
                    Diagnostic::new(
                        &codes::INVALID_VALUE,
                        written.span,
                        format!("{what} must be at least 1 and at most {}", u32::MAX),
                    )
                    .label("out of range")
                    .help("write a whole number such as `3`"),
                );
                1
            }
        }
    }

    /// A duration that is not zero.
    pub(super) fn some_time(&mut self, written: DurationLit, what: &str) -> ir::Span {
        let span = literal::span_of(&written);
        if span.longest_ms() <= 0 || span == ir::Span::Months(0) {
            self.report(
                Diagnostic::new(
                    &codes::INVALID_VALUE,
                    written.span,
                    format!("{what} must be longer than nothing"),
                )
                .label("no time at all")
                .help("write a duration such as `1h`, `3d` or `1mo`"),
            );
        }
        span
    }

    /// A clock that is written out: `10:00`, or a `define` that is one.
    pub(super) fn written_clock(&mut self, expr: &'a ast::Expr) -> Option<i64> {
        let value = self.value(expr, &mut ExprScope::user(), Expect::Exactly(Ty::Clock))?;
        if let ExprKind::Const(Const::Clock(ms)) = self.arena.get(value.id).kind {
            return Some(ms);
        }
        self.not_written(expr, "a clock", "`10:00`");
        None
    }

    /// An instant that is written out: `2026-12-24T18:00:00+09:00`; a date is its midnight in the project's zone.
    pub(super) fn written_instant(&mut self, expr: &'a ast::Expr) -> Option<i64> {
        if let ast::ExprKind::Date(date) = &expr.inner().kind {
            return Some(self.midnight(date.date));
        }
        let value = self.value(expr, &mut ExprScope::user(), Expect::Exactly(Ty::Time))?;
        if let ExprKind::Const(Const::Time(ms)) = self.arena.get(value.id).kind {
            return Some(ms);
        }
        self.not_written(expr, "an instant", "`2026-12-24T18:00:00+09:00`");
        None
    }

    /// A date of the user that may be missing.
    pub(super) fn optional_date(&mut self, expr: &'a ast::Expr) -> Option<ExprId> {
        Some(self.value(expr, &mut ExprScope::user(), Expect::Optional(Ty::Date))?.id)
    }

    /// The first instant of a date in the project's zone.
    pub(super) fn midnight(&mut self, date: chrono::NaiveDate) -> i64 {
        let known = self.well_known();
        let zone = Zone::named(&self.project_settings(&known).zone).unwrap_or(Zone::UTC);
        zone.midnight(literal::days(date))
    }

    fn not_written(&mut self, expr: &ast::Expr, what: &str, example: &str) {
        self.report(
            Diagnostic::new(&codes::INVALID_VALUE, expr.span, format!("{what} must be written out here"))
                .label("known only at run time")
                .help(format!("write {what} such as {example}")),
        );
    }
}
