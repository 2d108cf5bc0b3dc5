//! Whole programs: what the examples compile to, and what the content hash sees.

use crate::support::{compile_text, files, findings, folder, folders, name, read, snapshots};
use wayline_compiler::ir::Program;
use wayline_compiler::ir::hash::LoadError;
use wayline_compiler::ir::print::print;
use wayline_compiler::{Settings, Sources, compile};

fn program(text: &str) -> Program {
    let (sources, compiled) = compile_text("shop.way", text);
    match &compiled.program {
        Some(program) => Program::clone(program),
        None => panic!("{}", findings(&sources, &compiled)),
    }
}

#[test]
fn examples_compile_to_what_was_reviewed() {
    for folder in folders(&folder("examples")) {
        let mut sources = Sources::new();
        for path in files(&folder, "way") {
            sources.add(name(&path), read(&path));
        }
        let compiled = compile(&sources, &Settings::default());
        let text = match &compiled.program {
            Some(program) => print(program),
            None => "no program\n".to_owned(),
        };
        let all = format!("{}{text}", findings(&sources, &compiled));
        snapshots().bind(|| insta::assert_snapshot!(format!("example_{}", name(&folder)), all));
    }
}

#[test]
fn the_smallest_program_is_one_line() {
    let line =
        r#"on cart_add reenter every; wait 1h; unless purchased(item) send push "Still thinking it over?""#;
    let (sources, compiled) = compile_text("still_thinking.way", line);
    assert_eq!(findings(&sources, &compiled), "");
    let program =
        compiled.program.map(|program| program.journeys.iter().map(|journey| journey.name.clone()).collect());
    assert_eq!(program, Some(vec!["still_thinking".to_owned()]));
}

#[test]
fn declarations_may_stand_before_a_files_journey() {
    let text = r#"event left(item) at most 9 per 1d { item: string; }
define pause = 1h;
/// One of a kind.
on left per item reenter every;
wait pause;
if item == "A" { send push "a"; }
unless item == "A" send push "{item}""#;
    for (file, journey) in [
        ("cart-rescue.2.way", "cart_rescue_2"),
        ("1st.way", "_1st"),
        ("장바구니 구하기.way", "장바구니_구하기"),
    ] {
        let (sources, compiled) = compile_text(file, text);
        assert_eq!(findings(&sources, &compiled), "", "{file}");
        let names: Option<Vec<(String, Option<String>)>> = compiled.program.map(|program| {
            let journeys = program.journeys.iter();
            journeys.map(|journey| (journey.name.clone(), journey.doc.clone())).collect()
        });
        assert_eq!(names, Some(vec![(journey.to_owned(), Some("One of a kind.".to_owned()))]), "{file}");
    }
}

const SHOP: &str = r#"
event visit { page: string; seconds: int = 0; }
/// Who came often.
segment regular = count(visit within 30d) > 4;
journey greet { on visit where page == "home"; wait 1h; if user.name exists send push "Hello {user.name}"; }
journey thank { on enter regular; send push "Thank you"; }
"#;

#[test]
fn the_hash_is_blind_to_comments_and_formatting() {
    let plain = program(SHOP);
    let other = SHOP.replace("/// Who came often.", "// said otherwise").replace("; ", ";\n\n    ");
    assert_eq!(plain.hash, program(&other).hash);
    assert_eq!(plain.hash.len(), 32);
}

#[test]
fn the_hash_is_blind_to_the_order_of_files_and_declarations() {
    let lines: Vec<&str> = SHOP.lines().filter(|line| !line.is_empty() && !line.starts_with("///")).collect();
    let compiled = |order: &[usize]| {
        let mut sources = Sources::new();
        for index in order {
            sources.add(format!("part{index}.way"), lines[*index]);
        }
        let compiled = compile(&sources, &Settings::default());
        compiled.program.map(|program| program.hash.clone()).unwrap_or_default()
    };
    let first = compiled(&[0, 1, 2, 3]);
    assert!(!first.is_empty());
    assert_eq!(first, compiled(&[3, 1, 0, 2]));
    assert_eq!(first, program(SHOP).hash);
}

#[test]
fn the_hash_sees_every_change_of_meaning() {
    let plain = program(SHOP).hash;
    for (from, to) in
        [("> 4", "> 5"), ("1h", "2h"), ("Thank you", "Thanks"), ("\"home\"", "\"shop\""), ("30d", "31d")]
    {
        assert_ne!(plain, program(&SHOP.replace(from, to)).hash, "{from} became {to}");
    }
}

#[test]
fn a_stored_program_comes_back_as_it_was() {
    let before = program(SHOP);
    let stored = before.to_json().unwrap_or_default();
    match Program::from_json(&stored) {
        Ok(after) => assert_eq!(print(&before), print(&after)),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_stored_program_of_another_format_is_refused() {
    let stored = String::from_utf8(program(SHOP).to_json().unwrap_or_default()).unwrap_or_default();
    let newer = stored.replacen("\"format_version\":", "\"format_version\":9", 1);
    assert!(matches!(Program::from_json(newer.as_bytes()), Err(LoadError::Format { .. })));
    let changed = stored.replacen("Thank you", "Thank me", 1);
    assert!(matches!(Program::from_json(changed.as_bytes()), Err(LoadError::Hash)));
    assert!(matches!(Program::from_json(b"{\"format_version\":1}"), Err(LoadError::Malformed(_))));
    assert!(matches!(Program::from_json(b"\x00"), Err(LoadError::Malformed(_))));
}
