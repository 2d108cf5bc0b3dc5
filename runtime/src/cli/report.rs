//! Findings for people, for programs, and as plain text.
//!
//! One view of a finding implements miette's `Diagnostic`; JSON is our own, with lines and columns. Knows nothing of what findings mean.
//! Start at [`show`].

use super::terminal::Terminal;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode, SourceSpan};
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;
use wayline_compiler::checks::Bounds;
use wayline_compiler::diagnostic::{Diagnostic, Diagnostics, Label, Severity, render_plain};
use wayline_compiler::source::{FileId, SourceMap, Span};

/// Most findings shown to a person at once.
const MOST_SHOWN: usize = 100;

/// Findings for a person, each after an empty line.
pub(super) fn human(terminal: &Terminal, colour: Colour, findings: &[(SourceMap, Diagnostics)]) -> String {
    let theme = match colour {
        Colour::Yes => GraphicalTheme::unicode(),
        Colour::No => GraphicalTheme::unicode_nocolor(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(terminal.width)
        .with_context_lines(1);
    let mut out = String::new();
    let all = sorted(findings);
    for (map, finding) in all.iter().take(MOST_SHOWN) {
        // Writing to a string cannot fail.
        let _ = handler.render_report(&mut out, &View::of(finding, map));
        out.push('\n');
    }
    if all.len() > MOST_SHOWN {
        out.push_str(&format!("… and {} more\n", all.len() - MOST_SHOWN));
    }
    out
}

/// Whether a report has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    /// With them.
    Yes,
    /// Without.
    No,
}

impl From<bool> for Colour {
    fn from(wanted: bool) -> Self {
        if wanted { Self::Yes } else { Self::No }
    }
}

/// Findings as plain text.
pub(super) fn plain(findings: &[(SourceMap, Diagnostics)]) -> String {
    let all: Vec<String> = sorted(findings).iter().map(|(map, finding)| render_plain(finding, map)).collect();
    all.join("\n")
}

/// Findings as one JSON object, with the figures where asked for: those of the project, or a list where there are several.
pub(super) fn json(findings: &[(SourceMap, Diagnostics)], figures: Option<&Vec<&Bounds>>) -> String {
    let all: Vec<Value> = sorted(findings).iter().map(|(map, finding)| to_json(finding, map)).collect();
    let report = match figures.map(Vec::as_slice) {
        None => Value::Null,
        Some([one]) => json!(one),
        Some(several) => json!(several),
    };
    let mut text = json!({ "version": 1, "diagnostics": all, "report": report }).to_string();
    text.push('\n');
    text
}

/// `2 errors, 1 warning`; empty when there is nothing.
pub(super) fn count(findings: &[(SourceMap, Diagnostics)]) -> String {
    let of = |severity: Severity| {
        findings
            .iter()
            .flat_map(|(_, list)| list.iter())
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let word = |count: usize, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        more => Some(format!("{more} {word}s")),
    };
    let parts = [
        word(of(Severity::Error), "error"),
        word(of(Severity::Warning), "warning"),
        word(of(Severity::Info), "note"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

pub(super) fn sorted(findings: &[(SourceMap, Diagnostics)]) -> Vec<(&SourceMap, Diagnostic)> {
    let each = findings
        .iter()
        .map(|(map, list)| list.clone().into_sorted().into_iter().map(move |finding| (map, finding)));
    each.flatten().collect()
}

fn to_json(finding: &Diagnostic, map: &SourceMap) -> Value {
    let place = |span: Span| {
        let at = map.location(span);
        json!({
            "file": map.name(span.file),
            "span": { "start": span.start, "end": span.end },
            "line": at.line,
            "column": at.column,
        })
    };
    let label = |label: &Label| {
        let mut value = place(label.span);
        value["message"] = json!(label.message);
        value
    };
    let mut value = place(finding.primary.span);
    let labels: Vec<Value> = std::iter::once(&finding.primary).chain(&finding.labels).map(label).collect();
    let fix = finding.fix.as_ref().map(|fix| {
        let mut value = place(fix.span);
        value["replacement"] = json!(fix.replacement);
        value
    });
    value["name"] = json!(finding.code.name);
    value["code"] = json!(finding.code.number);
    value["severity"] = json!(finding.severity.word());
    value["message"] = json!(finding.message);
    value["labels"] = json!(labels);
    value["help"] = json!(finding.help);
    value["notes"] = json!(finding.notes);
    value["fix"] = json!(fix);
    if let Some(witness) = &finding.witness {
        value["witness"] = witness.to_json();
    }
    value
}

/// A finding as miette sees it: one file with its labels; places in other files and notes are related findings.
struct View<'a> {
    message: &'a str,
    code: Option<String>,
    severity: miette::Severity,
    help: Option<String>,
    labels: Vec<LabeledSpan>,
    source: Option<NamedSource<Arc<str>>>,
    related: Vec<View<'a>>,
}

impl<'a> View<'a> {
    fn of(finding: &'a Diagnostic, map: &SourceMap) -> Self {
        let file = finding.primary.span.file;
        let here = finding.labels.iter().filter(|label| label.span.file == file);
        let mut labels = vec![labelled(&finding.primary, Rank::Primary)];
        labels.extend(here.map(|label| labelled(label, Rank::Other)));
        let elsewhere = finding.labels.iter().filter(|label| label.span.file != file).map(|label| Self {
            message: &label.message,
            code: None,
            severity: miette::Severity::Advice,
            help: None,
            labels: vec![labelled(label, Rank::Primary)],
            source: source(map, label.span.file),
            related: Vec::new(),
        });
        let notes = finding.notes.iter().map(|note| format!("note: {note}"));
        let help: Vec<String> = finding.help.iter().cloned().chain(notes).collect();
        Self {
            message: &finding.message,
            code: Some(format!("{} {}", finding.code.number, finding.code.name)),
            severity: match finding.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
                Severity::Info => miette::Severity::Advice,
            },
            help: (!help.is_empty()).then(|| help.join("\n")),
            labels,
            source: source(map, file),
            related: elsewhere.collect(),
        }
    }
}

/// Whether a label is the one a finding is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    Primary,
    Other,
}

fn labelled(label: &Label, rank: Rank) -> LabeledSpan {
    let text = (!label.message.is_empty()).then(|| label.message.clone());
    let range = label.span.range();
    let span = SourceSpan::from((range.start, range.len()));
    match rank {
        Rank::Primary => LabeledSpan::new_primary_with_span(text, span),
        Rank::Other => LabeledSpan::new_with_span(text, span),
    }
}

fn source(map: &SourceMap, file: FileId) -> Option<NamedSource<Arc<str>>> {
    let file = map.get(file)?;
    Some(NamedSource::new(&file.name, file.text.clone()))
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl std::error::Error for View<'_> {}

impl miette::Diagnostic for View<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }
    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn miette::Diagnostic> + 'b>> {
        if self.related.is_empty() {
            return None;
        }
        Some(Box::new(self.related.iter().map(|view| view as &dyn miette::Diagnostic)))
    }
}
