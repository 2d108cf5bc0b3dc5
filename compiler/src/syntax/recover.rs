//! What to say of a place the grammar could only skip: it is read again with the strict rule of its place, and what was expected at the
//! furthest point becomes the message.
//!
//! Knows the statements' words and forms (for "did you mean" and help), nothing of the tree. Start reading at [`explain`].

use super::forms::{self, Part};
use super::hints;
use super::names::{Name, name};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use pest::error::{ErrorVariant, InputLocation};
use wayline_grammar::{Parser, Rule, WaylineParser};

/// The strict rule of a place and a form to copy where the place has one form.
fn strict(part: Part, declares: bool) -> (Rule, Option<&'static str>) {
    match part {
        Part::Top if declares => (Rule::strict_decl, None),
        Part::Top | Part::Statement | Part::Step => (Rule::strict_item, None),
        Part::Field => (
            Rule::strict_field,
            Some("`name: string;`, `age: int? in 0 .. 120;` or `plan: \"free\" | \"pro\" = \"free\";`"),
        ),
        Part::Class => (Rule::strict_class, Some("`churned when P;` or `current otherwise;`")),
        Part::Channel => (Rule::strict_channel, None),
        Part::Policy => (Rule::strict_policy, None),
        Part::Profile => (Rule::strict_profile, Some("`night: user.night_consent;` or `labels automatic;`")),
        Part::Arm => {
            (Rule::strict_arm, Some("`\"a\" => send …`, `\"b\" | \"c\" => { … }` or `otherwise => { … }`"))
        }
        Part::Wait => (Rule::strict_wait, Some("`on EVENT where P { … }`")),
        Part::Split => (Rule::strict_split, Some("`a 45% { … }` or `holdout 10%`")),
        Part::Init => (Rule::strict_init, Some("`title: \"…\";` or `title: { ko: \"…\"; en: \"…\"; };`")),
        Part::Locale => (Rule::strict_locale, Some("`ko: \"…\";` or `\"en-GB\": \"…\";`")),
        Part::Test => (
            Rule::strict_test,
            Some(
                "`at 2026-01-05 10:00 EVENT { … };`, `after 1d;` or `expect sent push at 2026-01-05 11:00;`",
            ),
        ),
        Part::Interpolation => {
            (Rule::strict_expr, Some("`{name}` or `{user.name ?? \"you\"}`; a brace as such is `\\{`"))
        }
    }
}

/// The diagnostic of a skipped place.
pub(super) fn explain(text: &str, span: Span, part: Part) -> Diagnostic {
    let slice = text.get(span.range()).unwrap_or("");
    let (slice, offset) = match part {
        Part::Interpolation => (slice.trim_start_matches('{').trim_end_matches('}'), 1),
        _ => (slice, 0),
    };
    let base = span.start as usize + offset;
    let place = |from: usize, to: usize| Span::new(span.file, base + from, base + to);
    if part == Part::Interpolation && slice.trim().is_empty() {
        return Diagnostic::new(&codes::SYNTAX, span, "nothing stands between these braces")
            .label("an empty placeholder")
            .help("write `{name}`; a brace as such is `\\{`");
    }
    let start = statement_start(slice);
    let word = first_word(&slice[start..]);
    let statement = matches!(part, Part::Top | Part::Statement | Part::Step);
    if statement && let Some(diagnostic) = hints::foreign_word(word, place(start, start + word.len())) {
        return diagnostic;
    }
    let table = forms::words(part);
    let known = table.iter().find(|(known, _)| *known == word);
    let labelled = slice[start + word.len()..].trim_start().starts_with(':');
    let free = matches!(part, Part::Channel | Part::Test);
    if known.is_none() && !table.is_empty() && word != "else" && !labelled {
        let near = forms::nearest(word, part);
        if near.is_some() || !free {
            let found = token(&slice[start..]);
            let at = place(start, start + found.len());
            let label = hints::label(word, &slice[start + word.len()..]).filter(|_| near.is_none());
            return unknown_word(found, near, at, label.unwrap_or_else(|| starts_with(part)));
        }
    }
    let chooses_policy = word == "policy" && !slice.contains('{');
    let declares = forms::declares(word) && !chooses_policy;
    let (rule, form) = if word == "else" {
        (Rule::strict_else, Some("`else { … }` right after an `if`, without a `;` between"))
    } else {
        strict(part, declares)
    };
    let form = form.or(known.map(|(_, form)| *form));
    let Err(error) = WaylineParser::parse(rule, slice) else {
        return Diagnostic::new(&codes::SYNTAX, place(0, slice.trim_end().len()), "this cannot stand here")
            .help(form.map_or("move it where it belongs".to_owned(), |form| format!("write {form}")));
    };
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let mut expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => expected(positives),
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    // A statement's word could always be a label instead; nobody means that.
    if known.is_some() && (statement || expected.len() > 1) {
        expected.retain(|name| name != "`:`");
    }
    let (at, expected) = if expected.is_empty() && known.is_some() && statement {
        // Only `:` was expected: the word before was taken for the label of a bare step.
        let word = slice[..at.min(slice.len())].trim_end();
        let length = word
            .chars()
            .rev()
            .take_while(|c| unicode_ident::is_xid_continue(*c))
            .map(char::len_utf8)
            .sum::<usize>();
        (word.len() - length, vec!["a step or a block".to_owned()])
    } else {
        (at, expected)
    };
    mismatch(slice, at, &expected, (form, part), &place)
}

/// Where the statement starts: after its doc comments.
fn statement_start(slice: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = &slice[at..];
        let space = rest.len() - rest.trim_start().len();
        if !rest[space..].starts_with("//") {
            return at + space;
        }
        match rest[space..].find('\n') {
            Some(length) => at += space + length,
            None => return at + space,
        }
    }
}

fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !(c == '_' || unicode_ident::is_xid_continue(c))).unwrap_or(text.len());
    &text[..end]
}

fn unknown_word(
    found: &str,
    near: Option<(&'static str, &'static str)>,
    span: Span,
    otherwise: String,
) -> Diagnostic {
    let diagnostic = Diagnostic::new(&codes::SYNTAX, span, format!("`{found}` starts no statement here"));
    match near {
        Some((known, form)) => diagnostic
            .label(format!("did you mean `{known}`?"))
            .help(format!("write {form}"))
            .fix(span, known),
        None => diagnostic.label("unknown here").help(otherwise),
    }
}

fn starts_with(part: Part) -> String {
    format!("a statement here starts with {}", forms::starters(part))
}

/// The names of what could have stood there, strong ones first, without repetition.
fn expected(rules: &[Rule]) -> Vec<String> {
    let mut strong = Vec::new();
    let mut weak = Vec::new();
    for &rule in rules {
        let (list, text) = match name(rule) {
            Name::Word(word) => (&mut strong, format!("`{word}`")),
            Name::Thing(thing) => (&mut strong, thing.to_owned()),
            Name::Weak(thing) => (&mut weak, thing.to_owned()),
            Name::Hidden => continue,
        };
        if !list.contains(&text) {
            list.push(text);
        }
    }
    if strong.is_empty() { weak } else { strong }
}

/// The most things named in one message.
const MOST_NAMED: usize = 4;

fn enumerate(expected: &[String]) -> String {
    match expected {
        [] => "something else".to_owned(),
        [one] => one.clone(),
        [head @ .., last] if expected.len() <= MOST_NAMED => format!("{} or {last}", head.join(", ")),
        // What could all go on is no help where the statement could just end.
        many if many.iter().any(|name| name == "`;`") => "`;`".to_owned(),
        many => format!("{} or the like", many.get(..MOST_NAMED).unwrap_or(many).join(", ")),
    }
}

fn mismatch(
    slice: &str,
    at: usize,
    expected: &[String],
    (form, part): (Option<&str>, Part),
    place: &dyn Fn(usize, usize) -> Span,
) -> Diagnostic {
    let at = at.min(slice.len());
    let skipped = slice[at..].len() - slice[at..].trim_start().len();
    let from = at + skipped;
    let names = enumerate(expected);
    let found = token(&slice[from..]);
    if found.is_empty() || (found == ";" && expected.iter().all(|name| name != "`;`")) {
        let end = slice[..at].trim_end().len();
        let diagnostic = Diagnostic::new(
            &codes::SYNTAX,
            place(end, end),
            format!("this statement ends too early: expected {names}"),
        )
        .label("something is missing here");
        return with_form(diagnostic, form);
    }
    if found == "then" {
        let span = place(from, from + "then".len());
        return Diagnostic::new(&codes::SYNTAX, span, "`if` has no `then`")
            .label("not Wayline")
            .help("write `if P { … }`, or one step after the condition: `if P send …`")
            .fix(span, "");
    }
    let span = place(from, from + found.len());
    let shown: String = found.chars().take(40).collect();
    let message = match expected {
        [] => format!("`{shown}` cannot stand here"),
        _ => format!("expected {names}, found `{shown}`"),
    };
    let diagnostic = Diagnostic::new(&codes::SYNTAX, span, message).label("not expected here");
    let here = hints::Place { found, before: &slice[..from], after: &slice[from..], expected, part };
    match here.hint() {
        Some(help) => diagnostic.help(help),
        None => with_form(diagnostic, form),
    }
}

fn with_form(diagnostic: Diagnostic, form: Option<&str>) -> Diagnostic {
    match form {
        Some(form) => diagnostic.help(format!("write {form}")),
        None => diagnostic,
    }
}

/// The first token of a text, for showing.
fn token(text: &str) -> &str {
    let Some(first) = text.chars().next() else { return "" };
    if first == '"' {
        let end = text[1..].find(['"', '\n']).map_or(text.len(), |length| length + 2);
        return text.get(..end).unwrap_or(text).trim_end();
    }
    if first == '_' || unicode_ident::is_xid_continue(first) {
        return first_word(text);
    }
    let pair = ["==", "!=", "<=", ">=", "=>", "??", "..", "&&", "||", "->", ":=", "+=", "-=", "++"];
    pair.into_iter().find(|sign| text.starts_with(sign)).unwrap_or(&text[..first.len_utf8()])
}
