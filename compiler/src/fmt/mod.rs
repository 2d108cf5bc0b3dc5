//! The canonical form of a source text: [`format`].
//!
//! Four spaces, width 110, one statement a line, `;` where one belongs; comments, blank lines (at most one) and the author's choice
//! between `{ … }` on one line or several are kept. It knows the syntax tree and the source, nothing of meaning. Its own output is read
//! again and compared, so a mistake in here is reported and never damages a file. Start reading at [`format`]; `doc` lays out lines,
//! `comments` hands out comments in order, the other files print one part of the language each.

mod comments;
mod decl;
mod doc;
mod expr;
mod journey;
mod policy;
mod printer;
mod step;
mod test;

use crate::codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{SourceMap, Span};
use crate::syntax::{MAX_BYTES, Positions, ast, parse, parse_with};

/// The widest line, in characters; texts are never broken.
pub const WIDTH: usize = 110;

/// Why a text was not formatted.
#[derive(Debug)]
pub enum FmtError {
    /// It has syntax errors, or would grow beyond the limit; it is file 0 of the diagnostics' map.
    Syntax(Diagnostics),
    /// The formatter would have changed its meaning: a mistake of the formatter.
    Internal(&'static str),
}

/// The canonical form of a source text. A text with syntax errors is left alone.
pub fn format(source: &str) -> Result<String, FmtError> {
    let mut sources = SourceMap::new();
    let mut diagnostics = Diagnostics::new();
    let id = sources.add("", source);
    let file = parse(&sources, id, &mut diagnostics);
    if diagnostics.has_errors() {
        return Err(FmtError::Syntax(diagnostics));
    }
    let printed = printer::print(&file, source).replace("\r\n", "\n");
    if printed.len() > MAX_BYTES {
        let span = Span::point(id, 0);
        let diagnostic =
            Diagnostic::new(&codes::LIMIT, span, "in its canonical form this file is larger than 1 MiB")
                .help("cut it into several files: all `.way` files of a folder are one project");
        diagnostics.push(diagnostic);
        return Err(FmtError::Syntax(diagnostics));
    }
    verify(source, &file, &printed)?;
    Ok(printed)
}

/// Reads the output again: the same tree, the same comments.
fn verify(source: &str, file: &ast::File, printed: &str) -> Result<(), FmtError> {
    let mut sources = SourceMap::new();
    let mut diagnostics = Diagnostics::new();
    let before = sources.add("", source);
    let after = sources.add("", printed);
    let reread = parse(&sources, after, &mut diagnostics);
    if diagnostics.has_errors() {
        return Err(FmtError::Internal("the formatted text has syntax errors"));
    }
    let texts = |file: &ast::File| -> Vec<String> {
        file.comments.iter().map(|comment| comment.text.clone()).collect()
    };
    if texts(file) != texts(&reread) {
        return Err(FmtError::Internal("the formatted text has other comments"));
    }
    let mut ignored = Diagnostics::new();
    let old = parse_with(&sources, before, Positions::Erased, &mut ignored);
    let new = parse_with(&sources, after, Positions::Erased, &mut ignored);
    if old != new {
        return Err(FmtError::Internal("the formatted text means something else"));
    }
    Ok(())
}
