//! Constants: defaults, ends of ranges, patterns of `match`, and whether they fit what is declared.
//!
//! Start reading at [`Resolver::constant`](super::super::Resolver::constant).

use super::super::Resolver;
use super::super::literal::{clock_ms, span_of};
use super::super::scope::Typed;
use super::super::suggest;
use super::types::mismatch_help;
use crate::calendar::DAY_MS;
use crate::codes;
use crate::content;
use crate::diagnostic::Diagnostic;
use crate::ir::{Const, FieldType, Span as Length, Ty};
use crate::source::Span;
use crate::syntax::ast;

/// Numbers beyond 2^53 have no exact place in proofs and JSON.
const LARGEST: i64 = 1 << 53;

impl Resolver<'_> {
    /// A constant of a declared type, checked against its range and members: defaults, ends of ranges.
    pub(crate) fn constant(&mut self, expr: &ast::Expr, ty: &FieldType) -> Option<Const> {
        if let (FieldType::List(_), ast::ExprKind::List(elements)) = (ty, &expr.inner().kind) {
            if elements.is_empty() {
                return Some(Const::EmptyList);
            }
            self.report(
                Diagnostic::new(&codes::INVALID_VALUE, expr.span, "a list can only be empty by default")
                    .label("not empty")
                    .help("write `= []`"),
            );
            return None;
        }
        let wanted = ty.ty();
        let (value, found) = self.written_constant(expr, Some(wanted))?;
        let value = self.constant_as(value, found, wanted, expr.span)?;
        self.fits_declared(&value, ty, expr.span)?;
        Some(value)
    }

    /// The literal of a `match` arm, of the subject's type.
    pub(crate) fn pattern(&mut self, pattern: &ast::Expr, subject: &Typed) -> Option<Const> {
        let (value, found) = self.written_constant(pattern, Some(subject.ty))?;
        self.constant_as(value, found, subject.ty, pattern.span)
    }

    /// Reports a `match` without `otherwise` whose patterns leave something out.
    pub(crate) fn exhaustive(&mut self, subject: &Typed, patterns: &[Const]) {
        let left_out: Vec<String> = match subject.ty {
            Ty::Bool => [true, false]
                .into_iter()
                .filter(|value| !patterns.contains(&Const::Bool(*value)))
                .map(|value| value.to_string())
                .collect(),
            Ty::Enum(set) => {
                let members = self.arena.enums.get(set.index()).map_or(&[][..], Vec::as_slice);
                let covered = |position: u32| patterns.contains(&Const::Member(position));
                let left = members.iter().zip(0..).filter(|(_, position)| !covered(*position));
                left.map(|(member, _)| format!("\"{member}\"")).collect()
            }
            Ty::Int
            | Ty::Float
            | Ty::Str
            | Ty::Time
            | Ty::Date
            | Ty::Clock
            | Ty::Duration
            | Ty::Timezone
            | Ty::List(_) => {
                let found = self.type_name(subject.ty);
                self.report(
                    Diagnostic::new(
                        &codes::NOT_EXHAUSTIVE,
                        subject.span,
                        "this `match` does not say what happens to other values",
                    )
                    .label(format!("this is {found}, it has many values"))
                    .help("add `otherwise => …`; an empty block does nothing: `otherwise => { }`"),
                );
                return;
            }
        };
        let Some(first) = left_out.first() else { return };
        let all = suggest::choices(left_out.iter().map(String::as_str));
        let help = format!("add `{first} => …`, or `otherwise => {{ }}` to do nothing for the rest");
        self.report(
            Diagnostic::new(&codes::NOT_EXHAUSTIVE, subject.span, format!("this `match` leaves out {all}"))
                .label("can have other values")
                .help(help),
        );
    }

    /// A literal, perhaps negative, with its type; `hint` makes a member or a zone of a text.
    pub(super) fn written_constant(&mut self, expr: &ast::Expr, hint: Option<Ty>) -> Option<(Const, Ty)> {
        let span = expr.span;
        match &expr.inner().kind {
            ast::ExprKind::Bool(value) => Some((Const::Bool(*value), Ty::Bool)),
            ast::ExprKind::Int(value) => {
                self.within_numbers(value.unsigned_abs() <= LARGEST.unsigned_abs(), span)?;
                Some((Const::Int(*value), Ty::Int))
            }
            ast::ExprKind::Float(value) => {
                #[expect(clippy::cast_precision_loss, reason = "2^53 is exact")]
                self.within_numbers(value.abs() <= LARGEST as f64, span)?;
                Some((Const::Float(*value), Ty::Float))
            }
            ast::ExprKind::Text(text) => self.text_constant(text, span, hint),
            ast::ExprKind::Duration(literal) => Some((Const::Duration(span_of(literal)), Ty::Duration)),
            ast::ExprKind::Clock(literal) if clock_ms(literal) >= DAY_MS => {
                self.report(
                    Diagnostic::new(&codes::BAD_LITERAL, span, "`24:00` is only the end of a range")
                        .label("here")
                        .help("write `00:00`, the start of the next day"),
                );
                None
            }
            ast::ExprKind::Clock(literal) => Some((Const::Clock(clock_ms(literal)), Ty::Clock)),
            ast::ExprKind::Date(literal) => {
                let days = literal.date.signed_duration_since(chrono::NaiveDate::default()).num_days();
                Some((Const::Date(i32::try_from(days).unwrap_or(i32::MAX)), Ty::Date))
            }
            ast::ExprKind::Instant(literal) => Some((Const::Time(literal.ms), Ty::Time)),
            ast::ExprKind::Neg(inner) => self.negative_constant(inner, span),
            ast::ExprKind::Error => None,
            ast::ExprKind::InRange { .. } => {
                self.report(
                    Diagnostic::new(&codes::TYPE_MISMATCH, span, "expected a value that is written out")
                        .label("a range stands before the default")
                        .help("write the default last: `int in 0 .. 100 = 0`"),
                );
                None
            }
            _ => {
                self.no_constant(span);
                None
            }
        }
    }

    fn negative_constant(&mut self, inner: &ast::Expr, span: Span) -> Option<(Const, Ty)> {
        let (value, ty) = self.written_constant(inner, None)?;
        let negative = match value {
            Const::Int(n) => Const::Int(n.saturating_neg()),
            Const::Float(x) => Const::Float(-x),
            Const::Duration(Length::Exact(ms)) => Const::Duration(Length::Exact(ms.saturating_neg())),
            Const::Duration(Length::Months(months)) => {
                Const::Duration(Length::Months(months.saturating_neg()))
            }
            Const::Bool(_)
            | Const::Str(_)
            | Const::Time(_)
            | Const::Date(_)
            | Const::Clock(_)
            | Const::Member(_)
            | Const::EmptyList => {
                self.no_constant(span);
                return None;
            }
        };
        Some((negative, ty))
    }

    fn no_constant(&mut self, span: Span) {
        self.report(
            Diagnostic::new(&codes::TYPE_MISMATCH, span, "expected a value that is written out")
                .label("not a literal")
                .help("write a literal: `3`, `2.5`, `\"text\"`, `true`, `7d`, `09:00`, `2026-12-24`"),
        );
    }

    fn within_numbers(&mut self, fits: bool, span: Span) -> Option<()> {
        if fits {
            return Some(());
        }
        self.report(
            Diagnostic::new(&codes::LIMIT, span, "the number is too large")
                .label("beyond 9,007,199,254,740,992")
                .help("numbers reach from -9_007_199_254_740_992 to 9_007_199_254_740_992 (2^53)"),
        );
        None
    }

    /// `"…"` as a value: a text, or a member of the closed set or a zone where one is wanted.
    fn text_constant(&mut self, text: &ast::Text, span: Span, hint: Option<Ty>) -> Option<(Const, Ty)> {
        let Some(plain) = text.as_plain() else {
            self.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, span, "text with `{…}` is no value")
                    .label("only a text of a message can hold values")
                    .help("use the value itself, without quotes, or write the text in the message"),
            );
            return None;
        };
        match hint {
            Some(Ty::Enum(set)) => {
                let position = self.member_of(set, plain, span)?;
                Some((Const::Member(position), Ty::Enum(set)))
            }
            Some(Ty::Timezone) => {
                self.zone_name(plain, span)?;
                Some((Const::Str(plain.to_owned()), Ty::Timezone))
            }
            _ => Some((Const::Str(plain.to_owned()), Ty::Str)),
        }
    }

    fn constant_as(&mut self, value: Const, found: Ty, wanted: Ty, span: Span) -> Option<Const> {
        match (value, found, wanted) {
            (value, found, wanted) if found == wanted => Some(value),
            #[expect(clippy::cast_precision_loss, reason = "literals are at most 2^53")]
            (Const::Int(n), Ty::Int, Ty::Float) => Some(Const::Float(n as f64)),
            (_, found, wanted) => {
                let (found_name, wanted_name) = (self.type_name(found), self.type_name(wanted));
                let mut diagnostic = Diagnostic::new(
                    &codes::TYPE_MISMATCH,
                    span,
                    format!("expected {wanted_name}, found {found_name}"),
                )
                .label(format!("this is {found_name}"));
                if let Some(help) = mismatch_help(wanted, found) {
                    diagnostic = diagnostic.help(help);
                }
                self.report(diagnostic);
                None
            }
        }
    }

    /// Whether a constant keeps the declared facts of its field; reports what does not.
    pub(super) fn fits_declared(&mut self, value: &Const, ty: &FieldType, span: Span) -> Option<()> {
        let (message, help) = match (value, ty) {
            (Const::Int(n), FieldType::Int(range)) => {
                if range.min.is_none_or(|min| *n >= min) && range.max.is_none_or(|max| *n <= max) {
                    return Some(());
                }
                (format!("{n} is outside the declared range"), range_text(range.min, range.max))
            }
            (Const::Float(x), FieldType::Float(range)) => {
                if range.min.is_none_or(|min| *x >= min) && range.max.is_none_or(|max| *x <= max) {
                    return Some(());
                }
                (format!("{x} is outside the declared range"), range_text(range.min, range.max))
            }
            (Const::Str(text), FieldType::Str(Some(limit)) | FieldType::Url(Some(limit)))
                if content::length(text, limit.unit) > limit.max =>
            {
                let unit = content::unit_name(limit.unit);
                (format!("the text is longer than {} {unit}", limit.max), "shorten it".to_owned())
            }
            (Const::Str(text), FieldType::Url(_)) if !content::is_url(text) => (
                format!("`{text}` is no address"),
                "write a whole address with its scheme: `\"https://example.com/offer\"`, `\"myapp://offer\"`"
                    .to_owned(),
            ),
            _ => return Some(()),
        };
        self.report(Diagnostic::new(&codes::INVALID_VALUE, span, message).label("does not fit").help(help));
        None
    }
}

fn range_text<T: std::fmt::Display>(min: Option<T>, max: Option<T>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!("write a value from {min} to {max}"),
        (Some(min), None) => format!("write a value from {min} on"),
        (None, Some(max)) => format!("write a value up to {max}"),
        (None, None) => "write another value".to_owned(),
    }
}
