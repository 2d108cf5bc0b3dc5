//! Which events concern one lane only: those of which everything asked begins with `FIELD == entry.KEY` for the whole key.
//!
//! Then the lane of the event is looked up instead of asking every instance.

use wayline_compiler::ir::{CompareOp, ExprId, ExprKind, FieldId, Journey, Program, Source};

/// The fields of the event that a filter compares with the whole key of the lane; `None` where it may pass for other lanes.
pub(super) fn of_filter(
    program: &Program,
    journey: &Journey,
    filter: Option<ExprId>,
) -> Option<Vec<FieldId>> {
    if journey.key.is_empty() {
        return None;
    }
    let filter = filter?;
    let conditions = match &program.expr(filter).kind {
        ExprKind::All(conditions) => conditions.as_slice(),
        _ => std::slice::from_ref(&filter),
    };
    let of_key =
        |key: &FieldId| conditions.iter().find_map(|condition| equal_to_key(program, *condition, *key));
    journey.key.iter().map(of_key).collect()
}

/// The event field in `FIELD == entry.KEY`, either way round.
fn equal_to_key(program: &Program, condition: ExprId, key: FieldId) -> Option<FieldId> {
    let ExprKind::Compare { op: CompareOp::Eq, left, right } = &program.expr(condition).kind else {
        return None;
    };
    let (left, right) = (program.expr(*left), program.expr(*right));
    if left.ty != right.ty {
        return None;
    }
    let is_key = |kind: &ExprKind| *kind == ExprKind::Slot { source: Source::Entry, slot: key.0 };
    let field = match (&left.kind, &right.kind) {
        (field, other) if is_key(other) => field,
        (other, field) if is_key(other) => field,
        _ => return None,
    };
    match field {
        ExprKind::Slot { source: Source::Event, slot } => Some(FieldId(*slot)),
        _ => None,
    }
}
