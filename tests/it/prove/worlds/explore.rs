//! Everything that can happen in a small world: all users, all schedules of inputs by the half hour, all arms.
//!
//! Breadth first over states of the user: schedules that lead to the same state go on as one. Nothing is asked of the analyser here.

use super::program::{START, World};
use crate::support::Nothing;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use wayline::engine::trace::What;
use wayline::engine::user::Phase;
use wayline::engine::{Effects, End, Engine, Input, InputBody, Kind, User, arm_of};
use wayline::ingest::{Body, Decoder};
use wayline_compiler::calendar::Zone;
use wayline_compiler::calendar::text::instant;
use wayline_compiler::ir::{AttrId, EventId, Program, Split, StepId, StepKind};
use wayline_compiler::predicates::{Backend, Predicates};
use wayline_compiler::row::{Row, RowBuf};

const HOUR: i64 = 3_600_000;
/// Inputs come on the half hours.
const TICK: i64 = HOUR / 2;
/// Hours that are looked at.
const HORIZON: i64 = 12 * HOUR;
/// Most inputs after the entry.
const MOST_INPUTS: u8 = 4;

/// What was seen to happen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) entered: bool,
    /// Steps some instance came to.
    pub(super) arrived: BTreeSet<StepId>,
    /// Ways some instance went.
    pub(super) went: BTreeSet<(StepId, Option<StepId>)>,
    /// Steps that sent something.
    pub(super) sent: BTreeSet<StepId>,
    pub(super) converted: bool,
    /// Ends other than by the exit that is tested at entry, or any step at all.
    pub(super) stayed: bool,
    /// Whether nothing was left out for want of room.
    pub(super) complete: bool,
    /// Inputs applied.
    pub(super) inputs: u64,
}

impl Seen {
    /// Whether the same happened, but for how inputs were counted.
    pub(super) fn is_like(&self, other: &Seen) -> bool {
        let of = |seen: &Seen| (seen.arrived.clone(), seen.went.clone(), seen.sent.clone(), seen.converted);
        of(self) == of(other)
    }
}

/// An input without its time.
#[derive(Clone)]
enum Letter {
    Event(EventId, RowBuf),
    Traits(RowBuf, Vec<AttrId>),
}

struct Explorer<'w> {
    world: &'w World,
    engine: Engine,
    effects: Effects,
    seen: Seen,
    room: usize,
}

/// Tries everything; `room` bounds the number of states at one instant.
pub(super) fn explore(program: &Arc<Program>, world: &World, room: usize) -> Seen {
    let predicates = match Predicates::new(program, Backend::Interp) {
        Ok(predicates) => predicates,
        Err(error) => panic!("{error}"),
    };
    let effects = Effects { trace: Some(Vec::new()), ..Effects::default() };
    let engine = Engine::new(Arc::new(predicates));
    let mut explorer = Explorer { world, engine, effects, seen: Seen::default(), room };
    explorer.seen.complete = true;
    for name in casts(program) {
        explorer.all_of(program, &name);
    }
    explorer.seen
}

/// A user for every way through the splits.
pub(super) fn casts(program: &Program) -> Vec<String> {
    let splits: Vec<&Split> = program
        .journeys
        .iter()
        .flat_map(|j| &j.steps)
        .filter_map(|step| match &step.kind {
            StepKind::Split(split) => Some(split),
            _ => None,
        })
        .collect();
    let mut by_arms: BTreeMap<Vec<Option<usize>>, String> = BTreeMap::new();
    for number in 0..64 {
        let name = format!("u{number}");
        let arms = splits.iter().map(|split| arm_of(split, &name)).collect();
        by_arms.entry(arms).or_insert(name);
    }
    by_arms.into_values().collect()
}

/// The rest of a line of the wire, as the engine takes it.
fn letter(decoder: &mut Decoder, line: &str) -> Option<Letter> {
    match decoder.decode(line.as_bytes()) {
        Ok(line) => match line.body {
            Body::Event { event, row } => Some(Letter::Event(event, own(row))),
            Body::Identify { row, changed } => Some(Letter::Traits(own(row), changed.to_vec())),
            _ => None,
        },
        Err(bad) => panic!("{bad}: {line}"),
    }
}

fn own(row: Row<'_>) -> RowBuf {
    RowBuf { slots: row.slots.to_vec(), bytes: row.bytes.to_vec() }
}

fn event_line(name: &str, payload: &str) -> String {
    let stamp = instant(START, Zone::UTC);
    format!(
        r#"{{"type":"track","messageId":"m","userId":"u","timestamp":"{stamp}","event":"{name}","properties":{payload}}}"#
    )
}

fn traits_line(traits: &[(&str, &str)]) -> String {
    let stamp = instant(START, Zone::UTC);
    let traits: Vec<String> = traits.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!(
        r#"{{"type":"identify","messageId":"m","userId":"u","timestamp":"{stamp}","traits":{{{}}}}}"#,
        traits.join(",")
    )
}

/// States at one instant, with the least number of inputs that led there.
#[derive(Default)]
struct Frontier {
    states: Vec<(User, u8)>,
    known: HashMap<Vec<u8>, usize>,
}

impl Frontier {
    fn add(&mut self, user: User, used: u8) {
        let key = serde_json::to_vec(&user).unwrap_or_default();
        match self.known.get(&key) {
            Some(at) => {
                let least = &mut self.states[*at].1;
                *least = used.min(*least);
            }
            None => {
                self.known.insert(key, self.states.len());
                self.states.push((user, used));
            }
        }
    }
}

impl Explorer<'_> {
    /// All that can happen to the user of this name.
    fn all_of(&mut self, program: &Arc<Program>, name: &str) {
        let mut decoder = Decoder::new(program);
        let mut letters: Vec<Letter> = Vec::new();
        for (event, payload) in &self.world.events {
            letters.extend(letter(&mut decoder, &event_line(event, payload)));
        }
        for (attribute, values) in &self.world.traits {
            // Losing a value is no event of these worlds where it never had one.
            for value in values {
                letters.extend(letter(&mut decoder, &traits_line(&[(*attribute, value.as_str())])));
            }
        }
        let mut frontier = self.entries(&mut decoder, name);
        let mut now = START;
        loop {
            for _ in 0..2 {
                self.happen(&mut frontier, &letters, name, now);
            }
            now += TICK;
            if now > START + HORIZON || frontier.states.is_empty() {
                break;
            }
            let mut next = Frontier::default();
            for (mut user, used) in frontier.states {
                self.advance(&mut user, name, now - 1);
                user.clock = now;
                // Whoever is done stays done.
                if user.instances.iter().any(|i| i.phase != Phase::Over) {
                    next.add(user, used);
                }
            }
            frontier = next;
        }
        for (mut user, _) in frontier.states {
            self.advance(&mut user, name, now + 4 * HORIZON);
        }
    }

    /// Each letter may happen to each state.
    fn happen(&mut self, frontier: &mut Frontier, letters: &[Letter], name: &str, now: i64) {
        for at in 0..frontier.states.len() {
            let (user, used) = frontier.states[at].clone();
            if used >= MOST_INPUTS || !user.instances.iter().any(|i| i.phase != Phase::Over) {
                continue;
            }
            for letter in letters {
                if frontier.states.len() >= self.room {
                    self.seen.complete = false;
                    return;
                }
                let mut after = user.clone();
                self.apply(&mut after, letter, name, now);
                frontier.add(after, used + 1);
            }
        }
    }

    /// Every user, with and without what may have come before, right after the entry.
    fn entries(&mut self, decoder: &mut Decoder, name: &str) -> Frontier {
        let mut users = vec![self.engine.user()];
        for (event, payload) in &self.world.before {
            let letter = letter(decoder, &event_line(event, payload));
            let mut with = users.clone();
            for user in &mut with {
                letter.iter().for_each(|letter| self.apply(user, letter, name, START - HOUR));
            }
            users.extend(with);
        }
        for (attribute, values) in &self.world.traits {
            let each: Vec<Option<Letter>> =
                values.iter().map(|v| letter(decoder, &traits_line(&[(*attribute, v.as_str())]))).collect();
            let mut with = Vec::new();
            for user in &users {
                for letter in each.iter().flatten() {
                    let mut user = user.clone();
                    self.apply(&mut user, letter, name, START);
                    with.push(user);
                }
            }
            users = with;
        }
        let mut frontier = Frontier::default();
        for key in &self.world.keys {
            let entry = letter(decoder, &event_line("go", &format!(r#"{{"k":{key}}}"#)));
            for user in &users {
                // An entry event may come late: its own time lies before.
                for late in if self.world.late { vec![0, 1, 3] } else { vec![0] } {
                    let mut user = user.clone();
                    user.clock = START;
                    entry.iter().for_each(|entry| self.apply(&mut user, entry, name, START - late * HOUR));
                    frontier.add(user, 0);
                }
            }
        }
        frontier
    }

    fn apply(&mut self, user: &mut User, letter: &Letter, name: &str, time: i64) {
        let body = match letter {
            Letter::Event(event, row) => InputBody::Event { event: *event, row: row.as_row() },
            Letter::Traits(row, changed) => InputBody::Identify { row: row.as_row(), changed },
        };
        let input = Input { time, id: "", body, faults: &[] };
        self.engine.apply(name, user, &mut Nothing, &input, &mut self.effects);
        self.seen.inputs += 1;
        self.note();
    }

    fn advance(&mut self, user: &mut User, name: &str, last: i64) {
        while user.next_due().is_some_and(|key| key.due <= last) {
            self.engine.fire(name, user, &mut Nothing, &mut self.effects);
            self.note();
        }
    }

    /// Takes down what the engine has just done.
    fn note(&mut self) {
        let seen = &mut self.seen;
        for visit in self.effects.trace.as_mut().map(std::mem::take).unwrap_or_default() {
            if visit.journey.0 != 0 {
                continue;
            }
            seen.stayed = true;
            match visit.what {
                What::Arrived(_) => drop(seen.arrived.insert(visit.step)),
                // After an effect that others react to, the step it is already at is noted once more.
                What::Went(to) if to == Some(visit.step) => {}
                What::Went(to) => drop(seen.went.insert((visit.step, to))),
            }
        }
        for decision in self.effects.decisions.iter().filter(|d| d.journey.is_none_or(|id| id.0 == 0)) {
            match decision.kind {
                Kind::Entered => seen.entered = true,
                Kind::Sent => seen.sent.extend(decision.step),
                Kind::Converted => seen.converted = true,
                Kind::Exited(End::End) => seen.stayed = true,
                _ => {}
            }
        }
        self.effects.clear();
    }
}
