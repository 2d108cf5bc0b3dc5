//! The paths through a journey, as the sends on them with the time between.

use super::flow::{Flow, Way, targets};
use crate::ir::{StepId, StepKind};
use std::collections::BTreeSet;

/// Most paths looked at per journey; beyond, only what was seen is said.
const MAX_PATHS: usize = 2_000;
/// Most rounds of a `repeat` that are followed.
const MAX_ROUNDS: u32 = 8;

/// A send on a path: since the send before it, this much time at least and at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// Which.
    pub(super) step: StepId,
    /// At least, ms.
    pub(super) least_gap_ms: i64,
    /// At most, ms.
    pub(super) most_gap_ms: i64,
}

/// The sends of each path through a journey.
pub(super) struct Paths {
    /// Of each path, in order.
    pub(super) sends: Vec<Vec<Sent>>,
    /// Whether these are all of them.
    pub(super) complete: bool,
}

/// A walk in progress.
struct Walk {
    at: Option<StepId>,
    sends: Vec<Sent>,
    least_ms: i64,
    most_ms: i64,
    rounds: Vec<u32>,
}

impl Paths {
    /// Follows every way that somebody takes.
    pub(super) fn of(flow: &Flow<'_>) -> Paths {
        let start = Walk {
            at: flow.journey.first,
            sends: Vec::new(),
            least_ms: 0,
            most_ms: 0,
            rounds: if flow.journey.loops > 0 { vec![0; flow.journey.steps.len()] } else { Vec::new() },
        };
        let map = Map::of(flow);
        let mut paths = Paths { sends: Vec::new(), complete: true };
        let mut open = vec![start];
        while let Some(walk) = open.pop() {
            let Some(step) = walk.at.filter(|s| flow.states[s.index()].is_some()) else {
                paths.sends.push(walk.sends);
                continue;
            };
            if paths.sends.len() + open.len() >= MAX_PATHS {
                paths.complete = false;
                break;
            }
            paths.complete &= walk.step(flow, &map, step, &mut open);
        }
        paths
    }
}

/// What every walk asks of each step.
struct Map {
    /// Least and most time it takes, ms.
    gaps: Vec<(i64, i64)>,
    /// Where it leads.
    ways: Vec<Vec<Option<StepId>>>,
}

impl Map {
    fn of(flow: &Flow<'_>) -> Map {
        let steps = &flow.journey.steps;
        let ways = |index: usize| {
            let step = StepId::new(index);
            match &steps[index].kind {
                StepKind::Exit { .. } => vec![None],
                _ if targets(flow.journey, step).is_empty() => vec![None],
                _ => ways_out(flow, step).into_iter().collect(),
            }
        };
        Map {
            gaps: steps.iter().map(|step| flow.time_taken(&step.kind)).collect(),
            ways: (0..steps.len()).map(ways).collect(),
        }
    }
}

impl Walk {
    /// Takes one step every way; false where a loop was cut short.
    fn step(mut self, flow: &Flow<'_>, map: &Map, step: StepId, open: &mut Vec<Walk>) -> bool {
        let node = &flow.journey.steps[step.index()];
        let (least, most) = map.gaps[step.index()];
        match &node.kind {
            StepKind::Send(_) => {
                // Held or not, the message leaves in this time after what came before.
                self.sends.push(Sent {
                    step,
                    least_gap_ms: self.least_ms,
                    most_gap_ms: self.most_ms.saturating_add(most),
                });
                (self.least_ms, self.most_ms) = (0, 0);
            }
            _ => {
                self.least_ms = self.least_ms.saturating_add(least);
                self.most_ms = self.most_ms.saturating_add(most);
            }
        }
        let mut whole = true;
        let rounds: [Option<StepId>; 2];
        let ways: &[Option<StepId>] = match &node.kind {
            StepKind::Repeat { times, body, .. } => {
                self.rounds[step.index()] += 1;
                let round = self.rounds[step.index()];
                whole = *times <= MAX_ROUNDS;
                rounds = [node.next, *body];
                let is_last = round > (*times).min(MAX_ROUNDS) || node.next == *body;
                if is_last { &rounds[..1] } else { &rounds }
            }
            _ => &map.ways[step.index()],
        };
        let Some((last, others)) = ways.split_last() else { return whole };
        let leaves = |way: Option<StepId>| matches!(node.kind, StepKind::Repeat { .. }) && way == node.next;
        for way in others {
            let mut rounds = self.rounds.clone();
            if leaves(*way) {
                // Whoever comes back to it, in a round of an outer one, begins anew.
                rounds[step.index()] = 0;
            }
            open.push(Walk {
                at: *way,
                sends: self.sends.clone(),
                least_ms: self.least_ms,
                most_ms: self.most_ms,
                rounds,
            });
        }
        if leaves(*last) {
            self.rounds[step.index()] = 0;
        }
        self.at = *last;
        open.push(self);
        whole
    }
}

/// Every way out of a step, the end of the journey included.
fn ways_out(flow: &Flow<'_>, step: StepId) -> BTreeSet<Option<StepId>> {
    let node = &flow.journey.steps[step.index()];
    let mut ways: BTreeSet<Option<StepId>> = match &node.kind {
        StepKind::If { then, otherwise, .. } => BTreeSet::from([*then, *otherwise]),
        StepKind::Match { arms, otherwise, .. } => arms.iter().map(|a| a.1).chain([*otherwise]).collect(),
        StepKind::Split(split) => {
            let rest = (split.holdout > 0).then_some(node.next);
            split.arms.iter().map(|a| a.body).chain(rest).collect()
        }
        StepKind::WaitUntil { otherwise, .. } => BTreeSet::from([node.next, *otherwise]),
        StepKind::WaitFor { arms, otherwise, .. } => {
            arms.iter().map(|a| a.body).chain([*otherwise]).collect()
        }
        StepKind::At { body, otherwise, .. } => BTreeSet::from([*body, *otherwise]),
        StepKind::Wait { .. }
        | StepKind::WaitClock { .. }
        | StepKind::Send(_)
        | StepKind::Repeat { .. }
        | StepKind::Set { .. }
        | StepKind::Emit { .. }
        | StepKind::Call { .. }
        | StepKind::Exit { .. } => BTreeSet::from([node.next]),
    };
    for dead in flow.dead.iter().filter(|d| d.step == step) {
        let lost = match (&node.kind, dead.way) {
            (StepKind::If { then, .. }, Way::Holds(_)) => Some(*then),
            (StepKind::If { otherwise, .. }, Way::Fails(_)) => Some(*otherwise),
            _ => None,
        };
        if let Some(lost) = lost
            && ways.len() > 1
        {
            ways.remove(&lost);
        }
    }
    ways
}
