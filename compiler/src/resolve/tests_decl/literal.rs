//! Literals of tests as JSON.

use super::super::Resolver;
use super::super::declare::{ANY_FLOAT, ANY_INT};
use crate::calendar::{Zone, text};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Const, Field, FieldType, Span};
use crate::syntax::ast::{Expr, ExprKind};
use serde_json::{Value, json};

impl<'a> Resolver<'a> {
    /// The value of a field as it is on the wire.
    pub(super) fn wire_value(&mut self, expr: &'a Expr, field: &Field) -> Option<Value> {
        if let (ExprKind::List(elements), FieldType::List(id)) = (&expr.inner().kind, &field.ty) {
            let shape = self.arena.lists.get(id.index()).cloned().unwrap_or_default();
            let [element] = shape.as_slice() else { return self.no_literal(expr, "a list of records") };
            if !element.name.is_empty() {
                return self.no_literal(expr, "a list of records");
            }
            let values: Option<Vec<Value>> =
                elements.iter().map(|expr| self.wire_value(expr, element)).collect();
            return values.map(Value::Array);
        }
        let ty = without_facts(&field.ty);
        let value = self.constant(expr, &ty)?;
        Some(self.json(&value, &ty))
    }

    /// A literal whose type is nobody's business: a key, an operand of a condition.
    pub(super) fn any_literal(&mut self, expr: &'a Expr) -> Option<Value> {
        match &expr.inner().kind {
            ExprKind::Bool(value) => Some(json!(value)),
            ExprKind::Int(value) => Some(json!(value)),
            ExprKind::Float(value) => Some(json!(value)),
            ExprKind::Neg(inner) => match &inner.inner().kind {
                ExprKind::Int(value) => Some(json!(value.saturating_neg())),
                ExprKind::Float(value) => Some(json!(-value)),
                _ => self.no_literal(expr, "this"),
            },
            ExprKind::Text(text) => match text.as_plain() {
                Some(plain) => Some(json!(plain)),
                None => self.no_literal(expr, "a text with `{…}`"),
            },
            ExprKind::Date(date) => Some(json!(date_text(super::super::literal::days(date.date)))),
            ExprKind::Instant(instant) => Some(json!(instant_text(instant.ms))),
            ExprKind::Clock(clock) => Some(json!(clock_text(i64::from(clock.minute) * 60_000))),
            ExprKind::Error => None,
            _ => self.no_literal(expr, "this"),
        }
    }

    fn no_literal<T>(&mut self, expr: &Expr, what: &str) -> Option<T> {
        self.report(
            Diagnostic::new(&codes::INVALID_VALUE, expr.span, format!("{what} cannot be written in a test"))
                .label("not a plain value")
                .help("write a number, a text, a date, an instant, `true` or `false`"),
        );
        None
    }

    fn json(&self, value: &Const, ty: &FieldType) -> Value {
        match value {
            Const::Bool(value) => json!(value),
            Const::Int(value) => json!(value),
            Const::Float(value) => json!(value),
            Const::Str(value) => json!(value),
            Const::Time(ms) => json!(instant_text(*ms)),
            Const::Date(days) => json!(date_text(*days)),
            Const::Clock(ms) => json!(clock_text(*ms)),
            Const::Duration(span) => json!(duration_text(*span)),
            Const::Member(index) => {
                let FieldType::Enum(set) = ty else { return Value::Null };
                let members = self.arena.enums.get(set.index());
                json!(members.and_then(|members| members.get(*index as usize)))
            }
            Const::EmptyList => json!([]),
        }
    }
}

/// The type alone: a test may send what the door refuses.
fn without_facts(ty: &FieldType) -> FieldType {
    match ty {
        FieldType::Int(_) => ANY_INT,
        FieldType::Float(_) => ANY_FLOAT,
        FieldType::Str(_) => FieldType::Str(None),
        FieldType::Url(_) => FieldType::Url(None),
        FieldType::Time { .. } => FieldType::Time { past: false },
        FieldType::Date { .. } => FieldType::Date { past: false },
        FieldType::Bool
        | FieldType::Clock
        | FieldType::Duration
        | FieldType::Timezone
        | FieldType::Enum(_)
        | FieldType::List(_)
        | FieldType::Record => *ty,
    }
}

fn instant_text(ms: i64) -> String {
    text::instant(ms, Zone::UTC)
}

fn date_text(days: i32) -> String {
    let mut out = String::new();
    text::push_date(&mut out, days);
    out
}

fn clock_text(ms: i64) -> String {
    let mut out = String::new();
    text::push_clock(&mut out, ms);
    out
}

fn duration_text(span: Span) -> String {
    let mut out = String::new();
    text::push_duration(&mut out, span);
    out
}
