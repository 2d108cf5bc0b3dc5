//! Values as JSON of the wire: traits and events of a witness.

use crate::calendar::Zone;
use crate::calendar::text::{instant, push_clock, push_date};
use crate::checks::encode::Given;
use crate::ir::{Channel, Event, Field, FieldType, Program};
use serde_json::{Map, Value, json};

/// A user as a host can have one.
pub(super) const USER: &str = "u1";

/// An identify.
pub(super) fn identify(traits: Map<String, Value>, at: i64, number: usize) -> Value {
    json!({
        "type": "identify", "messageId": format!("w{number}"), "userId": USER,
        "timestamp": instant(at, Zone::UTC), "traits": traits,
    })
}

/// An event.
pub(super) fn track(event: &Event, properties: Map<String, Value>, at: i64, number: usize) -> Value {
    json!({
        "type": "track", "messageId": format!("w{number}"), "userId": USER,
        "timestamp": instant(at, Zone::UTC), "event": event.wire, "properties": properties,
    })
}

/// The provider of a channel fails from now on.
pub(super) fn provider(channel: &Channel, at: i64) -> Value {
    json!({
        "type": "provider", "channel": channel.name, "userId": USER, "result": "failed", "reason": "blocked",
        "timestamp": instant(at, Zone::UTC),
    })
}

/// Puts a value where its field lies on the wire.
pub(super) fn put(object: &mut Map<String, Value>, field: &Field, value: Value) {
    let Some((last, path)) = field.wire.split_last() else { return };
    let mut at = object;
    for name in path {
        let inner = at.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
        if !inner.is_object() {
            *inner = Value::Object(Map::new());
        }
        let Value::Object(inner) = inner else { return };
        at = inner;
    }
    at.insert(last.clone(), value);
}

/// A value of a field at an instant as JSON; `None` where it cannot have it.
pub(super) fn value(program: &Program, ty: &FieldType, given: &Given, at: i64) -> Option<Value> {
    const DECIMAL_UNIT: f64 = 1e7;
    match (ty, given) {
        (_, Given::Missing) => Some(Value::Null),
        (_, Given::Any) => Some(any(program, ty, at)),
        (FieldType::Bool | FieldType::Record, Given::Bool(value)) => Some(json!(value)),
        (FieldType::Int(_), Given::Int(value)) => Some(json!(value)),
        (FieldType::Float(_), Given::Int(value)) => Some(json!(*value as f64 / DECIMAL_UNIT)),
        (FieldType::Str(limit), Given::Text(text)) => {
            limit.is_none_or(|limit| limit.max as usize >= text.len()).then(|| json!(text))
        }
        (FieldType::Url(_), Given::Text(text)) if text.contains("://") => Some(json!(text)),
        (FieldType::Url(_), Given::Text(text)) => Some(json!(format!("https://example.com/{text}"))),
        (FieldType::Timezone, Given::Text(text)) => Zone::named(text).map(|zone| json!(zone.name())),
        (FieldType::Time { .. }, Given::Int(ms)) => Some(json!(instant(*ms, Zone::UTC))),
        (FieldType::Date { .. }, Given::Int(days)) => {
            let mut text = String::new();
            push_date(&mut text, i32::try_from(*days).ok()?);
            Some(json!(text))
        }
        (FieldType::Clock, Given::Int(ms)) if ms % 60_000 == 0 => {
            let mut text = String::new();
            push_clock(&mut text, *ms);
            Some(json!(text))
        }
        (FieldType::Duration, Given::Int(ms)) if *ms >= 0 => Some(json!(ms)),
        (FieldType::Enum(set), Given::Member(member)) => {
            program.enums.get(set.index())?.get(*member as usize).map(|name| json!(name))
        }
        (_, Given::Bool(_) | Given::Int(_) | Given::Member(_) | Given::Text(_)) => None,
    }
}

/// Some value of a type, for what nothing is asked of.
pub(super) fn any(program: &Program, ty: &FieldType, at: i64) -> Value {
    let given = match ty {
        FieldType::Bool | FieldType::Record => Given::Bool(true),
        FieldType::Int(range) => Given::Int(range.min.unwrap_or(1).max(1).min(range.max.unwrap_or(1))),
        FieldType::Float(range) => {
            return json!(range.min.unwrap_or(1.0).max(1.0).min(range.max.unwrap_or(1.0)));
        }
        FieldType::Str(_) | FieldType::Url(_) => Given::Text("x".to_owned()),
        FieldType::Time { .. } => Given::Int(at),
        FieldType::Date { .. } => Given::Int(i64::from(Zone::UTC.date(at)) - 1),
        FieldType::Clock => Given::Int(36_000_000),
        FieldType::Duration => Given::Int(86_400_000),
        FieldType::Timezone => Given::Text("UTC".to_owned()),
        FieldType::Enum(_) => Given::Member(0),
        FieldType::List(_) => return json!([]),
    };
    value(program, ty, &given, at).unwrap_or(Value::Null)
}
