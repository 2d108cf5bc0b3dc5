//! Why an expected message was not sent: the guard that led elsewhere, with the values it read.

use super::seen::local;
use crate::engine::trace::{Visit, What};
use std::collections::BTreeSet;
use wayline_compiler::calendar::Zone;
use wayline_compiler::ir::print::print_expr_of;
use wayline_compiler::ir::test::{Pattern, Test};
use wayline_compiler::ir::{ExprId, Journey, JourneyId, Program, StepId, StepKind};

/// The last place where an instance could have gone on to the expected step and did not.
pub(super) fn guard(
    program: &Program,
    visits: &[Visit],
    test: &Test,
    pattern: &Pattern,
    zone: Zone,
) -> Option<String> {
    let mut found = None;
    for (index, journey) in program.journeys.iter().enumerate() {
        if test.journey.as_deref().is_some_and(|name| name != journey.name) {
            continue;
        }
        let wanted = wanted(program, journey, pattern);
        if wanted.is_empty() {
            continue;
        }
        let leads = leading(journey, &wanted);
        let id = JourneyId::new(index);
        found = last_turn(journey, id, visits, &leads).map(|turn| (id, turn)).or(found);
    }
    let (journey, turn) = found?;
    Some(format!("why: {} {}", local(turn.at, zone), tell(program, journey, &turn)))
}

/// The steps that could have made the expected decision.
fn wanted(program: &Program, journey: &Journey, pattern: &Pattern) -> BTreeSet<usize> {
    let steps = journey.steps.iter().enumerate();
    let wanted = steps.filter(|(_, step)| {
        let options = match (pattern.kind.as_deref(), &step.kind) {
            (Some("sent" | "failed" | "held" | "dropped"), StepKind::Send(send)) => send.options.as_slice(),
            (Some("arm"), StepKind::Split(_)) => &[],
            _ => return false,
        };
        let Some(what) = &pattern.what else { return true };
        step.key == *what || options.iter().any(|option| program.channel(option.channel).name == *what)
    });
    wanted.map(|(index, _)| index).collect()
}

/// The steps from which some wanted step can still be reached.
fn leading(journey: &Journey, wanted: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut leading = wanted.clone();
    loop {
        let before = leading.len();
        for (index, step) in journey.steps.iter().enumerate() {
            // After these, what follows is reached through a branch or not at all.
            let follows = !matches!(
                step.kind,
                StepKind::Exit { .. }
                    | StepKind::If { .. }
                    | StepKind::Match { .. }
                    | StepKind::WaitFor { .. }
                    | StepKind::At { .. }
            );
            let mut leads = follows && step.next.is_some_and(|next| leading.contains(&next.index()));
            step.kind.each_target(&mut |target| leads |= leading.contains(&target.index()));
            if leads {
                leading.insert(index);
            }
        }
        if leading.len() == before {
            return leading;
        }
    }
}

/// Where an instance went elsewhere.
struct Turn<'v> {
    at: i64,
    step: StepId,
    to: Option<StepId>,
    /// What the step's condition read.
    reads: &'v [(ExprId, Option<String>)],
}

/// The last visit of a step that could have led there and went elsewhere.
fn last_turn<'v>(
    journey: &Journey,
    id: JourneyId,
    visits: &'v [Visit],
    leading: &BTreeSet<usize>,
) -> Option<Turn<'v>> {
    let mut last = None;
    for (index, visit) in visits.iter().enumerate().filter(|(_, visit)| visit.journey == id) {
        let What::Went(to) = &visit.what else { continue };
        let could = leading.contains(&visit.step.index());
        let does = to.is_some_and(|to| leading.contains(&to.index()));
        let branches = matches!(
            journey.steps.get(visit.step.index()).map(|step| &step.kind),
            Some(
                StepKind::If { .. }
                    | StepKind::Match { .. }
                    | StepKind::WaitUntil { .. }
                    | StepKind::WaitFor { .. }
                    | StepKind::At { .. }
            )
        );
        if !could || does || !branches {
            continue;
        }
        let arrived = visits[..index].iter().rev().find_map(|earlier| match &earlier.what {
            What::Arrived(reads) if earlier.instance == visit.instance && earlier.step == visit.step => {
                Some(reads)
            }
            What::Arrived(_) | What::Went(_) => None,
        });
        let reads = arrived.map_or(&[][..], Vec::as_slice);
        last = Some(Turn { at: visit.at, step: visit.step, to: *to, reads });
    }
    last
}

fn tell(program: &Program, id: JourneyId, turn: &Turn<'_>) -> String {
    let journey = program.journey(id);
    let step = &journey.steps[turn.step.index()];
    let to = turn.to.map_or("the end", |to| journey.steps[to.index()].key.as_str());
    let condition = match &step.kind {
        StepKind::If { condition, .. } => format!(": {}", print_expr_of(program, id, *condition)),
        StepKind::WaitUntil { predicate, .. } => format!(": {}", print_expr_of(program, id, *predicate)),
        _ => String::new(),
    };
    let mut text = format!("step `{}` went on to {to}{condition}", step.key);
    for (expr, value) in turn.reads {
        let value = value.as_deref().unwrap_or("missing");
        text.push_str(&format!("\n{} = {value}", print_expr_of(program, id, *expr)));
    }
    text
}
