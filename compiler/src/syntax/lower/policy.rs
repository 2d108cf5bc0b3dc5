//! Policies.

use super::lines::Line;
use super::{Lowering, Pair, child};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{
    CalendarPeriod, Doc, Labels, OnCap, Period, Policy, PolicyItem, PolicyItemKind, ProfileBinding, Promise,
    QuietAction, Spanned,
};
use crate::syntax::forms::Part;
use wayline_grammar::Rule;

impl Lowering<'_> {
    pub(super) fn policy(&mut self, pair: &Pair<'_>, doc: Option<Doc>) -> Policy {
        let mut items = Vec::new();
        for line in self.lines(pair, Part::Policy) {
            match line {
                Line::Cut { .. } => {}
                Line::Bad(span) => items.push(PolicyItem { doc: None, kind: PolicyItemKind::Error, span }),
                Line::Statement { doc, content } => {
                    let Some(rule) = content.first() else { continue };
                    let kind = self.policy_item(rule);
                    items.push(PolicyItem { doc, kind, span: self.span(rule) });
                }
            }
        }
        let name = child(pair, Rule::ident).map(|kid| self.ident(&kid));
        Policy { doc, name, items, span: self.span(pair) }
    }

    fn policy_item(&mut self, pair: &Pair<'_>) -> PolicyItemKind {
        let scope = child(pair, Rule::ident).map(|kid| self.ident(&kid));
        match pair.as_rule() {
            Rule::cap_rule => PolicyItemKind::Cap {
                scope,
                count: self.int_of(pair),
                per: self.period_of(pair),
                on_cap: child(pair, Rule::on_cap).map(|kid| self.on_cap(&kid)),
            },
            Rule::quiet_rule => PolicyItemKind::Quiet {
                scope,
                hours: self.clock_range_of(pair),
                action: self.quiet_action(pair),
                unless: child(pair, Rule::unless_clause).map(|kid| self.expr_of(&kid)),
            },
            Rule::budget_rule => PolicyItemKind::Budget {
                scope,
                amount: self.int_of(pair),
                per_user: self.span_of(pair, Rule::per_user),
                per: self.period_of(pair),
            },
            Rule::rate_rule => {
                PolicyItemKind::Rate { scope, count: self.int_of(pair), per: self.period_of(pair) }
            }
            Rule::ensure_rule => PolicyItemKind::Ensure {
                demand: self.span_of(pair, Rule::kw_demand),
                promise: self.promise(pair),
                per: self.period_of(pair),
            },
            Rule::profile_rule => self.profile(pair),
            Rule::exempt_rule => {
                let mut names = self.idents(pair).into_iter();
                match (names.next(), names.next(), self.string_of(pair)) {
                    (Some(profile), Some(rule), Some(because)) => {
                        PolicyItemKind::Exempt { profile, rule, because }
                    }
                    _ => PolicyItemKind::Error,
                }
            }
            _ => PolicyItemKind::Error,
        }
    }

    fn on_cap(&mut self, pair: &Pair<'_>) -> OnCap {
        if child(pair, Rule::kw_exit).is_some() {
            OnCap::Exit
        } else if child(pair, Rule::kw_retry).is_some() {
            OnCap::Retry(self.length_of(pair))
        } else {
            OnCap::Skip
        }
    }

    fn quiet_action(&mut self, pair: &Pair<'_>) -> QuietAction {
        let Some(action) = child(pair, Rule::quiet_action) else { return QuietAction::Hold };
        if child(&action, Rule::kw_drop).is_some() {
            QuietAction::Drop
        } else if child(&action, Rule::length).is_some() {
            QuietAction::HoldUpTo(self.length_of(&action))
        } else {
            QuietAction::Hold
        }
    }

    fn period_of(&mut self, pair: &Pair<'_>) -> Period {
        let period = child(pair, Rule::period).unwrap_or_else(|| pair.clone());
        let word = match period.clone().into_inner().next().map(|kid| kid.as_rule()) {
            Some(Rule::kw_day) => CalendarPeriod::Day,
            Some(Rule::kw_week) => CalendarPeriod::Week,
            Some(Rule::kw_month) => CalendarPeriod::Month,
            _ => return Period::Rolling(self.length_of(&period)),
        };
        Period::Calendar(Spanned { value: word, span: self.span(&period) })
    }

    fn promise(&mut self, pair: &Pair<'_>) -> Promise {
        if let Some(kid) = child(pair, Rule::campaign_promise) {
            let mut numbers = kid.clone().into_inner().filter(|number| number.as_rule() == Rule::int);
            let none = Spanned { value: 0, span: self.span(&kid) };
            let amount = numbers.next().map_or(none, |number| self.int(&number));
            let users = numbers.next().map_or(none, |number| self.int(&number));
            return Promise::CampaignCost { amount, users };
        }
        if let Some(kid) = child(pair, Rule::cost_promise) {
            return Promise::Cost { amount: self.int_of(&kid) };
        }
        let kid = child(pair, Rule::message_promise).unwrap_or_else(|| pair.clone());
        let scope = child(&kid, Rule::ident).map(|name| self.ident(&name));
        Promise::Messages { count: self.int_of(&kid), scope }
    }

    fn profile(&mut self, pair: &Pair<'_>) -> PolicyItemKind {
        let mut bindings = Vec::new();
        let mut labels = None;
        for line in self.lines(pair, Part::Profile) {
            let Line::Statement { content, .. } = line else { continue };
            let Some(item) = content.first() else { continue };
            if item.as_rule() == Rule::labels_item {
                let manual = child(item, Rule::kw_manual).is_some();
                let value = if manual { Labels::Manual } else { Labels::Automatic };
                let real = self.real(item);
                if labels.is_some() {
                    self.report(
                        Diagnostic::new(&codes::SYNTAX, real, "`labels` stands twice")
                            .label("the second one"),
                    );
                }
                labels = Some(Spanned { value, span: self.span(item) });
            } else {
                bindings.push(ProfileBinding {
                    name: self.name(item),
                    value: self.expr_of(item),
                    span: self.span(item),
                });
            }
        }
        PolicyItemKind::Profile { name: self.name(pair), bindings, labels }
    }
}
