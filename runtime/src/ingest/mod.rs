//! From JSON lines to rows of slots: one pass, no tree, only what the program declares.
//!
//! Lines follow the Segment spec (`track`, `identify`) with `catalog` and `provider` beside it. A line that cannot be used is
//! [`Bad`]; a line that breaks a declared fact is good and carries [`Fault`]s, which the engine records. Nothing here knows journeys
//! or users. Start at [`Decoder::decode`]; [`lines`] cuts input into lines.

mod bad;
mod bytes;
mod envelope;
pub mod lines;
mod marks;
mod scan;
mod schema;
mod shape;
mod time;
mod value;
mod words;

pub use bad::Bad;
pub(crate) use bytes::string_stop;
pub use scan::MAX_DEPTH;
pub use words::refusal;

use crate::engine::Fault;
use bad::Problem;
use envelope::{Envelope, Key};
use marks::Marks;
use scan::Cursor;
use schema::{Plan, Schema, list_plans};
use shape::{Shape, Step, Walk};
use std::sync::Arc;
use time::Stamps;
use value::{Of, Reading};
use wayline_compiler::ir::{AttrId, CatalogId, ChannelId, EventId, Program};
use wayline_compiler::row::{Row, RowBuf};

/// Longest line, in bytes.
pub const MAX_LINE: usize = 1 << 20;
/// Longest `userId`, `messageId`, catalog key, in bytes.
pub const MAX_ID: usize = 512;

/// A line that can be used.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its own time in ms.
    pub time: i64,
    /// Its user; empty for catalog rows.
    pub user: &'a str,
    /// Its id; may be empty for catalog and provider lines only.
    pub id: &'a str,
    /// What it says.
    pub body: Body<'a>,
    /// Declared facts it breaks.
    pub faults: &'a [Fault],
}

/// What a line says.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// Something happened.
    Event {
        /// What.
        event: EventId,
        /// Its fields, defaults filled in.
        row: Row<'a>,
    },
    /// Attributes changed.
    Identify {
        /// New values, by attribute position.
        row: Row<'a>,
        /// Attributes that are set, or cleared by null; ascending.
        changed: &'a [AttrId],
    },
    /// A catalog row.
    Catalog {
        /// Which catalog.
        catalog: CatalogId,
        /// Which row.
        key: &'a str,
        /// Its columns; `None` deletes it.
        row: Option<Row<'a>>,
    },
    /// What the provider of a channel does for this user from now on.
    Provider {
        /// Which channel.
        channel: ChannelId,
        /// The error; `None` when it works again.
        error: Option<&'a str>,
    },
    /// An event the program does not know: only time passes.
    Undeclared,
    /// A call of the Segment spec that journeys do not use (`page`, `screen`, `group`, `alias`). Its user may be empty.
    PassedOver,
}

/// Decodes lines for one program. Reuses its memory, so a line costs no allocation.
#[derive(Clone, Debug)]
pub struct Decoder {
    schema: Schema,
    envelope: Shape<Key>,
    events: Vec<Plan>,
    traits: Plan,
    catalogs: Vec<Plan>,
    lists: Vec<Plan>,
    marks: Marks,
    stamps: Stamps,
    row: RowBuf,
    faults: Vec<Fault>,
    changed: Vec<AttrId>,
    scratch: String,
    texts: [String; envelope::TEXTS],
}

impl Decoder {
    /// A decoder for the declarations of `program`.
    pub fn new(program: &Arc<Program>) -> Self {
        Self {
            schema: Schema::new(program),
            envelope: Shape::new(Key::ALL.map(|key| (key.name().into(), key))),
            events: program.events.iter().map(|event| Plan::of_fields(program, &event.fields)).collect(),
            traits: Plan::of_attributes(program, &program.attributes),
            catalogs: program.catalogs.iter().map(|c| Plan::of_fields(program, &c.columns)).collect(),
            lists: list_plans(program),
            marks: Marks::default(),
            stamps: Stamps::default(),
            row: RowBuf::default(),
            faults: Vec::new(),
            changed: Vec::new(),
            scratch: String::new(),
            texts: Default::default(),
        }
    }

    /// Decodes one line (without its line end).
    ///
    /// # Errors
    /// Why the line cannot be used.
    #[inline]
    pub fn decode<'s>(&'s mut self, line: &'s [u8]) -> Result<Line<'s>, Bad> {
        self.decode_line(line).map_err(|problem| *problem)
    }

    fn decode_line<'s>(&'s mut self, line: &'s [u8]) -> Result<Line<'s>, Problem> {
        if line.len() > MAX_LINE {
            return Err(Bad::TooLong.into());
        }
        let text = match simdutf8::basic::from_utf8(line) {
            Ok(text) => text,
            Err(_) => return Err(not_utf8(line)),
        };
        self.faults.clear();
        self.changed.clear();
        let mut found = Envelope::of(text);
        let mut cursor = Cursor::new(text, std::mem::take(&mut self.marks));
        let read = self.read(&mut cursor, &mut found);
        self.marks = cursor.into_marks();
        let kind = read?;
        self.finish(kind, text, &mut found)
    }

    /// Reads all of a line; first rows that come before what they belong to are read last.
    fn read<'l>(
        &mut self,
        cursor: &mut Cursor<'l>,
        found: &mut Envelope<'l>,
    ) -> Result<envelope::Kind, Problem> {
        self.read_envelope(cursor, found)?;
        let kind = found.checked_kind()?;
        if kind == envelope::Kind::Track && !found.looked_up {
            self.look_up_event(found);
        }
        if found.pending {
            for (key, at) in found.marked_rows() {
                cursor.at = at;
                self.read_row(kind, key, cursor, found)?;
            }
        }
        Ok(kind)
    }

    /// Walks the outer object; rows are read at once where what they belong to is known already, else marked for later.
    fn read_envelope<'l>(
        &mut self,
        cursor: &mut Cursor<'l>,
        found: &mut Envelope<'l>,
    ) -> Result<(), Problem> {
        if cursor.peek_token() != b'{' {
            return Err(cursor.expected("an object"));
        }
        let mut walk = Walk::default();
        loop {
            match self.envelope.next(cursor, &mut walk)? {
                Step::Value(key) if key.is_row() => {
                    if cursor.peek() == b'{' && found.is_unheard && found.is_complete() && cursor.skip_rest()
                    {
                        return Ok(());
                    }
                    self.envelope_row(key, cursor, found)?;
                }
                Step::Value(key) => {
                    found.take(key, cursor)?;
                    if matches!(key, Key::Event | Key::Type) {
                        self.look_up(found);
                    }
                }
                Step::Other if found.is_unheard => {
                    if found.is_complete() && cursor.skip_rest() {
                        return Ok(());
                    }
                    cursor.skip_frame(1)?;
                }
                Step::Other => cursor.skip(1)?,
                Step::End => break,
            }
        }
        cursor.end()
    }

    /// Finds out whether anybody hears of this line, as soon as its type and event are known.
    #[inline]
    fn look_up(&mut self, found: &mut Envelope<'_>) {
        match found.kind() {
            Some(envelope::Kind::Track) => self.look_up_event(found),
            Some(envelope::Kind::PassedOver) => found.is_unheard = true,
            Some(envelope::Kind::Identify | envelope::Kind::Catalog | envelope::Kind::Provider) | None => {}
        }
    }

    #[inline]
    fn look_up_event(&mut self, found: &mut Envelope<'_>) {
        if let Some(name) = found.raw(Key::Event) {
            found.event = self.schema.event(name.unescape(&mut self.scratch));
            found.looked_up = true;
            found.is_unheard = found.event.is_none();
        }
    }

    fn envelope_row<'l>(
        &mut self,
        key: Key,
        cursor: &mut Cursor<'l>,
        found: &mut Envelope<'l>,
    ) -> Result<(), Problem> {
        if cursor.peek() != b'{' {
            return found.take_other_row(key, cursor);
        }
        if found.is_unheard {
            return cursor.skip_frame(1);
        }
        found.mark_row(key, cursor.at);
        let Some(kind) = found.kind() else {
            found.pending = true;
            return cursor.skip(1);
        };
        self.read_row(kind, key, cursor, found)
    }

    /// Reads (or passes over) the object of `key` in a line of `kind`.
    fn read_row<'l>(
        &mut self,
        kind: envelope::Kind,
        key: Key,
        cursor: &mut Cursor<'l>,
        found: &mut Envelope<'l>,
    ) -> Result<(), Problem> {
        let mut reading = Reading {
            schema: &self.schema,
            lists: &mut self.lists,
            faults: &mut self.faults,
            changed: &mut self.changed,
            scratch: &mut self.scratch,
            of: Of::Fields,
        };
        let plan = match (kind, key) {
            (envelope::Kind::Track, Key::Properties) => {
                let Some(event) = found.event else {
                    found.pending = true;
                    return cursor.skip(1);
                };
                reading.of = Of::Event;
                &mut self.events[event.index()]
            }
            (envelope::Kind::Identify, Key::Traits) => {
                reading.of = Of::Attributes;
                &mut self.traits
            }
            (envelope::Kind::Catalog, Key::Row) => {
                let Some(name) = found.raw(Key::Catalog) else {
                    found.pending = true;
                    return cursor.skip(1);
                };
                match self.schema.catalog(name.unescape(reading.scratch)) {
                    Some(catalog) => &mut self.catalogs[catalog.index()],
                    None => return cursor.skip(1),
                }
            }
            _ => return cursor.skip(1),
        };
        reading.row(plan, cursor, 1, &mut self.row)?;
        found.has_row = true;
        Ok(())
    }

    /// Checks the envelope and puts the line together.
    fn finish<'s>(
        &'s mut self,
        kind: envelope::Kind,
        text: &'s str,
        found: &mut Envelope<'s>,
    ) -> Result<Line<'s>, Problem> {
        let time = found.time(kind, &mut self.stamps)?;
        let [user, id, other, reason] = &mut self.texts;
        let (user, id) = (found.user(kind, user)?, found.id(kind, id)?);
        if !found.has_row {
            self.row.slots.clear();
        }
        let body = match kind {
            envelope::Kind::PassedOver => Body::PassedOver,
            envelope::Kind::Track => {
                found.event_name(other)?;
                match found.event {
                    None => Body::Undeclared,
                    Some(event) => {
                        if !found.has_row {
                            empty_row(
                                &mut self.events[event.index()],
                                &self.schema,
                                &mut self.lists,
                                &mut self.faults,
                                &mut self.row,
                            )?;
                        }
                        let own = self.row.bytes.as_slice();
                        let bytes = if own.is_empty() { text.as_bytes() } else { own };
                        Body::Event { event, row: Row { slots: &self.row.slots, bytes } }
                    }
                }
            }
            envelope::Kind::Identify => {
                self.changed.sort_unstable();
                self.changed.dedup();
                self.row.slots.resize(self.traits.fields.len(), Default::default());
                Body::Identify { row: self.row.as_row(), changed: &self.changed }
            }
            envelope::Kind::Catalog => {
                let name = found.catalog_name(other)?;
                let Some(catalog) = self.schema.catalog(name) else {
                    return Err(Bad::UnknownCatalog(name.to_owned()).into());
                };
                if let Some(fault) = self.faults.first() {
                    return Err(Bad::Row { column: fault.field.clone(), fact: fault.fact }.into());
                }
                let row = found.catalog_row(&self.row)?;
                Body::Catalog { catalog, key: found.catalog_key(reason)?, row }
            }
            envelope::Kind::Provider => {
                let name = found.channel_name(other)?;
                let Some(channel) = self.schema.channel(name) else {
                    return Err(Bad::UnknownChannel(name.to_owned()).into());
                };
                Body::Provider { channel, error: found.error(reason)? }
            }
        };
        Ok(Line { time, user, id, body, faults: &self.faults })
    }
}

/// Where a line stops being text.
#[cold]
fn not_utf8(line: &[u8]) -> Problem {
    let valid = simdutf8::compat::from_utf8(line).map_or_else(|error| error.valid_up_to(), str::len);
    Bad::NotUtf8(valid + 1).into()
}

/// An event without `properties` is one with none of them.
fn empty_row(
    plan: &mut Plan,
    schema: &Schema,
    lists: &mut Vec<Plan>,
    faults: &mut Vec<Fault>,
    row: &mut RowBuf,
) -> Result<(), Problem> {
    let (mut changed, mut scratch) = (Vec::new(), String::new());
    let mut reading =
        Reading { schema, lists, faults, changed: &mut changed, scratch: &mut scratch, of: Of::Event };
    reading.row(plan, &mut Cursor::new("{}", Marks::default()), 1, row)
}
