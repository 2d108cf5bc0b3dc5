//! Witnesses: runs of one user that really come to an amount, told as a story.
//!
//! Only journeys whose best path depends on nothing but the entry event and the passing of time take part, so that the story can be
//! replayed as it stands.

use super::class::weight;
use super::{Class, Run};
use crate::checks::flow::{Cause, Flow};
use crate::checks::paths::Sent;
use crate::checks::wait_never_ends::in_days;
use crate::ir::{CapPeriod, Entry, Program, Reenter, ReenterMode, StepId, StepKind};

/// A story and what it comes to.
pub(super) struct Witness {
    pub(super) amount: i64,
    pub(super) story: Vec<String>,
}

/// One message of a run: how long after the entry, and how much.
type Due = (i64, i64);

/// The best story found: every journey is entered so that its messages fall into one window that begins with the first of them.
pub(super) fn of(program: &Program, runs: &[Run<'_>], class: Class, per: CapPeriod) -> Option<Witness> {
    let window_ms = match per {
        CapPeriod::Rolling(span) => span.shortest_ms(),
        // A calendar period of the user's: begin right after midnight, and stay within its shortest form.
        CapPeriod::Day => 23 * 3_600_000,
        CapPeriod::Week => 167 * 3_600_000,
        CapPeriod::Month => 28 * 86_400_000 - 3_600_000,
    };
    let mut amount = 0i64;
    let mut story = Vec::new();
    let mut conditional = 0;
    for run in runs {
        let Some(dues) = best(program, run, class, window_ms) else { continue };
        if depends_on_user(&run.flow) {
            // Two journeys with conditions on the user may need different users.
            conditional += 1;
            if conditional > 1 {
                continue;
            }
        }
        let (sum, runs_told) = repeated(&run.flow.journey.reenter, run, &dues, window_ms);
        if sum > 0 {
            amount = amount.saturating_add(sum);
            story.push(tell(run, &dues, runs_told));
        }
    }
    (amount > 0).then_some(Witness { amount, story })
}

fn depends_on_user(flow: &Flow<'_>) -> bool {
    flow.entry.guards.iter().any(|g| matches!(g.cause, Cause::Entry(_)))
}

/// The best path whose times are fixed and which needs nothing but the entry.
fn best(program: &Program, run: &Run<'_>, class: Class, window_ms: i64) -> Option<Vec<Due>> {
    let plain = |path: &&Vec<Sent>| path.iter().all(|sent| is_plain(&run.flow, sent.step));
    let dues = |path: &Vec<Sent>| {
        let mut now = 0i64;
        path.iter()
            .map(|sent| {
                now = now.saturating_add(sent.least_gap_ms);
                let adds = match &run.flow.journey.steps[sent.step.index()].kind {
                    StepKind::Send(send) => weight(program, send, class),
                    _ => 0,
                };
                (now, adds)
            })
            .collect::<Vec<Due>>()
    };
    let inside = |dues: &[Due]| -> i64 {
        let first = dues.iter().find(|d| d.1 > 0).map_or(0, |d| d.0);
        dues.iter().filter(|d| d.0 - first < window_ms).map(|d| d.1).sum()
    };
    run.paths.sends.iter().filter(plain).map(dues).filter(|d| inside(d) > 0).max_by_key(|d| inside(d))
}

/// Whether a step is reached at a fixed time by everyone who enters.
fn is_plain(flow: &Flow<'_>, step: StepId) -> bool {
    let Some(state) = &flow.states[step.index()] else { return false };
    let guards =
        state.guards.iter().all(|g| matches!(g.cause, Cause::Entry(_) | Cause::Time(_) | Cause::Lifetime));
    guards && state.least_ms == state.most_ms && !branches_before(flow, step)
}

/// Whether something other than waits lies before a step.
fn branches_before(flow: &Flow<'_>, step: StepId) -> bool {
    flow.journey.steps[..step.index()].iter().any(|s| {
        matches!(
            s.kind,
            StepKind::Split(_)
                | StepKind::WaitFor { .. }
                | StepKind::WaitUntil { .. }
                | StepKind::At { .. }
                | StepKind::Repeat { .. }
        )
    })
}

/// What the runs of one journey add in the window, entered again and again as soon as its rule allows; and how many runs that are.
fn repeated(reenter: &Reenter, run: &Run<'_>, dues: &[Due], window_ms: i64) -> (i64, i64) {
    let first = dues.iter().find(|d| d.1 > 0).map_or(0, |d| d.0);
    let one = |start: i64| -> i64 {
        dues.iter()
            .map(|(at, adds)| (start + at - first, *adds))
            .filter(|(at, _)| (0..window_ms).contains(at))
            .map(|d| d.1)
            .sum()
    };
    let once = match &run.flow.journey.entry {
        Entry::Event { event, .. } => run.flow.program.event(*event).once,
        Entry::Enter { .. } | Entry::Leave { .. } | Entry::Every { .. } | Entry::At { .. } => true,
    };
    let unlimited = reenter.limit.is_none() && reenter.cooldown.is_none() && run.flow.journey.key.is_empty();
    let apart = match reenter.mode {
        ReenterMode::AfterExit if unlimited && !once && run.least_stay_ms == run.stay_ms => {
            run.stay_ms.saturating_add(1)
        }
        ReenterMode::AfterExit | ReenterMode::Never | ReenterMode::Every | ReenterMode::Restart => {
            return (one(0), 1);
        }
    };
    let (mut sum, mut count, mut start) = (0i64, 0, 0i64);
    while start < window_ms && count < 10_000 {
        sum = sum.saturating_add(one(start));
        count += 1;
        start = start.saturating_add(apart.max(1));
    }
    (sum, count)
}

fn tell(run: &Run<'_>, dues: &[Due], runs: i64) -> String {
    let journey = &run.flow.journey.name;
    let how = match &run.flow.journey.entry {
        Entry::Event { event, .. } => format!("`{}`", run.flow.program.event(*event).name),
        Entry::Enter { .. } | Entry::Leave { .. } | Entry::Every { .. } | Entry::At { .. } => {
            "its segment".to_owned()
        }
    };
    let times: Vec<String> = dues
        .iter()
        .filter(|d| d.1 > 0)
        .map(|d| if d.0 == 0 { "at once".to_owned() } else { format!("{} later", in_days(d.0)) })
        .collect();
    let again = match runs {
        1 => String::new(),
        n => format!(", {n} times in a row, each entry a millisecond after the run before has ended"),
    };
    format!("a user enters `{journey}` by {how}: messages {}{again}", times.join(", "))
}
