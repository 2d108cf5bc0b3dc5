//! Conditions as a tree of their own, and how languages write them. Every contestant gets its own text of the same tree.
//!
//! Knows no contestant. Start at [`six`]; [`Syntax`] is what a language of expressions says of itself.

use crate::data::{self, DAY};

/// A field of the event or the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub row: &'static str,
    pub name: &'static str,
}

const fn event(name: &'static str) -> Field {
    Field { row: "event", name }
}
const fn user(name: &'static str) -> Field {
    Field { row: "user", name }
}

#[derive(Clone, Debug)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Int(Field, &'static str, i64),
    Float(Field, &'static str, f64),
    Is(Field, String),
    IsNot(Field, String),
    OneOf(Field, Vec<String>),
    StartsWith(Field, String),
    Contains(Field, String),
    /// A regular expression, and the same as patterns with `*` for who has no regular expressions.
    Matches(Field, String, [&'static str; 2]),
    Exists(Field),
    /// Now less the field is at least (below) so many milliseconds.
    OlderThan(Field, i64),
    WithinLast(Field, i64),
}
use Condition::*;

/// What the six are called.
pub const TITLES: [&str; 6] = ["1 term", "3 terms", "6 terms", "in 50", "older than", "13 terms"];

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// The six reference predicates; [`crate::native`] has them by hand.
pub fn six() -> Vec<Condition> {
    let five = texts(&["case", "charger", "cable", "film", "stand"]);
    let purchase = || Is(event("name"), "purchase".to_owned());
    let active = || IsNot(user("lifecycle"), "churned".to_owned());
    let korean = || StartsWith(user("locale"), "ko".to_owned());
    let vip = All(vec![Exists(event("coupon")), Contains(event("coupon"), "VIP".to_owned())]);
    let adult = Any(vec![Not(Box::new(Exists(user("age")))), Int(user("age"), ">=", 20)]);
    vec![
        purchase(),
        All(vec![purchase(), Int(event("price"), ">=", 30_000), OneOf(event("category"), five.clone())]),
        All(vec![
            purchase(),
            Int(event("price"), ">=", 30_000),
            OneOf(event("category"), texts(&["case", "charger"])),
            active(),
            Float(user("total_spent"), ">", 100_000.0),
            korean(),
        ]),
        All(vec![OneOf(event("sku"), data::fifty()), Not(Box::new(vip))]),
        All(vec![OlderThan(user("last_login"), 7 * DAY), adult, Float(event("discount"), "<=", 0.2)]),
        All(vec![
            OneOf(event("name"), texts(&["purchase", "add_to_cart"])),
            Int(event("price"), ">=", 10_000),
            Int(event("price"), "<", 90_000),
            Int(event("quantity"), ">=", 1),
            Is(event("currency"), "KRW".to_owned()),
            OneOf(event("category"), five),
            active(),
            Float(user("total_spent"), ">", 1_000.0),
            Int(user("orders"), ">=", 1),
            korean(),
            Contains(event("url"), "/product/".to_owned()),
            WithinLast(user("last_login"), 30 * DAY),
            Matches(user("email"), data::EMAIL.to_owned(), ["*@gmail.com", "*@naver.com"]),
        ]),
    ]
}

/// Triggers as journeys have them: name, category, price, lifecycle.
pub fn triggers(n: usize) -> Vec<Condition> {
    let mut random = data::Random(42);
    let mut trigger = || {
        All(vec![
            Is(event("name"), data::name(random.below(64))),
            Is(event("category"), random.of(&data::CATEGORIES).to_owned()),
            Int(event("price"), ">=", 5_000 + random.below(900) as i64 * 100),
            IsNot(user("lifecycle"), random.of(&data::LIFECYCLES).to_owned()),
        ])
    };
    (0..n).map(|_| trigger()).collect()
}

/// A text in quotes, as all these languages write it.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Texts in quotes, with commas.
pub fn list(texts: &[String]) -> String {
    texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ")
}

/// How a language writes conditions; what most have in common is there.
pub trait Syntax {
    const AND: &'static str = "&&";
    const OR: &'static str = "||";

    fn field(&self, field: Field) -> String {
        format!("{}.{}", field.row, field.name)
    }
    fn not(&self, inner: &str) -> String {
        format!("!({inner})")
    }
    fn int(&self, field: Field, op: &str, value: i64) -> String {
        format!("{} {op} {value}", self.field(field))
    }
    fn float(&self, field: Field, op: &str, value: f64) -> String {
        format!("{} {op} {value:?}", self.field(field))
    }
    fn one_of(&self, field: Field, texts: &[String]) -> String {
        format!("{} in [{}]", self.field(field), list(texts))
    }
    fn starts_with(&self, field: Field, text: &str) -> String {
        format!("{}.starts_with({})", self.field(field), quoted(text))
    }
    fn contains(&self, field: Field, text: &str) -> String {
        format!("{}.contains({})", self.field(field), quoted(text))
    }
    fn matches(&self, field: Field, regex: &str, patterns: [&str; 2]) -> String;
    fn exists(&self, field: Field) -> String;
    /// `op` is `>=` or `<`.
    fn age(&self, field: Field, op: &str, ms: i64) -> String {
        format!("now - {} {op} {ms}", self.field(field))
    }

    fn text(&self, condition: &Condition) -> String {
        let join = |all: &[Condition], with: &str| {
            let all: Vec<String> = all.iter().map(|one| self.text(one)).collect();
            format!("({})", all.join(&format!(" {with} ")))
        };
        match condition {
            All(all) => join(all, Self::AND),
            Any(all) => join(all, Self::OR),
            Not(inner) => self.not(&self.text(inner)),
            Int(field, op, value) => self.int(*field, op, *value),
            Float(field, op, value) => self.float(*field, op, *value),
            Is(field, text) => format!("{} == {}", self.field(*field), quoted(text)),
            IsNot(field, text) => format!("{} != {}", self.field(*field), quoted(text)),
            OneOf(field, texts) => self.one_of(*field, texts),
            StartsWith(field, text) => self.starts_with(*field, text),
            Contains(field, text) => self.contains(*field, text),
            Matches(field, regex, patterns) => self.matches(*field, regex, *patterns),
            Exists(field) => self.exists(*field),
            OlderThan(field, ms) => self.age(*field, ">=", *ms),
            WithinLast(field, ms) => self.age(*field, "<", *ms),
        }
    }
}
