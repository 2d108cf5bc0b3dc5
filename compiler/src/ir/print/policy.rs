//! Policies as text.

use super::super::policy::{CapPeriod, CapScope, Ensure, Labeller, OnCap, Policy, Purse, QuietAction};
use super::super::schema::ClockRange;
use super::expr::duration;
use super::{Context, Printer};
use crate::calendar::text::push_clock;

impl Printer<'_> {
    pub(super) fn policies(&mut self) {
        for policy in &self.program.policies {
            self.policy(policy);
        }
    }

    fn policy(&mut self, policy: &Policy) {
        let rules = self.rules(policy);
        if policy.name.is_empty() && rules.is_empty() {
            return;
        }
        self.section(format!("policy {}", policy.name).trim_end());
        for rule in rules {
            self.line(1, &rule);
        }
    }

    fn rules(&self, policy: &Policy) -> Vec<String> {
        let mut rules = Vec::new();
        let fact = |fact: Option<super::super::FactId>| {
            let name = fact.and_then(crate::profiles::fact).map(|fact| fact.id);
            name.map_or_else(String::new, |name| format!(" by {name}"))
        };
        let unless = |unless: Option<super::super::ExprId>| {
            unless.map_or_else(String::new, |unless| {
                format!(" unless {}", self.expr(unless, &Context::default()))
            })
        };
        for cap in &policy.caps {
            let action = match cap.on_cap {
                OnCap::Skip => String::new(),
                OnCap::Exit => " on cap exit".to_owned(),
                OnCap::Retry(most) => format!(" on cap retry up to {}", duration(most)),
            };
            let (scope, per) = (self.scope(cap.scope), period(cap.per));
            rules.push(format!(
                "cap{scope} {} per {per}{action}{}{}",
                cap.max,
                unless(cap.unless),
                fact(cap.fact)
            ));
        }
        for quiet in &policy.quiet {
            let action = match quiet.action {
                QuietAction::Hold => "hold".to_owned(),
                QuietAction::HoldUpTo(most) => format!("hold up to {}", duration(most)),
                QuietAction::Drop => "drop".to_owned(),
            };
            let days =
                if quiet.days == 0b111_1111 { String::new() } else { format!(" on {:#09b}", quiet.days) };
            let (scope, hours) = (self.scope(quiet.scope), hours(quiet.hours));
            rules.push(format!(
                "quiet{scope} {hours}{days} {action}{}{}",
                unless(quiet.unless),
                fact(quiet.fact)
            ));
        }
        for budget in &policy.budgets {
            let of = match budget.of {
                Purse::Project => "",
                Purse::User => " per user",
            };
            rules.push(format!(
                "budget{} {}{of} per {}",
                self.scope(budget.scope),
                budget.amount,
                period(budget.per)
            ));
        }
        for rate in &policy.rates {
            rules.push(format!("rate{} {} per {}", self.scope(rate.scope), rate.max, duration(rate.per)));
        }
        rules.extend(policy.ensures.iter().map(|ensure| self.ensure(ensure)));
        if let Some(age) = &policy.consent_age {
            let attribute = &self.program.attributes[age.given_at.index()].field.name;
            rules.push(format!(
                "consent younger than {} since user.{attribute}{}",
                duration(age.age),
                fact(Some(age.fact))
            ));
        }
        for label in &policy.labels {
            let by = match label.by {
                Labeller::Runtime => "automatic",
                Labeller::Author => "manual",
            };
            let channel = &self.program.channel(label.channel).name;
            rules.push(format!(
                "label {channel} {:?} … {:?} {by}{}",
                label.head,
                label.tail,
                fact(Some(label.fact))
            ));
        }
        rules
    }

    fn ensure(&self, ensure: &Ensure) -> String {
        match ensure {
            Ensure::Messages { scope, max, per, demand } => {
                let demand = if *demand { " demand" } else { "" };
                format!("ensure{demand} at most {max}{} per {}", self.scope(*scope), period(*per))
            }
            Ensure::Cost { max, per } => format!("ensure cost at most {max} per {}", period(*per)),
            Ensure::CampaignCost { max, users, per } => {
                format!("ensure campaign cost at most {max} for {users} users per {}", period(*per))
            }
        }
    }

    fn scope(&self, scope: CapScope) -> String {
        match scope {
            CapScope::All => String::new(),
            CapScope::Channel(channel) => format!(" {}", self.program.channel(channel).name),
        }
    }
}

fn period(per: CapPeriod) -> String {
    match per {
        CapPeriod::Day => "day".to_owned(),
        CapPeriod::Week => "week".to_owned(),
        CapPeriod::Month => "month".to_owned(),
        CapPeriod::Rolling(span) => duration(span),
    }
}

/// `08:00 .. 21:00`
pub(super) fn hours(hours: ClockRange) -> String {
    let mut text = String::new();
    push_clock(&mut text, hours.from_ms);
    text.push_str(" .. ");
    push_clock(&mut text, hours.to_ms);
    text
}
