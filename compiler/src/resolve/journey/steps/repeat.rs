//! `repeat up to N times every D [until P] BLOCK`

use super::super::Lowering;
use super::super::block::Site;
use super::super::flow::Flow;
use crate::ir::StepKind;
use crate::resolve::scope::Truth;
use crate::syntax::ast::{self, DurationLit, Spanned};

impl<'a> Lowering<'_, 'a> {
    /// Lowers a `repeat` step. Its body ends where it began: at the step itself, which counts.
    pub(in super::super) fn repeat(
        &mut self,
        step: &'a ast::Step,
        (times, every): (&'a Spanned<i64>, &'a DurationLit),
        until: Option<&'a ast::Expr>,
        body: &'a ast::Block,
        mut site: Site<'_>,
        mut flow: Flow<'a>,
    ) -> Flow<'a> {
        let times = self.resolver.at_least_one(*times, "the number of rounds");
        let every = self.resolver.some_time(*every, "the time between two rounds");
        let started_ms = flow.latest_ms;
        // A round begins here again after a while, so what is known in it lasts.
        self.time_passes(&mut flow, site.at, 0);
        let until = until.map(|until| self.resolver.predicate(until, &mut flow.scope));
        if until == Some(None) {
            return self.skip(&site, flow);
        }
        let until = until.flatten();
        let key = self.key(step, &mut site, "repeat");
        let counter = self.loops;
        self.loops += 1;
        let body_at = self.graph.place();
        let kind = StepKind::Repeat { counter, times, every, until, body: body_at.target() };
        self.put(step, site.at, site.next, key.clone(), kind);

        let mut round = flow.clone();
        if let Some(until) = until {
            round.scope.facts.add(&self.resolver.when(until, Truth::False));
        }
        let end = self.branch(body, site.path.body(&key), round, body_at, site.at);
        let round_ms = end.latest_ms.saturating_sub(started_ms);
        let others_ms = every.longest_ms().max(round_ms).saturating_mul(i64::from(times) - 1);
        let ended_ms = started_ms.saturating_add(others_ms).saturating_add(round_ms);
        self.time_passes_until(&mut flow, site.next, ended_ms);
        flow
    }
}
