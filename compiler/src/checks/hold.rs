//! How long a send can be held back: by its window, the channel's hours, quiet hours, caps that retry and rates.
//!
//! A hold ends at the next allowed minute. A user whose zone changes while a message is held starts over at another clock, so the
//! longest hold is two of the longest closed stretches: one change of zone during one hold is reckoned with, not a journey round
//! the world in the dark. What is proven impossible (an error) does not rest on this but on [`LONGEST_HOLD_MS`].

use super::flow::Flow;
use super::week::{ALL_DAYS, Week};
use crate::ir::{OnCap, Policy, Purpose, Quiet, QuietAction, Send, SendOption};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

/// More than any hold is reckoned to take: a week and a day for clock changes. What a rate makes wait depends on all users of the
/// project, so nothing better is known of it.
pub(super) const LONGEST_HOLD_MS: i64 = 8 * 24 * HOUR_MS;

/// Whether some rule can hold this send back.
pub(super) fn can_hold(flow: &Flow<'_>, send: &Send) -> bool {
    longest_hold_ms(flow, send) > 0
}

/// The longest time a send takes, in ms: all its attempts one after the other, each held by the hours and then by a cap.
pub(super) fn longest_hold_ms(flow: &Flow<'_>, send: &Send) -> i64 {
    let policy = &flow.program.policies[flow.journey.policy.index()];
    if !policy.rates.is_empty() {
        return LONGEST_HOLD_MS;
    }
    let held = send.options.iter().map(|option| attempt_ms(flow, policy, send, option)).sum::<i64>();
    send.within.map_or(held, |deadline| held.min(deadline.longest_ms()))
}

fn attempt_ms(flow: &Flow<'_>, policy: &Policy, send: &Send, option: &SendOption) -> i64 {
    let closed = closed_ms(flow, policy, send, option);
    let retries = policy.caps.iter().filter(|cap| cap.scope.covers(option.channel));
    let retry = retries
        .filter_map(|cap| match cap.on_cap {
            OnCap::Retry(span) => Some(span.longest_ms()),
            OnCap::Skip | OnCap::Exit => None,
        })
        .max();
    // What waits for a cap waits for the hours again when the cap lets it go.
    let retry = retry.filter(|_| send.purpose == Purpose::Marketing).map_or(0, |most| most + closed);
    closed + retry
}

/// The longest time the hours keep an attempt back: all rules that can apply to some user at once.
fn closed_ms(flow: &Flow<'_>, policy: &Policy, send: &Send, option: &SendOption) -> i64 {
    let mut open = Week::all();
    if let Some(between) = send.between {
        open = open.and(&Week::of(between, send.days));
    }
    if let Some(hours) = flow.program.channel(option.channel).hours {
        open = open.and(&Week::of(hours, ALL_DAYS));
    }
    let quiet = policy
        .quiet
        .iter()
        .filter(|rule| send.purpose != Purpose::Transactional && rule.scope.covers(option.channel));
    let (dropping, holding): (Vec<&Quiet>, Vec<&Quiet>) =
        quiet.partition(|rule| rule.action == QuietAction::Drop);
    for rule in holding {
        open = open.without(&Week::of(rule.hours, rule.days));
    }
    // Where every rule drops, nothing waits.
    if open.is_all() {
        return 0;
    }
    for rule in dropping {
        open = open.without(&Week::of(rule.hours, rule.days));
    }
    let Some(minutes) = open.longest_wait() else { return LONGEST_HOLD_MS };
    let stretch = minutes as i64 * MINUTE_MS;
    // Clocks put back lengthen a stretch by up to an hour.
    (2 * (stretch + HOUR_MS)).min(LONGEST_HOLD_MS)
}
