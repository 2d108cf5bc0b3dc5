//! What `check` costs, with full analysis: projects of 10 to 5,000 files of one journey with 15 steps, and one journey of 200 steps.
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
}
