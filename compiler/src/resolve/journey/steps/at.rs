//! `at TIME [on day N at CLOCK] BLOCK [else BLOCK]`

use super::super::Lowering;
use super::super::block::{BeforeAt, Site};
use super::super::flow::Flow;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Const, ExprId, StepKind, Ty};
use crate::resolve::scope::Expect;
use crate::syntax::ast;

impl<'a> Lowering<'_, 'a> {
    /// Lowers an `at` step; a time that may be missing is no occurrence.
    pub(in super::super) fn at(
        &mut self,
        step: &'a ast::Step,
        (time, on): (&'a ast::Expr, Option<&'a ast::AtDay>),
        body: &'a ast::Block,
        otherwise: Option<&'a ast::Block>,
        mut site: Site<'_>,
        mut flow: Flow<'a>,
    ) -> Flow<'a> {
        self.needs_lifetime(time.span, "a step `at` a time from data");
        let instant = self.instant(time, on, &mut flow);
        let key = self.key(step, &mut site, "at");
        let (then_path, else_path) = (site.path.branch(&key, "then"), site.path.branch(&key, "else"));
        let body_at = self.graph.place();
        let else_at = otherwise.map_or(site.next, |_| self.graph.place());
        match instant {
            Some((time, on_day)) => {
                let gives_way_to = match site.before_at {
                    BeforeAt::Yes => site.next.target(),
                    BeforeAt::No => None,
                };
                let (body, otherwise) = (body_at.target(), else_at.target());
                let kind = StepKind::At { time, on_day, body, otherwise, gives_way_to };
                self.put(step, site.at, site.next, key, kind);
            }
            // The steps inside are looked at all the same.
            None => self.graph.same(site.at, body_at),
        }

        let lifetime_ms = self.lifetime_ms();
        self.time_passes_until(&mut flow, site.next, lifetime_ms);
        let then = Flow { since: body_at, ..flow.clone() };
        let then = self.branch(body, then_path, then, body_at, site.next);
        // Also `else` may run later: the instant can move into the past while it is waited for.
        let late = Flow { since: else_at, ..flow.clone() };
        let late = match otherwise {
            Some(block) => self.branch(block, else_path, late, else_at, site.next),
            None => late,
        };
        self.meet(vec![then, late], flow, site.next)
    }

    /// The instant, and the day and clock counted from it; a date alone is its midnight.
    fn instant(
        &mut self,
        time: &'a ast::Expr,
        on: Option<&'a ast::AtDay>,
        flow: &mut Flow<'a>,
    ) -> Option<(ExprId, Option<(i64, ExprId)>)> {
        let clock = on.map(|on| {
            let clock = self.resolver.value(&on.clock, &mut flow.scope, Expect::Exactly(Ty::Clock))?;
            Some((on.day.value, clock.id))
        });
        let time = self.resolver.value(time, &mut flow.scope, Expect::Anything)?;
        let on_day = match clock {
            Some(clock) => Some(clock?),
            None if time.ty == Ty::Date => {
                Some((0, self.resolver.arena.constant(Const::Clock(0), Ty::Clock)))
            }
            None => None,
        };
        if !matches!(time.ty, Ty::Time | Ty::Date) {
            self.resolver.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, time.span, "`at` needs a time or a date")
                    .label("something else")
                    .help("write a time such as `departs_at - 24h`, or a date with `on day -7 at 10:00`; a clock is `wait until 10:00;`"),
            );
            return None;
        }
        Some((time.id, on_day))
    }
}
