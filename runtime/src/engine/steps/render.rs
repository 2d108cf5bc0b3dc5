//! The message of a send: its fields rendered, labelled, measured, as one JSON object.

use crate::engine::cx::{Around, At, Cx};
use crate::engine::effects::{Drop, Text};
use crate::engine::gate::{self, Attempt};
use crate::engine::json;
use wayline_compiler::content;
use wayline_compiler::eval::{self, Env, Value};
use wayline_compiler::ir::{Channel, Content, ContentField, Limit, Program, SendOption};

/// A rendered message.
pub(super) struct Message {
    /// As JSON.
    pub(super) text: Text,
    /// Billed parts.
    pub(super) parts: u32,
}

/// A rendered field.
enum Part<'p> {
    /// A text, which labels may add to.
    Text(&'p str, String),
    /// JSON of a value.
    Value(&'p str, String),
}

/// Renders the message of a channel; why it cannot be sent when it is too long or cannot be encoded.
pub(super) fn message(
    cx: &mut Cx<'_>,
    at: At,
    attempt: &Attempt<'_>,
    option: &SendOption,
) -> Result<Message, (Drop, String)> {
    let locale = locale(cx);
    let mut parts = cx.with(Around::instance(at), |env| fields(env, option, &locale));
    add_labels(attempt, &mut parts);
    let channel = cx.program.channel(option.channel);
    let texts = || {
        parts.iter().filter_map(|part| match part {
            Part::Text(name, text) => Some((*name, text.as_str())),
            Part::Value(..) => None,
        })
    };
    for (name, text) in texts() {
        measure(cx.program, channel, option, name, text)?;
    }
    let billed = gate::parts(channel, texts());
    let start = cx.out.mark();
    let mut object = json::Object::open(&mut cx.out.text);
    for part in &parts {
        match part {
            Part::Text(name, text) => json::push_string(object.name(name), text),
            Part::Value(name, value) => object.name(name).push_str(value),
        }
    }
    object.close();
    Ok(Message { text: cx.out.since(start), parts: billed })
}

/// The user's locale, else the project's.
fn locale(cx: &Cx<'_>) -> String {
    let row = cx.attributes();
    let slot = cx.program.well_known.locale.map(|attribute| row.slot(attribute.index()));
    match slot.filter(|slot| slot.is_present()) {
        Some(slot) => row.text(slot).to_owned(),
        None => cx.program.settings.locale.clone(),
    }
}

fn fields<'p>(env: &Env<'_>, option: &'p SendOption, locale: &str) -> Vec<Part<'p>> {
    let mut parts = Vec::with_capacity(option.fields.len());
    for (name, content) in &option.fields {
        match content {
            Content::Text(text) => parts.push(Part::Text(name, eval::render(env, text, locale))),
            Content::Value(expr) => match eval::optional(env, *expr) {
                Some(Value::Str(text)) => parts.push(Part::Text(name, text.into_owned())),
                Some(value) => {
                    let mut json = String::new();
                    json::push_value(&mut json, env, &value);
                    parts.push(Part::Value(name, json));
                }
                None => {}
            },
        }
    }
    parts
}

fn add_labels(attempt: &Attempt<'_>, parts: &mut [Part<'_>]) {
    if attempt.policy.labels.is_empty() {
        return;
    }
    let texts = parts.iter_mut().filter_map(|part| match part {
        Part::Text(name, text) => Some((*name, std::mem::take(text))),
        Part::Value(..) => None,
    });
    let mut texts: Vec<(&str, String)> = texts.collect();
    gate::label(attempt, &mut texts);
    let mut labelled = texts.into_iter();
    for part in parts {
        if let Part::Text(_, text) = part {
            *text = labelled.next().map(|(_, text)| text).unwrap_or_default();
        }
    }
}

/// Whether a text fits the declared bound of its field.
fn measure(
    program: &Program,
    channel: &Channel,
    option: &SendOption,
    name: &str,
    text: &str,
) -> Result<(), (Drop, String)> {
    let Some(limit) = limit(program, channel, option, name) else { return Ok(()) };
    if let Some((_, character)) = content::first_unencodable(text, limit.unit) {
        return Err((
            Drop::Unencodable,
            format!("{name}: `{character}` in {}", content::unit_name(limit.unit)),
        ));
    }
    let length = content::length(text, limit.unit);
    if length > limit.max {
        return Err((
            Drop::TooLong,
            format!("{name}: {length} of {} {}", limit.max, content::unit_name(limit.unit)),
        ));
    }
    Ok(())
}

/// The bound of a field of the template or channel.
fn limit(program: &Program, channel: &Channel, option: &SendOption, name: &str) -> Option<Limit> {
    let of_template = option.template.map(|template| program.templates[template.index()].fields.as_slice());
    let declared =
        |fields: &[ContentField]| fields.iter().find(|field| field.name == name).map(|field| field.ty);
    let ty = of_template.and_then(declared).or_else(|| declared(&channel.fields))?;
    ty.limit()
}
