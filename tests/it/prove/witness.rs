//! Every witness is replayed in the engine: of the corpus, the examples, the pages, and of random journeys with promises.
//!
//! `WAYLINE_PROMISES=5000` tries more random ones.

use super::number;
use super::worlds::program;
use crate::sim::rng::Rng;
use crate::support::{files, folder, folders, read};
use wayline::host::replay::replay;
use wayline_compiler::{Compiled, Settings, Sources, codes, compile};

/// Random journeys that are always tried.
const PROMISES: u64 = 60;

fn compiled(texts: &[(String, String)]) -> Compiled {
    let mut sources = Sources::new();
    for (name, text) in texts {
        sources.add(name.clone(), text.clone());
    }
    compile(&sources, &Settings::default())
}

/// Replays every witness of a project; how many there are.
fn all_replay(name: &str, compiled: &Compiled) -> usize {
    let Some(program) = &compiled.witnessed else { return 0 };
    let witnesses = compiled.diagnostics.iter().filter_map(|finding| finding.witness.as_deref());
    witnesses
        .map(|witness| match replay(program, witness) {
            Ok(_) => 1,
            Err(why) => panic!("{name}: {why}\n{:#}", witness.to_json()),
        })
        .sum()
}

#[test]
fn every_witness_of_the_corpus_happens_in_the_engine() {
    let mut projects: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for path in files(&folder("tests/corpus"), "way") {
        // Some files of the corpus are no text.
        if let Ok(text) = std::fs::read_to_string(&path) {
            projects.push((path.display().to_string(), vec![("w.way".to_owned(), text)]));
        }
    }
    for example in folders(&folder("examples")) {
        let texts = files(&example, "way");
        let texts = texts.iter().map(|path| (path.display().to_string(), read(path)));
        projects.push((example.display().to_string(), texts.collect()));
    }
    let pages = files(&folder("tests/corpus/findings"), "md");
    for path in pages.into_iter().chain(files(&folder("compiler/diagnostics"), "md")) {
        for text in blocks(&read(&path)) {
            projects.push((path.display().to_string(), vec![("w.way".to_owned(), text)]));
        }
    }
    // Only a promise has a witness.
    projects.retain(|(_, texts)| texts.iter().any(|(_, text)| text.contains("ensure")));
    let count: usize = projects.iter().map(|(name, texts)| all_replay(name, &compiled(texts))).sum();
    assert!(count >= 5, "only {count} witnesses were found");
}

/// The programs on a page.
fn blocks(page: &str) -> Vec<String> {
    let parts = page.split("```");
    parts
        .skip(1)
        .step_by(2)
        .filter_map(|part| part.strip_prefix("way")?.split_once('\n'))
        .map(|p| p.1.to_owned())
        .collect()
}

#[test]
fn promises_of_random_journeys_are_broken_only_by_what_happens() {
    let (mut told, mut open) = (0, 0);
    for seed in 0..number("WAYLINE_PROMISES").unwrap_or(PROMISES) {
        let mut rng = Rng::new(seed ^ 0x5eed);
        let text = promising(&mut rng);
        let compiled = compiled(&[("w.way".to_owned(), text.clone())]);
        told += all_replay(&format!("seed {seed}:\n{text}"), &compiled);
        open += compiled.diagnostics.iter().filter(|f| f.code == &codes::UNKNOWN).count();
    }
    println!("{told} promises broken with a witness, {open} left open");
    assert!(told > 0, "no promise was broken");
}

/// A small journey or two under a policy that promises something.
fn promising(rng: &mut Rng) -> String {
    let world = program::write(rng);
    let mut text = world.text.replace("reenter never", rng.of(&["reenter never", "reenter after exit"]));
    if rng.one_in(2) {
        let wait = rng.of(&["1h", "5h", "1d"]);
        let filter = rng.of(&["", " where v > 1", " where v == 0 and k == 1"]);
        let filter = filter.replace("k == 1", "v < 2");
        text.push_str(&format!(
            "journey other {{ on ping{filter} reenter {}; send push \"a\"; wait {wait}; send push \"b\"; }}\n",
            rng.of(&["never", "after exit"])
        ));
    }
    text.push_str("policy {\n");
    if rng.one_in(3) {
        text.push_str(rng.of(&["    quiet 21:00 .. 08:00 hold;\n", "    quiet 06:00 .. 20:00 drop;\n"]));
    }
    if rng.one_in(4) {
        text.push_str(rng.of(&["    cap 2 per 1d;\n", "    cap push 1 per day;\n"]));
    }
    let demand = if rng.one_in(3) { "demand " } else { "" };
    let per = rng.of(&["1h", "1d", "day", "week", "30d"]);
    text.push_str(&format!("    ensure {demand}at most {} push per {per};\n}}\n", rng.below(4)));
    text
}
