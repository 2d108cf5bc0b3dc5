//! Values and localised texts as people read them.

use super::{Env, Text, Value, value};
use crate::calendar::text::{push_clock, push_date, push_duration, push_instant};
use crate::ir::{FieldType, Program, TextPart, Ty};
use std::borrow::Cow;
use std::fmt::Write as _;

/// A text for a user of this locale. The variant with the longest locale that is a prefix of it (at a `-`) is chosen, else the default one.
pub fn render(env: &Env<'_>, text: &Text, locale: &str) -> String {
    let mut out = String::new();
    for part in variant(text, locale) {
        match part {
            TextPart::Literal(literal) => out.push_str(literal),
            TextPart::Value(expr) => push(&mut out, env, &value(env, *expr)),
        }
    }
    out
}

/// The parts chosen for a locale.
fn variant<'t>(text: &'t Text, locale: &str) -> &'t [TextPart] {
    let fits = |prefix: &str| {
        let head = locale.as_bytes().get(..prefix.len());
        !prefix.is_empty()
            && head.is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
            && matches!(locale.as_bytes().get(prefix.len()), None | Some(b'-' | b'_'))
    };
    let best = text.variants.iter().filter(|(prefix, _)| fits(prefix)).max_by_key(|(prefix, _)| prefix.len());
    best.or_else(|| text.variants.get(text.default as usize)).map_or(&[], |(_, parts)| parts)
}

/// A value as text: integers plain, floats in their shortest form (`2`, `2.5`), instants as RFC 3339 in the user's zone, dates ISO, clocks
/// `HH:MM`, durations as the language writes them, members as their text, lists joined with `, ` (fields of a record with a space).
pub fn to_text(env: &Env<'_>, value: &Value<'_>) -> String {
    let mut out = String::new();
    push(&mut out, env, value);
    out
}

/// Appends a value as text.
fn push(out: &mut String, env: &Env<'_>, value: &Value<'_>) {
    match value {
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        // Writing to a string cannot fail.
        Value::Int(n) => drop(write!(out, "{n}")),
        Value::Float(x) => drop(write!(out, "{}", unsigned_zero(*x))),
        Value::Str(text) => out.push_str(text),
        Value::Time(ms) => push_instant(out, *ms, env.zone),
        Value::Date(days) => push_date(out, *days),
        Value::Clock(ms) => push_clock(out, *ms),
        Value::Duration(span) => push_duration(out, *span),
        Value::Zone(zone) => out.push_str(zone.name()),
        Value::Member(set, position) => out.push_str(member(env.program, *set, *position)),
        Value::List(list, _) => {
            let elements = value.elements(env.program);
            let fields = env.program.lists.get(list.index()).map_or(&[][..], Vec::as_slice);
            for element in 0..elements.len() {
                if element > 0 {
                    out.push_str(", ");
                }
                let start = out.len();
                for (column, field) in fields.iter().enumerate() {
                    let slot = elements.slot(element, column);
                    if !slot.is_present() || field.ty == FieldType::Record {
                        continue;
                    }
                    if out.len() > start {
                        out.push(' ');
                    }
                    push(out, env, &Value::of_bits(field.ty.ty(), slot, elements.blob(slot)));
                }
            }
        }
    }
}

/// The two zeros are one to people.
fn unsigned_zero(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x }
}

/// The text of a member of a closed set.
pub(super) fn member(program: &Program, set: crate::ir::EnumId, position: u32) -> &str {
    program.enums.get(set.index()).and_then(|set| set.get(position as usize)).map_or("", String::as_str)
}

/// A value as JSON of its type: numbers, booleans, strings (instants, dates, clocks and durations as their text), arrays.
pub fn to_json(env: &Env<'_>, value: &Value<'_>) -> serde_json::Value {
    match value {
        Value::Bool(b) => (*b).into(),
        Value::Int(n) => (*n).into(),
        Value::Float(x) => unsigned_zero(*x).into(),
        Value::Str(_)
        | Value::Time(_)
        | Value::Date(_)
        | Value::Clock(_)
        | Value::Duration(_)
        | Value::Zone(_)
        | Value::Member(..) => to_text(env, value).into(),
        Value::List(list, _) => {
            let elements = value.elements(env.program);
            let fields = env.program.lists.get(list.index()).map_or(&[][..], Vec::as_slice);
            let cell = |element: usize, column: usize, ty: Ty| {
                let slot = elements.slot(element, column);
                let value = || to_json(env, &Value::of_bits(ty, slot, elements.blob(slot)));
                slot.is_present().then(value)
            };
            let element = |element: usize| match fields {
                [field] if field.name.is_empty() => cell(element, 0, field.ty.ty()).unwrap_or_default(),
                _ => {
                    let cells = fields.iter().enumerate().filter(|(_, field)| field.ty != FieldType::Record);
                    cells
                        .filter_map(|(column, field)| {
                            Some((field.name.clone(), cell(element, column, field.ty.ty())?))
                        })
                        .collect::<serde_json::Map<_, _>>()
                        .into()
                }
            };
            (0..elements.len()).map(element).collect::<Vec<_>>().into()
        }
    }
}

/// The key a catalog is asked for: a string as it is, anything else as its text.
pub(super) fn key<'a>(env: &Env<'_>, value: Value<'a>) -> Cow<'a, str> {
    if let Value::Str(text) = value { text } else { Cow::Owned(to_text(env, &value)) }
}
