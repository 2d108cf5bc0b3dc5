//! The formatter: canonical, idempotent, blind to meaning, kind to comments.

use crate::syntax::{all_way_files, corpus, way_files};
use wayline_compiler::fmt::{FmtError, format};

/// Formats every file twice; files with syntax errors are left alone.
#[test]
fn formatting_twice_is_formatting_once() {
    for path in all_way_files() {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        match format(&text) {
            Ok(once) => match format(&once) {
                Ok(twice) => assert_eq!(once, twice, "{}", path.display()),
                Err(error) => panic!("{}: {error:?}", path.display()),
            },
            Err(FmtError::Syntax(_)) => {}
            Err(FmtError::Internal(why)) => panic!("{}: {why}", path.display()),
        }
    }
}

/// `corpus/fmt/*.way` and every construct as they come out.
#[test]
fn canonical_form() {
    let mut files = way_files(&corpus().join("fmt"));
    files.push(corpus().join("syntax/every_construct.way"));
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a corpus file is readable");
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let formatted = match format(&text) {
            Ok(formatted) => formatted,
            Err(error) => panic!("{name}: {error:?}"),
        };
        insta::with_settings!({ snapshot_path => "../snapshots/fmt", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, formatted);
        });
    }
}

#[test]
fn line_ends_and_byte_order_marks_of_other_systems_go() {
    let text = "\u{FEFF}define a = \"\"\"\r\n    x\r\n    y\r\n    \"\"\"; // c\r\n\r\n\r\ndefine b = 1;\r\n";
    let formatted = format(text).expect("it is well-formed");
    assert_eq!(formatted, "define a = \"\"\"\n    x\n    y\n    \"\"\"; // c\n\ndefine b = 1;\n");
}

#[test]
fn nothing_stays_nothing() {
    assert_eq!(format("").expect("it is well-formed"), "");
    assert_eq!(format("\n\n// only this\n\n").expect("it is well-formed"), "// only this\n");
}

#[test]
fn a_file_that_would_outgrow_the_limit_is_left_alone() {
    let text = "journey j { on a; match x { ".to_owned() + &"1 => { exit; exit; } ".repeat(48_000) + "} }";
    match format(&text) {
        Err(FmtError::Syntax(diagnostics)) => {
            assert!(diagnostics.iter().all(|found| found.code.name == "limit"))
        }
        other => panic!("{other:?}"),
    }
}
