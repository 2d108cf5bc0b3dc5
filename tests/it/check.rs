//! What `check` says: `corpus/check/*.way` with the finding's name at its line.
//!
//! `//~ name` names a finding of its own line, `//~^ name` one of the line above (`^^` two above), `//~ a b` two findings. Errors and
//! warnings that no marker names, and markers without their finding, fail.

use crate::support::{compile_text, files, findings, folder, name, read};
use std::collections::BTreeMap;
use wayline_compiler::diagnostic::Severity;

/// Finding names by line.
pub(crate) type Findings = BTreeMap<u32, Vec<String>>;

#[test]
fn findings_stand_where_they_are_marked() {
    let mut wrong = String::new();
    for path in files(&folder("tests/corpus/check"), "way") {
        let text = read(&path);
        let (sources, compiled) = compile_text(&name(&path), &text);
        let (expected, found) = (markers(&text), found(&sources, &compiled));
        if expected != found {
            wrong.push_str(&format!(
                "{}\n  expected {expected:?}\n  found    {found:?}\n{}\n",
                path.display(),
                findings(&sources, &compiled)
            ));
        }
        let has_errors = compiled.diagnostics.has_errors();
        assert_eq!(
            compiled.program.is_none(),
            has_errors,
            "{}: a program exists only without errors",
            path.display()
        );
    }
    assert!(wrong.is_empty(), "{wrong}");
}

pub(crate) fn markers(text: &str) -> Findings {
    let mut markers = Findings::new();
    for (line, number) in text.lines().zip(1u32..) {
        let Some((_, marker)) = line.split_once("//~") else { continue };
        let up = marker.chars().take_while(|c| *c == '^').count();
        let names = marker[up..].split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned);
        let line = number - u32::try_from(up).unwrap_or(0);
        markers.entry(line).or_default().extend(names);
    }
    markers.values_mut().for_each(|names| names.sort());
    markers
}

fn found(sources: &wayline_compiler::Sources, compiled: &wayline_compiler::Compiled) -> Findings {
    let mut found = Findings::new();
    let mut diagnostics = compiled.diagnostics.clone();
    diagnostics.sort();
    for diagnostic in &diagnostics {
        if diagnostic.severity != Severity::Info {
            let line = sources.map().location(diagnostic.primary.span).line;
            found.entry(line).or_default().push(diagnostic.code.name.to_owned());
        }
    }
    found.values_mut().for_each(|names| names.sort());
    found
}
