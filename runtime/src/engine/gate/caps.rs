//! Frequency caps and budgets: whether one more message fits, and when room comes free.

use super::ledger::{Entry, Ledger, Standing};
use super::{Attempt, Commons, Facts, Obstacle, money, wait, words};
use crate::engine::effects::{Drop, Hold};
use wayline_compiler::calendar::{Unit, Zone};
use wayline_compiler::ir::{Cap, CapPeriod, OnCap, Purpose, Purse};

/// A cap that has no room.
struct Full<'a> {
    cap: &'a Cap,
    /// When it has room again if nothing else is sent; `i64::MAX` for never.
    free_at: i64,
    /// The last message that used it.
    winner: Option<Entry>,
}

/// Whether every cap has room. Of several full ones the sternest action counts: exit, then skip, then retry.
pub(super) fn check(
    attempt: &Attempt<'_>,
    ledger: Option<&Ledger>,
    facts: &mut dyn Facts,
) -> Result<(), Obstacle> {
    let free =
        attempt.program.channel(attempt.channel).uncapped || attempt.send.purpose != Purpose::Marketing;
    if free || attempt.policy.caps.is_empty() {
        return Ok(());
    }
    let entries = ledger.map_or(&[][..], Ledger::entries);
    let full: Vec<Full<'_>> = attempt
        .policy
        .caps
        .iter()
        .filter(|cap| {
            cap.scope.covers(attempt.channel) && !cap.unless.is_some_and(|unless| facts.holds(unless))
        })
        .filter_map(|cap| full(cap, entries, attempt))
        .collect();
    let Some(first) = full.first() else { return Ok(()) };
    let detail = |full: &Full<'_>| {
        let by = full.winner.as_ref().map(|entry| words::author(attempt, entry));
        words::cap(attempt, full.cap, by.as_deref())
    };
    if let Some(exit) = full.iter().find(|full| full.cap.on_cap == OnCap::Exit) {
        return Err(Obstacle::Exit { detail: detail(exit) });
    }
    // The shortest patience of all full caps; one that skips has none.
    let mut patience = (i64::MAX, first);
    for full in &full {
        let until = match full.cap.on_cap {
            OnCap::Skip | OnCap::Exit => i64::MIN,
            OnCap::Retry(most) => attempt.retry_until.unwrap_or_else(|| attempt.zone.add(attempt.now, most)),
        };
        if until < patience.0 {
            patience = (until, full);
        }
    }
    let (give_up, sternest) = patience;
    if attempt.now >= give_up {
        return Err(Obstacle::Drop { why: Drop::Cap, detail: detail(sternest) });
    }
    let free_at = full.iter().map(|full| full.free_at).max().unwrap_or(i64::MAX);
    Err(wait(attempt, Hold::Cap, free_at.min(give_up), Some(give_up), detail(sternest)))
}

/// The budget that one more message of this cost would exceed, in words.
pub(super) fn over_budget(
    attempt: &Attempt<'_>,
    cost: i64,
    ledger: Option<&Ledger>,
    commons: &dyn Commons,
) -> Option<String> {
    let budgets = attempt.policy.budgets.iter().filter(|budget| budget.scope.covers(attempt.channel));
    for budget in budgets {
        let spent = match budget.of {
            Purse::Project => commons.spent(budget.scope, budget.per, attempt.now),
            Purse::User => ledger
                .map_or(&[][..], Ledger::entries)
                .iter()
                .filter(|entry| {
                    entry.is_in(budget.scope) && in_period(budget.per, entry.at, attempt.zone, attempt.now)
                })
                .fold(0i64, |sum, entry| sum.saturating_add(entry.cost)),
        };
        if cost > 0 && spent.saturating_add(cost) > money(budget.amount) {
            return Some(words::budget(attempt, budget));
        }
    }
    None
}

/// Whether an instant is in the period that ends now, or that contains now.
pub(super) fn in_period(per: CapPeriod, at: i64, zone: Zone, now: i64) -> bool {
    match calendar_unit(per) {
        Ok(unit) => at >= zone.start_of(unit, now),
        Err(span) => zone.add(at, span) > now,
    }
}

/// The calendar unit of a period, or the length of a rolling one.
pub(super) fn calendar_unit(per: CapPeriod) -> Result<Unit, wayline_compiler::ir::Span> {
    match per {
        CapPeriod::Day => Ok(Unit::Day),
        CapPeriod::Week => Ok(Unit::Week),
        CapPeriod::Month => Ok(Unit::Month),
        CapPeriod::Rolling(span) => Err(span),
    }
}

/// The cap, if it has no room now.
fn full<'a>(cap: &'a Cap, entries: &[Entry], attempt: &Attempt<'_>) -> Option<Full<'a>> {
    let (zone, now) = (attempt.zone, attempt.now);
    let used: Vec<&Entry> = entries
        .iter()
        .filter(|entry| entry.standing == Standing::Counted && entry.is_in(cap.scope))
        .filter(|entry| in_period(cap.per, entry.at, zone, now))
        .collect();
    let excess = used.len().checked_sub(cap.max as usize)?;
    let free_at = match (calendar_unit(cap.per), used.get(excess)) {
        (_, None) => i64::MAX,
        (Ok(unit), Some(_)) => zone.end_of(unit, now),
        (Err(span), Some(entry)) => zone.add(entry.at, span),
    };
    Some(Full { cap, free_at, winner: used.last().map(|entry| **entry) })
}
