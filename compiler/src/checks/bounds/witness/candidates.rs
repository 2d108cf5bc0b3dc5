//! Journeys that can take part in a story: their messages at fixed times after the entry.

use super::super::{Class, Run};
use super::Asked;
use crate::checks::flow::{Cause, Flow};
use crate::checks::paths::Sent;
use crate::checks::week::ALL_DAYS;
use crate::ir::{
    CapScope, Channel, ChannelId, Const, Entry, EventId, Exit, ExprId, ExprKind, FieldId, FieldType, Journey,
    Period, Program, ReenterMode, Send, SendOption, Span, Split, StepId, StepKind,
};
use std::collections::{BTreeMap, BTreeSet};

/// A message of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    /// How long after the entry.
    pub(super) at_ms: i64,
    /// The send.
    pub(super) step: StepId,
    /// Which of its channels takes it; those before it fail.
    pub(super) option: usize,
    /// How much it adds, with what failed attempts cost.
    pub(super) adds: i64,
}

/// How a journey is entered again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// This long after an entry, when the run it began has ended.
    Ended(i64),
    /// At any time.
    Anytime,
    /// At any time, with another value of this key field.
    Lane(FieldId),
}

impl Again {
    /// How long after an entry the next one may come.
    pub(super) fn after_ms(self) -> i64 {
        match self {
            Again::Ended(ms) => ms,
            Again::Anytime | Again::Lane(_) => 1,
        }
    }
}

/// What lets the user in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trigger {
    /// An event.
    Event(EventId),
    /// A segment turns.
    Segment,
    /// A local clock on weekdays, bit 0 = Monday.
    Clock {
        /// The weekdays.
        days: u8,
        /// The clock, ms.
        at_ms: i64,
    },
}

impl Trigger {
    /// The event, where it is one.
    pub(super) fn event(self) -> Option<EventId> {
        match self {
            Trigger::Event(event) => Some(event),
            Trigger::Segment | Trigger::Clock { .. } => None,
        }
    }

    fn of(program: &Program, entry: &Entry) -> Option<Trigger> {
        match entry {
            Entry::Event { event, .. } => Some(Trigger::Event(*event)),
            Entry::Enter { .. } => Some(Trigger::Segment),
            Entry::Every { period, at_ms, segment } => {
                let days = match period {
                    Period::Day => ALL_DAYS,
                    Period::Week(days) => *days,
                    Period::Month(_) | Period::Year(_) => return None,
                };
                // Who is in the segment today must be in it tomorrow.
                let is_lasting = is_timeless(program, program.segments[segment.index()].predicate);
                is_lasting.then_some(Trigger::Clock { days, at_ms: *at_ms })
            }
            Entry::Leave { .. } | Entry::At { .. } => None,
        }
    }
}

/// Whether an expression reads attributes only: its value changes with nothing but them.
fn is_timeless(program: &Program, expr: ExprId) -> bool {
    let kind = &program.expr(expr).kind;
    let mut is_timeless = !matches!(
        kind,
        ExprKind::Now
            | ExprKind::Today
            | ExprKind::TimeTest { .. }
            | ExprKind::Aggregate { .. }
            | ExprKind::Column { .. }
    );
    kind.for_each_operand(|operand| is_timeless &= self::is_timeless(program, operand));
    is_timeless
}

/// A journey with the messages of its best path.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// Position of the journey.
    pub(super) run: usize,
    /// What lets the user in.
    pub(super) trigger: Trigger,
    pub(super) dues: Vec<Due>,
    /// How the next entry is let in, where that is known.
    pub(super) again: Option<Again>,
    /// Most entries.
    pub(super) most_entries: i64,
}

impl Candidate {
    pub(super) fn total(&self) -> i64 {
        self.dues.iter().fold(0, |sum, due| sum.saturating_add(due.adds))
    }

    /// When the first message that counts is due after the entry.
    pub(super) fn first_ms(&self) -> i64 {
        self.dues.iter().find(|due| due.adds > 0).map_or(0, |due| due.at_ms)
    }

    /// Each message with its send.
    pub(super) fn sends<'p>(&self, runs: &[Run<'p>]) -> impl Iterator<Item = (&Due, &'p Send)> {
        let journey = runs[self.run].flow.journey;
        self.dues.iter().filter_map(move |due| match &journey.steps[due.step.index()].kind {
            StepKind::Send(send) => Some((due, send)),
            _ => None,
        })
    }
}

/// Every journey that can take part, as it is heaviest and as its first channels take everything.
pub(super) fn all(program: &Program, runs: &[Run<'_>], asked: Asked) -> Vec<Candidate> {
    let of = |(index, run): (usize, &Run<'_>)| {
        let journey = run.flow.journey;
        let trigger = Trigger::of(program, &journey.entry)?;
        if journey.active.is_some() || journey.holdout >= 1_000_000 {
            return None;
        }
        let heaviest = best(program, run, asked.class, |send| heaviest(program, send, asked.class))?;
        let plain = best(program, run, asked.class, |_| 0);
        let differs = heaviest.iter().any(|due| due.option > 0);
        let candidate = |dues| Candidate {
            run: index,
            trigger,
            dues,
            again: again(program, run, trigger),
            most_entries: most_entries(program, journey),
        };
        Some([Some(heaviest), plain.filter(|_| differs)].into_iter().flatten().map(candidate).collect())
    };
    runs.iter().enumerate().filter_map(of).flat_map(|both: Vec<Candidate>| both).collect()
}

/// The channel of a send that adds most when all before it fail.
fn heaviest(program: &Program, send: &Send, class: Class) -> usize {
    let most = |(option, _): &(usize, &SendOption)| adds(program, send, *option, class);
    let all: Vec<_> = send.options.iter().enumerate().collect();
    // Of equals the first.
    all.into_iter().rev().max_by_key(most).map_or(0, |(option, _)| option)
}

/// What a send adds when this one of its channels takes it.
fn adds(program: &Program, send: &Send, option: usize, class: Class) -> i64 {
    let Some(taken) = send.options.get(option) else { return 0 };
    match class {
        Class::Messages(scope) => i64::from(scope.covers(taken.channel)),
        // Each message has one part at least.
        Class::Cost => {
            let cost = |channel: &Channel| (channel.cost * 1e6).round() as i64;
            let failed = send.options[..option].iter().map(|failed| program.channel(failed.channel));
            let billed = failed.filter(|channel| !channel.unbilled_on_failure).map(cost);
            billed.fold(cost(program.channel(taken.channel)), i64::saturating_add)
        }
    }
}

/// The path with most messages among those that need nothing but the entry, time, and the arm of one split.
fn best(program: &Program, run: &Run<'_>, class: Class, option: impl Fn(&Send) -> usize) -> Option<Vec<Due>> {
    let dues = |path: &Vec<Sent>| -> Option<Vec<Due>> {
        let mut rounds: BTreeMap<StepId, i64> = BTreeMap::new();
        path.iter()
            .map(|sent| {
                let fixed = fixed(&run.flow, sent.step)?;
                let round = rounds.entry(sent.step).or_default();
                let at_ms = fixed.at_ms.saturating_add(round.saturating_mul(fixed.every_ms));
                *round += 1;
                let StepKind::Send(send) = &run.flow.journey.steps[sent.step.index()].kind else {
                    return None;
                };
                let option = option(send);
                Some(Due { at_ms, step: sent.step, option, adds: adds(program, send, option, class) })
            })
            .collect()
    };
    let sum = |dues: &Vec<Due>| dues.iter().fold(0i64, |sum, due| sum.saturating_add(due.adds));
    run.paths.sends.iter().filter_map(dues).filter(|dues| sum(dues) > 0).max_by_key(sum)
}

/// When everyone who comes to a step comes to it.
#[derive(Clone, Copy)]
struct Fixed {
    /// How long after the entry.
    at_ms: i64,
    /// From one round to the next, where it lies in a `repeat`.
    every_ms: i64,
}

/// When a step is reached, where that is one fixed time after the entry and nothing is held.
fn fixed(flow: &Flow<'_>, step: StepId) -> Option<Fixed> {
    let state = flow.states[step.index()].as_ref()?;
    let is_plain =
        state.guards.iter().all(|g| matches!(g.cause, Cause::Entry(_) | Cause::Time(_) | Cause::Lifetime));
    if !is_plain {
        return None;
    }
    let mut at = flow.journey.first?;
    let (mut at_ms, mut every_ms) = (0i64, 0i64);
    // The straight way: nothing on it branches.
    while at != step {
        let node = &flow.journey.steps[at.index()];
        match &node.kind {
            StepKind::Wait { duration } if every_ms == 0 => {
                at_ms = at_ms.saturating_add(exact(flow, *duration)?)
            }
            StepKind::Send(_) | StepKind::Call { .. } | StepKind::Emit { .. } => {}
            // What a condition or an arm leads to without taking time changes nothing about when.
            StepKind::If { .. } if state.least_ms == state.most_ms => {
                return Some(Fixed { at_ms: state.least_ms, every_ms: 0 });
            }
            StepKind::Split(split) if state.least_ms == state.most_ms && is_likely(flow.journey, split) => {
                return Some(Fixed { at_ms: state.least_ms, every_ms: 0 });
            }
            StepKind::Repeat { times, every: Span::Exact(every), until: None, body: Some(body), .. } => {
                if holds(flow.journey, at, *body, step)? {
                    every_ms = *every;
                    at = *body;
                    continue;
                }
                at_ms = at_ms.saturating_add(every.saturating_mul(i64::from(*times) - 1));
            }
            _ => return None,
        }
        at = node.next?;
    }
    Some(Fixed { at_ms, every_ms })
}

/// Whether some user of a few is soon found for any arm, and the journey has no other split to go with it.
fn is_likely(journey: &Journey, split: &Split) -> bool {
    const TENTH: u32 = 100_000;
    let splits = journey.steps.iter().filter(|step| matches!(step.kind, StepKind::Split(_))).count();
    splits == 1 && journey.holdout == 0 && split.arms.iter().all(|arm| arm.weight >= TENTH)
}

/// Whether a step lies in the body of a `repeat`, whose rounds take no time; `None` where they may.
fn holds(journey: &Journey, repeat: StepId, body: StepId, step: StepId) -> Option<bool> {
    let mut at = body;
    let mut found = false;
    while at != repeat {
        found |= at == step;
        let node = &journey.steps[at.index()];
        match &node.kind {
            StepKind::Send(_) | StepKind::Call { .. } | StepKind::Emit { .. } => at = node.next?,
            _ => return None,
        }
    }
    Some(found)
}

fn exact(flow: &Flow<'_>, duration: ExprId) -> Option<i64> {
    match flow.program.expr(duration).kind {
        ExprKind::Const(Const::Duration(Span::Exact(ms))) => Some(ms),
        _ => None,
    }
}

/// How a journey is entered again, where nothing but its own runs limits entries.
fn again(program: &Program, run: &Run<'_>, trigger: Trigger) -> Option<Again> {
    let journey = run.flow.journey;
    if journey.reenter.cooldown.is_some() {
        return None;
    }
    match journey.reenter.mode {
        ReenterMode::Every => return Some(Again::Anytime),
        _ if journey.reenter.limit.is_some() => return None,
        ReenterMode::Never | ReenterMode::AfterExit | ReenterMode::Restart => {}
    }
    if let Trigger::Event(event) = trigger {
        let is_free = |field: &&FieldId| {
            let field = &program.event(event).fields[field.index()];
            matches!(field.ty, FieldType::Str(limit) if limit.is_none_or(|limit| limit.max >= 4))
        };
        if let Some(field) = journey.key.iter().find(is_free) {
            return Some(Again::Lane(*field));
        }
    }
    let is_ended_by_steps = journey.reenter.mode == ReenterMode::AfterExit
        && journey.key.is_empty()
        && journey.exits.is_empty()
        && journey.goals.is_empty();
    let last = StepId::new(journey.steps.len().checked_sub(1)?);
    let end = fixed(&run.flow, last).filter(|fixed| fixed.every_ms == 0)?.at_ms;
    let own = match &journey.steps[last.index()].kind {
        StepKind::Wait { duration } => exact(&run.flow, *duration)?,
        StepKind::Send(_) | StepKind::Call { .. } => 0,
        _ => return None,
    };
    is_ended_by_steps.then(|| Again::Ended(end.saturating_add(own).saturating_add(1)))
}

/// Most entries that the journey lets in whatever comes.
fn most_entries(program: &Program, journey: &Journey) -> i64 {
    let limit = journey.reenter.limit.map_or(i64::MAX, |(count, _)| i64::from(count));
    match journey.reenter.mode {
        ReenterMode::Every => limit.min(i64::from(program.settings.max_instances)),
        ReenterMode::Never | ReenterMode::AfterExit | ReenterMode::Restart => limit,
    }
}

/// Whether a journey can be told together with those already chosen: no event of the story ends, moves or restarts a run of it.
pub(super) fn go_together(runs: &[Run<'_>], chosen: &[&Candidate], candidate: &Candidate) -> bool {
    let all = || chosen.iter().copied().chain([candidate]);
    if chosen.iter().any(|other| other.run == candidate.run) {
        return false;
    }
    let failing: BTreeSet<ChannelId> = all().flat_map(|c| failing(runs, c)).collect();
    let takes = |of: &Candidate| {
        of.sends(runs).any(|(due, send)| failing.contains(&send.options[due.option].channel))
    };
    if all().any(takes) {
        return false;
    }
    let is_quiet = |of: &Candidate| {
        let journey = runs[of.run].flow.journey;
        let hears = |event: EventId| {
            all().any(|c| c.trigger == Trigger::Event(event) || emits(runs[c.run].flow.journey, event))
        };
        let exits = journey.exits.iter().any(|exit| match exit {
            Exit::Event { event, .. } => hears(*event),
            Exit::When { .. } => true,
        });
        // A wait that an event of the story ends leads elsewhere.
        let waits = journey.steps.iter().any(|step| match &step.kind {
            StepKind::WaitFor { arms, .. } => arms.iter().any(|arm| hears(arm.event)),
            _ => false,
        });
        exits
            || waits
            || journey.goals.iter().any(|goal| hears(goal.event))
            || journey.refreshes.iter().any(|refresh| hears(refresh.event))
            || (journey.reenter.mode == ReenterMode::Restart
                && all().any(|c| c.run != of.run && c.trigger == of.trigger))
    };
    !all().any(is_quiet)
}

/// The channels whose provider fails in a candidate's story.
pub(super) fn failing(runs: &[Run<'_>], candidate: &Candidate) -> Vec<ChannelId> {
    let of = |(due, send): (&Due, &Send)| {
        send.options[..due.option].iter().map(|option| option.channel).collect::<Vec<_>>()
    };
    candidate.sends(runs).flat_map(of).collect()
}

fn emits(journey: &Journey, event: EventId) -> bool {
    journey
        .steps
        .iter()
        .any(|step| matches!(step.kind, StepKind::Emit { event: emitted, .. } if emitted == event))
}

/// Whether a cap counts messages of this scope.
pub(super) fn overlaps(cap: CapScope, scope: CapScope) -> bool {
    cap == CapScope::All || scope == CapScope::All || cap == scope
}
