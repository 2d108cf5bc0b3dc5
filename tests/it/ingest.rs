//! The decoder of event lines: against serde_json, against a plain decoder, over every prefix, over the corpus of bad lines.
//!
//! The plain decoder here reads a `serde_json::Value` field by field; it is slow and obvious, and the real one must agree with it.

use crate::support::snapshots;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;
use wayline::engine::Fact;
use wayline::ingest::{Bad, Body, Decoder};
use wayline_compiler::calendar::{Zone, text};
use wayline_compiler::ir::{Program, Span};
use wayline_compiler::list::ListView;
use wayline_compiler::row::{Row, Slot};
use wayline_compiler::{Settings, Sources, compile};

const DECLARATIONS: &str = include_str!("../corpus/events/declarations.way");

fn program() -> Arc<Program> {
    let mut sources = Sources::new();
    sources.add("declarations.way", DECLARATIONS);
    let compiled = compile(&sources, &Settings::default());
    let findings = compiled.diagnostics.render_plain(sources.map());
    compiled.program.unwrap_or_else(|| panic!("the declarations compile:\n{findings}"))
}

/// What a decoder makes of a line, for comparison.
#[derive(Debug, PartialEq)]
struct Read {
    time: i64,
    user: String,
    id: String,
    /// Fields by name, absent ones left out; none when the event is refused.
    fields: Option<Vec<(String, String)>>,
    /// Fact and field of every fault.
    faults: Vec<(Fact, String)>,
}

fn read(decoder: &mut Decoder, program: &Program, line: &[u8]) -> Result<Read, Bad> {
    let line = decoder.decode(line)?;
    let mut faults: Vec<_> = line.faults.iter().map(|fault| (fault.fact, fault.field.clone())).collect();
    faults.sort_by(|a, b| a.1.cmp(&b.1));
    let fields = match line.body {
        Body::Event { event, row } if faults.is_empty() => {
            let fields = program.event(event).fields.iter().enumerate();
            Some(
                fields
                    .filter(|(slot, _)| row.slot(*slot).is_present())
                    .map(|(slot, field)| {
                        (field.name.clone(), shown(program, &field.name, row, row.slot(slot)))
                    })
                    .collect(),
            )
        }
        _ => None,
    };
    Ok(Read { time: line.time, user: line.user.to_owned(), id: line.id.to_owned(), fields, faults })
}

/// A slot as text, by what its field is.
fn shown(program: &Program, name: &str, row: Row<'_>, slot: Slot) -> String {
    match name {
        "item" | "short" | "word" => format!("{:?}/{}", row.text(slot), slot.sym),
        "link" => format!("{:?}", row.text(slot)),
        "zone" => format!("{:?}/{}", row.text(slot), slot.sym),
        "ratio" | "share" => format!("{:?}", f64::from_bits(slot.bits)),
        "cycle" if slot.sym == 1 => format!("{}mo", slot.bits as i64),
        "tags" => {
            let list = ListView::new(row.blob(slot), 1);
            let text = |at| String::from_utf8_lossy(list.blob(list.slot(at, 0))).into_owned();
            format!("{:?}", (0..list.len()).map(text).collect::<Vec<_>>())
        }
        "lines" => {
            let _ = program;
            let list = ListView::new(row.blob(slot), 2);
            let line = |at| {
                let item = String::from_utf8_lossy(list.blob(list.slot(at, 0))).into_owned();
                (item, list.slot(at, 1).bits as i64)
            };
            format!("{:?}", (0..list.len()).map(line).collect::<Vec<_>>())
        }
        _ => (slot.bits as i64).to_string(),
    }
}

/// The plain decoder: one field of `everything`; a table, so long as it has fields.
#[expect(clippy::too_many_lines)]
fn plain_field(program: &Program, name: &str, value: Option<&Value>) -> Result<Option<String>, Fact> {
    let required = matches!(name, "item" | "count");
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return match name {
            "qty" => Ok(Some("1".to_owned())),
            "word" => Ok(Some(format!("{:?}/{}", "none", program.symbol("none")))),
            _ if required => Err(Fact::Missing),
            _ => Ok(None),
        };
    };
    let string = || value.as_str().ok_or(Fact::Type);
    let int = || match value {
        Value::Number(number) => number
            .as_i64()
            .or_else(|| number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15).map(|f| f as i64))
            .ok_or(Fact::Type),
        _ => Err(Fact::Type),
    };
    let found = match name {
        "item" | "word" => string().map(|s| format!("{s:?}/{}", program.symbol(s)))?,
        "short" if string()?.chars().count() > 5 => return Err(Fact::Range),
        "short" => string().map(|s| format!("{s:?}/{}", program.symbol(s)))?,
        "count" if !(-10..=1_000_000).contains(&int()?) => return Err(Fact::Range),
        "count" | "any_int" | "qty" => int()?.to_string(),
        "ratio" | "share" => {
            let float = value.as_f64().ok_or(Fact::Type)? + 0.0;
            if name == "share" && !(0.0..=1.0).contains(&float) {
                return Err(Fact::Range);
            }
            format!("{float:?}")
        }
        "ok" => i64::from(value.as_bool().ok_or(Fact::Type)?).to_string(),
        "link" => {
            let url = string()?;
            let good = ["https://x.example/a?b", "app:open", "HTTP://x"].contains(&url);
            if !good {
                return Err(Fact::Type);
            }
            format!("{url:?}")
        }
        "seen_at" => text::parse_instant(string()?).ok_or(Fact::Type)?.to_string(),
        "day" => text::parse_date(string()?).ok_or(Fact::Type)?.to_string(),
        "opens" => text::parse_clock(string()?).ok_or(Fact::Type)?.to_string(),
        "cycle" => match value {
            Value::Number(_) => value.as_i64().ok_or(Fact::Type)?.to_string(),
            _ => match text::parse_duration(string()?).map_err(|_| Fact::Type)? {
                Span::Exact(ms) => ms.to_string(),
                Span::Months(months) => format!("{months}mo"),
            },
        },
        "zone" => {
            let zone = Zone::named(string()?).ok_or(Fact::Type)?;
            format!("{:?}/{}", string()?, zone.symbol())
        }
        "color" => ["red", "green", "blue"]
            .iter()
            .position(|member| *member == value.as_str().unwrap_or_default())
            .map(|at| at.to_string())
            .ok_or(if value.is_string() { Fact::Member } else { Fact::Type })?,
        "tags" => {
            let all = value.as_array().ok_or(Fact::Type)?;
            let all: Option<Vec<&str>> = all.iter().map(Value::as_str).collect();
            format!("{:?}", all.ok_or(Fact::Type)?)
        }
        "lines" => {
            let mut lines = Vec::new();
            for line in value.as_array().ok_or(Fact::Type)? {
                let line = line.as_object().ok_or(Fact::Type)?;
                let item = line.get("item").filter(|item| !item.is_null()).ok_or(Fact::Missing)?;
                let qty = line.get("qty").map_or(Some(1), Value::as_i64).ok_or(Fact::Type)?;
                lines.push((item.as_str().ok_or(Fact::Type)?, qty));
            }
            format!("{lines:?}")
        }
        other => panic!("no field {other}"),
    };
    Ok(Some(found))
}

fn plain(program: &Program, line: &Value) -> (Option<Vec<(String, String)>>, Vec<(Fact, String)>) {
    let event = program.events.iter().find(|event| event.name == "everything").expect("declared");
    let (mut fields, mut faults) = (Vec::new(), Vec::new());
    for field in &event.fields {
        let value = field.wire.iter().try_fold(&line["properties"], |at, key| at.get(key));
        match plain_field(program, &field.name, value) {
            Ok(Some(text)) => fields.push((field.name.clone(), text)),
            Ok(None) => {}
            Err(fact) => faults.push((fact, field.name.clone())),
        }
    }
    faults.sort_by(|a, b| a.1.cmp(&b.1));
    (faults.is_empty().then_some(fields), faults)
}

/// Values that some field likes and others do not.
fn value() -> impl Strategy<Value = Value> {
    let some = vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(-0.0),
        json!(7),
        json!(-11),
        json!(1_000_001),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1.5),
        json!(2.0),
        json!(1e300),
        json!(0.25),
        json!(1e3),
        json!(""),
        json!("A"),
        json!("zzz"),
        json!("없음"),
        json!("quote \" back \\ \n \u{1F600}"),
        json!("longer than five"),
        json!("https://x.example/a?b"),
        json!("app:open"),
        json!("HTTP://x"),
        json!("https://"),
        json!("no url"),
        json!("1:2"),
        json!("2026-01-05T10:00:00+09:00"),
        json!("2026-01-05"),
        json!("09:30"),
        json!("24:00"),
        json!("36h"),
        json!("7mo"),
        json!("1mo1h"),
        json!("Asia/Seoul"),
        json!("Mars/Olympus"),
        json!("red"),
        json!("blue"),
        json!("Red"),
        json!([]),
        json!(["a", "b\u{0}c"]),
        json!(["a", 1]),
        json!([{"item": "x"}, {"item": "y", "qty": 3, "more": []}]),
        json!([{"qty": 1}]),
        json!([{"item": 3}]),
        json!({}),
        json!({"word": "A"}),
        json!({"word": 1}),
        json!([[]]),
    ];
    proptest::sample::select(some)
}

fn properties() -> impl Strategy<Value = Value> {
    let names = vec![
        "item",
        "short",
        "count",
        "any_int",
        "ratio",
        "share",
        "ok",
        "link",
        "seen_at",
        "day",
        "opens",
        "cycle",
        "zone",
        "color",
        "qty",
        "deep",
        "tags",
        "products",
        "unknown",
        "un\"known",
    ];
    let good = Just(json!({"item": "A", "count": 3}));
    let some = proptest::collection::vec((proptest::sample::select(names), value()), 0..8);
    (good, some).prop_map(|(mut all, some)| {
        for (name, value) in some {
            // `deep` leads to an object only; what else stands there belongs to nobody.
            if name != "deep" || value.is_object() || value.is_null() {
                all[name] = value;
            }
        }
        all
    })
}

/// Prints JSON with odd but legal spacing and escapes.
fn print(value: &Value, style: u8, out: &mut String) {
    let space = ["", " ", "\t ", "  "][usize::from(style % 4)];
    match value {
        Value::Object(map) => {
            out.push('{');
            for (at, (key, value)) in map.iter().enumerate() {
                let comma = if at == 0 { "" } else { "," };
                let _ = write!(out, "{comma}{space}{}{space}:{space}", json!(key));
                print(value, style, out);
            }
            out.push_str(space);
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for (at, value) in list.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                out.push_str(space);
                print(value, style, out);
            }
            out.push(']');
        }
        Value::String(text) if style >= 4 => {
            out.push('"');
            for unit in text.encode_utf16() {
                let _ = write!(out, "\\u{unit:04x}");
            }
            out.push('"');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// A line with its keys in one of several orders.
fn line(properties: &Value, order: u8, style: u8) -> String {
    let mut parts = [
        ("type", json!("track")),
        ("messageId", json!("m\"1")),
        ("userId", json!("u\u{e9}")),
        ("event", json!("everything")),
        ("timestamp", json!("2026-01-05T10:00:00+09:00")),
        ("properties", properties.clone()),
        ("context", json!({"library": ["x", {"y": null}]})),
    ];
    let by = usize::from(order) % parts.len();
    parts.rotate_left(by);
    if order >= 128 {
        parts.reverse();
    }
    let mut out = String::from("{");
    for (at, (key, value)) in parts.iter().enumerate() {
        let _ = write!(out, "{}{}:", if at == 0 { "" } else { "," }, json!(key));
        print(value, style, &mut out);
    }
    out.push('}');
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_plain_decoder_agrees(lines in proptest::collection::vec((properties(), any::<u8>(), 0u8..8), 1..12)) {
        let program = program_once();
        let mut decoder = Decoder::new(&program);
        for (properties, order, style) in lines {
            let text = line(&properties, order, style);
            let found = read(&mut decoder, &program, text.as_bytes());
            let value: Value = serde_json::from_str(&text).expect("legal");
            let (fields, faults) = plain(&program, &value);
            let (user, id) = ("u\u{e9}".to_owned(), "m\"1".to_owned());
            prop_assert_eq!(found, Ok(Read { time: 1_767_574_800_000, user, id, fields, faults }), "{}", text);
        }
    }

    #[test]
    fn whatever_serde_json_refuses_is_refused(
        value in tree(),
        order in any::<u8>(),
        style in 0u8..8,
        event in prop_oneof![Just("everything"), Just("weather")],
        cuts in edits()
    ) {
        let program = program_once();
        let mut decoder = Decoder::new(&program);
        let text = line(&json!({ "x": value }), order, style).replace("everything", event);
        prop_assert!(decoder.decode(text.as_bytes()).is_ok(), "{}", text);
        let mut bytes = text.into_bytes();
        for (at, edit) in cuts {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match edit {
                Edit::Put(byte) => bytes[at] = byte,
                Edit::Insert(byte) => bytes.insert(at, byte),
                Edit::Delete => drop(bytes.remove(at)),
                Edit::Cut => bytes.truncate(at.max(1)),
            }
        }
        let judged: Result<Value, _> = serde_json::from_slice(&bytes);
        let ours = decoder.decode(&bytes);
        match judged {
            // A number too great for a double is still JSON.
            Err(error) if error.to_string().contains("out of range") => {}
            Err(error) => {
                // Of an event nobody declared only the envelope and the frame are checked.
                let unheard = matches!(&ours, Ok(line) if matches!(line.body, Body::Undeclared | Body::PassedOver));
                prop_assert!(ours.is_err() || unheard, "{}: {}", error, String::from_utf8_lossy(&bytes));
            }
            Ok(_) => {
                let structural = matches!(ours, Err(Bad::Syntax { .. } | Bad::Cut | Bad::Trailing(_) | Bad::NotUtf8(_)));
                let object = bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{');
                prop_assert!(!structural || !object, "{:?}: {}", ours, String::from_utf8_lossy(&bytes));
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Edit {
    Put(u8),
    Insert(u8),
    Delete,
    Cut,
}

fn edits() -> impl Strategy<Value = Vec<(proptest::sample::Index, Edit)>> {
    let byte = prop_oneof![
        proptest::sample::select(b"{}[]\",:\\0123456789eE+-.tfnu \x00\x1f\xff\x80".to_vec()),
        any::<u8>()
    ];
    let edit = prop_oneof![
        byte.clone().prop_map(Edit::Put),
        byte.prop_map(Edit::Insert),
        Just(Edit::Delete),
        Just(Edit::Cut)
    ];
    proptest::collection::vec((any::<proptest::sample::Index>(), edit), 0..4)
}

fn tree() -> impl Strategy<Value = Value> {
    value().prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map("[a-e\"\\\\\u{e9}]{0,3}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn program_once() -> Arc<Program> {
    static PROGRAM: std::sync::LazyLock<Arc<Program>> = std::sync::LazyLock::new(program);
    Arc::clone(&PROGRAM)
}

#[test]
fn every_prefix_of_a_line_is_refused() {
    let program = program_once();
    let mut decoder = Decoder::new(&program);
    let properties = json!({
        "item": "없음 \" \\", "count": -5, "ratio": 1.5e3, "ok": true, "deep": {"word": "A", "more": [1, {"a": null}]},
        "tags": ["a", "b"], "products": [{"item": "x", "qty": 2}], "unknown": {"a": [false, 0.1]},
    });
    for style in 0..8 {
        for order in [0, 3, 130] {
            for event in ["everything", "weather"] {
                let text = line(&properties, order, style).replace("everything", event);
                assert!(decoder.decode(text.as_bytes()).is_ok(), "{text}");
                for end in 0..text.len() {
                    let cut = &text.as_bytes()[..end];
                    assert!(decoder.decode(cut).is_err(), "{}", String::from_utf8_lossy(cut));
                }
            }
        }
    }
}

#[test]
fn numbers_at_the_edges() {
    let program = program_once();
    let mut decoder = Decoder::new(&program);
    let mut try_one = |field: &str, number: &str| {
        let text = format!(
            r#"{{"type":"track","messageId":"m","userId":"u","event":"everything","timestamp":"2026-01-05T10:00:00Z","properties":{{"item":"A","count":1,"{field}":{number}}}}}"#
        );
        let read = read(&mut decoder, &program, text.as_bytes()).expect("a good line");
        match (read.fields, read.faults.first()) {
            (Some(fields), None) => fields.into_iter().find(|(name, _)| name == field).expect("there").1,
            (_, fault) => format!("{:?}", fault.expect("a fault").0),
        }
    };
    for (field, number, want) in [
        ("any_int", "9223372036854775807", "9223372036854775807"),
        ("any_int", "-9223372036854775808", "-9223372036854775808"),
        ("any_int", "9223372036854775808", "Type"),
        ("any_int", "18446744073709551616", "Type"),
        ("any_int", "-9223372036854775809", "Type"),
        ("any_int", "-0", "0"),
        ("any_int", "2.0", "2"),
        ("any_int", "1e3", "1000"),
        ("any_int", "1e400", "Type"),
        ("any_int", "2.5", "Type"),
        ("any_int", "\"3\"", "Type"),
        ("ratio", "1e400", "Type"),
        ("ratio", "-1e400", "Type"),
        ("ratio", "-0", "0.0"),
        ("ratio", "-0.0", "0.0"),
        ("ratio", "18446744073709551616", "1.8446744073709552e19"),
        ("ratio", "0.1", "0.1"),
        ("ratio", "5e-324", "5e-324"),
        ("share", "1.0000001", "Range"),
        ("share", "1", "1.0"),
    ] {
        assert_eq!(try_one(field, number), want, "{field}: {number}");
    }
}

#[test]
fn bad_lines_say_why() {
    let program = program_once();
    let mut decoder = Decoder::new(&program);
    let mut out = String::new();
    for (number, line) in include_str!("../corpus/events/bad.jsonl").lines().enumerate() {
        let why = decoder.decode(line.as_bytes()).expect_err(line);
        let _ = writeln!(out, "{}: {why}", number + 1);
    }
    for bytes in [b"\xff\xfe{".as_slice(), b"{\"type\":\"\xc3\x28\"}", &[b' '; (1 << 20) + 1]] {
        let _ = writeln!(out, "{}", decoder.decode(bytes).expect_err("not good"));
    }
    snapshots().bind(|| insta::assert_snapshot!("bad_event_lines", out));
}
