//! Writes the JSON of keys, messages and arguments straight into a text.

use super::Zone;
use wayline_compiler::calendar::text::{push_clock, push_date, push_duration, push_instant};
use wayline_compiler::eval::{self, Env, Value};
use wayline_compiler::ir::{Entry, Event, FieldId, FieldType, Journey, JourneyId, Program, Ty};
use wayline_compiler::row::Row;

/// Appends a string with quotes and escapes.
pub(super) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[plain..at]);
        plain = at + 1;
        if escape.is_empty() {
            out.push_str("\\u00");
            out.push(char::from(b'0' + (byte >> 4)));
            out.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

/// Writes an object, member by member.
pub(super) struct Object<'t> {
    out: &'t mut String,
    is_first: bool,
}

impl<'t> Object<'t> {
    /// Opens it.
    pub(super) fn open(out: &'t mut String) -> Self {
        out.push('{');
        Self { out, is_first: true }
    }
    /// Writes a name; its value is to be written next.
    pub(super) fn name(&mut self, name: &str) -> &mut String {
        if !self.is_first {
            self.out.push(',');
        }
        self.is_first = false;
        push_string(self.out, name);
        self.out.push(':');
        self.out
    }
    /// Closes it.
    pub(super) fn close(self) {
        self.out.push('}');
    }
}

/// Appends a value as JSON of its type.
pub(super) fn push_value(out: &mut String, env: &Env<'_>, value: &Value<'_>) {
    match value {
        Value::Str(text) => push_string(out, text),
        Value::Int(n) => push_int(out, *n),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Float(_)
        | Value::Time(_)
        | Value::Date(_)
        | Value::Clock(_)
        | Value::Duration(_)
        | Value::Zone(_)
        | Value::Member(..)
        | Value::List(..) => out.push_str(&eval::to_json(env, value).to_string()),
    }
}

/// Appends the key of a lane: the fields of `per`, as an object. Instants are printed in the project's zone, so that a key is one text.
pub(super) fn push_key(out: &mut String, program: &Program, zone: Zone, journey: &Journey, row: Row<'_>) {
    let Some(event) = entry_event(program, journey) else { return };
    let mut object = Object::open(out);
    for field in &journey.key {
        let declared = &event.fields[field.index()];
        push_slot(object.name(&declared.name), program, zone, row, *field, &declared.ty);
    }
    object.close();
}

fn push_slot(out: &mut String, program: &Program, zone: Zone, row: Row<'_>, field: FieldId, ty: &FieldType) {
    let Some(value) = Value::of_slot(ty.ty(), row, row.slot(field.index())) else {
        out.push_str("null");
        return;
    };
    match value {
        Value::Bool(b) => out.push_str(if b { "true" } else { "false" }),
        Value::Int(n) => push_int(out, n),
        Value::Float(x) => out.push_str(&serde_json::Value::from(x).to_string()),
        Value::Str(text) => push_string(out, &text),
        Value::Zone(zone) => push_string(out, zone.name()),
        Value::Member(set, position) => {
            let names = &program.enums[set.index()];
            push_string(out, names.get(position as usize).map_or("", String::as_str));
        }
        Value::Time(ms) => quoted(out, |out| push_instant(out, ms, zone)),
        Value::Date(days) => quoted(out, |out| push_date(out, days)),
        Value::Clock(ms) => quoted(out, |out| push_clock(out, ms)),
        Value::Duration(span) => quoted(out, |out| push_duration(out, span)),
        // The type checker lets no list be a key.
        Value::List(..) => out.push_str("[]"),
    }
}

fn quoted(out: &mut String, write: impl FnOnce(&mut String)) {
    out.push('"');
    write(out);
    out.push('"');
}

fn push_int(out: &mut String, n: i64) {
    use std::fmt::Write as _;
    // Writing to a string cannot fail.
    let _ = write!(out, "{n}");
}

/// The event that enters a journey, if one does.
pub(super) fn entry_event<'p>(program: &'p Program, journey: &Journey) -> Option<&'p Event> {
    match journey.entry {
        Entry::Event { event, .. } => Some(program.event(event)),
        Entry::Enter { .. } | Entry::Leave { .. } | Entry::Every { .. } | Entry::At { .. } => None,
    }
}

/// Whether a slot of the entry row has bytes.
pub(super) fn is_blob(program: &Program, journey: JourneyId, slot: usize) -> bool {
    let event = entry_event(program, program.journey(journey));
    event
        .and_then(|event| event.fields.get(slot))
        .is_some_and(|field| matches!(field.ty.ty(), Ty::Str | Ty::Timezone | Ty::List(_)))
}
