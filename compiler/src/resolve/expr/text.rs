//! Texts of messages: literal pieces and interpolated values, one per locale.
//!
//! Start reading at [`Resolver::text`](super::super::Resolver::text).

use super::super::scope::ExprScope;
use super::super::{Resolver, names};
use super::locales::fits;
use super::presence::Missing;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, ExprId, Ty};
use crate::syntax::ast::{self, Ident};

impl Resolver<'_> {
    /// A text; what is interpolated must be there.
    pub(crate) fn text(&mut self, text: &ast::Text, scope: &mut ExprScope<'_>) -> Option<ir::Text> {
        let parts = self.text_parts(text, scope)?;
        Some(ir::Text { variants: vec![(String::new(), parts)], default: 0 })
    }

    /// A text per locale.
    pub(crate) fn localised(
        &mut self,
        texts: &ast::Localised,
        scope: &mut ExprScope<'_>,
    ) -> Option<ir::Text> {
        let mut variants: Vec<(String, Vec<ir::TextPart>)> = Vec::new();
        let mut failed = false;
        for (index, entry) in texts.entries.iter().enumerate() {
            let same = |other: &ast::LocaleText| other.locale.text.eq_ignore_ascii_case(&entry.locale.text);
            if let Some(before) = texts.entries[..index].iter().find(|other| same(other)) {
                let name = Ident { text: entry.locale.text.clone(), span: entry.locale.span };
                self.report(names::duplicate("locale", &name, before.locale.span));
                failed = true;
            }
            match self.text_parts(&entry.text, scope) {
                Some(parts) => variants.push((entry.locale.text.clone(), parts)),
                None => failed = true,
            }
        }
        if variants.is_empty() && !failed {
            self.report(
                Diagnostic::new(&codes::MISSING_FIELD, texts.span, "there is no text in this block")
                    .label("empty")
                    .help("write a text per locale: `{ ko: \"…\"; en: \"…\"; }`"),
            );
            return None;
        }
        if failed {
            return None;
        }
        self.missing_locales(texts);
        let default = self.default_variant(&variants);
        Some(ir::Text { variants, default })
    }

    /// The variant for users whose locale has none: that of the project's locale, else the first.
    fn default_variant(&self, variants: &[(String, Vec<ir::TextPart>)]) -> u32 {
        let project = self.project_locale();
        let fitting = variants.iter().zip(0..).filter(|((locale, _), _)| fits(locale, &project));
        fitting.max_by_key(|((locale, _), _)| locale.len()).map_or(0, |(_, position)| position)
    }

    fn text_parts(&mut self, text: &ast::Text, scope: &mut ExprScope<'_>) -> Option<Vec<ir::TextPart>> {
        let parts: Vec<_> = text
            .parts
            .iter()
            .map(|part| match part {
                ast::TextPart::Literal { text, .. } => Some(ir::TextPart::Literal(text.clone())),
                ast::TextPart::Expr(expr) => self.interpolated(expr, scope).map(ir::TextPart::Value),
            })
            .collect();
        parts.into_iter().collect()
    }

    fn interpolated(&mut self, expr: &ast::Expr, scope: &mut ExprScope<'_>) -> Option<ExprId> {
        let value = self.lower(expr, scope, Some(Ty::Str))?;
        if let Ty::List(_) = value.ty {
            self.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, expr.span, "a list cannot stand in a text")
                    .label("this is a list")
                    .help("write single values"),
            );
            return None;
        }
        self.judge(value.id, expr.span, scope, Missing::Refused)?;
        Some(value.id)
    }
}
