//! One pass over the text before the grammar sees it: nesting limit, comments, and what is better said from here than from a grammar
//! (unclosed texts and blocks, foreign comments, merge conflicts, characters that cannot be seen).
//!
//! Knows texts, comments, brackets and the few words that nest without brackets; nothing of statements. Its idea of where texts and
//! comments end is the grammar's (`raw_text`, `COMMENT`), since the depth limit protects the grammar's recursion. Start reading at [`scan`].

use super::MAX_DEPTH;
use super::ast::{Comment, CommentPlace};
use crate::codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, Span};

/// What the pass found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The `//` comments, in order.
    pub(super) comments: Vec<Comment>,
    /// Places already reported; what is wrong there needs no second message.
    pub(super) reported: Vec<Span>,
    /// Whether some `{` was reported as never closed.
    pub(super) unclosed: bool,
    /// Whether the text nests too deep for the grammar.
    pub(super) too_deep: bool,
}

/// Scans a text, reporting what it finds.
pub(super) fn scan(text: &str, file: FileId, diagnostics: &mut Diagnostics) -> Scan {
    let mut scanner = Scanner::new(text, file, diagnostics);
    scanner.invisible();
    scanner.run();
    scanner.end();
    scanner.scan
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Brace,
    Paren,
    Square,
    /// `"…"`
    Line,
    /// `"""…"""`
    Block,
}

struct Open {
    kind: Kind,
    at: usize,
    /// Bare `if`, `unless`, `else`, `where`, `since`, `list<` since the statement's start: they nest without brackets.
    chain: usize,
    /// Whether it is the block of one of those, which then counts as this bracket and not twice.
    borrowed: bool,
}

/// The word or sign before, as far as it matters for nesting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Else,
    List,
    CloseBrace,
    Other,
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    file: FileId,
    diagnostics: &'a mut Diagnostics,
    at: usize,
    stack: Vec<Open>,
    depth: usize,
    /// Length of the present run of prefix signs (`not not`, `- -`).
    prefixes: usize,
    before: Before,
    /// The first closed `{` whose `}` is indented otherwise: the likely place of a missing `}`.
    suspicious: Option<usize>,
    line_start: usize,
    scan: Scan,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str, file: FileId, diagnostics: &'a mut Diagnostics) -> Scanner<'a> {
        Scanner {
            text,
            bytes: text.as_bytes(),
            file,
            diagnostics,
            at: 0,
            stack: vec![Open { kind: Kind::File, at: 0, chain: 0, borrowed: false }],
            depth: 0,
            prefixes: 0,
            before: Before::Other,
            suspicious: None,
            line_start: 0,
            scan: Scan::default(),
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.scan.reported.push(diagnostic.primary.span);
        self.diagnostics.push(diagnostic);
    }

    /// Reports the first of the control characters: a file with many of them is no text.
    fn control_characters(&mut self, first: char, span: Span, count: usize) {
        let name = if first == '\0' { "NUL".to_owned() } else { format!("U+{:04X}", first as u32) };
        let finding = Diagnostic::new(
            &codes::CONTROL_CHARACTER,
            span,
            format!("the control character {name} in the text"),
        )
        .label("here")
        .help("delete it, or save the file again as plain UTF-8 text");
        self.diagnostics.push(match count {
            1 => finding.fix(span, ""),
            _ => {
                finding.note(format!("there are {} more of them: this may be no text file at all", count - 1))
            }
        });
    }

    /// Reports characters nobody sees, wherever they stand.
    fn invisible(&mut self) {
        if self.text.starts_with('\u{FEFF}') {
            let span = self.span(0, '\u{FEFF}'.len_utf8());
            self.diagnostics.push(
                Diagnostic::new(&codes::BYTE_ORDER_MARK, span, "this file starts with a byte order mark")
                    .help("save it as UTF-8 without BOM, or run `wayline fmt`")
                    .fix(span, ""),
            );
        }
        let (mut first_control, mut controls) = (None, 0);
        for (at, c) in self.text.char_indices() {
            let span = self.span(at, at + c.len_utf8());
            if matches!(c, '\u{200E}' | '\u{200F}' | '\u{61C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
            {
                let message =
                    format!("the invisible character U+{:04X} changes the direction of text", c as u32);
                self.diagnostics.push(
                    Diagnostic::new(&codes::BIDI_CONTROL, span, message)
                        .label("here")
                        .help(format!("delete it; in a text that needs it write `\\u{{{:X}}}`", c as u32))
                        .fix(span, ""),
                );
            } else if c.is_control() && !matches!(c, '\t' | '\n' | '\r') {
                self.scan.reported.push(span);
                controls += 1;
                first_control.get_or_insert((c, span));
            }
        }
        if let Some((c, span)) = first_control {
            self.control_characters(c, span, controls);
        }
    }

    fn run(&mut self) {
        while self.at < self.bytes.len() && !self.scan.too_deep {
            match self.top().kind {
                Kind::Line => self.in_line_text(),
                Kind::Block => self.in_block_text(),
                Kind::File | Kind::Brace | Kind::Paren | Kind::Square => self.in_code(),
            }
        }
    }

    fn top(&mut self) -> &mut Open {
        if self.stack.is_empty() {
            self.stack.push(Open { kind: Kind::File, at: 0, chain: 0, borrowed: false });
        }
        let last = self.stack.len() - 1;
        &mut self.stack[last]
    }

    fn starts(&self, sign: &str) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(sign.as_bytes()))
    }

    fn open(&mut self, kind: Kind, length: usize) {
        let borrowed = kind == Kind::Brace && self.top().chain > 0;
        if borrowed {
            self.top().chain -= 1;
            self.depth = self.depth.saturating_sub(1);
        }
        self.stack.push(Open { kind, at: self.at, chain: 0, borrowed });
        if matches!(kind, Kind::Brace | Kind::Paren | Kind::Square) {
            self.deeper();
        }
        self.at += length;
        self.before = Before::Other;
    }

    fn deeper(&mut self) {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.too_deep();
        }
    }

    fn too_deep(&mut self) {
        if !self.scan.too_deep {
            self.scan.too_deep = true;
            let span = self.span(self.at, self.at + 1);
            let message = format!("this nests deeper than {MAX_DEPTH}");
            self.report(
                Diagnostic::new(&codes::LIMIT, span, message)
                    .label("one level too many")
                    .help("move inner steps into a `sequence` and write `do NAME();`, or name a condition with `define`"),
            );
        }
    }

    /// Forgets the topmost opening.
    fn pop(&mut self) {
        if self.stack.len() > 1
            && let Some(open) = self.stack.pop()
        {
            let own = usize::from(matches!(open.kind, Kind::Brace | Kind::Paren | Kind::Square));
            self.depth = self.depth.saturating_sub(own + open.chain);
            if open.borrowed {
                self.top().chain += 1;
                self.depth += 1;
            }
        }
    }

    /// A new statement: bare nesting ends.
    fn boundary(&mut self) {
        let chain = std::mem::take(&mut self.top().chain);
        self.depth = self.depth.saturating_sub(chain);
    }

    fn chain(&mut self) {
        self.top().chain += 1;
        self.deeper();
    }

    fn in_line_text(&mut self) {
        match self.bytes[self.at] {
            b'\\' => self.escape(),
            b'"' => {
                self.pop();
                self.before = Before::Other;
                self.at += 1;
            }
            b'{' => self.open(Kind::Brace, 1),
            b'\n' => self.unterminated_line(),
            _ => self.at += 1,
        }
    }

    /// `\u{1F381}`, `\"`; a `\` at a line's end escapes nothing.
    fn escape(&mut self) {
        let rest = &self.bytes[self.at + 1..];
        let hex = rest.iter().skip(2).take_while(|byte| byte.is_ascii_hexdigit()).count();
        self.at += match rest {
            [b'u', b'{', ..] if (1..=6).contains(&hex) && rest.get(hex + 2) == Some(&b'}') => hex + 4,
            [] | [b'\n' | b'\r', ..] => 1,
            _ => 2,
        };
    }

    fn in_block_text(&mut self) {
        match self.bytes[self.at] {
            b'\\' => self.escape(),
            b'"' if self.starts("\"\"\"") => {
                self.pop();
                self.before = Before::Other;
                self.at += 3;
            }
            b'{' => self.open(Kind::Brace, 1),
            _ => self.at += 1,
        }
    }

    /// A line ended inside a text: reports the outermost text that should have ended and leaves all of them.
    fn unterminated_line(&mut self) {
        let Some(outer) = self.stack.iter().position(|open| open.kind == Kind::Line) else { return };
        let start = self.stack[outer].at;
        let in_braces = self.stack.get(outer + 1).is_some_and(|open| open.kind == Kind::Brace);
        while self.stack.len() > outer {
            self.pop();
        }
        let end = self.at - usize::from(self.at > start && self.bytes[self.at - 1] == b'\r');
        let span = self.span(start, end);
        let diagnostic = Diagnostic::new(&codes::SYNTAX, span, "this text is never closed");
        self.report(if in_braces {
            diagnostic
                .label("a `{` in it is not closed either")
                .help("close the `}` and the `\"`; a brace as such is `\\{`")
        } else {
            diagnostic
                .label("it starts here and the line ends")
                .help("add the closing `\"`; a text over several lines is `\"\"\"…\"\"\"`")
        });
    }

    fn in_code(&mut self) {
        let byte = self.bytes[self.at];
        let prefixes = std::mem::take(&mut self.prefixes);
        match byte {
            b'\n' => self.line_end(),
            b' ' | b'\t' | b'\r' => {
                self.at += 1;
                self.prefixes = prefixes;
            }
            b'/' if self.starts("//") => self.line_comment(),
            b'/' if self.starts("/*") => self.foreign_comment("/*"),
            b'#' => self.foreign_comment("#"),
            b'<' | b'=' | b'>' | b'|' if self.conflict_marker() => self.merge_conflict(),
            b'"' if self.starts("\"\"\"") => self.open(Kind::Block, 3),
            b'"' if self.starts("\"\"") => self.at += 2,
            b'"' => self.open(Kind::Line, 1),
            b'`' => self.backquoted(),
            b'{' => self.open_code(Kind::Brace),
            b'(' => self.open_code(Kind::Paren),
            b'[' => self.open_code(Kind::Square),
            b'}' => self.close_brace(),
            b')' => self.close(Kind::Paren),
            b']' => self.close(Kind::Square),
            b'-' | b'!' => self.prefix(prefixes),
            _ if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => self.word(prefixes),
            _ => self.sign(byte),
        }
    }

    fn line_end(&mut self) {
        self.at += 1;
        self.line_start = self.at;
        if self.stack.iter().any(|open| open.kind == Kind::Line) {
            self.at -= 1;
            self.unterminated_line();
        }
    }

    fn sign(&mut self, byte: u8) {
        self.settle();
        match byte {
            b';' | b',' => self.boundary(),
            b'=' if self.starts("=>") => self.boundary(),
            b'<' if self.before == Before::List => self.chain(),
            _ => {}
        }
        self.before = Before::Other;
        self.at += 1;
    }

    /// After a `}`, anything but `else` starts a new statement.
    fn settle(&mut self) {
        if self.before == Before::CloseBrace {
            self.boundary();
        }
    }

    fn prefix(&mut self, run: usize) {
        self.settle();
        self.before = Before::Other;
        self.prefixes = run + 1;
        if self.prefixes > MAX_DEPTH {
            self.too_deep();
        }
        self.at += 1;
    }

    fn word(&mut self, prefixes: usize) {
        let rest = &self.text[self.at..];
        let length = rest
            .find(|c: char| !(c == '_' || unicode_ident::is_xid_continue(c)))
            .unwrap_or(rest.len())
            .max(rest.chars().next().map_or(1, char::len_utf8));
        let word = &rest[..length];
        if word != "else" {
            self.settle();
        }
        match word {
            "if" if self.before == Before::Else => {}
            "if" | "unless" | "where" => self.chain(),
            "since" if !rest[length..].trim_start().starts_with("entry") => self.chain(),
            _ if self.before == Before::Else => self.chain(),
            "not" => {
                self.prefixes = prefixes + 1;
                if self.prefixes > MAX_DEPTH {
                    self.too_deep();
                }
            }
            _ => {}
        }
        self.before = match word {
            "else" => Before::Else,
            "list" => Before::List,
            _ => Before::Other,
        };
        self.at += length;
    }

    fn backquoted(&mut self) {
        self.settle();
        self.before = Before::Other;
        let rest = &self.bytes[self.at + 1..];
        self.at += match rest.iter().position(|&byte| byte == b'`' || byte == b'\n') {
            Some(end) if rest[end] == b'`' => end + 2,
            Some(_) | None => 1,
        };
    }

    fn open_code(&mut self, kind: Kind) {
        self.settle();
        self.open(kind, 1);
    }

    fn close(&mut self, kind: Kind) {
        if self.top().kind == kind {
            self.pop();
        }
        self.settle();
        self.before = Before::Other;
        self.at += 1;
    }

    /// A `}` closes the nearest `{`, and brackets left open inside it.
    fn close_brace(&mut self) {
        let floor = self
            .stack
            .iter()
            .rposition(|open| matches!(open.kind, Kind::Line | Kind::Block))
            .map_or(0, |at| at + 1);
        let Some(index) =
            self.stack.iter().rposition(|open| open.kind == Kind::Brace).filter(|&index| index >= floor)
        else {
            self.at += 1;
            return;
        };
        let opened = self.stack[index].at;
        while self.stack.len() > index {
            self.pop();
        }
        let first_on_line = self.text[self.line_start.min(self.at)..self.at].trim().is_empty();
        if first_on_line && self.suspicious.is_none() && self.indent(opened) != self.indent(self.at) {
            self.suspicious = Some(opened);
        }
        self.before = Before::CloseBrace;
        self.at += 1;
    }

    /// The width of the space at the start of the line that holds a byte.
    fn indent(&self, at: usize) -> usize {
        let start = self.bytes[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        self.bytes[start..].iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count()
    }

    fn line_rest(&self) -> usize {
        memchr::memchr(b'\n', &self.bytes[self.at..]).map_or(self.bytes.len(), |length| self.at + length)
    }

    fn line_comment(&mut self) {
        let end = self.line_rest();
        let doc = self.starts("///") && !self.starts("////");
        if !doc {
            let own = self.text[self.line_start.min(self.at)..self.at]
                .trim_start_matches('\u{FEFF}')
                .trim()
                .is_empty();
            let place = if own { CommentPlace::OwnLine } else { CommentPlace::Trailing };
            let text = self.text[self.at..end].trim_start_matches('/').trim().to_owned();
            let end = self.at + self.text[self.at..end].trim_end().len();
            let span = self.span(self.at, end);
            self.scan.comments.push(Comment { text, place, span });
        }
        self.at = end;
    }

    fn foreign_comment(&mut self, sign: &str) {
        let start = self.at;
        let end = if sign == "#" {
            self.line_rest()
        } else {
            self.text[start + 2..].find("*/").map_or(self.bytes.len(), |length| start + length + 4)
        };
        let span = self.span(start, end);
        let mark = self.span(start, start + sign.len());
        let mut diagnostic =
            Diagnostic::new(&codes::SYNTAX, mark, format!("`{sign}` starts no comment here"))
                .label("comments start with `//`")
                .help("write `// …`, one for each line; `/// …` documents what follows");
        if sign == "#" {
            diagnostic = diagnostic.fix(mark, "//");
        }
        self.diagnostics.push(diagnostic);
        self.scan.reported.push(span);
        // An unclosed `/*` is no comment for the grammar either.
        self.at = if sign == "/*" && !self.text[start..end].ends_with("*/") { start + 2 } else { end };
    }

    fn conflict_marker(&self) -> bool {
        let marker = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|marker| self.starts(marker));
        marker
            && self.at == self.line_start
            && matches!(self.bytes.get(self.at + 7), None | Some(b' ' | b'\n' | b'\r'))
    }

    /// Reports the first marker of a conflict; the others belong to it.
    fn merge_conflict(&mut self) {
        let end = self.line_rest();
        let span = self.span(self.at, end);
        if self.starts("<<<<<<<")
            || !self.diagnostics.iter().any(|found| found.code == &codes::MERGE_CONFLICT)
        {
            self.diagnostics.push(
                Diagnostic::new(&codes::MERGE_CONFLICT, span, "a merge conflict is not resolved")
                    .label("its marker")
                    .help("keep the lines that are meant and delete the lines `<<<<<<<`, `=======` and `>>>>>>>`"),
            );
        }
        self.scan.reported.push(span);
        self.at = end;
    }

    /// Reports what the end of the file leaves open.
    fn end(&mut self) {
        if self.scan.too_deep {
            return;
        }
        if self.stack.iter().any(|open| open.kind == Kind::Line) {
            self.at = self.bytes.len();
            self.unterminated_line();
        }
        if let Some(open) = self.stack.iter().find(|open| open.kind == Kind::Block) {
            let (start, end) = (open.at, open.at + 3);
            let first_line = self.text[start..].find('\n').map_or(self.bytes.len(), |length| start + length);
            let mut diagnostic =
                Diagnostic::new(&codes::SYNTAX, self.span(start, end), "this text is never closed")
                    .label("it starts here")
                    .help("add the closing `\"\"\"`");
            diagnostic.labels.clear();
            self.diagnostics.push(diagnostic);
            let rest = self.span(start, self.bytes.len().max(first_line));
            self.scan.reported.push(rest);
            self.scan.unclosed = true;
            return;
        }
        let Some(open) = self.stack.iter().find(|open| open.kind == Kind::Brace).map(|open| open.at) else {
            return;
        };
        self.scan.unclosed = true;
        let likely = self.suspicious.filter(|&at| at >= open).unwrap_or(open);
        let span = self.span(likely, likely + 1);
        let mut diagnostic = Diagnostic::new(&codes::SYNTAX, span, "this `{` is never closed")
            .label("no `}` belongs to it")
            .help("add a `}` where the block ends");
        if likely != open {
            let outer = self.span(open, open + 1);
            diagnostic = diagnostic
                .label("its `}` is indented otherwise, so it is probably this one")
                .also(outer, "counted, this one is left open");
        }
        self.diagnostics.push(diagnostic);
    }
}
