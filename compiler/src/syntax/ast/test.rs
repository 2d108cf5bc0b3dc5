//! Tests in the language.

use super::{ClockLit, DateLit, Doc, DurationLit, Expr, FieldInit, Ident, InstantLit, StrLit, Text};
use crate::source::Span;

/// `test "…" for JOURNEY { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct TestDecl {
    /// Its doc comment.
    pub doc: Option<Doc>,
    /// Its name.
    pub name: StrLit,
    /// The journey it is about, where written.
    pub journey: Option<Ident>,
    /// Its lines.
    pub items: Vec<TestItem>,
    /// Its place.
    pub span: Span,
}

/// A line of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct TestItem {
    /// What it does.
    pub kind: TestItemKind,
    /// Its place.
    pub span: Span,
}

/// The kinds of test line.
#[derive(Debug, Clone, PartialEq)]
pub enum TestItemKind {
    /// `[at TIME | after D] ACTION;`; `after 1d;` alone only moves the clock.
    Input {
        /// When; at once where not written.
        when: Option<TestWhen>,
        /// What comes in.
        action: TestAction,
    },
    /// `expect …;`
    Expect(Expect),
    /// Something that could not be read; a diagnostic was raised.
    Error,
}

/// When an input comes.
#[derive(Debug, Clone, PartialEq)]
pub enum TestWhen {
    /// `at 2026-01-05 10:00`
    At(TestTime),
    /// `after 20m`, from the line before
    After(DurationLit),
}

/// A time in a test; local ones in the user's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestTime {
    /// `2026-01-05 10:00`
    Local {
        /// The date.
        date: DateLit,
        /// The time.
        clock: ClockLit,
    },
    /// `2026-01-05T10:00:00+09:00`
    Instant(InstantLit),
}

/// What comes in.
#[derive(Debug, Clone, PartialEq)]
pub enum TestAction {
    /// Nothing: time passes.
    Nothing,
    /// `user { … }`
    User(Vec<FieldInit>),
    /// `cart_add { … }`
    Event {
        /// The event.
        event: Ident,
        /// Its fields.
        fields: Vec<FieldInit>,
    },
    /// `product "A" { … }`, `delete product "A"`
    Row {
        /// The catalog.
        catalog: Ident,
        /// The row's key.
        key: Expr,
        /// Its columns; none deletes the row.
        fields: Option<Vec<FieldInit>>,
    },
    /// `provider push fails "blocked"`, `provider push ok`
    Provider {
        /// The channel.
        channel: Ident,
        /// From now on.
        result: ProviderResult,
    },
}

/// What a provider answers.
#[derive(Debug, Clone, PartialEq)]
pub enum ProviderResult {
    /// `ok`
    Ok,
    /// `fails "reason"`
    Fails(Option<Text>),
}

/// `expect [nothing else] KIND [(REASON)] [WHAT] [for KEY, …] [at TIME] [where P];`
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    /// What is expected of the decisions.
    pub mode: ExpectMode,
    /// The kind of decision: `sent`, `converted`, …; none for `nothing else`.
    pub kind: Option<Ident>,
    /// `(no_consent)`
    pub reason: Option<Ident>,
    /// The channel of a message, the arm of a split, the step.
    pub what: Option<Ident>,
    /// `for "B"`: the key of the lane.
    pub key: Vec<Expr>,
    /// `at 2026-01-05 11:00`
    pub at: Option<TestTime>,
    /// `where title contains "Case"`
    pub filter: Option<Expr>,
}

/// What is expected of the decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectMode {
    /// The next decision like this.
    Next,
    /// `nothing else`: no further one like this.
    NothingElse,
}
