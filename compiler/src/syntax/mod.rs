//! Text to syntax tree: [`parse`].
//!
//! Knows nothing of names, types or meaning: it reads what is written and never fails. `pest` is used here and nowhere else.
//! The way of a file: [`load`] (bytes to text), `scan` (limits, comments, unclosed things), the pest grammar, `lower` (pairs to tree),
//! `recover` (what to say of places the grammar could only skip). Start reading at [`parse`] and [`ast`].

pub mod ast;
mod decode;
mod forms;
mod hints;
mod lower;
mod names;
mod recover;
mod scan;
mod slips;

pub use decode::load;

use crate::codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, SourceMap, Span};
use wayline_grammar::{Parser, Rule, WaylineParser};

/// The largest file, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// The deepest nesting of brackets, blocks, texts and bare steps.
pub const MAX_DEPTH: usize = 64;

/// Whether the tree holds real places, or none so that two texts of one meaning give equal trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positions {
    /// Every span is real.
    Kept,
    /// Every span is empty, no comments are kept.
    Erased,
}

/// Reads a file of the map. Never fails: what cannot be read is an `Error` node and a diagnostic.
#[must_use]
pub fn parse(sources: &SourceMap, file: FileId, diagnostics: &mut Diagnostics) -> ast::File {
    parse_with(sources, file, Positions::Kept, diagnostics)
}

/// [`parse`], with or without positions.
#[must_use]
pub fn parse_with(
    sources: &SourceMap,
    file: FileId,
    positions: Positions,
    diagnostics: &mut Diagnostics,
) -> ast::File {
    let text = sources.text(file);
    let whole = Span::new(file, 0, text.len());
    if text.len() > MAX_BYTES {
        diagnostics.push(too_large(whole.before()));
        return ast::File { decls: vec![ast::Decl::Error(whole)], ..ast::File::default() };
    }
    let scan = scan::scan(text, file, diagnostics);
    if scan.too_deep {
        return ast::File { decls: vec![ast::Decl::Error(whole)], comments: scan.comments, span: whole };
    }
    let Ok(mut pairs) = WaylineParser::parse(Rule::file, text) else {
        diagnostics.push(Diagnostic::new(
            &codes::SYNTAX,
            whole.before(),
            "this file cannot be read as Wayline",
        ));
        return ast::File { decls: vec![ast::Decl::Error(whole)], comments: scan.comments, span: whole };
    };
    let Some(root) = pairs.next() else { return ast::File::default() };
    let mut lowering = lower::Lowering::new(file, text, positions, &scan, diagnostics);
    let decls = lowering.file(root, &stem(sources.name(file)));
    lowering.finish();
    if positions == Positions::Erased {
        return ast::File { decls, ..ast::File::default() };
    }
    ast::File { decls, comments: scan.comments, span: whole }
}

fn too_large(at: Span) -> Diagnostic {
    Diagnostic::new(&codes::LIMIT, at, "this file is larger than 1 MiB")
        .help("cut it into several files: all `.way` files of a folder are one project")
}

/// The journey's name of a lone file: the stem, other characters become `_`.
fn stem(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = base.strip_suffix(".way").unwrap_or(base);
    let mut out: String = unicode_normalization::UnicodeNormalization::nfc(stem)
        .map(|c| if c == '_' || unicode_ident::is_xid_continue(c) { c } else { '_' })
        .collect();
    if !out.starts_with(|c: char| c == '_' || unicode_ident::is_xid_start(c)) {
        out.insert(0, '_');
    }
    out
}
