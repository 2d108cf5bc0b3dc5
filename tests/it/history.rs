//! History functions from source text to the rendered message, against a model that keeps every event.
//!
//! Random logs with late events; each `probe` sends a message that shows many readings, and a day later another of what came since.

use crate::support::{compile_text, findings};
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;
use wayline::engine::{Effects, Engine};
use wayline::host::memory::{Memory, Sink};
use wayline::host::writer::Writer;
use wayline::ingest::Decoder;
use wayline_compiler::calendar::text::{instant, push_clock, push_duration};
use wayline_compiler::calendar::{DAY_MS, Zone};
use wayline_compiler::ir::{Program, Span};
use wayline_compiler::predicates::{Backend, Predicates};

const SOURCE: &str = r#"
event buy { item: string; total: int; weight: float?; }
event probe { item: string; since: time; floor: int; }
user { timezone: timezone = "Asia/Seoul"; }
channel push { purposes marketing; main body: string; }
journey readings {
    on probe reenter every;
    send push "{count(buy within 7d)}|{count(buy ever where item == entry.item)}|{sum(buy.total within 1mo)}|{last(buy ever).item ?? "-"}|{first(buy within 30d).total ?? 0}|{distinct(buy.item within 7d)}|{gap(buy ever) ?? 0s}|{last_gap(buy within 30d) ?? 0s}|{usual_hour(buy ever) ?? 00:00}|{max(buy.total ever) ?? 0}|{avg(buy.weight within 7d) ?? 0.0}|{count(buy since entry.since)}|{min(buy.weight within 7d) ?? 0.0}|{count(buy within 7d where total >= 100)}|{last(buy within 30d where item == entry.item) exists}|{count(buy within 30d where total > entry.floor)}|{sum(buy.total within 2d where item == entry.item)}|{did buy within 1mo where item == entry.item}";
    wait 1d;
    send push "{count(buy)}|{did buy where item == entry.item}|{last(buy).total ?? 0}|{sum(buy.total where total > entry.floor)}|{first(buy).item ?? "-"}";
}
"#;

/// 2026-01-25T00:00:00Z
const START: i64 = 1_769_299_200_000;
const HOUR: i64 = 3_600_000;

/// splitmix64
struct Random(u64);

impl Random {
    fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n.max(1) as u64) as i64
    }
    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as i64) as usize]
    }
}

/// A line of the log.
#[derive(Clone, Debug)]
enum Line {
    Buy { own: i64, item: &'static str, total: i64, weight: Option<f64> },
    Probe { own: i64, item: &'static str, since: i64, floor: i64 },
}

impl Line {
    fn own(&self) -> i64 {
        match self {
            Self::Buy { own, .. } | Self::Probe { own, .. } => *own,
        }
    }
    fn json(&self, number: usize) -> String {
        let (own, event, properties) = match self {
            Self::Buy { own, item, total, weight } => {
                let mut properties = json!({ "item": item, "total": total });
                if let Some(weight) = weight {
                    properties["weight"] = json!(weight);
                }
                (own, "buy", properties)
            }
            Self::Probe { own, item, since, floor } => {
                (own, "probe", json!({ "item": item, "since": instant(*since, Zone::UTC), "floor": floor }))
            }
        };
        let timestamp = instant(*own, Zone::UTC);
        json!({
            "type": "track", "messageId": format!("m{number}"), "userId": "u", "event": event,
            "timestamp": timestamp, "properties": properties,
        })
        .to_string()
    }
}

fn random_log(random: &mut Random) -> Vec<Line> {
    let mut now = START;
    let mut log = Vec::new();
    for _ in 0..60 {
        now += random.pick(&[1, HOUR, 7 * HOUR, DAY_MS, 4 * DAY_MS]);
        let item = random.pick(&["A", "B", "C"]);
        if random.below(3) == 0 {
            let since = now - random.below(20 * DAY_MS);
            log.push(Line::Probe { own: now, item, since, floor: random.pick(&[0, 50, 100]) });
        } else {
            let own = if random.below(4) == 0 { now - random.below(40 * DAY_MS) } else { now };
            let weight = (random.below(3) > 0).then(|| random.below(40) as f64 / 4.0);
            log.push(Line::Buy { own, item, total: random.below(200), weight });
        }
    }
    log
}

/// A purchase the model knows of.
#[derive(Clone, Copy)]
struct Buy {
    own: i64,
    item: &'static str,
    total: i64,
    weight: Option<f64>,
}

/// Purchases among these lines, in order of time.
fn buys(log: &[Line]) -> Vec<Buy> {
    let mut buys: Vec<Buy> = log
        .iter()
        .filter_map(|line| match *line {
            Line::Buy { own, item, total, weight } => Some(Buy { own, item, total, weight }),
            Line::Probe { .. } => None,
        })
        .collect();
    buys.sort_by_key(|buy| buy.own);
    buys
}

fn readings(zone: Zone, log: &[Line], now: i64, item: &str, since: i64, floor: i64) -> String {
    let all = buys(log);
    let within =
        |span: Span| all.iter().copied().filter(|buy| zone.add(buy.own, span) > now).collect::<Vec<Buy>>();
    let (days2, days7, days30) =
        (within(Span::Exact(2 * DAY_MS)), within(Span::Exact(7 * DAY_MS)), within(Span::Exact(30 * DAY_MS)));
    let month = within(Span::Months(1));
    let weights: Vec<f64> = days7.iter().filter_map(|buy| buy.weight).collect();
    let mut items: Vec<&str> = days7.iter().map(|buy| buy.item).collect();
    items.sort_unstable();
    items.dedup();
    let duration = |ms: Option<i64>| {
        let mut out = String::new();
        push_duration(&mut out, Span::Exact(ms.unwrap_or(0)));
        out
    };
    let gap = (all.len() > 1).then(|| (all[all.len() - 1].own - all[0].own) / (all.len() as i64 - 1));
    let last_gap = (days30.len() > 1).then(|| days30[days30.len() - 1].own - days30[days30.len() - 2].own);
    let hour = |buy: &&Buy| zone.local(buy.own).clock / HOUR;
    let usual = (0..24).rev().max_by_key(|h| all.iter().filter(|buy| hour(buy) == *h).count()).unwrap_or(0);
    let mut clock = String::new();
    push_clock(&mut clock, if all.is_empty() { 0 } else { usual * HOUR });
    let mean = if weights.is_empty() { 0.0 } else { weights.iter().sum::<f64>() / weights.len() as f64 };
    let mut out = String::new();
    let mut put = |value: &dyn std::fmt::Display| write!(out, "{value}|").expect("a string grows");
    put(&days7.len());
    put(&all.iter().filter(|buy| buy.item == item).count());
    put(&month.iter().map(|buy| buy.total).sum::<i64>());
    put(&all.last().map_or("-", |buy| buy.item));
    put(&days30.first().map_or(0, |buy| buy.total));
    put(&items.len());
    put(&duration(gap));
    put(&duration(last_gap));
    put(&clock);
    put(&all.iter().map(|buy| buy.total).max().unwrap_or(0));
    put(&mean);
    put(&all.iter().filter(|buy| buy.own >= since).count());
    put(&weights.iter().copied().reduce(f64::min).unwrap_or(0.0));
    put(&days7.iter().filter(|buy| buy.total >= 100).count());
    put(&days30.iter().any(|buy| buy.item == item));
    put(&days30.iter().filter(|buy| buy.total > floor).count());
    put(&days2.iter().filter(|buy| buy.item == item).map(|buy| buy.total).sum::<i64>());
    put(&month.iter().any(|buy| buy.item == item));
    out.pop();
    out
}

fn since_entry(log: &[Line], entry_time: i64, item: &str, floor: i64) -> String {
    let since: Vec<Buy> = buys(log).into_iter().filter(|buy| buy.own >= entry_time).collect();
    format!(
        "{}|{}|{}|{}|{}",
        since.len(),
        since.iter().any(|buy| buy.item == item),
        since.last().map_or(0, |buy| buy.total),
        since.iter().filter(|buy| buy.total > floor).map(|buy| buy.total).sum::<i64>(),
        since.first().map_or("-", |buy| buy.item),
    )
}

/// Instant and text of every message the model expects, in order of time.
fn expected(zone: Zone, log: &[Line]) -> Vec<(i64, String)> {
    let mut messages = Vec::new();
    let mut clock = i64::MIN;
    for (index, line) in log.iter().enumerate() {
        clock = clock.max(line.own());
        let Line::Probe { own, item, since, floor } = *line else { continue };
        messages.push((clock, readings(zone, &log[..=index], clock, item, since, floor)));
        let later = clock + DAY_MS;
        // The timer fires before the first line that is later than it.
        let end = log[index..].iter().position(|line| line.own() > later).map_or(log.len(), |n| index + n);
        messages.push((later, since_entry(&log[index + 1..end], own, item, floor)));
    }
    messages.sort();
    messages
}

struct Print {
    writer: Writer,
    out: Vec<u8>,
}

impl Sink for Print {
    fn take(&mut self, user: &str, effects: &Effects) {
        self.writer.push_all(&mut self.out, user, effects);
    }
}

fn sent(program: &Arc<Program>, backend: Backend, zone: Zone, log: &[Line]) -> Vec<(i64, String)> {
    let predicates = Predicates::new(program, backend).expect("predicates compile");
    let until = log.last().map_or(START, |_| START + 400 * DAY_MS);
    let mut memory = Memory::new(Engine::new(Arc::new(predicates)), Some(until));
    let mut decoder = Decoder::new(program);
    let mut print = Print { writer: Writer::new(program), out: Vec::new() };
    let identify = json!({
        "type": "identify", "messageId": "zone", "userId": "u", "timestamp": instant(START - 50 * DAY_MS, Zone::UTC),
        "traits": { "timezone": zone.name() },
    });
    let lines = log.iter().enumerate().map(|(number, line)| line.json(number));
    for line in std::iter::once(identify.to_string()).chain(lines) {
        let line = decoder.decode(line.as_bytes()).unwrap_or_else(|bad| panic!("{bad}: {line}"));
        memory.take(&line, &mut print);
    }
    memory.finish(&mut print);
    let text = String::from_utf8(print.out).expect("decisions are text");
    let decisions = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a decision is JSON"));
    let sent = decisions.filter(|decision| decision["kind"] == "sent");
    let at = |decision: &Value| {
        let at = decision["at"].as_str().and_then(wayline_compiler::calendar::text::parse_instant);
        at.expect("an instant")
    };
    let mut messages: Vec<(i64, String)> = sent
        .map(|decision| (at(&decision), decision["message"]["body"].as_str().unwrap_or_default().to_owned()))
        .collect();
    messages.sort();
    messages
}

#[test]
fn readings_are_those_of_a_model_that_keeps_everything() {
    let (sources, compiled) = compile_text("history.way", SOURCE);
    let program = compiled.program.clone().unwrap_or_else(|| panic!("{}", findings(&sources, &compiled)));
    for seed in 0..60 {
        let random = &mut Random(seed);
        let zone =
            Zone::named(random.pick(&["Asia/Seoul", "America/New_York", "Europe/Berlin"])).expect("a zone");
        let log = random_log(random);
        let expected = expected(zone, &log);
        for backend in [Backend::Interp, Backend::Auto] {
            let sent = sent(&program, backend, zone, &log);
            for (sent, expected) in sent.iter().zip(&expected) {
                assert_eq!(sent, expected, "seed {seed}, {backend:?}, {}", zone.name());
            }
            assert_eq!(sent.len(), expected.len(), "seed {seed}, {backend:?}");
        }
    }
}

/// What `check --report` says of the state of a user, derived from the program alone.
#[test]
fn the_report_says_what_is_remembered_and_how_much() {
    let text = r#"
event buy(item) at most 20 per 1d { item: string; total: int; }
event session { }
user { timezone: timezone = "Asia/Seoul"; }
channel push { purposes marketing; main body: string; }
journey j {
    on buy per item reenter after exit;
    send push "{did session ever} {sum(buy.total within 90d)} {count(buy within 7d where item == entry.item)} {count(session)} {usual_hour(session ever) ?? 00:00} {last(session ever) exists}";
}
"#;
    let (sources, compiled) = compile_text("report.way", text);
    let said = findings(&sources, &compiled);
    let program = compiled.program.unwrap_or_else(|| panic!("{said}"));
    let state = wayline_compiler::checks::bounds_of(&program).state;
    let lines: Vec<String> = state
        .aggregates
        .iter()
        .map(|one| {
            let whose = one.journey.as_deref().unwrap_or("user");
            let most = one.most_events.map_or("-".to_owned(), |most| most.to_string());
            format!("{} | {} | {whose} | {} | {most} | {:?}", one.what, one.keeps, one.bytes, one.groups)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "did(session ever) | a flag | user | 40 | - | []",
            "sum(buy.total within 90d) | events | user | 152 | 1800 | []",
            "count(buy within 7d) | events | user | 176 | 140 | [\"item\"]",
            "count(session since entry) | a counter | j | 40 | - | []",
            "usual_hour(session ever) | 24 counters | user | 136 | - | []",
            "last(session ever) | one event | user | 40 | - | []",
        ]
    );
    assert_eq!(state.user_bytes, 40 + 152 + 32 + 176 + 8 + 136 + 40);
}
