//! What is known at a point of the journey while its steps are lowered in order: guards, the last wait, the time that can have passed.
//!
//! Knows nothing of single step kinds.

use super::Lowering;
use super::graph::Place;
use crate::resolve::scope::ExprScope;

/// What is known at a point of the journey.
#[derive(Debug, Clone)]
pub(super) struct Flow<'a> {
    /// What names mean here and which optionals are known to be there.
    pub(super) scope: ExprScope<'a>,
    /// The latest place that every way here passes after its last step that takes time: a held send's conditions are walked again from
    /// there.
    pub(super) since: Place,
    /// The longest time since entry, in ms.
    pub(super) latest_ms: i64,
    /// Whether any way leads here.
    pub(super) reach: Reach,
}

/// Whether any way leads to a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Some way does.
    Live,
    /// Every way ended before.
    Dead,
}

impl<'a> Flow<'a> {
    /// What is known where several ways meet, at `at`; at least one is given.
    pub(super) fn join(ways: Vec<Flow<'a>>, at: Place) -> Option<Flow<'a>> {
        let some_live = ways.iter().any(|way| way.reach == Reach::Live);
        let mut ways = ways.into_iter().filter(|way| !some_live || way.reach == Reach::Live);
        let mut met = ways.next()?;
        for way in ways {
            met.scope.facts = met.scope.facts.join(&way.scope.facts);
            met.latest_ms = met.latest_ms.max(way.latest_ms);
            if met.since != way.since {
                met.since = at;
            }
        }
        Some(met)
    }

    /// The same point, known never to be reached.
    pub(super) fn ended(mut self) -> Flow<'a> {
        self.reach = Reach::Dead;
        self
    }
}

impl<'a> Lowering<'_, 'a> {
    /// Time passes before `next`: what can have changed is no longer known, and conditions before it are settled.
    pub(super) fn time_passes(&mut self, flow: &mut Flow<'a>, next: Place, most_ms: i64) {
        self.forget(flow);
        flow.since = next;
        self.reach_ms(flow, flow.latest_ms.saturating_add(most_ms));
    }

    /// Time passes until an instant known from elsewhere, at most this long after entry.
    pub(super) fn time_passes_until(&mut self, flow: &mut Flow<'a>, next: Place, latest_ms: i64) {
        self.forget(flow);
        flow.since = next;
        self.reach_ms(flow, flow.latest_ms.max(latest_ms));
    }

    fn reach_ms(&mut self, flow: &mut Flow<'a>, latest_ms: i64) {
        flow.latest_ms = latest_ms;
        self.stay_ms = self.stay_ms.max(latest_ms);
    }

    /// Ends what was known of everything that can change while time passes.
    pub(super) fn forget(&mut self, flow: &mut Flow<'a>) {
        self.resolver.time_passes(&mut flow.scope);
    }
}
