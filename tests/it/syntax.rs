//! The parser: every file of `corpus/syntax` reports exactly what its `//~ name` markers say, in the words of its snapshot.

use std::path::{Path, PathBuf};
use wayline_compiler::diagnostic::Diagnostics;
use wayline_compiler::source::SourceMap;
use wayline_compiler::syntax;

/// The folder of test inputs.
pub(crate) fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// Every `.way` file below a folder, sorted.
pub(crate) fn way_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return files };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(way_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "way") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Every `.way` file of the repository that is meant to be read by people.
pub(crate) fn all_way_files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = way_files(&corpus());
    files.extend(way_files(&root.join("examples")));
    files.extend(way_files(&root.join("compiler/src/std")));
    files
}

/// The markers of a text: `(line, name)` for each `//~ name`, several on a line separated by spaces. `//~^` means the line above.
fn markers(text: &str) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    for (line, content) in (1u32..).zip(text.lines()) {
        let Some((_, names)) = content.split_once("//~") else { continue };
        let (line, names) = match names.strip_prefix('^') {
            Some(names) => (line - 1, names),
            None => (line, names),
        };
        found.extend(names.split_whitespace().map(|name| (line, name.to_owned())));
    }
    found.sort();
    found
}

/// Parses a text and renders what was found.
fn parse(name: &str, text: &str) -> (Vec<(u32, String)>, String) {
    let mut sources = SourceMap::new();
    let mut diagnostics = Diagnostics::new();
    let file = syntax::load(&mut sources, name, text.as_bytes(), &mut diagnostics);
    let _ = syntax::parse(&sources, file, &mut diagnostics);
    let mut found: Vec<(u32, String)> = diagnostics
        .iter()
        .map(|diagnostic| (sources.location(diagnostic.primary.span).line, diagnostic.code.name.to_owned()))
        .collect();
    found.sort();
    (found, diagnostics.render_plain(&sources))
}

#[test]
fn corpus_reports_what_its_markers_say() {
    let folder = corpus().join("syntax");
    let mut wrong = String::new();
    for path in way_files(&folder) {
        let text = std::fs::read_to_string(&path).expect("a corpus file is readable");
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (found, rendered) = parse(&name, &text);
        let marked = markers(&text);
        if found != marked {
            let missing: Vec<_> = marked.iter().filter(|marker| !found.contains(marker)).collect();
            let further: Vec<_> = found.iter().filter(|finding| !marked.contains(finding)).collect();
            wrong.push_str(&format!("{name}: missing {missing:?}, not marked {further:?}\n{rendered}\n"));
        }
        if !rendered.is_empty() {
            insta::with_settings!({ snapshot_path => "../snapshots/syntax", prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(name.trim_end_matches(".way"), rendered);
            });
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The words of the grammar's rules are the words the grammar lists.
#[test]
fn the_list_of_keywords_is_fresh() {
    use wayline_compiler::syntax::ast::HistoryFn;
    let grammar = include_str!("../../grammar/src/wayline.pest");
    let mut words: Vec<&str> = grammar
        .lines()
        .filter(|line| {
            line.starts_with("kw_") || line.starts_with("weekday_name") || line.starts_with("reserved")
        })
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .filter(|word| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        .collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words, wayline_grammar::KEYWORDS);
    assert!(wayline_grammar::RESERVED.iter().all(|word| wayline_grammar::KEYWORDS.contains(word)));
    let history =
        grammar.split("history_name = @{").nth(1).and_then(|rest| rest.split(')').next()).unwrap_or_default();
    let named: Vec<&str> = history.split('"').skip(1).step_by(2).collect();
    for function in HistoryFn::ALL.into_iter().filter(|function| *function != HistoryFn::Did) {
        assert!(named.contains(&function.word()), "{} is not in the grammar", function.word());
    }
    assert_eq!(named.len() + 1, HistoryFn::ALL.len());
}

/// Texts in other encodings, and files that are too large, are reported once and read as far as that makes sense.
#[test]
fn what_is_not_utf8_is_said() {
    let bytes_of = |name: &str, bytes: &[u8]| {
        let mut sources = SourceMap::new();
        let mut diagnostics = Diagnostics::new();
        let file = syntax::load(&mut sources, name, bytes, &mut diagnostics);
        let _ = syntax::parse(&sources, file, &mut diagnostics);
        diagnostics.iter().map(|found| found.code.name).collect::<Vec<_>>()
    };
    assert_eq!(bytes_of("utf16le.way", b"\xFF\xFEo\0n\0 \0a\0;\0"), ["encoding"]);
    assert_eq!(bytes_of("utf16be.way", b"\0o\0n\0 \0a\0;\0 \0\n"), ["encoding"]);
    assert_eq!(bytes_of("euckr.way", b"define a = \"\xB0\xA1\";"), ["encoding"]);
    assert_eq!(bytes_of("mark.way", "\u{FEFF}define a = 1;".as_bytes()), ["byte-order-mark"]);
    assert_eq!(bytes_of("nul.way", b"define a = \"\0\";"), ["control-character"]);
    assert_eq!(bytes_of("bidi.way", "define a = \"\u{202E}\";".as_bytes()), ["bidi-control"]);
    assert_eq!(bytes_of("large.way", &vec![b' '; syntax::MAX_BYTES + 1]), ["limit"]);
    assert_eq!(bytes_of("largest.way", &vec![b' '; syntax::MAX_BYTES]), [""; 0]);
}
