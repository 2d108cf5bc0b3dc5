//! Bounds against an adversary: a user to whom as much as possible happens for thirty days.
//!
//! Random journeys with rates, caps, holds and loops; inputs that come as often as declared, right when something is due or ends, with
//! clocks that change. No bound may be exceeded; how near the adversary comes is printed. `WAYLINE_MONTHS=500` tries more programs,
//! `WAYLINE_MONTH=17` one and prints it.

use super::number;
use crate::sim::rng::Rng;
use crate::support::Nothing;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use wayline::engine::user::Phase;
use wayline::engine::{Drop, Effects, Engine, Input, InputBody, Kind, User, gate};
use wayline::ingest::{Body, Decoder};
use wayline_compiler::calendar::Zone;
use wayline_compiler::calendar::text::instant;
use wayline_compiler::checks::{Bounds, bounds_of};
use wayline_compiler::diagnostic::Diagnostics;
use wayline_compiler::ir::{ChannelId, Program};
use wayline_compiler::predicates::{Backend, Predicates};
use wayline_compiler::{Settings, Sources};

/// Programs that are always tried, and adversaries for each.
const MONTHS: u64 = 25;
const TRIES: u64 = 3;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// 2026-03-01T00:00:00Z: clocks change in New York a week later, in Europe at the end of the month.
const START: i64 = 1_772_323_200_000;

const HEAD: &str = r#"
event stop { n: int; }
user {
    timezone: timezone = "Asia/Seoul";
    plan: "free" | "pro" = "free";
    home: "kr" | "us" ? immutable;
    phone: string?;
}
channel push { purposes marketing, transactional; costs 1; main body: string; }
channel sms { needs user.phone; purposes marketing, transactional; costs 9; main body: string; }
channel letter { purposes marketing, transactional; costs 40; unbilled on failure; main body: string; }
"#;

#[test]
fn no_adversary_exceeds_a_bound_in_a_month() {
    let one = number("WAYLINE_MONTH");
    let all = one.map_or(0..number("WAYLINE_MONTHS").unwrap_or(MONTHS), |month| month..month + 1);
    let tries = number("WAYLINE_TRIES").unwrap_or(TRIES);
    let mut tightness = Tightness::default();
    let mut wrong = Vec::new();
    for seed in all {
        let mut rng = Rng::new(seed ^ 0xb00_0d5);
        let text = write(&mut rng);
        if one.is_some() {
            println!("{text}");
        }
        let mut sources = Sources::new();
        sources.add("month.way", text.clone());
        let mut trouble = Diagnostics::new();
        let resolved = sources.parse(&mut trouble).resolve(&Settings::default(), &mut trouble);
        assert!(!trouble.has_errors(), "{text}\n{}", trouble.render_plain(sources.map()));
        let program = Arc::new(resolved.program);
        let bounds = bounds_of(&program);
        let mut most = Most::default();
        for _ in 0..tries {
            Adversary::new(&program, &mut most).month(&mut rng);
        }
        if one.is_some() {
            println!("{bounds:#?}\n{most:#?}");
        }
        if let Err(why) = most.within(&program, &bounds, &mut tightness) {
            wrong.push(format!("month {seed}: {why}"));
        }
    }
    println!("{tightness}");
    assert!(wrong.is_empty(), "{}\nrun one alone with WAYLINE_MONTH=n", wrong.join("\n"));
}

/// Writes a project.
fn write(rng: &mut Rng) -> String {
    let mut out = HEAD.to_owned();
    for name in ["a", "b"] {
        let rate = rng.of(&["", " at most 1 per 1d", " at most 3 per 1d", " at most 2 per 6h", " once"]);
        let _ = writeln!(out, "event {name}{rate} {{ item: string; n: int in 0 .. 3; }}");
    }
    out.push_str("policy {\n");
    if rng.one_in(3) {
        let action = rng.of(&["", " on cap exit", " on cap retry up to 2d"]);
        let _ = writeln!(out, "    cap {} per {}{action};", 1 + rng.below(3), rng.of(&["1d", "4h", "day"]));
    }
    if rng.one_in(3) {
        let _ = writeln!(out, "    quiet 21:00 .. 08:00 {};", rng.of(&["hold", "hold up to 5h", "drop"]));
    }
    out.push_str("}\n");
    for nth in 0..1 + rng.below(3) {
        journey(rng, &mut out, nth);
    }
    out
}

fn journey(rng: &mut Rng, out: &mut String, nth: u64) {
    let event = rng.of(&["a", "b"]);
    let per = rng.of(&["", "", " per item"]);
    let filter = rng.of(&[
        "",
        "",
        " where n > 1",
        " where user.plan == \"pro\"",
        " where user.home exists and user.home == \"kr\"",
        " where user.home exists and user.home == \"us\"",
    ]);
    let mode = rng.of(&["never", "after exit", "after exit", "every", "restart"]);
    let more = rng.of(&["", "", "", " at most 3 per 2d", " after 6h from entry", " after 6h from exit"]);
    let _ = writeln!(out, "journey j{nth} {{\n    on {event}{per}{filter} reenter {mode}{more};");
    for line in ["goal stop within 2d where n > 1;", "exit on stop where n < 1;", "lasts at most 2d;"] {
        if rng.one_in(4) {
            let _ = writeln!(out, "    {line}");
        }
    }
    for _ in 0..1 + rng.below(4) {
        step(rng, out, 2);
    }
    out.push_str("}\n");
}

fn step(rng: &mut Rng, out: &mut String, depth: u64) {
    let block = |rng: &mut Rng| {
        let mut text = String::from("{ ");
        for _ in 0..1 + rng.below(2) {
            step(rng, &mut text, depth - 1);
        }
        text.push_str("} ");
        text
    };
    let text = match rng.below(if depth == 0 { 7 } else { 12 }) {
        0 | 1 => format!("wait {}; ", rng.of(&["1h", "5h", "1d", "3d"])),
        2 => format!("send {} \"x\"; ", rng.of(&["push", "sms", "transactional push"])),
        3 => "send push \"x\"; ".to_owned(),
        4 => "send letter \"a\" or sms \"b\" or push \"c\"; ".to_owned(),
        5 => format!("wait until {}; ", rng.of(&["10:00", "09:00 on monday", "18:00 on day 1"])),
        6 => format!("send push \"w\" {}; ", rng.of(&["within 3h", "between 10:00 .. 12:00", "on weekday"])),
        7 => format!("if user.plan == \"pro\" {}else {}", block(rng), block(rng)),
        8 => format!(
            "wait for stop where n == 1 up to {} {}else {}",
            rng.of(&["2h", "1d"]),
            block(rng),
            block(rng)
        ),
        9 => {
            format!("repeat up to {} times every {} {}", 1 + rng.below(3), rng.of(&["1h", "1d"]), block(rng))
        }
        10 => format!("split s{} {{ x 50% {}y 50% {}}} ", rng.below(1_000_000), block(rng), block(rng)),
        _ => format!("wait until user.plan == \"pro\" up to 6h else {}", block(rng)),
    };
    out.push_str(
        &text.replace("send push \"w\" on weekday", "send push \"w\" between 09:00 .. 18:00 on weekday"),
    );
    out.push('\n');
}

/// The most that was seen, by journey or by scope and window.
#[derive(Debug, Default)]
struct Most {
    stay_ms: BTreeMap<String, i64>,
    live: BTreeMap<String, i64>,
    messages: BTreeMap<(String, &'static str), i64>,
    cost: BTreeMap<&'static str, i64>,
}

const WINDOWS: [(&str, i64); 3] = [("1d", DAY), ("7d", 7 * DAY), ("30d", 30 * DAY)];

impl Most {
    fn within(&self, program: &Program, bounds: &Bounds, tightness: &mut Tightness) -> Result<(), String> {
        let get = |map: &BTreeMap<String, i64>, name: &str| map.get(name).copied().unwrap_or(0);
        for journey in &bounds.journeys {
            let stay = get(&self.stay_ms, &journey.journey);
            if stay > journey.longest_stay_ms {
                return Err(format!(
                    "`{}` lasted {stay} ms, not {}",
                    journey.journey, journey.longest_stay_ms
                ));
            }
            tightness.add("duration", journey.longest_stay_ms, stay);
            let live = get(&self.live, &journey.journey);
            if let Some(most) = journey.live_instances {
                if live > most {
                    return Err(format!("{live} instances of `{}` were live, not {most}", journey.journey));
                }
                tightness.add("instances", most, live);
            }
        }
        for bound in &bounds.messages {
            let Some(most) = bound.most else { continue };
            let seen = self.messages.get(&(bound.scope.clone(), bound.window)).copied().unwrap_or(0);
            if seen > most {
                return Err(format!("{seen} messages ({}) in {}, not {most}", bound.scope, bound.window));
            }
            tightness.add(&format!("messages in {}", bound.window), most, seen);
        }
        for bound in &bounds.cost {
            let Some(most) = bound.most else { continue };
            let seen = self.cost.get(bound.window).copied().unwrap_or(0);
            if seen as f64 / 1e6 > most + 1e-6 {
                return Err(format!("a cost of {} in {}, not {most}", seen as f64 / 1e6, bound.window));
            }
            tightness.add(&format!("cost in {}", bound.window), (most * 1e6) as i64, seen);
        }
        let _ = program;
        Ok(())
    }
}

/// Bound over observation, for each figure.
#[derive(Default)]
struct Tightness(BTreeMap<String, Vec<f64>>);

impl Tightness {
    fn add(&mut self, figure: &str, bound: i64, seen: i64) {
        if seen > 0 {
            self.0.entry(figure.to_owned()).or_default().push(bound as f64 / seen as f64);
        }
    }
}

impl std::fmt::Display for Tightness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "| figure | bounds | reached | half within | nine of ten within |\n|---|---|---|---|---|"
        )?;
        for (figure, ratios) in &self.0 {
            let mut ratios = ratios.clone();
            ratios.sort_by(f64::total_cmp);
            let at = |share: f64| ratios[((ratios.len() - 1) as f64 * share) as usize];
            let exact = ratios.iter().filter(|ratio| **ratio < 1.000_1).count() * 100 / ratios.len();
            writeln!(f, "| {figure} | {} | {exact}% | ×{:.2} | ×{:.2} |", ratios.len(), at(0.5), at(0.9))?;
        }
        Ok(())
    }
}

/// One user and everything that is done to it.
struct Adversary<'m> {
    program: Arc<Program>,
    engine: Engine,
    decoder: Decoder,
    user: User,
    effects: Effects,
    /// When, on which channel, whether it counts as a message, and what it cost.
    sends: Vec<(i64, Option<ChannelId>, bool, i64)>,
    most: &'m mut Most,
    inputs: u64,
}

impl<'m> Adversary<'m> {
    fn new(program: &Arc<Program>, most: &'m mut Most) -> Self {
        let predicates = match Predicates::new(program, Backend::Interp) {
            Ok(predicates) => predicates,
            Err(error) => panic!("{error}"),
        };
        let engine = Engine::new(Arc::new(predicates));
        let user = engine.user();
        let (decoder, effects) = (Decoder::new(program), Effects::default());
        Self {
            program: Arc::clone(program),
            engine,
            decoder,
            user,
            effects,
            sends: Vec::new(),
            most,
            inputs: 0,
        }
    }

    fn month(&mut self, rng: &mut Rng) {
        let mut now = START;
        self.say(r#""traits":{"phone":"1"}"#, "identify", now);
        // Some adversaries hurry, some wait for what is due.
        let hurry = 1 + rng.below(4);
        while now < START + 30 * DAY {
            let due = self.user.next_due().map_or(now + DAY, |key| key.due);
            now += match rng.below(3 + hurry) {
                0 => rng.below(6 * HOUR as u64) as i64,
                1 => (due - now).max(0),
                2 => (due - now + 1).max(0),
                3 => 1,
                _ => rng.below(HOUR as u64) as i64,
            };
            self.advance(now - 1);
            let (item, n) = (rng.of(&["A", "B"]), rng.below(4));
            match rng.below(40) {
                0..28 => {
                    let event = rng.of(&["a", "b"]);
                    let row = format!(r#""event":"{event}","properties":{{"item":"{item}","n":{n}}}"#);
                    self.say(&row, "track", now);
                }
                28..31 => self.say(&format!(r#""event":"stop","properties":{{"n":{n}}}"#), "track", now),
                31..34 => {
                    let plan = rng.of(&["free", "pro"]);
                    self.say(&format!(r#""traits":{{"plan":"{plan}"}}"#), "identify", now);
                }
                34 => {
                    let home = rng.of(&["kr", "us"]);
                    self.say(&format!(r#""traits":{{"home":"{home}"}}"#), "identify", now);
                }
                35 => {
                    let zone = rng.of(&["Asia/Seoul", "America/New_York", "UTC", "Australia/Lord_Howe"]);
                    self.say(&format!(r#""traits":{{"timezone":"{zone}"}}"#), "identify", now);
                }
                36 | 37 => {
                    let channel = rng.of(&["letter", "sms"]);
                    let result = rng.of(&[r#""failed","reason":"no""#, r#""ok""#]);
                    self.say(&format!(r#""channel":"{channel}","result":{result}"#), "provider", now);
                }
                _ => {}
            }
        }
        self.advance(now + 10 * DAY);
        self.count();
    }

    fn say(&mut self, rest: &str, kind: &str, now: i64) {
        self.inputs += 1;
        let (id, stamp) = (self.inputs, instant(now, Zone::UTC));
        let text =
            format!(r#"{{"type":"{kind}","messageId":"m{id}","userId":"u","timestamp":"{stamp}",{rest}}}"#);
        let line = match self.decoder.decode(text.as_bytes()) {
            Ok(line) => line,
            Err(bad) => panic!("{bad}: {text}"),
        };
        let body = match line.body {
            Body::Event { event, row } => InputBody::Event { event, row },
            Body::Identify { row, changed } => InputBody::Identify { row, changed },
            Body::Provider { channel, error } => InputBody::Provider { channel, error },
            _ => return,
        };
        let input = Input { time: now, id: line.id, body, faults: line.faults };
        self.engine.apply("u", &mut self.user, &mut Nothing, &input, &mut self.effects);
        self.note();
    }

    fn advance(&mut self, last: i64) {
        while let Some(due) = self.user.next_due().map(|key| key.due).filter(|due| *due <= last) {
            self.look(due);
            self.engine.fire("u", &mut self.user, &mut Nothing, &mut self.effects);
            self.note();
        }
    }

    /// Notes who is still live at an instant, and since when.
    fn look(&mut self, now: i64) {
        let mut live: BTreeMap<String, i64> = BTreeMap::new();
        for instance in self.user.instances.iter().filter(|i| i.phase == Phase::Live) {
            let name = &self.program.journey(instance.journey).name;
            *live.entry(name.clone()).or_default() += 1;
            let stay = self.most.stay_ms.entry(name.clone()).or_default();
            *stay = (*stay).max(now - instance.body.entered_at);
        }
        for (name, count) in live {
            let most = self.most.live.entry(name).or_default();
            *most = (*most).max(count);
        }
    }

    fn note(&mut self) {
        for decision in &self.effects.decisions {
            let price = || decision.channel.map_or(0, |c| gate::cost(self.program.channel(c), 1));
            let is_billed = || decision.channel.is_some_and(|c| !self.program.channel(c).unbilled_on_failure);
            match decision.kind {
                Kind::Sent => self.sends.push((decision.at, decision.channel, true, price())),
                // What a cap takes away was due: bounds are before caps.
                Kind::Dropped(Drop::Cap) => self.sends.push((decision.at, decision.channel, true, 0)),
                Kind::Failed if is_billed() => {
                    self.sends.push((decision.at, decision.channel, false, price()))
                }
                _ => {}
            }
        }
        self.effects.clear();
        self.look(self.user.clock);
    }

    /// The most in any window.
    fn count(&mut self) {
        for (window, ms) in WINDOWS {
            let inside = |at: i64, other: i64| other > at - ms && other <= at;
            for (at, ..) in &self.sends {
                let here = || self.sends.iter().filter(|send| inside(*at, send.0));
                let cost: i64 = here().map(|send| send.3).sum();
                let best = self.most.cost.entry(window).or_default();
                *best = (*best).max(cost);
                let channels = (0..self.program.channels.len()).map(|at| Some(ChannelId::new(at)));
                for channel in channels.chain([None]) {
                    let count =
                        here().filter(|s| s.2 && (channel.is_none() || s.1 == channel)).count() as i64;
                    let name = channel.map_or("all".to_owned(), |c| self.program.channel(c).name.clone());
                    let best = self.most.messages.entry((name, window)).or_default();
                    *best = (*best).max(count);
                }
            }
        }
    }
}
