//! What to say of a place the grammar could only skip: it is read again with the strict rule of its place, and what was expected at the
//! furthest point becomes the message.
//!
//! Knows the statements' words and forms (for "did you mean" and help), nothing of the tree. Start reading at [`explain`].

use super::names::{Name, name};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use pest::error::{ErrorVariant, InputLocation};
use wayline_grammar::{Parser, RESERVED, Rule, WaylineParser};

/// What a skipped place should have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A declaration, or a statement of the file's journey.
    Top,
    /// A statement of a journey.
    Statement,
    /// A step of a block.
    Step,
    /// A field of an event, a user, a catalog, a record.
    Field,
    /// A class.
    Class,
    /// A statement of a channel.
    Channel,
    /// A rule of a policy.
    Policy,
    /// A binding of a profile.
    Profile,
    /// An arm of a match.
    Arm,
    /// An arm of a wait.
    Wait,
    /// An arm of a split.
    Split,
    /// A field of a message or an event.
    Init,
    /// A text of a locale.
    Locale,
    /// A line of a test.
    Test,
    /// An expression in a text.
    Interpolation,
}

/// Statements by their first word, with a form to copy. The first column is also what "did you mean" chooses from.
const STEPS: &[(&str, &str)] = &[
    ("wait", "`wait 1h;`, `wait until 10:00;`, `wait until P up to 3d;` or `wait for EVENT up to 1d { … }`"),
    ("send", "`send push \"text\";` or `send push { title: \"…\"; body: \"…\"; }`"),
    ("if", "`if P { … } else { … }`"),
    ("unless", "`unless P { … }`"),
    ("match", "`match E { \"a\" => … otherwise => … }`"),
    ("split", "`split NAME { a 45% { … } b 45% { … } holdout 10% }`"),
    ("at", "`at TIME { … }` or `at TIME on day -7 at 10:00 { … }`"),
    ("repeat", "`repeat up to 3 times every 1d until P { … }`"),
    ("set", "`set user.NAME = E;`"),
    ("emit", "`emit EVENT { field: E; };`"),
    ("call", "`call NAME { field: E; };`"),
    ("exit", "`exit;` or `exit \"reason\";`"),
    ("do", "`do SEQUENCE(…);`"),
];
const HEADER: &[(&str, &str)] = &[
    ("on", "`on EVENT per FIELD where P reenter after exit;`"),
    ("every", "`every day at 10:00 for SEGMENT;`"),
    ("goal", "`goal EVENT within 3d where P;`"),
    ("refresh", "`refresh on EVENT;`"),
    ("purpose", "`purpose marketing;`"),
    ("policy", "`policy NAME;`"),
    ("priority", "`priority 10;`"),
    ("lasts", "`lasts at most 30d;`"),
    ("holdout", "`holdout 5%;`"),
    ("active", "`active 2026-12-01 .. 2026-12-31;`"),
];
const DECLARATIONS: &[(&str, &str)] = &[
    ("event", "`event NAME(SUBJECT) { field: type; }`"),
    ("user", "`user { name: type = default; }`"),
    ("catalog", "`catalog NAME per KEY { column: type; }`"),
    ("define", "`define NAME = E;`"),
    ("segment", "`segment NAME = P;`"),
    ("classify", "`classify NAME { class when P; other otherwise; }`"),
    ("channel", "`channel NAME { needs …; purposes marketing; main text: string; }`"),
    ("template", "`template NAME for CHANNEL approved { field: type; }`"),
    ("policy", "`policy { cap 3 per day; }`"),
    ("sequence", "`sequence NAME(param: type) { … }`"),
    ("journey", "`journey NAME { on EVENT; … }`"),
    ("test", "`test \"what\" for JOURNEY { … }`"),
];
const POLICY: &[(&str, &str)] = &[
    ("cap", "`cap push 1 per 4h on cap skip;`"),
    ("quiet", "`quiet 21:00 .. 08:00 hold;`"),
    ("budget", "`budget sms 500_000 per month;`"),
    ("rate", "`rate push 10_000 per 1m;`"),
    ("ensure", "`ensure at most 2 push per 1d;` or `ensure cost at most 60 per 30d;`"),
    ("profile", "`profile kr { sender: \"…\"; labels automatic; }`"),
    ("exempt", "`exempt kr.K3 because \"…\";`"),
];
const CHANNEL: &[(&str, &str)] = &[
    ("needs", "`needs user.phone;`"),
    ("consent", "`consent marketing: user.marketing_consent;`"),
    ("purposes", "`purposes marketing, informational;`"),
    ("hours", "`hours 08:00 .. 21:00;`"),
    ("costs", "`costs 9;`"),
    ("uncapped", "`uncapped;`"),
    ("unbilled", "`unbilled on failure;`"),
    ("templates", "`templates approved;`"),
    ("main", "`main text: string at most 90 bytes euckr;`"),
];

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

/// The words a place's statements start with.
fn words(part: Part) -> Vec<(&'static str, &'static str)> {
    let tables: &[&[(&str, &str)]] = match part {
        Part::Top => &[DECLARATIONS, STEPS, HEADER],
        Part::Statement => &[STEPS, HEADER],
        Part::Step => &[STEPS],
        Part::Channel => &[CHANNEL],
        Part::Policy => &[POLICY],
        Part::Field
        | Part::Class
        | Part::Profile
        | Part::Arm
        | Part::Wait
        | Part::Split
        | Part::Init
        | Part::Locale
        | Part::Test
        | Part::Interpolation => &[],
    };
    tables.concat()
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
    if let Some(diagnostic) = foreign_word(word, place(start, start + word.len())) {
        return diagnostic;
    }
    let table = words(part);
    let known = table.iter().find(|(known, _)| *known == word);
    let labelled = slice[start + word.len()..].trim_start().starts_with(':');
    if known.is_none() && !table.is_empty() && word != "else" && !(labelled || part == Part::Channel) {
        return unknown_word(word, &slice[start..], place(start, start + word.len().max(1)), &table);
    }
    let declares =
        DECLARATIONS.iter().any(|(known, _)| *known == word) && !(word == "policy" && !slice.contains('{'));
    let (rule, form) = if word == "else" {
        (Rule::strict_else, Some("`else { … }` right after an `if`"))
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
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => expected(positives),
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    mismatch(slice, at, &expected, form, &place)
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

/// Words of other languages where a statement starts.
fn foreign_word(word: &str, span: Span) -> Option<Diagnostic> {
    let (message, help, fix) = match word {
        "elif" | "elsif" | "elseif" => ("is written `else if`", "write `else if P { … }`", Some("else if")),
        "let" | "var" | "const" => {
            ("is written `define`", "write `define NAME = E;` above the journeys", None)
        }
        "for" | "while" | "loop" => (
            "is no statement: nothing loops without a bound",
            "write `repeat up to 3 times every 1d { … }`",
            None,
        ),
        "goto" => ("is no statement", "write the steps as a `sequence` and `do NAME();`", None),
        "switch" => ("is written `match`", "write `match E { \"a\" => … otherwise => … }`", Some("match")),
        "when" => ("starts no statement", "write `if P { … }`, or `exit when P;` in the header", None),
        "sleep" | "delay" => ("is written `wait`", "write `wait 1h;`", Some("wait")),
        "return" | "stop" | "end" => ("is written `exit`", "write `exit;`", Some("exit")),
        _ => return None,
    };
    let mut diagnostic =
        Diagnostic::new(&codes::SYNTAX, span, format!("`{word}` {message}")).label("not Wayline").help(help);
    if let Some(fix) = fix {
        diagnostic = diagnostic.fix(span, fix);
    }
    Some(diagnostic)
}

fn unknown_word(
    word: &str,
    statement: &str,
    span: Span,
    table: &[(&'static str, &'static str)],
) -> Diagnostic {
    if word.is_empty() {
        let found = token(statement);
        return Diagnostic::new(&codes::SYNTAX, span, format!("no statement starts with `{found}`"))
            .label("a statement starts with a word")
            .help(format!("statements start with {}", list_words(table)));
    }
    let near = table
        .iter()
        .map(|(known, form)| (strsim::damerau_levenshtein(&word.to_lowercase(), known), *known, *form))
        .min_by_key(|(distance, ..)| *distance)
        .filter(|(distance, known, _)| *distance <= known.len().div_ceil(3));
    let diagnostic = Diagnostic::new(&codes::SYNTAX, span, format!("`{word}` starts no statement here"));
    match near {
        Some((_, known, form)) => diagnostic
            .label(format!("did you mean `{known}`?"))
            .help(format!("write {form}"))
            .fix(span, known),
        None => {
            diagnostic.label("unknown here").help(format!("statements here start with {}", list_words(table)))
        }
    }
}

fn list_words(table: &[(&'static str, &'static str)]) -> String {
    let words: Vec<String> = table.iter().map(|(word, _)| format!("`{word}`")).collect();
    words.join(", ")
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
const MOST_NAMED: usize = 5;

fn enumerate(expected: &[String]) -> String {
    match expected {
        [] => "something else".to_owned(),
        [one] => one.clone(),
        [head @ .., last] if expected.len() <= MOST_NAMED => format!("{} or {last}", head.join(", ")),
        many => format!("{} or another word", many.get(..MOST_NAMED).unwrap_or(many).join(", ")),
    }
}

fn mismatch(
    slice: &str,
    at: usize,
    expected: &[String],
    form: Option<&str>,
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
    let span = place(from, from + found.len());
    let shown: String = found.chars().take(40).collect();
    let diagnostic = Diagnostic::new(&codes::SYNTAX, span, format!("expected {names}, found `{shown}`"))
        .label("not expected here");
    match particular(found, &slice[..from], &slice[from..], expected) {
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

/// Help for what people mistype most.
fn particular(found: &str, before: &str, after: &str, expected: &[String]) -> Option<String> {
    let wants = |word: &str| expected.iter().any(|name| name == word);
    if RESERVED.contains(&found) && wants("a name") {
        return Some(format!("`{found}` is reserved; as a name write it in backquotes: `` `{found}` ``"));
    }
    if found == "then" {
        return Some("`if` has no `then`: write `if P { … }`".to_owned());
    }
    let number = before.trim_end().rsplit(|c: char| !(c.is_ascii_digit() || c == '_')).next().unwrap_or("");
    let thousands: String = after.chars().skip(1).take_while(char::is_ascii_digit).collect();
    if found == "," && !number.is_empty() && thousands.len() == 3 {
        return Some(format!("digits are grouped with `_`: write `{number}_{thousands}`"));
    }
    if found == "," && wants("`;`") {
        return Some("these end with `;`, not `,`".to_owned());
    }
    if found == "=" && wants("`:`") {
        return Some("write `:` between a name and its value".to_owned());
    }
    if found == ":" && wants("`=`") {
        return Some("write `=` here".to_owned());
    }
    if found.starts_with(|c: char| c.is_ascii_digit()) && found.ends_with(|c: char| c.is_ascii_alphabetic()) {
        return Some("durations are a number and a unit, `s m h d w` or `mo y`: `1h30m`".to_owned());
    }
    None
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
