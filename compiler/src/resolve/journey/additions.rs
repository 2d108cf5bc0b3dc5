//! What profiles add to an advertising text before it leaves: with `labels automatic`, its mark and its opt-out count in its length.
//!
//! Where a value may already hold what would be added, the shortest rendering counts it as held and the longest as added.

use crate::content;
use crate::ir::{ChannelId, Label, Labeller, Policy, TextPart, Unit};
use crate::profiles;
use crate::syntax::ast;

/// What is added to the texts of a message.
#[derive(Debug, Default)]
pub(super) struct Additions {
    labels: Vec<Label>,
    /// The fields the message has.
    given: Vec<String>,
}

impl Additions {
    /// What a policy adds to an advertisement on a channel.
    pub(super) fn of(
        policy: &Policy,
        channel: ChannelId,
        content: &ast::Content,
        main: Option<&str>,
    ) -> Self {
        let automatic = |label: &&Label| label.channel == channel && label.by == Labeller::Runtime;
        let labels = policy.labels.iter().filter(automatic).cloned().collect();
        let given = match content {
            ast::Content::None => Vec::new(),
            ast::Content::Text(_) => main.iter().map(|main| (*main).to_owned()).collect(),
            ast::Content::Fields(fields) => fields.iter().map(|init| init.name.text.clone()).collect(),
        };
        Additions { labels, given }
    }

    fn carries(&self, names: &[String], field: &str) -> bool {
        names.iter().find(|name| self.given.contains(name)).is_some_and(|name| name == field)
    }

    fn heads(&self, field: &str) -> impl Iterator<Item = &Label> {
        self.labels.iter().filter(|label| !label.head.is_empty() && self.carries(&label.head_fields, field))
    }

    fn tails(&self, field: &str) -> impl Iterator<Item = &Label> {
        self.labels.iter().filter(|label| !label.tail.is_empty() && self.carries(&label.tail_fields, field))
    }

    /// A constant text of a field as it leaves.
    pub(super) fn put_into(&self, field: &str, text: String) -> String {
        let mut texts: Vec<(&str, String)> =
            self.given.iter().map(|name| (name.as_str(), String::new())).collect();
        let Some(own) = texts.iter().position(|(name, _)| *name == field) else { return text };
        texts[own].1 = text;
        for label in &self.labels {
            profiles::add_label(label, &mut texts);
        }
        texts.swap_remove(own).1
    }

    /// The least length of a field's text as it leaves, and the most that is added to it. `shortest` is the text without.
    pub(super) fn around(&self, field: &str, parts: &[TextPart], unit: Unit, shortest: u64) -> (u64, u64) {
        let length = |text: &str| u64::from(content::length(text, unit));
        let literals = || {
            parts.iter().filter_map(|part| match part {
                TextPart::Literal(text) => Some(text.as_str()),
                TextPart::Value(_) => None,
            })
        };
        let (mut least, mut most) = (shortest, 0u64);
        for label in self.heads(field) {
            match parts.first() {
                Some(TextPart::Literal(text)) if text.starts_with(&label.mark) => {}
                // A value after it may complete the mark.
                Some(TextPart::Literal(text)) if !label.mark.starts_with(text.as_str()) => {
                    least = least.saturating_add(length(&label.head));
                    most = most.saturating_add(length(&label.head));
                }
                Some(TextPart::Literal(_) | TextPart::Value(_)) | None => {
                    most = most.saturating_add(length(&label.head));
                }
            }
        }
        for label in self.tails(field) {
            if literals().any(|text| text.contains(&label.optout)) {
                continue;
            }
            most = most.saturating_add(length(&label.tail));
            // Either it is added, or the values hold it.
            let constant: u64 = literals().map(length).sum();
            least =
                least.saturating_add(length(&label.tail)).min(least.max(constant + length(&label.optout)));
        }
        (least, most)
    }

    /// What is added to a field, for the reader; none where nothing is.
    pub(super) fn to(&self, field: &str) -> Option<String> {
        let heads = self.heads(field).map(|label| label.head.trim());
        let tails = self.tails(field).map(|label| label.tail.trim());
        let added: Vec<String> = heads.chain(tails).map(|text| format!("`{text}`")).collect();
        (!added.is_empty()).then(|| added.join(", "))
    }
}
