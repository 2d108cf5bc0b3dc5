//! Six predicates over 10,000 events: native Rust over a typed struct, the interpreter, machine code; and n entries of one event.
//!
//! `cargo bench -p wayline-compiler --bench predicates`. Rows are made before; one environment is given them in turn.
//! Contestants take turns in rounds; figures are medians over the rounds, ratios medians of the ratios within a round. Turns are
//! short, so that on a busy machine most of them are not interrupted.

#![allow(missing_docs, clippy::print_stdout)]

use memchr::memmem::Finder;
use regex::bytes::Regex;
use rustc_hash::FxHashSet;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wayline_compiler::calendar::Zone;
use wayline_compiler::eval::{EmptyWorld, Env};
use wayline_compiler::ir::{
    CompareOp, Const, Entry, Event, EventId, Expr, ExprId, ExprKind, Field, FieldType, Journey, JourneyId,
    OnUpdate, PolicyId, Program, Range, Reenter, ReenterMode, Segment, Settings, Source, Span, TextTest,
    TimeTest, Ty, WellKnown,
};
use wayline_compiler::predicates::{Backend, Predicates};
use wayline_compiler::row::{Row, RowBuf, Slot};

const NOW: i64 = 1_795_305_600_000;
const DAY: i64 = 86_400_000;
const ROUNDS: usize = 401;
const EMAIL: &str = r"^[a-z]+[0-9]+\.[0-9]+@(gmail|naver)\.com$";

/// What a Rust programmer would write.
struct Record {
    name: String,
    price: i64,
    category: String,
    sku: String,
    coupon: Option<String>,
    currency: String,
    quantity: i64,
    url: String,
    discount: f64,
    lifecycle: String,
    locale: String,
    total_spent: f64,
    last_login: i64,
    age: Option<i64>,
    email: String,
    orders: i64,
}

const EVENT: [(&str, Ty); 9] = [
    ("name", Ty::Str),
    ("price", Ty::Int),
    ("category", Ty::Str),
    ("sku", Ty::Str),
    ("coupon", Ty::Str),
    ("currency", Ty::Str),
    ("quantity", Ty::Int),
    ("url", Ty::Str),
    ("discount", Ty::Float),
];
const USER: [(&str, Ty); 7] = [
    ("lifecycle", Ty::Str),
    ("locale", Ty::Str),
    ("total_spent", Ty::Float),
    ("last_login", Ty::Time),
    ("age", Ty::Int),
    ("email", Ty::Str),
    ("orders", Ty::Int),
];
const CATEGORIES: [&str; 12] = [
    "case", "charger", "cable", "film", "stand", "earbuds", "speaker", "watch", "band", "tablet", "keyboard",
    "mouse",
];

struct Rng(u64);

impl Rng {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) % n
    }
    fn percent(&mut self, p: u64) -> bool {
        self.below(100) < p
    }
    fn of<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
}

fn name(i: u64) -> String {
    match i {
        0 => "purchase".to_owned(),
        1 => "add_to_cart".to_owned(),
        i => format!("event_{i}"),
    }
}

fn sku(i: u64) -> String {
    format!("SKU-{i:05}")
}

fn fifty() -> Vec<String> {
    (0..50).map(|i| sku(i * 7 + 3)).collect()
}

fn records(n: usize) -> Vec<Record> {
    let mut r = Rng(0x9e37_79b9_7f4a_7c15);
    (0..n)
        .map(|_| {
            let which = match r.below(100) {
                0..35 => 0,
                35..51 => 1,
                _ => r.below(64).min(r.below(64)),
            };
            let category = if r.percent(50) { CATEGORIES[r.below(5) as usize] } else { r.of(&CATEGORIES) };
            let (item, user) = (r.below(400), r.below(1_000_000));
            let kind = r.of(&["product", "product", "event", "category"]);
            Record {
                name: name(which),
                price: 5_000 + r.below(900) as i64 * 100,
                category: category.to_owned(),
                sku: sku(item),
                coupon: r
                    .percent(30)
                    .then(|| format!("{}{}", r.of(&["WELCOME", "VIP", "SPRING-VIP-", "APP"]), item % 50)),
                currency: if r.percent(80) { "KRW" } else { "USD" }.to_owned(),
                quantity: 1 + r.below(3) as i64,
                url: format!(
                    "https://shop.example.com/{kind}/{category}/{item}?utm_source=naver&utm_medium=cpc"
                ),
                discount: r.below(40) as f64 / 100.0,
                lifecycle: r.of(&["new", "active", "loyal", "dormant", "churned"]).to_owned(),
                locale: if r.percent(70) { "ko-KR" } else { r.of(&["en-US", "ja-JP", "kok-IN", "zh-TW"]) }
                    .to_owned(),
                total_spent: r.below(40_000_000) as f64 / 100.0,
                last_login: NOW - r.below(20 * DAY as u64) as i64,
                age: r.percent(60).then(|| 14 + r.below(50) as i64),
                email: format!(
                    "{}{user}.{}@{}",
                    r.of(&["kim", "lee", "park", "choi"]),
                    r.below(99),
                    r.of(&["gmail.com", "naver.com", "kakao.com", "example.co.kr"])
                ),
                orders: r.below(30) as i64,
            }
        })
        .collect()
}

type Native = Box<dyn Fn(&Record) -> bool>;

/// The six by hand.
fn native() -> Vec<Native> {
    fn five(c: &str) -> bool {
        matches!(c, "case" | "charger" | "cable" | "film" | "stand")
    }
    let set: FxHashSet<String> = fifty().into_iter().collect();
    let (vip, product) = (Finder::new("VIP").into_owned(), Finder::new("/product/").into_owned());
    let email = Regex::new(EMAIL).expect("a pattern");
    vec![
        Box::new(|r| r.name == "purchase"),
        Box::new(|r| r.name == "purchase" && r.price >= 30_000 && five(&r.category)),
        Box::new(|r| {
            r.name == "purchase"
                && r.price >= 30_000
                && matches!(r.category.as_str(), "case" | "charger")
                && r.lifecycle != "churned"
                && r.total_spent > 100_000.0
                && r.locale.starts_with("ko")
        }),
        Box::new(move |r| {
            set.contains(&r.sku) && r.coupon.as_ref().is_none_or(|c| vip.find(c.as_bytes()).is_none())
        }),
        Box::new(|r| NOW - r.last_login >= 7 * DAY && r.age.is_none_or(|a| a >= 20) && r.discount <= 0.2),
        Box::new(move |r| {
            matches!(r.name.as_str(), "purchase" | "add_to_cart")
                && r.price >= 10_000
                && r.price < 90_000
                && r.quantity >= 1
                && r.currency == "KRW"
                && five(&r.category)
                && r.lifecycle != "churned"
                && r.total_spent > 1_000.0
                && r.orders >= 1
                && r.locale.starts_with("ko")
                && product.find(r.url.as_bytes()).is_some()
                && NOW - r.last_login < 30 * DAY
                && email.is_match(r.email.as_bytes())
        }),
    ]
}

/// Builds predicates.
struct Builder(Program);

impl Builder {
    fn new() -> Self {
        let fields = |all: &[(&str, Ty)]| all.iter().map(|(name, ty)| field(name, *ty)).collect();
        let event = Event {
            name: "event".to_owned(),
            wire: "event".to_owned(),
            subject: None,
            past: None,
            once: false,
            rate: None,
            fields: fields(&EVENT),
            doc: None,
        };
        Self(Program {
            format_version: 1,
            hash: String::new(),
            settings: Settings { zone: "UTC".to_owned(), locale: "en".to_owned(), max_instances: 100 },
            events: vec![event],
            attributes: Vec::new(),
            well_known: WellKnown::default(),
            catalogs: Vec::new(),
            enums: Vec::new(),
            lists: Vec::new(),
            symbols: Vec::new(),
            regexes: vec![EMAIL.to_owned().into()],
            exprs: Vec::new(),
            aggregates: Vec::new(),
            segments: Vec::new(),
            classifies: Vec::new(),
            channels: Vec::new(),
            templates: Vec::new(),
            policies: Vec::new(),
            journeys: Vec::new(),
        })
    }
    fn add(&mut self, kind: ExprKind, ty: Ty) -> ExprId {
        self.0.exprs.push(Expr { kind, ty });
        ExprId::new(self.0.exprs.len() - 1)
    }
    fn slot(&mut self, name: &str) -> (ExprId, Ty) {
        let at = |all: &[(&str, Ty)]| all.iter().position(|(n, _)| *n == name).map(|i| (i as u32, all[i].1));
        let (source, (slot, ty)) = match (at(&EVENT), at(&USER)) {
            (Some(event), _) => (Source::Event, event),
            (None, user) => (Source::User, user.expect("a field")),
        };
        (self.add(ExprKind::Slot { source, slot }, ty), ty)
    }
    fn text(&mut self, text: &str) -> ExprId {
        self.add(ExprKind::Const(Const::Str(text.to_owned())), Ty::Str)
    }
    fn compare(&mut self, name: &str, op: CompareOp, constant: Const) -> ExprId {
        if let Const::Str(text) = &constant {
            self.0.symbols.push(text.clone());
        }
        let (left, ty) = self.slot(name);
        let right = self.add(ExprKind::Const(constant), ty);
        self.add(ExprKind::Compare { op, left, right }, Ty::Bool)
    }
    fn is(&mut self, name: &str, text: &str) -> ExprId {
        self.compare(name, CompareOp::Eq, Const::Str(text.to_owned()))
    }
    fn least(&mut self, name: &str, n: i64) -> ExprId {
        self.compare(name, CompareOp::Ge, Const::Int(n))
    }
    fn one_of(&mut self, name: &str, texts: &[&str]) -> ExprId {
        let mut texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        texts.sort();
        self.0.symbols.extend(texts.iter().cloned());
        let (value, _) = self.slot(name);
        self.add(ExprKind::OneOf { value, set: texts.into_iter().map(Const::Str).collect() }, Ty::Bool)
    }
    fn text_test(&mut self, test: TextTest, name: &str, text: &str) -> ExprId {
        let ((value, _), pattern) = (self.slot(name), self.text(text));
        self.add(ExprKind::Text { test, value, pattern }, Ty::Bool)
    }
    fn time_test(&mut self, test: TimeTest, name: &str, ms: i64) -> ExprId {
        let (time, _) = self.slot(name);
        let operand = self.add(ExprKind::Const(Const::Duration(Span::Exact(ms))), Ty::Duration);
        self.add(ExprKind::TimeTest { test, time, operand }, Ty::Bool)
    }
    fn exists(&mut self, name: &str) -> ExprId {
        let (slot, _) = self.slot(name);
        self.add(ExprKind::Exists(slot), Ty::Bool)
    }
    fn not(&mut self, operand: ExprId) -> ExprId {
        self.add(ExprKind::Not(operand), Ty::Bool)
    }
    fn all(&mut self, operands: Vec<ExprId>) -> ExprId {
        self.add(ExprKind::All(operands), Ty::Bool)
    }

    fn six(&mut self) -> Vec<ExprId> {
        let five = ["case", "charger", "cable", "film", "stand"];
        let fifty = fifty();
        let fifty: Vec<&str> = fifty.iter().map(String::as_str).collect();
        let p1 = self.is("name", "purchase");
        let p2 =
            vec![self.is("name", "purchase"), self.least("price", 30_000), self.one_of("category", &five)];
        let p3 = vec![
            self.is("name", "purchase"),
            self.least("price", 30_000),
            self.one_of("category", &["case", "charger"]),
            self.compare("lifecycle", CompareOp::Ne, Const::Str("churned".to_owned())),
            self.compare("total_spent", CompareOp::Gt, Const::Float(100_000.0)),
            self.text_test(TextTest::StartsWith, "locale", "ko"),
        ];
        let vip = vec![self.exists("coupon"), self.text_test(TextTest::Contains, "coupon", "VIP")];
        let vip = self.all(vip);
        let p4 = vec![self.one_of("sku", &fifty), self.not(vip)];
        let age = self.exists("age");
        let age = vec![self.not(age), self.least("age", 20)];
        let age = self.add(ExprKind::Any(age), Ty::Bool);
        let p5 = vec![
            self.time_test(TimeTest::OlderThan, "last_login", 7 * DAY),
            age,
            self.compare("discount", CompareOp::Le, Const::Float(0.2)),
        ];
        let (email, _) = self.slot("email");
        let p6 = vec![
            self.one_of("name", &["purchase", "add_to_cart"]),
            self.least("price", 10_000),
            self.compare("price", CompareOp::Lt, Const::Int(90_000)),
            self.least("quantity", 1),
            self.is("currency", "KRW"),
            self.one_of("category", &five),
            self.compare("lifecycle", CompareOp::Ne, Const::Str("churned".to_owned())),
            self.compare("total_spent", CompareOp::Gt, Const::Float(1_000.0)),
            self.least("orders", 1),
            self.text_test(TextTest::StartsWith, "locale", "ko"),
            self.text_test(TextTest::Contains, "url", "/product/"),
            self.time_test(TimeTest::WithinLast, "last_login", 30 * DAY),
            self.add(ExprKind::Matches { value: email, regex: wayline_compiler::ir::RegexId(0) }, Ty::Bool),
        ];
        [vec![p1], p2, p3, p4, p5, p6].map(|operands| self.all(operands)).to_vec()
    }

    /// Entries as journeys have them: event kind, category, price, lifecycle.
    fn entries(&mut self, n: usize) {
        let mut r = Rng(42);
        for i in 0..n {
            let operands = vec![
                self.is("name", &name(r.below(64))),
                self.is("category", r.of(&CATEGORIES)),
                self.least("price", 5_000 + r.below(900) as i64 * 100),
                self.compare(
                    "lifecycle",
                    CompareOp::Ne,
                    Const::Str(r.of(&["new", "active", "loyal", "dormant", "churned"]).to_owned()),
                ),
            ];
            let filter = self.all(operands);
            self.0.journeys.push(journey(format!("j{i:05}"), filter));
        }
    }

    fn finish(mut self, predicates: &[ExprId]) -> Arc<Program> {
        self.0.symbols.sort();
        self.0.symbols.dedup();
        let segment = |predicate: &ExprId| Segment { name: String::new(), predicate: *predicate, doc: None };
        self.0.segments = predicates.iter().map(segment).collect();
        Arc::new(self.0)
    }
}

fn field(name: &str, ty: Ty) -> Field {
    let ty = match ty {
        Ty::Int => FieldType::Int(Range { min: None, max: None }),
        Ty::Float => FieldType::Float(Range { min: None, max: None }),
        Ty::Time => FieldType::Time { past: false },
        _ => FieldType::Str(None),
    };
    Field {
        name: name.to_owned(),
        wire: vec![name.to_owned()],
        ty,
        optional: true,
        default: None,
        needed: true,
    }
}

fn journey(name: String, filter: ExprId) -> Journey {
    Journey {
        name,
        version: None,
        doc: None,
        entry: Entry::Event { event: EventId(0), filter: Some(filter) },
        key: Vec::new(),
        reenter: Reenter { mode: ReenterMode::Every, limit: None, cooldown: None },
        goals: Vec::new(),
        exits: Vec::new(),
        refreshes: Vec::new(),
        policy: PolicyId(0),
        priority: 0,
        lasts: None,
        holdout: 0,
        active: None,
        on_update: OnUpdate::Pin,
        cells: Vec::new(),
        steps: Vec::new(),
        first: None,
        loops: 0,
    }
}

/// A record as rows of the program.
fn rows(program: &Program, r: &Record) -> (RowBuf, RowBuf) {
    let (mut event, mut user) = (RowBuf::new(EVENT.len()), RowBuf::new(USER.len()));
    let text = |row: &mut RowBuf, index: usize, text: &str| row.set_text(index, text, program.symbol(text));
    text(&mut event, 0, &r.name);
    event.slots[1] = Slot::int(r.price);
    text(&mut event, 2, &r.category);
    text(&mut event, 3, &r.sku);
    if let Some(coupon) = &r.coupon {
        text(&mut event, 4, coupon);
    }
    text(&mut event, 5, &r.currency);
    event.slots[6] = Slot::int(r.quantity);
    text(&mut event, 7, &r.url);
    event.slots[8] = Slot::float(r.discount);
    text(&mut user, 0, &r.lifecycle);
    text(&mut user, 1, &r.locale);
    user.slots[2] = Slot::float(r.total_spent);
    user.slots[3] = Slot::int(r.last_login);
    if let Some(age) = r.age {
        user.slots[4] = Slot::int(age);
    }
    text(&mut user, 5, &r.email);
    user.slots[6] = Slot::int(r.orders);
    (event, user)
}

/// The rows of all records, one after the other, as typed structs lie in a vector, and one environment that is given them in turn.
struct Asked {
    rows: Vec<[Row<'static>; 2]>,
    env: Env<'static>,
}

impl Asked {
    /// They stay for as long as the benchmark runs.
    fn new(program: &Arc<Program>, records: &[Record]) -> Self {
        let program: &'static Program = Box::leak(Box::new(Program::clone(program)));
        let rows: Vec<[RowBuf; 2]> = records.iter().map(|record| rows(program, record).into()).collect();
        let all = || rows.iter().flatten();
        let slots = all().flat_map(|row| row.slots.iter().copied()).collect::<Vec<Slot>>().leak();
        let bytes = all().flat_map(|row| row.bytes.iter().copied()).collect::<Vec<u8>>().leak();
        let (mut slot, mut byte) = (0, 0);
        let mut row = |row: &RowBuf| {
            let (from, start) = (slot, byte);
            (slot, byte) = (slot + row.slots.len(), byte + row.bytes.len());
            Row { slots: &slots[from..slot], bytes: &bytes[start..byte] }
        };
        let rows = rows.iter().map(|[event, user]| [row(event), row(user)]).collect();
        let env = Env {
            program,
            event: Row::EMPTY,
            entry: Row::EMPTY,
            user: Row::EMPTY,
            now_ms: NOW,
            zone: Zone::UTC,
            entry_time_ms: NOW,
            world: &EmptyWorld,
        };
        Self { rows, env }
    }
    /// For how many records it holds.
    fn count(&mut self, predicates: &Predicates, expr: ExprId) -> usize {
        let holds = |rows: &&[Row<'static>; 2]| {
            [self.env.event, self.env.user] = **rows;
            predicates.truth(expr, &self.env)
        };
        self.rows.iter().filter(holds).count()
    }
    /// How many journeys all records enter.
    fn entered(&mut self, predicates: &Predicates, out: &mut Vec<JourneyId>) -> usize {
        let mut found = 0;
        for rows in &self.rows {
            [self.env.event, self.env.user] = *rows;
            out.clear();
            predicates.triggers(EventId(0), &self.env, out);
            found += out.len();
        }
        found
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Lets the contestants take turns; prints ns per event of each and the ratio to the first.
fn race(title: &str, events: usize, contestants: &mut [(&str, &mut dyn FnMut() -> usize)]) {
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); contestants.len()];
    let repeats: Vec<usize> = contestants
        .iter_mut()
        .map(|(_, run)| {
            let (start, mut n) = (Instant::now(), 0);
            while start.elapsed() < Duration::from_micros(300) {
                black_box(run());
                n += 1;
            }
            n
        })
        .collect();
    for _ in 0..ROUNDS {
        for (index, (_, run)) in contestants.iter_mut().enumerate() {
            let start = Instant::now();
            for _ in 0..repeats[index] {
                black_box(run());
            }
            times[index].push(start.elapsed().as_nanos() as f64 / (repeats[index] * events) as f64);
        }
    }
    print!("{title:<22}");
    for (index, (name, _)) in contestants.iter().enumerate() {
        let ratios = times[index].iter().zip(&times[0]).map(|(a, b)| a / b).collect();
        print!("  {name} {:7.2} ns {:5.2}x", median(times[index].clone()), median(ratios));
    }
    println!();
}

fn six() {
    let mut builder = Builder::new();
    let predicates = builder.six();
    let program = builder.finish(&predicates);
    let make = |backend| Predicates::new(&program, backend).expect("machine code");
    let (interp, jit) = (make(Backend::Interp), make(Backend::Jit));
    let records = records(10_000);
    let (mut a, mut b) = (Asked::new(&program, &records), Asked::new(&program, &records));
    let titles = [
        "p1 eq",
        "p2 in5 (3 terms)",
        "p3 (6 terms)",
        "p4 in50 + optional",
        "p5 time + missing",
        "p6 (13 terms)",
    ];
    for ((title, expr), native) in titles.into_iter().zip(&predicates).zip(native()) {
        let count = || records.iter().filter(|record| native(record)).count();
        let expected = count();
        assert_eq!(a.count(&interp, *expr), expected, "{title}");
        assert_eq!(b.count(&jit, *expr), expected, "{title}");
        race(
            title,
            records.len(),
            &mut [
                ("native", &mut || count()),
                ("interp", &mut || a.count(&interp, *expr)),
                ("jit", &mut || b.count(&jit, *expr)),
            ],
        );
    }
}

fn growth() {
    for n in [10, 100, 1_000, 10_000] {
        let mut builder = Builder::new();
        builder.entries(n);
        let program = builder.finish(&[]);
        let build = |backend| Predicates::new(&program, backend).expect("machine code");
        let (interp, jit) = (build(Backend::Interp), build(Backend::Jit));
        let records = records(2_000);
        let (mut a, mut b) = (Asked::new(&program, &records), Asked::new(&program, &records));
        let (mut out, mut expected) = (Vec::new(), Vec::new());
        let matches = a.entered(&jit, &mut out);
        assert_eq!(b.entered(&interp, &mut expected), matches);
        // Each alone: a turn is short, and what the other has left in the caches would be measured, too.
        race(&format!("{n} entries"), records.len(), &mut [("jit", &mut || a.entered(&jit, &mut out))]);
        race("", records.len(), &mut [("interp", &mut || b.entered(&interp, &mut expected))]);
        let time = |backend| {
            let times = (0..15).map(|_| {
                let start = Instant::now();
                black_box(build(backend));
                start.elapsed().as_secs_f64() * 1e3
            });
            median(times.collect())
        };
        println!(
            "    {:.2} matches an event; ready in {:.2} ms, with machine code {:.2} ms; {} + {} bytes an entry",
            matches as f64 / records.len() as f64,
            time(Backend::Interp),
            time(Backend::Jit),
            jit.index_bytes() / n,
            jit.code_bytes() / n,
        );
    }
}

fn main() {
    six();
    growth();
}
