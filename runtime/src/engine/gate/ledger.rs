//! What a user's caps and per-user budgets count: a compact list of sends, as old as the longest window of any policy.

use super::Attempt;
use serde::{Deserialize, Serialize};
use wayline_compiler::calendar::DAY_MS;
use wayline_compiler::ir::{CapPeriod, CapScope, ChannelId, JourneyId, Program, Purpose, Purse, StepId};

/// A user may change the zone, and with it which calendar day an instant is in.
const ZONE_SLACK_MS: i64 = 2 * DAY_MS;

/// What a user's caps and budgets have counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// Sends in order of time.
    entries: Vec<Entry>,
}

/// One message that was dispatched.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its key.
    pub id: u128,
    /// When it left, ms.
    pub at: i64,
    /// On which channel.
    pub channel: ChannelId,
    /// By which journey.
    pub journey: JourneyId,
    /// By which step of it.
    pub step: StepId,
    /// Whether caps count it.
    pub standing: Standing,
    /// What it cost, in millionths.
    pub cost: i64,
}

/// Whether caps count a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// They do.
    Counted,
    /// They do not: not marketing, an uncapped channel, or rejected by the provider.
    Free,
}

impl Entry {
    /// The entry of an attempt that leaves now.
    pub(super) fn of(attempt: &Attempt<'_>, cost: i64) -> Self {
        let uncapped = attempt.program.channel(attempt.channel).uncapped;
        let standing = match attempt.send.purpose {
            Purpose::Marketing if !uncapped => Standing::Counted,
            Purpose::Marketing | Purpose::Informational | Purpose::Transactional => Standing::Free,
        };
        let Attempt { id, now, channel, journey, step, .. } = *attempt;
        Self { id, at: now, channel, journey, step, standing, cost }
    }
    /// Whether a rule of this scope is about it.
    pub(super) fn is_in(&self, scope: CapScope) -> bool {
        match scope {
            CapScope::All => true,
            CapScope::Channel(channel) => channel == self.channel,
        }
    }
}

impl Ledger {
    /// Notes a message, and forgets those from before `oldest`.
    pub(super) fn record(&mut self, entry: Entry, oldest: i64) {
        let expired = self.entries.partition_point(|old| old.at < oldest);
        self.entries.drain(..expired);
        self.entries.push(entry);
    }
    /// Frees the cap slot of a message, and replaces its cost.
    pub(super) fn reject(&mut self, id: u128, cost: Option<i64>) {
        if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.id == id) {
            entry.standing = Standing::Free;
            entry.cost = cost.unwrap_or(entry.cost);
        }
    }
    /// Puts every entry into the terms of another program; those that it does not know are forgotten.
    pub(in crate::engine) fn carry(&mut self, carried: &dyn Fn(&Entry) -> Option<Entry>) {
        self.entries = self.entries.iter().filter_map(carried).collect();
    }
    /// What is noted, in order of time.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// How far back any policy of a program looks at a user's sends; `None` when none does.
pub(super) fn lookback_ms(program: &Program) -> Option<i64> {
    let policies = program.policies.iter();
    policies
        .flat_map(|policy| {
            let caps = policy.caps.iter().map(|cap| cap.per);
            let budgets =
                policy.budgets.iter().filter(|budget| budget.of == Purse::User).map(|budget| budget.per);
            caps.chain(budgets)
        })
        .map(|per| longest_ms(per).saturating_add(ZONE_SLACK_MS))
        .max()
}

/// The longest a period can be.
pub(super) fn longest_ms(per: CapPeriod) -> i64 {
    match per {
        CapPeriod::Day => DAY_MS,
        CapPeriod::Week => 7 * DAY_MS,
        CapPeriod::Month => 31 * DAY_MS,
        CapPeriod::Rolling(span) => span.longest_ms(),
    }
}
