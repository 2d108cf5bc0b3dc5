//! Tests of the language on the virtual clock: inputs one by one, then what is expected of the decisions.
//!
//! A test is one user, `"u"`, in a world of its own. Inputs go through the decoder as lines of the wire, so the door is open as far as in
//! life. Knows nothing of files or of how reports look. Start at [`run`]; [`seen`] is a decision as tests see it, [`search`] finds the
//! expected ones, [`coverage`] tells what no test has reached.

pub mod coverage;
mod search;
mod seen;
mod why;

pub use coverage::Coverage;
pub use seen::Seen;

use super::memory::{Memory, Sink};
use crate::engine::{Effects, Engine, Kind};
use crate::ingest::Decoder;
use search::Search;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use wayline_compiler::calendar::{Zone, date_of, text};
use wayline_compiler::ir::test::{ExpectMode, Input, LineKind, Pattern, ProviderResult, Test, When};
use wayline_compiler::ir::{JourneyId, Program};
use wayline_compiler::predicates::Predicates;
use wayline_compiler::source::Span;

/// The user of a test.
const USER: &str = "u";
/// When a test without a single `at` begins: a Monday morning.
const START: (i32, u32, u32, i64) = (2026, 1, 5, 9 * 3_600_000);

/// How a test ended.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What was expected and did not come, in the order of lines; empty when it passed.
    pub failures: Vec<Failure>,
    /// Every decision of the journey the test is about, in order.
    pub decisions: Vec<Seen>,
}

impl Verdict {
    /// Whether nothing failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// A line that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where it is written.
    pub place: Span,
    /// What is wrong.
    pub message: String,
    /// Decisions near the place where the expected one should have been; indexes into [`Verdict::decisions`].
    pub around: std::ops::Range<usize>,
    /// What explains it.
    pub hints: Vec<String>,
}

/// Runs one test.
#[must_use]
pub fn run(predicates: &Arc<Predicates>, test: &Test, coverage: &mut Coverage) -> Verdict {
    let mut run = Run::new(predicates, test);
    let last_input = test.lines.iter().rposition(|line| matches!(line.kind, LineKind::Input { .. }));
    for (index, line) in test.lines.iter().enumerate() {
        match &line.kind {
            LineKind::Input { when, input } => run.input(index, line.place, *when, input),
            LineKind::Expect(expect) => {
                // No input comes any more that could precede what is due right now.
                if last_input.is_none_or(|last| last < index) {
                    run.memory.advance(run.now, &mut run.log);
                }
                let at = expect.pattern.at.map(|at| run.instant(at));
                if let Some(failure) = run.search.expect(&mut run.log.decisions, expect, at, line.place) {
                    run.failures.push(failure);
                    run.unmet.push((expect.mode == ExpectMode::Next).then_some(&expect.pattern));
                }
            }
        }
    }
    let visits = run.memory.take_trace();
    for (failure, pattern) in run.failures.iter_mut().zip(&run.unmet) {
        failure.hints.extend(
            pattern.and_then(|pattern| why::guard(predicates.program(), &visits, test, pattern, run.zone)),
        );
    }
    coverage.take(&run.log.entered, &visits);
    Verdict { failures: run.failures, decisions: run.log.decisions }
}

/// A test as it goes on.
struct Run<'a> {
    program: &'a Arc<Program>,
    memory: Memory,
    decoder: Decoder,
    log: Log<'a>,
    search: Search,
    /// The virtual clock.
    now: i64,
    /// The time of the line before.
    before: i64,
    zone: Zone,
    failures: Vec<Failure>,
    /// What each of them was looking for; none for inputs.
    unmet: Vec<Option<&'a Pattern>>,
}

impl<'a> Run<'a> {
    fn new(predicates: &'a Arc<Predicates>, test: &'a Test) -> Self {
        let program = predicates.program();
        let start = start(program, test);
        let mut memory = Memory::new(Engine::new(Arc::clone(predicates)), None);
        memory.trace();
        Self {
            program,
            memory,
            decoder: Decoder::new(program),
            log: Log::new(program, test.journey.as_deref()),
            search: Search::default(),
            now: start,
            before: start,
            zone: project_zone(program),
            failures: Vec::new(),
            unmet: Vec::new(),
        }
    }

    fn input(&mut self, index: usize, place: Span, when: Option<When>, input: &Input) {
        let time = when.map_or(self.before, |when| self.instant(when));
        self.before = time;
        self.now = self.now.max(time);
        let Some(line) = wire(input, index, time) else {
            self.memory.advance(time, &mut self.log);
            return;
        };
        if !is_heard(self.program, input) {
            return;
        }
        if let Input::Identify(traits) = input {
            self.zone = zone_of(self.program, traits).unwrap_or(self.zone);
        }
        match self.decoder.decode(line.to_string().as_bytes()) {
            Ok(line) => {
                self.memory.take(&line, &mut self.log);
            }
            Err(bad) => {
                let end = self.log.decisions.len();
                let message = format!("this input cannot be read: {bad}");
                self.failures.push(Failure { place, message, around: end..end, hints: Vec::new() });
                self.unmet.push(None);
            }
        }
    }

    fn instant(&self, when: When) -> i64 {
        instant(when, self.before, self.zone)
    }
}

/// The instant of a time in a test.
fn instant(when: When, before: i64, zone: Zone) -> i64 {
    match when {
        When::Instant(ms) => ms,
        When::Local { date, clock_ms } => zone.instant(date, clock_ms),
        When::After(span) => zone.add(before, span),
    }
}

/// When a test begins: at its first `at`.
fn start(program: &Program, test: &Test) -> i64 {
    let mut zone = project_zone(program);
    for line in &test.lines {
        let LineKind::Input { when, input } = &line.kind else { continue };
        if let Input::Identify(traits) = input {
            zone = zone_of(program, traits).unwrap_or(zone);
        }
        match when {
            Some(when @ (When::Instant(_) | When::Local { .. })) => return instant(*when, 0, zone),
            Some(When::After(_)) | None => {}
        }
    }
    let (year, month, day, clock) = START;
    zone.instant(date_of(year, month, day), clock)
}

fn project_zone(program: &Program) -> Zone {
    Zone::named(&program.settings.zone).unwrap_or(Zone::UTC)
}

/// The zone that traits give the user.
fn zone_of(program: &Program, traits: &serde_json::Map<String, Value>) -> Option<Zone> {
    let attribute = &program.attributes.get(program.well_known.timezone?.index())?.field;
    let (first, rest) = attribute.wire.split_first()?;
    let value = rest.iter().try_fold(traits.get(first)?, |value, name| value.get(name))?;
    Zone::named(value.as_str()?)
}

/// Whether the program knows what the input is about: channels and catalogs that no journey uses are not part of it.
fn is_heard(program: &Program, input: &Input) -> bool {
    match input {
        Input::Provider { channel, .. } => program.channels.iter().any(|known| known.name == *channel),
        Input::Row { catalog, .. } => program.catalogs.iter().any(|known| known.name == *catalog),
        Input::Nothing | Input::Identify(_) | Input::Track { .. } => true,
    }
}

/// An input as it is on the wire; `None` when only time passes.
fn wire(input: &Input, index: usize, time: i64) -> Option<Value> {
    let timestamp = text::instant(time, Zone::UTC);
    let id = format!("line-{index}");
    Some(match input {
        Input::Nothing => return None,
        Input::Identify(traits) => json!({
            "type": "identify", "messageId": id, "userId": USER, "timestamp": timestamp, "traits": traits,
        }),
        Input::Track { event, properties } => json!({
            "type": "track", "messageId": id, "userId": USER, "timestamp": timestamp, "event": event,
            "properties": properties,
        }),
        Input::Row { catalog, key, row } => json!({
            "type": "catalog", "messageId": id, "timestamp": timestamp, "catalog": catalog, "key": key, "row": row,
        }),
        Input::Provider { channel, result } => {
            let (result, reason) = match result {
                ProviderResult::Ok => ("ok", None),
                ProviderResult::Fails(reason) => ("failed", Some(reason)),
            };
            json!({
                "type": "provider", "messageId": id, "userId": USER, "timestamp": timestamp, "channel": channel,
                "result": result, "reason": reason,
            })
        }
    })
}

/// Keeps what the engine decides.
struct Log<'a> {
    names: seen::NamesOf,
    /// Only decisions of this journey are kept, and those of none.
    journey: Option<&'a str>,
    decisions: Vec<Seen>,
    /// Every journey that was entered.
    entered: BTreeSet<JourneyId>,
}

impl<'a> Log<'a> {
    fn new(program: &Arc<Program>, journey: Option<&'a str>) -> Self {
        let names = seen::NamesOf::new(program);
        Self { names, journey, decisions: Vec::new(), entered: BTreeSet::new() }
    }
}

impl Sink for Log<'_> {
    fn take(&mut self, _user: &str, effects: &Effects) {
        for decision in &effects.decisions {
            if decision.kind == Kind::Entered {
                self.entered.extend(decision.journey);
            }
            let seen = self.names.seen(decision, effects);
            let concerns = match (self.journey, &seen.journey) {
                (Some(wanted), Some(journey)) => wanted == journey,
                (None, _) | (_, None) => true,
            };
            if concerns {
                self.decisions.push(seen);
            }
        }
    }
}
