//! The table of functions: complete, and its examples are right.

use crate::support::{compile_text, findings, folder, read};
use wayline_compiler::functions;
use wayline_compiler::syntax::ast::HistoryFn;

#[test]
fn every_example_compiles() {
    let mut wrong = String::new();
    for function in functions::ALL {
        let text = format!(
            "journey example {{\n    on cart_add per item reenter after exit;\n    wait 1h;\n    if {} send push \"x\";\n}}\n",
            function.example
        );
        let (sources, compiled) = compile_text("example.way", &text);
        if compiled.program.is_none() {
            wrong.push_str(&format!("{}\n{}\n", function.name, findings(&sources, &compiled)));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_example_uses_its_function() {
    for function in functions::ALL {
        assert!(function.example.contains(function.name), "{}: {}", function.name, function.example);
        assert!(function.doc.ends_with('.'), "{}: docs are sentences", function.name);
    }
}

#[test]
fn every_history_function_is_in_the_table() {
    for function in HistoryFn::ALL {
        assert!(functions::find(function.word()).is_some(), "{} is missing", function.word());
    }
}

/// Set to write the generated reference instead of comparing it.
const UPDATE: &str = "UPDATE_REFERENCE";

#[test]
fn the_reference_of_functions_is_fresh() {
    let path = folder("docs/reference").join("functions.md");
    let fresh = functions::reference();
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &fresh).expect("the reference can be written");
    }
    assert!(read(&path) == fresh, "{} is old: run the tests once with {UPDATE}=1", path.display());
}
