//! Journeys over events on the virtual clock: folders of `corpus/run`, each about one statement of the language.
//!
//! A folder holds `journeys.way` and cases: `X.jsonl` (input lines), `X.until` (an instant), `X.expect.jsonl`. What is expected was worked
//! out by hand. Of each user, decisions are paired with expectations by the fields those state:
//! - `sent`, `dropped`, `failed`, `converted`, `refused` are strict: all of them are listed, and come in the order of time;
//! - of other kinds, those listed must be there;
//! - `{"kinds": […]}` replaces the strict kinds of a case, `{"never": {…}}` is matched by no decision, `{"note": "…"}` says what the
//!   case is about;
//! - `at` and `until` compare instants, `at` the offset too; `reason` may be followed by more words; `message` is a subset; a text
//!   may be `{"contains": "…"}`.

use crate::support::{files, folder, read};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use wayline::engine::{Effects, Engine};
use wayline::host::memory::{Memory, Sink};
use wayline::host::writer::Writer;
use wayline::ingest::Decoder;
use wayline_compiler::calendar::text::parse_instant;
use wayline_compiler::ir::Program;
use wayline_compiler::predicates::{Backend, Predicates};
use wayline_compiler::{Settings, Sources, compile};

type Object = Map<String, Value>;

const STRICT: [&str; 5] = ["sent", "dropped", "failed", "converted", "refused"];

/// Runs every case; `WAYLINE_CASE=part-of-a-path` only some, printing what they decide.
#[test]
fn journeys_decide_as_the_language_says() {
    let wanted = std::env::var("WAYLINE_CASE").ok();
    let root = folder("tests/corpus/run");
    let mut failures = Vec::new();
    let mut tried = 0;
    for path in files(&root, "way") {
        let home = path.parent().unwrap_or(&root);
        let program = match program(&path) {
            Ok(program) => program,
            Err(why) => {
                failures.push(why);
                continue;
            }
        };
        for expect in
            files(home, "jsonl").iter().filter(|file| file.to_string_lossy().ends_with(".expect.jsonl"))
        {
            let name = expect.to_string_lossy().trim_end_matches(".expect.jsonl").to_owned();
            if wanted.as_ref().is_some_and(|wanted| !name.contains(wanted.as_str())) {
                continue;
            }
            tried += 1;
            let lines = read(Path::new(&format!("{name}.jsonl")));
            let until = read(Path::new(&format!("{name}.until")));
            for backend in [Backend::Interp, Backend::Auto] {
                let decided = decide(&program, backend, &lines, until.trim());
                if wanted.is_some() {
                    println!("{name}\n{decided}");
                }
                if let Err(why) = compare(&objects(&read(expect)), &objects(&decided)) {
                    failures.push(format!("{name} ({backend:?}): {why}"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} of {tried} cases differ:\n{}", failures.len(), failures.join("\n"));
}

fn program(path: &Path) -> Result<Arc<Program>, String> {
    let mut sources = Sources::new();
    sources.add("journeys.way", read(path));
    let compiled = compile(&sources, &Settings::default());
    let findings = || format!("{}:\n{}", path.display(), compiled.diagnostics.render_plain(sources.map()));
    compiled.program.ok_or_else(findings)
}

/// Prints decisions.
struct Print {
    writer: Writer,
    out: Vec<u8>,
}

impl Sink for Print {
    fn take(&mut self, user: &str, effects: &Effects) {
        self.writer.push_all(&mut self.out, user, effects);
    }
}

/// What a program decides over these lines.
fn decide(program: &Arc<Program>, backend: Backend, lines: &str, until: &str) -> String {
    let predicates = match Predicates::new(program, backend) {
        Ok(predicates) => predicates,
        Err(error) => panic!("{error}"),
    };
    let until = parse_instant(until);
    assert!(until.is_some(), "`.until` is not an instant");
    let mut memory = Memory::new(Engine::new(Arc::new(predicates)), until);
    let mut decoder = Decoder::new(program);
    let mut print = Print { writer: Writer::new(program), out: Vec::new() };
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        match decoder.decode(line.as_bytes()) {
            Ok(line) => drop(memory.take(&line, &mut print)),
            Err(bad) => panic!("{bad}: {line}"),
        }
    }
    memory.finish(&mut print);
    String::from_utf8(print.out).unwrap_or_default()
}

fn objects(text: &str) -> Vec<Object> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| match serde_json::from_str(line) {
            Ok(Value::Object(object)) => object,
            Ok(_) | Err(_) => panic!("not an object: {line}"),
        })
        .collect()
}

fn compare(expected: &[Object], decided: &[Object]) -> Result<(), String> {
    let kinds = expected.iter().find_map(|line| line.get("kinds")).and_then(Value::as_array);
    let strict: BTreeSet<&str> = match kinds {
        Some(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        None => STRICT.into(),
    };
    for never in expected.iter().filter_map(|line| line.get("never")?.as_object()) {
        if let Some(decision) = decided.iter().find(|decision| mismatch(never, decision).is_none()) {
            return Err(format!("must never be: {}", short(decision)));
        }
    }
    let expected: Vec<&Object> = expected.iter().filter(|line| line.contains_key("kind")).collect();
    let users: BTreeSet<&str> =
        expected.iter().copied().chain(decided).map(|line| text(line, "user")).collect();
    for user in users {
        for is_strict in [true, false] {
            let of = |line: &&Object| {
                text(line, "user") == user && strict.contains(text(line, "kind")) == is_strict
            };
            let wanted: Vec<&Object> = expected.iter().copied().filter(of).collect();
            let found: Vec<&Object> = decided.iter().filter(of).collect();
            if is_strict && !found.is_sorted_by_key(|line| parse_instant(text(line, "at"))) {
                return Err(format!("{user}: decisions go back in time"));
            }
            pair(user, &wanted, &found, is_strict)?;
        }
    }
    Ok(())
}

/// Pairs each expectation with a decision of its own (augmenting paths), and of strict kinds each decision with an expectation.
fn pair(user: &str, wanted: &[&Object], found: &[&Object], is_strict: bool) -> Result<(), String> {
    let mut of_found: Vec<Option<usize>> = vec![None; found.len()];
    for at in 0..wanted.len() {
        if !seek(at, wanted, found, &mut of_found, &mut vec![false; found.len()]) {
            let same = |decision: &&&Object| text(decision, "kind") == text(wanted[at], "kind");
            let nearest = found.iter().find(|d| same(d) && !of_found.contains(&Some(at)));
            let why = nearest
                .map(|d| format!("; nearest {} ({})", short(d), mismatch(wanted[at], d).unwrap_or_default()));
            return Err(format!(
                "{user}: no {}{}",
                Value::Object(wanted[at].clone()),
                why.unwrap_or_default()
            ));
        }
    }
    let extra = of_found.iter().position(Option::is_none).filter(|_| is_strict);
    extra.map_or(Ok(()), |extra| Err(format!("{user}: unexpected {}", short(found[extra]))))
}

fn seek(
    at: usize,
    wanted: &[&Object],
    found: &[&Object],
    of: &mut Vec<Option<usize>>,
    seen: &mut Vec<bool>,
) -> bool {
    for candidate in 0..found.len() {
        let fits = text(wanted[at], "kind") == text(found[candidate], "kind");
        if seen[candidate] || !fits || mismatch(wanted[at], found[candidate]).is_some() {
            continue;
        }
        seen[candidate] = true;
        if of[candidate].is_none_or(|other| seek(other, wanted, found, of, seen)) {
            of[candidate] = Some(at);
            return true;
        }
    }
    false
}

fn text<'o>(object: &'o Object, field: &str) -> &'o str {
    object.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn short(decision: &Object) -> String {
    let kept =
        ["at", "user", "journey", "key", "kind", "step", "channel", "reason", "until", "detail", "message"];
    let kept = kept.into_iter().filter_map(|field| Some((field.to_owned(), decision.get(field)?.clone())));
    Value::Object(kept.collect()).to_string()
}

/// Why a decision is not what was expected.
fn mismatch(expected: &Object, decision: &Object) -> Option<String> {
    expected.iter().find_map(|(field, want)| {
        let got = decision.get(field).unwrap_or(&Value::Null);
        let fits = match field.as_str() {
            "at" => same_instant(want, got) && offset(want) == offset(got),
            "until" => same_instant(want, got),
            "reason" => starts_with_word(want.as_str().unwrap_or_default(), got.as_str().unwrap_or_default()),
            "message" => want.as_object().is_some_and(|want| {
                let got = got.as_object();
                want.iter()
                    .all(|(name, text)| got.and_then(|got| got.get(name)).is_some_and(|got| says(text, got)))
            }),
            _ => says(want, got),
        };
        (!fits).then(|| format!("{field} {got}, expected {want}"))
    })
}

fn says(want: &Value, got: &Value) -> bool {
    match want.get("contains").and_then(Value::as_str) {
        Some(part) => got.as_str().is_some_and(|got| got.contains(part)),
        None => want == got,
    }
}

fn same_instant(a: &Value, b: &Value) -> bool {
    let instant = |value: &Value| value.as_str().and_then(parse_instant);
    instant(a).is_some() && instant(a) == instant(b)
}

/// The written offset: what follows the clock.
fn offset(value: &Value) -> &str {
    let text = value.as_str().unwrap_or_default();
    let clock = text.find('T').map_or("", |at| &text[at..]);
    clock.find(['+', '-']).map_or("Z", |at| &clock[at..])
}

fn starts_with_word(want: &str, got: &str) -> bool {
    got.strip_prefix(want).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}
