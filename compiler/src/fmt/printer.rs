//! What every part prints with: source slices, names, lists of lines with their comments, braces.

use super::comments::Comments;
use super::doc::{Doc, render};
use crate::source::Span;
use crate::syntax::ast::{Doc as DocComment, File, Ident};

/// The whole file.
pub(super) fn print(file: &File, source: &str) -> String {
    let mut printer = Printer { source, comments: Comments::new(&file.comments, source) };
    let doc = printer.file(file);
    let mut out = render(&doc, super::WIDTH);
    out.truncate(out.trim_end().len());
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// The state of printing one file.
pub(super) struct Printer<'a> {
    pub(super) source: &'a str,
    pub(super) comments: Comments<'a>,
}

/// How the statements of `{ … }` are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Braces {
    /// One statement a line, always.
    Always,
    /// On one line if the author had it so and it fits.
    AsWritten,
}

/// A statement of a list: its docs, its place, how to print it.
pub(super) struct Item<'t, T> {
    pub(super) doc: Option<&'t DocComment>,
    pub(super) span: Span,
    pub(super) node: &'t T,
}

impl<'a> Printer<'a> {
    /// A piece of the source.
    pub(super) fn slice(&self, span: Span) -> &'a str {
        self.source.get(span.range()).unwrap_or("")
    }

    /// A literal, as written.
    pub(super) fn raw(&self, span: Span) -> Doc {
        Doc::text(self.slice(span))
    }

    /// A number or a word of several, without spaces inside.
    pub(super) fn packed(&self, span: Span) -> Doc {
        Doc::text(self.slice(span).split_whitespace().collect::<String>())
    }

    /// A name; backquotes stay.
    pub(super) fn name(&self, ident: &Ident) -> String {
        if self.slice(ident.span).starts_with('`') { format!("`{}`", ident.text) } else { ident.text.clone() }
    }

    /// Names with commas.
    pub(super) fn names(&self, idents: &[Ident]) -> String {
        idents.iter().map(|ident| self.name(ident)).collect::<Vec<_>>().join(", ")
    }

    /// Whether the author left an empty line between two places.
    fn blank_between(&self, from: usize, to: usize) -> bool {
        self.source.get(from..to).is_some_and(|between| between.matches('\n').count() > 1)
    }

    /// The lines of a list, each followed by its trailing comment; comments in between stand on their own lines. `start` is where the
    /// list starts, `end` where it ends.
    pub(super) fn lines<T>(
        &mut self,
        items: Vec<Item<'_, T>>,
        start: usize,
        end: usize,
        mut print: impl FnMut(&mut Self, &T) -> Doc,
    ) -> Vec<Doc> {
        let mut lines = Lines { docs: Vec::new(), last_end: start };
        for item in items {
            let from = item.doc.map_or(item.span, |doc| doc.span).start as usize;
            self.own_line_comments(&mut lines, from);
            if let Some(doc) = item.doc {
                for line in doc.text.split('\n') {
                    let text = if line.is_empty() { "///".to_owned() } else { format!("/// {line}") };
                    lines.push(self, doc.span.start as usize, doc.span.end as usize, Doc::Comment(text));
                    lines.last_end = doc.span.end as usize;
                }
                lines.last_end = doc.span.end as usize;
                self.own_line_comments(&mut lines, item.span.start as usize);
            }
            let at = item.span.start as usize;
            let pending = self.comments.left();
            let printed = print(self, item.node);
            // Comments that nobody inside took stand before the statement; or after it, where it took others.
            let took = pending != self.comments.left();
            let mut stranded = Vec::new();
            while let Some(comment) = self.comments.next_before(item.span.end as usize) {
                stranded.push(Doc::Comment(self.comments.text(comment)));
            }
            if took && !stranded.is_empty() {
                lines.push(self, at, item.span.end as usize, printed);
                stranded.into_iter().for_each(|comment| {
                    lines.push(self, item.span.end as usize, item.span.end as usize, comment)
                });
                continue;
            }
            stranded.into_iter().for_each(|comment| lines.push(self, at, at, comment));
            let mut whole = vec![printed];
            let end = item.span.end as usize;
            let end = end
                + self.source.get(end..).map_or(0, |rest| {
                    let semicolon = rest.trim_start();
                    if semicolon.starts_with(';') { rest.len() - semicolon.len() + 1 } else { 0 }
                });
            if let Some(comment) = self.comments.trailing(end) {
                whole.push(Doc::Comment(format!(" {}", self.comments.text(comment))));
            }
            lines.push(self, at, end, Doc::Concat(whole));
        }
        self.own_line_comments(&mut lines, end);
        lines.docs
    }

    fn own_line_comments(&mut self, lines: &mut Lines, before: usize) {
        while let Some(comment) = self.comments.next_before(before) {
            let text = Doc::Comment(self.comments.text(comment));
            lines.push(self, comment.span.start as usize, comment.span.end as usize, text);
        }
    }

    /// `{ … }` around statements. `open` is a byte at or before the `{`, `end` the byte after the `}`.
    pub(super) fn braces<T>(
        &mut self,
        items: Vec<Item<'_, T>>,
        open: usize,
        end: usize,
        layout: Braces,
        print: impl FnMut(&mut Self, &T) -> Doc,
    ) -> Doc {
        let first =
            items.first().map_or(end, |item| item.doc.map_or(item.span, |doc| doc.span).start as usize);
        let brace =
            self.source.get(open..first).and_then(|head| head.find('{')).map_or(open, |at| open + at + 1);
        let written_flat = !self.source.get(brace..first).unwrap_or("").contains('\n');
        let flat = layout == Braces::AsWritten
            && written_flat
            && !self.comments.any_before(end)
            && items.iter().all(|item| item.doc.is_none());
        if items.is_empty() && !self.comments.any_before(end) {
            return Doc::text("{ }");
        }
        if flat {
            let mut print = print;
            let docs: Vec<Doc> = items.iter().map(|item| print(self, item.node)).collect();
            let mut inner = Vec::new();
            for doc in docs {
                inner.push(Doc::Line);
                inner.push(doc);
            }
            return Doc::Group(vec![Doc::text("{"), Doc::Nest(inner), Doc::Line, Doc::text("}")]);
        }
        let mut out = vec![Doc::text("{")];
        if let Some(comment) = self.comments.after_brace(first) {
            out.push(Doc::Comment(format!(" {}", self.comments.text(comment))));
        }
        let lines = self.lines(items, brace, end.saturating_sub(1), print);
        let mut inner = vec![Doc::HardLine];
        inner.extend(lines);
        out.push(Doc::Nest(inner));
        out.push(Doc::HardLine);
        out.push(Doc::text("}"));
        Doc::Concat(out)
    }
}

/// Lines already printed, and where the last of them ended in the source.
struct Lines {
    docs: Vec<Doc>,
    last_end: usize,
}

impl Lines {
    fn push(&mut self, printer: &Printer<'_>, start: usize, end: usize, doc: Doc) {
        if !self.docs.is_empty() {
            self.docs.push(if printer.blank_between(self.last_end, start) {
                Doc::BlankLine
            } else {
                Doc::HardLine
            });
        }
        self.docs.push(doc);
        self.last_end = end.max(self.last_end);
    }
}
