//! `surplus-sends`, `cap-may-drop`, `cap-never-binds`, `conflicting-policies`: caps against the sends of a run, and rules against rules.

use super::Report;
use super::bounds::Run;
use super::flow::Flow;
use super::paths::{Paths, Sent};
use super::sendable::counts;
use super::week::Week;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Cap, CapPeriod, CapScope, OnCap, PolicyId, Program, Quiet, QuietAction, StepId, StepKind};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(program: &Program, runs: &[Run<'_>], report: &mut Report<'_>) {
    for run in runs {
        let policy = &program.policies[run.flow.journey.policy.index()];
        for (position, cap) in policy.caps.iter().enumerate() {
            // A cap of 0 is `never-sendable`; one that holds messages back does not drop them.
            if cap.max > 0 && !matches!(cap.on_cap, OnCap::Retry(_)) {
                one_cap(&run.flow, report, position, cap, &run.paths);
            }
        }
    }
}

fn one_cap(flow: &Flow<'_>, report: &mut Report<'_>, position: usize, cap: &Cap, paths: &Paths) {
    let verdicts: Vec<Verdict> = paths.sends.iter().map(|path| verdict(flow, cap, path)).collect();
    let Some(worst) = verdicts.iter().flatten().max_by_key(|crowd| (crowd.certain, crowd.steps.len())) else {
        return;
    };
    // A cap that spares somebody drops nothing for them.
    let everywhere = cap.unless.is_none()
        && paths.complete
        && verdicts.iter().all(|v| v.as_ref().is_some_and(|crowd| crowd.certain));
    let (last, n, k) = (worst.steps[worst.steps.len() - 1], worst.steps.len(), cap.max);
    let span = report.step(flow.id, last).head;
    let finding = if everywhere {
        Diagnostic::new(
            &codes::SURPLUS_SENDS,
            span,
            format!("at most {k} of these {n} messages can ever leave"),
        )
        .label("they fall into one period of the cap on every path")
        .help("spread them out, raise the cap, or remove one")
    } else {
        Diagnostic::new(
            &codes::CAP_MAY_DROP,
            span,
            format!("a cap may drop a message here: at most {k} of {n} leave in one period"),
        )
        .label("can fall into one period of the cap with those before")
        .help("spread them out, raise the cap, or let the less important one go first")
    };
    let mut finding = finding;
    if let Some(place) = report.spans.policies.get(&flow.journey.policy).and_then(|p| p.caps.get(position)) {
        finding = finding.also(*place, format!("at most {k}"));
    }
    for step in worst.steps.iter().rev().skip(1).take(3) {
        finding = finding.also(report.step(flow.id, *step).head, "counts too");
    }
    report.push(finding);
}

/// Sends that fall, or may fall, into one period.
struct Crowd {
    steps: Vec<StepId>,
    certain: bool,
}

type Verdict = Option<Crowd>;

/// A send that a cap counts, on a path: when it is due at least and at most, from the start of the path.
struct Counted {
    step: StepId,
    /// Sums over a whole path, so wider than an instant.
    least_ms: i128,
    most_ms: i128,
    /// Some fallback of it is not counted.
    may_evade: bool,
}

fn counted(flow: &Flow<'_>, cap: &Cap, path: &[Sent]) -> Vec<Counted> {
    let mut all = Vec::new();
    let (mut least_ms, mut most_ms) = (0i128, 0i128);
    for sent in path {
        (least_ms, most_ms) =
            (least_ms + i128::from(sent.least_gap_ms), most_ms + i128::from(sent.most_gap_ms));
        let StepKind::Send(send) = &flow.journey.steps[sent.step.index()].kind else { continue };
        let mut options = send.options.iter().map(|o| counts(flow, cap, send.purpose, o.channel));
        if options.any(|counts| counts) {
            let may_evade = !send.options.iter().all(|o| counts(flow, cap, send.purpose, o.channel));
            all.push(Counted { step: sent.step, least_ms, most_ms, may_evade });
        }
    }
    all
}

/// The most crowded period of a path, where it holds more than the cap allows: a certain one before one that may be.
fn verdict(flow: &Flow<'_>, cap: &Cap, path: &[Sent]) -> Verdict {
    let sends = counted(flow, cap, path);
    let surely = |first: &Counted, last: &Counted| surely_within(cap.per, last.most_ms - first.most_ms);
    // What may go by another channel parts the certain from the certain.
    let stretches = sends.split(|sent| sent.may_evade);
    let certain = stretches.filter_map(|sends| crowd(sends, cap.max, surely)).max_by_key(|crowd| crowd.len());
    let found = certain.map(|window| (window, true)).or_else(|| {
        let may = |first: &Counted, last: &Counted| maybe_within(cap.per, last.least_ms - first.least_ms);
        crowd(&sends, cap.max, may).map(|window| (window, false))
    });
    found.map(|(window, certain)| Crowd { steps: window.iter().map(|sent| sent.step).collect(), certain })
}

/// The longest stretch of sends each of which belongs to one period with its last one, where there are more than `max` of them.
fn crowd(sends: &[Counted], max: u32, together: impl Fn(&Counted, &Counted) -> bool) -> Option<&[Counted]> {
    let mut best: Option<&[Counted]> = None;
    let mut start = 0;
    for (end, last) in sends.iter().enumerate() {
        // The further back, the further apart; and what does not belong with this one does not belong with a later one either.
        while start <= end && !together(&sends[start], last) {
            start += 1;
        }
        let window = sends.get(start..=end).unwrap_or_default();
        if window.len() > max as usize && best.is_none_or(|best| window.len() > best.len()) {
            best = Some(window);
        }
    }
    best
}

/// Two instants this far apart at most always lie in one period.
fn surely_within(per: CapPeriod, most_ms: i128) -> bool {
    match per {
        CapPeriod::Rolling(span) => most_ms < i128::from(span.shortest_ms()),
        // Midnight may lie between any two different instants.
        CapPeriod::Day | CapPeriod::Week | CapPeriod::Month => most_ms == 0,
    }
}

/// Two instants this far apart at least can lie in one period.
fn maybe_within(per: CapPeriod, least_ms: i128) -> bool {
    least_ms < i128::from(per.longest_ms())
}

/// Caps that another one makes pointless, and quiet rules that contradict each other.
pub(super) fn check_policies(program: &Program, _: &[Run<'_>], report: &mut Report<'_>) {
    let mut said = BTreeSet::new();
    // A rule of the default policy stands in every merged one: it is pointless only where it is so in all of them.
    let mut pointless: BTreeMap<Span, Option<Span>> = BTreeMap::new();
    for (index, policy) in program.policies.iter().enumerate() {
        let places = report.spans.policies.get(&PolicyId::new(index)).cloned().unwrap_or_default();
        for (position, cap) in
            policy.caps.iter().enumerate().filter(|(_, cap)| cap.max > 0 && cap.fact.is_none())
        {
            // Caps of a profile are not the author's to remove.
            let Some(at) = places.caps.get(position) else { continue };
            let wider = policy.caps.iter().enumerate().position(|(other, wide)| {
                other != position
                    && makes_pointless(wide, cap)
                    && (!makes_pointless(cap, wide) || other < position)
            });
            let by = wider.and_then(|other| places.caps.get(other)).copied();
            pointless.entry(*at).and_modify(|known| *known = known.and(by)).or_insert(by);
        }
        for (position, rule) in policy.quiet.iter().enumerate() {
            let clash = policy.quiet[..position].iter().position(|other| contradicts(rule, other));
            let Some(clash) = clash else { continue };
            let (Some(at), Some(other)) = (places.quiet.get(position), places.quiet.get(clash)) else {
                continue;
            };
            if said.insert(*at) {
                report.push(
                    Diagnostic::new(
                        &codes::CONFLICTING_POLICIES,
                        *at,
                        "two rules for the same quiet time cannot both be obeyed",
                    )
                    .label("one holds the message, the other drops it")
                    .also(*other, "says otherwise for some of these hours")
                    .help("keep one of them, or separate their hours"),
                );
            }
        }
    }
    for (at, by) in pointless {
        let Some(other) = by else { continue };
        report.push(
            Diagnostic::new(&codes::CAP_NEVER_BINDS, at, "this cap never comes into play")
                .label("looser than the other one")
                .also(other, "always reached first")
                .help("remove it, or tighten it"),
        );
    }
}

/// Whether `wide` is always reached before `cap`, or keeps so few in each of its shorter periods that `cap` never is.
fn makes_pointless(wide: &Cap, cap: &Cap) -> bool {
    let scope = wide.scope == CapScope::All || wide.scope == cap.scope;
    if !scope || wide.max == 0 || wide.unless.is_some() {
        return false;
    }
    let longer = wide.per == cap.per || wide.per.shortest_ms() >= cap.per.longest_ms();
    if longer { wide.max <= cap.max } else { most_in(wide, cap.per) <= i64::from(cap.max) }
}

/// The most that a cap lets into any one period of another.
fn most_in(cap: &Cap, other: CapPeriod) -> i64 {
    let (period, whole) = (cap.per.shortest_ms().max(1), other.longest_ms());
    let periods = match (cap.per, other) {
        // Calendar periods that end together.
        (CapPeriod::Day, CapPeriod::Week) => 7,
        (CapPeriod::Day, CapPeriod::Month) => 31,
        (CapPeriod::Rolling(_), _) => whole.saturating_add(period - 1) / period,
        // One period may have begun before, and one may end after.
        (CapPeriod::Day | CapPeriod::Week | CapPeriod::Month, _) => whole / period + 2,
    };
    periods.saturating_mul(i64::from(cap.max))
}

fn contradicts(rule: &Quiet, other: &Quiet) -> bool {
    let drops = |r: &Quiet| r.action == QuietAction::Drop;
    let unconditional =
        rule.unless.is_none() && other.unless.is_none() && rule.fact.is_none() && other.fact.is_none();
    unconditional
        && rule.scope == other.scope
        && drops(rule) != drops(other)
        && !Week::of(rule.hours, rule.days).and(&Week::of(other.hours, other.days)).is_empty()
}
