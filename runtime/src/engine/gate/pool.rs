//! What the whole project shares: budgets and sending rates, behind a trait so that a host may keep them elsewhere.
//!
//! [`Pool`] is the one for a single process. It remembers only what some policy of the program asks about.

use super::caps::{calendar_unit, in_period};
use super::ledger::longest_ms;
use std::collections::{BTreeMap, VecDeque};
use wayline_compiler::calendar::Zone;
use wayline_compiler::ir::{CapPeriod, CapScope, ChannelId, Program, Purse, Rate};

/// Project-wide budgets and rates.
pub trait Commons {
    /// What was spent (in millionths) on a scope in the period that ends with, or contains, `now`, in the project's zone.
    fn spent(&self, scope: CapScope, per: CapPeriod, now: i64) -> i64;
    /// Notes money spent at `now`.
    fn spend(&mut self, channel: ChannelId, cost: i64, now: i64);
    /// Takes back money spent at `at`.
    fn refund(&mut self, channel: ChannelId, cost: i64, at: i64);
    /// The first instant from `now` on at which these rates let the message go; it is reserved, and the same `id` gets it again. `now`
    /// means: it goes.
    fn turn(&mut self, rates: &[Rate], channel: ChannelId, id: u128, now: i64) -> i64;
}

/// Budgets and rates of a single process.
#[derive(Clone, Debug)]
pub struct Pool {
    zone: Zone,
    purses: Vec<PurseLog>,
    lines: Vec<Line>,
    /// Turns given to messages that have not left yet.
    turns: BTreeMap<u128, i64>,
    /// The greatest instant at which a turn was asked for.
    reached: i64,
    /// Number of turns at which those long past (their message was withdrawn) are thrown away.
    sweep_at: usize,
}

/// Fewer forgotten turns than this are not worth a sweep.
const LEAST_SWEEP: usize = 1024;

/// Money of one (scope, period) that some budget asks about.
#[derive(Clone, Debug)]
struct PurseLog {
    scope: CapScope,
    per: CapPeriod,
    /// (instant, money) of a rolling period, (start of the period, sum) of a calendar one; oldest first.
    spent: VecDeque<(i64, i64)>,
}

/// Messages of one scope that some rate asks about, at the instants they leave.
#[derive(Clone, Debug)]
struct Line {
    scope: CapScope,
    longest_ms: i64,
    /// Ascending.
    leaves: Vec<i64>,
}

impl Pool {
    /// The empty books of a program.
    pub fn new(program: &Program) -> Self {
        let zone = Zone::named(&program.settings.zone).unwrap_or(Zone::UTC);
        let mut pool = Self {
            zone,
            purses: Vec::new(),
            lines: Vec::new(),
            turns: BTreeMap::new(),
            reached: i64::MIN,
            sweep_at: LEAST_SWEEP,
        };
        for policy in &program.policies {
            for budget in policy.budgets.iter().filter(|budget| budget.of == Purse::Project) {
                if pool.purse(budget.scope, budget.per).is_none() {
                    pool.purses.push(PurseLog {
                        scope: budget.scope,
                        per: budget.per,
                        spent: VecDeque::new(),
                    });
                }
            }
            for rate in &policy.rates {
                let longest_ms = rate.per.longest_ms();
                match pool.lines.iter_mut().find(|line| line.scope == rate.scope) {
                    Some(line) => line.longest_ms = line.longest_ms.max(longest_ms),
                    None => pool.lines.push(Line { scope: rate.scope, longest_ms, leaves: Vec::new() }),
                }
            }
        }
        pool
    }

    /// Takes over the books of another program, as far as this one asks for them; `to` says what its channels are here.
    pub fn take_over(&mut self, old: &Self, to: &dyn Fn(ChannelId) -> Option<ChannelId>) {
        let scope = |scope: CapScope| match scope {
            CapScope::All => Some(CapScope::All),
            CapScope::Channel(channel) => to(channel).map(CapScope::Channel),
        };
        for purse in &old.purses {
            let mut all = self.purses.iter_mut();
            let same = all.find(|new| Some(new.scope) == scope(purse.scope) && new.per == purse.per);
            if let Some(same) = same {
                same.spent.clone_from(&purse.spent);
            }
        }
        for line in &old.lines {
            if let Some(same) = self.lines.iter_mut().find(|new| Some(new.scope) == scope(line.scope)) {
                same.leaves.clone_from(&line.leaves);
            }
        }
        self.turns.clone_from(&old.turns);
        self.reached = old.reached;
    }

    fn purse(&self, scope: CapScope, per: CapPeriod) -> Option<&PurseLog> {
        self.purses.iter().find(|purse| purse.scope == scope && purse.per == per)
    }
}

impl Commons for Pool {
    fn spent(&self, scope: CapScope, per: CapPeriod, now: i64) -> i64 {
        let Some(purse) = self.purse(scope, per) else { return 0 };
        let spent = purse.spent.iter().filter(|(at, _)| in_period(per, *at, self.zone, now));
        spent.fold(0, |sum: i64, (_, money)| sum.saturating_add(*money))
    }

    fn spend(&mut self, channel: ChannelId, cost: i64, now: i64) {
        for purse in self.purses.iter_mut().filter(|purse| purse.scope.covers(channel)) {
            purse.spend(self.zone, cost, now);
        }
    }

    fn refund(&mut self, channel: ChannelId, cost: i64, at: i64) {
        for purse in self.purses.iter_mut().filter(|purse| purse.scope.covers(channel)) {
            purse.refund(self.zone, cost, at);
        }
    }

    fn turn(&mut self, rates: &[Rate], channel: ChannelId, id: u128, now: i64) -> i64 {
        if self.lines.is_empty() {
            return now;
        }
        let rates: Vec<&Rate> = rates.iter().filter(|rate| rate.scope.covers(channel)).collect();
        // A line of the log may be earlier than another user's before it: where there was room for it, it waits for nobody.
        let is_earlier = now < self.reached;
        self.reached = self.reached.max(now);
        // Its own reservation makes room for itself; if it was missed (held by something else then), it need not queue again.
        if let Some(old) = self.turns.remove(&id) {
            for line in self.lines.iter_mut().filter(|line| line.scope.covers(channel)) {
                line.remove(old);
            }
            if old > now || rates.iter().all(|rate| self.room_from(rate, now) == now) {
                return self.reserve(channel, id, old.max(now), now);
            }
        }
        if is_earlier && rates.iter().all(|rate| self.fits_between(rate, now)) {
            return self.reserve(channel, id, now, now);
        }
        let mut turn = now;
        loop {
            let next =
                rates.iter().map(|rate| self.room_from(rate, self.behind(rate, turn))).fold(turn, i64::max);
            if next == turn {
                return self.reserve(channel, id, turn, now);
            }
            turn = next;
        }
    }
}

impl Pool {
    fn reserve(&mut self, channel: ChannelId, id: u128, turn: i64, now: i64) -> i64 {
        for line in self.lines.iter_mut().filter(|line| line.scope.covers(channel)) {
            line.insert(turn, now);
        }
        if turn > now {
            self.turns.insert(id, turn);
            if self.turns.len() > self.sweep_at {
                self.turns.retain(|_, turn| *turn >= now);
                self.sweep_at = LEAST_SWEEP.max(2 * self.turns.len());
            }
        }
        turn
    }

    fn line(&self, scope: CapScope) -> Option<&Line> {
        self.lines.iter().find(|line| line.scope == scope)
    }

    /// Not before those that already wait for this rate. A line of all channels also holds turns that the rate of one channel
    /// put far off; it is served as it comes.
    fn behind(&self, rate: &Rate, from: i64) -> i64 {
        match rate.scope {
            CapScope::Channel(_) => {
                let last = self.line(rate.scope).and_then(|line| line.leaves.last().copied());
                last.map_or(from, |last| last.max(from))
            }
            CapScope::All => from,
        }
    }

    /// Whether one more at `at` leaves every window of the rate within it, those of what leaves later too.
    fn fits_between(&self, rate: &Rate, at: i64) -> bool {
        let Some(line) = self.line(rate.scope) else { return true };
        let max = (rate.max as usize).max(1);
        let until = line.leaves.partition_point(|leave| *leave <= at);
        let later = line.leaves[until..].iter().take_while(|leave| **leave < self.zone.add(at, rate.per));
        // The `max + 1` messages that end with a later one must not fit in one window, nor those that end with this one.
        let is_crowded = |(index, last): (usize, &i64)| {
            let first = match max - 1 - index {
                0 => Some(at),
                before => until.checked_sub(before).and_then(|index| line.leaves.get(index).copied()),
            };
            first.is_some_and(|first| self.zone.add(first, rate.per) > *last)
        };
        self.room_from(rate, at) == at && !later.take(max).enumerate().any(is_crowded)
    }

    /// The first instant from `from` on that has room in (t − D, t].
    fn room_from(&self, rate: &Rate, from: i64) -> i64 {
        let Some(line) = self.line(rate.scope) else { return from };
        let max = (rate.max as usize).max(1);
        let mut at = from;
        loop {
            let until = line.leaves.partition_point(|leave| *leave <= at);
            let oldest = until.checked_sub(max).and_then(|index| line.leaves.get(index));
            match oldest.map(|oldest| self.zone.add(*oldest, rate.per)) {
                Some(free) if free > at => at = free,
                Some(_) | None => return at,
            }
        }
    }
}

impl PurseLog {
    fn spend(&mut self, zone: Zone, cost: i64, now: i64) {
        let (at, keep_ms) = match calendar_unit(self.per) {
            Ok(unit) => (zone.start_of(unit, now), 2 * longest_ms(self.per)),
            Err(_) => (now, longest_ms(self.per)),
        };
        while self.spent.front().is_some_and(|(old, _)| old.saturating_add(keep_ms) < now) {
            self.spent.pop_front();
        }
        match self.spent.back_mut() {
            Some(last) if last.0 == at => last.1 = last.1.saturating_add(cost),
            Some(_) | None => self.spent.push_back((at, cost)),
        }
    }

    fn refund(&mut self, zone: Zone, cost: i64, at: i64) {
        let at = calendar_unit(self.per).map_or(at, |unit| zone.start_of(unit, at));
        if let Some(entry) = self.spent.iter_mut().rev().find(|entry| entry.0 == at) {
            entry.1 = entry.1.saturating_sub(cost);
        }
    }
}

impl Line {
    fn insert(&mut self, leave: i64, now: i64) {
        let oldest = now.saturating_sub(self.longest_ms);
        // In bulk, so that each message pays a constant share.
        let expired = self.leaves.partition_point(|old| *old <= oldest);
        if expired > self.leaves.len() / 2 {
            self.leaves.drain(..expired);
        }
        let index = self.leaves.partition_point(|old| *old <= leave);
        self.leaves.insert(index, leave);
    }

    fn remove(&mut self, leave: i64) {
        let index = self.leaves.partition_point(|old| *old < leave);
        if self.leaves.get(index) == Some(&leave) {
            self.leaves.remove(index);
        }
    }
}
