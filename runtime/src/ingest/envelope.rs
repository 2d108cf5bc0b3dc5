//! The outer object of a line: `type`, `userId`, `timestamp` and their like, in whatever order they come.
//!
//! Collects them as they stand in the line and checks them once all are there. Knows nothing of rows. Start at [`Envelope`].

use super::bad::{Bad, Problem};
use super::scan::{Cursor, RawStr};
use super::time::Stamps;
use super::{MAX_ID, RowBuf};
use wayline_compiler::ir::EventId;
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
    RowName,
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
        Self::RowName,
        Self::Row,
        Self::Channel,
        Self::Result,
        Self::Reason,
    ];

    /// Those whose values are rows.
    pub(super) const ROWS: [Self; 3] = [Self::Properties, Self::Traits, Self::Row];

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
            Self::RowName => "key",
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

/// The value of a key of the envelope: where it stands in the line.
#[derive(Clone, Copy, Debug, Default)]
struct Scalar {
    from: u32,
    to: u32,
    kind: ScalarKind,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ScalarKind {
    #[default]
    Absent,
    Text,
    /// A text with escapes.
    Escaped,
    Number,
    /// `true`, `false`, an array or an object.
    Other,
}

/// What was found of the outer object.
#[derive(Clone, Debug)]
pub(super) struct Envelope<'a> {
    line: &'a str,
    scalars: [Scalar; Key::ALL.len()],
    /// Where the objects of [`Key::ROWS`] start; 0 for those not met.
    rows: [u32; Key::ROWS.len()],
    /// A row could not be read yet.
    pub(super) pending: bool,
    /// The row of this line has been read.
    pub(super) has_row: bool,
    /// The event of this line, once it has been looked up.
    pub(super) event: Option<EventId>,
    /// Whether it has been.
    pub(super) looked_up: bool,
    /// Nobody hears of what this line says: only its frame and its envelope count.
    pub(super) is_unheard: bool,
    /// `row` is null.
    deleted: bool,
    /// A key whose object is something else.
    odd: Option<Key>,
    kind: Option<Kind>,
}

impl<'a> Envelope<'a> {
    /// Nothing found yet in a line, which is shorter than [`super::MAX_LINE`].
    pub(super) fn of(line: &'a str) -> Self {
        Self {
            line,
            scalars: [Scalar::default(); Key::ALL.len()],
            rows: [0; Key::ROWS.len()],
            pending: false,
            has_row: false,
            event: None,
            looked_up: false,
            is_unheard: false,
            deleted: false,
            odd: None,
            kind: None,
        }
    }

    /// Whether everything is there that a line nobody hears of must have.
    #[inline]
    pub(super) fn is_complete(&self) -> bool {
        [Key::UserId, Key::MessageId, Key::Timestamp]
            .into_iter()
            .all(|key| self.scalars[key as usize].kind == ScalarKind::Text)
    }

    /// Takes the value of a key that is not a row. Null is as good as absent.
    #[inline]
    pub(super) fn take(&mut self, key: Key, cursor: &mut Cursor<'a>) -> Result<(), Problem> {
        let start = cursor.at as u32;
        let scalar = match cursor.peek() {
            b'"' => {
                let kind = if cursor.string()?.escaped { ScalarKind::Escaped } else { ScalarKind::Text };
                Scalar { from: start + 1, to: cursor.at as u32 - 1, kind }
            }
            b'-' | b'0'..=b'9' => {
                cursor.number()?;
                Scalar { from: start, to: cursor.at as u32, kind: ScalarKind::Number }
            }
            b'n' => return cursor.literal("null"),
            _ => {
                cursor.skip(1)?;
                Scalar { from: start, to: start, kind: ScalarKind::Other }
            }
        };
        self.scalars[key as usize] = scalar;
        if key == Key::Type && scalar.kind == ScalarKind::Text {
            self.kind = Kind::of(self.slice(scalar));
        }
        Ok(())
    }

    /// Takes the value of a row key that is no object.
    pub(super) fn take_other_row(&mut self, key: Key, cursor: &mut Cursor<'a>) -> Result<(), Problem> {
        if cursor.peek() == b'n' {
            self.deleted |= key == Key::Row;
            return cursor.literal("null");
        }
        self.odd = Some(key);
        cursor.skip(1)
    }

    /// Notes where the object of a row key starts.
    pub(super) fn mark_row(&mut self, key: Key, at: usize) {
        if let Some(place) = Key::ROWS.iter().position(|row| *row == key) {
            self.rows[place] = at as u32;
        }
    }

    /// The objects of row keys with where they start.
    pub(super) fn marked_rows(&self) -> impl Iterator<Item = (Key, usize)> + use<> {
        let rows = self.rows;
        Key::ROWS.into_iter().zip(rows).filter(|(_, at)| *at > 0).map(|(key, at)| (key, at as usize))
    }

    /// The text of a key as it stands, where it is a text.
    #[inline]
    pub(super) fn raw(&self, key: Key) -> Option<RawStr<'a>> {
        let scalar = self.scalars[key as usize];
        let escaped = match scalar.kind {
            ScalarKind::Text => false,
            ScalarKind::Escaped => true,
            ScalarKind::Absent | ScalarKind::Number | ScalarKind::Other => return None,
        };
        Some(RawStr { raw: self.slice(scalar), escaped })
    }

    #[inline]
    fn slice(&self, scalar: Scalar) -> &'a str {
        self.line.get(scalar.from as usize..scalar.to as usize).unwrap_or_default()
    }

    /// The kind of line, as soon as it is known.
    #[inline]
    pub(super) fn kind(&self) -> Option<Kind> {
        self.kind
    }

    /// The kind of line, or why there is none.
    pub(super) fn checked_kind(&self) -> Result<Kind, Problem> {
        let kind = match self.kind() {
            Some(kind) => kind,
            None => {
                let mut scratch = String::new();
                let name = self.text(Key::Type, "a string", &mut scratch)?.ok_or(Bad::Missing("type"))?;
                Kind::of(name).ok_or_else(|| Bad::UnknownType(clip(name)))?
            }
        };
        let own = match kind {
            Kind::Track => Key::Properties,
            Kind::Identify => Key::Traits,
            Kind::Catalog => Key::Row,
            Kind::Provider | Kind::PassedOver => return Ok(kind),
        };
        if self.odd == Some(own) {
            return Err(Bad::WrongType { key: own.name(), want: "an object" }.into());
        }
        Ok(kind)
    }

    #[inline]
    fn text<'s>(
        &self,
        key: Key,
        want: &'static str,
        scratch: &'s mut String,
    ) -> Result<Option<&'s str>, Problem>
    where
        'a: 's,
    {
        match self.scalars[key as usize].kind {
            ScalarKind::Absent => Ok(None),
            ScalarKind::Text | ScalarKind::Escaped => Ok(self.raw(key).map(|text| text.unescape(scratch))),
            ScalarKind::Number | ScalarKind::Other => Err(Bad::WrongType { key: key.name(), want }.into()),
        }
    }

    #[inline]
    fn required<'s>(&self, key: Key, scratch: &'s mut String) -> Result<&'s str, Problem>
    where
        'a: 's,
    {
        const WANT: &str = "a string of 1 to 512 bytes";
        let text = self.text(key, WANT, scratch)?.ok_or(Bad::Missing(key.name()))?;
        if text.is_empty() || text.len() > MAX_ID {
            return Err(Bad::WrongType { key: key.name(), want: WANT }.into());
        }
        Ok(text)
    }

    #[inline]
    pub(super) fn user<'s>(&self, kind: Kind, scratch: &'s mut String) -> Result<&'s str, Problem>
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
    pub(super) fn id<'s>(&self, kind: Kind, scratch: &'s mut String) -> Result<&'s str, Problem>
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
    pub(super) fn time(&self, kind: Kind, stamps: &mut Stamps) -> Result<i64, Problem> {
        let mut scratch = String::new();
        let scalar = self.scalars[Key::Timestamp as usize];
        let text = match scalar.kind {
            ScalarKind::Absent if kind == Kind::PassedOver => return Ok(i64::MIN),
            ScalarKind::Absent => return Err(Bad::Missing("timestamp").into()),
            ScalarKind::Text => self.slice(scalar),
            ScalarKind::Escaped => RawStr { raw: self.slice(scalar), escaped: true }.unescape(&mut scratch),
            ScalarKind::Number => return Err(Bad::NumericTimestamp(clip(self.slice(scalar))).into()),
            ScalarKind::Other => return Err(Bad::WrongType { key: "timestamp", want: "an instant" }.into()),
        };
        let ms = stamps.read(text).ok_or_else(|| Bad::Timestamp(clip(text)))?;
        if (FIRST_MS..END_MS).contains(&ms) { Ok(ms) } else { Err(Bad::Year(clip(text)).into()) }
    }

    pub(super) fn event_name<'s>(&self, scratch: &'s mut String) -> Result<&'s str, Problem>
    where
        'a: 's,
    {
        self.required(Key::Event, scratch)
    }

    pub(super) fn catalog_name<'s>(&self, scratch: &'s mut String) -> Result<&'s str, Problem>
    where
        'a: 's,
    {
        self.required(Key::Catalog, scratch)
    }

    pub(super) fn channel_name<'s>(&self, scratch: &'s mut String) -> Result<&'s str, Problem>
    where
        'a: 's,
    {
        self.required(Key::Channel, scratch)
    }

    /// Key of a catalog row; a number is as good as its text.
    pub(super) fn catalog_key<'s>(&self, scratch: &'s mut String) -> Result<&'s str, Problem>
    where
        'a: 's,
    {
        let scalar = self.scalars[Key::RowName as usize];
        if scalar.kind == ScalarKind::Number {
            Ok(self.slice(scalar))
        } else {
            self.required(Key::RowName, scratch)
        }
    }

    pub(super) fn catalog_row<'s>(&self, row: &'s RowBuf) -> Result<Option<Row<'s>>, Problem> {
        match (self.has_row, self.deleted) {
            (true, _) => Ok(Some(row.as_row())),
            (false, true) => Ok(None),
            (false, false) => Err(Bad::Missing("row").into()),
        }
    }

    /// What a provider line says: `None` for `ok`.
    pub(super) fn error<'s>(&self, scratch: &'s mut String) -> Result<Option<&'s str>, Problem>
    where
        'a: 's,
    {
        let mut result = String::new();
        match self.required(Key::Result, &mut result)? {
            "ok" => Ok(None),
            "failed" => Ok(Some(self.text(Key::Reason, "a string", scratch)?.unwrap_or("failed"))),
            other => Err(Bad::UnknownResult(clip(other)).into()),
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
