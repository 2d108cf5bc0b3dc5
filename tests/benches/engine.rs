//! The engine without the decoder: three workloads, the cost of journeys that have nothing to do with an event, and what state weighs.
//!
//! `cargo bench -p wayline-tests --bench engine [-- JOURNEYS]`, the latter the most idle journeys to try (10,000). Inputs are decoded before; a
//! turn is a hundred events, figures are medians over turns, so that on a busy machine most are not interrupted.

#![allow(clippy::print_stdout, clippy::type_complexity)]

use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use wayline::engine::{Effects, Engine};
use wayline::host::memory::{Memory, Sink};
use wayline::ingest::{Body, Decoder, Line};
use wayline_compiler::ir::{EventId, Program};
use wayline_compiler::predicates::{Backend, Predicates};
use wayline_compiler::row::RowBuf;
use wayline_compiler::{Settings, Sources, compile};

const EVENTS: usize = 200_000;
const USERS: usize = 10_000;
const TURN: usize = 100;
const START: i64 = 1_767_571_200_000;

const DECLARATIONS: &str = r#"
event view(sku) { sku: string; category: string; price: int; }
event buy(sku) { sku: string; category: string; price: int; }
event other(sku) { sku: string; category: string; price: int; }
channel push { purposes marketing, informational, transactional; main body: string; }
"#;

/// What every run does, beside idle journeys.
const BUSY: &str = r#"
journey busy {
    on view per sku where price >= 500 reenter after exit;
    exit on buy where sku == entry.sku;
    wait 1h;
    send push "{sku}";
}
"#;

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
}

/// A decoded input.
struct Event {
    at: i64,
    user: usize,
    row: usize,
}

/// Inputs of a program: a few thousand rows, and events that refer to them.
struct Inputs {
    users: Vec<String>,
    ids: Vec<String>,
    rows: Vec<(EventId, RowBuf)>,
    events: Vec<Event>,
}

impl Inputs {
    /// Views and buys of 1,000 things in 100 categories; one event a second.
    fn of(program: &Arc<Program>) -> Self {
        let mut random = Random(42);
        let mut decoder = Decoder::new(program);
        let rows = (0..4_000).map(|_| {
            let name = if random.below(4) == 0 { "buy" } else { "view" };
            let (sku, category, price) = (random.below(1_000), random.below(100), random.below(1_000));
            let line = format!(
                r#"{{"type":"track","messageId":"m","userId":"u","event":"{name}","timestamp":"2026-01-05T00:00:00Z","properties":{{"sku":"s{sku}","category":"c{category}","price":{price}}}}}"#
            );
            match decoder.decode(line.as_bytes()).expect("a good line").body {
                Body::Event { event, row } => {
                    (event, RowBuf { slots: row.slots.to_vec(), bytes: row.bytes.to_vec() })
                }
                _ => panic!("an event"),
            }
        });
        let rows: Vec<_> = rows.collect();
        let events = (0..EVENTS as i64).map(|second| Event {
            at: START + second * 1000,
            user: random.below(USERS as u64) as usize,
            row: random.below(rows.len() as u64) as usize,
        });
        Self {
            events: events.collect(),
            users: (0..USERS).map(|user| format!("user-{user}")).collect(),
            ids: (0..EVENTS).map(|id| format!("message-{id}")).collect(),
            rows,
        }
    }

    fn line(&self, number: usize) -> Line<'_> {
        let Event { at, user, row } = self.events[number];
        let (event, row) = &self.rows[row];
        Line {
            time: at,
            user: &self.users[user],
            id: &self.ids[number],
            body: Body::Event { event: *event, row: row.as_row() },
            faults: &[],
        }
    }
}

/// Counts decisions.
#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn take(&mut self, _: &str, effects: &Effects) {
        self.0 += black_box(effects).decisions.len() as u64;
    }
}

/// The program of these files.
fn program(files: &[String]) -> Arc<Program> {
    let mut sources = Sources::new();
    for (number, text) in files.iter().enumerate() {
        sources.add(format!("{number}.way"), text.as_str());
    }
    let compiled = compile(&sources, &Settings::default());
    let findings = compiled.diagnostics.render_plain(sources.map());
    compiled.program.unwrap_or_else(|| panic!("the journeys compile:\n{findings}"))
}

fn host(program: &Arc<Program>) -> Memory {
    Memory::new(
        Engine::new(Arc::new(Predicates::new(program, Backend::Auto).expect("auto always works"))),
        None,
    )
}

/// Nanoseconds an event and decisions an event.
fn run(files: &[String]) -> (f64, f64) {
    let program = program(files);
    let inputs = Inputs::of(&program);
    let (mut memory, mut count) = (host(&program), Count::default());
    let mut turns = Vec::new();
    for turn in 0..EVENTS / TURN {
        let start = Instant::now();
        for number in turn * TURN..(turn + 1) * TURN {
            black_box(memory.take(&inputs.line(number), &mut count));
        }
        turns.push(start.elapsed().as_nanos() as f64 / TURN as f64);
    }
    turns.sort_by(f64::total_cmp);
    (turns[turns.len() / 2], count.0 as f64 / EVENTS as f64)
}

/// Two hundred entries by category and price, of which an event enters about one, which sends at once.
fn triggers() -> String {
    let mut text = DECLARATIONS.to_owned();
    for number in 0..200 {
        let (category, price) = (number % 100, 250 + number / 100 * 500);
        let _ = writeln!(
            text,
            "journey t{number} {{ on view where category == \"c{category}\" and price >= {price} reenter every; send push \"{{sku}} {number}\"; }}"
        );
    }
    text
}

/// Ten entries that ask the history of the user, ten segments of it.
fn aggregates() -> String {
    let mut text = DECLARATIONS.to_owned();
    for number in 1..=10 {
        let _ = writeln!(
            text,
            "journey a{number} {{ on buy where count(view within {number}d) >= {number} and sum(view.price within {number}d) > {number}_500 reenter every; send push \"{number}\"; }}
segment s{number} = count(view within {number}d) >= {} and not did buy within {number}h;
journey s{number} {{ on enter s{number} reenter after exit; send push \"{number}\"; }}",
            number + 2,
        );
    }
    text
}

/// Every view starts three timers one after another, a buy of the same thing ends them.
fn timers() -> String {
    let body = "wait 10m; send push \"1\"; wait 1h; send push \"2\"; wait 1d; send push \"3\";";
    format!(
        "{DECLARATIONS}journey w {{ on view per sku reenter after exit; exit on buy where sku == entry.sku; {body} }}\n"
    )
}

/// Journeys that an event of the workload has nothing to do with, each kind for another reason; of the last kind, few.
const IDLE: [(&str, fn(usize) -> String); 6] = [
    ("entered by another event", |n| {
        format!("journey i{n} {{ on other where price > {n} reenter every; send push \"{n}\"; }}")
    }),
    ("entered by the event on another condition", |n| {
        format!("journey i{n} {{ on view where category == \"x{n}\" reenter every; send push \"{n}\"; }}")
    }),
    ("whose exits and goals are the event", |n| {
        format!(
            "journey i{n} {{ on other where price > {n} reenter every; exit on view where price > {n}; goal buy within 1d; wait 1d; send push \"{n}\"; }}"
        )
    }),
    ("entered by a segment of another event", |n| {
        format!(
            "segment g{n} = count(other within {}d) > {n}; journey i{n} {{ on enter g{n} reenter after exit; send push \"{n}\"; }}",
            1 + n % 20
        )
    }),
    ("entered by the event at another price", |n| {
        format!("journey i{n} {{ on view where price > {} reenter every; send push \"{n}\"; }}", 1_000 + n)
    }),
    ("entered by the event, some matching", |n| {
        format!(
            "journey i{n} {{ on view where category == \"c{}\" and price > {} reenter every; send push \"{n}\"; }}",
            n % 100,
            930 + n / 100 % 70
        )
    }),
];

/// A busy journey among so many idle ones, five hundred a file.
fn idle(count: usize, journey: fn(usize) -> String) -> Vec<String> {
    let all: Vec<String> = (0..count).map(journey).collect();
    let files = all.chunks(500).map(|chunk| chunk.join("\n"));
    std::iter::once(format!("{DECLARATIONS}{BUSY}")).chain(files).collect()
}

/// Bytes of memory in use.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    pages.and_then(|text| text.split(' ').nth(1)?.parse::<usize>().ok()).unwrap_or(0) * 4096
}

/// Bytes a user with so many events of one kind, beyond the same with none; everything stays alive, so that nothing is reused.
fn weigh(journeys: &str, event: &str, times: usize, keep: &mut Vec<Memory>) -> f64 {
    const COUNT: usize = 100_000;
    let program = program(&[format!("{DECLARATIONS}{journeys}")]);
    let mut decoder = Decoder::new(&program);
    let mut memory = host(&program);
    let mut count = Count::default();
    let before = resident();
    for time in 0..times {
        for user in 0..COUNT {
            let line = format!(
                r#"{{"type":"track","messageId":"m","userId":"user-{user:06}","event":"{event}","timestamp":"2026-01-05T{time:02}:00:00Z","properties":{{"sku":"s{:03}","category":"c1","price":{}}}}}"#,
                user % 1000,
                user % 997,
            );
            let mut line = decoder.decode(line.as_bytes()).expect("a good line");
            line.id = "";
            memory.take(&line, &mut count);
        }
    }
    let bytes = (resident() - before) as f64 / COUNT as f64;
    keep.push(memory);
    bytes
}

fn main() {
    let most = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(10_000);
    // First, while no memory has been freed that could be used again.
    state();
    println!("\n{:<52}{:>10}{:>14}{:>16}", "workload", "ns/event", "events/s", "decisions/event");
    for (name, text) in [("triggers", triggers()), ("aggregates", aggregates()), ("timers", timers())] {
        let (ns, decisions) = run(&[text]);
        println!("{name:<52}{ns:>10.0}{:>14.0}{decisions:>16.2}", 1e9 / ns);
    }
    println!(
        "\n{:<45}{:>8}{:>8}{most:>8}   of the least   decisions/event",
        "idle journeys, ns/event", 10, 1_000
    );
    for (name, journey) in IDLE {
        let [few, many, most] = [10, 1_000, most].map(|count| run(&idle(count, journey)));
        println!(
            "{name:<45}{:>8.0}{:>8.0}{:>8.0}{:>7.2}{:>7.2}{:>11.2} – {:.2}",
            few.0,
            many.0,
            most.0,
            many.0 / few.0,
            most.0 / few.0,
            few.1,
            most.1
        );
    }
}

/// Prints what state weighs.
fn state() {
    let mut keep = Vec::new();
    let mut weigh = |journeys: &str, event: &str, times| weigh(journeys, event, times, &mut keep);
    let wait = "journey w { on view per sku reenter every; wait 60d; send push \"{sku}\"; }";
    let count = "journey c { on buy where count(view within 30d) > 99 reenter every; send push \"x\"; }";
    let last = "journey c { on buy where (last(view).price ?? 0) > 99 reenter every; send push \"x\"; }";
    let segment = "segment s = count(view within 30d) > 99; journey c { on enter s; send push \"x\"; }";
    let user = weigh("", "view", 1);
    println!("{:<52}{:>10}", "state", "bytes");
    println!("{:<52}{user:>10.0}", "a user of whom nothing is kept, with its id");
    for (name, journeys, times) in [
        ("+ one live instance with its key", wait, 1),
        ("+ ten live instances", wait, 10),
        ("+ one count within 30d, one event", count, 1),
        ("+ one count within 30d, ten events", count, 10),
        ("+ one last value", last, 1),
        ("+ one segment with its count, one event", segment, 1),
    ] {
        println!("{name:<52}{:>10.0}", weigh(journeys, "view", times) - user);
    }
}
