//! The documentation: its programs compile and their tests pass; the generated pages are those of the sources.
//!
//! `WAYLINE_UPDATE_DOCS=1 cargo test -p wayline-tests docs` writes the generated pages anew.

use crate::language_tests::run_compiled;
use crate::support::{compile_text, files, findings, folder, name, read};
use std::fmt::Write as _;
use wayline_compiler::codes;
use wayline_compiler::diagnostic::Severity;

/// The programs of a page, in order.
fn programs(page: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut open: Option<String> = None;
    for line in page.lines() {
        match &mut open {
            None if line == "```way" => open = Some(String::new()),
            None => {}
            Some(_) if line == "```" => all.extend(open.take()),
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    all
}

#[test]
fn programs_of_the_pages_compile_and_pass_their_tests() {
    let mut count = 0;
    // The examples of functions are conditions, tried with the table they are generated from.
    for path in files(&folder("docs"), "md").into_iter().filter(|path| name(path) != "functions.md") {
        for (number, text) in programs(&read(&path)).into_iter().enumerate() {
            let file = format!("{}_{number}.way", name(&path));
            let (sources, compiled) = compile_text(&file, &text);
            // A page may declare what it does not use.
            let loud = compiled
                .diagnostics
                .iter()
                .any(|found| found.severity != Severity::Info && found.code != &codes::UNUSED);
            assert!(!loud, "{file}:\n{}", findings(&sources, &compiled));
            run_compiled(&file, &sources, &compiled, |_| false);
            count += 1;
        }
    }
    assert!(count > 20, "the pages hold {count} programs only");
}

fn is_fresh(page: &str, text: &str) {
    let path = folder("docs/reference").join(page);
    if std::env::var_os("WAYLINE_UPDATE_DOCS").is_some() {
        std::fs::write(&path, text).expect("the reference can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "docs/reference/{page} is stale: WAYLINE_UPDATE_DOCS=1 cargo test -p wayline-tests docs"
    );
}

#[test]
fn the_list_of_findings_is_fresh() {
    let mut text = String::from(
        "# Findings\n\nGenerated from `compiler/diagnostics/`. `wayline explain NAME` shows a page.\n",
    );
    for code in codes::ALL {
        let page = code.page.trim_start_matches(&format!("# {}", code.name)).trim();
        let page = page
            .replace("```way fail", "```text\n// raises it")
            .replace("```way fixed", "```text\n// mended");
        let _ = write!(text, "\n## {}\n\n{}, {}.\n\n{page}\n", code.name, code.number, code.severity.word());
    }
    is_fresh("findings.md", &text);
}

#[test]
fn the_grammar_is_fresh() {
    let grammar = read(&folder("grammar/src").join("wayline.pest"));
    let text = format!(
        "# Grammar\n\nGenerated from `grammar/src/wayline.pest`; rules that begin with `bad` catch what cannot be read.\n\n```pest\n{grammar}```\n"
    );
    is_fresh("grammar.md", &text);
}
