//! The most of one class of messages (or money) in one window, for one user.

use super::entries::overlapping;
use super::{Class, Run};
use crate::checks::encode::{At, Encoder, Moment, Occurrence};
use crate::checks::paths::Sent;
use crate::ir::{
    CapPeriod, CapScope, Entry, ExprId, FieldType, Journey, Program, Purpose, Send, SendOption, StepKind,
    Unit,
};
use crate::solve::{Formula, Outcome};

/// A bound over the project.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Bound {
    /// The most; `None` when nothing bounds it.
    pub(super) most: Option<i64>,
    /// What each journey adds, by position; unbounded ones are `None`.
    pub(super) shares: Vec<(usize, Option<i64>)>,
    /// Events without a declared rate that would bound it.
    pub(super) missing_rates: Vec<String>,
}

/// What a send adds to a class at most.
pub(super) fn weight(program: &Program, send: &Send, class: Class) -> i64 {
    match class {
        Class::Messages(scope) => i64::from(send.options.iter().any(|o| scope.covers(o.channel))),
        Class::Cost => {
            // Every attempt before the last one has failed; some channels bill that too.
            let mut failed = 0i64;
            let mut most = 0i64;
            for option in &send.options {
                let price = price(program, option);
                most = most.max(failed.saturating_add(price));
                if !program.channel(option.channel).unbilled_on_failure {
                    failed = failed.saturating_add(price);
                }
            }
            most
        }
    }
}

/// Price of one message in millionths; where the unit has parts, of the most parts it can have.
fn price(program: &Program, option: &SendOption) -> i64 {
    let channel = program.channel(option.channel);
    let parts = channel
        .fields
        .iter()
        .filter_map(|field| match &field.ty {
            FieldType::Str(Some(limit)) if limit.unit == Unit::Gsm7 => Some(i64::from(limit.max)),
            _ => None,
        })
        .max()
        .unwrap_or(1);
    ((channel.cost * 1e6).round() as i64).saturating_mul(parts)
}

/// The most one run sends within any window of this length.
pub(super) fn per_run(run: &Run<'_>, class: Class, window_ms: i64) -> i64 {
    let weight_of = |sent: &Sent| match &run.flow.journey.steps[sent.step.index()].kind {
        StepKind::Send(send) => weight(run.flow.program, send, class),
        _ => 0,
    };
    if !run.paths.complete {
        return everything(run, class);
    }
    run.paths.sends.iter().map(|path| crowded(path, window_ms, weight_of)).max().unwrap_or(0)
}

/// The heaviest window of a path, gaps at their shortest.
fn crowded(path: &[Sent], window_ms: i64, weight: impl Fn(&Sent) -> i64) -> i64 {
    let mut at = Vec::with_capacity(path.len());
    let mut now = 0i64;
    for sent in path {
        now = now.saturating_add(sent.least_gap_ms);
        at.push((now, weight(sent)));
    }
    let (mut best, mut sum, mut start) = (0, 0i64, 0);
    for end in 0..at.len() {
        sum = sum.saturating_add(at[end].1);
        while at[end].0 - at[start].0 >= window_ms {
            sum -= at[start].1;
            start += 1;
        }
        best = best.max(sum);
    }
    best
}

/// Every send of the journey as often as its loops allow: the bound when there are too many paths to look at.
fn everything(run: &Run<'_>, class: Class) -> i64 {
    let rounds: i64 = run
        .flow
        .journey
        .steps
        .iter()
        .map(|s| match &s.kind {
            StepKind::Repeat { times, .. } => i64::from(*times),
            _ => 1,
        })
        .fold(1, i64::saturating_mul);
    let sends = run.flow.journey.steps.iter().filter_map(|s| match &s.kind {
        StepKind::Send(send) => Some(weight(run.flow.program, send, class)),
        _ => None,
    });
    sends.fold(0, i64::saturating_add).saturating_mul(rounds)
}

/// The most of a journey in a window, over all its runs.
pub(super) fn journey(run: &Run<'_>, class: Class, window_ms: i64) -> (Option<i64>, Option<String>) {
    let one = per_run(run, class, window_ms);
    if one == 0 {
        return (Some(0), None);
    }
    let entries = overlapping(run, window_ms);
    (entries.most.map(|n| n.saturating_mul(one)), entries.missing_rate)
}

/// The most over all journeys; of those whose entries exclude each other on immutable attributes the heaviest compatible set.
pub(super) fn project(program: &Program, runs: &[Run<'_>], class: Class, window_ms: i64) -> Bound {
    let mut bound = Bound::default();
    for (index, run) in runs.iter().enumerate() {
        let (most, missing) = journey(run, class, window_ms);
        bound.missing_rates.extend(missing);
        if most != Some(0) {
            bound.shares.push((index, most));
        }
    }
    bound.shares.sort_by_key(|(index, most)| (std::cmp::Reverse(most.unwrap_or(i64::MAX)), *index));
    let weights: Option<Vec<i64>> = bound.shares.iter().map(|(_, most)| *most).collect();
    bound.most = weights.map(|weights| {
        let journeys: Vec<&Journey> =
            bound.shares.iter().map(|(index, _)| runs[*index].flow.journey).collect();
        heaviest(program, &journeys, &weights)
    });
    bound
}

/// Most journeys for which exclusion is looked at; beyond, the plain sum is the bound.
const MAX_EXCLUSIVE: usize = 24;

fn heaviest(program: &Program, journeys: &[&Journey], weights: &[i64]) -> i64 {
    let sum = weights.iter().fold(0i64, |a, b| a.saturating_add(*b));
    if journeys.len() > MAX_EXCLUSIVE || journeys.len() < 2 {
        return sum;
    }
    let exclusive: Vec<Vec<bool>> = journeys
        .iter()
        .map(|left| journeys.iter().map(|right| excludes(program, left, right)).collect())
        .collect();
    if !exclusive.iter().flatten().any(|e| *e) {
        return sum;
    }
    best_set(weights, &exclusive, 0, &mut Vec::new())
}

/// The heaviest set of journeys no two of which exclude each other (at most 2²⁴ sets, cut by exclusion).
fn best_set(weights: &[i64], exclusive: &[Vec<bool>], at: usize, taken: &mut Vec<usize>) -> i64 {
    let Some(weight) = weights.get(at) else { return 0 };
    let fits = taken.iter().all(|t| !exclusive[*t][at]);
    if !fits {
        return best_set(weights, exclusive, at + 1, taken);
    }
    taken.push(at);
    let with = weight.saturating_add(best_set(weights, exclusive, at + 1, taken));
    taken.pop();
    let conflicts = exclusive[at].iter().enumerate().any(|(other, e)| *e && other > at);
    if conflicts { with.max(best_set(weights, exclusive, at + 1, taken)) } else { with }
}

/// Whether nobody can enter both, in whichever order and whatever happens in between: their entries contradict each other on what
/// never changes.
fn excludes(program: &Program, left: &Journey, right: &Journey) -> bool {
    never_after(program, left, right) && never_after(program, right, left)
}

/// Whether nobody who has entered `left` can enter `right` later.
fn never_after(program: &Program, left: &Journey, right: &Journey) -> bool {
    let mut encoder = Encoder::new(program, None);
    let later = encoder.later(Moment::ENTRY);
    let (Some(l), Some(r)) = (entry(program, left), entry(program, right)) else { return false };
    let mut truth = |(filter, event): (ExprId, Option<crate::ir::EventId>), moment, number| {
        encoder.truth(filter, At { moment, event: event.map(|e| (e, Occurrence::Later(number))) })
    };
    let (l, r) = (truth(l, Moment::ENTRY, 1), truth(r, later, 2));
    encoder.solve(&Formula::and([l, r])) == Outcome::Unsat
}

/// The condition of an entry and the event it is about.
fn entry(program: &Program, journey: &Journey) -> Option<(ExprId, Option<crate::ir::EventId>)> {
    match &journey.entry {
        Entry::Event { event, filter } => filter.map(|f| (f, Some(*event))),
        Entry::Enter { segment, .. } | Entry::Every { segment, .. } | Entry::At { segment, .. } => {
            Some((program.segments[segment.index()].predicate, None))
        }
        Entry::Leave { .. } => None,
    }
}

/// What caps leave of a demand: a theorem only together with the runtime's promise that a cap is never exceeded.
pub(super) fn after_caps(program: &Program, demand: Bound, scope: CapScope, window_ms: i64) -> Bound {
    // Only marketing messages are counted, and every policy in use must have the cap for it to bind all journeys.
    let caps_bind = |journey: &Journey| {
        let policy = &program.policies[journey.policy.index()];
        let all_marketing = journey.steps.iter().all(|s| match &s.kind {
            StepKind::Send(send) => {
                send.purpose == Purpose::Marketing
                    && send.options.iter().all(|o| !program.channel(o.channel).uncapped)
            }
            _ => true,
        });
        let caps = policy.caps.iter().filter(|cap| cap.scope == CapScope::All || cap.scope == scope);
        let most = caps.map(|cap| i64::from(cap.max).saturating_mul(windows(cap.per, window_ms))).min();
        if all_marketing { most } else { None }
    };
    let limits: Option<Vec<i64>> =
        demand.shares.iter().map(|(index, _)| caps_bind(&program.journeys[*index])).collect();
    let Some(limit) = limits.and_then(|l| l.into_iter().max()) else { return demand };
    if demand.most.is_some_and(|most| most <= limit) {
        return demand;
    }
    Bound { most: Some(limit), ..demand }
}

/// How many periods of a cap a window can touch.
fn windows(per: CapPeriod, window_ms: i64) -> i64 {
    const DAY_MS: i64 = 86_400_000;
    match per {
        CapPeriod::Rolling(span) => (window_ms + span.shortest_ms() - 1) / span.shortest_ms().max(1),
        CapPeriod::Day => window_ms / (DAY_MS - DAY_MS / 12) + 2,
        CapPeriod::Week => window_ms / (7 * DAY_MS - DAY_MS / 12) + 2,
        CapPeriod::Month => window_ms / (28 * DAY_MS - DAY_MS / 12) + 2,
    }
}
