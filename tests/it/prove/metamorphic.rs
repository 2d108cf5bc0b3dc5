//! Changes that mean nothing change no verdict: other names, another order of what is independent, one wait as two, a journey that has
//! nothing to do with the others.
//!
//! `WAYLINE_CHANGES=2000` tries more programs.

use super::number;
use super::worlds::program;
use crate::sim::rng::Rng;
use std::collections::BTreeMap;
use wayline_compiler::{Compiled, Settings, Sources, compile};

/// Programs that are always tried.
const CHANGES: u64 = 40;

/// Findings about the journey at hand, by name.
type Verdicts = BTreeMap<&'static str, usize>;

fn verdicts(text: &str) -> (Verdicts, Compiled) {
    let mut sources = Sources::new();
    sources.add("w.way", text.to_owned());
    let compiled = compile(&sources, &Settings::default());
    let mut verdicts = Verdicts::new();
    for finding in &compiled.diagnostics {
        // Figures are of each journey; here only what is said of conditions and waits counts.
        if !finding.code.name.ends_with("-bound") {
            *verdicts.entry(finding.code.name).or_default() += 1;
        }
    }
    (verdicts, compiled)
}

/// What is left of a program but for one change.
type Change = fn(&str) -> Option<String>;

const CHANGED: &[(&str, Change)] = &[
    ("other names", renamed),
    ("another order of declarations", reordered),
    ("one wait as two", split_waits),
    ("a journey beside it", beside),
    ("conditions the other way round", turned),
    ("what is said twice", doubled),
];

fn renamed(text: &str) -> Option<String> {
    let names = [("ping", "zz_first"), ("stop", "aa_last"), ("journey j ", "journey zzz "), ("level", "aaa")];
    Some(names.into_iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to)))
}

/// The events stand after the journey.
fn reordered(text: &str) -> Option<String> {
    let (events, rest) = text.split_once("user {")?;
    let events: Vec<&str> = events.lines().rev().collect();
    Some(format!("user {{{rest}\n{}\n", events.join("\n")))
}

fn split_waits(text: &str) -> Option<String> {
    text.contains("wait 2h; ").then(|| text.replace("wait 2h; ", "wait 1h; wait 1h; "))
}

fn beside(text: &str) -> Option<String> {
    let other = "event elsewhere { n: int; }\njourney other { on elsewhere reenter never; wait 1h; send push \"o\"; }\n";
    Some(format!("{other}{text}"))
}

/// `(a) and (b)` as `(b) and (a)`, where neither has brackets inside.
fn turned(text: &str) -> Option<String> {
    let mut out = text.to_owned();
    for word in [" and ", " or "] {
        let middle = format!("){word}(");
        let at = out.find(&middle)?;
        let (left, right) = out.split_at(at);
        let right = &right[middle.len()..];
        let (open, close) = (left.rfind('(')?, right.find(')')?);
        let (a, b) = (&left[open + 1..], &right[..close]);
        // What guards an optional must stay on the left of what reads it.
        if a.contains(" exists") || b.contains(" exists") || a.contains([')', '(']) || b.contains('(') {
            return None;
        }
        out = format!("{}({b}){word}({a}){}", &left[..open], &right[close + 1..]);
    }
    Some(out)
}

/// A condition and itself.
fn doubled(text: &str) -> Option<String> {
    text.contains("if user.flag ").then(|| text.replace("if user.flag ", "if (user.flag) and (user.flag) "))
}

#[test]
fn changes_that_mean_nothing_change_no_verdict() {
    let mut tried: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in 0..number("WAYLINE_CHANGES").unwrap_or(CHANGES) {
        let text = program::write(&mut Rng::new(seed ^ 0x00c4_a6e5)).text;
        let (before, _) = verdicts(&text);
        for (what, change) in CHANGED {
            let Some(changed) = change(&text) else { continue };
            let (after, _) = verdicts(&changed);
            assert_eq!(before, after, "seed {seed}: {what} changed the verdicts\n{text}\n{changed}");
            *tried.entry(what).or_default() += 1;
        }
    }
    println!("{tried:?}");
}
