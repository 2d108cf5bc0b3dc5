//! What `check` costs, with full analysis: projects of 10 to 5,000 files of one journey with 15 steps, one journey of 200 steps, and inputs made
//! to be hard, none of which may take 5 seconds (what cannot be decided by then is `unknown`).
//!
//! `cargo bench -p wayline-tests --bench check [-- FILES]`. Cold, one core; medians of a few rounds, and the cost of a file relative to the
//! smallest project.

#![allow(clippy::print_stdout)]

use std::fmt::Write;
use std::time::{Duration, Instant};
use wayline_compiler::{Settings, Sources, compile};

/// A realistic journey of 15 steps; no two say the same.
fn journey(number: usize) -> String {
    let price = 1_000 + number * 7;
    format!(
        r#"/// Journey {number}.
journey j{number} {{
    on cart_add per item where price >= {price} reenter restart;
    goal purchase within 14d where item == entry.item;
    exit on cart_remove where item == entry.item;
    exit when user.plan exists and user.plan == "closed{number}";

    wait 1h;
    if user.name exists and price >= {dear} {{
        send push "{{user.name}}, still thinking about it?";
        wait 1d;
        unless did session send email {{ subject: "Number {number}"; body: "{{price}}"; }}
    }} else {{
        send push "Still thinking it over? {number}";
    }}
    wait until 10:00 on weekday;
    split test {{
        a 50% {{ send push "a {number}"; }}
        b 40% {{ send push "b {number}"; }}
        holdout 10%
    }}
    wait for session up to 3d {{ exit; }} else {{ send email {{ subject: "We miss you"; body: "Come back"; }} }}
    if count(purchase within 30d) > 2 {{ send push "thank you"; }}
    wait 2d;
    send push "last call {number}";
}}
"#,
        dear = price * 2
    )
}

fn long(steps: usize) -> String {
    let mut text = String::from("journey long {\n    on app_open reenter after exit;\n");
    for step in 0..steps / 3 {
        let _ = writeln!(
            text,
            "    wait {}h;\n    if count(session within {}d) > {} {{ send push \"{step}\"; }}",
            step + 1,
            step + 2,
            step % 7
        );
    }
    text.push_str("}\n");
    text
}

fn project(files: usize) -> Sources {
    let mut sources = Sources::new();
    sources.add("policy.way", "policy { cap 3 per day; quiet 21:00 .. 08:00 hold; }\n");
    for number in 0..files {
        sources.add(format!("j{number}.way"), journey(number));
    }
    sources
}

fn time(sources: &Sources, rounds: usize) -> Duration {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            let compiled = compile(sources, &Settings::default());
            let took = start.elapsed();
            assert!(compiled.program.is_some(), "{}", compiled.diagnostics.render_plain(sources.map()));
            took
        })
        .collect();
    times.sort();
    times[rounds / 2]
}

/// Attributes for conditions: 40 numbers and 40 truth values.
fn attributes() -> String {
    let of = |kind: &str, ty: &str| (0..40).map(|i| format!("{kind}{i}: {ty}; ")).collect::<String>();
    format!("user {{ {}{} }}\n", of("n", "int = 0"), of("b", "bool = false"))
}

/// Inputs made to be hard, by name.
fn hard() -> Vec<(&'static str, String)> {
    let join = |parts: Vec<String>, by: &str| parts.join(by);
    let nested: String =
        (0..60).map(|i| format!("if user.n{} > {i} {{ send in_app \"{i}\"; ", i % 40)).collect();
    let forks: String = (0..200)
        .map(|i| {
            format!(
                "if user.n{} > {i} and user.b{} {{ send push \"{i}\"; }} else {{ wait {}m; }}\n",
                i % 40,
                i * 7 % 40,
                i + 1
            )
        })
        .collect();
    let arms: String = (0..64).map(|i| format!("\"m{i}\" => send push \"{i}\" ")).collect();
    let members = join((0..64).map(|i| format!("\"m{i}\"")).collect(), " | ");
    let waits: String = (0..30)
        .map(|i| format!("wait until user.n{i} > {i} or user.b{i} or did purchase or count(session) > {i} up to {}h else {{ send push \"e{i}\"; }}\n", i + 1))
        .collect();
    let entry = join((0..30).map(|i| format!("(user.n{i} > {i} and user.b{i})")).collect(), " or ");
    let hole = |i: usize, j: usize| format!("user.p{i}_{j}");
    let holes = |i: usize| format!("({})", join((0..7).map(|j| hole(i, j)).collect(), " or "));
    let mut pigeons: Vec<String> = (0..8).map(holes).collect();
    for j in 0..7 {
        for i in 0..8 {
            pigeons.extend((i + 1..8).map(|other| format!("not ({} and {})", hole(i, j), hole(other, j))));
        }
    }
    let places: String =
        (0..8).flat_map(|i| (0..7).map(move |j| format!("p{i}_{j}: bool = false; "))).collect();
    let asks: String = (0..5).map(|i| format!("if user.p{i}_0 {{ send in_app \"{i}\"; }}\n")).collect();
    let different: Vec<String> =
        (0..11).flat_map(|i| (i + 1..11).map(move |j| format!("user.n{i} != user.n{j}"))).collect();
    let small: String = (0..11).map(|i| format!("n{i}: int in 0 .. 9 = 0; ")).collect();
    vec![
        ("60 ifs in each other", format!("{}journey j {{ on app_open;\n{nested}{} }}", attributes(), "}".repeat(60))),
        ("200 forks", format!("{}policy {{ cap 3 per day; quiet 21:00 .. 08:00 hold; }}\njourney j {{ on app_open;\n{forks} }}", attributes())),
        ("6 matches of 64 arms", format!("event e {{ k: {members}; }}\npolicy {{ cap push 1 per 1d; }}\njourney j {{ on e; {} }}", format!("match k {{ {arms} }} wait 1h;\n").repeat(6))),
        ("repeat 8 in repeat 8 in repeat 8", "policy { cap push 2 per 1d; ensure at most 3 push per 7d; }\njourney j { on app_open reenter after exit; repeat up to 8 times every 1h { send push \"a\"; repeat up to 8 times every 10m { send push \"b\"; repeat up to 8 times every 1m until did purchase { send push \"c\"; if did session { send email \"x\"; } } } } }".to_owned()),
        ("30 waits with or", format!("{}policy {{ cap push 2 per 1d; quiet 21:00 .. 08:00 hold; }}\njourney j {{ on app_open where {entry};\n{waits} }}", attributes())),
        ("8 pigeons in 7 holes", format!("user {{ {places} }}\njourney j {{ on app_open where {};\n{asks} }}", pigeons.join(" and "))),
        ("11 numbers below 10, all different", format!("user {{ {small} }}\njourney j {{ on app_open where {}; if user.n0 > 3 send in_app \"a\"; }}", different.join(" and "))),
    ]
}

/// 5,000 journeys on one event under one cap.
fn crowd() -> Sources {
    let mut sources = Sources::new();
    sources.add("policy.way", "policy { cap 1 per day; }\n");
    for n in 0..5_000 {
        sources.add(format!("j{n}.way"), format!("journey j{n} {{ on app_open where count(session ever) == {n}; wait 1h; send push \"{n}\"; }}\n"));
    }
    sources
}

fn in_time(name: &str, sources: &Sources) {
    let start = Instant::now();
    let compiled = compile(sources, &Settings::default());
    let took = start.elapsed();
    println!("{name}: {took:.2?}, {} findings", compiled.diagnostics.len());
    assert!(took < Duration::from_secs(5), "{name} takes too long");
}

fn main() {
    let only = std::env::args().filter_map(|arg| arg.parse::<usize>().ok()).next();
    let sizes = only.map_or(vec![10, 100, 1_000, 5_000], |files| vec![files]);
    let mut first = None;
    for files in sizes {
        let took = time(&project(files), if files > 1_000 { 1 } else { 3 });
        let each = took.as_secs_f64() / files as f64;
        let base = *first.get_or_insert(each);
        println!(
            "{files:>6} files  {took:>10.2?}  {:>8.1} µs a file  {:.2}x the smallest",
            each * 1e6,
            each / base
        );
    }
    let mut sources = Sources::new();
    sources.add("long.way", long(200));
    println!("a journey of 200 steps: {:.2?}", time(&sources, 3));
    for (name, text) in hard() {
        let mut sources = Sources::new();
        sources.add("hard.way", text);
        in_time(name, &sources);
    }
    in_time("5,000 journeys on one event", &crowd());
}
