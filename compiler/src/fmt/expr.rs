//! Expressions. Parentheses are in the tree, so precedence needs no thought here.

use super::doc::{Doc, join};
use super::printer::Printer;
use crate::syntax::ast::{
    ClockRange, CompareOp, Expr, ExprKind, History, HistoryFn, ProductOp, Quantifier, SumOp, TextTestOp,
    TimeTestOp, Window, WindowKind,
};

impl Printer<'_> {
    /// An expression.
    pub(super) fn expr(&self, expr: &Expr) -> Doc {
        match &expr.kind {
            ExprKind::Bool(_)
            | ExprKind::Text(_)
            | ExprKind::Duration(_)
            | ExprKind::Clock(_)
            | ExprKind::Date(_)
            | ExprKind::Instant(_)
            | ExprKind::Error => self.raw(expr.span),
            ExprKind::Int(_) | ExprKind::Float(_) => self.packed(expr.span),
            ExprKind::Name(name) => Doc::text(self.name(name)),
            ExprKind::List(items) => self.bracketed("[", items, "]"),
            ExprKind::Call { function, args } => {
                Doc::Concat(vec![Doc::text(self.name(function)), self.bracketed("(", args, ")")])
            }
            ExprKind::Path { base, fields } => {
                let mut out = vec![self.expr(base)];
                out.extend(fields.iter().map(|field| Doc::text(format!(".{}", self.name(field)))));
                Doc::Concat(out)
            }
            ExprKind::History(history) => self.history(history),
            ExprKind::Quantified { quantifier, list, filter } => {
                let word = match quantifier {
                    Quantifier::Any => "any ",
                    Quantifier::All => "all ",
                };
                Doc::Concat(vec![Doc::text(word), self.expr(list), self.filter(filter)])
            }
            ExprKind::Or(parts) => self.chain(parts, "or "),
            ExprKind::And(parts) => self.chain(parts, "and "),
            ExprKind::Coalesce(parts) => self.chain(parts, "?? "),
            ExprKind::Sum { first, rest } => {
                let rest = rest.iter().map(|(op, term)| (sum_sign(*op), term));
                self.operators(first, rest)
            }
            ExprKind::Product { first, rest } => {
                let rest = rest.iter().map(|(op, factor)| (product_sign(*op), factor));
                self.operators(first, rest)
            }
            ExprKind::Not(inner) => Doc::Concat(vec![Doc::text("not "), self.expr(inner)]),
            ExprKind::Neg(inner) => Doc::Concat(vec![Doc::text("-"), self.expr(inner)]),
            ExprKind::Paren(inner) => Doc::Group(vec![
                Doc::text("("),
                Doc::Nest(vec![Doc::SoftLine, self.expr(inner)]),
                Doc::SoftLine,
                Doc::text(")"),
            ]),
            ExprKind::Compare { op, left, right } => self.binary(left, compare_sign(*op), right),
            ExprKind::TextTest { op, left, right } => self.binary(left, text_word(*op), right),
            ExprKind::TimeTest { time, test, operand } => self.binary(time, time_words(*test), operand),
            ExprKind::In { item, list } => self.binary(item, "in", list),
            ExprKind::InRange { item, low, high } => Doc::Concat(vec![
                self.expr(item),
                Doc::text(" in "),
                self.expr(low),
                Doc::text(" .. "),
                self.expr(high),
            ]),
            ExprKind::Exists(item) => Doc::Concat(vec![self.expr(item), Doc::text(" exists")]),
        }
    }

    fn binary(&self, left: &Expr, sign: &str, right: &Expr) -> Doc {
        Doc::Concat(vec![self.expr(left), Doc::text(format!(" {sign} ")), self.expr(right)])
    }

    /// `a and b and c`: on one line, or one operand a line.
    fn chain(&self, parts: &[Expr], word: &str) -> Doc {
        let mut inner = Vec::new();
        for part in parts.iter().skip(1) {
            inner.push(Doc::Line);
            inner.push(Doc::text(word));
            inner.push(self.expr(part));
        }
        let first = parts.first().map_or(Doc::text(""), |first| self.expr(first));
        Doc::Group(vec![first, Doc::Nest(inner)])
    }

    fn operators<'e>(&self, first: &Expr, rest: impl Iterator<Item = (&'static str, &'e Expr)>) -> Doc {
        let mut inner = Vec::new();
        for (sign, operand) in rest {
            inner.push(Doc::Line);
            inner.push(Doc::text(sign));
            inner.push(self.expr(operand));
        }
        Doc::Group(vec![self.expr(first), Doc::Nest(inner)])
    }

    /// Expressions with commas in brackets.
    pub(super) fn bracketed(&self, open: &str, items: &[Expr], close: &str) -> Doc {
        if items.is_empty() {
            return Doc::text(format!("{open}{close}"));
        }
        let mut inner = vec![Doc::SoftLine];
        inner.extend(join(items.iter().map(|item| self.expr(item)).collect(), &[Doc::text(","), Doc::Line]));
        Doc::Group(vec![Doc::text(open), Doc::Nest(inner), Doc::SoftLine, Doc::text(close)])
    }

    fn history(&self, history: &History) -> Doc {
        let mut event = self.name(&history.event);
        for field in &history.field {
            event.push('.');
            event.push_str(&self.name(field));
        }
        let mut inner = vec![Doc::text(event)];
        if let Some(count) = &history.count {
            inner.push(Doc::text(", "));
            inner.push(self.expr(count));
        }
        if let Some(window) = &history.window {
            inner.push(Doc::text(" "));
            inner.push(self.window(window));
        }
        if let Some(filter) = &history.filter {
            inner.push(self.filter(filter));
        }
        if history.function == HistoryFn::Did {
            inner.insert(0, Doc::text("did "));
            return Doc::Concat(inner);
        }
        inner.insert(0, Doc::text(format!("{}(", history.function.word())));
        inner.push(Doc::text(")"));
        Doc::Concat(inner)
    }

    /// `within 30d`
    pub(super) fn window(&self, window: &Window) -> Doc {
        match &window.kind {
            WindowKind::Within(length) => Doc::text(format!("within {}", self.slice(length.span))),
            WindowKind::SinceEntry => Doc::text("since entry"),
            WindowKind::Since(time) => Doc::Concat(vec![Doc::text("since "), self.expr(time)]),
            WindowKind::Ever => Doc::text("ever"),
        }
    }

    /// ` where P`
    pub(super) fn filter(&self, filter: &Expr) -> Doc {
        Doc::Group(vec![Doc::Nest(vec![Doc::Line, Doc::text("where "), self.expr(filter)])])
    }

    /// `08:00 .. 21:00`
    pub(super) fn clock_range(&self, range: &ClockRange) -> String {
        format!("{} .. {}", self.slice(range.from.span), self.slice(range.to.span))
    }
}

fn sum_sign(op: SumOp) -> &'static str {
    match op {
        SumOp::Add => "+ ",
        SumOp::Sub => "- ",
    }
}

fn product_sign(op: ProductOp) -> &'static str {
    match op {
        ProductOp::Mul => "* ",
        ProductOp::Div => "/ ",
    }
}

fn compare_sign(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}

fn text_word(op: TextTestOp) -> &'static str {
    match op {
        TextTestOp::StartsWith => "starts_with",
        TextTestOp::EndsWith => "ends_with",
        TextTestOp::Contains => "contains",
        TextTestOp::Matches => "matches",
    }
}

fn time_words(test: TimeTestOp) -> &'static str {
    match test {
        TimeTestOp::OlderThan => "older than",
        TimeTestOp::WithinLast => "within last",
        TimeTestOp::WithinNext => "within next",
        TimeTestOp::Before => "before",
        TimeTestOp::After => "after",
    }
}
