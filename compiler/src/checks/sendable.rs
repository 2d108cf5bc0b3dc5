//! `never-sendable` and `sometimes-late`: whether a send can leave at all, and whether every arrival makes its deadline.
//!
//! For "never" only what binds every user counts: rules with an `unless` that may hold are left out. For "sometimes" every rule counts.

use super::Report;
use super::flow::{Flow, targets};
use super::hold::can_hold;
use super::week::{ALL_DAYS, Week};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{
    Cap, CapScope, ChannelId, Const, DayRule, Entry, ExprId, ExprKind, Period, Policy, Purpose, Quiet,
    QuietAction, Send, Span, StepId, StepKind,
};

pub(super) fn check(flow: &mut Flow<'_>, report: &mut Report<'_>) {
    if !is_restricted(flow) {
        return;
    }
    let arrivals = arrivals(flow);
    for (index, step) in flow.journey.steps.iter().enumerate() {
        let StepKind::Send(send) = &step.kind else { continue };
        if flow.states[index].is_none() {
            continue;
        }
        for number in 0..send.options.len() {
            attempt(flow, report, StepId::new(index), send, number, &arrivals[index]);
        }
    }
}

/// Whether any rule can keep a message of this journey back for good.
fn is_restricted(flow: &Flow<'_>) -> bool {
    let no_cap = policy(flow).caps.iter().any(|cap| cap.max == 0);
    no_cap
        || flow.journey.steps.iter().any(|step| match &step.kind {
            StepKind::Send(send) => {
                let hours = send.options.iter().any(|o| flow.program.channel(o.channel).hours.is_some());
                hours || send.between.is_some() || !policy(flow).quiet.is_empty()
            }
            _ => false,
        })
}

/// The policy of a journey.
fn policy<'p>(flow: &Flow<'p>) -> &'p Policy {
    &flow.program.policies[flow.journey.policy.index()]
}

fn attempt(
    flow: &Flow<'_>,
    report: &mut Report<'_>,
    step: StepId,
    send: &Send,
    number: usize,
    arrivals: &Week,
) {
    let channel = send.options[number].channel;
    let places = report.step(flow.id, step);
    let span = places.arms.get(number).copied().unwrap_or(places.head);
    let name = &flow.program.channel(channel).name;
    if let Some(position) = zero_cap(flow, send.purpose, channel) {
        let mut finding =
            Diagnostic::new(&codes::NEVER_SENDABLE, span, format!("no `{name}` message can ever leave here"))
                .label("a cap of 0 drops every one")
                .help("raise the cap, or remove the send");
        if let Some(place) =
            report.spans.policies.get(&flow.journey.policy).and_then(|p| p.caps.get(position))
        {
            finding = finding.also(*place, "allows none");
        }
        return report.push(finding);
    }
    let surely = Allowed::of(flow, send, channel, Rules::Certain);
    let fully = Allowed::of(flow, send, channel, Rules::All);
    let arrivals = if arrivals.is_empty() { Week::all() } else { arrivals.clone() };
    let never = surely.missed(&arrivals);
    if never == arrivals.len() {
        let why = if surely.open.is_empty() {
            "its window, the channel's hours and the quiet hours leave no minute of the week"
        } else {
            "whoever arrives here arrives outside the hours, and cannot wait for them"
        };
        let finding = Diagnostic::new(
            &codes::NEVER_SENDABLE,
            span,
            format!("no `{name}` message can ever leave here"),
        )
        .label(why)
        .help("widen `between`, the hours or the quiet hours so that they share a time, or give it longer");
        return report.push(with_rules(finding, flow, report, channel));
    }
    let missed = fully.missed(&arrivals);
    if fully.has_deadline() && missed > 0 && missed < arrivals.len() {
        let share = missed as f64 * 100.0 / arrivals.len() as f64;
        let finding = Diagnostic::new(
            &codes::SOMETIMES_LATE,
            span,
            format!("some `{name}` messages miss their deadline here"),
        )
        .label(format!(
            "{share:.0}% of the times at which users get here are too far from the next allowed one"
        ))
        .help("give it longer, or send in a wait for a fitting clock: `wait until 10:00;`");
        report.push(with_rules(finding, flow, report, channel));
    }
}

/// Points at the quiet hours that take part.
fn with_rules(
    mut finding: Diagnostic,
    flow: &Flow<'_>,
    report: &Report<'_>,
    channel: ChannelId,
) -> Diagnostic {
    let places = report.spans.policies.get(&flow.journey.policy);
    let rules = policy(flow).quiet.iter().enumerate().filter(|(_, rule)| rule.scope.covers(channel));
    for (position, _) in rules.take(3) {
        if let Some(place) = places.and_then(|p| p.quiet.get(position)) {
            finding = finding.also(*place, "these hours are quiet");
        }
    }
    finding
}

/// Position of a cap of 0 that counts this send.
fn zero_cap(flow: &Flow<'_>, purpose: Purpose, channel: ChannelId) -> Option<usize> {
    policy(flow)
        .caps
        .iter()
        .position(|cap| cap.max == 0 && cap.unless.is_none() && counts(flow, cap, purpose, channel))
}

/// Whether a cap counts (and limits) such a send.
pub(super) fn counts(flow: &Flow<'_>, cap: &Cap, purpose: Purpose, channel: ChannelId) -> bool {
    purpose == Purpose::Marketing && !flow.program.channel(channel).uncapped && cap.scope.covers(channel)
}

/// Which rules are taken into account.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rules {
    /// Those that bind every user.
    Certain,
    /// All of them.
    All,
}

/// When an attempt may leave, and how long it may wait for that.
struct Allowed {
    open: Week,
    /// Minutes in which it is dropped at once.
    dropped: Week,
    /// Longest wait, in minutes; `None` without a deadline.
    patience: Option<i64>,
}

impl Allowed {
    fn of(flow: &Flow<'_>, send: &Send, channel: ChannelId, rules: Rules) -> Allowed {
        let mut open = Week::all();
        if let Some(between) = send.between {
            open = open.and(&Week::of(between, send.days));
        }
        if let Some(hours) = flow.program.channel(channel).hours {
            open = open.and(&Week::of(hours, ALL_DAYS));
        }
        let mut patience = send.within.map(Span::longest_ms);
        let mut dropped = Week::none();
        for rule in quiet_rules(policy(flow), send.purpose, channel, rules) {
            let hours = Week::of(rule.hours, rule.days);
            open = open.without(&hours);
            match rule.action {
                QuietAction::Hold => {}
                QuietAction::HoldUpTo(span) => {
                    let most = span.longest_ms();
                    patience = Some(
                        patience
                            .map_or(most, |p| if rules == Rules::All { p.min(most) } else { p.max(most) }),
                    );
                }
                QuietAction::Drop => dropped = dropped.or(&hours),
            }
        }
        Allowed { open, dropped, patience: patience.map(|ms| ms / 60_000) }
    }

    fn has_deadline(&self) -> bool {
        self.patience.is_some()
    }

    /// How many of these arrivals never lead to a message.
    fn missed(&self, arrivals: &Week) -> usize {
        if self.open.is_empty() {
            return arrivals.len();
        }
        // Without a deadline everything is held to the next open minute.
        let in_time = self.patience.map_or_else(Week::all, |patience| self.open.within(patience));
        arrivals.without(&in_time.without(&self.dropped)).len()
    }
}

/// The quiet rules that apply to a send. Of the author's own, those of the most specific scope decide; a profile's each hold besides,
/// for marketing.
fn quiet_rules(policy: &Policy, purpose: Purpose, channel: ChannelId, rules: Rules) -> Vec<Quiet> {
    if purpose == Purpose::Transactional {
        return Vec::new();
    }
    let applying: Vec<Quiet> =
        policy.quiet.iter().filter(|rule| rule.scope.covers(channel)).copied().collect();
    let (own, of_profile): (Vec<Quiet>, Vec<Quiet>) =
        applying.into_iter().partition(|rule| rule.fact.is_none());
    let (specific, general): (Vec<Quiet>, Vec<Quiet>) =
        own.into_iter().partition(|rule| rule.scope != CapScope::All);
    let mut all = match rules {
        Rules::All => {
            if specific.is_empty() {
                general
            } else {
                specific
            }
        }
        // A conditional specific rule may replace the general ones or leave them: nothing is certain then.
        Rules::Certain if specific.is_empty() => certain(general),
        Rules::Certain => certain(specific),
    };
    if purpose == Purpose::Marketing {
        all.extend(match rules {
            Rules::All => of_profile,
            Rules::Certain => certain(of_profile),
        });
    }
    all
}

fn certain(rules: Vec<Quiet>) -> Vec<Quiet> {
    rules.into_iter().filter(|rule| rule.unless.is_none()).collect()
}

/// The local minutes of the week at which users arrive at each step.
pub(super) fn arrivals(flow: &Flow<'_>) -> Vec<Week> {
    let mut at: Vec<Week> = vec![Week::none(); flow.journey.steps.len()];
    let Some(first) = flow.journey.first else { return at };
    at[first.index()] = entry_minutes(&flow.journey.entry);
    // Two rounds, so that what comes back from the end of a `repeat` is seen by its body.
    for _ in 0..2 {
        for index in 0..flow.journey.steps.len() {
            if flow.states[index].is_none() || at[index].is_empty() {
                continue;
            }
            let step = StepId::new(index);
            let after = leave(flow, step, &at[index]);
            let (body, in_body) = body_of_at(flow, step);
            for target in targets(flow.journey, step) {
                let minutes = if Some(target) == body { &in_body } else { &after };
                at[target.index()] = at[target.index()].or(minutes);
            }
        }
    }
    at
}

/// The body of an `at`, and the minutes at which it begins; what else it leads to begins at once.
fn body_of_at(flow: &Flow<'_>, step: StepId) -> (Option<StepId>, Week) {
    match &flow.journey.steps[step.index()].kind {
        StepKind::At { body, on_day, .. } => {
            let minutes =
                on_day.map_or_else(Week::all, |(_, clock)| clock_minutes(flow, clock, DayRule::Any, None));
            (*body, minutes)
        }
        _ => (None, Week::none()),
    }
}

fn entry_minutes(entry: &Entry) -> Week {
    match entry {
        Entry::Every { period, at_ms, .. } => match period {
            Period::Week(days) => Week::at(*at_ms, *days).or_gap(),
            Period::Day | Period::Month(_) | Period::Year(_) => Week::at(*at_ms, ALL_DAYS).or_gap(),
        },
        Entry::Event { .. } | Entry::Enter { .. } | Entry::Leave { .. } | Entry::At { .. } => Week::all(),
    }
}

/// The minutes at which a step is left; for branching steps whichever way.
fn leave(flow: &Flow<'_>, step: StepId, at: &Week) -> Week {
    match &flow.journey.steps[step.index()].kind {
        StepKind::Wait { duration } => match &flow.program.expr(*duration).kind {
            ExprKind::Const(Const::Duration(Span::Months(_))) => at.any_day().or_gap(),
            _ => {
                let (least, most) = flow.span_bounds(*duration);
                at.later(least, most)
            }
        },
        StepKind::WaitClock { clock, days, zone } => clock_minutes(flow, *clock, *days, *zone),
        StepKind::Send(send) => after_send(flow, send, at),
        StepKind::WaitUntil { .. } | StepKind::WaitFor { .. } | StepKind::Repeat { .. } => Week::all(),
        StepKind::At { .. }
        | StepKind::If { .. }
        | StepKind::Match { .. }
        | StepKind::Split(_)
        | StepKind::Set { .. }
        | StepKind::Emit { .. }
        | StepKind::Call { .. }
        | StepKind::Exit { .. } => at.clone(),
    }
}

fn clock_minutes(flow: &Flow<'_>, clock: ExprId, days: DayRule, zone: Option<ExprId>) -> Week {
    let ExprKind::Const(Const::Clock(ms)) = &flow.program.expr(clock).kind else { return Week::all() };
    match (zone, days) {
        // Another zone's clock is any clock here; a day that has passed continues at once.
        (Some(_), _) | (None, DayRule::Day(_)) => Week::all(),
        (None, DayRule::Any) => Week::at(*ms, ALL_DAYS).or_gap(),
        (None, DayRule::Weekdays(days)) => Week::at(*ms, days).or_gap(),
    }
}

/// The local minutes at which no rule of any user holds a message back or drops it.
pub(super) fn open_minutes(flow: &Flow<'_>, send: &Send, channel: ChannelId) -> Week {
    Allowed::of(flow, send, channel, Rules::All).open
}

/// The local minutes at which a message of those who arrive then can leave, where only what binds everyone holds it back.
pub(super) fn leaving(flow: &Flow<'_>, send: &Send, channel: ChannelId, arrivals: &Week) -> Week {
    let allowed = Allowed::of(flow, send, channel, Rules::Certain);
    let kept = arrivals.without(&allowed.dropped);
    allowed.open.reached_from(&kept, allowed.patience.unwrap_or(i64::MAX))
}

/// A send leaves at once where it may, else with the hours; where rules may or may not apply, both.
fn after_send(flow: &Flow<'_>, send: &Send, at: &Week) -> Week {
    // A send leaves at once or later: from every minute it leaves at every minute.
    if !can_hold(flow, send) || at.is_all() {
        return at.clone();
    }
    let retries = policy(flow).caps.iter().any(|cap| matches!(cap.on_cap, crate::ir::OnCap::Retry(_)));
    if retries || !policy(flow).rates.is_empty() {
        return Week::all();
    }
    let mut after = at.clone();
    for option in &send.options {
        let allowed = Allowed::of(flow, send, option.channel, Rules::All);
        after = after.or(&allowed.open.reached_from(at, i64::MAX).or_gap());
    }
    after
}
