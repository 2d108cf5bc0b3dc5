//! Small random journeys with everything that can happen to them: few attributes with few values, few events, waits of hours.
//!
//! A journey uses at most two attributes besides its entry field, so that all users and all schedules can be tried.

use crate::sim::rng::Rng;
use std::fmt::Write as _;

/// 2026-03-02T10:00:00Z, a Monday.
pub(super) const START: i64 = 1_772_445_600_000;
const HOUR: i64 = 3_600_000;

/// A program with the letters of its world.
pub(in crate::prove) struct World {
    pub(in crate::prove) text: String,
    /// Traits a user can have at the entry: of each attribute in use its values, as JSON; `null` is unset.
    pub(super) traits: Vec<(&'static str, Vec<String>)>,
    /// Values of the entry field.
    pub(super) keys: Vec<i64>,
    /// What can happen later (and, of history in use, before), as name and payload.
    pub(super) events: Vec<(&'static str, String)>,
    /// Whether the entry event may come late.
    pub(super) late: bool,
    /// Events that may have come an hour before the entry.
    pub(super) before: Vec<(&'static str, String)>,
}

/// An attribute: name, declaration, values, predicates.
struct Attribute(&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const ATTRIBUTES: &[Attribute] = &[
    Attribute(
        "plan",
        r#""free" | "basic" | "pro" = "free""#,
        &["null", r#""basic""#, r#""pro""#],
        &[r#"user.plan == "pro""#, r#"user.plan != "free""#, r#"user.plan == "basic""#],
    ),
    Attribute(
        "tier",
        r#""a" | "b" ? immutable"#,
        &["null", r#""a""#, r#""b""#],
        &["user.tier exists", r#"user.tier exists and user.tier == "a""#, r#"(user.tier ?? "b") == "b""#],
    ),
    Attribute(
        "seen",
        "int in 0 .. 3 immutable = 2",
        &["null", "0", "2", "3"],
        &["user.seen == 2", "user.seen > 1", "user.seen > k", "user.seen < 3"],
    ),
    Attribute("home", "bool immutable = false", &["null", "true", "false"], &["user.home", "not user.home"]),
    Attribute(
        "level",
        "int in 0 .. 3 monotone = 1",
        &["null", "0", "1", "2", "3"],
        &["user.level >= 2", "user.level > k", "user.level == 1", "user.level < 1", "user.level + 1 <= k"],
    ),
    Attribute(
        "rank",
        "int? in 0 .. 2 monotone",
        &["null", "0", "1", "2"],
        &["user.rank exists", "(user.rank ?? 0) >= 1", "user.rank exists and user.rank < 2"],
    ),
    Attribute("flag", "bool = false", &["null", "true"], &["user.flag", "not user.flag"]),
    Attribute(
        "word",
        "string?",
        &["null", r#""p""#, r#""pq""#, r#""z""#],
        &[
            "user.word exists",
            r#"(user.word ?? "p") == "p""#,
            r#"(user.word ?? "") starts_with "p""#,
            r#"(user.word ?? "") != "pq""#,
        ],
    ),
    Attribute(
        "since",
        "time ? past immutable",
        &["null", "@0", "@-1", "@-2"],
        &[
            "user.since exists",
            "user.since older than 2h",
            "user.since within last 2h",
            "user.since exists and not (user.since older than 3h)",
            "user.since after entry.time",
        ],
    ),
    Attribute(
        "due",
        "time?",
        &["null", "@1", "@3", "@-1"],
        &[
            "user.due exists",
            "user.due within next 2h",
            "user.due before entry.time",
            "user.due older than 1h",
        ],
    ),
];

/// Predicates about the entry and history.
const OTHERS: &[&str] = &[
    "k > 1",
    "k == 0",
    "k != 2",
    "did ping",
    "count(ping) >= 2",
    "not did ping",
    "did birth ever",
    "did ping within 2h",
    "count(ping ever) >= 1",
    "last(ping ever) older than 1h",
    "now > entry.time + 2h",
    "entry.time older than 1h",
];

struct Writer<'r> {
    rng: &'r mut Rng,
    used: Vec<&'static Attribute>,
    steps: u64,
    splits: u64,
    names: u64,
}

/// Writes a journey with its world.
pub(in crate::prove) fn write(rng: &mut Rng) -> World {
    let first = rng.below(ATTRIBUTES.len() as u64) as usize;
    let second = rng.below(ATTRIBUTES.len() as u64) as usize;
    let mut used = vec![&ATTRIBUTES[first]];
    if second != first && rng.below(3) > 0 {
        used.push(&ATTRIBUTES[second]);
    }
    let steps = 4 + rng.below(9);
    let mut writer = Writer { rng, used, steps, splits: 0, names: 0 };
    let body = writer.journey();
    let mut text = String::from("event go { k: int in 0 .. 3; }\n");
    text.push_str("event ping { v: int in 0 .. 2; }\nevent stop { v: int in 0 .. 2; }\n");
    text.push_str("event again { k: int in 0 .. 3; }\n");
    text.push_str("event birth once { v: int in 0 .. 2; }\nuser {\n    timezone: timezone = \"UTC\";\n");
    for attribute in &writer.used {
        let _ = writeln!(text, "    {}: {};", attribute.0, attribute.1);
    }
    text.push_str("}\nchannel push { purposes marketing, transactional; main body: string; }\n");
    match writer.rng.below(8) {
        0 => text.push_str("policy { quiet 09:00 .. 11:00 hold; }\n"),
        1 => text.push_str("policy { quiet 11:00 .. 12:00 drop; cap 1 per 4h; }\n"),
        _ => {}
    }
    text.push_str(&body);
    let changes = [("flag", "true"), ("plan", "\"pro\""), ("level", "3"), ("home", "true")];
    let change = changes.iter().find(|(name, _)| writer.used.iter().any(|a| a.0 == *name));
    if let Some((name, value)) = change.filter(|_| writer.rng.one_in(3)) {
        // Another journey that the same event lets in, before or after.
        let _ = writeln!(
            text,
            "journey zz {{ on go reenter never; priority {}; set user.{name} = {value}; }}",
            writer.rng.of(&["0", "5"])
        );
    }
    let traits = writer.used.iter().map(|a| (a.0, a.2.iter().map(|v| value(v)).collect())).collect();
    let (mut events, mut before) = (Vec::new(), Vec::new());
    for (name, values) in [("ping", 3), ("stop", 2), ("birth", 1)] {
        if body.contains(name) {
            events.extend((0..values).map(|v| (name, format!(r#"{{"v":{v}}}"#))));
        }
    }
    if body.contains("refresh on again") {
        events.extend([0, 2].map(|k| ("again", format!(r#"{{"k":{k}}}"#))));
    }
    for name in ["ping", "birth"] {
        if [" ever", " within"].iter().any(|w| body.contains(&format!("{name}{w}"))) {
            before.push((name, r#"{"v":0}"#.to_owned()));
        }
    }
    let keys = if body.contains('k') { vec![0, 1, 2, 3] } else { vec![0] };
    let late = body.contains("entry.time");
    World { text, traits, keys, events, before, late }
}

/// `@-1` is an hour before the start.
fn value(text: &str) -> String {
    match text.strip_prefix('@').and_then(|hours| hours.parse::<i64>().ok()) {
        Some(hours) => {
            let at = START + hours * HOUR;
            format!(
                "\"{}\"",
                wayline_compiler::calendar::text::instant(at, wayline_compiler::calendar::Zone::UTC)
            )
        }
        None => text.to_owned(),
    }
}

/// A predicate as the entry can ask it: windows are written, and nothing has been entered yet.
fn at_entry(condition: &str) -> String {
    let written = condition.replace("did ping within", "DID").replace("did ping", "did ping ever");
    written
        .replace("DID", "did ping within")
        .replace("count(ping)", "count(ping ever)")
        .replace("entry.time", "now")
}

/// A predicate inside the `where` of another event: bare names are that event's.
fn in_event(condition: &str) -> String {
    let spaced = condition.replace('(', "( ").replace(')', " )");
    let words = spaced.split(' ').map(|word| if word == "k" { "entry.k" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

impl Writer<'_> {
    fn journey(&mut self) -> String {
        let filter = match self.rng.below(3) {
            0 => format!(" where {}", at_entry(&self.condition(1))),
            _ => String::new(),
        };
        let lasts = self.rng.of(&["2h", "3h", "6h", "12h"]);
        let mut out = format!("journey j {{\n    on go{filter} reenter never;\n    lasts at most {lasts};\n");
        let mut maybe = |writer: &mut Self, chance: u64, line: &dyn Fn(&mut Self) -> String| {
            if writer.rng.one_in(chance) {
                let line = line(writer);
                let _ = writeln!(out, "    {line}");
            }
        };
        maybe(self, 4, &|w| format!("goal stop within {}h{};", 1 + w.rng.below(3), w.filter()));
        maybe(self, 5, &|w| format!("exit on stop{};", w.filter()));
        maybe(self, 4, &|w| format!("exit when {};", w.condition(1)));
        maybe(self, 12, &|w| format!("exit on ping{};", w.filter()));
        maybe(self, 10, &|_| "refresh on again;".to_owned());
        maybe(self, 8, &|w| format!("purpose {};", w.rng.of(&["transactional", "marketing"])));
        while self.steps > 0 {
            self.step(&mut out, 3);
        }
        out.push_str("}\n");
        out
    }

    fn filter(&mut self) -> String {
        match self.rng.below(6) {
            0 => " where v > 0".to_owned(),
            1 => " where v > entry.k".to_owned(),
            2 => " where v == 1".to_owned(),
            3 => format!(" where {}", in_event(&self.condition(1))),
            _ => String::new(),
        }
    }

    fn condition(&mut self, depth: u64) -> String {
        match self.rng.below(if depth == 0 { 5 } else { 9 }) {
            0..3 => {
                let attribute = self.used[self.rng.below(self.used.len() as u64) as usize];
                self.rng.of(attribute.3).to_owned()
            }
            3 | 4 => self.rng.of(OTHERS).to_owned(),
            5 => format!("not ({})", self.condition(depth - 1)),
            6 => format!("({}) or ({})", self.condition(depth - 1), self.condition(depth - 1)),
            _ => format!("({}) and ({})", self.condition(depth - 1), self.condition(depth - 1)),
        }
    }

    fn block(&mut self, out: &mut String, depth: u64) {
        out.push_str("{ ");
        for _ in 0..1 + self.rng.below(2) {
            self.step(out, depth - 1);
        }
        out.push_str("} ");
    }

    fn send(&mut self) -> String {
        self.names += 1;
        format!("send push \"m{}\"; ", self.names)
    }

    fn step(&mut self, out: &mut String, depth: u64) {
        if self.steps == 0 || depth == 0 {
            let send = self.send();
            out.push_str(&send);
            self.steps = self.steps.saturating_sub(1);
            return;
        }
        self.steps -= 1;
        match self.rng.below(16) {
            0..3 => {
                let wait = self.rng.of(&["wait 0h; ", "wait 1h; ", "wait 1h; ", "wait 2h; "]).to_owned();
                out.push_str(&wait);
            }
            3 => {
                let send = self.send();
                out.push_str(&send);
            }
            4..8 => {
                let condition = self.condition(2);
                let _ = write!(out, "if {condition} ");
                self.block(out, depth);
                if self.rng.one_in(2) {
                    out.push_str("else ");
                    self.block(out, depth);
                }
            }
            8 => {
                let condition = self.condition(1);
                let _ = write!(out, "unless {condition} ");
                self.block(out, depth);
            }
            9 if self.used.iter().any(|a| a.0 == "plan") => {
                out.push_str("match user.plan { \"free\" => ");
                self.block(out, depth);
                out.push_str("\"basic\" | \"pro\" => ");
                self.block(out, depth);
                out.push_str("} ");
            }
            10 if self.splits == 0 => {
                self.splits += 1;
                let _ = write!(out, "split s{} {{ a 45% ", self.splits);
                self.block(out, depth);
                out.push_str("b 45% ");
                self.block(out, depth);
                out.push_str("holdout 10% } ");
            }
            11 | 12 => {
                let (filter, hours) = (self.filter(), 1 + self.rng.below(2));
                let _ = write!(out, "wait for ping{filter} up to {hours}h ");
                self.block(out, depth);
                out.push_str("else ");
                self.block(out, depth);
            }
            13 => {
                let (condition, hours) = (self.condition(1), 1 + self.rng.below(2));
                let _ = write!(out, "wait until {condition} up to {hours}h else ");
                self.block(out, depth);
            }
            14 => self.rarely(out, depth),
            _ => {
                let exit = if self.rng.one_in(3) { "exit; " } else { "wait 1h; " };
                let condition = self.condition(1);
                let _ = write!(out, "if {condition} {{ {exit}}} ");
            }
        }
        out.push('\n');
    }

    fn rarely(&mut self, out: &mut String, depth: u64) {
        match self.rng.below(6) {
            4 => {
                let until =
                    if self.rng.one_in(2) { format!("until {} ", self.condition(0)) } else { String::new() };
                let _ = write!(out, "repeat up to 2 times every 1h {until}");
                self.block(out, depth);
            }
            _ if self.rng.one_in(3) => {
                let clock =
                    self.rng.of(&["wait until 12:00; ", "wait until 10:00; ", "wait until 13:00 on day 0; "]);
                out.push_str(clock);
            }
            1 if self.used.iter().any(|a| a.0 == "flag") => out.push_str("set user.flag = true; "),
            1 if self.used.iter().any(|a| a.0 == "level") => out.push_str("set user.level = 3; "),
            0 | 2 if self.used.iter().any(|a| a.0 == "since" || a.0 == "due") => {
                let at = if self.used.iter().any(|a| a.0 == "due") {
                    "at user.due "
                } else {
                    "at user.since + 2h "
                };
                out.push_str(at);
                self.block(out, depth);
                out.push_str("else ");
                self.block(out, depth);
            }
            _ => out.push_str("emit ping { v: 1; }; "),
        }
    }
}
