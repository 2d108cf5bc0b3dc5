//! Replays witnesses of `check` in the engine: what the compiler says can happen must happen.
//!
//! A replay that shows less is a fault of the compiler, never of the program it is about. Knows nothing of findings. Start at
//! [`replay`].

use super::memory::{Memory, Sink};
use crate::engine::gate;
use crate::engine::{Drop, Effects, Engine, Kind};
use crate::ingest::Decoder;
use std::sync::Arc;
use wayline_compiler::calendar::{Unit, Zone};
use wayline_compiler::ir::{CapPeriod, ChannelId, Program};
use wayline_compiler::predicates::{Backend, Predicates};
use wayline_compiler::witness::{Shows, Witness};

/// Users that are tried: one of them takes the arms of splits, and is in no holdout, as the witness needs it.
const USERS: usize = 64;

/// Replays a witness; the user who shows it, or what came instead.
pub fn replay(program: &Arc<Program>, witness: &Witness) -> Result<String, String> {
    let predicates = Predicates::new(program, Backend::Interp).map_err(|error| error.to_string())?;
    let predicates = Arc::new(predicates);
    let mut most = 0;
    for number in 1..=USERS {
        let user = format!("u{number}");
        let seen = run(&predicates, witness, &user)?;
        let amount = seen.most(program, witness);
        if amount >= witness.amount && amount > witness.allowed {
            return Ok(user);
        }
        most = most.max(amount);
    }
    Err(format!("the run comes to {most}, not to {} of {}", witness.amount, witness.counts))
}

/// A message that left or was due.
struct Message {
    at: i64,
    zone: Zone,
    channel: Option<ChannelId>,
    has_left: bool,
    has_failed: bool,
}

#[derive(Default)]
struct Seen(Vec<Message>);

impl Sink for Seen {
    fn take(&mut self, _: &str, effects: &Effects) {
        for decision in &effects.decisions {
            let has_left = decision.kind == Kind::Sent;
            let has_failed = decision.kind == Kind::Failed;
            if has_left || has_failed || decision.kind == Kind::Dropped(Drop::Cap) {
                let (at, zone, channel) = (decision.at, decision.zone, decision.channel);
                self.0.push(Message { at, zone, channel, has_left, has_failed });
            }
        }
    }
}

fn run(predicates: &Arc<Predicates>, witness: &Witness, user: &str) -> Result<Seen, String> {
    let program = predicates.program();
    let mut memory = Memory::new(Engine::new(Arc::clone(predicates)), Some(witness.until));
    let mut decoder = Decoder::new(program);
    let mut seen = Seen::default();
    for line in &witness.lines {
        let mut line = line.clone();
        line["userId"] = user.into();
        let text = line.to_string();
        match decoder.decode(text.as_bytes()) {
            Ok(line) if line.faults.is_empty() => drop(memory.take(&line, &mut seen)),
            Ok(line) => return Err(format!("`{}` is refused: {text}", line.faults[0].field)),
            Err(bad) => return Err(format!("{bad}: {text}")),
        }
    }
    memory.finish(&mut seen);
    Ok(seen)
}

impl Seen {
    /// The most that falls into one window.
    fn most(&self, program: &Program, witness: &Witness) -> i64 {
        let weight = |message: &Message| match witness.shows {
            Shows::Sent(scope) if message.has_left => {
                i64::from(message.channel.is_some_and(|channel| scope.covers(channel)))
            }
            Shows::Due(scope) if !message.has_failed => {
                i64::from(message.channel.is_some_and(|channel| scope.covers(channel)))
            }
            Shows::Cost if message.has_left || message.has_failed => {
                let channel = message.channel.map(|channel| program.channel(channel));
                let billed = channel.filter(|channel| message.has_left || !channel.unbilled_on_failure);
                billed.map_or(0, |channel| gate::cost(channel, 1))
            }
            Shows::Sent(_) | Shows::Due(_) | Shows::Cost => 0,
        };
        let in_window = |from: &Message, other: &Message| match witness.per {
            CapPeriod::Rolling(span) => other.at >= from.at && other.at < from.zone.add(from.at, span),
            CapPeriod::Day => same(Unit::Day, from, other),
            CapPeriod::Week => same(Unit::Week, from, other),
            CapPeriod::Month => same(Unit::Month, from, other),
        };
        let sums = self.0.iter().map(|from| {
            self.0.iter().filter(|other| in_window(from, other)).map(&weight).fold(0, i64::saturating_add)
        });
        sums.max().unwrap_or(0)
    }
}

fn same(unit: Unit, left: &Message, right: &Message) -> bool {
    left.zone.start_of(unit, left.at) == right.zone.start_of(unit, right.at)
}
