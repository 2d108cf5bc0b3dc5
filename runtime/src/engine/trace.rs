//! The ways of instances between decisions: for tests, coverage and explanations. Off unless somebody asks ([`super::Effects::trace`]).
//!
//! Only notes; nothing is decided here. Start at [`Visit`].

use super::cx::{Around, At, Cx};
use wayline_compiler::eval;
use wayline_compiler::ir::{ExprId, ExprKind, JourneyId, Program, StepId, StepKind};

/// Most values noted of one condition.
const MAX_READS: usize = 12;

/// Something an instance did.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    /// The user's clock.
    pub at: i64,
    /// Of which journey.
    pub journey: JourneyId,
    /// Which of the user's instances.
    pub instance: u32,
    /// At which step.
    pub step: StepId,
    /// What it did there.
    pub what: What,
}

/// What an instance did at a step.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// It came to it; what the step's condition reads, with values in text form, `None` for missing ones.
    Arrived(Vec<(ExprId, Option<String>)>),
    /// It went on from it; `None` is the end of the journey.
    Went(Option<StepId>),
}

/// Notes that an instance comes to a step.
pub(super) fn arrived(cx: &mut Cx<'_>, at: At, step: StepId) {
    if cx.out.trace.is_none() {
        return;
    }
    let condition = match &cx.step(at, step).kind {
        StepKind::If { condition, .. } => Some(*condition),
        StepKind::Match { value, .. } => Some(*value),
        StepKind::WaitUntil { predicate, .. } => Some(*predicate),
        StepKind::Wait { .. }
        | StepKind::WaitClock { .. }
        | StepKind::WaitFor { .. }
        | StepKind::At { .. }
        | StepKind::Split(_)
        | StepKind::Send(_)
        | StepKind::Repeat { .. }
        | StepKind::Set { .. }
        | StepKind::Emit { .. }
        | StepKind::Call { .. }
        | StepKind::Exit { .. } => None,
    };
    let leaves = condition.map(|condition| leaves(cx.program, condition)).unwrap_or_default();
    let reads = cx.with(Around::instance(at), |env| {
        let read = |id: ExprId| (id, eval::optional(env, id).map(|value| eval::to_text(env, &value)));
        leaves.into_iter().map(read).collect()
    });
    note(cx, at, step, What::Arrived(reads));
}

/// Notes that an instance goes on from where it stands.
pub(super) fn went(cx: &mut Cx<'_>, at: At, to: Option<StepId>) {
    if cx.out.trace.is_some()
        && let Some(step) = cx.instance(at).body.step
    {
        note(cx, at, step, What::Went(to));
    }
}

fn note(cx: &mut Cx<'_>, at: At, step: StepId, what: What) {
    let instance = cx.instance(at);
    let visit = Visit { at: cx.now, journey: instance.journey, instance: instance.number, step, what };
    cx.out.trace.get_or_insert_default().push(visit);
}

/// What an expression reads from outside itself, from left to right.
fn leaves(program: &Program, id: ExprId) -> Vec<ExprId> {
    let (mut open, mut leaves) = (vec![id], Vec::new());
    while let Some(id) = open.pop()
        && leaves.len() < MAX_READS
    {
        let kind = &program.expr(id).kind;
        match kind {
            ExprKind::Slot { .. }
            | ExprKind::Column { .. }
            | ExprKind::RowExists { .. }
            | ExprKind::Aggregate { .. } => {
                if !leaves.contains(&id) {
                    leaves.push(id);
                }
            }
            // Elements of lists mean nothing outside of it.
            ExprKind::Quantified { list, .. } => open.push(*list),
            _ => {
                let first = open.len();
                kind.each_operand(&mut |operand| open.push(operand));
                open[first..].reverse();
            }
        }
    }
    leaves
}
