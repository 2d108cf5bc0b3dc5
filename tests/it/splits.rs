//! Splits over many users: an arm is kept, salts are shared when they are written, and resizing moves only those it must.
//!
//! Whose hash falls where cannot be worked out by hand, so these are statements over two runs of the same users.

use crate::support::{compile_text, findings};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use wayline::engine::{Effects, Engine};
use wayline::host::memory::{Memory, Sink};
use wayline::host::writer::Writer;
use wayline::ingest::Decoder;
use wayline_compiler::calendar::text::parse_instant;
use wayline_compiler::predicates::{Backend, Predicates};

const USERS: usize = 2_000;

struct Print {
    writer: Writer,
    out: Vec<u8>,
}

impl Sink for Print {
    fn take(&mut self, user: &str, effects: &Effects) {
        self.writer.push_all(&mut self.out, user, effects);
    }
}

/// The arms each user takes, in order, by journey: the text of the message each arm sends. Every user begins twice, a day apart.
type Taken = BTreeMap<(String, String), Vec<String>>;

fn taken(journeys: &str) -> Taken {
    let text = format!(
        "event begin {{ }}\nchannel note {{ purposes transactional; main body: string; }}\npolicy {{ }}\n{journeys}"
    );
    let (sources, compiled) = compile_text("splits.way", &text);
    let Some(program) = compiled.program.clone() else { panic!("{}", findings(&sources, &compiled)) };
    let predicates = Predicates::new(&program, Backend::Interp).expect("predicates compile");
    let until = parse_instant("2026-02-01T00:00:00Z");
    let mut memory = Memory::new(Engine::new(Arc::new(predicates)), until);
    let mut decoder = Decoder::new(&program);
    let mut print = Print { writer: Writer::new(&program), out: Vec::new() };
    for day in 5..7 {
        for user in 0..USERS {
            let line = format!(
                r#"{{"type":"track","messageId":"m{day}-{user}","userId":"u{user}","event":"begin","timestamp":"2026-01-0{day}T10:00:00Z","properties":{{}}}}"#
            );
            let line = decoder.decode(line.as_bytes()).unwrap_or_else(|bad| panic!("{bad}: {line}"));
            memory.take(&line, &mut print);
        }
    }
    memory.finish(&mut print);
    let mut taken = Taken::new();
    for line in String::from_utf8(print.out).expect("decisions are text").lines() {
        let decision: Value = serde_json::from_str(line).expect("a decision is JSON");
        let word = |field: &str| decision[field].as_str().unwrap_or_default().to_owned();
        let arms = taken.entry((word("journey"), word("user"))).or_default();
        if word("kind") == "sent" {
            arms.push(decision["message"]["body"].as_str().unwrap_or_default().to_owned());
        }
    }
    taken
}

/// The arm each user of the journey `j` takes; `-` is the holdout.
fn arms(split: &str) -> BTreeMap<String, String> {
    let taken = taken(&format!("journey j {{ on begin reenter every; purpose transactional; {split} }}"));
    let arm = |arms: Vec<String>| match arms.as_slice() {
        [] => "-".to_owned(),
        [first, second] if first == second => first.clone(),
        other => panic!("a split is sticky: {other:?}"),
    };
    taken.into_iter().map(|((_, user), arms)| (user, arm(arms))).collect()
}

/// How many users go from one arm to another.
fn moves(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> BTreeMap<(String, String), usize> {
    let mut moves = BTreeMap::new();
    for (user, arm) in before {
        if arm != &after[user] {
            *moves.entry((arm.clone(), after[user].clone())).or_default() += 1;
        }
    }
    moves
}

fn ways(moves: &BTreeMap<(String, String), usize>) -> Vec<(&str, &str)> {
    moves.keys().map(|(from, to)| (from.as_str(), to.as_str())).collect()
}

const FIRST: &str = r#"split s { a 45% { send note "a"; } b 45% { send note "b"; } holdout 10% }"#;

#[test]
fn shares_are_about_as_large_as_written() {
    let arms = arms(FIRST);
    assert_eq!(arms.len(), USERS);
    for (arm, share) in [("a", 0.45), ("b", 0.45), ("-", 0.10)] {
        let found = arms.values().filter(|found| *found == arm).count() as f64 / USERS as f64;
        assert!((found - share).abs() < 0.04, "{arm}: {found}");
    }
}

#[test]
fn resizing_moves_only_those_it_must() {
    let first = arms(FIRST);
    let weights = arms(r#"split s { a 30% { send note "a"; } b 60% { send note "b"; } holdout 10% }"#);
    let moved = moves(&first, &weights);
    assert_eq!(ways(&moved), [("a", "b")], "only out of the arm that shrinks, into the one that grows");
    let part = moved.values().sum::<usize>() as f64 / USERS as f64;
    assert!((part - 0.15).abs() < 0.04, "no more than the share that changes hands: {part}");

    let holdout = arms(r#"split s { a 40% { send note "a"; } b 40% { send note "b"; } holdout 20% }"#);
    assert_eq!(ways(&moves(&first, &holdout)), [("a", "-"), ("b", "-")], "a larger holdout only takes in");

    let third = arms(
        r#"split s { c 10% { send note "c"; } b 40% { send note "b"; } a 40% { send note "a"; } holdout 10% }"#,
    );
    assert_eq!(
        ways(&moves(&first, &third)),
        [("a", "c"), ("b", "c")],
        "a new arm only takes in, wherever it stands"
    );
}

#[test]
fn a_salt_is_the_journey_and_the_split_unless_written() {
    let both =
        |split: &str| format!(r#"{split} {{ a 50% {{ send note "a"; }} b 50% {{ send note "b"; }} }}"#);
    let run = taken(&format!(
        "journey one {{ on begin reenter every; purpose transactional; {} }}
         journey two {{ on begin reenter every; purpose transactional; {} }}
         journey three {{ on begin reenter every; purpose transactional; {} }}
         journey four {{ on begin reenter every; purpose transactional; {} }}",
        both(r#"split s salt "shared""#),
        both(r#"split other salt "shared""#),
        both("split s"),
        both("split s"),
    ));
    let of = |journey: &str, user: usize| &run[&(journey.to_owned(), format!("u{user}"))];
    let same = |one: &str, two: &str| (0..USERS).filter(|user| of(one, *user) == of(two, *user)).count();
    assert_eq!(same("one", "two"), USERS, "one salt, one arm");
    for (one, two) in [("one", "three"), ("three", "four")] {
        let part = same(one, two) as f64 / USERS as f64;
        assert!((part - 0.5).abs() < 0.05, "{one} and {two} are independent: {part}");
    }
}
