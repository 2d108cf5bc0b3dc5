//! `missing-label`: with `labels manual`, an advertisement whose text lacks the mark, the sender or the way to opt out.
//!
//! Only what is constant counts: nobody can say what an interpolated value will hold. A message of a template is not looked at, its
//! text lies with the provider.

use super::{Ad, ads, place, policy, resting_on};
use crate::checks::Report;
use crate::checks::flow::Flow;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Const, Content, ExprKind, Label, Labeller, Program, SendOption, Text, TextPart};

pub(super) fn check(flow: &Flow<'_>, report: &mut Report<'_>) {
    for ad in ads(flow) {
        let option = &ad.send.options[ad.number];
        if option.template.is_some() {
            continue;
        }
        let labels = policy(flow).labels.iter();
        for label in labels.filter(|label| label.channel == ad.channel && label.by == Labeller::Author) {
            if let Some((lacks, help)) = lacking(flow.program, label, option) {
                report.push(finding(flow, report, &ad, label, &lacks, help));
            }
        }
    }
}

fn finding(
    flow: &Flow<'_>,
    report: &Report<'_>,
    ad: &Ad<'_>,
    label: &Label,
    lacks: &str,
    help: String,
) -> Diagnostic {
    let name = &flow.program.channel(ad.channel).name;
    let finding = Diagnostic::new(
        &codes::MISSING_LABEL,
        place(flow, report, ad),
        format!("this `{name}` advertisement lacks {lacks}"),
    )
    .label("not in the constant part of the text")
    .help(help);
    resting_on(finding, Some(label.fact))
}

/// What a message lacks, and what to do about it.
fn lacking(program: &Program, label: &Label, option: &SendOption) -> Option<(String, String)> {
    if let Some(field) = first_of(&label.head_fields, option) {
        for start in starts(program, field) {
            if !start.starts_with(&label.mark) {
                let help = match lookalike(&start, &label.mark) {
                    Some(written) => format!("`{written}` does not count, begin with `{}`", label.mark),
                    None => format!("begin with `{}`, or write `labels automatic`", label.head.trim_end()),
                };
                return Some((format!("the mark `{}` at its very start", label.mark), help));
            }
        }
    }
    let sender = label.head.strip_prefix(&label.mark).unwrap_or_default().trim();
    let whole = |what: &str| {
        let mut texts = option.fields.iter().map(|(_, content)| constants(program, content));
        texts.any(|variants| !variants.is_empty() && variants.iter().all(|text| text.contains(what)))
    };
    if !sender.is_empty() && !whole(sender) {
        return Some((format!("the sender `{sender}`"), format!("begin with `{}`", label.head.trim_end())));
    }
    let ends = first_of(&label.tail_fields, option).is_some();
    if ends && !label.optout.is_empty() && !whole(&label.optout) {
        return Some((
            format!("the way to opt out `{}`", label.optout),
            format!("end with `{}`", label.tail.trim()),
        ));
    }
    None
}

fn first_of<'o>(names: &[String], option: &'o SendOption) -> Option<&'o Content> {
    names
        .iter()
        .find_map(|name| option.fields.iter().find(|(field, _)| field == name))
        .map(|(_, content)| content)
}

/// The constant beginning of each variant; empty where it begins with a value.
fn starts(program: &Program, content: &Content) -> Vec<String> {
    let start = |text: &Text| {
        let first = |(_, parts): &(String, Vec<TextPart>)| match parts.first() {
            Some(TextPart::Literal(text)) => text.clone(),
            Some(TextPart::Value(_)) | None => String::new(),
        };
        text.variants.iter().map(first).collect()
    };
    match content {
        Content::Text(text) => start(text),
        Content::Value(_) => constants(program, content),
    }
}

/// The constant parts of each variant; the parts of one are kept apart by a character that no label has.
fn constants(program: &Program, content: &Content) -> Vec<String> {
    match content {
        Content::Text(text) => {
            let constant = |part: &TextPart| match part {
                TextPart::Literal(text) => text.clone(),
                TextPart::Value(_) => "\u{0}".to_owned(),
            };
            text.variants.iter().map(|(_, parts)| parts.iter().map(constant).collect()).collect()
        }
        Content::Value(value) => match &program.expr(*value).kind {
            ExprKind::Const(Const::Str(text)) => vec![text.clone()],
            _ => Vec::new(),
        },
    }
}

/// What stands at the start in place of the mark and looks like it: other brackets, spaces inside, the English word.
fn lookalike(text: &str, mark: &str) -> Option<String> {
    let word = |text: &str| {
        let plain: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        plain.to_uppercase()
    };
    let text = text.trim_start();
    if !text.starts_with(['(', '[', '<', '{', '（', '［', '【', '〔', '《']) {
        return None;
    }
    let end =
        text.char_indices().find(|(_, c)| [')', ']', '>', '}', '）', '］', '】', '〕', '》'].contains(c));
    let (at, close) = end?;
    let written = &text[..at + close.len_utf8()];
    (word(written) == word(mark) || word(written) == "AD").then(|| written.to_owned())
}
