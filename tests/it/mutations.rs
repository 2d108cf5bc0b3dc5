//! Damaged programs: whatever is cut out of, put into or swapped in a good file, the compiler says something and never panics.

use crate::support::{compile_text, files, folder, read};

/// How many damages each file suffers.
const ROUNDS: u64 = 2;

/// A small generator: the same damages on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit.max(1)
    }
}

const PIECES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    ";",
    "\"",
    "`",
    "where",
    "if",
    "else",
    "not",
    "exists",
    "??",
    "/ 0",
    "-",
    "[",
    "]",
    "1h",
    "1mo",
    "24:00",
    "9999999999999",
    "user.",
    "entry.",
    "|",
    "=>",
    "\u{202e}",
    "\u{0}",
    "😀",
    "홀",
    "{user.name}",
    "on",
    "send",
    "any",
    "ever",
    "..",
    ":",
    "=",
    "\n",
    "//",
    "///",
];

#[test]
fn damaged_files_never_panic() {
    let mut paths = files(&folder("examples"), "way");
    paths.extend(files(&folder("tests/corpus"), "way"));
    paths.extend(files(&folder("compiler/src/std"), "way"));
    for (path, seed) in paths.iter().zip(1u64..) {
        let text = read_lossy(path);
        if text.len() > 20_000 {
            continue;
        }
        for round in 0..ROUNDS {
            let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ round);
            let damaged = damage(&text, &mut dice);
            let (sources, compiled) = compile_text("damaged.way", &damaged);
            let said = compiled.diagnostics.render_plain(sources.map());
            assert_eq!(said.is_empty(), compiled.diagnostics.is_empty());
        }
    }
}

fn read_lossy(path: &std::path::Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

/// Cuts words out, doubles some, swaps some, puts pieces between.
fn damage(text: &str, dice: &mut Dice) -> String {
    let mut words = split(text);
    for _ in 0..=dice.below(4) {
        if words.is_empty() {
            break;
        }
        let at = dice.below(words.len());
        match dice.below(5) {
            0 => drop(words.remove(at)),
            1 => words.insert(at, words[at]),
            2 => {
                let other = dice.below(words.len());
                words.swap(at, other);
            }
            3 => words.insert(at, PIECES[dice.below(PIECES.len())]),
            _ => words.truncate(at.max(1)),
        }
    }
    words.concat()
}

/// Words, runs of blanks, single signs.
fn split(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let same = |c: char| (word(first) && word(c)) || (first == ' ' && c == ' ');
        let length: usize = rest.chars().take_while(|c| same(*c)).map(char::len_utf8).sum();
        let (word, after) = rest.split_at(length.max(first.len_utf8()));
        words.push(word);
        rest = after;
    }
    words
}

#[test]
fn the_same_text_gives_the_same_findings() {
    for path in files(&folder("tests/corpus/broken"), "way") {
        if path.ends_with("binary_junk.way") {
            continue;
        }
        let text = read(&path);
        let once = compile_text("same.way", &text);
        let again = compile_text("same.way", &text);
        assert_eq!(
            once.1.diagnostics.render_plain(once.0.map()),
            again.1.diagnostics.render_plain(again.0.map()),
            "{}",
            path.display()
        );
    }
}
