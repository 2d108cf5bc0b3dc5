//! `send`: the attempt at the send instant, its holds, its fallbacks, its one outcome.
//!
//! What policies say is the gate's; here is what happens to the instance. Start at [`arrive`]; [`release`] is what the end of a
//! hold does, [`follow`] what a change of what the hold reads does.

use super::{effect, lead, render};
use crate::engine::advance::{Flow, resume};
use crate::engine::cx::{Around, At, Cx};
use crate::engine::effects::{Cancel, Drop, End, Hold, Kind};
use crate::engine::gate::{self, Attempt, Commons, Facts, Obstacle, Timing};
use crate::engine::goals::{self, finish};
use crate::engine::timers;
use crate::engine::user::{Credit, Held, Place};
use wayline_compiler::ir::{AttrId, ChannelId, ExprId, Send, StepId, StepKind};
use wayline_compiler::row::Slot;

/// The gate's questions, answered from an instance.
struct Ask<'c, 'x> {
    cx: &'c Cx<'x>,
    at: At,
}

impl Facts for Ask<'_, '_> {
    fn holds(&mut self, predicate: ExprId) -> bool {
        self.cx.truth(Around::instance(self.at), predicate)
    }
    fn attribute(&mut self, attribute: AttrId) -> Slot {
        self.cx.attributes().slot(attribute.index())
    }
}

/// What came of trying one channel.
enum Outcome {
    /// It left.
    Sent,
    /// The provider refused it for good.
    Failed,
    /// It does not leave now, or not at all.
    Stopped(Obstacle),
}

/// Tries to send now.
pub(super) fn arrive<'a>(
    cx: &mut Cx<'a>,
    at: At,
    step: StepId,
    send: &'a Send,
    next: Option<StepId>,
) -> Flow {
    // What time alone has made true at this very instant comes before the message.
    if cx.instance(at).body.exit_due <= cx.now && goals::is_exiting(cx, at) {
        record(cx, at, 0, Kind::Cancelled(Cancel::Exit), "", None);
        goals::exits_when(cx, at);
        return Flow::Stay;
    }
    let held = Held { due: cx.now, option: 0, why: None, since: cx.now, until: cx.now, retry_until: None };
    attempt(cx, at, step, send, held, next)
}

/// Tries the channels of a send in turn, from the one it is at.
fn attempt<'a>(
    cx: &mut Cx<'a>,
    at: At,
    step: StepId,
    send: &'a Send,
    mut held: Held,
    next: Option<StepId>,
) -> Flow {
    let passed = if held.why.is_some() { Flow::Later(next) } else { Flow::To(next) };
    while let Some(option) = send.options.get(held.option as usize) {
        let id = key(cx, at, step, option.channel);
        if cx.instance(at).body.more().done.contains(&id) {
            return passed;
        }
        let goes_on = match try_one(cx, at, step, send, &held, id) {
            Outcome::Sent => false,
            Outcome::Failed => true,
            Outcome::Stopped(Obstacle::Wait(wait)) => {
                hold(cx, at, held, wait);
                return Flow::Stay;
            }
            Outcome::Stopped(Obstacle::Drop { why, detail }) => {
                record(cx, at, held.option, Kind::Dropped(why), &detail, None);
                matches!(why, Drop::NoConsent | Drop::Unreachable)
            }
            Outcome::Stopped(Obstacle::Exit { detail }) => {
                record(cx, at, held.option, Kind::Dropped(Drop::Cap), &detail, None);
                finish(cx, at, End::Capped, Cancel::Exit, "");
                return Flow::Stay;
            }
        };
        if !goes_on {
            return passed;
        }
        held = Held { option: held.option + 1, why: None, since: cx.now, retry_until: None, ..held };
    }
    passed
}

/// Waits; only a new reason is news.
fn hold(cx: &mut Cx<'_>, at: At, held: Held, wait: gate::Wait) {
    // Never at once again: time has to pass for anything to change.
    let until = wait.until.max(cx.now.saturating_add(1));
    let since = if is_timed(held.why) && is_timed(Some(wait.why)) { held.since } else { cx.now };
    if held.why != Some(wait.why) {
        record(cx, at, held.option, Kind::Held(wait.why), &wait.detail, Some(until));
    }
    let held = Held { why: Some(wait.why), since, until, retry_until: wait.retry_until, ..held };
    cx.instance_mut(at).body.place = Place::Held(Box::new(held));
}

/// Whether a message waits for hours, and not for others.
fn is_timed(why: Option<Hold>) -> bool {
    match why {
        Some(Hold::Quiet | Hold::Hours | Hold::Window) => true,
        Some(Hold::Rate | Hold::Cap) | None => false,
    }
}

/// One channel: what the gate says, the text, the books, the provider.
fn try_one<'a>(cx: &mut Cx<'a>, at: At, step: StepId, send: &'a Send, held: &Held, id: u128) -> Outcome {
    let (program, option) = (cx.program, &send.options[held.option as usize]);
    let channel = program.channel(option.channel);
    let attempt = describe(cx, at, step, send, held, id);
    if let Err(obstacle) = gate::admit(&attempt, cx.user.ledger.as_deref(), &mut Ask { cx, at }) {
        return Outcome::Stopped(obstacle);
    }
    let message = match render::message(cx, at, &attempt, option) {
        Ok(message) => message,
        Err((why, detail)) => return Outcome::Stopped(Obstacle::Drop { why, detail }),
    };
    let commons: &mut dyn Commons = &mut *cx.shared;
    if let Err(obstacle) = gate::take(&attempt, message.parts, &mut cx.user.ledger, commons) {
        return Outcome::Stopped(obstacle);
    }
    if let Some(error) = failure(cx, option.channel) {
        let (ledger, commons): (_, &mut dyn Commons) = (cx.user.ledger.as_deref_mut(), &mut *cx.shared);
        gate::give_back(option.channel, channel, id, cx.now, message.parts, ledger, commons);
        let detail = cx.out.put(&error);
        cx.decide(at, Kind::Failed, |decision| {
            decision.step = Some(step);
            decision.channel = Some(option.channel);
            decision.message = message.text;
            decision.id = id;
            decision.detail = detail;
        });
        return Outcome::Failed;
    }
    cx.decide(at, Kind::Sent, |decision| {
        decision.step = Some(step);
        decision.channel = Some(option.channel);
        decision.message = message.text;
        decision.id = id;
    });
    effect::is_first(cx, at, id);
    cx.instance_mut(at).body.message = Some(Box::new(Credit { id, step, channel: option.channel }));
    Outcome::Sent
}

/// The error of a channel whose provider fails for this user.
fn failure(cx: &Cx<'_>, channel: ChannelId) -> Option<String> {
    let failing = &cx.user.rare.as_ref()?.failing;
    failing.iter().find(|(failing, _)| *failing == channel).map(|(_, error)| error.clone())
}

fn describe<'a>(cx: &Cx<'a>, at: At, step: StepId, send: &'a Send, held: &Held, id: u128) -> Attempt<'a> {
    let journey = cx.instance(at).journey;
    Attempt {
        program: cx.program,
        policy: &cx.program.policies[cx.program.journey(journey).policy.index()],
        send,
        channel: send.options[held.option as usize].channel,
        zone: cx.zone(),
        now: cx.now,
        held_since: if is_timed(held.why) { held.since } else { cx.now },
        deadline: gate::deadline(send, held.due, cx.zone()),
        retry_until: held.retry_until,
        id,
        journey,
        step,
    }
}

fn key(cx: &mut Cx<'_>, at: At, step: StepId, channel: ChannelId) -> u128 {
    effect::key(cx, at, step, &cx.program.channel(channel).name)
}

/// Takes the held message, with the send it belongs to.
fn take_held<'a>(cx: &mut Cx<'a>, at: At) -> Option<(StepId, &'a Send, Option<StepId>, Held)> {
    let step = cx.instance(at).body.step?;
    let definition = cx.step(at, step);
    let StepKind::Send(send) = &definition.kind else { return None };
    match std::mem::replace(&mut cx.instance_mut(at).body.place, Place::Walking) {
        Place::Held(held) => Some((step, send, definition.next, *held)),
        other => {
            cx.instance_mut(at).body.place = other;
            None
        }
    }
}

/// The end of a hold: what led here is asked again, then everything the send asks.
pub(in crate::engine) fn release(cx: &mut Cx<'_>, at: At) {
    // What time alone has made true at this very instant comes before the message.
    if cx.instance(at).body.exit_due <= cx.now && goals::exits_when(cx, at) {
        return;
    }
    let Some((step, send, next, held)) = take_held(cx, at) else { return };
    if !lead::leads_to(cx, at, step) {
        record(cx, at, held.option, Kind::Dropped(Drop::Stale), "", None);
        resume(cx, at, next);
        return;
    }
    match attempt(cx, at, step, send, held, next) {
        Flow::To(next) | Flow::Later(next) => resume(cx, at, next),
        Flow::Stay => timers::set(cx, at),
    }
}

/// Something that a hold may be a function of has changed: the zone, an attribute, the instant of its `at`.
pub(in crate::engine) fn follow(cx: &mut Cx<'_>, at: At) {
    if let Some(scope) = super::at::moved(cx, at) {
        goals::cancel(cx, at, Cancel::Moved);
        resume(cx, at, Some(scope));
        return;
    }
    let Some((step, send, next, held)) = take_held(cx, at) else { return };
    let id = key(cx, at, step, send.options[held.option as usize].channel);
    let attempt = describe(cx, at, step, send, &held, id);
    let until = match held.why {
        Some(Hold::Quiet | Hold::Hours | Hold::Window) => match gate::timing(&attempt, &mut Ask { cx, at }) {
            Timing::Later { until, .. } => Some(until.min(attempt.deadline).max(cx.now.saturating_add(1))),
            Timing::Open | Timing::Never { .. } | Timing::Drop { .. } => None,
        },
        // Another zone has other days and months.
        Some(Hold::Cap) => match gate::room(&attempt, cx.user.ledger.as_deref(), &mut Ask { cx, at }) {
            Err(Obstacle::Wait(wait)) => Some(wait.until.max(cx.now.saturating_add(1))),
            Ok(()) | Err(Obstacle::Drop { .. } | Obstacle::Exit { .. }) => None,
        },
        Some(Hold::Rate) | None => Some(held.until),
    };
    let _ = next;
    cx.instance_mut(at).body.place =
        Place::Held(Box::new(Held { until: until.unwrap_or(held.until), ..held }));
    if until.is_none() {
        release(cx, at);
    }
}

/// The instant of the next `at` has come: the message of this one is too late.
pub(in crate::engine) fn give_way(cx: &mut Cx<'_>, at: At, to: StepId) {
    if let Some((_, _, _, held)) = take_held(cx, at) {
        record(cx, at, held.option, Kind::Dropped(Drop::Expired), "next at", None);
    }
    resume(cx, at, Some(to));
}

/// Records what became of an attempt at a channel of the send at hand.
pub(in crate::engine) fn record(
    cx: &mut Cx<'_>,
    at: At,
    option: u32,
    kind: Kind,
    detail: &str,
    until: Option<i64>,
) {
    let Some(step) = cx.instance(at).body.step else { return };
    let StepKind::Send(send) = &cx.step(at, step).kind else { return };
    let Some(channel) = send.options.get(option as usize).map(|option| option.channel) else { return };
    let id = key(cx, at, step, channel);
    let detail = cx.out.put(detail);
    cx.decide(at, kind, |decision| {
        decision.step = Some(step);
        decision.channel = Some(channel);
        decision.id = id;
        decision.detail = detail;
        decision.until = until;
    });
}
