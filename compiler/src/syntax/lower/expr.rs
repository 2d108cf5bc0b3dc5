//! Expressions: flat lists of operands and operators to a tree with precedence.

use super::{Lowering, Pair, child, end_of};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::MAX_DEPTH;
use crate::syntax::ast::{
    CompareOp, Expr, ExprKind, History, HistoryFn, ProductOp, Quantifier, SumOp, TextTestOp, TimeTestOp,
    Window, WindowKind,
};
use crate::syntax::lower::literal::RangeEnd;
use crate::syntax::slips;
use wayline_grammar::Rule;

impl Lowering<'_> {
    /// The first expression among a pair's children.
    pub(super) fn expr_of(&mut self, pair: &Pair<'_>) -> Expr {
        match child(pair, Rule::expr) {
            Some(kid) => self.expr(kid),
            None => Expr { kind: ExprKind::Error, span: self.span(pair) },
        }
    }

    /// The condition among a pair's children: `where P`.
    pub(super) fn filter_of(&mut self, pair: &Pair<'_>) -> Option<Expr> {
        child(pair, Rule::filter).map(|kid| self.expr_of(&kid))
    }

    /// All expressions among a pair's children.
    pub(super) fn exprs_of(&mut self, pair: &Pair<'_>) -> Vec<Expr> {
        pair.clone()
            .into_inner()
            .filter(|kid| kid.as_rule() == Rule::expr)
            .map(|kid| self.expr(kid))
            .collect()
    }

    /// The arithmetic expressions among a pair's children.
    pub(super) fn ariths_of(&mut self, pair: &Pair<'_>) -> Vec<Expr> {
        pair.clone()
            .into_inner()
            .filter(|kid| kid.as_rule() == Rule::arith)
            .map(|kid| self.arith(kid))
            .collect()
    }

    /// `a and not b or c`
    pub(super) fn expr(&mut self, pair: Pair<'_>) -> Expr {
        let mut alternatives: Vec<Expr> = Vec::new();
        let mut conjunction: Vec<Expr> = Vec::new();
        let mut nots: Vec<Pair<'_>> = Vec::new();
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::kw_not | Rule::slip_not => {
                    self.slip_operator(&kid);
                    nots.push(kid);
                }
                Rule::test => {
                    let test = self.test(kid);
                    conjunction.push(self.negated(&nots, test));
                    nots.clear();
                }
                Rule::kw_or | Rule::slip_or => {
                    self.slip_operator(&kid);
                    alternatives.push(join(std::mem::take(&mut conjunction), ExprKind::And));
                }
                Rule::kw_and | Rule::slip_and => self.slip_operator(&kid),
                _ => {}
            }
        }
        alternatives.push(join(conjunction, ExprKind::And));
        join(alternatives, ExprKind::Or)
    }

    fn negated(&mut self, nots: &[Pair<'_>], mut expr: Expr) -> Expr {
        for not in nots.iter().rev().take(MAX_DEPTH) {
            let span = self.span(not).to(expr.span);
            expr = Expr { kind: ExprKind::Not(Box::new(expr)), span };
        }
        expr
    }

    fn slip_operator(&mut self, pair: &Pair<'_>) {
        let slip = matches!(pair.as_rule(), Rule::slip_not | Rule::slip_and | Rule::slip_or)
            || matches!(pair.as_rule(), Rule::slip_equals | Rule::slip_differs | Rule::slip_order);
        if slip {
            let real = self.real(pair);
            self.report(slips::operator(pair.as_str(), real));
        }
    }

    /// `a == b`, `a exists`; chains are reported.
    fn test(&mut self, pair: Pair<'_>) -> Expr {
        let mut kids = pair.into_inner();
        let Some(first) = kids.next() else { return Expr { kind: ExprKind::Error, span: Span::default() } };
        let mut left = self.arith(first);
        for (index, tail) in kids.enumerate() {
            if index > 0 {
                let span = self.real(&tail);
                self.report(
                    Diagnostic::new(&codes::SYNTAX, span, "comparisons do not chain")
                        .label("a second test of the same value")
                        .help("join two tests with `and`: `a < b and b < c`; a range is `b in 1 .. 5`"),
                );
                break;
            }
            left = self.test_tail(left, &tail);
        }
        left
    }

    fn test_tail(&mut self, left: Expr, tail: &Pair<'_>) -> Expr {
        let span = left.span.to(self.span(tail));
        let Some(op) = tail.clone().into_inner().next() else { return left };
        let mut operands = self.ariths_of(tail).into_iter();
        let error = Expr { kind: ExprKind::Error, span };
        let item = Box::new(left);
        let kind = match op.as_rule() {
            Rule::kw_exists => ExprKind::Exists(item),
            Rule::kw_in => match (operands.next(), operands.next()) {
                (Some(low), Some(high)) => {
                    ExprKind::InRange { item, low: Box::new(low), high: Box::new(high) }
                }
                (list, _) => ExprKind::In { item, list: Box::new(list.unwrap_or(error)) },
            },
            Rule::compare_op => {
                if let Some(slip) = op.clone().into_inner().next() {
                    self.slip_operator(&slip);
                }
                let right = Box::new(operands.next().unwrap_or(error));
                ExprKind::Compare { op: compare_op(op.as_str()), left: item, right }
            }
            rule => {
                let operand = Box::new(operands.next().unwrap_or(error));
                match (text_op(rule), time_op(rule, child(tail, Rule::kw_last).is_some())) {
                    (Some(op), _) => ExprKind::TextTest { op, left: item, right: operand },
                    (None, Some(test)) => ExprKind::TimeTest { time: item, test, operand },
                    (None, None) => ExprKind::Error,
                }
            }
        };
        Expr { kind, span }
    }

    /// `a ?? b + c * -d`
    pub(super) fn arith(&mut self, pair: Pair<'_>) -> Expr {
        let mut fold = Fold::default();
        let mut minus: Vec<Pair<'_>> = Vec::new();
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::minus => minus.push(kid),
                Rule::path => {
                    let operand = self.signed_path(&minus, kid);
                    minus.clear();
                    fold.operand(operand);
                }
                Rule::arith_op => fold.operator(kid.as_str()),
                _ => {}
            }
        }
        fold.finish()
    }

    /// `-5` is a number; any further `-` negates.
    fn signed_path(&mut self, minus: &[Pair<'_>], path: Pair<'_>) -> Expr {
        let number =
            path.clone().into_inner().next().filter(|kid| matches!(kid.as_rule(), Rule::int | Rule::float));
        let (minus, mut expr) = match (minus.split_last(), number) {
            (Some((sign, rest)), Some(number)) => (rest, self.negative(sign, &number)),
            _ => (minus, self.path(path)),
        };
        for sign in minus.iter().rev().take(MAX_DEPTH) {
            let span = self.span(sign).to(expr.span);
            expr = Expr { kind: ExprKind::Neg(Box::new(expr)), span };
        }
        expr
    }

    pub(super) fn negative(&mut self, sign: &Pair<'_>, number: &Pair<'_>) -> Expr {
        let span = self.place(sign.as_span().start(), end_of(number));
        let kind = match number.as_rule() {
            Rule::int if number.as_str().replace('_', "") == "9223372036854775808" => ExprKind::Int(i64::MIN),
            Rule::int => ExprKind::Int(-self.int(number).value),
            _ => ExprKind::Float(-self.float(number)),
        };
        Expr { kind, span }
    }

    /// `user.name`, `product(x).name`
    fn path(&mut self, pair: Pair<'_>) -> Expr {
        let span = self.span(&pair);
        let mut base = None;
        let mut fields = Vec::new();
        for kid in pair.into_inner() {
            match kid.as_rule() {
                Rule::dot => {}
                Rule::ident => fields.push(self.ident(&kid)),
                _ => base = Some(self.primary(kid)),
            }
        }
        let base = base.unwrap_or(Expr { kind: ExprKind::Error, span });
        if fields.is_empty() {
            return base;
        }
        Expr { kind: ExprKind::Path { base: Box::new(base), fields }, span }
    }

    /// A literal, a name, a call, something in brackets.
    pub(super) fn primary(&mut self, pair: Pair<'_>) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::int => ExprKind::Int(self.int(&pair).value),
            Rule::float => ExprKind::Float(self.float(&pair)),
            Rule::kw_true => ExprKind::Bool(true),
            Rule::kw_false => ExprKind::Bool(false),
            Rule::duration | Rule::slip_duration | Rule::slip_durations => {
                ExprKind::Duration(self.duration(&pair))
            }
            Rule::clock | Rule::slip_clock => ExprKind::Clock(self.clock(&pair, RangeEnd::Yes)),
            Rule::date => ExprKind::Date(self.date(&pair)),
            Rule::instant => ExprKind::Instant(self.instant(&pair)),
            Rule::text | Rule::slip_quotes => ExprKind::Text(self.text_like(&pair)),
            Rule::list => ExprKind::List(self.exprs_of(&pair)),
            Rule::paren => ExprKind::Paren(Box::new(self.expr_of(&pair))),
            Rule::call => self.call(&pair),
            Rule::did | Rule::history => self.history(&pair),
            Rule::quantified => self.quantified(&pair),
            _ => ExprKind::Error,
        };
        Expr { kind, span }
    }

    fn call(&mut self, pair: &Pair<'_>) -> ExprKind {
        let name = self.name(pair);
        let Some(args) = child(pair, Rule::args) else { return ExprKind::Name(name) };
        let backquoted = pair.as_str().starts_with('`');
        let history =
            HistoryFn::ALL.iter().any(|function| *function != HistoryFn::Did && function.word() == name.text);
        if history && !backquoted {
            let span = self.real(&args);
            let word = &name.text;
            let message = format!("`{word}` takes an event");
            self.report(Diagnostic::new(&codes::SYNTAX, span, message).label("no event with window and condition").help(format!(
                "write `{word}(purchase within 30d where …)`, or `{word}(purchase.total ever)` where it takes a field"
            )));
            return ExprKind::Error;
        }
        ExprKind::Call { function: name, args: self.exprs_of(&args) }
    }

    fn history(&mut self, pair: &Pair<'_>) -> ExprKind {
        let word = pair.clone().into_inner().next();
        let function_span = word.as_ref().map_or(self.span(pair), |word| self.span(word));
        let name = word.as_ref().map_or("did", |word| word.as_str());
        let function =
            HistoryFn::ALL.into_iter().find(|function| function.word() == name).unwrap_or(HistoryFn::Did);
        let mut names = match child(pair, Rule::event_path) {
            Some(path) => self.idents(&path).into_iter(),
            None => vec![self.name(pair)].into_iter(),
        };
        let Some(event) = names.next() else { return ExprKind::Error };
        let count = child(pair, Rule::expr).map(|kid| {
            if function != HistoryFn::Recent {
                let span = self.real(&kid);
                self.report(
                    Diagnostic::new(
                        &codes::SYNTAX,
                        span,
                        format!("`{name}` takes an event and nothing else"),
                    )
                    .label("only `recent` takes a number")
                    .help(format!("write a window: `{name}({} within 30d)`", event.text)),
                );
            }
            self.expr(kid)
        });
        let window = self.window_of(pair);
        let filter = self.filter_of(pair);
        ExprKind::History(Box::new(History {
            function,
            function_span,
            event,
            field: names.collect(),
            count,
            window,
            filter,
        }))
    }

    /// The window among a pair's children.
    pub(super) fn window_of(&mut self, pair: &Pair<'_>) -> Option<Window> {
        let window = child(pair, Rule::window)?;
        let span = self.span(&window);
        let first = window.clone().into_inner().next()?;
        let kind = match first.as_rule() {
            Rule::kw_ever => WindowKind::Ever,
            Rule::kw_within => WindowKind::Within(self.length_of(&window)),
            _ => match self.ariths_of(&window).pop() {
                Some(time) => WindowKind::Since(Box::new(time)),
                None => WindowKind::SinceEntry,
            },
        };
        Some(Window { kind, span })
    }

    fn quantified(&mut self, pair: &Pair<'_>) -> ExprKind {
        let quantifier = if child(pair, Rule::kw_any).is_some() { Quantifier::Any } else { Quantifier::All };
        let Some(listing) = child(pair, Rule::listing) else { return ExprKind::Error };
        let list = Box::new(self.path(listing));
        ExprKind::Quantified { quantifier, list, filter: Box::new(self.expr_of(pair)) }
    }
}

/// One expression alone, several as one flat node.
fn join(mut parts: Vec<Expr>, kind: impl FnOnce(Vec<Expr>) -> ExprKind) -> Expr {
    match (parts.pop(), parts.is_empty()) {
        (None, _) => Expr { kind: ExprKind::Error, span: Span::default() },
        (Some(only), true) => only,
        (Some(last), false) => {
            let span = parts.first().map_or(last.span, |first| first.span.to(last.span));
            parts.push(last);
            Expr { kind: kind(parts), span }
        }
    }
}

/// Sums of products of operands, joined by `??`: three flat levels.
#[derive(Default)]
struct Fold {
    choices: Vec<Expr>,
    terms: Vec<(SumOp, Expr)>,
    factors: Vec<(ProductOp, Expr)>,
    sum_op: Option<SumOp>,
    product_op: Option<ProductOp>,
}

impl Fold {
    fn operand(&mut self, operand: Expr) {
        self.factors.push((self.product_op.take().unwrap_or(ProductOp::Mul), operand));
    }

    fn operator(&mut self, sign: &str) {
        match sign {
            "*" => self.product_op = Some(ProductOp::Mul),
            "/" => self.product_op = Some(ProductOp::Div),
            "+" => self.end_term(Some(SumOp::Add)),
            "-" => self.end_term(Some(SumOp::Sub)),
            _ => {
                self.end_term(None);
                self.end_choice();
            }
        }
    }

    fn end_term(&mut self, next: Option<SumOp>) {
        let mut factors = std::mem::take(&mut self.factors).into_iter();
        if let Some((_, first)) = factors.next() {
            let rest: Vec<(ProductOp, Expr)> = factors.collect();
            let term = match rest.last() {
                None => first,
                Some((_, last)) => {
                    let span = first.span.to(last.span);
                    Expr { kind: ExprKind::Product { first: Box::new(first), rest }, span }
                }
            };
            self.terms.push((self.sum_op.take().unwrap_or(SumOp::Add), term));
        }
        self.sum_op = next;
    }

    fn end_choice(&mut self) {
        let mut terms = std::mem::take(&mut self.terms).into_iter();
        let Some((_, first)) = terms.next() else { return };
        let rest: Vec<(SumOp, Expr)> = terms.collect();
        self.choices.push(match rest.last() {
            None => first,
            Some((_, last)) => {
                let span = first.span.to(last.span);
                Expr { kind: ExprKind::Sum { first: Box::new(first), rest }, span }
            }
        });
    }

    fn finish(mut self) -> Expr {
        self.end_term(None);
        self.end_choice();
        join(self.choices, ExprKind::Coalesce)
    }
}

/// The sign may be followed by space: the grammar looks ahead behind it.
fn compare_op(sign: &str) -> CompareOp {
    match sign.trim_end() {
        "!=" | "!==" | "<>" => CompareOp::Ne,
        "<" => CompareOp::Lt,
        "<=" | "=<" => CompareOp::Le,
        ">" => CompareOp::Gt,
        ">=" => CompareOp::Ge,
        _ => CompareOp::Eq,
    }
}

fn text_op(rule: Rule) -> Option<TextTestOp> {
    match rule {
        Rule::kw_starts_with => Some(TextTestOp::StartsWith),
        Rule::kw_ends_with => Some(TextTestOp::EndsWith),
        Rule::kw_contains => Some(TextTestOp::Contains),
        Rule::kw_matches => Some(TextTestOp::Matches),
        _ => None,
    }
}

fn time_op(rule: Rule, last: bool) -> Option<TimeTestOp> {
    match rule {
        Rule::kw_older => Some(TimeTestOp::OlderThan),
        Rule::kw_within if last => Some(TimeTestOp::WithinLast),
        Rule::kw_within => Some(TimeTestOp::WithinNext),
        Rule::kw_before => Some(TimeTestOp::Before),
        Rule::kw_after => Some(TimeTestOp::After),
        _ => None,
    }
}
