//! The rules of a policy, one by one.

use super::super::Resolver;
use super::policies::Rules;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::policy::Purse;
use crate::ir::{Budget, Cap, CapPeriod, CapScope, Ensure, OnCap, Quiet, QuietAction, Rate};
use crate::resolve::literal::{clock_range, span_of};
use crate::source::Span;
use crate::syntax::ast::{self, CalendarPeriod, Ident, Period, PolicyItem, PolicyItemKind, Promise, Spanned};

/// Bit 0 is Monday.
const EVERY_DAY: u8 = 0b111_1111;

impl<'a> Resolver<'a> {
    pub(super) fn policy_item(&mut self, item: &'a PolicyItem, rules: &mut Rules) {
        match &item.kind {
            PolicyItemKind::Cap { scope, count, per, on_cap } => {
                let cap = self.cap(scope.as_ref(), *count, per, *on_cap);
                rules.caps.extend(cap.map(|cap| (cap, item.span)));
            }
            PolicyItemKind::Quiet { scope, hours, action, unless } => {
                let scope = self.scope(scope.as_ref());
                let exempt = match unless {
                    Some(unless) => self.user_rule(unless).map(Some),
                    None => Some(None),
                };
                let (Some(scope), Some(unless)) = (scope, exempt) else { return };
                let action = match action {
                    ast::QuietAction::Hold => QuietAction::Hold,
                    ast::QuietAction::HoldUpTo(most) => QuietAction::HoldUpTo(span_of(most)),
                    ast::QuietAction::Drop => QuietAction::Drop,
                };
                let hours = clock_range(hours);
                rules
                    .quiet
                    .push((Quiet { scope, hours, days: EVERY_DAY, action, unless, fact: None }, item.span));
            }
            PolicyItemKind::Budget { scope, amount, per_user, per } => {
                let (Some(scope), Some(amount), Some(per)) =
                    (self.scope(scope.as_ref()), self.amount(*amount), self.period(per))
                else {
                    return;
                };
                let of = if per_user.is_some() { Purse::User } else { Purse::Project };
                rules.budgets.push((Budget { scope, amount, per, of }, item.span));
            }
            PolicyItemKind::Rate { scope, count, per } => {
                let rate = self.send_rate(scope.as_ref(), *count, per);
                rules.rates.extend(rate.map(|rate| (rate, item.span)));
            }
            PolicyItemKind::Ensure { demand, promise, per } => {
                let promise = self.promise(*demand, promise, per);
                rules.ensures.extend(promise.map(|promise| (promise, item.span)));
            }
            PolicyItemKind::Profile { .. } | PolicyItemKind::Exempt { .. } | PolicyItemKind::Error => {}
        }
    }

    fn cap(
        &mut self,
        scope: Option<&Ident>,
        count: Spanned<i64>,
        per: &Period,
        on_cap: Option<ast::OnCap>,
    ) -> Option<Cap> {
        let scope = self.scope(scope);
        let max = self.count(count);
        let per = self.period(per);
        let on_cap = match on_cap {
            None | Some(ast::OnCap::Skip) => OnCap::Skip,
            Some(ast::OnCap::Exit) => OnCap::Exit,
            Some(ast::OnCap::Retry(most)) => OnCap::Retry(span_of(&most)),
        };
        Some(Cap { scope: scope?, max: max?, per: per?, on_cap, unless: None, fact: None })
    }

    fn send_rate(&mut self, scope: Option<&Ident>, count: Spanned<i64>, per: &Period) -> Option<Rate> {
        let scope = self.scope(scope);
        let max = self.count(count);
        let per = match per {
            Period::Rolling(duration) => Some(span_of(duration)),
            Period::Calendar(word) => {
                self.report(
                    Diagnostic::new(
                        &codes::INVALID_VALUE,
                        word.span,
                        "a rate is counted over a rolling time",
                    )
                    .label("a calendar period")
                    .help("write a duration: `rate push 10_000 per 1m;`"),
                );
                None
            }
        };
        if max == Some(0) {
            self.report(
                Diagnostic::new(&codes::INVALID_VALUE, count.span, "at a rate of 0 nothing is ever sent")
                    .label("not a rate")
                    .help("write how many messages may leave in that time: `rate push 10_000 per 1m;`"),
            );
        }
        Some(Rate { scope: scope?, max: max?, per: per? })
    }

    fn promise(&mut self, demand: Option<Span>, promise: &Promise, per: &Period) -> Option<Ensure> {
        let per = self.period(per);
        match promise {
            Promise::Messages { count, scope } => {
                let (scope, max) = (self.scope(scope.as_ref()), self.count(*count));
                Some(Ensure::Messages { scope: scope?, max: max?, per: per?, demand: demand.is_some() })
            }
            Promise::Cost { amount } => {
                let max = self.amount(*amount);
                self.no_demand(demand);
                Some(Ensure::Cost { max: max?, per: per? })
            }
            Promise::CampaignCost { amount, users } => {
                let max = self.amount(*amount);
                self.no_demand(demand);
                let users = u64::try_from(users.value).ok()?;
                Some(Ensure::CampaignCost { max: max?, users, per: per? })
            }
        }
    }

    fn no_demand(&mut self, demand: Option<Span>) {
        if let Some(span) = demand {
            self.report(
                Diagnostic::new(
                    &codes::INVALID_VALUE,
                    span,
                    "`demand` counts messages before caps, not money",
                )
                .label("does not fit a cost")
                .help("remove `demand`"),
            );
        }
    }

    fn scope(&mut self, scope: Option<&Ident>) -> Option<CapScope> {
        match scope {
            Some(channel) => self.channel(channel).map(CapScope::Channel),
            None => Some(CapScope::All),
        }
    }

    fn count(&mut self, count: Spanned<i64>) -> Option<u32> {
        let value = u32::try_from(count.value).ok();
        if value.is_none() {
            self.report(
                Diagnostic::new(
                    &codes::INVALID_VALUE,
                    count.span,
                    "a number of messages is between 0 and 4,294,967,295",
                )
                .label("not a number of messages"),
            );
        }
        value
    }

    fn amount(&mut self, amount: Spanned<i64>) -> Option<f64> {
        if amount.value < 0 {
            self.report(
                Diagnostic::new(&codes::INVALID_VALUE, amount.span, "an amount of money is at least 0")
                    .label("less than nothing"),
            );
            return None;
        }
        Some(amount.value as f64)
    }

    fn period(&mut self, per: &Period) -> Option<CapPeriod> {
        match per {
            Period::Calendar(word) => Some(match word.value {
                CalendarPeriod::Day => CapPeriod::Day,
                CalendarPeriod::Week => CapPeriod::Week,
                CalendarPeriod::Month => CapPeriod::Month,
            }),
            Period::Rolling(duration) => {
                let span = span_of(duration);
                if span.longest_ms() <= 0 {
                    self.report(
                        Diagnostic::new(&codes::INVALID_VALUE, duration.span, "a period is longer than zero")
                            .label("no time at all")
                            .help("write `per day` for the calendar day or `per 24h` for any 24 hours"),
                    );
                    return None;
                }
                Some(CapPeriod::Rolling(span))
            }
        }
    }
}
