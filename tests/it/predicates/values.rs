//! Values as text, as JSON and in rows; localised texts; lists inside rows.

use super::fixture::{COLOURS, INTS, RECORDS, TEXTS, add, list_of, program};
use std::borrow::Cow;
use wayline_compiler::calendar::Zone;
use wayline_compiler::eval::{EmptyWorld, Env, Value, optional, render, to_json, to_text, value};
use wayline_compiler::ir::{Const, ExprKind, Program, Source, Span, Text, TextPart, Ty};
use wayline_compiler::list::{ListView, ListWriter};
use wayline_compiler::row::{Row, RowBuf, Slot};

fn env(program: &Program) -> Env<'_> {
    Env {
        program,
        event: Row::EMPTY,
        entry: Row::EMPTY,
        user: Row::EMPTY,
        now_ms: 1_767_578_400_000,
        zone: Zone::named("Asia/Seoul").unwrap_or(Zone::UTC),
        entry_time_ms: 0,
        world: &EmptyWorld,
    }
}

#[test]
fn values_read_as_people_write_them() {
    let program = program();
    let env = env(&program);
    let texts =
        Value::List(TEXTS, Cow::Owned(list_of(&program, &["a", "민지"].map(|t| Value::Str(t.into())))));
    let numbers = Value::List(INTS, Cow::Owned(list_of(&program, &[1, -2].map(Value::Int))));
    for (value, text, json) in [
        (Value::Bool(true), "true", "true"),
        (Value::Int(i64::MIN), "-9223372036854775808", "-9223372036854775808"),
        (Value::Float(2.0), "2", "2.0"),
        (Value::Float(-0.0), "0", "0.0"),
        (Value::Float(0.1), "0.1", "0.1"),
        (Value::Float(1e21), "1000000000000000000000", "1e+21"),
        (Value::Str("a\"b".into()), "a\"b", r#""a\"b""#),
        (
            Value::Time(1_767_578_400_250),
            "2026-01-05T11:00:00.250+09:00",
            r#""2026-01-05T11:00:00.250+09:00""#,
        ),
        (Value::Date(20_458), "2026-01-05", r#""2026-01-05""#),
        (Value::Clock(32_400_000), "09:00", r#""09:00""#),
        (Value::Duration(Span::Months(7)), "7mo", r#""7mo""#),
        (Value::Zone(Zone::UTC), "UTC", r#""UTC""#),
        (Value::Member(COLOURS, 3), "grün", r#""grün""#),
        (Value::Member(COLOURS, 9), "", r#""""#),
        (texts, "a, 민지", r#"["a","민지"]"#),
        (numbers, "1, -2", "[1,-2]"),
    ] {
        assert_eq!(to_text(&env, &value), text);
        assert_eq!(to_json(&env, &value).to_string(), json);
    }
}

#[test]
fn records_of_a_list_keep_their_missing_fields_out() {
    let program = program();
    let mut writer = ListWriter::new(5);
    let mut row = RowBuf::new(5);
    Value::Int(2).put(&program, &mut row, 0);
    Value::Str("case".into()).put(&program, &mut row, 1);
    writer.push(row.as_row(), |column| column == 1 || column == 4);
    let list = Value::List(RECORDS, Cow::Owned(writer.finish()));
    assert_eq!(to_text(&env(&program), &list), "2 case");
    assert_eq!(to_json(&env(&program), &list).to_string(), r#"[{"e0":2,"e1":"case"}]"#);
}

#[test]
fn a_text_is_chosen_by_the_longest_locale() {
    let mut program = program();
    let name = add(&mut program, ExprKind::Const(Const::Str("민지".to_owned())), Ty::Str);
    let variant = |locale: &str, text: &str| {
        (locale.to_owned(), vec![TextPart::Literal(text.to_owned()), TextPart::Value(name)])
    };
    let text = Text {
        variants: vec![variant("ko", "안녕 "), variant("en", "Hello "), variant("en-GB", "Good day ")],
        default: 0,
    };
    for (locale, rendered) in [
        ("ko-KR", "안녕 민지"),
        ("en-US", "Hello 민지"),
        ("en", "Hello 민지"),
        ("en-GB", "Good day 민지"),
        ("en-GB-oxendict", "Good day 민지"),
        ("en-gb", "Good day 민지"),
        ("eng", "안녕 민지"),
        ("", "안녕 민지"),
        ("민", "안녕 민지"),
    ] {
        assert_eq!(render(&env(&program), &text, locale), rendered, "{locale}");
    }
}

#[test]
fn lists_that_do_not_hold_what_they_promise_are_empty() {
    for blob in [&[][..], &[1, 0, 0], &[1, 0, 0, 0], &[255; 20], &[2; 36]] {
        assert!(ListView::new(blob, 1).is_empty(), "{blob:?}");
    }
    assert!(ListView::new(&[255, 255, 255, 255], 0).is_empty());
    let mut writer = ListWriter::new(1);
    writer.push(Row { slots: &[Slot::text(5, 9, 0)], bytes: b"abc" }, |_| true);
    let blob = writer.finish();
    let list = ListView::new(&blob, 1);
    assert_eq!(
        (list.len(), list.blob(list.slot(0, 0)), list.slot(1, 0), list.slot(0, 1)),
        (1, &[][..], Slot::MISSING, Slot::MISSING)
    );
}

#[test]
fn values_come_back_from_rows() {
    let mut program = program();
    program.symbols = vec!["a".to_owned()];
    let values = [
        (Ty::Bool, Value::Bool(true)),
        (Ty::Int, Value::Int(-1)),
        (Ty::Float, Value::Float(-0.5)),
        (Ty::Str, Value::Str("a".into())),
        (Ty::Time, Value::Time(-1)),
        (Ty::Date, Value::Date(-1)),
        (Ty::Clock, Value::Clock(1)),
        (Ty::Duration, Value::Duration(Span::Months(-1))),
        (Ty::Duration, Value::Duration(Span::Exact(-1))),
        (Ty::Timezone, Value::Zone(Zone::UTC)),
        (Ty::Enum(COLOURS), Value::Member(COLOURS, 2)),
        (Ty::List(INTS), Value::List(INTS, Cow::Owned(list_of(&program, &[Value::Int(4)])))),
    ];
    let mut row = RowBuf::new(values.len());
    for (index, (_, value)) in values.iter().enumerate() {
        value.put(&program, &mut row, index);
    }
    assert_eq!(row.slots[3].sym, 1);
    for (index, (ty, expected)) in values.iter().enumerate() {
        let slot = row.slots[index];
        assert_eq!(Value::of_slot(*ty, row.as_row(), slot).as_ref(), Some(expected));
        assert_eq!(Value::of_slot(*ty, row.as_row(), Slot::MISSING), None);
        let expr = add(&mut program, ExprKind::Slot { source: Source::User, slot: index as u32 }, *ty);
        assert_eq!(&value(&Env { user: row.as_row(), ..env(&program) }, expr), expected);
        assert_eq!(optional(&env(&program), expr), None);
        assert_eq!(value(&env(&program), expr), Value::zero(*ty));
    }
}
