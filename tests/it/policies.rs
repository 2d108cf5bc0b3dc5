//! Policies under random load: whatever comes, no cap, budget or rate is exceeded, nothing leaves in quiet hours, and every attempt has
//! one outcome. The promises are read off the decisions alone.

use crate::support::{compile_text, findings};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use wayline::engine::{Effects, Engine};
use wayline::host::memory::{Memory, Sink};
use wayline::host::writer::Writer;
use wayline::ingest::Decoder;
use wayline_compiler::calendar::text::{instant, parse_instant};
use wayline_compiler::calendar::{DAY_MS, Unit, Zone};
use wayline_compiler::ir::{CapPeriod, CapScope, Channel, Policy, Program, Purpose, Purse, Span, StepKind};
use wayline_compiler::predicates::{Backend, Predicates};

/// 2026-03-01T00:00:00Z: clocks change in New York on the 8th and in Berlin on the 29th.
const START: i64 = 1_772_323_200_000;
const HOUR: i64 = 3_600_000;
const ZONES: [&str; 4] = ["Asia/Seoul", "America/New_York", "Europe/Berlin", "America/Los_Angeles"];

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

fn source(random: &mut Random) -> String {
    let mut rules = Vec::new();
    for _ in 0..1 + random.below(4) {
        let scope = random.pick(&["", "push ", "sms ", "email "]);
        let per = random.pick(&["day", "week", "month", "4h", "24h", "7d", "1mo"]);
        let action = random.pick(&["", " on cap exit", " on cap retry up to 6h", " on cap retry up to 3d"]);
        let rule = format!("cap {scope}{} per {per}{action};", 1 + random.below(4));
        // Two caps of one scope and period cannot both be meant.
        let stem =
            |rule: &str| (rule.split(' ').nth(1) == Some(scope.trim()), rule.contains(&format!("per {per}")));
        if !rules.iter().any(|old: &String| stem(old) == (true, true)) {
            rules.push(rule);
        }
    }
    let hours = random.pick(&["21:00 .. 08:00", "12:00 .. 13:30", "22:30 .. 02:30", "00:00 .. 06:00"]);
    rules.push(format!("quiet {hours} {};", random.pick(&["hold", "hold up to 5h", "drop"])));
    if random.below(2) == 0 {
        rules.push(format!("quiet sms {} hold;", random.pick(&["20:50 .. 08:00", "01:00 .. 03:00"])));
    }
    if random.below(2) == 0 {
        rules.push(format!("budget sms {} per {};", 45, random.pick(&["month", "day", "24h"])));
        rules.push(format!("budget {} per user per {};", 18, random.pick(&["week", "24h"])));
    }
    if random.below(2) == 0 {
        rules.push(format!("rate push {} per {};", 1 + random.below(3), random.pick(&["1m", "1h", "2h"])));
    }
    let between = random.pick(&["", " between 09:00 .. 20:00", " between 18:00 .. 23:00 on weekday"]);
    let within = random.pick(&["", " within 6h", " within 2d"]);
    format!(
        r#"
event a at most 50 per 1d {{ }}
event b at most 50 per 1d {{ }}
event stop at most 50 per 1d {{ }}
user {{ timezone: timezone = "Asia/Seoul"; consent: bool = true; phone: string?; }}
channel push {{ consent marketing: user.consent; purposes marketing, informational, transactional; main body: string; }}
channel sms {{ needs user.phone; purposes marketing, informational, transactional; hours 07:00 .. 22:00; costs 9; unbilled on failure; main body: string; }}
channel email {{ purposes marketing, informational, transactional; main body: string; }}
policy {{ {} }}
journey first {{ on a reenter every; exit on stop; send push "1"{between}{within}; wait 2h; send push "2" or sms "2" or email "2"; }}
journey second {{ on a reenter every; priority 3; exit on stop; send sms "3"{within}; send informational push "4"; send email "5"{between}; }}
journey third {{ on b reenter every; wait 30m; send transactional push "6"; send push "7" or email "7"; }}
"#,
        rules.join(" ")
    )
}

fn log(random: &mut Random) -> Vec<String> {
    let mut now = START;
    let mut lines = Vec::new();
    for number in 0..160 {
        now += random.pick(&[0, 1000, 10 * 60_000, HOUR, 5 * HOUR, 16 * HOUR]);
        let user = random.pick(&["u1", "u2", "u3"]);
        let id = format!("m{number}");
        let timestamp = instant(now, Zone::UTC);
        let line = match random.below(12) {
            0 => {
                let traits = match random.below(3) {
                    0 => json!({ "timezone": random.pick(&ZONES) }),
                    1 => json!({ "phone": random.pick(&[Some("010"), None]) }),
                    _ => json!({ "consent": random.below(3) > 0 }),
                };
                json!({ "type": "identify", "messageId": id, "userId": user, "timestamp": timestamp, "traits": traits })
            }
            1 => {
                let (channel, result) =
                    (random.pick(&["push", "sms", "email"]), random.pick(&["failed", "ok"]));
                json!({ "type": "provider", "channel": channel, "userId": user, "result": result, "reason": "x", "timestamp": timestamp })
            }
            n => {
                let event = if n == 2 {
                    "stop"
                } else if n < 8 {
                    "a"
                } else {
                    "b"
                };
                json!({ "type": "track", "messageId": id, "userId": user, "event": event, "timestamp": timestamp, "properties": {} })
            }
        };
        lines.push(line.to_string());
    }
    lines
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

fn run(program: &Arc<Program>, lines: &[String]) -> Vec<Value> {
    let predicates = Predicates::new(program, Backend::Interp).expect("predicates compile");
    let mut memory = Memory::new(Engine::new(Arc::new(predicates)), Some(START + 400 * DAY_MS));
    let mut decoder = Decoder::new(program);
    let mut print = Print { writer: Writer::new(program), out: Vec::new() };
    for line in lines {
        let line = decoder.decode(line.as_bytes()).unwrap_or_else(|bad| panic!("{bad}: {line}"));
        memory.take(&line, &mut print);
    }
    memory.finish(&mut print);
    let text = String::from_utf8(print.out).expect("decisions are text");
    text.lines().map(|line| serde_json::from_str(line).expect("a decision is JSON")).collect()
}

/// A message that left.
struct Sent<'p> {
    user: String,
    at: i64,
    zone: Zone,
    purpose: Purpose,
    channel: usize,
    definition: &'p Channel,
}

fn sent<'p>(program: &'p Program, decisions: &[Value]) -> Vec<Sent<'p>> {
    let decisions = decisions.iter().filter(|decision| decision["kind"] == "sent");
    decisions
        .map(|decision| {
            let text = |field: &str| decision[field].as_str().unwrap_or_default();
            let at = parse_instant(text("at")).expect("an instant");
            let channel = program.channels.iter().position(|channel| channel.name == text("channel"));
            let journey =
                program.journeys.iter().find(|journey| journey.name == text("journey")).expect("a journey");
            let step = journey.steps.iter().find(|step| step.key == text("step")).expect("a step");
            let StepKind::Send(send) = &step.kind else { panic!("{decision}") };
            let channel = channel.expect("a channel");
            let definition = &program.channels[channel];
            let user = text("user").to_owned();
            // The four zones never share an offset.
            let zones = ZONES.iter().filter_map(|name| Zone::named(name));
            let zone =
                zones.into_iter().find(|zone| instant(at, *zone) == text("at")).expect("the user's zone");
            Sent { zone, user, at, purpose: send.purpose, channel, definition }
        })
        .collect()
}

fn covers(scope: CapScope, sent: &Sent<'_>) -> bool {
    match scope {
        CapScope::All => true,
        CapScope::Channel(channel) => channel.index() == sent.channel,
    }
}

/// Whether an earlier instant is in the period that ends with (or holds) `now`.
fn in_period(per: CapPeriod, zone: Zone, earlier: i64, now: i64) -> bool {
    match per {
        CapPeriod::Day => zone.start_of(Unit::Day, now) <= earlier,
        CapPeriod::Week => zone.start_of(Unit::Week, now) <= earlier,
        CapPeriod::Month => zone.start_of(Unit::Month, now) <= earlier,
        CapPeriod::Rolling(span) => zone.add(earlier, span) > now,
    }
}

fn caps_hold(policy: &Policy, sent: &[Sent<'_>]) {
    for cap in &policy.caps {
        let counted = |one: &&Sent<'_>| one.purpose == Purpose::Marketing && covers(cap.scope, one);
        for (index, last) in sent.iter().enumerate().filter(|(_, one)| counted(one)) {
            let mine = sent[..=index].iter().filter(|one| one.user == last.user).filter(counted);
            let used = mine.filter(|one| in_period(cap.per, last.zone, one.at, last.at)).count();
            assert!(
                used <= cap.max as usize,
                "{cap:?}: {used} for {} at {}",
                last.user,
                instant(last.at, last.zone)
            );
        }
    }
}

fn budgets_hold(policy: &Policy, project: Zone, sent: &[Sent<'_>]) {
    for budget in &policy.budgets {
        for (index, last) in sent.iter().enumerate().filter(|(_, one)| covers(budget.scope, one)) {
            let same = |one: &&Sent<'_>| budget.of == Purse::Project || one.user == last.user;
            let zone = if budget.of == Purse::Project { project } else { last.zone };
            let paid = sent[..=index].iter().filter(|one| covers(budget.scope, one)).filter(same);
            let paid = paid.filter(|one| in_period(budget.per, zone, one.at, last.at));
            let sum: f64 = paid.map(|one| one.definition.cost).sum();
            assert!(sum <= budget.amount, "{budget:?}: {sum} at {}", instant(last.at, zone));
        }
    }
}

fn rates_hold(policy: &Policy, sent: &[Sent<'_>]) {
    for rate in &policy.rates {
        let Span::Exact(per) = rate.per else { continue };
        let times: Vec<i64> = sent.iter().filter(|one| covers(rate.scope, one)).map(|one| one.at).collect();
        for (index, last) in times.iter().enumerate() {
            let used = times[..=index].iter().filter(|at| **at > last - per).count();
            assert!(used <= rate.max as usize, "{rate:?}: {used} at {}", instant(*last, Zone::UTC));
        }
    }
}

fn quiet_holds(policy: &Policy, sent: &[Sent<'_>]) {
    let inside = |from: i64, to: i64, clock: i64| {
        if from <= to { from <= clock && clock < to } else { clock >= from || clock < to }
    };
    for one in sent {
        let clock = one.zone.local(one.at).clock;
        if let Some(hours) = one.definition.hours {
            assert!(
                inside(hours.from_ms, hours.to_ms, clock),
                "{} at {}",
                one.definition.name,
                instant(one.at, one.zone)
            );
        }
        let own =
            policy.quiet.iter().filter(|rule| rule.scope != CapScope::All && covers(rule.scope, one)).count();
        for rule in policy.quiet.iter().filter(|rule| covers(rule.scope, one)) {
            let decides = rule.scope != CapScope::All || own == 0;
            if decides && one.purpose != Purpose::Transactional {
                let quiet = inside(rule.hours.from_ms, rule.hours.to_ms, clock);
                assert!(!quiet, "{rule:?}: {} at {}", one.definition.name, instant(one.at, one.zone));
            }
        }
    }
}

/// Every attempt has one outcome, and it comes after its holds.
fn outcomes_are_single(decisions: &[Value]) {
    let mut open: BTreeMap<&str, bool> = BTreeMap::new();
    for decision in decisions {
        let id = decision["id"].as_str().unwrap_or_default();
        match decision["kind"].as_str().unwrap_or_default() {
            "held" => {
                let old = open.insert(id, true);
                assert_ne!(old, Some(false), "held after its outcome: {decision}");
            }
            "sent" | "dropped" | "failed" | "cancelled" => {
                let old = open.insert(id, false);
                assert_ne!(old, Some(false), "a second outcome: {decision}");
            }
            _ => {}
        }
    }
    let waiting: Vec<_> = open.iter().filter(|(_, open)| **open).collect();
    assert!(waiting.is_empty(), "held for ever: {waiting:?}");
}

#[test]
fn no_load_breaks_a_policy() {
    let (mut sent_in_all, mut held_in_all) = (0, 0);
    for seed in 0..60 {
        let random = &mut Random(seed);
        let text = source(random);
        let (sources, compiled) = compile_text("policies.way", &text);
        let Some(program) = &compiled.program else {
            let told = findings(&sources, &compiled);
            // A random policy may contradict itself; then `check` says so and nothing runs.
            let known = ["never-sendable", "surplus-sends", "shadowed-send", "conflicting-policies"];
            let of_known = |name: &&str| told.matches(&format!("error[{name}]")).count();
            let explained: usize = known.iter().map(of_known).sum();
            assert_eq!(told.matches("error[").count(), explained, "{text}\n{told}");
            continue;
        };
        let lines = log(random);
        let decisions = run(program, &lines);
        let sent = sent(program, &decisions);
        let policy = &program.policies[0];
        let project = Zone::named(&program.settings.zone).expect("a zone");
        println!("seed {seed}: {text}");
        caps_hold(policy, &sent);
        budgets_hold(policy, project, &sent);
        rates_hold(policy, &sent);
        quiet_holds(policy, &sent);
        outcomes_are_single(&decisions);
        sent_in_all += sent.len();
        held_in_all += decisions.iter().filter(|decision| decision["kind"] == "held").count();
    }
    assert!(
        sent_in_all > 500 && held_in_all > 200,
        "{sent_in_all} sent, {held_in_all} held: too few to mean anything"
    );
}
