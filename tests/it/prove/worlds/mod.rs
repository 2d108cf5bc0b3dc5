//! Verdicts against everything that can happen: small random journeys, all users, all schedules, all arms.
//!
//! `WAYLINE_WORLDS=10000` tries more programs, `WAYLINE_WORLD=17` one and prints it. What `check` calls impossible must never happen;
//! what never happens and is not called impossible is counted, where nothing was left out. Start at [`try_world`]; [`program`] writes,
//! [`explore`] tries everything, [`claims`] reads findings.

mod claims;
pub(super) mod explore;
pub(super) mod program;

use super::number;
use crate::sim::rng::Rng;
use claims::{Claim, claims, without_redundant_exit};
use explore::{Seen, explore};
use std::sync::Arc;
use wayline_compiler::checks::unreached;
use wayline_compiler::diagnostic::Diagnostics;
use wayline_compiler::ir::{JourneyId, Program, StepId, StepKind};
use wayline_compiler::{Settings, Sources, compile};

/// Programs that are always tried.
const WORLDS: u64 = 24;
/// Most states at one instant that are always tried.
const ROOM: u64 = 120;

#[test]
fn what_check_calls_impossible_never_happens() {
    let one = number("WAYLINE_WORLD");
    let all = one.map_or(0..number("WAYLINE_WORLDS").unwrap_or(WORLDS), |world| world..world + 1);
    let room = number("WAYLINE_ROOM").unwrap_or(ROOM) as usize;
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    for seed in all {
        match try_world(seed, room, one.is_some(), &mut tally) {
            Ok(()) => {}
            Err(why) => wrong.push(format!("world {seed}: {why}")),
        }
    }
    println!("{tally:?}");
    assert!(wrong.is_empty(), "{}\nrun one alone with WAYLINE_WORLD=n", wrong.join("\n"));
    assert!(one.is_some() || tally.claims > 0, "nothing was ever claimed");
}

/// What was tried.
#[derive(Debug, Default)]
struct Tally {
    programs: u64,
    complete: u64,
    inputs: u64,
    claims: u64,
    /// Steps and ways that never happened and that no finding tells of.
    untold: u64,
    /// Programs that have some.
    gaps: Vec<u64>,
}

fn try_world(seed: u64, room: usize, shows: bool, tally: &mut Tally) -> Result<(), String> {
    let mut rng = Rng::new(seed);
    let world = program::write(&mut rng);
    let mut sources = Sources::new();
    sources.add("w.way", world.text.clone());
    let compiled = compile(&sources, &Settings::default());
    let mut trouble = Diagnostics::new();
    let resolved = sources.parse(&mut trouble).resolve(&Settings::default(), &mut trouble);
    if trouble.has_errors() {
        return Err(format!("does not compile:\n{}\n{}", world.text, trouble.render_plain(sources.map())));
    }
    let program = Arc::new(resolved.program);
    let seen = explore(&program, &world, room);
    if shows {
        println!("{}\n{}\n{seen:#?}", world.text, compiled.diagnostics.render_plain(sources.map()));
    }
    tally.programs += 1;
    tally.inputs += seen.inputs;
    tally.complete += u64::from(seen.complete);
    let claims = claims(&program, &resolved.spans, &compiled.diagnostics);
    tally.claims += claims.len() as u64;
    if let Some(broken) = claims.iter().find(|claim| claim.is_broken(&seen)) {
        return Err(format!("{broken:?}"));
    }
    let never = unreached(&program, JourneyId::new(0));
    if let Some(step) = never.iter().find(|step| seen.arrived.contains(step)) {
        return Err(format!("somebody comes to {step:?}"));
    }
    if let Some(text) = without_redundant_exit(&world.text, &compiled.diagnostics) {
        tally.claims += 1;
        let other = program_of(&text)?;
        let without = explore(&other, &world, room);
        if seen.complete && without.complete && !seen.is_like(&without) {
            return Err(format!("an exit that changes nothing changes something:\n{text}"));
        }
    }
    if seen.complete {
        let untold = untold(&program, &seen, &claims, &never);
        if shows {
            println!("untold: {untold:?}");
        }
        tally.untold += untold.len() as u64;
        if !untold.is_empty() {
            tally.gaps.push(seed);
        }
    }
    Ok(())
}

/// A program as lowered, whatever is wrong with it.
fn program_of(text: &str) -> Result<Arc<Program>, String> {
    let mut sources = Sources::new();
    sources.add("w.way", text.to_owned());
    let mut trouble = Diagnostics::new();
    let resolved = sources.parse(&mut trouble).resolve(&Settings::default(), &mut trouble);
    match trouble.has_errors() {
        true => Err(format!("does not compile:\n{text}\n{}", trouble.render_plain(sources.map()))),
        false => Ok(Arc::new(resolved.program)),
    }
}

/// Steps nobody comes to and ways nobody goes, of which no finding tells; the first of each stretch.
fn untold(program: &Program, seen: &Seen, claims: &[Claim], never: &[StepId]) -> Vec<String> {
    let journey = &program.journeys[0];
    let told = |step: StepId, to: Option<StepId>| {
        claims.iter().any(|claim| match claim {
            Claim::NobodyGoes(from, target) => (*from, *target) == (step, to),
            Claim::NeverEnds(from) => *from == step,
            Claim::NobodyStays | Claim::NobodyEnters => true,
            Claim::NobodyComes(_) | Claim::NobodyConverts | Claim::NothingLeaves(_) => false,
        })
    };
    let mut untold = Vec::new();
    for (index, step) in journey.steps.iter().enumerate() {
        let id = StepId::new(index);
        if !seen.arrived.contains(&id) || never.contains(&id) {
            continue;
        }
        let mut ways: Vec<Option<StepId>> = match &step.kind {
            StepKind::If { then, otherwise, .. } => vec![*then, *otherwise],
            StepKind::Match { arms, .. } => arms.iter().map(|arm| arm.1).collect(),
            StepKind::WaitFor { arms, otherwise, .. } => {
                arms.iter().map(|arm| arm.body).chain([*otherwise]).collect()
            }
            StepKind::WaitUntil { otherwise, .. } => vec![step.next, *otherwise],
            StepKind::At { body, otherwise, .. } => vec![*body, *otherwise],
            StepKind::Exit { .. } => Vec::new(),
            _ => vec![step.next],
        };
        if let StepKind::Repeat { body, .. } = &step.kind {
            ways.push(*body);
        }
        for way in ways {
            let news = way.is_none_or(|to| !never.contains(&to));
            if news && !seen.went.contains(&(id, way)) && !told(id, way) {
                untold.push(format!("{} -> {way:?}", step.key));
            }
        }
    }
    untold
}
