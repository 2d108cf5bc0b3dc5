//! What policies, channel rules and profiles say about one attempt to send, in the order the language gives them.
//!
//! [`admit`]: purpose and consent, reachability, hours, deadline, caps; changes nothing. Then the caller renders the text, and
//! [`take`]: budgets and rates, and the message is on the books. [`give_back`] after a definite rejection. Pure functions over
//! the user's [`Ledger`] and the project's [`Commons`]; nothing here knows of journeys' steps, rendering or delivery.

mod caps;
mod hours;
mod ledger;
mod pool;
#[cfg(test)]
mod tests;
mod words;

use super::effects::{Drop, Hold};
use wayline_compiler::calendar::Zone;
use wayline_compiler::content;
use wayline_compiler::ir::{
    AttrId, Channel, ChannelId, ExprId, FieldType, JourneyId, Labeller, Policy, Program, Purpose, Send,
    StepId, Unit,
};
use wayline_compiler::row::Slot;

pub use hours::{Timing, timing};
pub use ledger::{Entry, Ledger, Standing};
pub use pool::{Commons, Pool};

/// One attempt to send one message on one channel.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The program.
    pub program: &'a Program,
    /// The journey's policy.
    pub policy: &'a Policy,
    /// The send.
    pub send: &'a Send,
    /// Which of its channels.
    pub channel: ChannelId,
    /// The user's zone.
    pub zone: Zone,
    /// The present instant.
    pub now: i64,
    /// When the present hold began; `now` for an attempt that is not held.
    pub held_since: i64,
    /// Its deadline (see [`deadline`]), the last instant included; `i64::MAX` without one.
    pub deadline: i64,
    /// End of `on cap retry up to D`, once it has waited for a cap ([`Wait::retry_until`]).
    pub retry_until: Option<i64>,
    /// Idempotency key; the same through all holds of the attempt.
    pub id: u128,
    /// By which journey.
    pub journey: JourneyId,
    /// At which step.
    pub step: StepId,
}

/// What the gate asks about the user and the instance.
pub trait Facts {
    /// Whether a predicate holds now.
    fn holds(&mut self, predicate: ExprId) -> bool;
    /// The value of an attribute, its default included.
    fn attribute(&mut self, attribute: AttrId) -> Slot;
}

/// Why a message does not leave now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It waits.
    Wait(Wait),
    /// It will not leave.
    Drop {
        /// Why.
        why: Drop,
        /// Names the rule, the window, the winner.
        detail: String,
    },
    /// `dropped(cap)`, and its instance ends (`on cap exit`).
    Exit {
        /// Names the cap and who used it up.
        detail: String,
    },
}

/// A message waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Why.
    pub why: Hold,
    /// When to ask again: the first instant at which it may leave, or the deadline where that comes first.
    pub until: i64,
    /// To be given back in [`Attempt::retry_until`].
    pub retry_until: Option<i64>,
    /// Names the rule.
    pub detail: String,
}

/// The last instant at which a send that was due at `due` may leave; `i64::MAX` without `within`.
pub fn deadline(send: &Send, due: i64, zone: Zone) -> i64 {
    send.within.map_or(i64::MAX, |span| zone.add(due, span))
}

/// Consent, reachability, hours, deadline and caps, in this order.
pub fn admit(attempt: &Attempt<'_>, ledger: Option<&Ledger>, facts: &mut dyn Facts) -> Result<(), Obstacle> {
    permission(attempt, facts)?;
    if attempt.now > attempt.deadline {
        return Err(expired(attempt));
    }
    let obstacle = match timing(attempt, facts) {
        Timing::Open => return room(attempt, ledger, facts),
        Timing::Later { why, until, detail } => wait(attempt, why, until, attempt.retry_until, detail),
        Timing::Never { detail } | Timing::Drop { detail } => Obstacle::Drop { why: Drop::Quiet, detail },
    };
    Err(obstacle)
}

/// Frequency caps alone: asked again when what a wait for a cap reads has changed.
pub fn room(attempt: &Attempt<'_>, ledger: Option<&Ledger>, facts: &mut dyn Facts) -> Result<(), Obstacle> {
    caps::check(attempt, ledger, facts)
}

/// Budgets and rates; when they allow it the message is on the books of user and project. `parts`: see [`parts`].
pub fn take(
    attempt: &Attempt<'_>,
    parts: u32,
    ledger: &mut Option<Box<Ledger>>,
    commons: &mut dyn Commons,
) -> Result<(), Obstacle> {
    let cost = cost(attempt.program.channel(attempt.channel), parts);
    if let Some(detail) = caps::over_budget(attempt, cost, ledger.as_deref(), commons) {
        return Err(Obstacle::Drop { why: Drop::Budget, detail });
    }
    let turn = commons.turn(&attempt.policy.rates, attempt.channel, attempt.id, attempt.now);
    if turn > attempt.now {
        let detail = words::rates(attempt);
        return Err(wait(attempt, Hold::Rate, turn, attempt.retry_until, detail));
    }
    if let Some(lookback_ms) = ledger::lookback_ms(attempt.program) {
        let ledger = ledger.get_or_insert_default();
        ledger.record(Entry::of(attempt, cost), attempt.now.saturating_sub(lookback_ms));
    }
    commons.spend(attempt.channel, cost, attempt.now);
    Ok(())
}

/// After a definite rejection: its cap slot is free again, and where the channel says so it is not billed. `sent_at` and `parts` are
/// those it was taken with.
pub fn give_back(
    channel: ChannelId,
    definition: &Channel,
    id: u128,
    sent_at: i64,
    parts: u32,
    ledger: Option<&mut Ledger>,
    commons: &mut dyn Commons,
) {
    if let Some(ledger) = ledger {
        ledger.reject(id, definition.unbilled_on_failure.then_some(0));
    }
    if definition.unbilled_on_failure {
        commons.refund(channel, cost(definition, parts), sent_at);
    }
}

/// Whether the user has agreed and can be reached: what is asked at the send and again at release.
pub fn permission(attempt: &Attempt<'_>, facts: &mut dyn Facts) -> Result<(), Obstacle> {
    let channel = attempt.program.channel(attempt.channel);
    let refuse = |why, detail| Err(Obstacle::Drop { why, detail });
    for (purpose, rule) in &channel.consent {
        if *purpose == attempt.send.purpose && !facts.holds(*rule) {
            return refuse(
                Drop::NoConsent,
                format!("consent {} of {}", words::purpose(*purpose), channel.name),
            );
        }
    }
    if let (Some(age), Purpose::Marketing) = (attempt.policy.consent_age, attempt.send.purpose) {
        let given = facts.attribute(age.given_at);
        if !given.is_present() || attempt.zone.add(given.bits as i64, age.age) <= attempt.now {
            return refuse(Drop::NoConsent, words::consent_age(age));
        }
    }
    for attribute in &channel.needs {
        if !facts.attribute(*attribute).is_present() {
            let name = &attempt.program.attributes[attribute.index()].field.name;
            return refuse(Drop::Unreachable, format!("{} needs user.{name}", channel.name));
        }
    }
    Ok(())
}

/// Into how many billed parts a message falls: those of its texts in a unit that has parts, else one.
pub fn parts<'a>(channel: &Channel, texts: impl Iterator<Item = (&'a str, &'a str)>) -> u32 {
    let mut parts = 0u32;
    for (name, text) in texts {
        let field = channel.fields.iter().find(|field| field.name == name);
        if let Some(FieldType::Str(Some(limit))) = field.map(|field| &field.ty) {
            match limit.unit {
                Unit::Gsm7 => parts = parts.saturating_add(content::parts(text, Unit::Gsm7)),
                Unit::Chars | Unit::BytesUtf8 | Unit::BytesEucKr => {}
            }
        }
    }
    parts.max(1)
}

/// Adds what the policy's profiles put before and after an advertising text, to the rendered fields (name, text) of a message.
pub fn label(attempt: &Attempt<'_>, texts: &mut [(&str, String)]) {
    if attempt.send.purpose != Purpose::Marketing {
        return;
    }
    for label in &attempt.policy.labels {
        match label.by {
            Labeller::Runtime if label.channel == attempt.channel => {
                wayline_compiler::profiles::add_label(label, texts);
            }
            Labeller::Runtime | Labeller::Author => {}
        }
    }
}

/// Price of a message in millionths of the project's currency.
pub fn cost(channel: &Channel, parts: u32) -> i64 {
    money(channel.cost).saturating_mul(i64::from(parts))
}

/// An amount of money in millionths of the project's currency, so that sums are exact.
fn money(amount: f64) -> i64 {
    (amount * 1_000_000.0).round() as i64
}

fn expired(attempt: &Attempt<'_>) -> Obstacle {
    Obstacle::Drop { why: Drop::Expired, detail: words::deadline(attempt) }
}

/// A wait for `until`, or for the deadline where that is first.
fn wait(attempt: &Attempt<'_>, why: Hold, until: i64, retry_until: Option<i64>, detail: String) -> Obstacle {
    if attempt.now >= attempt.deadline {
        return expired(attempt);
    }
    Obstacle::Wait(Wait { why, until: until.min(attempt.deadline), retry_until, detail })
}
