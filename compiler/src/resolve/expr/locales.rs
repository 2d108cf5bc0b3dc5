//! Locales: which of a text's variants a user gets, and which variants a project should have.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::resolve::{Resolver, suggest};
use crate::syntax::ast;

/// Whether a variant is for a locale: it is a prefix of it, at a `-`.
pub(super) fn fits(variant: &str, locale: &str) -> bool {
    let head = locale.get(..variant.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(variant))
        && matches!(locale.as_bytes().get(variant.len()), None | Some(b'-' | b'_'))
}

impl Resolver<'_> {
    /// Warns of a text that lacks the project's default locale or one that `wayline.toml` lists.
    pub(super) fn missing_locales(&mut self, texts: &ast::Localised) {
        let project = self.project_locale();
        let wanted = std::iter::once(&project).chain(&self.settings.locales);
        let mut missing: Vec<&str> = Vec::new();
        for locale in wanted {
            let has = texts.entries.iter().any(|entry| fits(&entry.locale.text, locale));
            if !has && !missing.contains(&locale.as_str()) {
                missing.push(locale);
            }
        }
        if missing.is_empty() {
            return;
        }
        let finding = Diagnostic::new(
            &codes::MISSING_LOCALE,
            texts.span,
            format!("no text for {}", suggest::listed(missing.iter().copied())),
        );
        let finding = match (missing.contains(&project.as_str()), texts.entries.first()) {
            (true, Some(first)) => finding
                .label("lacks the project's own locale")
                .note(format!("users whose locale is not listed get the text for `{}`", first.locale.text)),
            (true, None) | (false, _) => finding.label("lacks a locale of the project"),
        };
        let (language, _) = missing[0].split_once(['-', '_']).unwrap_or((missing[0], ""));
        self.report(finding.help(format!("add `{language}: \"…\";`")));
    }
}
