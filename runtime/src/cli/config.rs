//! `wayline.toml`: the project's settings.
//!
//! Every key is known here and nowhere else; a key that is not known is an error. Start at [`read`].

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use wayline_compiler::calendar::Zone;
use wayline_compiler::codes;
use wayline_compiler::diagnostic::{Diagnostic, Diagnostics};
use wayline_compiler::source::{FileId, Span};
use wayline_compiler::{Settings, nearest};

/// The keys there are.
const KEYS: [&str; 5] = ["zone", "locale", "locales", "zones", "max_instances"];

/// Most live instances per user and journey that can be asked for.
const MOST_INSTANCES: u32 = 10_000;

/// The settings a text gives; what is wrong goes to `diagnostics`, at places in `file`.
pub(super) fn read(file: FileId, text: &str, diagnostics: &mut Diagnostics) -> Settings {
    let mut reader = Reader { file, diagnostics };
    let mut settings = Settings::default();
    match DeTable::parse(text) {
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            let span = Span::new(file, span.start, span.end);
            reader.diagnostics.push(Diagnostic::new(&codes::SYNTAX, span, message).label("not TOML"));
        }
        Ok(table) => {
            for (key, value) in table.get_ref() {
                reader.key(key, value, &mut settings);
            }
        }
    }
    settings
}

struct Reader<'d> {
    file: FileId,
    diagnostics: &'d mut Diagnostics,
}

impl Reader<'_> {
    fn key(
        &mut self,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        settings: &mut Settings,
    ) {
        match key.get_ref().as_ref() {
            "zone" => settings.zone = self.zone(value),
            "locale" => settings.locale = self.locale(value),
            "locales" => settings.locales = self.list(value, Self::locale),
            "zones" => settings.zones = self.list(value, Self::zone),
            "max_instances" => settings.max_instances = self.count(value),
            other => {
                let message = format!("there is no setting `{other}`");
                let help = match nearest(other, KEYS) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the settings are {}", KEYS.map(|key| format!("`{key}`")).join(", ")),
                };
                let finding = Diagnostic::new(&codes::UNKNOWN_NAME, self.span(key), message);
                self.diagnostics.push(finding.label("not known").help(help));
            }
        }
    }

    fn span<T>(&self, place: &Spanned<T>) -> Span {
        let span = place.span();
        Span::new(self.file, span.start, span.end)
    }

    fn refuse<T>(&mut self, value: &Spanned<DeValue<'_>>, message: String, help: &str) -> Option<T> {
        let span = self.span(value);
        self.diagnostics.push(Diagnostic::new(&codes::INVALID_VALUE, span, message).help(help));
        None
    }

    fn zone(&mut self, value: &Spanned<DeValue<'_>>) -> Option<String> {
        const HELP: &str = "write an IANA name such as `\"Asia/Seoul\"`";
        let Some(name) = value.get_ref().as_str() else {
            return self.refuse(value, "a zone is a string".to_owned(), HELP);
        };
        if Zone::named(name).is_some() {
            return Some(name.to_owned());
        }
        let names: Vec<&str> = Zone::all().map(Zone::name).collect();
        let near = nearest(name, names).map(|near| format!("did you mean `{near}`?"));
        self.refuse(value, format!("no zone is called `{name}`"), near.as_deref().unwrap_or(HELP))
    }

    fn locale(&mut self, value: &Spanned<DeValue<'_>>) -> Option<String> {
        const HELP: &str = "write a language and perhaps a region such as `\"ko-KR\"`";
        match value.get_ref().as_str() {
            Some(tag) if is_locale(tag) => Some(tag.to_owned()),
            Some(tag) => self.refuse(value, format!("`{tag}` is not a locale"), HELP),
            None => self.refuse(value, "a locale is a string".to_owned(), HELP),
        }
    }

    fn list(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        item: impl Fn(&mut Self, &Spanned<DeValue<'_>>) -> Option<String>,
    ) -> Vec<String> {
        let Some(values) = value.get_ref().as_array() else {
            return self
                .refuse(value, "expected a list".to_owned(), "write it in brackets")
                .unwrap_or_default();
        };
        values.iter().filter_map(|value| item(self, value)).collect()
    }

    fn count(&mut self, value: &Spanned<DeValue<'_>>) -> Option<u32> {
        let count = value.get_ref().as_integer().and_then(|digits| digits.as_str().parse().ok());
        match count {
            Some(count) if (1..=MOST_INSTANCES).contains(&count) => Some(count),
            Some(_) | None => self.refuse(
                value,
                "not a number of instances".to_owned(),
                "write a whole number from 1 to 10000",
            ),
        }
    }
}

/// `ko`, `en-GB`, `zh-Hant-TW`.
fn is_locale(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}
