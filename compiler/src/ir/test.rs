//! Tests of the language, ready to run: what comes in, and which decisions are expected.
//!
//! They are not part of the program (they change neither its hash nor what it does), so they may point into the sources; the compiler
//! hands them out beside it. Inputs have the form they have on the wire, so a test goes through the same door as the world. Start
//! reading at [`Test`].

use super::{CompareOp, Span, TextTest};
use crate::source::Span as SourceSpan;
use serde_json::{Map, Value};

/// `test "…" for JOURNEY { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// The journey it is about; `nothing else` and `expect` look at its decisions only. All journeys' where not written.
    pub journey: Option<String>,
    /// Where its name is written.
    pub place: SourceSpan,
    /// Its lines in order.
    pub lines: Vec<Line>,
}

/// A line of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Where it is written.
    pub place: SourceSpan,
    /// What it does.
    pub kind: LineKind,
}

/// What a line of a test does.
#[derive(Clone, Debug, PartialEq)]
pub enum LineKind {
    /// Moves the clock, then something comes in.
    Input {
        /// When; now where not written.
        when: Option<When>,
        /// What.
        input: Input,
    },
    /// Looks at the decisions so far.
    Expect(Expect),
}

/// A time in a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// `at 2026-01-05 10:00`, in the user's zone.
    Local {
        /// Days since 1970-01-01.
        date: i32,
        /// Since local midnight.
        clock_ms: i64,
    },
    /// `at 2026-01-05T10:00:00+09:00`, in ms.
    Instant(i64),
    /// `after 20m`, from the line before.
    After(Span),
}

/// What comes in; objects are nested as on the wire.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Nothing: time passes.
    Nothing,
    /// `user { … }`: traits.
    Identify(Map<String, Value>),
    /// `cart_add { … }`
    Track {
        /// Name on the wire.
        event: String,
        /// Its properties.
        properties: Map<String, Value>,
    },
    /// `product "A" { … }`, `delete product "A"`
    Row {
        /// Which catalog.
        catalog: String,
        /// Which row.
        key: String,
        /// Its columns; `None` deletes it.
        row: Option<Map<String, Value>>,
    },
    /// `provider push fails "blocked"`, `provider push ok`
    Provider {
        /// Which channel.
        channel: String,
        /// From now on.
        result: ProviderResult,
    },
}

/// What a provider answers from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderResult {
    /// It takes messages.
    Ok,
    /// It refuses them, with this reason.
    Fails(String),
}

/// `expect …`
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    /// Which decisions are meant.
    pub pattern: Pattern,
    /// What is expected of them.
    pub mode: ExpectMode,
}

/// What an `expect` claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectMode {
    /// There is one, after the one matched last.
    Next,
    /// There is none so far that no other line has matched.
    NothingElse,
}

/// Which decisions an `expect` is about; what is not written does not matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pattern {
    /// `sent`, `dropped`, `converted`, …
    pub kind: Option<String>,
    /// `(no_consent)`
    pub reason: Option<String>,
    /// Its channel, step, arm, goal or call.
    pub what: Option<String>,
    /// `for "B"`: values of the lane's key, in order, in their text form.
    pub key: Vec<String>,
    /// Its instant.
    pub at: Option<When>,
    /// Over the fields of its message.
    pub filter: Option<Filter>,
}

/// A condition on the fields of a message. A field that is missing satisfies nothing but a `Not`.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of them.
    All(Vec<Filter>),
    /// One of them.
    Any(Vec<Filter>),
    /// Not that.
    Not(Box<Filter>),
    /// `link exists`
    Exists(String),
    /// `title == "x"`
    Compare {
        /// Name of the field.
        field: String,
        /// How; numbers by size, all else only by equality.
        op: CompareOp,
        /// What with.
        value: Value,
    },
    /// `title contains "x"`
    Text {
        /// Name of the field.
        field: String,
        /// Which test.
        test: TextTest,
        /// What is looked for.
        value: String,
    },
}
