//! Findings for CI: SARIF for code scanning, workflow commands for GitHub.

use super::report::sorted;
use serde_json::{Value, json};
use std::fmt::Write as _;
use wayline_compiler::codes;
use wayline_compiler::diagnostic::{Diagnostic, Diagnostics, Label, Severity};
use wayline_compiler::source::{SourceMap, Span};

/// One SARIF 2.1.0 log.
pub(super) fn sarif(findings: &[(SourceMap, Diagnostics)]) -> String {
    let all = sorted(findings);
    let rules: Vec<Value> = codes::ALL
        .iter()
        .filter(|code| all.iter().any(|(_, f)| f.code == **code))
        .map(|code| {
            json!({
                "id": code.number,
                "name": code.name,
                "help": { "text": code.page, "markdown": code.page },
                "defaultConfiguration": { "level": level(code.severity) },
            })
        })
        .collect();
    let results: Vec<Value> = all.iter().map(|(map, finding)| result(finding, map)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "wayline", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut text = log.to_string();
    text.push('\n');
    text
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(finding: &Diagnostic, map: &SourceMap) -> Value {
    let place = |span: Span| {
        let (from, to) = (map.location(span), map.end_location(span));
        json!({
            "artifactLocation": { "uri": uri(map.name(span.file)) },
            "region": { "startLine": from.line, "startColumn": from.column, "endLine": to.line, "endColumn": to.column },
        })
    };
    let related: Vec<Value> = finding
        .labels
        .iter()
        .map(|label: &Label| json!({ "physicalLocation": place(label.span), "message": { "text": label.message } }))
        .collect();
    let mut message = finding.message.clone();
    for more in finding.help.iter().chain(&finding.notes) {
        let _ = write!(message, "\n{more}");
    }
    json!({
        "ruleId": finding.code.number,
        "level": level(finding.severity),
        "message": { "text": message },
        "locations": [{ "physicalLocation": place(finding.primary.span) }],
        "relatedLocations": related,
    })
}

/// A path as a reference that is a URI: what is neither a letter nor a digit nor one of a few signs is written by its bytes.
fn uri(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte));
            }
            other => {
                let _ = write!(text, "%{other:02X}");
            }
        }
    }
    text
}

/// One workflow command a finding: GitHub shows them at their lines.
pub(super) fn github(findings: &[(SourceMap, Diagnostics)]) -> String {
    let mut text = String::new();
    for (map, finding) in sorted(findings) {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let span = finding.primary.span;
        let (from, to) = (map.location(span), map.end_location(span));
        let help = finding.help.as_ref().map_or(String::new(), |help| format!("\n{help}"));
        let _ = writeln!(
            text,
            "::{command} file={},line={},endLine={},col={},title={}::{}",
            escape_property(map.name(span.file)),
            from.line,
            to.line,
            from.column,
            escape_property(finding.code.name),
            escape(&format!("{}{help}", finding.message)),
        );
    }
    text
}

/// As workflow commands want their data.
fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}
