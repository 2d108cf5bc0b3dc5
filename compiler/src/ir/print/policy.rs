//! Policies as text.

use super::super::policy::{
    Cap, CapPeriod, CapScope, Ensure, Label, Labeller, OnCap, Policy, Purse, Quiet, QuietAction,
};
use super::super::schema::ClockRange;
use super::super::{ExprId, FactId};
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
        let mut rules: Vec<String> = policy.caps.iter().map(|cap| self.cap(cap)).collect();
        rules.extend(policy.quiet.iter().map(|quiet| self.quiet(quiet)));
        for budget in &policy.budgets {
            let of = match budget.of {
                Purse::Project => "",
                Purse::User => " per user",
            };
            let (scope, per) = (self.scope(budget.scope), period(budget.per));
            rules.push(format!("budget{scope} {}{of} per {per}", budget.amount));
        }
        for rate in &policy.rates {
            rules.push(format!("rate{} {} per {}", self.scope(rate.scope), rate.max, duration(rate.per)));
        }
        rules.extend(policy.ensures.iter().map(|ensure| self.ensure(ensure)));
        if let Some(age) = &policy.consent_age {
            let since = &self.program.attributes[age.given_at.index()].field.name;
            let (age, fact) = (duration(age.age), fact(Some(age.fact)));
            rules.push(format!("consent younger than {age} since user.{since}{fact}"));
        }
        rules.extend(policy.labels.iter().map(|label| self.label(label)));
        rules
    }

    fn cap(&self, cap: &Cap) -> String {
        let action = match cap.on_cap {
            OnCap::Skip => String::new(),
            OnCap::Exit => " on cap exit".to_owned(),
            OnCap::Retry(most) => format!(" on cap retry up to {}", duration(most)),
        };
        let (scope, per) = (self.scope(cap.scope), period(cap.per));
        format!("cap{scope} {} per {per}{action}{}{}", cap.max, self.unless(cap.unless), fact(cap.fact))
    }

    fn quiet(&self, quiet: &Quiet) -> String {
        let action = match quiet.action {
            QuietAction::Hold => "hold".to_owned(),
            QuietAction::HoldUpTo(most) => format!("hold up to {}", duration(most)),
            QuietAction::Drop => "drop".to_owned(),
        };
        let days = match quiet.days {
            0b111_1111 => String::new(),
            days => format!(" on {days:#09b}"),
        };
        let (scope, hours, unless) = (self.scope(quiet.scope), hours(quiet.hours), self.unless(quiet.unless));
        format!("quiet{scope} {hours}{days} {action}{unless}{}", fact(quiet.fact))
    }

    fn label(&self, label: &Label) -> String {
        let by = match label.by {
            Labeller::Runtime => "automatic",
            Labeller::Author => "manual",
        };
        let (channel, fact) = (&self.program.channel(label.channel).name, fact(Some(label.fact)));
        format!("label {channel} {:?} … {:?} {by}{fact}", label.head, label.tail)
    }

    fn unless(&self, unless: Option<ExprId>) -> String {
        unless
            .map_or_else(String::new, |unless| format!(" unless {}", self.expr(unless, &Context::default())))
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

/// Which rule of a profile it comes from.
fn fact(fact: Option<FactId>) -> String {
    let fact = fact.and_then(crate::profiles::fact);
    fact.map_or_else(String::new, |fact| format!(" by {}", fact.id))
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
