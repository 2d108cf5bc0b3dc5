//! What is remembered of history: the state derived for each history function, as text.

use crate::support::{compile_text, files, findings, folder, name, read, snapshots, stem};
use wayline_compiler::ir::print::print;

#[test]
fn the_smallest_state_that_answers_is_kept() {
    for path in files(&folder("tests/corpus/remembered"), "way") {
        let text = read(&path);
        let (sources, compiled) = compile_text(&name(&path), &text);
        let Some(program) = &compiled.program else { panic!("{}", findings(&sources, &compiled)) };
        let printed = print(program);
        snapshots().bind(|| {
            insta::assert_snapshot!(format!("remembered_{}", stem(&path)), format!("{text}\n{printed}"))
        });
    }
}
