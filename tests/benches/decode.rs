//! From JSON bytes to slots, against serde_json into typed structs, on events of about 850 bytes with 33 fields of which 17 are declared.
//!
//! `cargo bench -p wayline-tests --bench decode`. All contestants take short turns over the same lines, so that on a busy machine most turns
//! are not interrupted; medians over the rounds, and ratios, which is all that means anything.

#![allow(clippy::print_stdout, clippy::type_complexity)]

use serde::Deserialize;
use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use wayline::ingest::{Body, Decoder};
use wayline_compiler::calendar::Zone;
use wayline_compiler::eval::{EmptyWorld, Env};
use wayline_compiler::ir::Program;
use wayline_compiler::predicates::{Backend, Predicates};
use wayline_compiler::row::Row;
use wayline_compiler::{Settings, Sources, compile};

const LINES: usize = 1_000;
const ROUNDS: usize = 401;

const JOURNEYS: &str = r#"
event product_viewed {
    sku: string; title: string; category: string; price: int; quantity: int; currency: string; discount: float; coupon: string?;
    brand: string; color: string; rating: float; in_stock: bool; os: string from "device.os"; width: int from "device.width";
    referrer: string?; url: string; session: string from "session_id";
}
channel push { purposes marketing, informational, transactional; main body: string; }
journey j {
    on product_viewed
        where category in ["shoes", "bags", "coats"] and price >= 90_000 and quantity > 1 and currency == "KRW" and discount < 0.3
            and (coupon ?? "") != "X" and brand != "acme" and color == "red" and rating > 4.0 and in_stock and os == "ios" and width > 300
            and (referrer ?? "") != "" and url contains "/p/" and session != "" and sku starts_with "S" and title contains "7"
        reenter every;
    send push "{sku} {title}";
}
"#;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Borrowed<'a> {
    #[serde(rename = "type", borrow)]
    kind: &'a str,
    message_id: &'a str,
    user_id: &'a str,
    event: &'a str,
    timestamp: &'a str,
    #[serde(borrow)]
    properties: BorrowedProperties<'a>,
}

#[derive(Deserialize)]
struct BorrowedProperties<'a> {
    sku: &'a str,
    title: &'a str,
    category: &'a str,
    price: i64,
    quantity: i64,
    currency: &'a str,
    discount: f64,
    #[serde(borrow)]
    coupon: Option<&'a str>,
    brand: &'a str,
    color: &'a str,
    rating: f64,
    in_stock: bool,
    #[serde(borrow)]
    device: BorrowedDevice<'a>,
    #[serde(borrow)]
    referrer: Option<&'a str>,
    url: &'a str,
    session_id: &'a str,
}

#[derive(Deserialize)]
struct BorrowedDevice<'a> {
    os: &'a str,
    width: i64,
}

/// Every field, owned: what an application decodes into.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Owned {
    #[serde(rename = "type")]
    kind: String,
    message_id: String,
    user_id: String,
    event: String,
    timestamp: String,
    context: OwnedContext,
    properties: OwnedProperties,
}

#[derive(Deserialize)]
struct OwnedContext {
    ip: String,
    locale: String,
    page: String,
    user_agent: String,
    library: String,
}

#[derive(Deserialize)]
struct OwnedProperties {
    sku: String,
    title: String,
    category: String,
    price: i64,
    quantity: i64,
    currency: String,
    discount: f64,
    coupon: Option<String>,
    brand: String,
    color: String,
    rating: f64,
    in_stock: bool,
    device: OwnedDevice,
    referrer: Option<String>,
    url: String,
    session_id: String,
    position: i64,
    list: String,
    variant: String,
    image: String,
    related: Vec<String>,
}

#[derive(Deserialize)]
struct OwnedDevice {
    os: String,
    app_version: String,
    width: i64,
    height: i64,
}

fn lines(event: &str) -> Vec<String> {
    let mut state = 42u64;
    let mut next = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let mut all = Vec::with_capacity(LINES);
    for number in 0..LINES {
        let category = ["shoes", "bags", "coats", "hats", "toys"][next(5) as usize];
        let mut line = format!(
            r#"{{"type":"track","messageId":"0f8b6d2e-77aa-4f6d-{number:012}","userId":"user-{}","event":"{event}","timestamp":"2026-01-05T{:02}:{:02}:{:02}.{:03}Z","context":{{"ip":"203.0.113.{}","locale":"ko-KR","page":"https://shop.example/p/{}","user_agent":"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15","library":"analytics.js"}},"properties":{{"#,
            next(100_000),
            next(24),
            next(60),
            next(60),
            next(1000),
            next(256),
            next(10_000),
        );
        let _ = write!(
            line,
            r#""sku":"SKU-{:06}","title":"Soft cotton everyday item no. {}","category":"{category}","price":{},"quantity":{},"currency":"KRW","discount":0.{:02},"#,
            next(1_000_000),
            next(1000),
            1_000 + next(200_000),
            1 + next(4),
            next(60),
        );
        if number % 3 == 0 {
            line.push_str(r#""coupon":"WELCOME10","#);
        }
        let _ = write!(
            line,
            r#""brand":"brand-{}","color":"{}","rating":{}.{},"in_stock":{},"device":{{"os":"{}","app_version":"7.{}.1","width":{},"height":844}},"referrer":"https://search.example/q","url":"https://shop.example/p/{}","session_id":"s-{:010}","position":{},"list":"search results","variant":"v{}","image":"https://cdn.example/i/{}.jpg","related":["SKU-{:06}","SKU-{:06}"]}}}}"#,
            next(50),
            ["red", "blue", "black"][next(3) as usize],
            1 + next(4),
            next(10),
            next(2) == 0,
            ["ios", "android"][next(2) as usize],
            next(90),
            320 + next(200),
            next(10_000),
            next(1_000_000_000),
            next(40),
            next(9),
            next(100_000),
            next(1_000_000),
            next(1_000_000),
        );
        all.push(line);
    }
    all
}

fn program() -> Arc<Program> {
    let mut sources = Sources::new();
    sources.add("j.way", JOURNEYS);
    let compiled = compile(&sources, &Settings::default());
    let findings = compiled.diagnostics.render_plain(sources.map());
    compiled.program.unwrap_or_else(|| panic!("the journeys compile:\n{findings}"))
}

fn main() {
    let program = program();
    let (heard, unheard) = (lines("product_viewed"), lines("weather_seen"));
    let bytes: usize = heard.iter().map(String::len).sum();
    println!("{} bytes per event", bytes / LINES);
    let (mut decoder, mut decider, mut dismisser) =
        (Decoder::new(&program), Decoder::new(&program), Decoder::new(&program));
    let predicates = Predicates::new(&program, Backend::Auto).expect("auto always works");
    let mut entered = Vec::new();
    let mut contestants: Vec<(&str, Box<dyn FnMut() -> usize>)> = vec![
        (
            "serde_json, owned struct, all fields",
            Box::new(|| {
                heard.iter().map(|line| weigh_owned(&serde_json::from_str(line).expect("typed"))).sum()
            }),
        ),
        (
            "serde_json, borrowed struct, 17 fields",
            Box::new(|| heard.iter().map(|line| weigh(&serde_json::from_str(line).expect("typed"))).sum()),
        ),
        (
            "wayline, 17 fields into slots",
            Box::new(|| {
                heard
                    .iter()
                    .map(|line| match decoder.decode(line.as_bytes()).expect("good").body {
                        Body::Event { row, .. } => row.slots.iter().filter(|slot| slot.is_present()).count(),
                        _ => panic!("an event"),
                    })
                    .sum()
            }),
        ),
        (
            "wayline, slots and the decision (17 terms)",
            Box::new(|| {
                for line in &heard {
                    let line = decider.decode(line.as_bytes()).expect("good");
                    let Body::Event { event, row } = line.body else { panic!("an event") };
                    let env = Env {
                        program: &program,
                        event: row,
                        entry: Row::EMPTY,
                        user: Row::EMPTY,
                        now_ms: line.time,
                        zone: Zone::UTC,
                        entry_time_ms: 0,
                        world: &EmptyWorld,
                    };
                    predicates.triggers(event, &env, &mut entered);
                }
                std::mem::take(&mut entered).len()
            }),
        ),
        (
            "wayline, dismissed: not declared",
            Box::new(|| {
                unheard
                    .iter()
                    .map(|line| match dismisser.decode(line.as_bytes()).expect("good").body {
                        Body::Undeclared => 1,
                        _ => panic!("not declared"),
                    })
                    .sum()
            }),
        ),
        ("touch every byte", Box::new(|| heard.iter().map(|line| usize::from(line.is_ascii())).sum())),
    ];
    race(&mut contestants);
}

/// Lets all take turns and prints the medians.
fn race(contestants: &mut [(&str, Box<dyn FnMut() -> usize + '_>)]) {
    let mut times = vec![Vec::new(); contestants.len()];
    for _ in 0..ROUNDS {
        for (contestant, times) in contestants.iter_mut().zip(&mut times) {
            let start = Instant::now();
            black_box(contestant.1());
            times.push(start.elapsed().as_nanos() as f64 / LINES as f64);
        }
    }
    let medians: Vec<f64> = times
        .iter_mut()
        .map(|times| {
            times.sort_by(f64::total_cmp);
            times[ROUNDS / 2]
        })
        .collect();
    println!("{:<42}{:>10}{:>14}{:>14}", "", "ns/event", "of owned", "of borrowed");
    for ((name, _), median) in contestants.iter().zip(&medians) {
        println!("{name:<42}{median:>10.0}{:>14.2}{:>14.2}", median / medians[0], median / medians[1]);
    }
}

fn weigh(event: &Borrowed<'_>) -> usize {
    let p = &event.properties;
    let texts = [
        event.kind,
        event.message_id,
        event.user_id,
        event.event,
        event.timestamp,
        p.sku,
        p.title,
        p.category,
    ];
    let more = [
        p.currency,
        p.brand,
        p.color,
        p.device.os,
        p.url,
        p.session_id,
        p.coupon.unwrap_or(""),
        p.referrer.unwrap_or(""),
    ];
    let numbers =
        p.price + p.quantity + p.discount as i64 + p.rating as i64 + p.device.width + i64::from(p.in_stock);
    texts.iter().chain(&more).map(|text| text.len()).sum::<usize>() + numbers as usize
}

fn weigh_owned(event: &Owned) -> usize {
    let p = &event.properties;
    let c = &event.context;
    let texts = [
        &event.kind,
        &event.message_id,
        &event.user_id,
        &event.event,
        &event.timestamp,
        &p.sku,
        &p.title,
        &p.category,
    ];
    let more =
        [&p.currency, &p.brand, &p.color, &p.device.os, &p.url, &p.session_id, &p.list, &p.variant, &p.image];
    let rest = [&c.ip, &c.locale, &c.page, &c.user_agent, &c.library, &p.device.app_version];
    let numbers = p.price
        + p.quantity
        + p.discount as i64
        + p.rating as i64
        + p.device.width
        + p.device.height
        + p.position;
    let optional = p.coupon.as_ref().or(p.referrer.as_ref()).map_or(0, String::len)
        + p.related.len()
        + usize::from(p.in_stock);
    texts.iter().chain(&more).chain(&rest).map(|text| text.len()).sum::<usize>() + numbers as usize + optional
}
