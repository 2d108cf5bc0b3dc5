//! `duplicate-journey`: the same entry and the same steps under two names.

use super::Report;
use super::bounds::Run;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Journey, JourneyId, Program, Step, StepKind};

pub(super) fn check(program: &Program, _: &[Run<'_>], report: &mut Report<'_>) {
    for (index, journey) in program.journeys.iter().enumerate() {
        if journey.steps.is_empty() {
            continue;
        }
        let before = program.journeys[..index].iter().position(|other| same(other, journey));
        let Some(before) = before else { continue };
        let (here, there) = (report.journey(JourneyId::new(index)), report.journey(JourneyId::new(before)));
        let other = &program.journeys[before].name;
        report.push(
            Diagnostic::new(
                &codes::DUPLICATE_JOURNEY,
                here.name,
                format!("journey `{}` does the same as `{other}`", journey.name),
            )
            .label("same entry, same steps")
            .also(there.name, "the other one")
            .help("remove one of them: whoever enters both gets everything twice"),
        );
    }
}

/// Whether the same users enter at the same moments and the same happens to them. Exits can tell users apart, goals cannot.
fn same(one: &Journey, other: &Journey) -> bool {
    one.entry == other.entry
        && one.key == other.key
        && one.reenter == other.reenter
        && one.active == other.active
        && one.exits == other.exits
        && one.first == other.first
        && one.steps.len() == other.steps.len()
        && one.steps.iter().zip(&other.steps).all(|(a, b)| same_step(one, a, other, b))
}

/// Labels and comments are names, too. The salt of a split is the journey's unless it is written.
fn same_step(one: &Journey, a: &Step, other: &Journey, b: &Step) -> bool {
    if a.next != b.next {
        return false;
    }
    match (&a.kind, &b.kind) {
        (StepKind::Split(a), StepKind::Split(b)) => {
            let own = |journey: &Journey, name: &str, salt: &str| salt == format!("{}.{name}", journey.name);
            let salts = a.salt == b.salt || (own(one, &a.name, &a.salt) && own(other, &b.name, &b.salt));
            salts && a.name == b.name && a.holdout == b.holdout && a.arms == b.arms
        }
        (a, b) => a == b,
    }
}
