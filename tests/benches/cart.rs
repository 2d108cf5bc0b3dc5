//! The cart journey end to end on one core: JSON lines in, decisions as JSON lines out; add → wait 1 h → unless bought.
//!
//! `cargo bench -p wayline-tests --bench cart [-- EVENTS | FILE.jsonl]`. Without a file a million events are made, shaped like those of
//! the reference generator, and the number of messages is checked against a plain model. Beside it: serde_json decoding the same lines
//! into a typed struct and doing nothing else.

#![allow(clippy::print_stdout, clippy::type_complexity)]

use serde::Deserialize;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use wayline::engine::{Effects, Engine, Kind};
use wayline::host::memory::{Memory, Sink};
use wayline::host::writer::Writer;
use wayline::ingest::Decoder;
use wayline::ingest::lines::Lines;
use wayline_compiler::calendar::{Zone, text};
use wayline_compiler::ir::Program;
use wayline_compiler::predicates::{Backend, Predicates};
use wayline_compiler::{Settings, Sources, compile};

const JOURNEY: &str = include_str!("cart/cart.way");
const HOUR_MS: i64 = 3_600_000;
const ROUNDS: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Add,
    Buy,
    View,
}

struct Event {
    at: i64,
    user: u32,
    item: u32,
    what: What,
}

/// Users Zipf-ish, 200 items, 38 % adds of which half are bought between 1 s and 3 h later, the rest views; ordered, no two at one time.
fn events(count: usize) -> Vec<Event> {
    let mut state = 42u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let users = (count / 10).max(10) as f64;
    let (mut at, mut bought) = (1_700_000_000_000i64, BinaryHeap::new());
    let mut all = Vec::with_capacity(count);
    while all.len() < count {
        at += 1 + (-40.0 * (1.0 - random()).ln()) as i64;
        if let Some(&(std::cmp::Reverse(due), user, item)) = bought.peek()
            && due <= at
        {
            bought.pop();
            all.push(Event { at, user, item, what: What::Buy });
            continue;
        }
        let hot = users / 5.0;
        let user = if random() < 0.8 { random() * hot } else { hot + random() * (users - hot) } as u32;
        let item = (random() * 200.0) as u32;
        if random() >= 0.38 {
            all.push(Event { at, user, item, what: What::View });
            continue;
        }
        all.push(Event { at, user, item, what: What::Add });
        if random() < 0.5 {
            bought.push((std::cmp::Reverse(at + 1_000 + (random() * 10_799_000.0) as i64), user, item));
        }
    }
    all
}

/// How many messages there must be, by a plain walk over each user's items.
fn expected(events: &[Event]) -> u64 {
    let (mut due, mut sent): (HashMap<(u32, u32), i64>, u64) = (HashMap::new(), 0);
    for event in events.iter().filter(|event| event.what != What::View) {
        let lane = (event.user, event.item);
        if due.get(&lane).is_some_and(|due| *due < event.at) {
            due.remove(&lane);
            sent += 1;
        }
        match event.what {
            What::Add => drop(due.entry(lane).or_insert(event.at + HOUR_MS)),
            What::Buy | What::View => drop(due.remove(&lane)),
        }
    }
    let last = events.last().map_or(0, |event| event.at);
    sent + due.values().filter(|due| **due <= last).count() as u64
}

fn jsonl(events: &[Event]) -> String {
    let mut log = String::with_capacity(events.len() * 145);
    for (number, event) in events.iter().enumerate() {
        let what = match event.what {
            What::Add => "cart_add",
            What::Buy => "purchase",
            What::View => "view",
        };
        let _ = writeln!(
            log,
            r#"{{"type":"track","messageId":"m{number}","userId":"u{}","event":"{what}","timestamp":"{}","properties":{{"item":"i{}"}}}}"#,
            event.user,
            text::instant(event.at, Zone::UTC),
            event.item,
        );
    }
    log
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Typed<'a> {
    #[serde(rename = "type", borrow)]
    kind: &'a str,
    message_id: &'a str,
    user_id: &'a str,
    event: &'a str,
    timestamp: &'a str,
    #[serde(borrow)]
    properties: TypedProperties<'a>,
}

#[derive(Deserialize)]
struct TypedProperties<'a> {
    item: &'a str,
}

/// Writes decisions into memory and counts them.
struct Written {
    writer: Writer,
    buffer: Vec<u8>,
    bytes: usize,
    kinds: BTreeMap<&'static str, u64>,
}

impl Sink for Written {
    fn take(&mut self, user: &str, effects: &Effects) {
        self.writer.push_all(&mut self.buffer, user, effects);
        for decision in &effects.decisions {
            *self.kinds.entry(decision.kind.name()).or_default() += 1;
            black_box(decision.kind == Kind::Sent);
        }
        if self.buffer.len() > 1 << 17 {
            self.bytes += black_box(&self.buffer).len();
            self.buffer.clear();
        }
    }
}

fn program() -> Arc<Program> {
    let mut sources = Sources::new();
    sources.add("cart.way", JOURNEY);
    let compiled = compile(&sources, &Settings::default());
    let findings = compiled.diagnostics.render_plain(sources.map());
    compiled.program.unwrap_or_else(|| panic!("the journey compiles:\n{findings}"))
}

fn run(program: &Arc<Program>, log: &str) -> Written {
    let predicates = Predicates::new(program, Backend::Auto).expect("auto always works");
    let mut memory = Memory::new(Engine::new(Arc::new(predicates)), None);
    let mut decoder = Decoder::new(program);
    let mut sink =
        Written { writer: Writer::new(program), buffer: Vec::new(), bytes: 0, kinds: BTreeMap::new() };
    let mut lines = Lines::new(log.as_bytes());
    while let Some((_, line)) = lines.next_line().expect("reads") {
        let line = decoder.decode(line).expect("a good line");
        memory.take(&line, &mut sink);
    }
    memory.finish(&mut sink);
    sink
}

fn decode(log: &str) -> usize {
    let weigh = |event: &Typed<'_>| {
        let texts = [
            event.kind,
            event.message_id,
            event.user_id,
            event.event,
            event.timestamp,
            event.properties.item,
        ];
        texts.iter().map(|text| text.len()).sum::<usize>()
    };
    log.lines().map(|line| weigh(&serde_json::from_str(line).expect("typed"))).sum()
}

fn main() {
    let argument = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let count = argument.as_deref().map_or(Some(1_000_000), |argument| argument.parse().ok());
    let (log, want) = match (count, argument) {
        (Some(count), _) => {
            let events = events(count);
            (jsonl(&events), Some(expected(&events)))
        }
        (None, Some(path)) => (std::fs::read_to_string(path).expect("the log is readable"), None),
        (None, None) => panic!("say how many events, or which file"),
    };
    let lines = log.lines().count() as f64;
    let program = program();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut sent = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let written = run(&program, &log);
        ours.push(start.elapsed().as_secs_f64());
        sent = written.kinds.get("sent").copied().unwrap_or(0);
        println!("{:?}, {} bytes of decisions", written.kinds, written.bytes + written.buffer.len());
        let start = Instant::now();
        black_box(decode(&log));
        theirs.push(start.elapsed().as_secs_f64());
    }
    ours.sort_by(f64::total_cmp);
    theirs.sort_by(f64::total_cmp);
    let (ours, theirs) = (ours[ROUNDS / 2], theirs[ROUNDS / 2]);
    println!(
        "wayline, decisions written:   {:>8.0} lines/s, {:.0} ns per line",
        lines / ours,
        ours / lines * 1e9
    );
    println!(
        "serde_json, decoding alone:   {:>8.0} lines/s, {:.0} ns per line",
        lines / theirs,
        theirs / lines * 1e9
    );
    println!("ratio: {:.2}", ours / theirs);
    println!("sent: {sent}");
    if let Some(want) = want {
        assert_eq!(sent, want, "messages of the plain model");
    }
}
