//! The parser and the formatter on anything: they never panic, and stay fast on what nests or goes on for long.

use crate::syntax::all_way_files;
use proptest::prelude::*;
use wayline_compiler::diagnostic::Diagnostics;
use wayline_compiler::fmt::{FmtError, format};
use wayline_compiler::source::SourceMap;
use wayline_compiler::syntax::{MAX_DEPTH, ast, load, parse};

fn parse_text(text: &str) -> (ast::File, Diagnostics, SourceMap) {
    let mut sources = SourceMap::new();
    let mut diagnostics = Diagnostics::new();
    let file = load(&mut sources, "fuzz.way", text.as_bytes(), &mut diagnostics);
    let tree = parse(&sources, file, &mut diagnostics);
    (tree, diagnostics, sources)
}

/// Reads a text, renders what was said, and formats it where it is well-formed.
fn survive(text: &str) {
    let (_, diagnostics, sources) = parse_text(text);
    let said = diagnostics.render_plain(&sources);
    assert!(!said.contains("cannot be read as Wayline"), "the grammar is not total:\n{text}");
    if let Err(FmtError::Internal(why)) = format(text) {
        panic!("{why}:\n{text}");
    }
}

#[test]
fn every_prefix_of_a_file_can_be_read() {
    for path in all_way_files() {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        // Many cuts of the file that has everything, some of each other, not always the same places of a line.
        let cuts = if path.ends_with("every_construct.way") { 400 } else { 15 };
        let step = (ends.len() / cuts).max(1) | 1;
        for &end in ends.iter().step_by(step) {
            let (_, diagnostics, sources) = parse_text(&text[..end]);
            let _ = diagnostics.render_plain(&sources);
        }
    }
}

#[test]
fn a_broken_prefix_is_said_to_be_broken() {
    let (_, diagnostics, _) = parse_text("journey j { on a; if x { send push \"a");
    assert!(diagnostics.has_errors());
}

/// Pieces that meet in real files, and some that never should.
const TOKENS: &[&str] = &[
    "journey",
    "event",
    "policy",
    "channel",
    "user",
    "test",
    "classify",
    "segment",
    "define",
    "sequence",
    "template",
    "catalog",
    "on",
    "at",
    "every",
    "goal",
    "exit",
    "when",
    "refresh",
    "purpose",
    "marketing",
    "lasts",
    "most",
    "holdout",
    "active",
    "wait",
    "until",
    "for",
    "up",
    "to",
    "1d",
    "if",
    "else",
    "unless",
    "match",
    "otherwise",
    "=>",
    "split",
    "45%",
    "send",
    "push",
    "repeat",
    "times",
    "set",
    "emit",
    "call",
    "do",
    "expect",
    "nothing",
    "provider",
    "fails",
    "delete",
    "after",
    "20m",
    "{",
    "}",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    ";",
    ";",
    ":",
    ",",
    ".",
    "..",
    "=",
    "==",
    "!=",
    "??",
    "+",
    "-",
    "*",
    "/",
    "|",
    "?",
    "and",
    "or",
    "not",
    "in",
    "where",
    "any",
    "all",
    "did",
    "count",
    "last",
    "within",
    "next",
    "since",
    "entry",
    "ever",
    "exists",
    "older",
    "than",
    "true",
    "x",
    "y",
    "user.name",
    "`in`",
    "42",
    "2.5",
    "09:00",
    "24:00",
    "2026-12-24",
    "2026-12-24T18:00:00+09:00",
    "\"text\"",
    "\"{x}\"",
    "\"{",
    "}\"",
    "\"\"\"",
    "\"",
    "\\{",
    "/// doc\n",
    "// comment\n",
    "\n",
    "\n",
    "/*",
    "*/",
    "#",
    "<<<<<<<",
    "&&",
    "||",
    "!",
    "'",
    "“",
    "1 hour",
    "9am",
    "한글",
    "é",
    "e\u{301}",
    "\u{202E}",
    "\u{FEFF}",
    "\0",
    "；",
    "🎁",
    "list<",
    "string",
    "int",
    "per",
    "reenter",
    "restart",
    "cap",
    "quiet",
    "hold",
    "profile",
    "labels",
    "because",
];

fn soup() -> impl Strategy<Value = String> {
    let piece = (prop::sample::select(TOKENS), prop::sample::select(&[" ", "", "\n", " "][..]));
    prop::collection::vec(piece, 0..60)
        .prop_map(|pieces| pieces.into_iter().map(|(token, space)| format!("{token}{space}")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn token_soup_can_be_read(text in soup()) {
        survive(&text);
    }

    #[test]
    fn any_text_can_be_read(text in ".{0,200}") {
        survive(&text);
    }

    #[test]
    fn a_file_with_a_piece_replaced_can_be_read(at in 0.0..1.0_f64, length in 0_usize..40, piece in soup()) {
        let text = include_str!("../corpus/syntax/every_construct.way");
        let floor = |at: usize| (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a file")]
        let start = floor((at * text.len() as f64) as usize);
        let end = floor(start + length);
        survive(&format!("{}{piece}{}", &text[..start], &text[end..]));
    }
}

/// What nests `count` deep in the ways the language can nest.
fn nested(count: usize) -> Vec<String> {
    let around = |head: &str, open: &str, middle: &str, close: &str| {
        format!("{head}{}{middle}{}", open.repeat(count), close.repeat(count))
    };
    vec![
        around("define x = ", "(", "1", ")") + ";",
        around("define x = ", "at_least(", "1", ", 2)") + ";",
        around("define x = ", "[", "1", "]") + ";",
        around("define x = ", "not ", "a", "") + ";",
        around("define x = ", "- ", "1", "") + ";",
        around("define x = ", "\"{", "a", "}\"") + ";",
        around("segment s = ", "did a where ", "b", "") + ";",
        around("segment s = ", "did a since ", "b", "") + ";",
        around("segment s = ", "any a where ", "b", "") + ";",
        around("event e { a: ", "list<", "int", ">") + "; }",
        around("event e { a: ", "{ b: ", "int", "; }") + "; }",
        around("journey j { on a; ", "if x { ", "exit;", "}") + " }",
        around("journey j { on a; ", "if x ", "exit", "") + "; }",
        around("journey j { on a; ", "unless x ", "exit", "") + "; }",
        around("journey j { on a; ", "wait until x up to 1d else ", "exit", "") + "; }",
        around("journey j { on a; ", "match x { otherwise => ", "exit", " }") + " }",
    ]
}

#[test]
fn what_nests_deep_is_refused_and_what_nests_less_is_read() {
    for text in nested(50) {
        let (_, diagnostics, sources) = parse_text(&text);
        assert!(diagnostics.is_empty(), "{text}\n{}", diagnostics.render_plain(&sources));
    }
    for text in nested(20_000) {
        // Refused before the grammar sees it, so that no stack overflows.
        let (_, diagnostics, _) = parse_text(&text);
        let limited = diagnostics.iter().any(|found| found.code.name == "limit");
        assert!(limited, "{}…", &text[..80]);
    }
    assert_eq!(MAX_DEPTH, 64);
}

#[test]
fn what_nests_deep_and_is_broken_is_read_in_time() {
    for count in [10, 30, 50, 60] {
        for text in nested(count) {
            for cut in [text.len() / 3, text.len() / 2, text.len() - 2] {
                survive(&text[..cut]);
                survive(&format!("{}?? ?? {}", &text[..cut], &text[cut..]));
            }
        }
    }
}

#[test]
fn long_chains_are_flat() {
    let count = 100_000;
    let chains = [("1", " + "), ("1", " * "), ("a", " and "), ("a", " or "), ("a", " ?? ")];
    for (term, sign) in chains {
        let text = format!("define x = {};", vec![term; count].join(sign));
        let (tree, diagnostics, _) = parse_text(&text);
        assert!(diagnostics.is_empty(), "{term}{sign}");
        let copy = tree.clone();
        assert!(copy == tree, "{term}{sign}");
    }
    let (_, diagnostics, _) =
        parse_text(&format!("journey j {{ on a; if a exit {} }}", "else if a exit ".repeat(30_000)));
    assert!(diagnostics.len() <= 1);
}
