//! `set`, `emit` and `call`: what a step does to the world outside its instance.

use crate::engine::advance::{Flow, go};
use crate::engine::cx::{Around, At, Cx};
use crate::engine::effects::Call;
use crate::engine::user::Phase;
use crate::engine::{apply, attributes, door, hash, index, json};
use wayline_compiler::eval;
use wayline_compiler::ir::{AttrId, EventId, ExprId, FieldId, StepId};
use wayline_compiler::row::RowBuf;

/// Events emitted by events emitted by …, at most this deep. Checked programs have no such loops.
const MAX_DEPTH: u32 = 32;

/// Changes an attribute; what reads it follows before the next step.
pub(super) fn set(cx: &mut Cx<'_>, at: At, attribute: AttrId, value: ExprId, next: Option<StepId>) -> Flow {
    let mut row = RowBuf::new(1);
    if let Some(value) = cx.optional(Around::instance(at), value) {
        value.put(cx.program, &mut row, 0);
    }
    go(cx, at, next);
    attributes::set(cx, attribute, &row);
    after(cx, at)
}

/// Feeds an event to the same user before the next step.
pub(super) fn emit(
    cx: &mut Cx<'_>,
    at: At,
    id: StepId,
    event: EventId,
    fields: &[(FieldId, ExprId)],
    next: Option<StepId>,
) -> Flow {
    let key = key(cx, at, id, "");
    let declared = cx.program.event(event);
    let mut row = RowBuf::new(declared.fields.len());
    for (field, value) in fields {
        if let Some(value) = cx.optional(Around::instance(at), *value) {
            value.put(cx.program, &mut row, field.index());
        }
    }
    index::fill_defaults(cx.program, &declared.fields, &mut row);
    go(cx, at, next);
    if cx.depth >= MAX_DEPTH || !is_first(cx, at, key) {
        return after(cx, at);
    }
    let broken = declared.fields.iter().enumerate().find_map(|(slot, field)| {
        Some((door::fault_of_value(cx, field, row.as_row(), row.slots[slot])?, &field.name))
    });
    if let Some((fact, field)) = broken {
        door::reject(cx, fact, field);
    } else {
        cx.depth += 1;
        apply::emitted(cx, event, row.as_row(), key);
        cx.depth -= 1;
    }
    after(cx, at)
}

/// Hands an effect to the host.
pub(super) fn call(
    cx: &mut Cx<'_>,
    at: At,
    id: StepId,
    fields: &[(String, ExprId)],
    next: Option<StepId>,
) -> Flow {
    let key = key(cx, at, id, "");
    if !is_first(cx, at, key) {
        return Flow::To(next);
    }
    let mut text = std::mem::take(&mut cx.out.text);
    let start = text.len();
    cx.with(Around::instance(at), |env| {
        let mut object = json::Object::open(&mut text);
        for (name, value) in fields {
            if let Some(value) = eval::optional(env, *value) {
                json::push_value(object.name(name), env, &value);
            }
        }
        object.close();
    });
    cx.out.text = text;
    let arguments = cx.out.since(start as u32);
    let call = Call { at: cx.now, journey: cx.instance(at).journey, step: id, arguments, id: key };
    cx.out.calls.push(call);
    Flow::To(next)
}

/// Identity of a message, an emitted event or a call: the same step of the same visit has the same one.
pub(super) fn key(cx: &mut Cx<'_>, at: At, id: StepId, channel: &str) -> u128 {
    let lane = cx.key_text(at);
    let instance = &cx.user.instances[at.0];
    let journey = cx.program.journey(instance.journey);
    let mut parts = hash::Parts::new()
        .with(cx.name.as_bytes())
        .with(journey.name.as_bytes())
        .with(cx.out.get(lane).as_bytes())
        .with(&instance.body.entry_id.to_le_bytes())
        .with(journey.steps[id.index()].key.as_bytes());
    for round in &instance.body.more().loops {
        parts = parts.with(&round.rounds.to_le_bytes());
    }
    parts.with(channel.as_bytes()).id()
}

/// Whether something is done for the first time. Only the body of an `at` that moved can come to it twice.
pub(super) fn is_first(cx: &mut Cx<'_>, at: At, key: u128) -> bool {
    let body = &mut cx.instance_mut(at).body;
    let is_first = !body.more().done.contains(&key);
    if is_first && body.at.is_some() {
        body.more_mut().done.push(key);
    }
    is_first
}

/// The walk goes on from where the instance stands, unless the effect ended it.
fn after(cx: &Cx<'_>, at: At) -> Flow {
    match cx.instance(at).phase {
        Phase::Live => Flow::To(cx.instance(at).body.step),
        Phase::Measuring | Phase::Over => Flow::Stay,
    }
}
