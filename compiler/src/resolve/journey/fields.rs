//! `name: value;` lists: what `emit`, `call` and messages share.

use super::Lowering;
use super::flow::Flow;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::resolve::scope::{Expect, Presence, Typed};
use crate::resolve::suggest;
use crate::source::Span;
use crate::syntax::ast::{self, FieldInit, FieldValue};

impl<'a> Lowering<'_, 'a> {
    /// The value of a field that is no text of a message.
    pub(super) fn expression(&mut self, init: &'a FieldInit) -> Option<&'a ast::Expr> {
        match &init.value {
            FieldValue::Expr(expr) => Some(expr),
            FieldValue::Localised(texts) => {
                self.resolver.report(
                    Diagnostic::new(
                        &codes::TYPE_MISMATCH,
                        texts.span,
                        format!("`{}` takes a value, not a text per locale", init.name.text),
                    )
                    .label("a text per locale")
                    .help("localised texts stand in the text fields of messages"),
                );
                None
            }
        }
    }

    /// A value of any type that is always there.
    pub(super) fn present(&mut self, expr: &'a ast::Expr, flow: &mut Flow<'a>) -> Option<Typed> {
        let value = self.resolver.value(expr, &mut flow.scope, Expect::Anything)?;
        match value.presence {
            Presence::Always => Some(value),
            // Asked for as one that must be there, it says what is missing.
            Presence::Maybe => self.resolver.value(expr, &mut flow.scope, Expect::Exactly(value.ty)),
        }
    }

    /// Reports fields given twice.
    pub(super) fn duplicate_fields(&mut self, fields: &[FieldInit]) {
        for (index, init) in fields.iter().enumerate() {
            let Some(first) = fields[..index].iter().find(|other| other.name.text == init.name.text) else {
                continue;
            };
            self.resolver.report(
                Diagnostic::new(
                    &codes::DUPLICATE_NAME,
                    init.name.span,
                    format!("`{}` is given twice", init.name.text),
                )
                .label("given again here")
                .also(first.name.span, "first given here")
                .help("keep one of them"),
            );
        }
    }

    /// Reports fields that must be given and are not.
    pub(super) fn missing_fields(&mut self, missing: &[&str], of: &str, span: Span) {
        if missing.is_empty() {
            return;
        }
        let (are, names) = match missing {
            [one] => ("is", format!("`{one}`")),
            several => ("are", suggest::listed(several.iter().copied())),
        };
        let example: Vec<String> = missing.iter().map(|name| format!("{name}: …;")).collect();
        self.resolver.report(
            Diagnostic::new(&codes::MISSING_FIELD, span, format!("{names} {are} missing in {of}"))
                .label("not all fields are given")
                .help(format!("add `{}`", example.join(" "))),
        );
    }
}
