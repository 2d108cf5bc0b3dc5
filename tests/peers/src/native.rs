//! The limit: the six predicates as closures over a typed struct, as a Rust programmer would write them.

use crate::condition::Condition;
use crate::contest::Contestant;
use crate::data::{DAY, EMAIL, NOW, Record, fifty};
use memchr::memmem::Finder;
use regex::bytes::Regex;
use rustc_hash::FxHashSet;

type Closure = Box<dyn Fn(&Record) -> bool>;

pub struct Native {
    records: Vec<Record>,
    closures: Vec<Closure>,
}

impl Native {
    pub fn new(records: &[Record]) -> Self {
        Self { records: records.to_vec(), closures: Vec::new() }
    }
}

impl Contestant for Native {
    fn name(&self) -> &'static str {
        "native"
    }
    fn text(&self, condition: &Condition) -> String {
        format!("{condition:?}")
    }
    fn compile(&self, _: &str) {}
    /// Written by hand, so it knows only the six.
    fn load(&mut self, _: &[Condition]) {
        self.closures = six();
    }
    fn events(&self) -> usize {
        self.records.len()
    }
    #[inline]
    fn holds(&mut self, which: usize, event: usize) -> bool {
        (self.closures[which])(&self.records[event])
    }
}

fn six() -> Vec<Closure> {
    fn five(category: &str) -> bool {
        matches!(category, "case" | "charger" | "cable" | "film" | "stand")
    }
    let set: FxHashSet<String> = fifty().into_iter().collect();
    let (vip, product) = (Finder::new("VIP").into_owned(), Finder::new("/product/").into_owned());
    let email = Regex::new(EMAIL).expect("a pattern");
    vec![
        Box::new(|r| r.event.name == "purchase"),
        Box::new(|r| r.event.name == "purchase" && r.event.price >= 30_000 && five(&r.event.category)),
        Box::new(|Record { event: e, user: u }| {
            e.name == "purchase"
                && e.price >= 30_000
                && matches!(e.category.as_str(), "case" | "charger")
                && u.lifecycle != "churned"
                && u.total_spent > 100_000.0
                && u.locale.starts_with("ko")
        }),
        Box::new(move |r| {
            set.contains(&r.event.sku)
                && r.event.coupon.as_ref().is_none_or(|coupon| vip.find(coupon.as_bytes()).is_none())
        }),
        Box::new(|r| {
            NOW - r.user.last_login >= 7 * DAY
                && r.user.age.is_none_or(|age| age >= 20)
                && r.event.discount <= 0.2
        }),
        Box::new(move |Record { event: e, user: u }| {
            matches!(e.name.as_str(), "purchase" | "add_to_cart")
                && e.price >= 10_000
                && e.price < 90_000
                && e.quantity >= 1
                && e.currency == "KRW"
                && five(&e.category)
                && u.lifecycle != "churned"
                && u.total_spent > 1_000.0
                && u.orders >= 1
                && u.locale.starts_with("ko")
                && product.find(e.url.as_bytes()).is_some()
                && NOW - u.last_login < 30 * DAY
                && email.is_match(u.email.as_bytes())
        }),
    ]
}
