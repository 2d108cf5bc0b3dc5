//! Layout: a document of texts and possible line breaks, rendered within a width.
//!
//! A [`Doc::Group`] stands on one line if it fits, else all its own [`Doc::Line`]s break. Knows nothing of the language.

/// A document.
#[derive(Debug, Clone)]
pub(super) enum Doc {
    /// Characters as they are; a text may hold line feeds.
    Text(String),
    /// A comment: characters that never count to the width.
    Comment(String),
    /// A space, or a line break where the group is broken.
    Line,
    /// Nothing, or a line break where the group is broken.
    SoftLine,
    /// A line break always.
    HardLine,
    /// An empty line always.
    BlankLine,
    /// One after the other.
    Concat(Vec<Doc>),
    /// One level further in.
    Nest(Vec<Doc>),
    /// On one line if it fits.
    Group(Vec<Doc>),
}

impl Doc {
    /// A text.
    pub(super) fn text(text: impl Into<String>) -> Doc {
        Doc::Text(text.into())
    }
}

/// Joins documents with a separator.
pub(super) fn join(parts: Vec<Doc>, separator: &[Doc]) -> Vec<Doc> {
    let mut out = Vec::with_capacity(parts.len() * (1 + separator.len()));
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(separator);
        }
        out.push(part);
    }
    out
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Flat,
    Broken,
}

/// Spaces of one level.
const INDENT: usize = 4;

/// Renders a document.
pub(super) fn render(doc: &Doc, width: usize) -> String {
    let mut out = Output { text: String::new(), column: 0, fresh: None };
    let mut stack: Vec<(usize, Mode, &Doc)> = vec![(0, Mode::Broken, doc)];
    while let Some((indent, mode, doc)) = stack.pop() {
        match doc {
            Doc::Text(text) | Doc::Comment(text) => out.push(text),
            Doc::Line if mode == Mode::Flat => out.push(" "),
            Doc::SoftLine if mode == Mode::Flat => {}
            Doc::Line | Doc::SoftLine | Doc::HardLine => out.line(indent),
            Doc::BlankLine => {
                out.line(0);
                out.text.push('\n');
                out.fresh = Some(indent * INDENT);
            }
            Doc::Concat(parts) => stack.extend(parts.iter().rev().map(|part| (indent, mode, part))),
            Doc::Nest(parts) => stack.extend(parts.iter().rev().map(|part| (indent + 1, mode, part))),
            Doc::Group(parts) => {
                let column = out.fresh.unwrap_or(out.column);
                let mode =
                    if fits(parts, &stack, width.saturating_sub(column)) { Mode::Flat } else { Mode::Broken };
                stack.extend(parts.iter().rev().map(|part| (indent, mode, part)));
            }
        }
    }
    out.text
}

/// Whether the parts, flat, and what follows them up to the next break fit into so many characters.
fn fits(parts: &[Doc], rest: &[(usize, Mode, &Doc)], width: usize) -> bool {
    let mut left = width;
    let mut inner: Vec<&Doc> = parts.iter().rev().collect();
    let mut outer = rest.iter().rev();
    let mut in_group = true;
    loop {
        let (doc, mode) = match inner.pop() {
            Some(doc) => (doc, if in_group { Mode::Flat } else { Mode::Broken }),
            None => {
                in_group = false;
                match outer.next() {
                    Some((_, mode, doc)) => (*doc, *mode),
                    None => return true,
                }
            }
        };
        match doc {
            Doc::Text(text) => {
                let first = text.split('\n').next().unwrap_or("");
                match left.checked_sub(first.chars().count()) {
                    Some(rest) => left = rest,
                    None => return false,
                }
                if text.contains('\n') {
                    return true;
                }
            }
            Doc::Comment(_) => {}
            Doc::Line if mode == Mode::Flat => match left.checked_sub(1) {
                Some(rest) => left = rest,
                None => return false,
            },
            Doc::SoftLine if mode == Mode::Flat => {}
            Doc::HardLine | Doc::BlankLine => return !in_group,
            Doc::Line | Doc::SoftLine => return true,
            Doc::Concat(parts) | Doc::Nest(parts) | Doc::Group(parts) => inner.extend(parts.iter().rev()),
        }
    }
}

struct Output {
    text: String,
    column: usize,
    /// The indent still owed to a new line; empty lines get none.
    fresh: Option<usize>,
}

impl Output {
    fn push(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(indent) = self.fresh.take() {
            self.text.extend(std::iter::repeat_n(' ', indent));
            self.column = indent;
        }
        self.text.push_str(text);
        match text.rsplit_once('\n') {
            Some((_, last)) => self.column = last.chars().count(),
            None => self.column += text.chars().count(),
        }
    }

    fn line(&mut self, indent: usize) {
        let end = self.text.trim_end_matches(' ').len();
        self.text.truncate(end);
        self.text.push('\n');
        self.fresh = Some(indent * INDENT);
        self.column = 0;
    }
}
