//! What the tests of a project have reached: steps, and the ways out of steps that branch.
//!
//! Knows nothing of sources or reports. Start at [`Coverage::missing`].

use crate::engine::trace::{Visit, What};
use std::collections::BTreeSet;
use wayline_compiler::calendar::text::push_date;
use wayline_compiler::ir::{Const, JourneyId, Program, Step, StepId, StepKind, Ty, WaitArm};

/// What has been reached.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    steps: BTreeSet<(JourneyId, StepId)>,
    /// Where instances went from steps; `None` is the end of the journey.
    ways: BTreeSet<(JourneyId, StepId, Option<StepId>)>,
    entered: BTreeSet<JourneyId>,
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
    /// Takes note of a test: the journeys entered, the ways of their instances.
    pub fn take(&mut self, entered: &BTreeSet<JourneyId>, visits: &[Visit]) {
        self.entered.extend(entered);
        for visit in visits {
            match visit.what {
                What::Arrived(_) => {
                    self.steps.insert((visit.journey, visit.step));
                }
                What::Went(to) => {
                    self.ways.insert((visit.journey, visit.step, to));
                }
            }
        }
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
        for (journey, id, step) in steps(program) {
            for way in ways(program, step) {
                counts.0 += 1;
                counts.1 += usize::from(self.ways.contains(&(journey, id, way.to)));
            }
        }
        counts
    }

    /// What no test has reached, in the order of the program. Of a step that was not reached the ways are not listed, nor those that
    /// lead to it; of a journey nobody entered, nothing else is.
    #[must_use]
    pub fn missing(&self, program: &Program) -> Vec<Missing> {
        let mut missing = Vec::new();
        for journey in (0..program.journeys.len()).map(JourneyId::new) {
            if !self.entered.contains(&journey) {
                missing.push(Missing { journey, step: None, way: None });
            }
        }
        for (journey, id, step) in steps(program).filter(|(journey, ..)| self.entered.contains(journey)) {
            if !self.steps.contains(&(journey, id)) {
                missing.push(Missing { journey, step: Some(id), way: None });
                continue;
            }
            let untaken = ways(program, step).into_iter().filter(|way| {
                let is_listed = way.to.is_some_and(|to| !self.steps.contains(&(journey, to)));
                !is_listed && !self.ways.contains(&(journey, id, way.to))
            });
            missing.extend(untaken.map(|way| Missing { journey, step: Some(id), way: Some(way) }));
        }
        missing
    }
}

fn steps(program: &Program) -> impl Iterator<Item = (JourneyId, StepId, &Step)> {
    program.journeys.iter().enumerate().flat_map(|(index, journey)| {
        let steps = journey.steps.iter().enumerate();
        steps.map(move |(at, step)| (JourneyId::new(index), StepId::new(at), step))
    })
}

/// The ways out of a step that branches; ways that lead to one place are one.
fn ways(program: &Program, step: &Step) -> Vec<Way> {
    let (kind, next) = (&step.kind, step.next);
    let named = |name: &str, to: Option<StepId>| Way { arm: None, name: name.to_owned(), to };
    let mut ways = match kind {
        StepKind::If { then, otherwise, .. } => vec![named("then", *then), named("else", *otherwise)],
        StepKind::WaitUntil { otherwise, .. } => vec![named("in time", next), named("else", *otherwise)],
        StepKind::WaitFor { arms, otherwise, .. } => {
            let arms = arms.iter().enumerate();
            let name = |arm: &WaitArm| program.event(arm.event).name.clone();
            let came = arms.map(|(at, arm)| Way { arm: Some(at), name: name(arm), to: arm.body });
            came.chain([named("else", *otherwise)]).collect()
        }
        StepKind::At { body, otherwise, .. } => vec![named("then", *body), named("else", *otherwise)],
        StepKind::Match { value, arms, otherwise } => {
            let ty = program.expr(*value).ty;
            let name =
                |values: &[Const]| values.iter().map(|value| text(program, ty, value)).collect::<Vec<_>>();
            let numbered = arms.iter().enumerate();
            let taken = numbered.map(|(at, (values, body))| Way {
                arm: Some(at),
                name: name(values).join(" | "),
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

/// A pattern of a `match` as it is written, nearly.
fn text(program: &Program, ty: Ty, value: &Const) -> String {
    match (value, ty) {
        (Const::Member(index), Ty::Enum(set)) => {
            let member = program.enums.get(set.index()).and_then(|members| members.get(*index as usize));
            format!("\"{}\"", member.map_or("", String::as_str))
        }
        (Const::Str(text), _) => format!("\"{text}\""),
        (Const::Bool(value), _) => value.to_string(),
        (Const::Int(value) | Const::Time(value) | Const::Clock(value), _) => value.to_string(),
        (Const::Float(value), _) => value.to_string(),
        (Const::Date(days), _) => {
            let mut out = String::new();
            push_date(&mut out, *days);
            out
        }
        (Const::Member(_) | Const::Duration(_) | Const::EmptyList, _) => String::new(),
    }
}
