//! The outer object of a line: `type`, `userId`, `timestamp` and their like, in whatever order they come.
//!
//! Collects them as they stand in the line and checks them once all are there. Knows nothing of rows. Start at [`Envelope`].

use super::bad::Bad;
use super::scan::{Cursor, RawStr};
use super::time::Stamps;
use super::{MAX_ID, RowBuf};
use smallvec::SmallVec;
use wayline_compiler::row::Row;

/// How many texts a line may need unescaped at once.
pub(super) const TEXTS: usize = 4;

/// Keys of the outer object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Type,
    MessageId,
    UserId,
    Event,
    Timestamp,
    Properties,
    Traits,
    Catalog,
    RowKey,
    Row,
    Channel,
    Result,
    Reason,
}

impl Key {
    pub(super) const ALL: [Self; 13] = [
        Self::Type,
        Self::MessageId,
        Self::UserId,
        Self::Event,
        Self::Timestamp,
        Self::Properties,
        Self::Traits,
        Self::Catalog,
        Self::RowKey,
        Self::Row,
        Self::Channel,
        Self::Result,
        Self::Reason,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::MessageId => "messageId",
            Self::UserId => "userId",
            Self::Event => "event",
            Self::Timestamp => "timestamp",
            Self::Properties => "properties",
            Self::Traits => "traits",
            Self::Catalog => "catalog",
            Self::RowKey => "key",
            Self::Row => "row",
            Self::Channel => "channel",
            Self::Result => "result",
            Self::Reason => "reason",
        }
    }

    /// Whether its value is an object that may be read into a row.
    pub(super) fn is_row(self) -> bool {
        matches!(self, Self::Properties | Self::Traits | Self::Row)
    }
}

/// Kinds of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Track,
    Identify,
    Catalog,
    Provider,
    PassedOver,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "track" => Self::Track,
            "identify" => Self::Identify,
            "catalog" => Self::Catalog,
            "provider" => Self::Provider,
            "page" | "screen" | "group" | "alias" => Self::PassedOver,
            _ => return None,
        })
    }
}

/// A scalar of the envelope as it stands.
#[derive(Clone, Copy, Debug)]
enum Scalar<'a> {
    Text(RawStr<'a>),
    Number(&'a str),
    /// `true`, `false`, an array or an object.
    Other,
}

/// What was found of the outer object.
#[derive(Clone, Debug, Default)]
pub(super) struct Envelope<'a> {
    scalars: [Option<Scalar<'a>>; 13],
    /// `event`, when it is a text.
    pub(super) event: Option<RawStr<'a>>,
    /// `catalog`, when it is a text.
    pub(super) catalog: Option<RawStr<'a>>,
    /// Objects met, with where they start.
    pub(super) rows: SmallVec<[(Key, usize); 2]>,
    /// A row could not be read yet.
    pub(super) pending: bool,
    /// The row of this line has been read.
    pub(super) has_row: bool,
    /// `row` is null.
    deleted: bool,
    /// A key whose object is something else.
    odd: Option<Key>,
}

impl<'a> Envelope<'a> {
    /// Takes the value of a key that is not a row. Null is as good as absent.
    #[inline]
    pub(super) fn take(&mut self, key: Key, cursor: &mut Cursor<'a>) -> Result<(), Bad> {
        let scalar = match cursor.peek() {
            b'"' => {
                let text = cursor.string()?;
                match key {
                    Key::Event => self.event = Some(text),
                    Key::Catalog => self.catalog = Some(text),
                    Key::Type
                    | Key::MessageId
                    | Key::UserId
                    | Key::Timestamp
                    | Key::Properties
                    | Key::Traits
                    | Key::RowKey
                    | Key::Row
                    | Key::Channel
                    | Key::Result
                    | Key::Reason => {}
                }
                Scalar::Text(text)
            }
            b'-' | b'0'..=b'9' => Scalar::Number(cursor.number()?.raw),
            b'n' => return cursor.literal("null"),
            _ => {
                cursor.skip(1)?;
                Scalar::Other
            }
        };
        self.scalars[key as usize] = Some(scalar);
        Ok(())
    }

    /// Takes the value of a row key that is no object.
    pub(super) fn take_other_row(&mut self, key: Key, cursor: &mut Cursor<'a>) -> Result<(), Bad> {
        if cursor.peek() == b'n' {
            self.deleted |= key == Key::Row;
            return cursor.literal("null");
        }
        self.odd = Some(key);
        cursor.skip(1)
    }

    /// The kind of line, as soon as it is known.
    pub(super) fn kind(&self) -> Option<Kind> {
        match self.scalars[Key::Type as usize] {
            Some(Scalar::Text(text)) if !text.escaped => Kind::of(text.raw),
            _ => None,
        }
    }

    /// The kind of line, or why there is none.
    pub(super) fn checked_kind(&self) -> Result<Kind, Bad> {
        let mut scratch = String::new();
        let name = self.text(Key::Type, "a string", &mut scratch)?.ok_or(Bad::Missing("type"))?;
        let kind = Kind::of(name).ok_or_else(|| Bad::UnknownType(name.to_owned()))?;
        let own = match kind {
            Kind::Track => Key::Properties,
            Kind::Identify => Key::Traits,
            Kind::Catalog => Key::Row,
            Kind::Provider | Kind::PassedOver => return Ok(kind),
        };
        if self.odd == Some(own) {
            return Err(Bad::WrongType { key: own.name(), want: "an object" });
        }
        Ok(kind)
    }

    #[inline]
    fn text<'s>(&self, key: Key, want: &'static str, scratch: &'s mut String) -> Result<Option<&'s str>, Bad>
    where
        'a: 's,
    {
        match self.scalars[key as usize] {
            None => Ok(None),
            Some(Scalar::Text(text)) => Ok(Some(text.unescape(scratch))),
            Some(Scalar::Number(_) | Scalar::Other) => Err(Bad::WrongType { key: key.name(), want }),
        }
    }

    #[inline]
    fn required<'s>(&self, key: Key, scratch: &'s mut String) -> Result<&'s str, Bad>
    where
        'a: 's,
    {
        const WANT: &str = "a string of 1 to 512 bytes";
        let text = self.text(key, WANT, scratch)?.ok_or(Bad::Missing(key.name()))?;
        if text.is_empty() || text.len() > MAX_ID {
            return Err(Bad::WrongType { key: key.name(), want: WANT });
        }
        Ok(text)
    }

    #[inline]
    pub(super) fn user<'s>(&self, kind: Kind, scratch: &'s mut String) -> Result<&'s str, Bad>
    where
        'a: 's,
    {
        match kind {
            Kind::Track | Kind::Identify | Kind::Provider => self.required(Key::UserId, scratch),
            Kind::Catalog => Ok(""),
            Kind::PassedOver => Ok(self.required(Key::UserId, scratch).unwrap_or_default()),
        }
    }

    #[inline]
    pub(super) fn id<'s>(&self, kind: Kind, scratch: &'s mut String) -> Result<&'s str, Bad>
    where
        'a: 's,
    {
        match kind {
            Kind::Track | Kind::Identify => self.required(Key::MessageId, scratch),
            Kind::Catalog | Kind::Provider | Kind::PassedOver => {
                Ok(self.text(Key::MessageId, "a string", scratch)?.unwrap_or_default())
            }
        }
    }

    #[inline]
    pub(super) fn time(&self, kind: Kind, stamps: &mut Stamps) -> Result<i64, Bad> {
        let mut scratch = String::new();
        let text = match self.scalars[Key::Timestamp as usize] {
            None if kind == Kind::PassedOver => return Ok(i64::MIN),
            None => return Err(Bad::Missing("timestamp")),
            Some(Scalar::Text(text)) => text.unescape(&mut scratch),
            Some(Scalar::Number(number)) => return Err(Bad::NumericTimestamp(clip(number))),
            Some(Scalar::Other) => return Err(Bad::WrongType { key: "timestamp", want: "an instant" }),
        };
        let ms = stamps.read(text).ok_or_else(|| Bad::Timestamp(clip(text)))?;
        if (FIRST_MS..END_MS).contains(&ms) { Ok(ms) } else { Err(Bad::Year(clip(text))) }
    }

    pub(super) fn event_name<'s>(&self, scratch: &'s mut String) -> Result<&'s str, Bad>
    where
        'a: 's,
    {
        self.required(Key::Event, scratch)
    }

    pub(super) fn catalog_name<'s>(&self, scratch: &'s mut String) -> Result<&'s str, Bad>
    where
        'a: 's,
    {
        self.required(Key::Catalog, scratch)
    }

    pub(super) fn channel_name<'s>(&self, scratch: &'s mut String) -> Result<&'s str, Bad>
    where
        'a: 's,
    {
        self.required(Key::Channel, scratch)
    }

    /// Key of a catalog row; a number is as good as its text.
    pub(super) fn catalog_key<'s>(&self, scratch: &'s mut String) -> Result<&'s str, Bad>
    where
        'a: 's,
    {
        match self.scalars[Key::RowKey as usize] {
            Some(Scalar::Number(number)) => Ok(number),
            Some(Scalar::Text(_) | Scalar::Other) | None => self.required(Key::RowKey, scratch),
        }
    }

    pub(super) fn catalog_row<'s>(&self, row: &'s RowBuf) -> Result<Option<Row<'s>>, Bad> {
        match (self.has_row, self.deleted) {
            (true, _) => Ok(Some(row.as_row())),
            (false, true) => Ok(None),
            (false, false) => Err(Bad::Missing("row")),
        }
    }

    /// What a provider line says: `None` for `ok`.
    pub(super) fn error<'s>(&self, scratch: &'s mut String) -> Result<Option<&'s str>, Bad>
    where
        'a: 's,
    {
        let mut result = String::new();
        match self.required(Key::Result, &mut result)? {
            "ok" => Ok(None),
            "failed" => Ok(Some(self.text(Key::Reason, "a string", scratch)?.unwrap_or("failed"))),
            other => Err(Bad::UnknownResult(clip(other))),
        }
    }
}

/// 1900-01-01T00:00:00Z: what is earlier is a mistake of units or a default of some clock.
const FIRST_MS: i64 = -2_208_988_800_000;
/// 3000-01-01T00:00:00Z.
const END_MS: i64 = 32_503_680_000_000;

/// The beginning of a text, for messages.
fn clip(text: &str) -> String {
    const CHARS: usize = 40;
    let mut clipped: String = text.chars().take(CHARS).collect();
    if clipped.len() < text.len() {
        clipped.push('…');
    }
    clipped
}
