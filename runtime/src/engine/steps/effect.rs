//! `set`, `emit` and `call`: what a step does to the world outside its instance.

use crate::engine::advance::{Flow, go};
use crate::engine::cx::{Around, At, Cx};
use crate::engine::effects::{Call, Kind, Refusal};
use crate::engine::user::Phase;
use crate::engine::{apply, attributes, door, hash, index, json};
use wayline_compiler::eval;
use wayline_compiler::ir::{AttrId, EventId, ExprId, FieldId, StepId};
use wayline_compiler::row::RowBuf;

/// Events emitted by events emitted by …, at most this deep at once; those deeper come after, in order. Checked programs have no
/// loops of them.
const MAX_DEPTH: u32 = 32;

/// Events emitted by one input or timer, at most. Far more than journeys that do not go round can emit; who goes beyond is refused.
const MOST_EMITTED: u32 = 100_000;

/// Changes an attribute; what reads it follows before the next step.
pub(super) fn set(
    cx: &mut Cx<'_>,
    at: At,
    id: StepId,
    attribute: AttrId,
    value: ExprId,
    next: Option<StepId>,
) -> Flow {
    let mut row = RowBuf::new(1);
    if let Some(value) = cx.optional(Around::instance(at), value) {
        value.put(cx.program, &mut row, 0);
    }
    go(cx, at, next);
    let mark = cx.out.decisions.len();
    attributes::set(cx, attribute, &row);
    name(cx, mark, at, id);
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
    if !is_first(cx, at, key) {
        return after(cx, at);
    }
    let broken = declared.fields.iter().enumerate().find_map(|(slot, field)| {
        Some((door::fault_of_value(cx, field, row.as_row(), row.slots[slot])?, &field.name))
    });
    if let Some((fact, field)) = broken {
        let mark = cx.out.decisions.len();
        door::reject(cx, fact, field);
        name(cx, mark, at, id);
    } else if cx.emitted >= MOST_EMITTED {
        let detail = cx.out.put("too many events emitted at one instant");
        cx.decide(at, Kind::Refused(Refusal::Rate), |decision| {
            decision.step = Some(id);
            decision.detail = detail;
        });
    } else if cx.depth >= MAX_DEPTH {
        cx.deferred.push_back((event, row, key));
    } else {
        feed(cx, event, &row, key);
        while cx.depth == 0
            && let Some((event, row, key)) = cx.deferred.pop_front()
        {
            feed(cx, event, &row, key);
        }
    }
    after(cx, at)
}

fn feed(cx: &mut Cx<'_>, event: EventId, row: &RowBuf, key: u128) {
    cx.depth += 1;
    cx.emitted += 1;
    apply::emitted(cx, event, row.as_row(), key);
    cx.depth -= 1;
}

/// Names the step whose value was refused in the decision at `mark`, if that is what it says.
fn name(cx: &mut Cx<'_>, mark: usize, at: At, step: StepId) {
    let (journey, key) = (cx.instance(at).journey, cx.key_text(at));
    if let Some(decision) = cx.out.decisions.get_mut(mark)
        && matches!(decision.kind, Kind::Rejected(_))
        && decision.journey.is_none()
    {
        (decision.journey, decision.key, decision.step) = (Some(journey), key, Some(step));
    }
}

/// Hands an effect to the host.
pub(super) fn call(
    cx: &mut Cx<'_>,
    at: At,
    id: StepId,
    effect: &str,
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
    let detail = cx.out.put(effect);
    cx.decide(at, Kind::Called, |decision| {
        decision.step = Some(id);
        decision.message = arguments;
        decision.id = key;
        decision.detail = detail;
    });
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
