//! Copies of the examples with one defect each: `corpus/seeded_defects.md`. What is wrong with them must be found.

use crate::support::{files, folder, name, read};
use wayline_compiler::{Settings, Sources, compile};

/// A way in which an example was broken.
#[derive(Debug, Default)]
struct Seed {
    title: String,
    example: String,
    finding: String,
    /// What stands in the example, and what takes its place.
    hunks: Vec<(String, String)>,
}

#[test]
fn seeded_defects_are_found() {
    let seeds = seeds();
    assert!(seeds.len() >= 25, "only {} seeds", seeds.len());
    let mut wrong = String::new();
    for seed in &seeds {
        let mut sources = Sources::new();
        let mut places = vec![0; seed.hunks.len()];
        for path in files(&folder(&format!("examples/{}", seed.example)), "way") {
            let mut text = read(&path);
            for ((old, new), places) in seed.hunks.iter().zip(&mut places) {
                *places += text.matches(old.as_str()).count();
                text = text.replace(old.as_str(), new);
            }
            sources.add(name(&path), text);
        }
        if places.iter().any(|count| *count != 1) {
            wrong.push_str(&format!("{}: the example has its lines {places:?} times\n", seed.title));
            continue;
        }
        let diagnostics = compile(&sources, &Settings::default()).diagnostics;
        if !diagnostics.iter().any(|found| found.code.name == seed.finding) {
            wrong.push_str(&format!("{}\n{}\n", seed.title, diagnostics.render_plain(sources.map())));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The seeds, in written order.
fn seeds() -> Vec<Seed> {
    let page = read(&folder("tests/corpus").join("seeded_defects.md"));
    let mut seeds: Vec<Seed> = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            let mut parts = title.splitn(3, ": ").map(str::to_owned);
            let mut next =
                || parts.next().unwrap_or_else(|| panic!("`EXAMPLE: FINDING: STORY` in `{title}`"));
            let (example, finding) = (next(), next());
            seeds.push(Seed { title: title.to_owned(), example, finding, hunks: Vec::new() });
        } else if line == "```diff" {
            let (mut old, mut new) = (String::new(), String::new());
            for line in lines.by_ref().take_while(|line| *line != "```") {
                let (text, side) = match line.split_at_checked(1) {
                    Some(("-", text)) => (text, &mut old),
                    Some(("+", text)) => (text, &mut new),
                    _ => panic!("`-` or `+` before `{line}`"),
                };
                side.push_str(text);
                side.push('\n');
            }
            let seed = seeds.last_mut().expect("a heading before the first change");
            seed.hunks.push((old, new));
        }
    }
    seeds
}
