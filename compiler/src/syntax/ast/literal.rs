//! Literals with their values read: durations, clocks, dates, instants, percentages, texts.

use super::{Expr, Ident};
use crate::source::Span;

/// `1h30m`, `7d`, `1y6mo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurationLit {
    /// Its length.
    pub value: DurationValue,
    /// Its place.
    pub span: Span,
}

/// Exact or calendar time; one literal is never both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DurationValue {
    /// `s m h d w`: elapsed time.
    Exact {
        /// Milliseconds.
        ms: i64,
    },
    /// `mo y`: same wall-clock time so many months later.
    Calendar {
        /// Months.
        months: i32,
    },
}

/// `09:00`, `24:00` (only as the end of a range).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockLit {
    /// Minutes since midnight, 0 to 1440.
    pub minute: u16,
    /// Its place.
    pub span: Span,
}

/// `2026-12-24`, a date that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateLit {
    /// The date.
    pub date: chrono::NaiveDate,
    /// Its place.
    pub span: Span,
}

/// `2026-12-24T18:00:00+09:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstantLit {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub ms: i64,
    /// The offset it was written with, in minutes east of UTC.
    pub offset_minutes: i32,
    /// Its place.
    pub span: Span,
}

/// `45%`, `12.5%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent {
    /// Hundredths of a percent: 45% is 4500, all is 10,000.
    pub basis_points: u32,
    /// Its place.
    pub span: Span,
}

/// A string without interpolation, where only such a one may stand: `from "Order Completed"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrLit {
    /// The string, escapes read.
    pub text: String,
    /// Its place, quotes included.
    pub span: Span,
}

/// `"text {expr}"`, `"""multi-line"""`.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// The pieces; neighbouring literals are joined, empty ones left out.
    pub parts: Vec<TextPart>,
    /// Its place, quotes included.
    pub span: Span,
}

impl Text {
    /// The string, where nothing is interpolated.
    #[must_use]
    pub fn as_plain(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [TextPart::Literal { text, .. }] => Some(text),
            _ => None,
        }
    }
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum TextPart {
    /// Characters, escapes read.
    Literal {
        /// The characters.
        text: String,
        /// Their place.
        span: Span,
    },
    /// `{expr}`
    Expr(Expr),
}

/// `{ ko: "…"; "en-GB": "…"; }`
#[derive(Debug, Clone, PartialEq)]
pub struct Localised {
    /// One text per locale, as written.
    pub entries: Vec<LocaleText>,
    /// Its place, braces included.
    pub span: Span,
}

/// `"en-GB": "…";`
#[derive(Debug, Clone, PartialEq)]
pub struct LocaleText {
    /// The locale, written as a name or a string.
    pub locale: StrLit,
    /// The text.
    pub text: Text,
}

/// `name: value;` of a send, an emit, a call, a test.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldInit {
    /// The field.
    pub name: Ident,
    /// What it gets.
    pub value: FieldValue,
    /// Its place.
    pub span: Span,
}

/// The right side of a [`FieldInit`].
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// An expression; a text is [`super::ExprKind::Text`].
    Expr(Expr),
    /// A text per locale.
    Localised(Localised),
}
