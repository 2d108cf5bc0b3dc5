//! Journeys as they are lowered: graphs, keys, what a held send walks again.

use crate::support::{compile_text, files, findings, folder, read, snapshots, stem};
use std::collections::BTreeSet;
use wayline_compiler::ir::Program;
use wayline_compiler::ir::print::print;

#[test]
fn journeys_become_the_graphs_that_were_reviewed() {
    for path in files(&folder("tests/corpus/journeys"), "way") {
        let (sources, compiled) = compile_text("journeys.way", &read(&path));
        let text = compiled.program.as_deref().map_or_else(String::new, print);
        let all = format!("{}{text}", findings(&sources, &compiled));
        snapshots().bind(|| insta::assert_snapshot!(format!("journeys_{}", stem(&path)), all));
    }
}

fn keys(journey: &str) -> Vec<String> {
    let text = format!("user {{ vip: bool = false; }}\njourney j {{ on app_open reenter every; {journey} }}");
    let (sources, compiled) = compile_text("j.way", &text);
    let program: &Program = match &compiled.program {
        Some(program) => program,
        None => panic!("{}", findings(&sources, &compiled)),
    };
    program.journeys[0].steps.iter().map(|step| step.key.clone()).collect()
}

#[test]
fn keys_differ_and_say_where_a_step_stands() {
    let journey = r#"wait 1h; wait 1h; if user.vip { send push "a"; send push "b"; } else { again: send push "c"; }
        if user.vip { send push "a"; }"#;
    let expected = [
        "wait",
        "wait#2",
        "if",
        "if.then.send_push",
        "if.then.send_push#2",
        "again",
        "if#2",
        "if#2.then.send_push",
    ];
    assert_eq!(keys(journey), expected);
}

#[test]
fn an_edit_in_another_block_changes_no_key() {
    let before: BTreeSet<String> =
        keys(r#"if user.vip { send push "a"; } wait 1h; send push "b";"#).into_iter().collect();
    let after: BTreeSet<String> =
        keys(r#"if user.vip { wait 2h; send push "a"; send push "z"; } wait 1h; send push "b";"#)
            .into_iter()
            .collect();
    assert!(after.is_superset(&before), "{before:?} {after:?}");
}

#[test]
fn a_label_goes_before_a_derived_key_of_its_name() {
    assert_eq!(keys(r#"wait 1h; wait: wait 2h; send push "a";"#), ["wait#2", "wait", "send_push"]);
}

#[test]
fn every_target_is_a_step_of_the_journey() {
    for path in
        files(&folder("tests/corpus/journeys"), "way").into_iter().chain(files(&folder("examples"), "way"))
    {
        let (_, compiled) = compile_text("journeys.way", &read(&path));
        let Some(program) = &compiled.program else { continue };
        for journey in &program.journeys {
            let known: BTreeSet<&str> = journey.steps.iter().map(|step| step.key.as_str()).collect();
            assert_eq!(known.len(), journey.steps.len(), "{}: keys differ", journey.name);
            for step in &journey.steps {
                step.next.iter().for_each(|next| assert!(next.index() < journey.steps.len()));
                step.kind.each_target(&mut |target| assert!(target.index() < journey.steps.len()));
            }
        }
    }
}
