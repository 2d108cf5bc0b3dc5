//! How long a send can be held: by its own window, the channel's hours, the policy's quiet hours, caps that retry and rates.

use super::Lowering;
use super::written::DAY_MS;
use crate::ir::{CapScope, Channel, ChannelId, ClockRange, OnCap, Policy, Purpose, QuietAction, Send};

/// Longest wait for a daily window: a day, and the clocks may change.
const DAILY_MS: i64 = DAY_MS + 2 * 3_600_000;
/// All days of the week.
pub(super) const EVERY_DAY: u8 = 0b111_1111;

impl Lowering<'_, '_> {
    /// The longest a send can be held, in ms; 0 when it never is. A rate has no bound of its own and is taken as a day.
    pub(super) fn longest_hold(&self, send: &Send) -> i64 {
        let policy = self.resolver.schema.policies.get(self.settings.policy.index());
        let own = match (send.between, send.days) {
            (None, EVERY_DAY) => 0,
            (Some(_), EVERY_DAY) => DAILY_MS,
            (None | Some(_), _) => 7 * DAY_MS + DAILY_MS,
        };
        let elsewhere = send.options.iter().map(|option| {
            let channel = self.resolver.schema.channels.get(option.channel.index());
            let hours = channel.and_then(|channel| channel.hours).map_or(0, hold_of_hours);
            let rules =
                policy.map_or(0, |policy| hold_of_policy(policy, send.purpose, option.channel, channel));
            hours.saturating_add(rules)
        });
        let held = elsewhere.max().unwrap_or(0).saturating_add(own);
        send.within.map_or(held, |deadline| held.min(deadline.longest_ms()))
    }
}

fn hold_of_hours(hours: ClockRange) -> i64 {
    if hours.from_ms == 0 && hours.to_ms == DAY_MS { 0 } else { DAILY_MS }
}

fn hold_of_policy(policy: &Policy, purpose: Purpose, channel: ChannelId, declared: Option<&Channel>) -> i64 {
    let concerns = |scope: CapScope| match scope {
        CapScope::All => true,
        CapScope::Channel(id) => id == channel,
    };
    let quiet = policy.quiet.iter().filter(|rule| concerns(rule.scope) && purpose != Purpose::Transactional);
    let quiet = quiet.map(|rule| match rule.action {
        QuietAction::Hold => DAILY_MS,
        QuietAction::HoldUpTo(longest) => longest.longest_ms(),
        QuietAction::Drop => 0,
    });
    let capped = purpose == Purpose::Marketing && !declared.is_some_and(|channel| channel.uncapped);
    let caps = policy.caps.iter().filter(|cap| capped && concerns(cap.scope)).map(|cap| match cap.on_cap {
        OnCap::Retry(longest) => longest.longest_ms(),
        OnCap::Skip | OnCap::Exit => 0,
    });
    let rates = policy.rates.iter().filter(|rate| concerns(rate.scope)).map(|_| DAY_MS);
    let longest = |holds: &mut dyn Iterator<Item = i64>| holds.max().unwrap_or(0);
    longest(&mut { quiet }).saturating_add(longest(&mut { caps })).saturating_add(longest(&mut { rates }))
}
