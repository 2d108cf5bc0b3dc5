//! What comes into the engine: decoded, already known to be of a declared event, attribute or catalog.
//!
//! The decoder finds faults of form (type, range, member, missing) and hands them on; the engine adds those that need the user's
//! state (once, immutable, monotone, past) and records them all. Nothing here knows JSON.

use wayline_compiler::ir::{AttrId, CatalogId, ChannelId, EventId};
use wayline_compiler::row::Row;

/// One input of one user.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Its own time in ms: the `timestamp` of the line.
    pub time: i64,
    /// Its id (`messageId`); the host has already passed over ids it has seen.
    pub id: &'a str,
    /// What it says.
    pub body: Body<'a>,
    /// Faults the decoder found. One makes an event refused as a whole; of an identify only the trait.
    pub faults: &'a [Fault],
}

/// What an input says.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// Something happened.
    Event {
        /// Which event.
        event: EventId,
        /// Its fields; defaults are filled in.
        row: Row<'a>,
    },
    /// Attributes changed.
    Identify {
        /// New values, by attribute position.
        row: Row<'a>,
        /// The attributes that are set by it (value in `row`) or cleared by it (JSON null; missing in `row`), ascending.
        changed: &'a [AttrId],
    },
    /// A catalog row changed or went; [`super::Shared::row`] already answers with the new one.
    Catalog {
        /// Which catalog.
        catalog: CatalogId,
        /// Which row.
        key: &'a str,
    },
    /// The provider of a channel fails (or works again) for this user.
    Provider {
        /// Which channel.
        channel: ChannelId,
        /// The error, `None` when it works again.
        error: Option<&'a str>,
    },
}

/// A declared fact that an input breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which kind.
    pub fact: Fact,
    /// The field or attribute, by its name in the language.
    pub field: String,
    /// Its attribute, for an identify.
    pub attribute: Option<AttrId>,
}

/// Kinds of declared facts: the reasons of `rejected`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    /// A second event declared `once`.
    Once,
    /// A change of an `immutable`.
    Immutable,
    /// A fall of a `monotone`.
    Monotone,
    /// A value out of its range, or longer than its bound.
    Range,
    /// A value outside its closed set.
    Member,
    /// A `past` instant in the future.
    Past,
    /// A value of another type.
    Type,
    /// A required field that is not there.
    Missing,
}

impl Fact {
    /// As in decisions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Immutable => "immutable",
            Self::Monotone => "monotone",
            Self::Range => "range",
            Self::Member => "member",
            Self::Past => "past",
            Self::Type => "type",
            Self::Missing => "missing",
        }
    }
}
