//! One user, stored and read again after every input and every timer: state that was left out would change what is decided.

use super::inputs::{END, Line};
use crate::support::Nothing;
use std::collections::BTreeSet;
use std::sync::Arc;
use wayline::engine::{Effects, Engine, Input, InputBody, User};
use wayline::host::writer::Writer;
use wayline::ingest::{Body, Decoder};
use wayline_compiler::ir::Program;
use wayline_compiler::predicates::{Backend, Predicates};

/// A host of one user who lives in storage.
struct Storage {
    engine: Engine,
    stored: Vec<u8>,
    effects: Effects,
    printed: Vec<u8>,
    writer: Writer,
}

impl Storage {
    fn with(&mut self, name: &str, act: impl FnOnce(&Engine, &mut User, &mut Effects)) -> Result<(), String> {
        let mut user = self.load()?;
        act(&self.engine, &mut user, &mut self.effects);
        self.writer.push_all(&mut self.printed, name, &self.effects);
        self.effects.clear();
        self.stored = serde_json::to_vec(&user).map_err(|error| format!("cannot be stored: {error}"))?;
        Ok(())
    }

    fn load(&self) -> Result<User, String> {
        serde_json::from_slice(&self.stored).map_err(|error| format!("cannot be read again: {error}"))
    }

    fn advance(&mut self, name: &str, last: i64) -> Result<(), String> {
        while self.load()?.next_due().is_some_and(|key| key.due <= last) {
            self.with(name, |engine, user, effects| engine.fire(name, user, &mut Nothing, effects))?;
        }
        Ok(())
    }
}

/// What is decided for the one user of these lines.
pub(super) fn decide(program: &Arc<Program>, lines: &[Line]) -> Result<String, String> {
    let predicates = Predicates::new(program, Backend::Interp).map_err(|error| error.to_string())?;
    let engine = Engine::new(Arc::new(predicates));
    let stored = serde_json::to_vec(&engine.user()).map_err(|error| format!("cannot be stored: {error}"))?;
    let writer = Writer::new(program);
    let mut storage = Storage { engine, stored, effects: Effects::default(), printed: Vec::new(), writer };
    let mut decoder = Decoder::new(program);
    let mut seen = BTreeSet::new();
    for line in lines {
        let decoded = decoder.decode(line.text.as_bytes()).map_err(|bad| bad.to_string())?;
        if !decoded.id.is_empty() && !seen.insert(decoded.id.to_owned()) {
            continue;
        }
        let (name, time) = (line.user.as_str(), decoded.time);
        storage.advance(name, time - 1)?;
        let body = match decoded.body {
            Body::Event { event, row } => InputBody::Event { event, row },
            Body::Identify { row, changed } => InputBody::Identify { row, changed },
            Body::Provider { channel, error } => InputBody::Provider { channel, error },
            _ => continue,
        };
        let input = Input { time, id: decoded.id, body, faults: decoded.faults };
        storage
            .with(name, |engine, user, effects| engine.apply(name, user, &mut Nothing, &input, effects))?;
    }
    if let Some(line) = lines.first() {
        storage.advance(&line.user, END)?;
    }
    Ok(String::from_utf8_lossy(&storage.printed).into_owned())
}
