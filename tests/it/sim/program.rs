//! Random journeys that compile: every kind of entry and step, a policy.

use super::rng::Rng;
use std::fmt::Write as _;
use wayline_compiler::ir::{CapPeriod, CapScope, Policy, Span};

const HEAD: &str = r#"
event e0(item) { item: string; n: int; when: time; }
event e1(item) { item: string; n: int; when: time; }
event e2(item) { item: string; n: int; when: time; }
event signal { n: int; }
user {
    timezone: timezone = "Asia/Seoul";
    ads: bool = true;
    plan: "free" | "basic" | "pro" = "free";
    level: int in 0 .. 100 = 0;
}
channel push { consent marketing: user.ads; purposes marketing, informational, transactional; main body: string; }
channel sms { purposes marketing, informational, transactional; main body: string; }
segment busy = count(e0 within 2d) >= 2;
segment quiet_one = last(e1 within 30d) older than 3d;
segment promoted = user.plan != "free";
"#;

/// Writes a project.
pub(super) fn write(rng: &mut Rng) -> String {
    let mut out = HEAD.replace("ads: bool = true", "ads: bool = false");
    policy(rng, &mut out);
    for nth in 0..1 + rng.below(4) {
        journey(rng, &mut out, nth);
    }
    out.push_str("journey listens { on signal reenter every; wait 30m; send push \"s{n}\"; }\n");
    out
}

/// The rolling caps over all channels: at most, ms.
pub(super) fn caps(policy: &Policy) -> Vec<(u32, i64)> {
    let rolling = policy.caps.iter().filter_map(|cap| match (cap.scope, cap.per) {
        (CapScope::All, CapPeriod::Rolling(Span::Exact(ms))) => Some((cap.max, ms)),
        _ => None,
    });
    rolling.collect()
}

fn policy(rng: &mut Rng, out: &mut String) {
    out.push_str("policy {\n");
    if rng.one_in(2) {
        let action = rng.of(&["", " on cap exit", " on cap retry up to 2d"]);
        let _ = writeln!(out, "    cap {} per {}{action};", 1 + rng.below(3), rng.of(&["1d", "4h", "7d"]));
    }
    if rng.one_in(2) {
        let _ = writeln!(out, "    cap push {} per {};", 1 + rng.below(3), rng.of(&["day", "week", "month"]));
    }
    if rng.one_in(2) {
        let _ = writeln!(out, "    quiet 21:00 .. 08:00 {};", rng.of(&["hold", "hold up to 5h", "drop"]));
    }
    out.push_str("}\n");
}

fn journey(rng: &mut Rng, out: &mut String, nth: u64) {
    let is_event = rng.below(4) > 0;
    let _ = writeln!(out, "journey j{nth} {{");
    if is_event {
        let event = rng.of(&["e0", "e1", "e2"]);
        let per = rng.of(&["", " per item"]);
        let filter = rng.of(&["", " where n > 2", " where n != 5 or user.plan == \"pro\""]);
        let mode = rng.of(&["never", "after exit", "every", "restart"]);
        let more = rng.of(&["", "", " at most 3 per 2d", " after 6h from entry", " after 6h from exit"]);
        let _ = writeln!(out, "    on {event}{per}{filter} reenter {mode}{more};");
    } else {
        let entry = rng.of(&["on enter busy", "on leave busy", "on enter quiet_one", "on enter promoted"]);
        let every =
            rng.of(&["every day at 10:00 for promoted", "every week on monday at 09:00 for quiet_one"]);
        let entry = if rng.one_in(3) { every } else { entry };
        let mode = rng.of(&["never", "after exit", "after exit after 2d from entry"]);
        let _ = writeln!(out, "    {entry} reenter {mode};");
    }
    header(rng, out, is_event);
    let steps = 1 + rng.below(4);
    for _ in 0..steps {
        step(rng, out, 2, is_event);
    }
    out.push_str("}\n");
}

fn header(rng: &mut Rng, out: &mut String, is_event: bool) {
    out.push_str("    lasts at most 60d;\n");
    let mut maybe = |chance: u64, line: &str| {
        if rng.one_in(chance) {
            let _ = writeln!(out, "    {line}");
        }
    };
    maybe(3, "goal e2 within 2d where n > 4;");
    maybe(6, "goal e1 within 3d keep going;");
    maybe(3, "exit on e2 where n < 2;");
    maybe(5, "exit when user.level > 60;");
    maybe(8, "exit when count(e0) >= 3;");
    maybe(3, "priority 5;");
    maybe(8, "holdout 30%;");
    maybe(5, "purpose informational;");
    if is_event {
        maybe(3, "refresh on e1;");
    }
}

fn step(rng: &mut Rng, out: &mut String, depth: u64, is_event: bool) {
    let kinds = if depth == 0 { 10 } else { 18 };
    let block = |rng: &mut Rng| {
        let mut text = String::from("{ ");
        for _ in 0..1 + rng.below(2) {
            step(rng, &mut text, depth.saturating_sub(1), is_event);
        }
        text.push_str("} ");
        text
    };
    let text = match rng.below(kinds) {
        0 => format!("wait {}; ", rng.of(&["10m", "1h", "1d", "36h", "1mo"])),
        1 => format!(
            "wait until {} ; ",
            rng.of(&["10:00", "02:30 on sunday", "22:00 on weekday", "09:00 on day 2"])
        ),
        2..5 => {
            format!("send {} \"x\"; ", rng.of(&["push", "sms", "transactional push", "informational sms"]))
        }
        5 => "send push \"a\" or sms \"b\"; ".to_owned(),
        6 => format!(
            "send push \"w\" {}; ",
            rng.of(&["within 3h", "between 10:00 .. 12:00", "between 09:00 .. 18:00 on weekday within 2d"])
        ),
        7 => format!("set user.level = user.level + {}; ", rng.below(50)),
        8 => format!("emit signal {{ n: {}; }}; ", rng.below(9)),
        9 => "call note { a: 1; }; ".to_owned(),
        10 => format!("if {} {}else {}", condition(rng, is_event), block(rng), block(rng)),
        11 => format!("unless {} {}", condition(rng, is_event), block(rng)),
        12 => {
            let (free, other) = (block(rng), block(rng));
            format!("match user.plan {{ \"free\" => {free}\"basic\" | \"pro\" => {other}}} ")
        }
        13 => {
            let (name, a, b) = (rng.below(1_000_000), block(rng), block(rng));
            format!("split s{name} {{ a 45% {a}b 45% {b}holdout 10% }} ")
        }
        14 => format!(
            "wait until {} up to {} else {}",
            condition(rng, is_event),
            rng.of(&["1h", "2d"]),
            block(rng)
        ),
        15 => format!(
            "wait for e1 where n > 3 up to {} {}else {}",
            rng.of(&["1h", "1d"]),
            block(rng),
            block(rng)
        ),
        16 => {
            format!("repeat up to {} times every {} {}", 1 + rng.below(3), rng.of(&["1h", "1d"]), block(rng))
        }
        _ if is_event => format!("at when {}else {}at when + 9h {}", block(rng), block(rng), block(rng)),
        _ => "if user.level > 90 { exit \"level\"; } ".to_owned(),
    };
    out.push_str(&text);
    out.push('\n');
}

fn condition(rng: &mut Rng, is_event: bool) -> String {
    match rng.below(if is_event { 6 } else { 4 }) {
        0 => format!("user.level > {}", rng.below(80)),
        1 => format!("count(e0 within 1d) >= {}", 1 + rng.below(3)),
        2 => "did e2 within 12h".to_owned(),
        3 => "user.plan == \"pro\"".to_owned(),
        4 => format!("n > {}", rng.below(9)),
        _ => "when older than 1d".to_owned(),
    }
}
