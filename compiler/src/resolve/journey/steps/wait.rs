//! Waits: for a time, a clock, a condition, an event.

use super::super::Lowering;
use super::super::block::Site;
use super::super::flow::Flow;
use super::super::hold::EVERY_DAY;
use super::super::written::{self, DAY_MS};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Const, DayRule, ExprKind, StepKind, Ty, WaitArm};
use crate::resolve::scope::{Expect, Truth};
use crate::source::Span;
use crate::syntax::ast::{self, DayChoiceKind, DurationLit};

impl<'a> Lowering<'_, 'a> {
    /// `wait D`
    pub(in super::super) fn wait(
        &mut self,
        step: &'a ast::Step,
        duration: &'a ast::Expr,
        mut site: Site<'_>,
        mut flow: Flow<'a>,
    ) -> Flow<'a> {
        let value = self.resolver.value(duration, &mut flow.scope, Expect::Exactly(Ty::Duration));
        let Some(value) = value else { return self.skip(&site, flow) };
        let longest_ms = match &self.resolver.arena.get(value.id).kind {
            ExprKind::Const(Const::Duration(span)) if span.longest_ms() < 0 => {
                self.resolver.report(
                    Diagnostic::new(&codes::BAD_LITERAL, duration.span, "nobody can wait until before now")
                        .label("a negative duration")
                        .help("write how long to wait, `wait 1h;`; for a time before an instant, `at TIME - 1d { … }`"),
                );
                return self.skip(&site, flow);
            }
            ExprKind::Const(Const::Duration(span)) => span.longest_ms(),
            _ => {
                self.needs_lifetime(duration.span, "a wait whose length comes from data");
                self.lifetime_ms()
            }
        };
        let key = self.key(step, &mut site, "wait");
        self.put(step, site.at, site.next, key, StepKind::Wait { duration: value.id });
        self.time_passes(&mut flow, site.next, longest_ms);
        flow
    }

    /// `wait until CLOCK [on …] [zone Z]`
    pub(in super::super) fn wait_clock(
        &mut self,
        step: &'a ast::Step,
        clock: &'a ast::Expr,
        on: Option<&'a ast::DayChoice>,
        zone: Option<&'a ast::Expr>,
        mut site: Site<'_>,
        mut flow: Flow<'a>,
    ) -> Flow<'a> {
        if is_condition(clock) {
            self.resolver.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, clock.span, "a wait for a condition needs a limit")
                    .label("may never hold")
                    .help(
                        "write `wait until P up to 3d;`, with `else { … }` for when it did not come to hold",
                    ),
            );
            return self.skip(&site, flow);
        }
        let clock = self.resolver.value(clock, &mut flow.scope, Expect::Exactly(Ty::Clock));
        let zone = zone.map(|zone| self.resolver.value(zone, &mut flow.scope, Expect::Exactly(Ty::Timezone)));
        let days = on.map_or(Some(DayRule::Any), |on| self.day_rule(on));
        let (Some(clock), Some(days)) = (clock, days) else { return self.skip(&site, flow) };
        let zone = match zone {
            None => None,
            Some(Some(zone)) => Some(zone.id),
            Some(None) => return self.skip(&site, flow),
        };
        let key = self.key(step, &mut site, "wait_until");
        self.put(step, site.at, site.next, key, StepKind::WaitClock { clock: clock.id, days, zone });
        // A day of 25 hours, and the clocks may change within a week.
        match days {
            DayRule::Any => self.time_passes(&mut flow, site.next, DAY_MS + 2 * 3_600_000),
            DayRule::Weekdays(_) => self.time_passes(&mut flow, site.next, 7 * DAY_MS + 2 * 3_600_000),
            DayRule::Day(day) => {
                let latest_ms = (i64::from(day) + 1).saturating_mul(DAY_MS).saturating_add(2 * 3_600_000);
                self.time_passes_until(&mut flow, site.next, latest_ms);
            }
        }
        flow
    }

    /// `wait until P up to D [else BLOCK]`
    pub(in super::super) fn wait_until(
        &mut self,
        step: &'a ast::Step,
        condition: &'a ast::Expr,
        up_to: &DurationLit,
        otherwise: Option<&'a ast::Block>,
        mut site: Site<'_>,
        mut flow: Flow<'a>,
    ) -> Flow<'a> {
        // It is tested again whenever something changes, so only what lasts is known in it.
        let mut waiting = flow.scope.clone();
        self.resolver.time_passes(&mut waiting);
        let Some(predicate) = self.resolver.predicate(condition, &mut waiting) else {
            return self.skip(&site, flow);
        };
        let up_to = self.resolver.some_time(*up_to, "a wait");
        let key = self.key(step, &mut site, "wait_until");
        let path = site.path.branch(&key, "else");
        let else_at = otherwise.map_or(site.next, |_| self.graph.place());
        let kind = StepKind::WaitUntil { predicate, up_to, otherwise: else_at.target() };
        self.put(step, site.at, site.next, key, kind);

        self.time_passes(&mut flow, site.next, up_to.longest_ms());
        let mut in_vain = Flow { since: else_at, ..flow.clone() };
        in_vain.scope.facts.add(&self.resolver.when(predicate, Truth::False));
        let mut came = flow.clone();
        came.scope.facts.add(&self.resolver.when(predicate, Truth::True));
        if let Some(block) = otherwise {
            in_vain = self.branch(block, path, in_vain, else_at, site.next);
        }
        self.meet(vec![came, in_vain], flow, site.next)
    }

    /// `wait for …`
    pub(in super::super) fn wait_for(
        &mut self,
        step: &'a ast::Step,
        arms: &'a [ast::WaitArm],
        up_to: &DurationLit,
        otherwise: Option<&'a ast::Block>,
        mut site: Site<'_>,
        mut flow: Flow<'a>,
    ) -> Flow<'a> {
        let mut waiting = flow.scope.clone();
        self.resolver.time_passes(&mut waiting);
        let mut lowered = Vec::new();
        let mut bodies = Vec::new();
        for arm in arms {
            let Some((arm_lowered, facts)) = self.wait_arm(arm, &mut waiting) else { continue };
            let at = arm.body.as_ref().map_or(site.next, |_| self.graph.place());
            bodies.push((arm, at, facts));
            lowered.push(WaitArm { body: at.target(), ..arm_lowered });
        }
        if lowered.is_empty() {
            return self.skip(&site, flow);
        }
        let up_to = self.resolver.some_time(*up_to, "a wait");
        let kind = match arms {
            [arm] => format!("wait_for_{}", arm.event.text),
            _ => "wait_for".to_owned(),
        };
        let key = self.key(step, &mut site, &kind);
        let else_at = otherwise.map_or(site.next, |_| self.graph.place());
        let places: Vec<Span> = bodies.iter().map(|(arm, _, _)| arm.span).collect();
        let kind = StepKind::WaitFor { arms: lowered, up_to, otherwise: else_at.target() };
        self.put_arms(step, site.at, site.next, key.clone(), kind, places);

        self.time_passes(&mut flow, site.next, up_to.longest_ms());
        let mut ways = Vec::new();
        for (arm, at, facts) in bodies {
            let mut came = Flow { since: at, ..flow.clone() };
            came.scope.facts.add(&facts);
            if let Some(block) = &arm.body {
                came = self.branch(block, site.path.branch(&key, &arm.event.text), came, at, site.next);
            }
            ways.push(came);
        }
        let in_vain = Flow { since: else_at, ..flow.clone() };
        ways.push(match otherwise {
            Some(block) => self.branch(block, site.path.branch(&key, "else"), in_vain, else_at, site.next),
            None => in_vain,
        });
        self.meet(ways, flow, site.next)
    }

    fn wait_arm(
        &mut self,
        arm: &'a ast::WaitArm,
        waiting: &mut crate::resolve::scope::ExprScope<'a>,
    ) -> Option<(WaitArm, crate::resolve::scope::Facts)> {
        let (event, filter) = self.resolver.event_where(&arm.event, arm.filter.as_ref(), waiting)?;
        let since_entry = match &arm.window {
            Some(window) => Some(self.resolver.did(&arm.event, window, arm.filter.as_ref(), waiting)?),
            None => None,
        };
        let facts = filter.map(|filter| self.resolver.when_arrived(filter)).unwrap_or_default();
        Some((WaitArm { event, filter, since_entry, body: None }, facts))
    }

    fn day_rule(&mut self, on: &ast::DayChoice) -> Option<DayRule> {
        Some(match &on.kind {
            DayChoiceKind::Weekdays(days) => DayRule::Weekdays(written::weekdays(days)),
            DayChoiceKind::Weekday => DayRule::Weekdays(written::WORKDAYS),
            DayChoiceKind::Weekend => DayRule::Weekdays(EVERY_DAY & !written::WORKDAYS),
            DayChoiceKind::Day(day) => match u32::try_from(day.value) {
                Ok(n) => DayRule::Day(n),
                Err(_) => {
                    self.resolver.report(
                        Diagnostic::new(
                            &codes::INVALID_VALUE,
                            day.span,
                            "days are counted from 0, the day of entry",
                        )
                        .label("before the entry, or too far")
                        .help("write `day 0` for the day of entry, `day 1` for the next"),
                    );
                    return None;
                }
            },
        })
    }

    /// Reports a step whose time comes from data in a journey that may last for ever.
    pub(in super::super) fn needs_lifetime(&mut self, span: Span, what: &str) {
        if self.settings.lasts.is_some() || self.lifetime_asked {
            return;
        }
        self.lifetime_asked = true;
        self.resolver.report(
            Diagnostic::new(
                &codes::NEEDS_LIFETIME,
                span,
                format!("{what} needs a journey with a longest life"),
            )
            .label("this time may be arbitrarily far away")
            .help("say how long an instance may live, before the steps: `lasts at most 60d;`"),
        );
    }

    /// The longest life of an instance in ms; the longest stay so far where none is written.
    pub(in super::super) fn lifetime_ms(&self) -> i64 {
        self.settings.lasts.map_or(self.stay_ms, crate::ir::Span::longest_ms)
    }
}

/// Whether an expression is written as a condition.
fn is_condition(expr: &ast::Expr) -> bool {
    match &expr.inner().kind {
        ast::ExprKind::Or(_)
        | ast::ExprKind::And(_)
        | ast::ExprKind::Not(_)
        | ast::ExprKind::Bool(_)
        | ast::ExprKind::Compare { .. }
        | ast::ExprKind::TextTest { .. }
        | ast::ExprKind::In { .. }
        | ast::ExprKind::InRange { .. }
        | ast::ExprKind::Exists(_)
        | ast::ExprKind::TimeTest { .. }
        | ast::ExprKind::Quantified { .. } => true,
        ast::ExprKind::History(history) => history.function == ast::HistoryFn::Did,
        ast::ExprKind::Int(_)
        | ast::ExprKind::Float(_)
        | ast::ExprKind::Text(_)
        | ast::ExprKind::Duration(_)
        | ast::ExprKind::Clock(_)
        | ast::ExprKind::Date(_)
        | ast::ExprKind::Instant(_)
        | ast::ExprKind::List(_)
        | ast::ExprKind::Name(_)
        | ast::ExprKind::Path { .. }
        | ast::ExprKind::Call { .. }
        | ast::ExprKind::Coalesce(_)
        | ast::ExprKind::Sum { .. }
        | ast::ExprKind::Product { .. }
        | ast::ExprKind::Neg(_)
        | ast::ExprKind::Paren(_)
        | ast::ExprKind::Error => false,
    }
}
