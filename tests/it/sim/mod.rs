//! Random journeys over random inputs, by seed: what must be true whatever they are.
//!
//! `WAYLINE_SEEDS=1000` tries more seeds, `WAYLINE_SEED=17` one and prints its program and decisions. A failure names the seed.
//! [`program`] writes journeys, [`inputs`] writes lines, here the invariants are checked.

mod deploys;
mod inputs;
mod program;
pub(crate) mod rng;
mod stored;
mod verdicts;

use inputs::Order;
use rng::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wayline::engine::{Cancel, Decision, Effects, Engine, Kind};
use wayline::host::memory::{Memory, Sink};
use wayline::host::writer::Writer;
use wayline::ingest::Decoder;
use wayline_compiler::calendar::Zone;
use wayline_compiler::ir::{JourneyId, Program, Purpose, ReenterMode, StepKind};
use wayline_compiler::predicates::{Backend, Predicates};
use wayline_compiler::{Settings, Sources, compile};

/// Seeds that are always tried.
const SEEDS: u64 = 200;

#[test]
fn whatever_journeys_do_the_promises_hold() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let one = number("WAYLINE_SEED");
    let seeds = one.map_or(0..number("WAYLINE_SEEDS").unwrap_or(SEEDS), |seed| seed..seed + 1);
    let (mut ran, mut refused) = (0, 0);
    for seed in seeds {
        match try_seed(seed, one.is_some()) {
            Ok(Tried::Ran) => ran += 1,
            Ok(Tried::Refused) => refused += 1,
            Err(why) => panic!("seed {seed}: {why}\nrun it alone with WAYLINE_SEED={seed}"),
        }
    }
    assert!(refused * 4 <= ran || one.is_some(), "`check` refuses {refused} programs and lets {ran} pass");
}

/// What became of a seed.
enum Tried {
    Ran,
    /// `check` found that the journeys contradict themselves.
    Refused,
}

fn try_seed(seed: u64, shows: bool) -> Result<Tried, String> {
    let mut rng = Rng::new(seed);
    let text = program::write(&mut rng);
    let order = if seed.is_multiple_of(2) { Order::InTime } else { Order::SomeLate };
    let lines = inputs::write(&mut rng, order);
    let mut sources = Sources::new();
    sources.add("journeys.way", text.clone());
    let compiled = compile(&sources, &Settings::default());
    let Some(program) = compiled.program else {
        if shows {
            println!("{text}\n{}", compiled.diagnostics.render_plain(sources.map()));
        }
        // A verdict is a claim about every run: it must stand up to this one.
        return verdicts::of_refused(&sources, &compiled.diagnostics, &lines).map(|()| Tried::Refused);
    };
    let run = run(&program, Backend::Interp, &lines);
    if shows {
        println!(
            "{text}\n{}\n{}",
            lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n"),
            run.printed()
        );
    }
    if run.bytes != run_again(&program, &lines) {
        return Err("the same log does not give the same bytes".to_owned());
    }
    // The line of another user that lets a timer fire decides what is late; so does a deploy. A line that comes twice is late the
    // second time.
    let is_late = run.records.iter().any(|record| record.decision.kind == Kind::Late);
    if order == Order::InTime && !is_late {
        alone(&program, &lines, &run)?;
        deploys::change_nothing(&text, &program, &lines, &mut rng)?;
    }
    verdicts::check(&program, &run)?;
    run.check(&program).map(|()| Tried::Ran)
}

fn run_again(program: &Arc<Program>, lines: &[inputs::Line]) -> Vec<u8> {
    run(program, Backend::Auto, lines).bytes
}

/// Other users do not matter.
fn alone(program: &Arc<Program>, lines: &[inputs::Line], together: &Run) -> Result<(), String> {
    let mine: Vec<inputs::Line> = lines.iter().filter(|line| line.user == "u1").cloned().collect();
    let alone = run(program, Backend::Interp, &mine);
    let of = |run: &Run| {
        run.records.iter().filter(|r| r.user == "u1").map(|r| r.printed.clone()).collect::<Vec<_>>()
    };
    let (by_itself, among_others) = (of(&alone), of(together));
    if let Some(nth) =
        (0..by_itself.len().max(among_others.len())).find(|nth| by_itself.get(*nth) != among_others.get(*nth))
    {
        let (is, was) = (by_itself.get(nth), among_others.get(nth));
        return Err(format!("u1 decides otherwise among others: {was:?}\nalone: {is:?}"));
    }
    if stored::decide(program, &mine)? != of(&alone).concat() {
        return Err("u1 decides otherwise when its state is stored and read again".to_owned());
    }
    Ok(())
}

/// A decision with what was true when it was made.
#[derive(Clone, Debug)]
struct Record {
    user: String,
    decision: Decision,
    key: String,
    printed: String,
    /// Whether the user had given consent when the line at hand had been applied, or before it, for what timers did.
    consents: bool,
}

/// What came of a run.
#[derive(Default)]
struct Run {
    records: Vec<Record>,
    bytes: Vec<u8>,
}

struct Collect {
    writer: Writer,
    run: Run,
    line_time: i64,
    before: BTreeMap<String, bool>,
    after: BTreeMap<String, bool>,
}

impl Sink for Collect {
    fn take(&mut self, user: &str, effects: &Effects) {
        for decision in &effects.decisions {
            let mut line = Vec::new();
            self.writer.push(&mut line, user, decision, effects);
            let now = if decision.at < self.line_time { &self.before } else { &self.after };
            self.run.records.push(Record {
                user: user.to_owned(),
                decision: *decision,
                key: effects.get(decision.key).to_owned(),
                printed: String::from_utf8_lossy(&line).into_owned(),
                consents: now.get(user).copied().unwrap_or(false),
            });
            self.run.bytes.extend_from_slice(&line);
        }
    }
}

fn run(program: &Arc<Program>, backend: Backend, lines: &[inputs::Line]) -> Run {
    let predicates = match Predicates::new(program, backend) {
        Ok(predicates) => predicates,
        Err(error) => panic!("{error}"),
    };
    let mut memory = Memory::new(Engine::new(Arc::new(predicates)), Some(inputs::END));
    let mut decoder = Decoder::new(program);
    let mut sink = Collect {
        writer: Writer::new(program),
        run: Run::default(),
        line_time: i64::MIN,
        before: BTreeMap::new(),
        after: BTreeMap::new(),
    };
    for line in lines {
        sink.before.clone_from(&sink.after);
        if let Some(consents) = line.consents {
            sink.after.insert(line.user.clone(), consents);
        }
        sink.line_time = line.time;
        match decoder.decode(line.text.as_bytes()) {
            Ok(line) => drop(memory.take(&line, &mut sink)),
            Err(bad) => panic!("{bad}: {}", line.text),
        }
    }
    sink.before.clone_from(&sink.after);
    sink.line_time = i64::MAX;
    memory.finish(&mut sink);
    sink.run
}

impl Run {
    fn printed(&self) -> String {
        self.records.iter().map(|record| record.printed.as_str()).collect()
    }

    fn check(&self, program: &Program) -> Result<(), String> {
        let users: BTreeSet<&str> = self.records.iter().map(|record| record.user.as_str()).collect();
        for user in users {
            let mine: Vec<&Record> = self.records.iter().filter(|record| record.user == user).collect();
            in_order(&mine)?;
            one_outcome_each(&mine)?;
            entries(program, &mine)?;
            permitted(program, &mine)?;
            capped(program, &mine)?;
        }
        let ids = self.records.iter().filter(|r| r.decision.kind == Kind::Sent).map(|r| r.decision.id);
        let mut seen = BTreeSet::new();
        match ids.into_iter().find(|id| !seen.insert(*id)) {
            Some(id) => Err(format!("a message was sent twice: {id:032x}")),
            None => Ok(()),
        }
    }
}

fn in_order(mine: &[&Record]) -> Result<(), String> {
    match mine.windows(2).find(|pair| pair[1].decision.at < pair[0].decision.at) {
        Some(pair) => Err(format!("time goes back at {}", pair[1].printed)),
        None => Ok(()),
    }
}

/// Where an attempt stands, journey and lane; and whether its message has left.
type Origin = (Option<JourneyId>, String, bool);

/// An attempt has at most one outcome, and after it is not held. When an `at` moves its body begins anew: only what has left is not tried
/// again.
fn one_outcome_each(mine: &[&Record]) -> Result<(), String> {
    let mut over: BTreeMap<u128, Origin> = BTreeMap::new();
    for record in mine {
        let id = record.decision.id;
        let has_left = record.decision.kind == Kind::Sent;
        let origin = (record.decision.journey, record.key.clone(), has_left);
        match record.decision.kind {
            Kind::Cancelled(Cancel::Moved) => {
                over.retain(|_, (journey, key, has_left)| {
                    *has_left || (*journey, &*key) != (origin.0, &origin.1)
                });
            }
            Kind::Sent | Kind::Dropped(_) | Kind::Failed | Kind::Cancelled(_)
                if over.insert(id, origin.clone()).is_some() =>
            {
                return Err(format!("a second outcome: {}", record.printed));
            }
            Kind::Held(_) if over.contains_key(&id) => {
                return Err(format!("held after its outcome: {}", record.printed));
            }
            _ => {}
        }
    }
    Ok(())
}

/// `never` admits a lane once; `after exit` never lets two live; nothing is said of an instance before it entered.
fn entries(program: &Program, mine: &[&Record]) -> Result<(), String> {
    let mut entered: BTreeMap<(u32, &str), u32> = BTreeMap::new();
    let mut live: BTreeMap<(u32, &str), i64> = BTreeMap::new();
    for record in mine {
        let Some(journey) = record.decision.journey else { continue };
        let lane = (journey.0, record.key.as_str());
        let definition = program.journey(journey);
        // Conversions end instances too, and a holdout never lives.
        let (mode, is_plain) =
            (definition.reenter.mode, definition.goals.is_empty() && definition.holdout == 0);
        match record.decision.kind {
            Kind::Entered => {
                *entered.entry(lane).or_default() += 1;
                *live.entry(lane).or_default() += 1;
                if mode == ReenterMode::Never && entered[&lane] > 1 {
                    return Err(format!("entered again: {}", record.printed));
                }
                let is_single = matches!(mode, ReenterMode::AfterExit | ReenterMode::Restart) && is_plain;
                if is_single && live[&lane] > 1 {
                    return Err(format!("two live instances: {}", record.printed));
                }
            }
            Kind::Exited(_) => *live.entry(lane).or_default() -= 1,
            Kind::Sent | Kind::Held(_) if !entered.contains_key(&lane) => {
                return Err(format!("nobody entered: {}", record.printed));
            }
            _ => {}
        }
    }
    Ok(())
}

fn purpose(program: &Program, decision: &Decision) -> Option<Purpose> {
    match &program.journey(decision.journey?).steps[decision.step?.index()].kind {
        StepKind::Send(send) => Some(send.purpose),
        _ => None,
    }
}

/// Nothing is sent in quiet hours, nor advertising without consent.
fn permitted(program: &Program, mine: &[&Record]) -> Result<(), String> {
    for record in mine.iter().filter(|record| record.decision.kind == Kind::Sent) {
        let purpose = purpose(program, &record.decision);
        let zone: Zone = record.decision.zone;
        let clock = zone.local(record.decision.at).clock;
        for quiet in &program.policies[0].quiet {
            let (from, to) = (quiet.hours.from_ms, quiet.hours.to_ms);
            let is_quiet = if from <= to { clock >= from && clock < to } else { clock >= from || clock < to };
            if is_quiet && purpose != Some(Purpose::Transactional) {
                return Err(format!("sent in quiet hours: {}", record.printed));
            }
        }
        let channel = record.decision.channel.map(|channel| program.channel(channel).name.as_str());
        if channel == Some("push") && purpose == Some(Purpose::Marketing) && !record.consents {
            return Err(format!("sent without consent: {}", record.printed));
        }
    }
    Ok(())
}

/// No rolling cap is exceeded.
fn capped(program: &Program, mine: &[&Record]) -> Result<(), String> {
    let is_counted = |record: &&&Record| {
        record.decision.kind == Kind::Sent && purpose(program, &record.decision) == Some(Purpose::Marketing)
    };
    let sends: Vec<i64> = mine.iter().filter(is_counted).map(|record| record.decision.at).collect();
    for (max, per) in program::caps(&program.policies[0]) {
        for at in &sends {
            let count = sends.iter().filter(|other| **other <= *at && **other > at - per).count();
            if count > max as usize {
                return Err(format!("{count} messages within {per} ms, and the cap is {max}"));
            }
        }
    }
    Ok(())
}
