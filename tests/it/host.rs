//! The memory host: whose turn it is, what a repeated or late line does, how far time goes.

use crate::support::{compile_text, findings};
use std::sync::Arc;
use wayline::engine::{Effects, Engine};
use wayline::host::memory::{Memory, Sink, Taken};
use wayline::host::writer::Writer;
use wayline::ingest::Decoder;
use wayline_compiler::calendar::text::parse_instant;
use wayline_compiler::predicates::{Backend, Predicates};

struct Host {
    memory: Memory,
    decoder: Decoder,
    sink: Lines,
}

/// Decisions as `clock user journey kind` of the sends (and whatever else is asked for).
struct Lines {
    writer: Writer,
    kinds: &'static [&'static str],
    all: Vec<String>,
}

impl Sink for Lines {
    fn take(&mut self, user: &str, effects: &Effects) {
        let mut bytes = Vec::new();
        self.writer.push_all(&mut bytes, user, effects);
        for line in String::from_utf8(bytes).expect("UTF-8").lines() {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let kind = line["kind"].as_str().expect("text");
            if self.kinds.contains(&kind) {
                let (at, journey) =
                    (line["at"].as_str().expect("text"), line["journey"].as_str().unwrap_or("-"));
                self.all.push(format!("{} {user} {journey} {kind}", &at[11..19]));
            }
        }
    }
}

impl Host {
    fn new(journeys: &str, until: Option<&str>, kinds: &'static [&'static str]) -> Self {
        let text = format!(
            "event go {{ }} event stop {{ }}\nuser {{ timezone: timezone = \"UTC\"; }}\n\
             channel push {{ purposes marketing, informational, transactional; main body: string; }}\n{journeys}"
        );
        let (sources, compiled) = compile_text("host.way", &text);
        let said = findings(&sources, &compiled);
        let program = compiled.program.unwrap_or_else(|| panic!("{said}"));
        let predicates = Predicates::new(&program, Backend::Interp).expect("always there");
        let until = until.map(|until| parse_instant(until).expect("an instant"));
        Self {
            memory: Memory::new(Engine::new(Arc::new(predicates)), until),
            decoder: Decoder::new(&program),
            sink: Lines { writer: Writer::new(&program), kinds, all: Vec::new() },
        }
    }

    fn track(&mut self, id: &str, user: &str, event: &str, clock: &str) -> Taken {
        let line = format!(
            "{{\"type\":\"track\",\"messageId\":\"{id}\",\"userId\":\"{user}\",\"event\":\"{event}\",\"timestamp\":\"2026-01-05T{clock}Z\"}}"
        );
        let line = self.decoder.decode(line.as_bytes()).expect("a good line");
        self.memory.take(&line, &mut self.sink)
    }

    fn end(mut self) -> Vec<String> {
        self.memory.finish(&mut self.sink);
        self.sink.all
    }
}

const SENT: &[&str] = &["sent"];
const TEN: &str = "journey ten { on go reenter every; wait until 10:00; send push \"x\"; }";

#[test]
fn a_crowd_at_one_instant_goes_by_priority_then_by_user() {
    let high = "journey aged { on go reenter every; priority 5; wait until 10:00; send push \"y\"; }";
    let mut host = Host::new(&format!("{TEN}\n{high}"), Some("2026-01-05T12:00:00Z"), SENT);
    for (number, user) in ["m", "z", "a"].into_iter().enumerate() {
        host.track(&format!("{number}"), user, "go", &format!("09:00:0{number}"));
    }
    let want = ["a aged", "m aged", "z aged", "a ten", "m ten", "z ten"];
    assert_eq!(host.end(), want.map(|who| format!("10:00:00 {who} sent")));
}

#[test]
fn a_large_crowd_is_no_trouble() {
    let again = "journey again { on go reenter every; repeat up to 3 times every 1h { send push \"x\"; } }";
    let mut host = Host::new(again, Some("2026-01-05T12:00:00Z"), SENT);
    for number in (0..3000).rev() {
        host.track(&format!("{number}"), &format!("u{number:04}"), "go", "09:00:00");
    }
    let all = host.end();
    assert_eq!(all.len(), 9000);
    let later: Vec<&String> = all.iter().skip(3000).collect();
    assert!(later.is_sorted(), "by instant, then by user");
}

#[test]
fn an_input_at_the_instant_comes_before_the_timer_and_a_later_line_of_anyone_after_it() {
    let hour = "journey hour { on go reenter every; exit on stop; wait 1h; send push \"x\"; }";
    let mut host = Host::new(hour, None, &["sent", "exited", "entered"]);
    host.track("1", "a", "go", "09:00:00");
    host.track("2", "b", "go", "09:00:00");
    host.track("3", "a", "stop", "10:00:00");
    host.track("4", "c", "go", "10:00:00.001");
    let want = [
        "09:00:00 a hour entered",
        "09:00:00 b hour entered",
        "10:00:00 a hour exited",
        "10:00:00 b hour sent",
        "10:00:00 b hour exited",
        "10:00:00 c hour entered",
    ];
    assert_eq!(host.end(), want);
}

#[test]
fn a_line_from_the_past_fires_nothing_early() {
    let minutes = "journey minutes { on go reenter every; wait 5m; send push \"x\"; }";
    let mut host = Host::new(minutes, None, SENT);
    host.track("1", "b", "go", "10:00:00");
    assert_eq!(host.track("2", "a", "go", "09:50:00"), Taken::Applied, "not late: the first of its user");
    host.track("3", "a", "stop", "09:54:00");
    assert_eq!(host.sink.all, [""; 0], "nothing before 09:55");
    host.track("4", "a", "stop", "09:56:00");
    assert_eq!(host.sink.all, ["09:55:00 a minutes sent"]);
    assert_eq!(host.end(), ["09:55:00 a minutes sent"], "time ends with the last line");
}

#[test]
fn repeated_unknown_and_overdue_lines() {
    let mut host = Host::new(TEN, Some("2026-01-05T11:00:00Z"), &["sent", "entered"]);
    assert_eq!(host.track("1", "a", "go", "09:00:00"), Taken::Applied);
    assert_eq!(host.track("1", "b", "go", "10:30:00"), Taken::Duplicate);
    assert_eq!(host.sink.all.len(), 1, "a repeated id does not even let time pass");
    assert_eq!(host.track("2", "a", "weather", "10:00:01"), Taken::PassedOver);
    assert_eq!(host.sink.all.len(), 2, "time passes with an event nobody knows");
    assert_eq!(host.track("3", "a", "go", "11:00:00.001"), Taken::Beyond);
    assert_eq!(host.track("4", "a", "go", "11:00:00"), Taken::Applied);
    assert_eq!(host.end(), ["09:00:00 a ten entered", "10:00:00 a ten sent", "11:00:00 a ten entered"]);
}
