//! The pages of the diagnostics: the failing example of each raises it, the fixed one raises no error.

use crate::support::{compile_text, findings};
use wayline_compiler::codes::{self, Code};
use wayline_compiler::diagnostic::Severity;

/// Raised by the bytes of a file, by nothing that a text can show, or figures that are no fault.
const WITHOUT_EXAMPLE: &[&str] = &[
    "encoding",
    "byte-order-mark",
    "control-character",
    "bidi-control",
    "duration-bound",
    "instance-bound",
    "unknown",
];

#[test]
fn the_failing_example_of_a_page_raises_its_finding() {
    let mut wrong = String::new();
    for code in codes::ALL {
        for example in examples(code, "fail") {
            let (sources, compiled) = compile_text("example.way", &example);
            if !compiled.diagnostics.iter().any(|diagnostic| diagnostic.code == *code) {
                wrong.push_str(&format!(
                    "{} is not raised by\n{example}\n{}\n",
                    code.name,
                    findings(&sources, &compiled)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_fixed_example_of_a_page_raises_nothing() {
    let mut wrong = String::new();
    for code in codes::ALL {
        for example in examples(code, "fixed") {
            let (sources, compiled) = compile_text("example.way", &example);
            let loud = compiled
                .diagnostics
                .iter()
                .filter(|found| found.severity != Severity::Info)
                .any(|found| found.severity == Severity::Error || found.code == *code);
            if loud {
                wrong.push_str(&format!(
                    "{}, fixed:\n{example}\n{}\n",
                    code.name,
                    findings(&sources, &compiled)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_page_shows_what_fails_and_what_is_right() {
    for code in codes::ALL {
        let title = code.page.lines().next().unwrap_or_default();
        assert_eq!(title, format!("# {}", code.name), "the title of a page is the name of its code");
        if !WITHOUT_EXAMPLE.contains(&code.name) {
            assert!(!examples(code, "fail").is_empty(), "{} has no failing example", code.name);
            assert!(!examples(code, "fixed").is_empty(), "{} has no fixed example", code.name);
        }
    }
}

#[test]
fn numbers_and_names_are_used_once() {
    let mut seen = std::collections::BTreeSet::new();
    for code in codes::ALL {
        assert!(seen.insert(code.number), "{} is used twice", code.number);
        assert!(seen.insert(code.name), "{} is used twice", code.name);
    }
}

/// The texts of the blocks ```` ```way KIND ```` of a page.
fn examples(code: &Code, kind: &str) -> Vec<String> {
    let mut examples = Vec::new();
    let mut open: Option<String> = None;
    for line in code.page.lines() {
        match &mut open {
            None if line.trim() == format!("```way {kind}") => open = Some(String::new()),
            None => {}
            Some(_) if line.trim() == "```" => examples.extend(open.take()),
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    examples
}
