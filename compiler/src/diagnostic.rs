//! What the compiler has to say: [`Diagnostic`], and the sink [`Diagnostics`] every stage writes to.
//!
//! Knows nothing of stages or of rendering for terminals (hosts do that); [`Diagnostics::render_plain`] is the stable plain text for
//! tests and `--format plain`. Messages: lower case, no final period, user text in backticks. Start reading at [`Diagnostic`].

use crate::codes::Code;
pub use crate::codes::Severity;
use crate::source::{SourceMap, Span};
use crate::witness::Witness;

/// A place with what is to be said about it; the message may be empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is the matter here.
    pub message: String,
}

/// An edit that mends the finding: the span replaced by the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fix {
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// What stands there afterwards.
    pub replacement: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind.
    pub code: &'static Code,
    /// Mostly the kind's own severity.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// Where it is wrong, and what is wrong *there*.
    pub primary: Label,
    /// Further places that explain it.
    pub labels: Vec<Label>,
    /// What to write instead.
    pub help: Option<String>,
    /// Consequences, witnesses, facts.
    pub notes: Vec<String>,
    /// An edit that mends it.
    pub fix: Option<Fix>,
    /// A run that shows it, to be replayed.
    pub witness: Option<Box<Witness>>,
}

impl Diagnostic {
    /// A finding of a kind at a place. Add the rest with [`label`](Self::label), [`help`](Self::help) and their siblings.
    #[must_use]
    pub fn new(code: &'static Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: code.severity,
            message: message.into(),
            primary: Label { span, message: String::new() },
            labels: Vec::new(),
            help: None,
            notes: Vec::new(),
            fix: None,
            witness: None,
        }
    }

    /// Says what is wrong at the primary place.
    #[must_use]
    pub fn label(mut self, message: impl Into<String>) -> Diagnostic {
        self.primary.message = message.into();
        self
    }

    /// Points at another place.
    #[must_use]
    pub fn also(mut self, span: Span, message: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// Shows what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }

    /// Offers an edit: `span` replaced by `replacement`.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Diagnostic {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }

    /// Shows it by a run.
    #[must_use]
    pub fn witness(mut self, witness: Witness) -> Diagnostic {
        self.witness = Some(Box::new(witness));
        self
    }

    /// Weighs it other than its kind does.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Diagnostic {
        self.severity = severity;
        self
    }

    fn sort_key(&self) -> (Span, Severity, &'static str, &str) {
        (self.primary.span, self.severity, self.code.number, &self.message)
    }
}

/// The sink of findings.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// An empty sink.
    #[must_use]
    pub fn new() -> Diagnostics {
        Diagnostics::default()
    }

    /// Takes a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Takes all findings of another sink.
    pub fn append(&mut self, mut other: Diagnostics) {
        self.list.append(&mut other.list);
    }

    /// Whether there is no finding.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many findings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether one of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The findings in their present order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// Sorts by place, then severity, number and message, and drops findings that say the same at the same place.
    pub fn sort(&mut self) {
        self.list.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        self.list.dedup_by(|a, b| a.sort_key() == b.sort_key());
    }

    /// The findings, sorted.
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.sort();
        self.list
    }

    /// All findings as plain text, sorted, an empty line between two.
    #[must_use]
    pub fn render_plain(&self, sources: &SourceMap) -> String {
        let mut sorted = self.clone();
        sorted.sort();
        let all: Vec<String> = sorted.iter().map(|diagnostic| render_plain(diagnostic, sources)).collect();
        all.join("\n")
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

/// One finding as plain text: `path:line:col: severity[name]: message`, the source line with carets, help, notes.
#[must_use]
pub fn render_plain(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let primary = &diagnostic.primary;
    let at = sources.location(primary.span);
    let name = sources.name(primary.span.file);
    let mut out = format!(
        "{name}:{}:{}: {}[{}]: {}\n",
        at.line,
        at.column,
        diagnostic.severity.word(),
        diagnostic.code.name,
        diagnostic.message
    );
    excerpt(&mut out, primary, sources);
    for label in &diagnostic.labels {
        excerpt(&mut out, label, sources);
    }
    if let Some(help) = &diagnostic.help {
        out.push_str(&format!("  help: {help}\n"));
    }
    for note in &diagnostic.notes {
        out.push_str(&format!("  note: {note}\n"));
    }
    out
}

/// Longest part of a source line shown; lines of generated files can have a megabyte.
const EXCERPT_CHARS: usize = 160;

fn excerpt(out: &mut String, label: &Label, sources: &SourceMap) {
    let from = sources.location(label.span);
    let line = sources.line(label.span.file, from.line);
    let skip = (from.column as usize).saturating_sub(EXCERPT_CHARS / 2);
    let shown: String = line.chars().skip(skip).take(EXCERPT_CHARS).map(visible).collect();
    let number = from.line.to_string();
    let column = from.column as usize - 1 - skip.min(from.column as usize - 1);
    let to = sources.end_location(label.span);
    let line_width = shown.chars().count();
    let end = if to.line == from.line {
        (to.column as usize - 1).saturating_sub(skip).min(line_width)
    } else {
        line_width
    };
    let carets = "^".repeat(end.saturating_sub(column).max(1));
    let margin = " ".repeat(number.len());
    let indent = " ".repeat(column);
    let text = format!("  {number} | {shown}\n  {margin} | {indent}{carets} {}", label.message);
    out.push_str(text.trim_end());
    out.push('\n');
}

/// Control and direction characters must not act on the terminal that shows them.
fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() => '\u{FFFD}',
        '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{61C}' => '\u{FFFD}',
        c => c,
    }
}
