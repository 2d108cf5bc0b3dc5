//! Walking over steps as written, without lowering them.

use crate::syntax::ast::{Block, SplitArmKind, Step, StepKind};

/// The blocks directly inside a step, in source order.
pub(super) fn blocks(step: &Step) -> Vec<&Block> {
    match &step.kind {
        StepKind::WaitUntil { otherwise, .. } => otherwise.iter().collect(),
        StepKind::WaitFor { arms, otherwise, .. } => {
            arms.iter().filter_map(|arm| arm.body.as_ref()).chain(otherwise).collect()
        }
        StepKind::At { body, otherwise, .. } => std::iter::once(body).chain(otherwise).collect(),
        StepKind::If { branches, otherwise } => {
            branches.iter().map(|branch| &branch.body).chain(otherwise).collect()
        }
        StepKind::Unless { branch, otherwise } => std::iter::once(&branch.body).chain(otherwise).collect(),
        StepKind::Match { arms, .. } => arms.iter().map(|arm| &arm.body).collect(),
        StepKind::Split { arms, .. } => arms
            .iter()
            .filter_map(|arm| match &arm.kind {
                SplitArmKind::Arm(block) => Some(block),
                SplitArmKind::Holdout => None,
            })
            .collect(),
        StepKind::Repeat { body, .. } => vec![body],
        StepKind::Wait { .. }
        | StepKind::WaitClock { .. }
        | StepKind::Send(_)
        | StepKind::Set { .. }
        | StepKind::Emit { .. }
        | StepKind::Call { .. }
        | StepKind::Exit { .. }
        | StepKind::Do { .. }
        | StepKind::Error => Vec::new(),
    }
}

/// Calls `visit` for every step of a block and of the blocks inside it, in source order. Sequences are not followed.
pub(super) fn each<'a>(steps: &'a [Step], visit: &mut dyn FnMut(&'a Step)) {
    for step in steps {
        visit(step);
        for block in blocks(step) {
            each(&block.steps, visit);
        }
    }
}
