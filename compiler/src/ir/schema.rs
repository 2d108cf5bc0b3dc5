//! What the project declares: events, attributes, catalogs, segments, channels, templates.

use super::{AttrId, ChannelId, Const, EnumId, ExprId, FieldId, ListId, Span, Ty};
use serde::{Deserialize, Serialize};

/// An event type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Name in the language.
    pub name: String,
    /// Name on the wire.
    pub wire: String,
    /// What it is about: `event cart_add(item)`.
    pub subject: Option<FieldId>,
    /// Its past-tense name: `purchased`.
    pub past: Option<String>,
    /// At most once in a user's life.
    pub once: bool,
    /// Declared rate per user: at most this many per span; the excess is recorded but enters nothing.
    pub rate: Option<(u32, Span)>,
    /// Its fields; records are flattened (`address.city`), so each is a leaf.
    pub fields: Vec<Field>,
    /// Its doc comment.
    pub doc: Option<String>,
}

/// A leaf field of an event, of a catalog row or of a list element; its position is its slot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Name in the language, dotted for parts of a record.
    pub name: String,
    /// Path on the wire below `properties`, `traits` or `row`.
    pub wire: Vec<String>,
    /// Type and declared bounds.
    pub ty: FieldType,
    /// May be absent without a default.
    pub optional: bool,
    /// Used when absent.
    pub default: Option<Const>,
    /// Read by some predicate, key or message: the decoder stores it, else it only checks it.
    pub needed: bool,
}

/// Type of a field or attribute with the facts enforced at the door.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// `bool`
    Bool,
    /// `int`, within its declared range.
    Int(Range<i64>),
    /// `float`, within its declared range.
    Float(Range<f64>),
    /// `string`, at most this much.
    Str(Option<Limit>),
    /// `url`: an absolute http, https or app-scheme address.
    Url(Option<Limit>),
    /// `time`; `past`: not after the moment it arrives.
    Time {
        /// Never in the future.
        past: bool,
    },
    /// `date`; `past`: not after the local date of the moment it arrives.
    Date {
        /// Never in the future.
        past: bool,
    },
    /// `clock`
    Clock,
    /// `duration`, written as in the language (`"7mo"`, `"36h"`) or a number of milliseconds.
    Duration,
    /// `timezone`: an IANA name.
    Timezone,
    /// A closed set.
    Enum(EnumId),
    /// `list<…>`
    List(ListId),
    /// Marks that a flattened optional record is there.
    Record,
}

impl FieldType {
    /// The declared greatest length of its texts.
    pub const fn limit(&self) -> Option<Limit> {
        match self {
            Self::Str(limit) | Self::Url(limit) => *limit,
            Self::Bool
            | Self::Int(_)
            | Self::Float(_)
            | Self::Time { .. }
            | Self::Date { .. }
            | Self::Clock
            | Self::Duration
            | Self::Timezone
            | Self::Enum(_)
            | Self::List(_)
            | Self::Record => None,
        }
    }

    /// The type of its values in expressions. A record's mark is a truth value.
    pub const fn ty(&self) -> Ty {
        match self {
            Self::Bool | Self::Record => Ty::Bool,
            Self::Int(_) => Ty::Int,
            Self::Float(_) => Ty::Float,
            Self::Str(_) | Self::Url(_) => Ty::Str,
            Self::Time { .. } => Ty::Time,
            Self::Date { .. } => Ty::Date,
            Self::Clock => Ty::Clock,
            Self::Duration => Ty::Duration,
            Self::Timezone => Ty::Timezone,
            Self::Enum(set) => Ty::Enum(*set),
            Self::List(list) => Ty::List(*list),
        }
    }
}

/// Inclusive bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range<T> {
    /// Least value.
    pub min: Option<T>,
    /// Greatest value.
    pub max: Option<T>,
}

/// Most of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// How many.
    pub max: u32,
    /// Of what.
    pub unit: Unit,
}

/// Unit of text length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Unicode scalar values.
    Chars,
    /// Bytes of UTF-8.
    BytesUtf8,
    /// Bytes of EUC-KR/CP949; characters outside it cannot be sent.
    BytesEucKr,
    /// GSM 03.38 septets in parts of 160/153 (UCS-2 70/67 when one character is outside it). The limit counts parts.
    Gsm7,
}

/// A user attribute; its position is its slot in the user's row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// The field: name, wire path in `traits`, type, default.
    pub field: Field,
    /// How it may change.
    pub mutability: Mutability,
    /// Its doc comment.
    pub doc: Option<String>,
}

/// How an attribute may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mutability {
    /// Freely.
    Mutable,
    /// Never once set (a default is not "set").
    Immutable,
    /// It never falls.
    Monotone,
}

/// A catalog: rows by key, an input of every user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    /// Name.
    pub name: String,
    /// What its key is called: `per item`.
    pub key: String,
    /// Columns; all may be absent only where declared so.
    pub columns: Vec<Field>,
}

/// A named predicate over a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Name.
    pub name: String,
    /// Over attributes, aggregates, catalogs and `now`.
    pub predicate: ExprId,
    /// Its doc comment.
    pub doc: Option<String>,
}

/// A classification: first match wins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Classify {
    /// Name.
    pub name: String,
    /// Its classes, as a closed set.
    pub classes: EnumId,
    /// The [`super::ExprKind::Case`] it compiles to.
    pub expr: ExprId,
}

/// Why a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Advertising: needs consent, obeys quiet hours and caps.
    Marketing,
    /// News about something the user has: obeys quiet hours.
    Informational,
    /// What the user asked for just now.
    Transactional,
}

/// Half-open range of local clock times in milliseconds; wraps over midnight when `from > to`; `from == to` is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockRange {
    /// First instant inside.
    pub from_ms: i64,
    /// First instant after.
    pub to_ms: i64,
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// Name.
    pub name: String,
    /// Attributes that must be present for the user to be reachable.
    pub needs: Vec<AttrId>,
    /// Consent rule per purpose.
    pub consent: Vec<(Purpose, ExprId)>,
    /// Purposes it carries.
    pub purposes: Vec<Purpose>,
    /// Its own hours, held outside.
    pub hours: Option<ClockRange>,
    /// Price per message (per part where the unit has parts), in the project's currency.
    pub cost: f64,
    /// Not limited by frequency caps.
    pub uncapped: bool,
    /// A failed message is not billed.
    pub unbilled_on_failure: bool,
    /// Needs an approved template.
    pub templates_only: bool,
    /// What to use instead, for a deprecated alias.
    pub deprecated: Option<String>,
    /// Content fields in declared order.
    pub fields: Vec<ContentField>,
    /// Index of the field a bare string fills.
    pub main: Option<u32>,
}

/// A field of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContentField {
    /// Name.
    pub name: String,
    /// Type of its value.
    pub ty: FieldType,
    /// May be left out.
    pub optional: bool,
}

/// A message template registered with a provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// Name.
    pub name: String,
    /// Its channel.
    pub channel: ChannelId,
    /// Approved by the provider.
    pub approved: bool,
    /// Its variables.
    pub fields: Vec<ContentField>,
}
