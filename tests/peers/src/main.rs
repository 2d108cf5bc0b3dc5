//! Wayline's conditions beside other languages: evaluation, compilation, checking.
//!
//! `cargo run --release [-- evaluation | compilation | checking]` in this folder; `README.md` says how to read the figures. Contestants are
//! measured in one process, in short turns; before that their answers are compared with those of the closures in `native`.

mod cedar;
mod cel;
mod condition;
mod contest;
mod data;
mod datalogic;
mod native;
mod roto;
mod vrl;
mod wayline;

use condition::{Condition, TITLES, six};
use contest::{Contestant, Figure, Turn, race, table};
use data::Record;
use std::hint::black_box;
use std::time::Duration;
use wayline_compiler::diagnostic::Diagnostics;
use wayline_compiler::predicates::Backend;
use wayline_compiler::{Settings, compile};

const EVENTS: usize = 10_000;

/// How many of them need nanoseconds: the first.
const QUICK: usize = 3;

fn contestants(records: &[Record]) -> Vec<Box<dyn Contestant>> {
    vec![
        Box::new(native::Native::new(records)),
        Box::new(wayline::Wayline::new(records, Backend::Jit)),
        Box::new(wayline::Wayline::new(records, Backend::Interp)),
        Box::new(roto::Roto::new(records)),
        Box::new(datalogic::Datalogic::new(records)),
        Box::new(vrl::Vrl::new(records)),
        Box::new(cel::Cel::new(records)),
        Box::new(cedar::Cedar::new(records)),
    ]
}

/// Refuses to measure who answers otherwise than the first.
fn agree(contestants: &mut [Box<dyn Contestant>], which: usize) {
    let answers = |contestant: &mut dyn Contestant| -> Vec<bool> {
        (0..EVENTS).map(|event| contestant.holds(which, event)).collect()
    };
    let expected = answers(contestants[0].as_mut());
    for contestant in &mut contestants[1..] {
        let wrong = answers(contestant.as_mut()).iter().zip(&expected).filter(|(a, b)| a != b).count();
        assert_eq!(wrong, 0, "{}: {wrong} answers of {} are others", contestant.name(), TITLES[which]);
    }
}

/// One predicate, decoded data.
fn evaluation() {
    let records = data::records(EVENTS);
    let mut contestants = contestants(&records);
    let conditions = six();
    contestants.iter_mut().for_each(|contestant| contestant.load(&conditions));
    let mut races = Vec::new();
    for which in 0..conditions.len() {
        agree(&mut contestants, which);
        // Those of nanoseconds take short turns among themselves, so that on a busy machine most are not interrupted.
        let (quick, slow) = contestants.split_at_mut(QUICK);
        let mut figures = race(&mut turns(quick, which), 401, Duration::from_micros(300));
        let native = &mut quick[..1];
        let mut all = turns(native, which);
        all.extend(turns(slow, which));
        figures.extend(race(&mut all, 41, Duration::from_millis(1)).into_iter().skip(1));
        races.push(figures);
    }
    table("One event, one predicate: ns, ratio to native", &TITLES, &races);
}

/// Each counts the events for which a predicate holds.
fn turns(contestants: &mut [Box<dyn Contestant>], which: usize) -> Vec<Turn<'_>> {
    let mut turns = Vec::new();
    for contestant in contestants {
        let (name, events) = (contestant.name(), contestant.events());
        turns.push(Turn::new(name, events, move || {
            black_box(contestant.count(which));
        }));
    }
    turns
}

/// A predicate's text made ready.
fn compilation() {
    let records = data::records(1);
    let contestants = contestants(&records);
    let races = six().into_iter().map(|condition| {
        let alone = contestants[1..].iter().map(|contestant| {
            let text = contestant.text(&condition);
            Turn::new(contestant.name(), 1, move || contestant.compile(&text))
        });
        let empty = wayline::project(&[]);
        let nothing = Turn::new("wayline, an empty project", 1, move || {
            black_box(wayline::program(&empty));
        });
        race(&mut alone.chain([nothing]).collect::<Vec<_>>(), 31, Duration::from_millis(1))
    });
    let races: Vec<Vec<Figure>> = races.collect();
    table("Text of one predicate made ready: ns, ratio to the first row", &TITLES, &races);

    let sizes = [100, 1_000];
    let races: Vec<Vec<Figure>> = sizes.iter().map(|size| many(&condition::triggers(*size))).collect();
    table(
        "One of n predicates of four terms made ready: ns, ratio to the first row",
        &["100", "1000"],
        &races,
    );
}

/// Many predicates of one project.
fn many(conditions: &[Condition]) -> Vec<Figure> {
    let one = data::records(1);
    let (roto, vrl) = (roto::Roto::new(&one), vrl::Vrl::new(&one));
    let machine = wayline::Wayline::new(&one, Backend::Jit);
    let (project, file) = (wayline::triggers(conditions), roto::file(conditions));
    let texts: Vec<String> = conditions.iter().map(|condition| vrl.text(condition)).collect();
    let n = conditions.len();
    let mut turns = [
        Turn::new("wayline, machine code", n, || machine.compile(&project)),
        Turn::new("roto 0.12, one file", n, || roto.compile(&file)),
        Turn::new("vrl 0.38, one by one", n, || texts.iter().for_each(|text| vrl.compile(text))),
    ];
    race(&mut turns, 9, Duration::from_millis(1))
}

/// A thousand texts to what is known to be right.
fn checking() {
    let conditions = condition::triggers(1_000);
    let (project, file) = (wayline::triggers(&conditions), cedar::file(&conditions));
    println!("\n1,000 journeys: {} bytes; 1,000 policies: {} bytes", project.len(), file.len());
    let sources = wayline::sources(&project);
    let validator = cedar::validator();
    let n = conditions.len();
    let mut turns = [
        Turn::new("cedar, parse and validate", n, || cedar::check(&file, &validator)),
        Turn::new("wayline, tree", n, || {
            black_box(sources.parse(&mut Diagnostics::new()));
        }),
        Turn::new("wayline, tree with names and types", n, || {
            let mut diagnostics = Diagnostics::new();
            let parsed = sources.parse(&mut diagnostics);
            black_box(parsed.resolve(&Settings::default(), &mut diagnostics));
            assert!(!diagnostics.has_errors());
        }),
        Turn::new("wayline, full analysis", n, || {
            assert!(compile(&sources, &Settings::default()).program.is_some());
        }),
    ];
    let figures = race(&mut turns, 11, Duration::from_millis(1));
    table("One of 1,000 texts checked: ns, ratio to cedar", &["1000"], &[figures]);
}

fn main() {
    let what = std::env::args().nth(1);
    let wanted = |name: &str| what.as_deref().is_none_or(|what| what == name);
    if wanted("evaluation") {
        evaluation();
    }
    if wanted("compilation") {
        compilation();
    }
    if wanted("checking") {
        checking();
    }
}
