//! What the tests of a project have reached: steps, and the ways out of steps that branch.
//!
//! Knows nothing of sources or reports. Start at [`Coverage::missing`].

use super::seen::Seen;
use crate::engine::trace::{Visit, What};
use std::collections::BTreeSet;
use wayline_compiler::ir::{JourneyId, Program, StepId, StepKind};

/// What has been reached.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    steps: BTreeSet<(JourneyId, StepId)>,
    /// Where instances went from steps; `None` is the end of the journey.
    ways: BTreeSet<(JourneyId, StepId, Option<StepId>)>,
    entered: BTreeSet<String>,
}

/// Something no test has reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// In which journey.
    pub journey: JourneyId,
    /// Of which step; none when nobody entered the journey.
    pub step: Option<StepId>,
    /// Which way out of it, where the step itself was reached.
    pub way: Option<Way>,
}

/// A way out of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Its number among the arms of the step, where it is one.
    pub arm: Option<usize>,
    /// What it is called: `then`, `else`, an arm.
    pub name: String,
    /// Where it leads.
    to: Option<StepId>,
}

impl Coverage {
    /// Takes note of a test.
    pub fn take(&mut self, decisions: &[Seen], visits: &[Visit]) {
        for visit in visits {
            match visit.what {
                What::Arrived(_) => drop(self.steps.insert((visit.journey, visit.step))),
                What::Went(to) => drop(self.ways.insert((visit.journey, visit.step, to))),
            }
        }
        let entered = decisions.iter().filter(|decision| decision.kind == "entered");
        self.entered.extend(entered.filter_map(|decision| decision.journey.clone()));
    }

    /// Takes note of what other tests have reached.
    pub fn merge(&mut self, other: Coverage) {
        self.steps.extend(other.steps);
        self.ways.extend(other.ways);
        self.entered.extend(other.entered);
    }

    /// How many steps there are, and how many were reached.
    #[must_use]
    pub fn steps(&self, program: &Program) -> (usize, usize) {
        let all = program.journeys.iter().map(|journey| journey.steps.len()).sum();
        (all, self.steps.len())
    }

    /// How many ways out of branching steps there are, and how many were taken.
    #[must_use]
    pub fn ways(&self, program: &Program) -> (usize, usize) {
        let mut counts = (0, 0);
        for (journey, step, kind, next) in steps(program) {
            for way in ways(kind, next) {
                counts.0 += 1;
                counts.1 += usize::from(self.ways.contains(&(journey, step, way.to)));
            }
        }
        counts
    }

    /// What no test has reached, in the order of the program. Of a step that was not reached its ways are not listed; of a journey
    /// nobody entered, nothing else is.
    #[must_use]
    pub fn missing(&self, program: &Program) -> Vec<Missing> {
        let mut missing = Vec::new();
        for (index, journey) in program.journeys.iter().enumerate() {
            if !self.entered.contains(&journey.name) {
                missing.push(Missing { journey: JourneyId::new(index), step: None, way: None });
            }
        }
        for (journey, step, kind, next) in steps(program) {
            if !self.entered.contains(&program.journey(journey).name) {
                continue;
            }
            if !self.steps.contains(&(journey, step)) {
                missing.push(Missing { journey, step: Some(step), way: None });
                continue;
            }
            let ways = ways(kind, next).into_iter();
            let untaken = ways.filter(|way| !self.ways.contains(&(journey, step, way.to)));
            missing.extend(untaken.map(|way| Missing { journey, step: Some(step), way: Some(way) }));
        }
        missing
    }
}

fn steps(program: &Program) -> impl Iterator<Item = (JourneyId, StepId, &StepKind, Option<StepId>)> {
    program.journeys.iter().enumerate().flat_map(|(index, journey)| {
        let steps = journey.steps.iter().enumerate();
        steps.map(move |(at, step)| (JourneyId::new(index), StepId::new(at), &step.kind, step.next))
    })
}

/// The ways out of a step that branches; ways that lead to one place are one.
fn ways(kind: &StepKind, next: Option<StepId>) -> Vec<Way> {
    let named = |name: &str, to: Option<StepId>| Way { arm: None, name: name.to_owned(), to };
    let mut ways = match kind {
        StepKind::If { then, otherwise, .. } => vec![named("then", *then), named("else", *otherwise)],
        StepKind::WaitUntil { otherwise, .. } => vec![named("in time", next), named("else", *otherwise)],
        StepKind::WaitFor { arms, otherwise, .. } => {
            let arms = arms.iter().enumerate();
            let came =
                arms.map(|(at, arm)| Way { arm: Some(at), name: format!("event {}", at + 1), to: arm.body });
            came.chain([named("else", *otherwise)]).collect()
        }
        StepKind::At { body, otherwise, .. } => vec![named("then", *body), named("else", *otherwise)],
        StepKind::Match { arms, otherwise, .. } => {
            let numbered = arms.iter().enumerate();
            let taken = numbered.map(|(at, (_, body))| Way {
                arm: Some(at),
                name: format!("arm {}", at + 1),
                to: *body,
            });
            // Without an `otherwise` of its own the match is exhaustive, and nobody goes that way.
            taken.chain((*otherwise != next).then(|| named("otherwise", *otherwise))).collect()
        }
        StepKind::Split(split) => {
            let arms = split.arms.iter().enumerate();
            arms.map(|(at, arm)| Way { arm: Some(at), name: arm.name.clone(), to: arm.body }).collect()
        }
        StepKind::Repeat { body, .. } => vec![named("round", *body), named("end", next)],
        StepKind::Wait { .. }
        | StepKind::WaitClock { .. }
        | StepKind::Send(_)
        | StepKind::Set { .. }
        | StepKind::Emit { .. }
        | StepKind::Call { .. }
        | StepKind::Exit { .. } => Vec::new(),
    };
    let mut seen: Vec<Option<StepId>> = Vec::new();
    ways.retain(|way| {
        let new = !seen.contains(&way.to);
        seen.push(way.to);
        new
    });
    ways
}
