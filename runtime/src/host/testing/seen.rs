//! A decision as tests see it: names instead of ids, everything owned.

use crate::engine::{Decision, Effects};
use serde_json::{Map, Value};
use std::sync::Arc;
use wayline_compiler::calendar::{Zone, text};
use wayline_compiler::ir::Program;

/// A decision.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its instant.
    pub at: i64,
    /// The user's zone then.
    pub zone: Zone,
    /// Its kind as decisions name it.
    pub kind: &'static str,
    /// Its reason.
    pub reason: Option<String>,
    /// Its journey.
    pub journey: Option<String>,
    /// The key of its lane, in the order of `per`, in text form.
    pub key: Vec<String>,
    /// Its step.
    pub step: Option<String>,
    /// Its channel.
    pub channel: Option<String>,
    /// Its message.
    pub message: Map<String, Value>,
    /// Rule, window, winner, arm, goal, the author's text.
    pub detail: String,
    /// An `expect` line has taken it.
    pub taken: bool,
}

impl Seen {
    /// Its instant for people, in the user's zone.
    #[must_use]
    pub fn time(&self) -> String {
        local(self.at, self.zone)
    }

    /// The whole in one line.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = format!("{}  {}", self.time(), self.kind);
        if let Some(reason) = &self.reason {
            line.push_str(&format!("({reason})"));
        }
        if let Some(channel) = &self.channel {
            line.push_str(&format!(" {channel}"));
        }
        if let Some(step) = &self.step {
            line.push_str(&format!(" at {step}"));
        }
        if !self.key.is_empty() {
            let key: Vec<String> = self.key.iter().map(|key| format!("\"{key}\"")).collect();
            line.push_str(&format!(" for {}", key.join(", ")));
        }
        if !self.detail.is_empty() {
            line.push_str(&format!(" [{}]", self.detail));
        }
        if !self.message.is_empty() {
            line.push_str(&format!("  {}", Value::Object(self.message.clone())));
        }
        line
    }
}

/// `2026-01-05 11:00`, with seconds only where there are some.
pub(super) fn local(ms: i64, zone: Zone) -> String {
    let instant = text::instant(ms, zone);
    // `2026-01-05T11:00:00+09:00` or `…:00.250+09:00`
    let (date, clock) = instant.split_once('T').unwrap_or((&instant, ""));
    let clock = clock.split(['+', '-', 'Z']).next().unwrap_or(clock);
    format!("{date} {}", clock.strip_suffix(":00").unwrap_or(clock))
}

/// The names of a program that decisions need.
pub(super) struct NamesOf {
    program: Arc<Program>,
}

impl NamesOf {
    pub(super) fn new(program: &Arc<Program>) -> Self {
        Self { program: Arc::clone(program) }
    }

    /// A decision of the engine with its names.
    pub(super) fn seen(&self, decision: &Decision, effects: &Effects) -> Seen {
        let program = &self.program;
        let journey = decision.journey.and_then(|id| program.journeys.get(id.index()));
        let step = journey.zip(decision.step).and_then(|(journey, step)| journey.steps.get(step.index()));
        let channel = decision.channel.and_then(|id| program.channels.get(id.index()));
        let detail = effects.get(decision.detail);
        let reason = effects.reason(decision);
        Seen {
            at: decision.at,
            zone: Zone::named(decision.zone.name()).unwrap_or(Zone::UTC),
            kind: decision.kind.name(),
            reason: reason.map(str::to_owned),
            journey: journey.map(|journey| journey.name.clone()),
            key: self.key(decision, effects),
            step: step.map(|step| step.key.clone()),
            channel: channel.map(|channel| channel.name.clone()),
            message: object(effects.get(decision.message)),
            detail: detail.to_owned(),
            taken: false,
        }
    }

    /// The values of the lane's key in the order of `per`.
    fn key(&self, decision: &Decision, effects: &Effects) -> Vec<String> {
        let journey = decision.journey.and_then(|id| self.program.journeys.get(id.index()));
        let wayline_compiler::ir::Entry::Event { event, .. } = (match journey {
            Some(journey) => &journey.entry,
            None => return Vec::new(),
        }) else {
            return Vec::new();
        };
        let fields = self.program.events.get(event.index()).map_or(&[][..], |event| &event.fields);
        let key = object(effects.get(decision.key));
        let names =
            journey.iter().flat_map(|journey| &journey.key).filter_map(|field| fields.get(field.index()));
        names.filter_map(|field| key.get(&field.name)).map(plain).collect()
    }
}

fn object(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

/// The text form of a plain value.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}
