//! Silences: `// allow: NAME - reason` on the line of a warning, or above it.
//!
//! Only warnings can be silenced, where they stand and with a reason. A silence that silences nothing is a warning itself, so they do
//! not outlive what they were written for. Knows nothing of how findings come about.

use crate::codes;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::ast;

/// One `// allow:` comment.
struct Silence {
    file: FileId,
    /// The lines it speaks for: its own, and where it has its line to itself the one below the comments.
    lines: [u32; 2],
    name: String,
    reason: String,
    span: Span,
    used: bool,
}

/// Takes out the warnings that are silenced; adds one for each silence that silences nothing.
pub(crate) fn apply<'a>(
    files: impl Iterator<Item = (FileId, &'a ast::File)>,
    map: &SourceMap,
    diagnostics: Diagnostics,
) -> Diagnostics {
    let mut silences: Vec<Silence> = files.flat_map(|(file, tree)| silences_of(file, tree, map)).collect();
    let failed = diagnostics.has_errors();
    let mut kept = Diagnostics::new();
    for finding in diagnostics.into_sorted() {
        let line = map.location(finding.primary.span).line;
        let silence = silences.iter_mut().find(|s| {
            finding.severity == Severity::Warning
                && s.file == finding.primary.span.file
                && s.lines.contains(&line)
                && s.name == finding.code.name
                && !s.reason.is_empty()
        });
        match silence {
            Some(silence) => silence.used = true,
            None => kept.push(finding),
        }
    }
    for silence in silences.iter().filter(|s| !s.used) {
        // With errors around, the checks behind the silence may not have run.
        if let Some(finding) = complaint(silence, failed) {
            kept.push(finding);
        }
    }
    kept
}

fn silences_of(file: FileId, tree: &ast::File, map: &SourceMap) -> Vec<Silence> {
    let mut all: Vec<Silence> = Vec::new();
    let own_lines: Vec<u32> = tree
        .comments
        .iter()
        .filter(|c| c.place == ast::CommentPlace::OwnLine)
        .map(|c| map.location(c.span).line)
        .collect();
    for comment in &tree.comments {
        let Some(rest) = comment.text.strip_prefix("allow:") else { continue };
        let (name, reason) = match rest.split_once(" - ") {
            Some((name, reason)) => (name.trim(), reason.trim()),
            None => (rest.trim(), ""),
        };
        let line = map.location(comment.span).line;
        let below = match comment.place {
            ast::CommentPlace::OwnLine => (line + 1..).find(|l| !own_lines.contains(l)).unwrap_or(line),
            ast::CommentPlace::Trailing => line,
        };
        all.push(Silence {
            file,
            lines: [line, below],
            name: name.to_owned(),
            reason: reason.to_owned(),
            span: comment.span,
            used: false,
        });
    }
    all
}

fn complaint(silence: &Silence, failed: bool) -> Option<Diagnostic> {
    let name = &silence.name;
    let new = |message: String| Diagnostic::new(&codes::UNUSED_SILENCE, silence.span, message);
    let Some(code) = codes::find(name) else {
        let names: Vec<&str> = codes::ALL.iter().map(|c| c.name).collect();
        let nearest = crate::resolve::suggest::nearest(name, names.iter().copied());
        let help = nearest
            .map_or("`wayline explain` lists the names".to_owned(), |n| format!("did you mean `{n}`?"));
        return Some(
            new(format!("there is no finding called `{name}`")).label("silences nothing").help(help),
        );
    };
    if silence.reason.is_empty() {
        return Some(
            new("a silence needs a reason".to_owned())
                .label("no reason is given")
                .help(format!("write `// allow: {name} - why it is meant`")),
        );
    }
    if code.severity == Severity::Error {
        return Some(
            new(format!("`{name}` is an error and cannot be silenced"))
                .label("silences nothing")
                .help("mend what it finds"),
        );
    }
    (!failed).then(|| {
        new(format!("there is no `{name}` here to silence"))
            .label("silences nothing")
            .help("remove the comment")
    })
}
