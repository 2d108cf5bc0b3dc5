//! What time alone enables: one timer at a time.

use super::advance::resume;
use super::cx::{At, Cx};
use super::effects::{Cancel, End};
use super::goals::{self, finish};
use super::react::end_wait;
use super::steps::{at, send, wait_until};
use super::timer::TimerKey;
use super::timers::{self, What};
use super::turns;
use wayline_compiler::ir::{JourneyId, StepKind};

/// Does what is due under this key.
pub(super) fn due(cx: &mut Cx<'_>, key: TimerKey) {
    if key.instance == 0 {
        turns::fire(cx, JourneyId(key.journey));
        return;
    }
    let Some(position) = cx.user.instances.iter().position(|instance| instance.number == key.instance) else {
        return;
    };
    let at = At(position);
    match timers::due(cx, at) {
        Some((key, what)) if key.due <= cx.now => act(cx, at, what),
        Some(_) | None => timers::set(cx, at),
    }
}

fn act(cx: &mut Cx<'_>, at: At, what: What) {
    match what {
        What::ExitWhen => {
            goals::exits_when(cx, at);
            timers::set(cx, at);
        }
        What::Wait => end_wait(cx, at),
        What::Look => {
            wait_until::look(cx, at);
            timers::set(cx, at);
        }
        What::Timeout => time_out(cx, at),
        What::At => at::run(cx, at),
        What::Release => send::release(cx, at),
        What::GiveWay(next) => send::give_way(cx, at, next),
        What::Lifetime => finish(cx, at, End::Lifetime, Cancel::Exit, ""),
    }
}

/// The last instant of a wait has passed without what it waits for.
fn time_out(cx: &mut Cx<'_>, at: At) {
    let Some(step) = cx.instance(at).body.step.map(|step| cx.step(at, step)) else { return };
    match &step.kind {
        StepKind::WaitUntil { otherwise, .. } | StepKind::WaitFor { otherwise, .. } => {
            resume(cx, at, *otherwise)
        }
        // Only these wait for something that may not come.
        _ => timers::set(cx, at),
    }
}
