//! When a message may leave: `between`, the channel's hours and quiet hours, all at once, exact through changes of clocks.
//!
//! Which rules hold is decided at the instant of asking; the search then walks from one change to the next (ends of windows,
//! midnights, changes of clocks), between which nothing can change.

use super::{Attempt, Facts, words};
use crate::engine::effects::Hold;
use wayline_compiler::calendar::{DAY_MS, Local, Zone, hours, weekday};
use wayline_compiler::ir::{CapScope, ClockRange, Purpose, Quiet, QuietAction};

/// The pattern of a week and of two changes of clocks: what is not allowed within this never is.
const HORIZON_MS: i64 = 15 * DAY_MS;

/// What hours say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timing {
    /// Now.
    Open,
    /// At the first instant that all rules allow.
    Later {
        /// The rule that forbids it now.
        why: Hold,
        /// That instant.
        until: i64,
        /// Names the rule.
        detail: String,
    },
    /// The rules together leave no instant.
    Never {
        /// Names the rule that forbids it now.
        detail: String,
    },
    /// Quiet hours that drop, or that do not end in time.
    Drop {
        /// Names the rule.
        detail: String,
    },
}

/// When the message may leave; asked at the due instant, at release, and again whenever something it reads has changed.
pub fn timing(attempt: &Attempt<'_>, facts: &mut dyn Facts) -> Timing {
    let rules = Rules::of(attempt, facts);
    if rules.between.is_none() && rules.hours.is_none() && rules.quiet.is_empty() {
        return Timing::Open;
    }
    let Some(block) = rules.block(attempt.zone.local(attempt.now)) else { return Timing::Open };
    let detail = words::block(attempt, block);
    let until = rules.first_open(attempt.zone, attempt.now);
    let why = match block {
        Block::Window => Hold::Window,
        Block::Hours(_) => Hold::Hours,
        Block::Quiet(quiet) => match (quiet.action, until) {
            (QuietAction::Drop, _) => return Timing::Drop { detail },
            (QuietAction::HoldUpTo(most), Some(until))
                if until > attempt.zone.add(attempt.held_since, most) =>
            {
                return Timing::Drop { detail };
            }
            (QuietAction::Hold | QuietAction::HoldUpTo(_), _) => Hold::Quiet,
        },
    };
    match until {
        Some(until) => Timing::Later { why, until, detail },
        // Held to its deadline, where it has one.
        None if attempt.deadline < i64::MAX => Timing::Later { why, until: attempt.deadline, detail },
        None => Timing::Never { detail },
    }
}

/// A rule that forbids an instant.
#[derive(Clone, Copy, Debug)]
pub(super) enum Block<'a> {
    /// `between` of the send.
    Window,
    /// The channel's hours.
    Hours(ClockRange),
    /// Quiet hours.
    Quiet(&'a Quiet),
}

/// The rules that hold for an attempt at the moment of asking.
struct Rules<'a> {
    between: Option<(ClockRange, u8)>,
    hours: Option<ClockRange>,
    quiet: Vec<&'a Quiet>,
}

impl<'a> Rules<'a> {
    fn of(attempt: &Attempt<'a>, facts: &mut dyn Facts) -> Self {
        let send = attempt.send;
        let whole_day = ClockRange { from_ms: 0, to_ms: DAY_MS };
        let between = match (send.between, send.days & hours::EVERY_DAY) {
            (None, hours::EVERY_DAY) => None,
            (range, days) => Some((range.unwrap_or(whole_day), days)),
        };
        let quiet = match send.purpose {
            Purpose::Marketing | Purpose::Informational => quiet(attempt, facts),
            Purpose::Transactional => Vec::new(),
        };
        Self { between, hours: attempt.program.channel(attempt.channel).hours, quiet }
    }

    /// The first rule, in the order of the language, that forbids a wall-clock reading.
    fn block(&self, local: Local) -> Option<Block<'a>> {
        if self.between.is_some_and(|(range, days)| !inside(range, days, local)) {
            return Some(Block::Window);
        }
        if let Some(range) = self.hours.filter(|range| !hours::contains(*range, local.clock)) {
            return Some(Block::Hours(range));
        }
        self.quiet.iter().find(|quiet| inside(quiet.hours, quiet.days, local)).copied().map(Block::Quiet)
    }

    /// The first instant from `from` on that no rule forbids.
    fn first_open(&self, zone: Zone, from: i64) -> Option<i64> {
        let mut edges = vec![0];
        let ranges = self.between.iter().map(|(range, _)| *range).chain(self.hours);
        for range in ranges.chain(self.quiet.iter().map(|quiet| quiet.hours)) {
            edges.extend([range.from_ms, range.to_ms]);
        }
        let mut at = from;
        while at <= from.saturating_add(HORIZON_MS) {
            let local = zone.local(at);
            if self.block(local).is_none() {
                return Some(at);
            }
            let to_edge = |edge: &i64| match (edge - local.clock).rem_euclid(DAY_MS) {
                0 => DAY_MS,
                ms => ms,
            };
            let next = at.saturating_add(edges.iter().map(to_edge).min().unwrap_or(DAY_MS));
            at = zone.change_before(at, next).unwrap_or(next);
        }
        None
    }
}

fn inside(range: ClockRange, days: u8, local: Local) -> bool {
    hours::contains(range, local.clock) && days >> weekday(local.date) & 1 == 1
}

/// The quiet rules in force: of the author's, those of the most specific scope whose `unless` does not hold; of a profile's, for
/// advertising, each whose `unless` does not hold.
fn quiet<'a>(attempt: &Attempt<'a>, facts: &mut dyn Facts) -> Vec<&'a Quiet> {
    let mut rules = Vec::new();
    let mut decided: Option<CapScope> = None;
    for rule in &attempt.policy.quiet {
        let covers = match rule.scope {
            CapScope::All => true,
            CapScope::Channel(channel) => channel == attempt.channel,
        };
        let asked = match (rule.fact, decided) {
            (Some(_), _) => attempt.send.purpose == Purpose::Marketing,
            (None, Some(scope)) => scope == rule.scope,
            (None, None) => true,
        };
        if !covers || !asked || rule.unless.is_some_and(|unless| facts.holds(unless)) {
            continue;
        }
        if rule.fact.is_none() {
            decided = Some(rule.scope);
        }
        rules.push(rule);
    }
    rules
}
