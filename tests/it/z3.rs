//! Every question the analysis asks over the examples and the catalogue of findings, asked of `z3` again.
//!
//! Needs `z3` on PATH (`tests/scripts/install-z3`); without it the test says so and passes.

use crate::catalogue;
use crate::support::{files, folder, folders, name, read};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use wayline_compiler::host::{Host, Question};
use wayline_compiler::{Settings, Sources, compile_with};

/// Keeps what is asked.
#[derive(Default)]
struct Ear(Mutex<Vec<Question>>);

impl Host for Ear {
    fn listens(&self) -> bool {
        true
    }
    fn hears(&self, question: Question) {
        self.0.lock().expect("no thread has failed").push(question);
    }
}

/// Each question once, with our answer.
fn questions() -> BTreeMap<String, (&'static str, String)> {
    let ear = Ear::default();
    for (text, settings) in catalogue::programs() {
        let mut sources = Sources::new();
        sources.add("case.way", text);
        let _ = compile_with(&sources, &settings, &ear);
    }
    for example in folders(&folder("examples")) {
        let mut sources = Sources::new();
        for path in files(&example, "way") {
            sources.add(name(&path), read(&path));
        }
        let _ = compile_with(&sources, &Settings::default(), &ear);
    }
    let heard = ear.0.into_inner().expect("no thread has failed");
    heard.into_iter().map(|question| (question.smt, (question.answer, question.about))).collect()
}

#[test]
fn z3_gives_the_same_answers() {
    let questions = questions();
    assert!(questions.len() > 300, "only {} questions were heard", questions.len());
    let started = Command::new("z3")
        .arg("-in")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut z3) = started else {
        println!("SKIPPED: z3 is not on PATH; tests/scripts/install-z3 installs it");
        return;
    };
    let mut input = z3.stdin.take().expect("piped");
    let script: String = questions.keys().flat_map(|smt| ["(reset)\n", smt.as_str()]).collect();
    let feeder = std::thread::spawn(move || input.write_all(script.as_bytes()));
    let output = z3.wait_with_output().expect("z3 ends");
    feeder.join().expect("joins").expect("z3 reads it all");
    let answers = String::from_utf8(output.stdout).expect("UTF-8");
    let answers: Vec<&str> = answers.lines().collect();
    assert_eq!(answers.len(), questions.len(), "{answers:?}");
    let mut given_up = 0;
    for ((smt, (ours, about)), theirs) in questions.iter().zip(&answers) {
        if *ours == "unknown" {
            given_up += 1;
        } else {
            assert_eq!(ours, theirs, "about {about}:\n{smt}");
        }
    }
    println!("z3 agrees on {} questions; {given_up} were given up", questions.len() - given_up);
}
