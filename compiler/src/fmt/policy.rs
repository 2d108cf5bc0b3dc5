//! Policies.

use super::doc::Doc;
use super::printer::{Braces, Item, Printer};
use crate::source::Span;
use crate::syntax::ast::{
    CalendarPeriod, Ident, Labels, OnCap, Period, Policy, PolicyItem, PolicyItemKind, ProfileBinding,
    Promise, QuietAction, Spanned,
};

impl Printer<'_> {
    pub(super) fn policy(&mut self, policy: &Policy) -> Doc {
        let head = match &policy.name {
            Some(name) => format!("policy {} ", self.name(name)),
            None => "policy ".to_owned(),
        };
        let items = policy
            .items
            .iter()
            .map(|item| Item { doc: item.doc.as_ref(), span: item.span, node: item })
            .collect();
        let (open, end) = (policy.span.start as usize, policy.span.end as usize);
        let body = self.braces(items, open, end, Braces::AsWritten, |printer, item: &PolicyItem| {
            printer.policy_item(&item.kind, item.span)
        });
        Doc::Concat(vec![Doc::text(head), body])
    }

    fn policy_item(&mut self, item: &PolicyItemKind, span: Span) -> Doc {
        let text = match item {
            PolicyItemKind::Cap { scope, count, per, on_cap } => {
                let cap = match on_cap {
                    None => String::new(),
                    Some(OnCap::Skip) => " on cap skip".to_owned(),
                    Some(OnCap::Exit) => " on cap exit".to_owned(),
                    Some(OnCap::Retry(length)) => format!(" on cap retry up to {}", self.slice(length.span)),
                };
                format!("cap {}{} per {}{cap};", self.scope(scope), self.slice(count.span), self.period(per))
            }
            PolicyItemKind::Quiet { scope, hours, action, unless } => {
                let action = match action {
                    QuietAction::Hold => "hold".to_owned(),
                    QuietAction::HoldUpTo(length) => format!("hold up to {}", self.slice(length.span)),
                    QuietAction::Drop => "drop".to_owned(),
                };
                let head = format!("quiet {}{} {action}", self.scope(scope), self.clock_range(hours));
                return match unless {
                    None => Doc::text(format!("{head};")),
                    Some(unless) => Doc::Concat(vec![
                        Doc::text(format!("{head} unless ")),
                        self.expr(unless),
                        Doc::text(";"),
                    ]),
                };
            }
            PolicyItemKind::Budget { scope, amount, per_user, per } => {
                let user = if per_user.is_some() { " per user" } else { "" };
                format!(
                    "budget {}{}{user} per {};",
                    self.scope(scope),
                    self.slice(amount.span),
                    self.period(per)
                )
            }
            PolicyItemKind::Rate { scope, count, per } => {
                format!("rate {}{} per {};", self.scope(scope), self.slice(count.span), self.period(per))
            }
            PolicyItemKind::Ensure { demand, promise, per } => {
                let demand = if demand.is_some() { "demand " } else { "" };
                format!("ensure {demand}{} per {};", self.promise(promise), self.period(per))
            }
            PolicyItemKind::Profile { name, bindings, labels } => {
                return self.profile(name, bindings, labels.as_ref(), span);
            }
            PolicyItemKind::Exempt { profile, rule, because } => {
                format!(
                    "exempt {}.{} because {};",
                    self.name(profile),
                    self.name(rule),
                    self.slice(because.span)
                )
            }
            PolicyItemKind::Error => self.slice(span).to_owned(),
        };
        Doc::text(text)
    }

    /// The channel before a number, with a space.
    fn scope(&self, scope: &Option<Ident>) -> String {
        scope.as_ref().map_or(String::new(), |channel| format!("{} ", self.name(channel)))
    }

    fn period(&self, period: &Period) -> String {
        match period {
            Period::Rolling(length) => self.slice(length.span).to_owned(),
            Period::Calendar(word) => match word.value {
                CalendarPeriod::Day => "day".to_owned(),
                CalendarPeriod::Week => "week".to_owned(),
                CalendarPeriod::Month => "month".to_owned(),
            },
        }
    }

    fn promise(&self, promise: &Promise) -> String {
        match promise {
            Promise::Messages { count, scope } => {
                let scope =
                    scope.as_ref().map_or(String::new(), |channel| format!(" {}", self.name(channel)));
                format!("at most {}{scope}", self.slice(count.span))
            }
            Promise::Cost { amount } => format!("cost at most {}", self.slice(amount.span)),
            Promise::CampaignCost { amount, users } => {
                format!(
                    "campaign cost at most {} for {} users",
                    self.slice(amount.span),
                    self.slice(users.span)
                )
            }
        }
    }

    fn profile(
        &mut self,
        name: &Ident,
        bindings: &[ProfileBinding],
        labels: Option<&Spanned<Labels>>,
        span: Span,
    ) -> Doc {
        enum Line<'t> {
            Binding(&'t ProfileBinding),
            Labels(Labels),
        }
        let mut lines: Vec<(Span, Line<'_>)> =
            bindings.iter().map(|binding| (binding.span, Line::Binding(binding))).collect();
        lines.extend(labels.map(|labels| (labels.span, Line::Labels(labels.value))));
        lines.sort_by_key(|(span, _)| span.start);
        let items = lines.iter().map(|(span, line)| Item { doc: None, span: *span, node: line }).collect();
        let (open, end) = (span.start as usize, span.end as usize);
        let body = self.braces(items, open, end, Braces::AsWritten, |printer, line| match line {
            Line::Binding(binding) => Doc::Concat(vec![
                Doc::text(format!("{}: ", printer.name(&binding.name))),
                printer.expr(&binding.value),
                Doc::text(";"),
            ]),
            Line::Labels(Labels::Automatic) => Doc::text("labels automatic;"),
            Line::Labels(Labels::Manual) => Doc::text("labels manual;"),
        });
        Doc::Concat(vec![Doc::text(format!("profile {} ", self.name(name))), body])
    }
}
