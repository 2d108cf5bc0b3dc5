//! What people write by habit where the grammar expects something else, and what they should write instead.
//!
//! Knows words and signs, nothing of trees. Start reading at [`foreign_word`] (a statement's first word) and [`Place::hint`] (anything
//! further in).

use super::forms::{self, Part};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use wayline_grammar::RESERVED;

/// The days of the week.
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Whether a piece of text looks like a date.
fn is_date(text: &str) -> bool {
    text.len() == 10 && text.split('-').count() == 3 && text.chars().all(|c| c.is_ascii_digit() || c == '-')
}

/// Words of other languages where a statement starts.
pub(super) fn foreign_word(word: &str, span: Span) -> Option<Diagnostic> {
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
        "import" | "include" | "use" => (
            "is not needed",
            "delete it: all `.way` files of a folder are one project, and the standard library is always there",
            None,
        ),
        _ => return None,
    };
    let mut diagnostic =
        Diagnostic::new(&codes::SYNTAX, span, format!("`{word}` {message}")).label("not Wayline").help(help);
    if let Some(fix) = fix {
        diagnostic = diagnostic.fix(span, fix);
    }
    Some(diagnostic)
}

/// A place where something else was expected.
pub(super) struct Place<'a> {
    /// The token that stands there.
    pub(super) found: &'a str,
    /// The statement up to it.
    pub(super) before: &'a str,
    /// The statement from it on.
    pub(super) after: &'a str,
    /// The names of what was expected.
    pub(super) expected: &'a [String],
    /// What the statement should have been.
    pub(super) part: Part,
}

impl Place<'_> {
    fn wants(&self, name: &str) -> bool {
        self.expected.iter().any(|expected| expected == name)
    }

    fn wants_like(&self, start: &str) -> bool {
        self.expected.iter().any(|expected| expected.starts_with(start))
    }

    /// The word before.
    pub(super) fn previous(&self) -> &str {
        let before = self.before.trim_end();
        let start = before
            .rfind(|c: char| !(c == '_' || unicode_ident::is_xid_continue(c)))
            .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
        &before[start..]
    }

    /// The piece before, up to a space.
    fn previous_token(&self) -> &str {
        self.before.split_whitespace().next_back().unwrap_or_default()
    }

    /// What to write instead.
    pub(super) fn hint(&self) -> Option<String> {
        let word = match self.part {
            Part::Top | Part::Statement | Part::Step => self.step_hint(),
            Part::Field => self.type_hint(),
            Part::Arm => self.arm_hint(),
            Part::Class
            | Part::Channel
            | Part::Policy
            | Part::Profile
            | Part::Wait
            | Part::Split
            | Part::Init
            | Part::Locale
            | Part::Test
            | Part::Interpolation => None,
        };
        word.map(str::to_owned)
            .or_else(|| self.condition_hint().map(str::to_owned))
            .or_else(|| self.sign_hint())
    }

    fn step_hint(&self) -> Option<&'static str> {
        let first = self.before.trim_start();
        match self.found {
            "if" if self.previous() == "exit" => {
                Some("in the header write `exit when P;`, as a step `if P exit;`")
            }
            "if" if self.wants("`;`") => Some("the condition comes first: `if P send push \"…\";`"),
            "unless" if self.wants("`;`") => Some("the condition comes first: `unless P send push \"…\";`"),
            "when" if self.wants("`where`") => Some("the condition of an event is written `where P`"),
            ":" if ["if", "unless", "else"].iter().any(|word| first.starts_with(word)) => {
                Some("no `:` after a condition: `if P { … }`, or one step: `if P send push \"…\";`")
            }
            "else" if first.starts_with("send") => {
                Some("another channel after a failure is written `or`: `send push \"a\" or sms \"b\";`")
            }
            "+" if first.starts_with("send") => {
                Some("values stand inside the text, in braces: `\"Hi {name}\"`")
            }
            "once" if first.starts_with("on ") => Some(
                "`reenter never` is once per lane; what happens once in a life is declared: `event signup once { }`",
            ),
            _ if first.starts_with("on enter segment") || first.starts_with("on leave segment") => {
                Some("the name of the segment stands alone: `on enter NAME;`")
            }
            "in" if first.starts_with("goal") => {
                Some("a window is written `within 3d`: `goal purchase within 3d;`")
            }
            "for" if first.starts_with("wait for") => {
                Some("the limit of a wait is written `up to`: `wait for purchase up to 1d { … } else { … }`")
            }
            found if first.starts_with("every") && DAYS.contains(&found) => {
                Some("write `every week on monday at 10:00 for SEGMENT;`")
            }
            _ if first.starts_with("at") && is_date(self.previous_token()) => {
                Some("an instant is written in one piece, with its zone: `2026-12-24T10:00:00+09:00`")
            }
            "at" | "after" if first.starts_with("send") => Some(
                "what is sent later stands after a wait: `wait until 10:00;` or `wait 1h;`, then `send …`",
            ),
            _ if first.starts_with("wait for") && self.previous() == "for" => Some(
                "a length of time stands alone: `wait 1h;`; an event needs a limit: `wait for EVENT up to 1d;`",
            ),
            _ => None,
        }
    }

    fn type_hint(&self) -> Option<&'static str> {
        match (self.previous(), self.found) {
            ("enum", _) => Some("a closed set is written `\"a\" | \"b\"`"),
            (_, "[") => Some("a list is written `list<string>`"),
            ("Option" | "Optional" | "Maybe", _) => Some("what may be absent is written `string?`"),
            (_, found) if found.starts_with('"') => {
                Some("the members of a closed set are joined with `|`: `\"a\" | \"b\"`")
            }
            (_, found) if found.starts_with(|c: char| c.is_ascii_digit()) => {
                Some("a range is written `int in 0 .. 5`")
            }
            _ => None,
        }
    }

    fn arm_hint(&self) -> Option<&'static str> {
        let pattern = self.wants_like("an arm such as");
        match self.found {
            "," => Some("arms stand one after the other, without `,`"),
            ":" | "->" => Some("write `=>` between a value and its steps"),
            found if pattern && found.starts_with(|c: char| c == '_' || unicode_ident::is_xid_start(c)) => {
                Some("the values of a closed set are written in quotes: `\"new\" => …`")
            }
            _ => None,
        }
    }

    /// Words of other languages and of English inside conditions.
    fn condition_hint(&self) -> Option<&'static str> {
        match (self.previous(), self.found) {
            (_, "not") => Some("`not` comes first: `not x in [\"a\", \"b\"]`"),
            ("is", _) | (_, "is") => Some("write `x == …`, `x exists` or `not x exists`"),
            ("between", _) | (_, "between") if !self.before.trim_start().starts_with("send") => {
                Some("a range is written `x in 1 .. 5`")
            }
            ("exists", _) => Some("`exists` comes after: `user.name exists`"),
            ("ago", _) | (_, "ago") => {
                Some("ages are tested as `last(purchase) older than 3d` or `… within last 3d`")
            }
            ("within", _) if self.wants("`last`") => {
                Some("a window stands inside the parentheses: `count(purchase within 30d) > 5`")
            }
            (_, ",") if self.before.contains("in (") => {
                Some("a list is written in brackets: `x in [\"a\", \"b\"]`")
            }
            ("last", _) if self.before.trim_end().ends_with("in last") => {
                Some("a window is written `within 7d`: `did purchase within 7d`")
            }
            ("equals", _) | (_, "equals") => Some("write `==`"),
            _ => None,
        }
    }

    /// Signs and numbers of other languages.
    fn sign_hint(&self) -> Option<String> {
        let found = self.found;
        if RESERVED.contains(&found) && (self.wants("a name") || self.part == Part::Field) {
            return Some(format!("`{found}` is reserved; as a name write it in backquotes: `` `{found}` ``"));
        }
        let before = self.before.trim_end();
        let number = before.rsplit(|c: char| !(c.is_ascii_digit() || c == '_')).next().unwrap_or("");
        let thousands: String = self.after.chars().skip(1).take_while(char::is_ascii_digit).collect();
        if found == "," && !number.is_empty() && thousands.len() == 3 {
            return Some(format!("digits are grouped with `_`: write `{number}_{thousands}`"));
        }
        if found == "," && self.wants("`;`") && self.fields() {
            return Some("these end with `;`, not `,`".to_owned());
        }
        if let Some(plain) = found.chars().next().and_then(plain_sign) {
            return Some(format!("`{found}` is a full-width character: write `{plain}`"));
        }
        if found == "=" && self.wants("`:`") {
            return Some("write `:` between a name and its value".to_owned());
        }
        if found == ":" && self.wants("`=`") {
            return Some("write `=` here".to_owned());
        }
        if found == "?" {
            return Some("there is no `? :`; steps are chosen with `if` and `match`, and `a ?? b` is `b` where `a` is missing".to_owned());
        }
        let unit = found.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
        if unit.len() < found.len()
            && !unit.is_empty()
            && !["s", "m", "h", "d", "w", "mo", "y"].contains(&unit)
        {
            return Some("durations are a number and a unit, `s m h d w` or `mo y`: `1h30m`".to_owned());
        }
        None
    }

    /// Whether the statement is one of those that others separate with commas.
    fn fields(&self) -> bool {
        matches!(self.part, Part::Field | Part::Init | Part::Locale | Part::Profile | Part::Class)
    }
}

/// A label without its `:` before a step.
pub(super) fn label(word: &str, rest: &str) -> Option<String> {
    let step = rest.split_whitespace().next()?;
    let is_step = forms::words(Part::Step).iter().any(|(known, _)| *known == step);
    is_step.then(|| format!("a label ends with `:`: write `{word}: {step} …`"))
}

/// The sign a full-width character of an input method stands for.
fn plain_sign(c: char) -> Option<char> {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFF01 + 0x21),
        '\u{3001}' => Some(','),
        '\u{3002}' => Some('.'),
        '\u{3000}' => Some(' '),
        _ => None,
    }
}
