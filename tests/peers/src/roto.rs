//! Roto: machine code by the same code generator, strings behind a pointer.

use crate::condition::{Condition, Field, Syntax, list, quoted};
use crate::contest::Contestant;
use crate::data::{NOW, Record};
use regex::Regex;
use roto::Context;
use rustc_hash::FxHashMap;
use std::cell::RefCell;

struct Language;

impl Syntax for Language {
    fn field(&self, field: Field) -> String {
        format!("{}_{}", field.row, field.name)
    }
    fn one_of(&self, field: Field, texts: &[String]) -> String {
        format!("[{}].contains({})", list(texts), self.field(field))
    }
    fn matches(&self, field: Field, regex: &str, _: [&str; 2]) -> String {
        format!("matches({}, {})", self.field(field), quoted(regex))
    }
    fn exists(&self, field: Field) -> String {
        format!("has_{}", field.name)
    }
}

/// Roto has no regular expressions, but functions of the host.
fn is_match(text: &str, regex: &str) -> bool {
    thread_local!(static KNOWN: RefCell<FxHashMap<String, Regex>> = RefCell::default());
    KNOWN.with_borrow_mut(|known| {
        if let Some(regex) = known.get(regex) {
            return regex.is_match(text);
        }
        let compiled = Regex::new(regex).expect("a pattern");
        let found = compiled.is_match(text);
        known.insert(regex.to_owned(), compiled);
        found
    })
}

type Text = roto::RotoString;

#[derive(Clone, Context)]
pub struct Fields {
    pub event_name: Text,
    pub event_price: i64,
    pub event_category: Text,
    pub event_sku: Text,
    pub event_coupon: Text,
    pub has_coupon: bool,
    pub event_currency: Text,
    pub event_quantity: i64,
    pub event_url: Text,
    pub event_discount: f64,
    pub user_lifecycle: Text,
    pub user_locale: Text,
    pub user_total_spent: f64,
    pub user_last_login: i64,
    pub user_age: i64,
    pub has_age: bool,
    pub user_email: Text,
    pub user_orders: i64,
    pub now: i64,
}

impl Fields {
    fn of(record: &Record) -> Self {
        let (event, user) = (&record.event, &record.user);
        let text = |text: &str| Text::from(text);
        Self {
            event_name: text(&event.name),
            event_price: event.price,
            event_category: text(&event.category),
            event_sku: text(&event.sku),
            event_coupon: text(event.coupon.as_deref().unwrap_or_default()),
            has_coupon: event.coupon.is_some(),
            event_currency: text(&event.currency),
            event_quantity: event.quantity,
            event_url: text(&event.url),
            event_discount: event.discount,
            user_lifecycle: text(&user.lifecycle),
            user_locale: text(&user.locale),
            user_total_spent: user.total_spent,
            user_last_login: user.last_login,
            user_age: user.age.unwrap_or_default(),
            has_age: user.age.is_some(),
            user_email: text(&user.email),
            user_orders: user.orders,
            now: NOW,
        }
    }
}

type Package = roto::Package<roto::Ctx<Fields>>;
type Compiled = roto::TypedFunc<roto::Ctx<Fields>, fn() -> bool>;

pub struct Roto {
    runtime: roto::Runtime<roto::Ctx<Fields>>,
    fields: Vec<Fields>,
    functions: Vec<Compiled>,
    /// Owns the code.
    package: Option<Package>,
}

impl Roto {
    pub fn new(records: &[Record]) -> Self {
        let library = roto::library! {
            /// Whether a text has a match.
            fn matches(text: roto::RotoString, regex: roto::RotoString) -> bool { is_match(&text, &regex) }
        };
        let runtime = roto::Runtime::from_lib(library).expect("a library");
        Self {
            runtime: runtime.with_context_type::<Fields>().expect("a context"),
            fields: records.iter().map(Fields::of).collect(),
            functions: Vec::new(),
            package: None,
        }
    }

    fn package(&self, text: &str) -> Package {
        let compiled = roto::FileTree::test_file("conditions", text, 0).compile(&self.runtime);
        compiled.unwrap_or_else(|error| panic!("{text}: {error}"))
    }
}

/// One file of functions.
pub fn file(conditions: &[Condition]) -> String {
    let function =
        |(number, condition)| format!("fn p{number}() -> bool {{ {} }}\n", Language.text(condition));
    conditions.iter().enumerate().map(function).collect()
}

impl Contestant for Roto {
    fn name(&self) -> &'static str {
        "roto 0.12"
    }
    fn text(&self, condition: &Condition) -> String {
        file(std::slice::from_ref(condition))
    }
    fn compile(&self, text: &str) {
        std::hint::black_box(self.package(text));
    }
    fn load(&mut self, conditions: &[Condition]) {
        let mut package = self.package(&file(conditions));
        let function =
            |number| package.get_function::<fn() -> bool>(&format!("p{number}")).expect("it is there");
        self.functions = (0..conditions.len()).map(function).collect();
        self.package = Some(package);
    }
    fn events(&self) -> usize {
        self.fields.len()
    }
    fn holds(&mut self, which: usize, event: usize) -> bool {
        self.functions[which].call(&mut self.fields[event])
    }
}
