//! The syntax tree of the whole language, as written.
//!
//! Every node has a span. The tree knows nothing of names or types: `purchase` is an [`Ident`], `user.name` a path. The parser is
//! total, so broken places are `Error` nodes (a diagnostic was raised for each; later stages pass over them in silence).
//! Flat chains (`a + b + c`, `and`, `or`, `??`, `else if`) are vectors, so no walk over them recurses per term; true nesting is at most
//! 64 deep. Start reading at [`File`] and [`Decl`]; journeys are in `journey`, expressions in `expr`.

mod decl;
mod expr;
mod journey;
mod literal;
mod policy;
mod test;

pub use decl::*;
pub use expr::*;
pub use journey::*;
pub use literal::*;
pub use policy::*;
pub use test::*;

use crate::source::Span;

/// A whole file: its declarations in order. An implicit journey is the last declaration ([`JourneyOrigin::File`]).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct File {
    /// The declarations, broken ones included.
    pub decls: Vec<Decl>,
    /// The `//` comments, in order; `///` docs are on their nodes instead.
    pub comments: Vec<Comment>,
    /// The whole file.
    pub span: Span,
}

/// A `//` comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The text after the slashes, trimmed.
    pub text: String,
    /// Whether it has its line to itself.
    pub place: CommentPlace,
    /// From the slashes to the line's end.
    pub span: Span,
}

/// Where a comment stands on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentPlace {
    /// Nothing but space before it.
    OwnLine,
    /// After code.
    Trailing,
}

/// A name, normalised to NFC, without backquotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ident {
    /// The name.
    pub text: String,
    /// Its place.
    pub span: Span,
}

impl Ident {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A word or number with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

/// The `///` lines before a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doc {
    /// The lines without slashes and one leading space, joined by line feeds.
    pub text: String,
    /// From the first line to the last.
    pub span: Span,
}

/// `marketing | informational | transactional`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Advertising: needs consent, obeys caps and quiet hours.
    Marketing,
    /// Useful and asked for: obeys quiet hours only where the policy says so.
    Informational,
    /// Part of a transaction.
    Transactional,
}

impl Purpose {
    /// The word in the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Purpose::Marketing => "marketing",
            Purpose::Informational => "informational",
            Purpose::Transactional => "transactional",
        }
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// `08:00 .. 21:00`: half-open; wraps over midnight where the end is not after the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockRange {
    /// The first minute inside.
    pub from: ClockLit,
    /// The first minute outside; `24:00` allowed.
    pub to: ClockLit,
    /// Both.
    pub span: Span,
}
