//! What findings claim, in terms of steps: read from their names and places, as a person would.

use super::explore::Seen;
use wayline_compiler::diagnostic::{Diagnostic, Diagnostics};
use wayline_compiler::ir::{Journey, JourneyId, Program, StepId, StepKind};
use wayline_compiler::resolve::{JourneySpans, Spans};

/// Something that never happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    NobodyEnters,
    /// Everyone who enters leaves at once.
    NobodyStays,
    NobodyComes(StepId),
    NobodyGoes(StepId, Option<StepId>),
    /// The wait is never over.
    NeverEnds(StepId),
    NobodyConverts,
    NothingLeaves(StepId),
}

impl Claim {
    /// Whether it happened all the same.
    pub(super) fn is_broken(&self, seen: &Seen) -> bool {
        match *self {
            Claim::NobodyEnters => seen.entered,
            Claim::NobodyStays => seen.stayed,
            Claim::NobodyComes(step) => seen.arrived.contains(&step),
            Claim::NobodyGoes(step, way) => seen.went.contains(&(step, way)),
            Claim::NeverEnds(step) => seen.went.iter().any(|(from, _)| *from == step),
            Claim::NobodyConverts => seen.converted,
            Claim::NothingLeaves(step) => seen.sent.contains(&step),
        }
    }
}

/// The claims of all findings about the first journey.
pub(super) fn claims(program: &Program, spans: &Spans, findings: &Diagnostics) -> Vec<Claim> {
    let id = JourneyId::new(0);
    let Some(places) = spans.journeys.get(&id) else { return Vec::new() };
    let journey = program.journey(id);
    findings.iter().flat_map(|finding| of(journey, spans, places, finding)).collect()
}

fn of(journey: &Journey, spans: &Spans, places: &JourneySpans, finding: &Diagnostic) -> Vec<Claim> {
    let at = finding.primary.span;
    let head = places.steps.iter().position(|step| step.head == at).map(StepId::new);
    match finding.code.name {
        "unreachable-step" => head.map(Claim::NobodyComes).into_iter().collect(),
        "unreachable-goal" => vec![Claim::NobodyConverts],
        "entry-implies-exit" => vec![Claim::NobodyStays],
        "dead-branch" if at == places.entry => vec![Claim::NobodyEnters],
        "dead-branch" => branch(journey, spans, places, finding, Side::Holds),
        "always-true" => branch(journey, spans, places, finding, Side::Fails),
        // These worlds have one channel, so a send has one attempt.
        "never-sendable" => {
            let sends = places.steps.iter().position(|step| step.head == at || step.arms.contains(&at));
            sends.map(|step| Claim::NothingLeaves(StepId::new(step))).into_iter().collect()
        }
        "wait-never-ends" => head.map(|step| wait(journey, step, finding)).into_iter().flatten().collect(),
        _ => Vec::new(),
    }
}

/// Which side of a condition is dead.
#[derive(Clone, Copy)]
enum Side {
    Holds,
    Fails,
}

fn branch(
    journey: &Journey,
    spans: &Spans,
    places: &JourneySpans,
    finding: &Diagnostic,
    side: Side,
) -> Vec<Claim> {
    let at = finding.primary.span;
    let mut claims = Vec::new();
    for (index, step) in journey.steps.iter().enumerate() {
        let id = StepId::new(index);
        match &step.kind {
            StepKind::If { condition, then, otherwise }
                if then != otherwise && spans.expr_in(*condition, places.steps[index].head) == Some(at) =>
            {
                let dead = match side {
                    Side::Holds => *then,
                    Side::Fails => *otherwise,
                };
                claims.push(Claim::NobodyGoes(id, dead));
            }
            StepKind::Match { arms, .. } => {
                if let Some(arm) = places.steps[index].arms.iter().position(|arm| *arm == at)
                    && let Some((_, target)) = arms.get(arm)
                {
                    claims.push(Claim::NobodyGoes(id, *target));
                }
            }
            _ => {}
        }
    }
    claims
}

fn wait(journey: &Journey, step: StepId, finding: &Diagnostic) -> Vec<Claim> {
    let node = &journey.steps[step.index()];
    if finding.message.contains("ends before") {
        return vec![Claim::NeverEnds(step)];
    }
    match &node.kind {
        StepKind::WaitUntil { otherwise, .. } if *otherwise != node.next => {
            vec![Claim::NobodyGoes(step, node.next)]
        }
        // These worlds wait for one event at a time.
        StepKind::WaitFor { arms, otherwise, .. } => arms
            .iter()
            .filter(|arm| arm.body != *otherwise)
            .map(|arm| Claim::NobodyGoes(step, arm.body))
            .collect(),
        _ => Vec::new(),
    }
}

/// The text without the first exit of which a finding says that it changes nothing.
pub(super) fn without_redundant_exit(text: &str, findings: &Diagnostics) -> Option<String> {
    let says =
        |finding: &&Diagnostic| finding.code.name == "redundant-exit" && finding.message.contains("exit");
    let place = findings.iter().find(says)?.primary.span.range();
    let end = place.end
        + text
            .get(place.end..)?
            .find(';')
            .filter(|_| !text[place.clone()].ends_with(';'))
            .map_or(0, |at| at + 1);
    Some(format!("{}{}", text.get(..place.start)?, text.get(end..)?))
}
