//! Pairs of the grammar to syntax tree.
//!
//! Never fails: the grammar guarantees the shape, and where a piece is missing all the same an `Error` node stands. Every list of
//! statements goes through [`Lowering::lines`], which deals with docs, semicolons and skipped places. Start reading at
//! [`Lowering::file`]; one file per part of the language.

mod decl;
mod expr;
mod journey;
mod lines;
mod literal;
mod policy;
mod step;
mod test;

use super::ast::{Decl, Ident};
use super::forms::Part;
use super::scan::Scan;
use super::{Positions, recover};
use crate::codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, Span};
use unicode_normalization::{UnicodeNormalization, is_nfc};
use wayline_grammar::Rule;

/// A pair of the grammar.
pub(super) type Pair<'i> = pest::iterators::Pair<'i, Rule>;

/// The state of one file's lowering.
pub(super) struct Lowering<'a> {
    file: FileId,
    text: &'a str,
    positions: Positions,
    scan: &'a Scan,
    diagnostics: &'a mut Diagnostics,
    /// Blocks that the next declaration or the file's end closed.
    unclosed: Vec<Span>,
    /// `}` without a block.
    strays: Vec<Span>,
}

impl<'a> Lowering<'a> {
    /// Starts on a file.
    pub(super) fn new(
        file: FileId,
        text: &'a str,
        positions: Positions,
        scan: &'a Scan,
        diagnostics: &'a mut Diagnostics,
    ) -> Lowering<'a> {
        Lowering { file, text, positions, scan, diagnostics, unclosed: Vec::new(), strays: Vec::new() }
    }

    /// Reports unclosed and stray braces that the scan could not see.
    pub(super) fn finish(self) {
        if !self.scan.unclosed {
            for &span in &self.unclosed {
                self.diagnostics.push(
                    Diagnostic::new(&codes::SYNTAX, span, "this `{` is never closed")
                        .label("no `}` belongs to it before the next declaration")
                        .help("add a `}` where the block ends"),
                );
            }
            if self.unclosed.is_empty() {
                for &span in &self.strays {
                    self.diagnostics.push(
                        Diagnostic::new(&codes::SYNTAX, span, "this `}` closes nothing")
                            .label("no `{` belongs to it")
                            .help("delete it, or look for a `}` too many above")
                            .fix(span, ""),
                    );
                }
            }
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The span of bytes, as the tree keeps it.
    fn place(&self, start: usize, end: usize) -> Span {
        match self.positions {
            Positions::Kept => Span::new(self.file, start, end),
            Positions::Erased => Span::default(),
        }
    }

    /// A pair's place for the tree.
    fn span(&self, pair: &Pair<'_>) -> Span {
        self.place(pair.as_span().start(), end_of(pair))
    }

    /// A pair's place for messages: real in either mode.
    fn real(&self, pair: &Pair<'_>) -> Span {
        Span::new(self.file, pair.as_span().start(), end_of(pair))
    }

    /// A name: NFC, without backquotes.
    fn ident(&mut self, pair: &Pair<'_>) -> Ident {
        let raw = pair.as_str();
        let bare = raw.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).unwrap_or(raw);
        let text: String = if is_nfc(bare) { bare.to_owned() } else { bare.nfc().collect() };
        let span = self.span(pair);
        Ident { text, span }
    }

    /// The names among a pair's children, in order.
    fn idents(&mut self, pair: &Pair<'_>) -> Vec<Ident> {
        pair.clone()
            .into_inner()
            .filter(|kid| kid.as_rule() == Rule::ident)
            .map(|kid| self.ident(&kid))
            .collect()
    }

    /// The first name among a pair's children; an empty one where there is none.
    fn name(&mut self, pair: &Pair<'_>) -> Ident {
        match child(pair, Rule::ident) {
            Some(kid) => self.ident(&kid),
            None => Ident { text: String::new(), span: self.span(pair) },
        }
    }

    /// The place of the first child of a rule.
    fn span_of(&self, pair: &Pair<'_>, rule: Rule) -> Option<Span> {
        child(pair, rule).map(|kid| self.span(&kid))
    }

    /// Reports a place the grammar skipped, unless it was reported already.
    fn bad(&mut self, start: usize, end: usize, part: Part) {
        let span = Span::new(self.file, start, end);
        if self.scan.reported.iter().any(|reported| touches(*reported, span)) {
            return;
        }
        let diagnostic = recover::explain(self.text, span, part);
        self.report(diagnostic);
    }

    /// The declarations of a file; its own statements become the journey `stem`.
    pub(super) fn file(&mut self, root: Pair<'_>, stem: &str) -> Vec<Decl> {
        self.top_level(root, stem)
    }
}

fn touches(a: Span, b: Span) -> bool {
    a.start < b.end.max(b.start + 1) && b.start < a.end.max(a.start + 1)
}

/// The first child of a rule.
fn child<'i>(pair: &Pair<'i>, rule: Rule) -> Option<Pair<'i>> {
    pair.clone().into_inner().find(|kid| kid.as_rule() == rule)
}

/// Where a pair's last token ends; the grammar's own end may lie after spaces and comments.
fn end_of(pair: &Pair<'_>) -> usize {
    if pair.as_rule() == Rule::text {
        return pair.as_span().end();
    }
    let last =
        pair.clone().into_inner().rfind(|kid| !matches!(kid.as_rule(), Rule::no_semi | Rule::unclosed));
    last.map_or_else(|| pair.as_span().end(), |kid| end_of(&kid))
}
