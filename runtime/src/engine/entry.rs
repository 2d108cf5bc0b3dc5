//! Entry: who may start an instance, and its first steps.

use super::advance;
use super::cx::{At, Cx};
use super::effects::{Cancel, End, Kind, Refusal};
use super::goals::{self, finish};
use super::hash;
use super::lane::{self, Refused};
use super::timers;
use super::user::{Body, Instance, Loop, More, Payload, Phase, Place};
use wayline_compiler::ir::{Journey, JourneyId, ReenterMode};
use wayline_compiler::row::Row;

/// Something that would enter a journey.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'r> {
    pub(super) journey: JourneyId,
    /// The entry event; empty for segments and times.
    pub(super) row: Row<'r>,
    /// Its own time.
    pub(super) time: i64,
    /// Hash of its id.
    pub(super) id: u128,
    /// Whether the event was beyond its declared rate.
    pub(super) is_excess: bool,
}

/// Starts an instance, or records why not.
pub(super) fn consider(cx: &mut Cx<'_>, candidate: Candidate<'_>) -> Result<(), Refused> {
    let id = candidate.journey;
    let journey = cx.program.journey(id);
    let lane = lane::hash(cx.program, id, candidate.row, &journey.key);
    if let Err(refused) = check(cx, journey, &candidate, lane) {
        let mut decision = cx.decision(Kind::Refused(refused.why));
        decision.journey = Some(id);
        decision.key = cx.key_of(id, candidate.row);
        decision.until = refused.free_at;
        cx.out.decisions.push(decision);
        return Err(refused);
    }
    if journey.reenter.mode == ReenterMode::Restart {
        let olds: Vec<usize> = lane::live(cx, id, lane).collect();
        for old in olds {
            finish(cx, At(old), End::Restarted, Cancel::Restart, "");
        }
    }
    let at = start(cx, id, journey, &candidate, lane);
    cx.decide(at, Kind::Entered, |_| {});
    if cx.instance(at).body.is_held_out {
        held_out(cx, at);
    } else if !goals::exits_when(cx, at) {
        advance::walk(cx, at);
    }
    Ok(())
}

fn check(cx: &Cx<'_>, journey: &Journey, candidate: &Candidate<'_>, lane: u64) -> Result<(), Refused> {
    let refuse = |why| Err(Refused { why, free_at: None });
    if journey.active.is_some_and(|(from, to)| cx.now < from || cx.now >= to) {
        return refuse(Refusal::Inactive);
    }
    if candidate.is_excess {
        return refuse(Refusal::Rate);
    }
    lane::check(cx, candidate.journey, journey, lane)
}

/// Adds the instance.
fn start(cx: &mut Cx<'_>, id: JourneyId, journey: &Journey, candidate: &Candidate<'_>, lane: u64) -> At {
    lane::entered(cx, id, journey, lane);
    let (now, zone) = (cx.now, cx.zone());
    // Windows that ended are found here rather than by timers of their own.
    cx.user.instances.iter_mut().for_each(|old| {
        if old.phase == Phase::Measuring && old.body.measures_until < now {
            old.phase = Phase::Over;
        }
    });
    let row: Payload = cx.payload(id, candidate.row);
    let instance = Instance {
        journey: id,
        number: cx.user.next_instance,
        lane,
        phase: Phase::Live,
        timer: None,
        body: Box::new(Body {
            entry_id: candidate.id,
            entered_at: now,
            entry_time: candidate.time,
            row,
            step: journey.first,
            place: Place::Walking,
            resumed: journey.first,
            at: None,
            lives_until: journey.lasts.map_or(i64::MAX, |span| zone.add(now, span)),
            measures_until: goals::window_end(journey, zone, now),
            exit_due: i64::MAX,
            is_held_out: hash::is_held_out(&journey.name, cx.name, journey.holdout),
            is_refreshed: false,
            cells: Default::default(),
            message: None,
            more: (journey.loops > 0).then(|| {
                Box::new(More { loops: vec![Loop::default(); journey.loops as usize], ..More::default() })
            }),
        }),
    };
    cx.user.next_instance = cx.user.next_instance.wrapping_add(1);
    // Most users have one at a time: no room for four.
    if cx.user.instances.is_empty() {
        cx.user.instances.reserve_exact(1);
    }
    cx.user.instances.push(instance);
    cx.touch();
    At(cx.user.instances.len() - 1)
}

/// A member of the journey's holdout only measures.
fn held_out(cx: &mut Cx<'_>, at: At) {
    let detail = cx.out.put("holdout");
    cx.decide(at, Kind::Arm, |decision| decision.detail = detail);
    goals::measure(cx, at);
    timers::set(cx, at);
}
