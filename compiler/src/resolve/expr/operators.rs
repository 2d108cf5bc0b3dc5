//! Comparisons, membership, tests on texts and arithmetic.
//!
//! Start reading at `Resolver::compare`.

use super::super::Resolver;
use super::super::literal::clock_ms;
use super::super::scope::ExprScope;
use super::lower::{Connective, Lowered};
use super::types::Values;
use crate::calendar::DAY_MS;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{ArithOp, CompareOp, Const, ExprKind, Pattern, Span as Length, TextTest, Ty};
use crate::source::Span;
use crate::syntax::ast;

impl Resolver<'_> {
    /// `a == b`, `a < b`
    pub(super) fn compare(
        &mut self,
        op: ast::CompareOp,
        left: &ast::Expr,
        right: &ast::Expr,
        scope: &mut ExprScope<'_>,
    ) -> Option<Lowered> {
        let values = self.lower_all_alike(&[left, right], scope, None)?;
        let [a, b] = values.as_slice() else { return None };
        let op = compare_op(op);
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            self.ordered(*a)?;
        }
        Some(self.compare_nodes(op, *a, *b))
    }

    /// A comparison of two values of one type.
    pub(super) fn compare_nodes(&mut self, op: CompareOp, left: Lowered, right: Lowered) -> Lowered {
        self.node(
            ExprKind::Compare { op, left: left.id, right: right.id },
            Ty::Bool,
            left.span.to(right.span),
        )
    }

    /// Reports values that have no order.
    fn ordered(&mut self, value: Lowered) -> Option<()> {
        let help = match value.ty {
            Ty::Int | Ty::Float | Ty::Time | Ty::Date | Ty::Clock | Ty::Duration => return Some(()),
            Ty::Str => "compare texts with `==`, `!=`, `starts_with`, `contains` or `matches`",
            Ty::Bool | Ty::Timezone | Ty::List(_) => "compare it with `==` or `!=`",
            Ty::Enum(_) => "name the members: `… in [\"a\", \"b\"]`",
        };
        let found = self.type_name(value.ty);
        self.report(
            Diagnostic::new(
                &codes::TYPE_MISMATCH,
                value.span,
                format!("{found} is not less or more than another"),
            )
            .label(format!("this is {found}"))
            .help(help),
        );
        None
    }

    /// `x in LIST`
    pub(super) fn member(
        &mut self,
        item: &ast::Expr,
        list: &ast::Expr,
        scope: &mut ExprScope<'_>,
    ) -> Option<Lowered> {
        let span = item.span.to(list.span);
        if let ast::ExprKind::List(elements) = &list.inner().kind {
            if elements.is_empty() {
                self.report(
                    Diagnostic::new(&codes::TYPE_MISMATCH, list.span, "nothing is in an empty list")
                        .label("empty")
                        .help("write the values: `in [\"a\", \"b\"]`"),
                );
                return None;
            }
            let operands: Vec<&ast::Expr> = std::iter::once(item).chain(elements).collect();
            let values = self.lower_all_alike(&operands, scope, None)?;
            return Some(self.one_of(&values, span));
        }
        let list_value = self.lower(list, scope, None)?;
        let Ty::List(shape) = list_value.ty else {
            let found = self.type_name(list_value.ty);
            let help = match list_value.ty {
                Ty::Str | Ty::Enum(_) => {
                    "a text within a text is asked by `contains`: `item contains \"case\"`"
                }
                _ => "after `in` stands a list, `[\"a\", \"b\"]`, or a range, `1 .. 5`",
            };
            self.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, list.span, format!("expected a list, found {found}"))
                    .label(format!("this is {found}"))
                    .help(help),
            );
            return None;
        };
        let element = match self.arena.lists[shape.index()].as_slice() {
            [field] if field.name.is_empty() => field.ty.ty(),
            _ => {
                self.report(
                    Diagnostic::new(
                        &codes::TYPE_MISMATCH,
                        list.span,
                        "the elements of this list are records",
                    )
                    .label("a list of records")
                    .help("name a field: `any lines where item == \"…\"`"),
                );
                return None;
            }
        };
        let item_value = self.lower(item, scope, Some(element))?;
        let item_value = self.expect_type(item_value, element)?;
        Some(self.node(ExprKind::InList { value: item_value.id, list: list_value.id }, Ty::Bool, span))
    }

    /// The first value is one of the others.
    fn one_of(&mut self, values: &Values, span: Span) -> Lowered {
        let Some((item, elements)) = values.split_first() else {
            return Lowered { id: self.arena.truth(false), ty: Ty::Bool, span };
        };
        let constants: Option<Vec<Const>> =
            elements.iter().map(|element| self.as_constant(*element)).collect();
        if let Some(mut set) = constants {
            set.sort_by(order);
            set.dedup();
            return self.node(ExprKind::OneOf { value: item.id, set }, Ty::Bool, span);
        }
        let tests: Vec<_> =
            elements.iter().map(|element| self.compare_nodes(CompareOp::Eq, *item, *element).id).collect();
        self.join(Connective::Any, tests, span)
    }

    /// The constant a node is.
    pub(super) fn as_constant(&self, value: Lowered) -> Option<Const> {
        match &self.arena.get(value.id).kind {
            ExprKind::Const(constant) => Some(constant.clone()),
            _ => None,
        }
    }

    /// `x in a .. b`: both ends inside; of clocks the end is outside and midnight may lie between.
    pub(super) fn in_range(
        &mut self,
        item: &ast::Expr,
        low: &ast::Expr,
        high: &ast::Expr,
        scope: &mut ExprScope<'_>,
    ) -> Option<Lowered> {
        let values = match &high.inner().kind {
            // Only here may a day end at `24:00`.
            ast::ExprKind::Clock(clock) if clock_ms(clock) == DAY_MS => {
                let mut values = self.lower_all_alike(&[item, low], scope, Some(Ty::Clock))?;
                values.push(self.node(ExprKind::Const(Const::Clock(DAY_MS)), Ty::Clock, high.span));
                values
            }
            _ => self.lower_all_alike(&[item, low, high], scope, None)?,
        };
        let [item, low, high] = values.as_slice() else { return None };
        self.ordered(*item)?;
        let span = item.span.to(high.span);
        let from = self.compare_nodes(CompareOp::Ge, *item, *low).id;
        if item.ty != Ty::Clock {
            let to = self.compare_nodes(CompareOp::Le, *item, *high).id;
            return Some(self.join(Connective::All, [from, to], span));
        }
        let to = self.compare_nodes(CompareOp::Lt, *item, *high).id;
        let within = self.join(Connective::All, [from, to], span);
        let around = self.join(Connective::Any, [from, to], span);
        match (self.as_constant(*low), self.as_constant(*high)) {
            (Some(Const::Clock(low)), Some(Const::Clock(high))) => {
                Some(if low <= high { within } else { around })
            }
            _ => {
                let plain = self.compare_nodes(CompareOp::Le, *low, *high).id;
                let wrapped = self.compare_nodes(CompareOp::Gt, *low, *high).id;
                let day = self.join(Connective::All, [plain, within.id], span).id;
                let night = self.join(Connective::All, [wrapped, around.id], span).id;
                Some(self.join(Connective::Any, [day, night], span))
            }
        }
    }

    /// `starts_with ends_with contains matches`
    pub(super) fn text_test(
        &mut self,
        op: ast::TextTestOp,
        left: &ast::Expr,
        right: &ast::Expr,
        scope: &mut ExprScope<'_>,
    ) -> Option<Lowered> {
        let value = self.lower(left, scope, Some(Ty::Str)).and_then(|value| self.expect_type(value, Ty::Str));
        let test = match op {
            ast::TextTestOp::StartsWith => TextTest::StartsWith,
            ast::TextTestOp::EndsWith => TextTest::EndsWith,
            ast::TextTestOp::Contains => TextTest::Contains,
            ast::TextTestOp::Matches => return self.matches(value, right),
        };
        let pattern =
            self.lower(right, scope, Some(Ty::Str)).and_then(|value| self.expect_type(value, Ty::Str));
        let (value, pattern) = (value?, pattern?);
        let kind = ExprKind::Text { test, value: value.id, pattern: pattern.id };
        Some(self.node(kind, Ty::Bool, value.span.to(pattern.span)))
    }

    fn matches(&mut self, value: Option<Lowered>, pattern: &ast::Expr) -> Option<Lowered> {
        let ast::ExprKind::Text(text) = &pattern.inner().kind else {
            return self.bad_pattern(
                pattern.span,
                "the pattern is not written out",
                "write a text: `matches \"^KR-[0-9]+$\"`",
            );
        };
        let Some(plain) = text.as_plain() else {
            return self.bad_pattern(
                text.span,
                "a bare `{` begins a value, and a pattern holds none",
                "write a repetition with `\\{`: `[0-9]\\{2,3}`",
            );
        };
        if let Err(error) = Pattern::check(plain) {
            let reason = pattern_error(&error);
            let place = error_place(&error, plain, text.span).unwrap_or(text.span);
            return self.bad_pattern(
                place,
                &reason,
                "`.` `[a-z]` `a|b` `x*` `x\\{2,3}` `^` `$` are known; `\\\\.` is a dot",
            );
        }
        let regex = self.arena.regex(plain.to_owned());
        let value = value?;
        Some(self.node(ExprKind::Matches { value: value.id, regex }, Ty::Bool, value.span.to(pattern.span)))
    }

    fn bad_pattern(&mut self, span: Span, reason: &str, help: &str) -> Option<Lowered> {
        self.report(
            Diagnostic::new(&codes::BAD_PATTERN, span, "the pattern cannot be used").label(reason).help(help),
        );
        None
    }
}

impl Resolver<'_> {
    /// `a + b - c`
    pub(super) fn sum(
        &mut self,
        first: &ast::Expr,
        rest: &[(ast::SumOp, ast::Expr)],
        scope: &mut ExprScope<'_>,
    ) -> Option<Lowered> {
        let mut total = self.lower(first, scope, None);
        for (op, term) in rest {
            let term = self.lower(term, scope, None);
            total = match (total, term) {
                (Some(left), Some(right)) => self.add(*op, left, right),
                _ => None,
            };
        }
        total
    }

    fn add(&mut self, op: ast::SumOp, left: Lowered, right: Lowered) -> Option<Lowered> {
        let arith = match op {
            ast::SumOp::Add => ArithOp::Add,
            ast::SumOp::Sub => ArithOp::Sub,
        };
        let ty = match (left.ty, op, right.ty) {
            (Ty::Int, _, Ty::Int) => Ty::Int,
            (Ty::Int | Ty::Float, _, Ty::Int | Ty::Float) => Ty::Float,
            (Ty::Time, _, Ty::Duration) => Ty::Time,
            (Ty::Date, _, Ty::Duration) => Ty::Date,
            (Ty::Duration, _, Ty::Duration)
            | (Ty::Time, ast::SumOp::Sub, Ty::Time)
            | (Ty::Date, ast::SumOp::Sub, Ty::Date) => Ty::Duration,
            (Ty::Duration, ast::SumOp::Add, Ty::Time | Ty::Date) => return self.add(op, right, left),
            _ => {
                self.report_arithmetic(op, left, right);
                return None;
            }
        };
        self.one_kind_of_time(left, right)?;
        let (left, right) = self.both_float(ty, left, right);
        Some(self.arith(arith, left, right, ty))
    }

    /// Reports calendar time added to elapsed time where both are written out.
    fn one_kind_of_time(&mut self, left: Lowered, right: Lowered) -> Option<()> {
        let lengths = (self.as_constant(left), self.as_constant(right));
        let (Some(Const::Duration(a)), Some(Const::Duration(b))) = lengths else { return Some(()) };
        if matches!(a, Length::Exact(_)) == matches!(b, Length::Exact(_)) {
            return Some(());
        }
        self.report(
            Diagnostic::new(&codes::MIXED_DURATION, right.span, "calendar time and elapsed time do not add up")
                .label("of the other kind")
                .also(left.span, "of one kind")
                .help("`mo` and `y` follow the calendar, all else is exact: add them to a time one after the other, `now + 1mo + 3d`"),
        );
        None
    }

    fn report_arithmetic(&mut self, op: ast::SumOp, left: Lowered, right: Lowered) {
        let (a, b) = (self.type_name(left.ty), self.type_name(right.ty));
        let message = match op {
            ast::SumOp::Add => format!("{a} and {b} cannot be added"),
            ast::SumOp::Sub => format!("{b} cannot be taken from {a}"),
        };
        let help = match (left.ty, right.ty) {
            (Ty::Str | Ty::Enum(_), _) | (_, Ty::Str | Ty::Enum(_)) => {
                "texts are joined in a text: `\"{first} {second}\"`"
            }
            (Ty::Time | Ty::Date | Ty::Duration, Ty::Int | Ty::Float) => "a duration has a unit: `+ 3d`",
            (Ty::Time, Ty::Date) | (Ty::Date, Ty::Time) => "take the local date of a time: `date(now)`",
            _ => "numbers, durations, and times or dates with durations can be added",
        };
        self.report(
            Diagnostic::new(&codes::TYPE_MISMATCH, right.span, message)
                .label(format!("this is {b}"))
                .also(left.span, format!("this is {a}"))
                .help(help),
        );
    }

    /// `a * b / c`
    pub(super) fn product(
        &mut self,
        first: &ast::Expr,
        rest: &[(ast::ProductOp, ast::Expr)],
        scope: &mut ExprScope<'_>,
    ) -> Option<Lowered> {
        let number = |this: &mut Self, value: Lowered| match value.ty {
            Ty::Int | Ty::Float => Some(value),
            _ => this.expect_type(value, Ty::Float),
        };
        let mut total = self.lower(first, scope, None).and_then(|value| number(self, value));
        for (op, factor) in rest {
            let factor = self.lower(factor, scope, None).and_then(|value| number(self, value));
            let (Some(left), Some(right)) = (total, factor) else {
                total = None;
                continue;
            };
            let (arith, ty) = match op {
                ast::ProductOp::Div => (ArithOp::Div, Ty::Float),
                ast::ProductOp::Mul if left.ty == Ty::Int && right.ty == Ty::Int => (ArithOp::Mul, Ty::Int),
                ast::ProductOp::Mul => (ArithOp::Mul, Ty::Float),
            };
            let (left, right) = self.both_float(ty, left, right);
            total = Some(self.arith(arith, left, right, ty));
        }
        total
    }

    fn both_float(&mut self, ty: Ty, left: Lowered, right: Lowered) -> (Lowered, Lowered) {
        let mut convert = |value: Lowered| {
            if ty == Ty::Float && value.ty == Ty::Int { self.as_float(value) } else { value }
        };
        (convert(left), convert(right))
    }

    /// An arithmetic node; exact constants are folded.
    fn arith(&mut self, op: ArithOp, left: Lowered, right: Lowered, ty: Ty) -> Lowered {
        let span = left.span.to(right.span);
        let folded = match (self.as_constant(left), op, self.as_constant(right)) {
            (Some(Const::Int(a)), ArithOp::Add, Some(Const::Int(b))) => Some(Const::Int(a.saturating_add(b))),
            (Some(Const::Int(a)), ArithOp::Sub, Some(Const::Int(b))) => Some(Const::Int(a.saturating_sub(b))),
            (Some(Const::Int(a)), ArithOp::Mul, Some(Const::Int(b))) => Some(Const::Int(a.saturating_mul(b))),
            (
                Some(Const::Duration(Length::Exact(a))),
                ArithOp::Add,
                Some(Const::Duration(Length::Exact(b))),
            ) => Some(Const::Duration(Length::Exact(a.saturating_add(b)))),
            (
                Some(Const::Duration(Length::Exact(a))),
                ArithOp::Sub,
                Some(Const::Duration(Length::Exact(b))),
            ) => Some(Const::Duration(Length::Exact(a.saturating_sub(b)))),
            _ => None,
        };
        let kind = match folded {
            Some(constant) => ExprKind::Const(constant),
            None => ExprKind::Arith { op, left: left.id, right: right.id },
        };
        self.node(kind, ty, span)
    }

    /// `-a`
    pub(super) fn negative(&mut self, operand: &ast::Expr, scope: &mut ExprScope<'_>) -> Option<Lowered> {
        let value = self.lower(operand, scope, None)?;
        let value = match value.ty {
            Ty::Int | Ty::Float | Ty::Duration => value,
            _ => self.expect_type(value, Ty::Float)?,
        };
        let kind = match self.as_constant(value) {
            Some(Const::Int(n)) => ExprKind::Const(Const::Int(n.saturating_neg())),
            Some(Const::Float(x)) => ExprKind::Const(Const::Float(-x)),
            Some(Const::Duration(Length::Exact(ms))) => {
                ExprKind::Const(Const::Duration(Length::Exact(ms.saturating_neg())))
            }
            Some(Const::Duration(Length::Months(months))) => {
                ExprKind::Const(Const::Duration(Length::Months(months.saturating_neg())))
            }
            _ => ExprKind::Neg(value.id),
        };
        Some(self.node(kind, value.ty, value.span))
    }
}

fn compare_op(op: ast::CompareOp) -> CompareOp {
    match op {
        ast::CompareOp::Eq => CompareOp::Eq,
        ast::CompareOp::Ne => CompareOp::Ne,
        ast::CompareOp::Lt => CompareOp::Lt,
        ast::CompareOp::Le => CompareOp::Le,
        ast::CompareOp::Gt => CompareOp::Gt,
        ast::CompareOp::Ge => CompareOp::Ge,
    }
}

/// The order of constants of one type.
fn order(a: &Const, b: &Const) -> std::cmp::Ordering {
    match (a, b) {
        (Const::Bool(a), Const::Bool(b)) => a.cmp(b),
        (Const::Int(a), Const::Int(b))
        | (Const::Time(a), Const::Time(b))
        | (Const::Clock(a), Const::Clock(b)) => a.cmp(b),
        (Const::Float(a), Const::Float(b)) => a.total_cmp(b),
        (Const::Str(a), Const::Str(b)) => a.cmp(b),
        (Const::Date(a), Const::Date(b)) => a.cmp(b),
        (Const::Duration(a), Const::Duration(b)) => a.cmp(b),
        (Const::Member(a), Const::Member(b)) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    }
}

/// What is wrong with a pattern, in one line.
fn pattern_error(error: &regex::Error) -> String {
    if matches!(error, regex::Error::CompiledTooBig(_)) {
        return "longer than 256 bytes, or more than 256 KiB when expanded".to_owned();
    }
    let text = error.to_string();
    let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("not a regular expression");
    last.trim().trim_start_matches("error: ").to_owned()
}

/// Where in the pattern the error is, from the carets below it; none where escapes hide how the text lies in the source.
fn error_place(error: &regex::Error, pattern: &str, span: Span) -> Option<Span> {
    /// What the excerpt of the pattern is indented by.
    const INDENT: usize = 4;
    let text = error.to_string();
    let carets = text.lines().find(|line| line.contains('^') && line.trim().chars().all(|c| c == '^'))?;
    let written_as_it_is = span.range().len() == pattern.len() + 2 && !pattern.contains('\n');
    let from = carets.find('^')?.checked_sub(INDENT).filter(|_| written_as_it_is)?;
    let length = carets.trim().len();
    let byte = |chars: usize| pattern.char_indices().nth(chars).map_or(pattern.len(), |(at, _)| at);
    let start = span.range().start + 1;
    Some(Span::new(span.file, start + byte(from), start + byte(from + length).max(byte(from) + 1)))
}
