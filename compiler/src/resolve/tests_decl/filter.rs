//! Conditions on the fields of messages: `where title contains "Case"`.

use super::super::{Resolver, names};
use super::input::text_of;
use crate::ir::test::Filter;
use crate::ir::{CompareOp, StepKind, TextTest};
use crate::syntax::ast::{self, Expr, ExprKind, Ident, TextTestOp};
use std::collections::BTreeSet;

impl<'a> Resolver<'a> {
    /// Lowers a condition; `what` may name the channel whose fields are meant.
    pub(super) fn message_filter(&mut self, filter: &'a Expr, what: Option<&Ident>) -> Option<Filter> {
        let fields = self.message_fields(what);
        self.filter_over(filter, &fields)
    }

    /// The names of the fields that messages have, of one channel and its templates or of all; those of a call that is named.
    fn message_fields(&self, what: Option<&Ident>) -> BTreeSet<String> {
        let calls = self.schema.journeys.iter().flat_map(|journey| &journey.steps).filter_map(|step| {
            match &step.kind {
                StepKind::Call { name, fields } if what.is_some_and(|what| what.text == *name) => {
                    Some(fields)
                }
                _ => None,
            }
        });
        let of_calls = calls.flatten().map(|(name, _)| name.clone());
        let channels = &self.schema.channels;
        let one = what.and_then(|what| channels.iter().position(|channel| channel.name == what.text));
        let meant = |index: usize| one.is_none_or(|one| one == index);
        let of_channels = channels.iter().enumerate().filter(|(index, _)| meant(*index));
        let of_templates = self.schema.templates.iter().filter(|template| meant(template.channel.index()));
        of_channels
            .flat_map(|(_, channel)| &channel.fields)
            .chain(of_templates.flat_map(|template| &template.fields))
            .map(|field| field.name.clone())
            .chain(of_calls)
            .collect()
    }

    fn filter_over(&mut self, expr: &'a Expr, fields: &BTreeSet<String>) -> Option<Filter> {
        match &expr.inner().kind {
            ExprKind::And(terms) => Some(Filter::All(self.filters(terms, fields)?)),
            ExprKind::Or(terms) => Some(Filter::Any(self.filters(terms, fields)?)),
            ExprKind::Not(inner) => Some(Filter::Not(Box::new(self.filter_over(inner, fields)?))),
            ExprKind::Exists(inner) => Some(Filter::Exists(self.message_field_name(inner, fields)?)),
            ExprKind::Compare { op, left, right } => {
                let field = self.message_field_name(left, fields)?;
                Some(Filter::Compare { field, op: lower_op(*op), value: self.any_literal(right)? })
            }
            ExprKind::TextTest { op, left, right } => {
                let test = match op {
                    TextTestOp::StartsWith => TextTest::StartsWith,
                    TextTestOp::EndsWith => TextTest::EndsWith,
                    TextTestOp::Contains => TextTest::Contains,
                    TextTestOp::Matches => return self.no_message_condition(expr.span),
                };
                let field = self.message_field_name(left, fields)?;
                Some(Filter::Text { field, test, value: text_of(&self.any_literal(right)?) })
            }
            ExprKind::Error => None,
            _ => self.no_message_condition(expr.span),
        }
    }

    fn filters(&mut self, terms: &'a [Expr], fields: &BTreeSet<String>) -> Option<Vec<Filter>> {
        let lowered: Vec<Option<Filter>> = terms.iter().map(|term| self.filter_over(term, fields)).collect();
        lowered.into_iter().collect()
    }

    fn message_field_name(&mut self, expr: &'a Expr, fields: &BTreeSet<String>) -> Option<String> {
        let ExprKind::Name(name) = &expr.inner().kind else { return self.no_message_condition(expr.span) };
        if !fields.contains(name.as_str()) {
            let finding = names::unknown("message field", name, fields.iter().map(String::as_str));
            self.report(finding);
            return None;
        }
        Some(name.text.clone())
    }
}

fn lower_op(op: ast::CompareOp) -> CompareOp {
    match op {
        ast::CompareOp::Eq => CompareOp::Eq,
        ast::CompareOp::Ne => CompareOp::Ne,
        ast::CompareOp::Lt => CompareOp::Lt,
        ast::CompareOp::Le => CompareOp::Le,
        ast::CompareOp::Gt => CompareOp::Gt,
        ast::CompareOp::Ge => CompareOp::Ge,
    }
}
