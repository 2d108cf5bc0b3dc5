//! Lists of statements: docs, semicolons, doc comments of nothing, and places the grammar had to skip.

use super::decl::is_declaration;
use super::{Lowering, Pair, child, end_of};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::Doc;
use crate::syntax::forms::Part;
use wayline_grammar::Rule;

/// A child of a list.
pub(super) enum Line<'i> {
    /// A statement, with the docs before it.
    Statement {
        /// The docs.
        doc: Option<Doc>,
        /// The label's and the statement's pairs.
        content: Vec<Pair<'i>>,
    },
    /// A field with something after it that does not belong there: its name is good, its type is not. It was reported.
    Cut {
        /// The docs.
        doc: Option<Doc>,
        /// The field's pair.
        field: Pair<'i>,
    },
    /// A skipped place; it was reported.
    Bad(Span),
}

impl Lowering<'_> {
    /// The statements of a pair, in order. `part` says what a skipped place should have been.
    pub(super) fn lines<'i>(&mut self, pair: &Pair<'i>, part: Part) -> Vec<Line<'i>> {
        let mut lines = Vec::new();
        let mut open = None;
        let mut kids = pair.clone().into_inner().peekable();
        while let Some(kid) = kids.next() {
            match kid.as_rule() {
                Rule::bad_statement | Rule::bad_line | Rule::bad_arm | Rule::bad_top => {
                    let (start, end) = (kid.as_span().start(), kid.as_span().end());
                    self.bad(start, end, part);
                    lines.push(Line::Bad(self.place(start, end)));
                }
                Rule::dangling_doc => self.dangling(&kid),
                Rule::lbrace => open = Some(self.real(&kid)),
                Rule::unclosed => self.unclosed.extend(open),
                Rule::stray_close => {
                    let span = self.real(&kid);
                    self.strays.push(span);
                }
                rule if is_line(rule) => {
                    lines.push(self.line(kid, part, &mut kids));
                }
                _ => {}
            }
        }
        lines
    }

    fn dangling(&mut self, pair: &Pair<'_>) {
        let span = self.real(pair);
        self.report(
            Diagnostic::new(&codes::SYNTAX, span, "this doc comment documents nothing")
                .label("nothing follows it here")
                .help(
                    "`///` stands before a declaration, journey, step or field; an ordinary comment is `//`",
                ),
        );
    }

    fn line<'i>(
        &mut self,
        pair: Pair<'i>,
        part: Part,
        rest: &mut std::iter::Peekable<pest::iterators::Pairs<'i, Rule>>,
    ) -> Line<'i> {
        let mut docs = Vec::new();
        let mut content = Vec::new();
        let mut missing = None;
        if is_bare_line(pair.as_rule()) {
            return Line::Statement { doc: None, content: vec![pair] };
        }
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::doc => docs.push(kid),
                Rule::no_semi => missing = Some(kid.as_span().start()),
                Rule::semi => {}
                _ => content.push(kid),
            }
        }
        let doc = self.doc(&docs);
        if let (Some(at), Some(last)) = (missing, content.last()) {
            let end = end_of(last);
            if !self.text[..end].ends_with(['}', ';'])
                && !self.text[at..].starts_with('}')
                && at < self.text.len()
            {
                let start = content.first().map_or(end, |first| first.as_span().start());
                if let Ending::Cut(to) = self.no_semicolon(start, end, part, rest) {
                    return self.cut(doc, content, part, (start, to));
                }
            }
        }
        Line::Statement { doc, content }
    }

    /// A statement whose line goes on with what does not belong to it: what it seems to say is not what was meant.
    fn cut<'i>(
        &mut self,
        doc: Option<Doc>,
        mut content: Vec<Pair<'i>>,
        part: Part,
        (start, end): (usize, usize),
    ) -> Line<'i> {
        match part {
            Part::Field => match content.pop() {
                Some(field) => Line::Cut { doc, field },
                None => Line::Bad(self.place(start, end)),
            },
            // Its name is still good, and others may use it.
            Part::Top if content.first().is_some_and(is_declaration) => Line::Statement { doc, content },
            Part::Top
            | Part::Statement
            | Part::Step
            | Part::Class
            | Part::Channel
            | Part::Policy
            | Part::Profile
            | Part::Arm
            | Part::Wait
            | Part::Split
            | Part::Init
            | Part::Locale
            | Part::Test
            | Part::Interpolation => Line::Bad(self.place(start, end)),
        }
    }

    /// A statement that should have ended with `;`: either that is all, or what follows on its line belongs to it and is wrong.
    fn no_semicolon(
        &mut self,
        start: usize,
        end: usize,
        part: Part,
        rest: &mut std::iter::Peekable<pest::iterators::Pairs<'_, Rule>>,
    ) -> Ending {
        let Some(next) = rest.peek() else { return Ending::Whole };
        let is_bad =
            matches!(next.as_rule(), Rule::bad_statement | Rule::bad_line | Rule::bad_arm | Rule::bad_top);
        let same_line = !self.text[end..next.as_span().start()].contains('\n');
        if matches!(next.as_rule(), Rule::unclosed | Rule::stray_close) {
            return Ending::Whole;
        }
        // `wait until 10:00 on moonday;`: no entry stands behind a step.
        let is_entry = next.as_rule() == Rule::item && child(next, Rule::entry).is_some();
        if (is_bad || is_entry) && same_line {
            let to = if is_bad { next.as_span().end() } else { end_of(next) };
            rest.next();
            self.bad(start, to, part);
            return Ending::Cut(to);
        }
        let point = Span::new(self.file, end, end);
        self.report(
            Diagnostic::new(&codes::SYNTAX, point, "a `;` is missing")
                .label("the statement ends here")
                .help("write `;` after it")
                .fix(point, ";"),
        );
        Ending::Whole
    }

    /// Joins `///` lines.
    pub(super) fn doc(&mut self, docs: &[Pair<'_>]) -> Option<Doc> {
        let (first, last) = (docs.first()?, docs.last()?);
        let lines: Vec<&str> = docs
            .iter()
            .map(|doc| {
                let line = doc.as_str().trim_start_matches('/').trim_end();
                line.strip_prefix(' ').unwrap_or(line)
            })
            .collect();
        let span = self.place(first.as_span().start(), last.as_span().end());
        Some(Doc { text: lines.join("\n"), span })
    }
}

/// How a statement without `;` ends.
enum Ending {
    /// As a statement; the `;` is missing or not needed.
    Whole,
    /// In the middle of something that goes on to this byte.
    Cut(usize),
}

/// Whether a child of a list is one of its statements.
fn is_line(rule: Rule) -> bool {
    is_bare_line(rule)
        || matches!(
            rule,
            Rule::decl
                | Rule::item
                | Rule::field_line
                | Rule::class_line
                | Rule::channel_line
                | Rule::policy_line
                | Rule::profile_line
                | Rule::init_line
                | Rule::locale_line
                | Rule::test_line
        )
}

/// Statements without docs and without a semicolon of their own.
fn is_bare_line(rule: Rule) -> bool {
    matches!(rule, Rule::match_arm | Rule::wait_arm | Rule::split_arm)
}
