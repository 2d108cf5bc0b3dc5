//! Ten thousand events with the attributes of their users, always the same ones.

use serde_json::{Value, json};

/// The instant at which everything is evaluated.
pub const NOW: i64 = 1_795_305_600_000;
pub const DAY: i64 = 86_400_000;
pub const EMAIL: &str = r"^[a-z]+[0-9]+\.[0-9]+@(gmail|naver)\.com$";
pub const CATEGORIES: [&str; 12] = [
    "case", "charger", "cable", "film", "stand", "earbuds", "speaker", "watch", "band", "tablet", "keyboard",
    "mouse",
];
pub const LIFECYCLES: [&str; 5] = ["new", "active", "loyal", "dormant", "churned"];

/// An event and its user as a Rust programmer would hold them.
#[derive(Clone, Debug)]
pub struct Record {
    pub event: Event,
    pub user: User,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub name: String,
    pub price: i64,
    pub category: String,
    pub sku: String,
    pub coupon: Option<String>,
    pub currency: String,
    pub quantity: i64,
    pub url: String,
    pub discount: f64,
}

#[derive(Clone, Debug)]
pub struct User {
    pub lifecycle: String,
    pub locale: String,
    pub total_spent: f64,
    pub last_login: i64,
    pub age: Option<i64>,
    pub email: String,
    pub orders: i64,
}

/// A xorshift generator.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) % n
    }
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
    pub fn of(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len() as u64) as usize]
    }
}

/// The names of events; the first two are frequent.
pub fn name(number: u64) -> String {
    match number {
        0 => "purchase".to_owned(),
        1 => "add_to_cart".to_owned(),
        number => format!("event_{number}"),
    }
}

fn sku(number: u64) -> String {
    format!("SKU-{number:05}")
}

/// The long list of the fourth predicate.
pub fn fifty() -> Vec<String> {
    (0..50).map(|i| sku(i * 7 + 3)).collect()
}

pub fn records(n: usize) -> Vec<Record> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    (0..n).map(|_| record(&mut random)).collect()
}

fn record(random: &mut Random) -> Record {
    let which = match random.below(100) {
        0..35 => 0,
        35..51 => 1,
        _ => random.below(64).min(random.below(64)),
    };
    let category = if random.percent(50) { &CATEGORIES[..5] } else { &CATEGORIES[..] };
    let category = random.of(category);
    let (item, number) = (random.below(400), random.below(1_000_000));
    let kind = random.of(&["product", "product", "event", "category"]);
    let event = Event {
        name: name(which),
        price: 5_000 + random.below(900) as i64 * 100,
        category: category.to_owned(),
        sku: sku(item),
        coupon: random
            .percent(30)
            .then(|| format!("{}{}", random.of(&["WELCOME", "VIP", "SPRING-VIP-", "APP"]), item % 50)),
        currency: if random.percent(80) { "KRW" } else { "USD" }.to_owned(),
        quantity: 1 + random.below(3) as i64,
        url: format!("https://shop.example.com/{kind}/{category}/{item}?utm_source=naver&utm_medium=cpc"),
        discount: random.below(40) as f64 / 100.0,
    };
    let foreign = random.of(&["en-US", "ja-JP", "kok-IN", "zh-TW"]);
    let user = User {
        lifecycle: random.of(&LIFECYCLES).to_owned(),
        locale: if random.percent(70) { "ko-KR" } else { foreign }.to_owned(),
        total_spent: random.below(40_000_000) as f64 / 100.0,
        last_login: NOW - random.below(20 * DAY as u64) as i64,
        age: random.percent(60).then(|| 14 + random.below(50) as i64),
        email: format!(
            "{}{number}.{}@{}",
            random.of(&["kim", "lee", "park", "choi"]),
            random.below(99),
            random.of(&["gmail.com", "naver.com", "kakao.com", "example.co.kr"])
        ),
        orders: random.below(30) as i64,
    };
    Record { event, user }
}

/// What a field holds, for contestants that are given values by name.
pub enum Datum<'a> {
    Text(&'a str),
    Int(i64),
    Float(f64),
}

impl Record {
    /// The fields that are present, by row and name.
    pub fn fields(&self) -> Vec<(&'static str, &'static str, Datum<'_>)> {
        use Datum::{Float, Int, Text};
        let (e, u) = (&self.event, &self.user);
        let mut fields = vec![
            ("event", "name", Text(&e.name)),
            ("event", "price", Int(e.price)),
            ("event", "category", Text(&e.category)),
            ("event", "sku", Text(&e.sku)),
            ("event", "currency", Text(&e.currency)),
            ("event", "quantity", Int(e.quantity)),
            ("event", "url", Text(&e.url)),
            ("event", "discount", Float(e.discount)),
            ("user", "lifecycle", Text(&u.lifecycle)),
            ("user", "locale", Text(&u.locale)),
            ("user", "total_spent", Float(u.total_spent)),
            ("user", "last_login", Int(u.last_login)),
            ("user", "email", Text(&u.email)),
            ("user", "orders", Int(u.orders)),
        ];
        fields.extend(e.coupon.as_deref().map(|coupon| ("event", "coupon", Text(coupon))));
        fields.extend(u.age.map(|age| ("user", "age", Int(age))));
        fields
    }

    /// The same as JSON, with the present instant.
    pub fn json(&self) -> Value {
        let mut json = json!({ "event": {}, "user": {}, "now": NOW });
        for (row, name, datum) in self.fields() {
            json[row][name] = match datum {
                Datum::Text(text) => text.into(),
                Datum::Int(n) => n.into(),
                Datum::Float(x) => x.into(),
            };
        }
        json
    }
}
