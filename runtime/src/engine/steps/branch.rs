//! `if`, `match` and `split`.

use crate::engine::advance::Flow;
use crate::engine::cx::{Around, At, Cx};
use crate::engine::effects::Kind;
use crate::engine::hash;
use wayline_compiler::eval::Value;
use wayline_compiler::ir::{Const, ExprId, Split, StepId};

/// Takes one way or the other.
pub(super) fn on_if(
    cx: &Cx<'_>,
    at: At,
    condition: ExprId,
    then: Option<StepId>,
    otherwise: Option<StepId>,
) -> Flow {
    Flow::To(if cx.truth(Around::instance(at), condition) { then } else { otherwise })
}

/// Takes the arm whose constants hold the value.
pub(super) fn on_match(
    cx: &Cx<'_>,
    at: At,
    value: ExprId,
    arms: &[(Vec<Const>, Option<StepId>)],
    otherwise: Option<StepId>,
) -> Flow {
    let Some(value) = cx.optional(Around::instance(at), value) else { return Flow::To(otherwise) };
    let arm = arms.iter().find(|(constants, _)| constants.iter().any(|constant| is(&value, constant)));
    Flow::To(arm.map_or(otherwise, |(_, target)| *target))
}

fn is(value: &Value<'_>, constant: &Const) -> bool {
    match (value, constant) {
        (Value::Bool(a), Const::Bool(b)) => a == b,
        (Value::Int(a), Const::Int(b))
        | (Value::Time(a), Const::Time(b))
        | (Value::Clock(a), Const::Clock(b)) => a == b,
        (Value::Float(a), Const::Float(b)) => a == b,
        (Value::Str(a), Const::Str(b)) => a == b,
        (Value::Date(a), Const::Date(b)) => a == b,
        (Value::Duration(a), Const::Duration(b)) => a == b,
        (Value::Zone(a), Const::Str(b)) => a.name() == b,
        (Value::Member(_, a), Const::Member(b)) => a == b,
        _ => false,
    }
}

/// The position of a user's arm; `None` for the holdout. A function of the salt and the user alone.
pub(in crate::engine) fn arm_of(split: &Split, user: &str) -> Option<usize> {
    if hash::is_held_out(&split.salt, user, split.holdout) {
        return None;
    }
    hash::arm(&split.salt, user, split.arms.iter().map(|arm| (arm.name.as_str(), arm.weight)))
}

/// Takes the user's arm and records it.
pub(super) fn on_split(cx: &mut Cx<'_>, at: At, id: StepId, split: &Split, next: Option<StepId>) -> Flow {
    let arm = arm_of(split, cx.name).map(|arm| (arm, &split.arms[arm]));
    let taken = (id, arm.map_or(u32::MAX, |(position, _)| position as u32));
    let arms = &mut cx.instance_mut(at).body.more_mut().arms;
    if !arms.contains(&taken) {
        arms.push(taken);
    }
    let detail = cx.out.put(arm.map_or("holdout", |(_, arm)| arm.name.as_str()));
    cx.decide(at, Kind::Arm, |decision| {
        decision.step = Some(id);
        decision.detail = detail;
    });
    Flow::To(arm.map_or(next, |(_, arm)| arm.body))
}
