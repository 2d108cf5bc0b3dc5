//! Why an input line cannot be used at all, in words a person can act on.
//!
//! A bad line is reported and skipped. A line that is well formed but breaks a declared fact is not bad but *rejected*: see
//! [`super::Fault`]. Start at [`Bad`].

use crate::engine::Fact;
use std::fmt;

/// Why a line is bad. Columns count bytes from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bad {
    /// Longer than [`super::MAX_LINE`].
    TooLong,
    /// Not UTF-8 from this column.
    NotUtf8(usize),
    /// Not JSON: what was expected at a column.
    Syntax {
        /// Column.
        column: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// The line ends inside a value.
    Cut,
    /// Text after the object.
    Trailing(usize),
    /// Nested deeper than [`super::MAX_DEPTH`].
    TooDeep(usize),
    /// A key that stands twice in one object.
    DuplicateKey(String),
    /// A key of the envelope is missing.
    Missing(&'static str),
    /// A key of the envelope has the wrong type.
    WrongType {
        /// The key.
        key: &'static str,
        /// What it must be.
        want: &'static str,
    },
    /// A `type` that is not known.
    UnknownType(String),
    /// A catalog that is not declared.
    UnknownCatalog(String),
    /// A channel that is not declared.
    UnknownChannel(String),
    /// A result other than `ok` or `failed`.
    UnknownResult(String),
    /// A timestamp that is none.
    Timestamp(String),
    /// A timestamp that is a number.
    NumericTimestamp(String),
    /// A timestamp outside the years 1900 to 2999.
    Year(String),
    /// A value of a catalog row does not fit its column.
    Row {
        /// The column.
        column: String,
        /// Which kind of fact it breaks.
        fact: Fact,
    },
}

/// A [`Bad`] on its way up: boxed, so that the many results without one stay small.
pub(super) type Problem = Box<Bad>;

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "longer than 1 MiB"),
            Self::NotUtf8(column) => write!(f, "not UTF-8 at column {column}"),
            Self::Syntax { column, expected } => {
                write!(f, "not JSON: expected {expected} at column {column}")
            }
            Self::Cut => write!(f, "not JSON: the line ends in the middle of a value"),
            Self::Trailing(column) => write!(f, "not one JSON object: more text at column {column}"),
            Self::TooDeep(column) => {
                write!(f, "nested more than {} deep at column {column}", super::MAX_DEPTH)
            }
            Self::DuplicateKey(key) => write!(f, "the key `{key}` stands twice"),
            Self::Missing(key) => write!(f, "no `{key}`"),
            Self::WrongType { key, want } => write!(f, "`{key}` must be {want}"),
            Self::UnknownType(found) => {
                write!(f, "unknown type `{found}`: use `track`, `identify`, `catalog` or `provider`")
            }
            Self::UnknownCatalog(name) => write!(f, "no catalog `{name}` is declared"),
            Self::UnknownChannel(name) => write!(f, "no channel `{name}` is declared"),
            Self::UnknownResult(found) => write!(f, "unknown result `{found}`: use `ok` or `failed`"),
            Self::Timestamp(found) => {
                write!(f, "`timestamp` is `{found}`, not an instant like `2026-01-05T10:00:00+09:00`")
            }
            Self::NumericTimestamp(found) => write!(
                f,
                "`timestamp` is the number {found}, which could be seconds or milliseconds: write `2026-01-05T10:00:00+09:00`"
            ),
            Self::Year(found) => write!(f, "`timestamp` `{found}` is outside the years 1900 to 2999"),
            Self::Row { column, fact } => {
                write!(f, "the value of column `{column}` is refused ({})", fact.name())
            }
        }
    }
}

impl std::error::Error for Bad {}
