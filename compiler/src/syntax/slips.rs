//! What people write by habit from elsewhere, and what it is in Wayline: `1 hour`, `9am`, `'text'`, `&&`.
//!
//! Each slip is an error with its fix, but it is read on as what was meant. Knows nothing of the tree.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// A slip in one token: what it means, and what to say.
fn slip(span: Span, wrong: &str, right: &str) -> Diagnostic {
    Diagnostic::new(&codes::SYNTAX, span, format!("`{wrong}` is written `{right}`"))
        .label("not Wayline")
        .help(format!("write `{right}`"))
        .fix(span, right)
}

/// `1 hour`, `90 min`, `1h 30m`, `1.5h`
pub(super) fn duration(raw: &str, span: Span) -> (String, Diagnostic) {
    let mut meant = String::new();
    let mut rest = raw.trim();
    let mut fraction = false;
    while !rest.is_empty() {
        let number_end =
            rest.find(|c: char| !(c.is_ascii_digit() || c == '_' || c == '.')).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(number_end);
        let tail = tail.trim_start();
        let word_end = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (word, tail) = tail.split_at(word_end);
        if number.is_empty() && word.is_empty() {
            break;
        }
        fraction |= number.contains('.');
        meant.push_str(&whole(number, unit(word)));
        rest = tail.trim_start();
    }
    if fraction {
        let message = format!("`{raw}` is a fraction: durations are whole");
        let diagnostic = Diagnostic::new(&codes::SYNTAX, span, message)
            .label("not a duration")
            .help(format!("write `{meant}`"))
            .fix(span, meant.clone());
        return (meant, diagnostic);
    }
    let diagnostic = slip(span, raw, &meant);
    (meant, diagnostic)
}

/// The unit of a word; months are `mo`, since `m` is minutes.
fn unit(word: &str) -> &'static str {
    match word {
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        "w" | "week" | "weeks" => "w",
        "mo" | "month" | "months" => "mo",
        "y" | "year" | "years" => "y",
        _ => "m",
    }
}

/// `1.5h` as `1h30m`: the fraction in the next smaller units, as far as they go.
fn whole(number: &str, unit: &'static str) -> String {
    let Some((whole, fraction)) = number.split_once('.') else { return format!("{number}{unit}") };
    let smaller: &[(&str, u64)] = match unit {
        "w" => &[("d", 7), ("h", 24), ("m", 60), ("s", 60)],
        "d" => &[("h", 24), ("m", 60), ("s", 60)],
        "h" => &[("m", 60), ("s", 60)],
        "m" => &[("s", 60)],
        "y" => &[("mo", 12)],
        _ => &[],
    };
    let digits: String = fraction.chars().filter(char::is_ascii_digit).take(6).collect();
    let scale = 10_u64.pow(u32::try_from(digits.len()).unwrap_or(0));
    let mut left: u64 = digits.parse().unwrap_or(0);
    let mut out = if whole == "0" { String::new() } else { format!("{whole}{unit}") };
    for (name, factor) in smaller {
        left *= factor;
        if left >= scale {
            out.push_str(&format!("{}{name}", left / scale));
            left %= scale;
        }
    }
    if out.is_empty() { format!("{whole}{unit}") } else { out }
}

/// `9am`, `9:30 PM`
pub(super) fn clock(raw: &str, span: Span) -> (String, Diagnostic) {
    let lower = raw.to_ascii_lowercase();
    let afternoon = lower.ends_with("pm");
    let time = lower.trim_end_matches("am").trim_end_matches("pm").trim();
    let (hour, minute) = time.split_once(':').unwrap_or((time, "00"));
    let hour: u32 = hour.parse().unwrap_or(0);
    let hour = match (hour, afternoon) {
        (12, false) => 0,
        (1..12, true) => hour + 12,
        (_, _) => hour,
    };
    let meant = format!("{hour:02}:{minute}");
    let diagnostic = slip(span, raw, &meant);
    (meant, diagnostic)
}

/// `'text'`, `“text”`
pub(super) fn quotes(raw: &str, span: Span) -> (String, Diagnostic) {
    let inner: String = {
        let mut chars = raw.chars();
        chars.next();
        chars.next_back();
        chars.collect()
    };
    let fixed = format!("\"{}\"", inner.replace('"', "\\\""));
    let diagnostic = Diagnostic::new(&codes::SYNTAX, span, "texts stand in straight double quotes")
        .label("other quotes")
        .help(format!("write `{fixed}`"))
        .fix(span, fixed);
    (inner, diagnostic)
}

/// `&&`, `||`, `!`, `=`, `<>`, `=<`, `=>`, `≥`
pub(super) fn operator(raw: &str, span: Span) -> Diagnostic {
    let right = match raw {
        "&&" => "and",
        "||" => "or",
        "!" => "not ",
        "<>" | "!==" | "≠" => "!=",
        "=<" | "≤" => "<=",
        "=>" | "≥" => ">=",
        _ => "==",
    };
    Diagnostic::new(&codes::SYNTAX, span, format!("`{raw}` is written `{}`", right.trim()))
        .label("not Wayline")
        .help(format!("write `{}`", right.trim()))
        .fix(span, right)
}

/// Reads the escape at the start of a text: the character, if there is such an escape, and the escape's length.
pub(super) fn escape(text: &str) -> (Option<char>, usize) {
    let mut chars = text.chars();
    chars.next();
    let Some(c) = chars.next() else { return (None, text.len()) };
    let simple = match c {
        'n' => Some('\n'),
        't' => Some('\t'),
        '"' | '\\' | '{' | '}' => Some(c),
        _ => None,
    };
    if simple.is_some() || c != 'u' {
        return (simple, 1 + c.len_utf8());
    }
    let hex = text.strip_prefix("\\u{").and_then(|rest| rest.split_once('}')).map(|(hex, _)| hex);
    match hex {
        Some(hex) if hex.len() <= 6 && hex.chars().all(|c| c.is_ascii_hexdigit()) => {
            (u32::from_str_radix(hex, 16).ok().and_then(char::from_u32), hex.len() + 4)
        }
        Some(_) | None => (None, 2),
    }
}
