//! The rules of the house, kept over the whole tree: who may import what, how long files may be.
//!
//! Each rule is an absence ("X knows nothing of Y"). A rule that fires names the file and line and says where the code belongs.

use std::fs;
use std::path::{Path, PathBuf};

/// Most lines a source file may have.
const MAX_LINES: usize = 600;

/// A word that only some folders may use.
struct Only {
    /// What is looked for.
    words: &'static [&'static str],
    /// Path prefixes below the repository that may use it.
    allowed: &'static [&'static str],
    /// Path prefixes it is looked for in.
    within: &'static [&'static str],
    /// Why, and where such code belongs.
    why: &'static str,
}

const SOURCES: &[&str] = &["grammar/src", "compiler/src", "runtime/src"];

const RULES: &[Only] = &[
    Only {
        words: &["pest::", "pest_derive", "wayline_grammar"],
        allowed: &["grammar/src", "compiler/src/syntax"],
        within: SOURCES,
        why: "only `syntax` knows the grammar; everything else works on the syntax tree",
    },
    Only {
        words: &["cranelift"],
        allowed: &["compiler/src/jit"],
        within: SOURCES,
        why: "only `jit` generates machine code",
    },
    Only {
        words: &["unsafe {", "unsafe fn", "unsafe impl"],
        allowed: &["compiler/src/jit"],
        within: SOURCES,
        why: "`unsafe` lives in `jit` alone",
    },
    Only {
        words: &["Utc::now", "Local::now", "SystemTime::now", "Instant::now"],
        allowed: &["runtime/src/clock.rs"],
        within: SOURCES,
        why: "the system clock is read in `clock` alone: time comes from the input",
    },
    Only {
        words: &["std::fs", "std::env", "std::process", "std::net"],
        allowed: &["runtime/src/cli", "runtime/src/host", "runtime/src/main.rs"],
        within: SOURCES,
        why: "files, environment and network belong to the hosts and the command line",
    },
    Only {
        words: &["tokio", "rand::"],
        allowed: &["runtime/src/host", "runtime/src/http", "runtime/src/deliver"],
        within: SOURCES,
        why: "the compiler and the engine are pure",
    },
    Only {
        words: &["crate::resolve", "crate::checks", "crate::steps"],
        allowed: &[
            "compiler/src/resolve",
            "compiler/src/checks",
            "compiler/src/pipeline.rs",
            "compiler/src/lib.rs",
        ],
        within: &["compiler/src"],
        why: "what runs a program (`ir`, `eval`, `jit`) knows nothing of how it was made",
    },
    Only {
        words: &["crate::syntax"],
        allowed: &[
            "compiler/src/syntax",
            "compiler/src/fmt",
            "compiler/src/resolve",
            "compiler/src/checks",
            "compiler/src/pipeline.rs",
            "compiler/src/lib.rs",
        ],
        within: &["compiler/src"],
        why: "the syntax tree ends at `resolve`",
    },
    Only {
        words: &["crate::host", "crate::cli", "crate::ingest"],
        allowed: &["runtime/src/host", "runtime/src/cli", "runtime/src/lib.rs", "runtime/src/main.rs"],
        within: &["runtime/src"],
        why: "the engine knows nothing of its hosts",
    },
];

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests live in the workspace").to_path_buf()
}

/// Every Rust file below `folder`, sorted.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

#[test]
fn imports_follow_the_arrows() {
    let root = root();
    let mut findings = Vec::new();
    for rule in RULES {
        for folder in rule.within {
            for file in rust_files(&root.join(folder)) {
                let name = relative(&file, &root);
                if rule.allowed.iter().any(|a| name.starts_with(a)) {
                    continue;
                }
                let text = fs::read_to_string(&file).expect("sources are UTF-8");
                for (number, line) in text.lines().enumerate() {
                    let code = line.split("//").next().unwrap_or_default();
                    if let Some(word) = rule.words.iter().find(|w| code.contains(**w)) {
                        findings.push(format!("{name}:{}: `{word}`: {}", number + 1, rule.why));
                    }
                }
            }
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let root = root();
    let mut findings = Vec::new();
    for folder in ["grammar", "compiler", "runtime", "tests"] {
        for file in rust_files(&root.join(folder)) {
            let name = relative(&file, &root);
            if name.contains("/target/") {
                continue;
            }
            let text = fs::read_to_string(&file).expect("sources are UTF-8");
            let lines = text.lines().count();
            if lines > MAX_LINES {
                findings.push(format!("{name}: {lines} lines; split it by topic (at most {MAX_LINES})"));
            }
            if !text.starts_with("//!") {
                findings
                    .push(format!("{name}: opens without `//!`: say what it does and what it must not know"));
            }
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn every_unsafe_block_says_why_it_is_sound() {
    let root = root();
    let mut findings = Vec::new();
    for file in rust_files(&root.join("compiler/src/jit")) {
        let text = fs::read_to_string(&file).expect("sources are UTF-8");
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            if line.contains("unsafe {") || line.contains("unsafe impl") {
                let before = &lines[number.saturating_sub(6)..=number];
                if !before.iter().any(|l| l.contains("SAFETY:")) {
                    findings.push(format!("{}:{}: no `SAFETY:` above", relative(&file, &root), number + 1));
                }
            }
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn every_decision_is_numbered_once() {
    let folder = root().join("docs/decisions");
    let mut numbers = std::collections::BTreeMap::<String, Vec<String>>::new();
    for entry in fs::read_dir(folder).expect("there are decisions").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some((number, _)) = name.split_once('-') {
            numbers.entry(number.to_owned()).or_default().push(name.clone());
        }
    }
    let twice: Vec<_> = numbers.values().filter(|names| names.len() > 1).collect();
    assert!(twice.is_empty(), "decisions with one number: {twice:?}");
}
