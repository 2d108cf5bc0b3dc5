//! The first pass: from written expressions to typed nodes.
//!
//! Knows nothing of what may be missing. Each kind of expression has its function here or in a sibling. Start reading at
//! `Resolver::lower`.

use super::super::Resolver;
use super::super::scope::ExprScope;
use super::types::{Values, name_of};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Const, ExprId, ExprKind, Ty};
use crate::source::Span;
use crate::syntax::ast;

/// A lowered expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lowered {
    /// The node.
    pub(super) id: ExprId,
    /// Its type.
    pub(super) ty: Ty,
    /// Where it is written.
    pub(super) span: Span,
}

/// Which of the two connectives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Connective {
    /// `and`
    All,
    /// `or`
    Any,
}

impl Resolver<'_> {
    /// Types and lowers an expression. `hint` is the type the place would like: it makes a member of a closed set of a text.
    pub(super) fn lower(
        &mut self,
        expr: &ast::Expr,
        scope: &mut ExprScope<'_>,
        hint: Option<Ty>,
    ) -> Option<Lowered> {
        let span = expr.span;
        let lowered = self.deeper(span, |this| this.lower_kind(expr, scope, hint))?;
        self.bounded_size(lowered.id, span)?;
        self.spans.note(lowered.id, span);
        Some(Lowered { span, ..lowered })
    }

    fn lower_kind(
        &mut self,
        expr: &ast::Expr,
        scope: &mut ExprScope<'_>,
        hint: Option<Ty>,
    ) -> Option<Lowered> {
        let span = expr.span;
        match &expr.kind {
            ast::ExprKind::Paren(inner) => self.lower(inner, scope, hint),
            ast::ExprKind::Bool(_)
            | ast::ExprKind::Int(_)
            | ast::ExprKind::Float(_)
            | ast::ExprKind::Text(_)
            | ast::ExprKind::Duration(_)
            | ast::ExprKind::Clock(_)
            | ast::ExprKind::Date(_)
            | ast::ExprKind::Instant(_) => {
                let (value, ty) = self.written_constant(expr, hint)?;
                Some(self.node(ExprKind::Const(value), ty, span))
            }
            ast::ExprKind::List(elements) => match hint {
                Some(ty @ Ty::List(_)) if elements.is_empty() => {
                    Some(self.node(ExprKind::Const(Const::EmptyList), ty, span))
                }
                _ => self.bare_list(span),
            },
            ast::ExprKind::Name(_) | ast::ExprKind::Path { .. } | ast::ExprKind::Call { .. } => {
                let place = self.place(expr, scope, hint)?;
                self.as_value(place, span, scope)
            }
            ast::ExprKind::History(history) => self.history(history, &[], scope),
            ast::ExprKind::Quantified { quantifier, list, filter } => {
                self.quantified(*quantifier, list, filter, scope)
            }
            ast::ExprKind::Or(operands) => self.logic(Connective::Any, operands, scope),
            ast::ExprKind::And(operands) => self.logic(Connective::All, operands, scope),
            ast::ExprKind::Not(operand) => self.not(operand, scope),
            ast::ExprKind::Compare { op, left, right } => self.compare(*op, left, right, scope),
            ast::ExprKind::TextTest { op, left, right } => self.text_test(*op, left, right, scope),
            ast::ExprKind::In { item, list } => self.member(item, list, scope),
            ast::ExprKind::InRange { item, low, high } => self.in_range(item, low, high, scope),
            ast::ExprKind::Exists(operand) => self.exists(operand, scope),
            ast::ExprKind::TimeTest { time, test, operand } => self.time_test(*test, time, operand, scope),
            ast::ExprKind::Coalesce(operands) => self.coalesce(operands, scope, hint),
            ast::ExprKind::Sum { first, rest } => self.sum(first, rest, scope),
            ast::ExprKind::Product { first, rest } => self.product(first, rest, scope),
            ast::ExprKind::Neg(operand) => self.negative(operand, scope),
            ast::ExprKind::Error => None,
        }
    }

    /// A node of the arena, written at `span`.
    pub(super) fn node(&mut self, kind: ExprKind, ty: Ty, span: Span) -> Lowered {
        let id = self.arena.expr(kind, ty);
        self.spans.note(id, span);
        Lowered { id, ty, span }
    }

    /// A condition within an expression: a `bool`.
    pub(super) fn condition(&mut self, expr: &ast::Expr, scope: &mut ExprScope<'_>) -> Option<Lowered> {
        let lowered = self.lower(expr, scope, Some(Ty::Bool))?;
        self.expect_type(lowered, Ty::Bool)
    }

    fn bare_list(&mut self, span: Span) -> Option<Lowered> {
        self.report(
            Diagnostic::new(&codes::TYPE_MISMATCH, span, "a list of values stands only after `in`")
                .label("not a single value")
                .help("write `x in [\"a\", \"b\"]`"),
        );
        None
    }

    fn logic(
        &mut self,
        connective: Connective,
        operands: &[ast::Expr],
        scope: &mut ExprScope<'_>,
    ) -> Option<Lowered> {
        // Every operand is looked at, so one wrong operand does not hide the others.
        let lowered: Vec<_> = operands.iter().map(|operand| self.condition(operand, scope)).collect();
        let lowered: Vec<_> = lowered.into_iter().collect::<Option<_>>()?;
        let span = operands.first()?.span.to(operands.last()?.span);
        Some(self.join(connective, lowered.iter().map(|operand| operand.id), span))
    }

    /// `All` or `Any` of conditions: flat, without repetitions; one operand stands for itself.
    pub(super) fn join(
        &mut self,
        connective: Connective,
        operands: impl IntoIterator<Item = ExprId>,
        span: Span,
    ) -> Lowered {
        let mut flat = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for operand in operands {
            let inner = match (connective, &self.arena.get(operand).kind) {
                (Connective::All, ExprKind::All(inner)) | (Connective::Any, ExprKind::Any(inner)) => {
                    inner.clone()
                }
                _ => vec![operand],
            };
            flat.extend(inner.into_iter().filter(|id| seen.insert(*id)));
        }
        match (connective, flat.as_slice()) {
            (_, [one]) => Lowered { id: *one, ty: Ty::Bool, span },
            (Connective::All, _) => self.node(ExprKind::All(flat), Ty::Bool, span),
            (Connective::Any, _) => self.node(ExprKind::Any(flat), Ty::Bool, span),
        }
    }

    fn not(&mut self, operand: &ast::Expr, scope: &mut ExprScope<'_>) -> Option<Lowered> {
        let lowered = self.condition(operand, scope)?;
        let inner = match self.arena.get(lowered.id).kind {
            ExprKind::Not(inner) => return Some(Lowered { id: inner, ..lowered }),
            _ => lowered.id,
        };
        Some(self.node(ExprKind::Not(inner), Ty::Bool, lowered.span))
    }

    fn quantified(
        &mut self,
        quantifier: ast::Quantifier,
        list: &ast::Expr,
        filter: &ast::Expr,
        scope: &mut ExprScope<'_>,
    ) -> Option<Lowered> {
        let lowered = self.lower(list, scope, None)?;
        let Ty::List(shape) = lowered.ty else {
            let found = name_of(lowered.ty, &self.arena);
            self.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, list.span, format!("expected a list, found {found}"))
                    .label(format!("this is {found}"))
                    .help("`any` and `all` look at the elements of a list: `any lines where qty > 1`"),
            );
            return None;
        };
        scope.elements.push(shape);
        let predicate = self.condition(filter, scope);
        scope.elements.pop();
        let quantifier = match quantifier {
            ast::Quantifier::Any => ir::Quantifier::Any,
            ast::Quantifier::All => ir::Quantifier::All,
        };
        let kind = ExprKind::Quantified { quantifier, list: lowered.id, predicate: predicate?.id };
        Some(self.node(kind, Ty::Bool, list.span.to(filter.span)))
    }

    /// `a ?? b ?? c`
    fn coalesce(
        &mut self,
        operands: &[ast::Expr],
        scope: &mut ExprScope<'_>,
        hint: Option<Ty>,
    ) -> Option<Lowered> {
        let values = self.lower_alike(operands, scope, hint);
        let values: Values = values?;
        let (last, init) = values.split_last()?;
        let mut result = *last;
        for value in init.iter().rev() {
            let kind = ExprKind::Coalesce { value: value.id, default: result.id };
            result = self.node(kind, value.ty, value.span.to(result.span));
        }
        Some(result)
    }
}
