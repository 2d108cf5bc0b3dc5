//! Facts about the shape of a journey's steps.

use wayline_compiler::ir::{Journey, StepId, StepKind};

/// By step: the innermost `at` whose body it is in.
pub(super) fn at_of(journey: &Journey) -> Vec<Option<StepId>> {
    let mut of = vec![None; journey.steps.len()];
    // In source order outer `at`s come first, so that inner ones overwrite them.
    for (at, step) in journey.steps.iter().enumerate() {
        let StepKind::At { body, .. } = &step.kind else { continue };
        let mut seen = vec![false; journey.steps.len()];
        let mut stack: Vec<StepId> = body.iter().copied().collect();
        while let Some(inside) = stack.pop() {
            if Some(inside) == step.next
                || inside.index() == at
                || std::mem::replace(&mut seen[inside.index()], true)
            {
                continue;
            }
            of[inside.index()] = Some(StepId::new(at));
            targets(journey, inside, &mut stack);
        }
    }
    of
}

/// Appends every step that may follow one.
pub(super) fn targets(journey: &Journey, step: StepId, out: &mut Vec<StepId>) {
    let step = &journey.steps[step.index()];
    out.extend(step.next);
    match &step.kind {
        StepKind::WaitUntil { otherwise, .. } => out.extend(*otherwise),
        StepKind::WaitFor { arms, otherwise, .. } => {
            out.extend(arms.iter().filter_map(|arm| arm.body));
            out.extend(*otherwise);
        }
        StepKind::At { body, otherwise, .. } => out.extend([*body, *otherwise].into_iter().flatten()),
        StepKind::If { then, otherwise, .. } => out.extend([*then, *otherwise].into_iter().flatten()),
        StepKind::Match { arms, otherwise, .. } => {
            out.extend(arms.iter().filter_map(|(_, target)| *target));
            out.extend(*otherwise);
        }
        StepKind::Split(split) => out.extend(split.arms.iter().filter_map(|arm| arm.body)),
        StepKind::Repeat { body, .. } => out.extend(*body),
        StepKind::Wait { .. }
        | StepKind::WaitClock { .. }
        | StepKind::Send(_)
        | StepKind::Set { .. }
        | StepKind::Emit { .. }
        | StepKind::Call { .. }
        | StepKind::Exit { .. } => {}
    }
}
