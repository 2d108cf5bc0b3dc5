//! Every function, test and operator word of the language, in one table.
//!
//! The reference, `explain` and "did you mean" derive from it; its examples are run as tests. What a function means is defined by the
//! resolver and by `eval`. Start reading at [`ALL`].

/// What kind of word it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Called with arguments in parentheses.
    Call,
    /// Looks at what happened.
    History,
    /// Tests a point in time.
    Time,
    /// Tests a text.
    Text,
    /// Stands between or before values.
    Operator,
    /// Stands alone.
    Value,
}

impl Kind {
    /// Whether it is followed by arguments in parentheses.
    #[must_use]
    pub fn is_called(self) -> bool {
        match self {
            Kind::Call | Kind::History => true,
            Kind::Time | Kind::Text | Kind::Operator | Kind::Value => false,
        }
    }
}

/// A function or operator.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Its word or sign.
    pub name: &'static str,
    /// What kind of word it is.
    pub kind: Kind,
    /// How it is written, with types.
    pub signature: &'static str,
    /// What it means, in sentences.
    pub doc: &'static str,
    /// A condition that uses it, in the body of a journey on std's `cart_add`.
    pub example: &'static str,
}

/// The function of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Function> {
    ALL.iter().find(|function| function.name == name)
}

impl Kind {
    /// All of them, in the order of the reference.
    pub const ALL: [Kind; 6] =
        [Kind::History, Kind::Time, Kind::Text, Kind::Operator, Kind::Call, Kind::Value];

    /// The heading of its kind in the reference.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Kind::Call => "Functions",
            Kind::History => "History",
            Kind::Time => "Tests on times",
            Kind::Text => "Tests on texts",
            Kind::Operator => "Operators",
            Kind::Value => "Values",
        }
    }
}

impl Function {
    /// Its page in Markdown, as `explain` shows it.
    #[must_use]
    pub fn page(&self) -> String {
        format!("# {}\n\n`{}`\n\n{}\n\n```way\n{}\n```\n", self.name, self.signature, self.doc, self.example)
    }
}

/// The reference of all functions and operators in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut out = String::from(INTRODUCTION);
    for kind in Kind::ALL {
        out.push_str(&format!("\n## {}\n", kind.heading()));
        for function in ALL.iter().filter(|function| function.kind == kind) {
            let Function { name, signature, doc, example, .. } = function;
            out.push_str(&format!("\n### `{name}`\n\n`{signature}`\n\n{doc}\n\n```way\n{example}\n```\n"));
        }
    }
    out
}

const INTRODUCTION: &str = "\
# Functions and operators

Generated from the compiler's table of functions; every example is compiled by a test, in the body of a journey on std's `cart_add`.

A type with `?` may be missing: guard the value (`x exists and …`) or give it a default (`x ?? …`). `WINDOW` is `within 30d`, `since T`, `since entry` or
`ever`; in bodies, goals, exits and waits it is `since entry` where it is left out, elsewhere only `last` and its kind do without one (then `ever`).
";

macro_rules! functions {
    ($($kind:ident $name:literal $signature:literal $doc:literal $example:literal;)*) => {
        /// All of them, by kind.
        pub static ALL: &[Function] = &[$(Function {
            name: $name,
            kind: Kind::$kind,
            signature: $signature,
            doc: $doc,
            example: $example,
        }),*];
    };
}

functions! {
    Call "at_least" "at_least(a: T, b: T) -> T"
        "The greater of two numbers, times, dates, clock times or durations. `at_least(n, 1)` is a divisor that is never zero."
        "sum(purchase.total) / at_least(count(purchase), 1) > 10_000";
    Call "at_most" "at_most(a: T, b: T) -> T"
        "The smaller of two numbers, times, dates, clock times or durations."
        "at_most(price, 100_000) >= 30_000";
    Call "consent" "consent(CHANNEL) -> bool"
        "Whether the user has consented to marketing on the channel: its own rule, `consent marketing: …`. True for a channel without one."
        "consent(push) or consent(email)";
    Call "date" "date(t: time) -> date"
        "The local date of a time, in the user's zone."
        "date(entry.time) == today";

    History "did" "did EVENT [WINDOW] [where P] -> bool"
        "Whether the event has come. Bare names in `where` are its fields."
        "not did purchase where item == entry.item";
    History "count" "count(EVENT [WINDOW] [where P]) -> int"
        "How often the event has come; 0 when never."
        "count(session within 28d) >= 20";
    History "sum" "sum(EVENT.field [WINDOW] [where P]) -> int | float"
        "The sum of a number over the events; 0 over none."
        "sum(purchase.total within 90d) > 100_000";
    History "min" "min(EVENT.field [WINDOW] [where P]) -> T?"
        "The least value of a number, time or duration; missing over no events."
        "(min(purchase.total ever) ?? 0) < 5_000";
    History "max" "max(EVENT.field [WINDOW] [where P]) -> T?"
        "The greatest value of a number, time or duration; missing over no events."
        "(max(purchase.total ever) ?? 0) > 50_000";
    History "avg" "avg(EVENT.field [WINDOW] [where P]) -> float?"
        "The mean of a number; missing over no events."
        "(avg(purchase.total within 90d) ?? 0.0) > 10_000";
    History "distinct" "distinct(EVENT.field [WINDOW] [where P]) -> int"
        "How many different values a field has had; 0 over no events."
        "distinct(purchase.item within 90d) >= 3";
    History "last" "last(EVENT [WINDOW] [where P]) -> time?, last(EVENT …).field -> T?"
        "When the event came last, or a field of that event; missing when it never came."
        "last(session ever) older than 30d";
    History "first" "first(EVENT [WINDOW] [where P]) -> time?, first(EVENT …).field -> T?"
        "When the event came first, or a field of that event; missing when it never came."
        "first(session ever) within last 7d";
    History "recent" "recent(EVENT.field, N [WINDOW] [where P]) -> list"
        "The last N values of a field, newest first; N is 1 to 100. Empty over no events."
        "item in recent(purchase.item, 5 ever)";
    History "gap" "gap(EVENT [WINDOW] [where P]) -> duration?"
        "The mean interval between events; missing before the second."
        "(gap(purchase ever) ?? 30d) < 14d";
    History "last_gap" "last_gap(EVENT [WINDOW] [where P]) -> duration?"
        "The interval between the last two events; missing before the second."
        "(last_gap(session ever) ?? 0d) > 30d";
    History "usual_hour" "usual_hour(EVENT [WINDOW] [where P]) -> clock?"
        "The local hour in which the event came most often, the earlier of two alike; missing over no events."
        "(usual_hour(session within 28d) ?? 10:00) >= 18:00";

    Time "older than" "T older than DURATION -> bool"
        "Whether at least so long has passed since a time: `now - T >= DURATION`. False when the time is missing."
        "user.signup_at older than 30d";
    Time "within last" "T within last DURATION -> bool"
        "Whether a time is less than so long ago and not in the future. False when the time is missing."
        "user.signup_at within last 7d";
    Time "within next" "T within next DURATION -> bool"
        "Whether a time is now or comes in less than so long. False when the time is missing."
        "now + 3d within next 7d";
    Time "before" "T before T2 -> bool"
        "Whether a time or date is earlier than another; of a date its local midnight counts. False when one is missing."
        "last(purchase ever) before entry.time";
    Time "after" "T after T2 -> bool"
        "Whether a time or date is later than another; of a date its local midnight counts. False when one is missing."
        "last(purchase ever) after last(session ever)";

    Text "starts_with" "a: string starts_with b: string -> bool"
        "Whether a text begins with another, letter for letter."
        "item starts_with \"sku-\"";
    Text "ends_with" "a: string ends_with b: string -> bool"
        "Whether a text ends with another, letter for letter."
        "item ends_with \"-kr\"";
    Text "contains" "a: string contains b: string -> bool"
        "Whether a text holds another, letter for letter."
        "item contains \"case\"";
    Text "matches" "a: string matches \"PATTERN\" -> bool"
        "Whether a regular expression matches anywhere in a text, in linear time: no look-around, no back-references. At most 256 bytes."
        "item matches \"^[A-Z]+-[0-9]+$\"";

    Operator "or" "P or Q -> bool" "Whether one holds. What the left side refutes is known on the right." "price > 50_000 or did session";
    Operator "and" "P and Q -> bool" "Whether both hold. What the left side establishes is known on the right." "user.name exists and user.name != \"\"";
    Operator "not" "not P -> bool" "Whether it does not hold." "not did purchase";
    Operator "==" "a: T == b: T -> bool" "Whether two values are equal." "item == \"A\"";
    Operator "!=" "a: T != b: T -> bool" "Whether two values differ." "item != \"A\"";
    Operator "<" "a: T < b: T -> bool" "Whether a number, time, date, clock time or duration is less than another." "price < 30_000";
    Operator "<=" "a: T <= b: T -> bool" "Whether it is at most another." "price <= 30_000";
    Operator ">" "a: T > b: T -> bool" "Whether it is more than another." "price > 30_000";
    Operator ">=" "a: T >= b: T -> bool" "Whether it is at least another." "price >= 30_000";
    Operator "in" "x in [a, b] -> bool, x in LIST -> bool, x in a .. b -> bool"
        "Whether a value is in a list, or in a range with both ends inside; of clock times the end is outside, and midnight may lie between."
        "price in 10_000 .. 30_000 and item in [\"A\", \"B\"]";
    Operator "exists" "x exists -> bool" "Whether an optional value, a record or a catalog row is there. Where it is, no guard is needed." "name exists and not user.phone exists";
    Operator "??" "x: T? ?? y: T -> T" "The value, or another where something on its path is missing." "(user.name ?? \"you\") != \"\"";
    Operator "any" "any LIST where P -> bool" "Whether some element of a list passes; bare names are its fields, `it` an element that is no record." "any recent(purchase.item, 5 ever) where it starts_with \"sku-\"";
    Operator "all" "all LIST where P -> bool" "Whether every element of a list passes; so it is of an empty one." "all recent(purchase.item, 5 ever) where it != \"\"";
    Operator "+" "a + b" "Numbers; durations; a time or date and a duration." "now + 4h > entry.time";
    Operator "-" "a - b, -a" "Numbers; durations; a time or date and a duration; two times or two dates, which gives a duration." "now - entry.time < 2d";
    Operator "*" "a * b" "Numbers." "price * 2 > 30_000";
    Operator "/" "a / b -> float" "Numbers; the divisor must be proven not to be zero." "price / 2 > 10_000";

    Value "now" "now -> time" "The present instant." "now > entry.time";
    Value "today" "today -> date" "The present date in the user's zone." "today >= 2026-01-01";
    Value "entry.time" "entry.time -> time" "The entry event's own time." "entry.time older than 1h";
}
