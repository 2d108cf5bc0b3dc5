//! `competing-journeys` and `shadowed-send`: journeys that meet at one trigger and one cap or budget.
//!
//! Journeys are compared within a trigger only, and only those with a message at a fixed time after the entry: the others cannot be said
//! to meet. A cap or budget that all journeys together never use up is none to compete for. Start at [`check`].

use super::Report;
use super::bounds::{self, Class, Run};
use super::encode::{At, Encoder, Moment, Occurrence};
use super::flow::Flow;
use super::hold::can_hold;
use super::questions::Questions;
use super::sendable::counts;
use super::unbounded_instances::may_overflow;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{
    Budget, Cap, CompareOp, Const, Content, Entry, EventId, ExprId, ExprKind, Journey, JourneyId, OnCap,
    Program, Purse, ReenterMode, SegmentId, Send, SendOption, Source, StepId, StepKind, TextPart,
};
use crate::solve::{Formula, Outcome};
use std::collections::{BTreeMap, BTreeSet};

/// Most pairs of conditions the procedure is asked about; beyond, competitors may go untold.
const MAX_QUESTIONS: u32 = 20_000;

/// What lets users in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trigger {
    Event(EventId),
    Enter(SegmentId),
}

fn trigger(journey: &Journey) -> Option<(Trigger, Option<ExprId>)> {
    match &journey.entry {
        Entry::Event { event, filter } => Some((Trigger::Event(*event), *filter)),
        Entry::Enter { segment, .. } => Some((Trigger::Enter(*segment), None)),
        Entry::Leave { .. } | Entry::Every { .. } | Entry::At { .. } => None,
    }
}

/// A journey as its competitors see it.
struct Entrant<'a> {
    flow: &'a Flow<'a>,
    trigger: Trigger,
    filter: Option<ExprId>,
    /// What its filter says fields of the event are, for a look before the procedure is asked.
    pinned: Vec<(u32, Vec<&'a Const>)>,
    /// Its messages at a fixed time after the entry, with that time.
    sends: Vec<(StepId, &'a Send, i64)>,
}

/// What there may not be enough of for everyone.
enum Scarce<'a> {
    Cap(&'a Cap),
    Budget(&'a Budget),
}

pub(super) fn check(program: &Program, runs: &[Run<'_>], report: &mut Report<'_>) {
    if program.policies.iter().all(|p| p.caps.is_empty() && p.budgets.is_empty()) {
        return;
    }
    let mut groups: BTreeMap<Trigger, Vec<Entrant<'_>>> = BTreeMap::new();
    for run in runs {
        if let Some(entrant) = entrant(&run.flow) {
            groups.entry(entrant.trigger).or_default().push(entrant);
        }
    }
    let scarce: Vec<Vec<Scarce<'_>>> = if groups.values().any(|group| group.len() > 1) {
        program.policies.iter().map(|policy| used_up(program, runs, policy)).collect()
    } else {
        return;
    };
    let mut competition = Competition {
        program,
        scarce,
        told: BTreeSet::new(),
        questions_left: MAX_QUESTIONS,
        questions: report.questions,
    };
    for group in groups.values() {
        for (position, left) in group.iter().enumerate() {
            for right in &group[position + 1..] {
                competition.pair(left, right, report);
            }
        }
    }
}

/// A journey that sends at a fixed time after an entry that others may share.
fn entrant<'a>(flow: &'a Flow<'a>) -> Option<Entrant<'a>> {
    let (trigger, filter) = trigger(flow.journey)?;
    let sends: Vec<(StepId, &Send, i64)> = fixed_sends(flow).collect();
    let mut pinned = Vec::new();
    if let Some(filter) = filter {
        pin(flow.program, filter, &mut pinned);
    }
    (!sends.is_empty()).then_some(Entrant { flow, trigger, filter, pinned, sends })
}

/// What a condition says fields of the event must be.
pub(super) fn pin<'a>(program: &'a Program, condition: ExprId, pinned: &mut Vec<(u32, Vec<&'a Const>)>) {
    let field = |id: ExprId| match &program.expr(id).kind {
        ExprKind::Slot { source: Source::Event, slot } => Some(*slot),
        _ => None,
    };
    match &program.expr(condition).kind {
        ExprKind::All(parts) => parts.iter().for_each(|part| pin(program, *part, pinned)),
        ExprKind::Compare { op: CompareOp::Eq, left, right } => {
            if let (Some(slot), ExprKind::Const(constant)) = (field(*left), &program.expr(*right).kind) {
                pinned.push((slot, vec![constant]));
            }
        }
        ExprKind::OneOf { value, set } => {
            if let Some(slot) = field(*value) {
                pinned.push((slot, set.iter().collect()));
            }
        }
        _ => {}
    }
}

/// The caps and budgets of a policy that all journeys together can use up.
fn used_up<'a>(program: &'a Program, runs: &[Run<'_>], policy: &'a crate::ir::Policy) -> Vec<Scarce<'a>> {
    let caps = policy.caps.iter().filter(|cap| {
        let demand = bounds::demand(program, runs, Class::Messages(cap.scope), cap.per);
        demand.is_none_or(|demand| demand > i64::from(cap.max))
    });
    let budgets = policy.budgets.iter().filter(|budget| match budget.of {
        Purse::Project => true,
        Purse::User => {
            let demand = bounds::demand(program, runs, Class::Cost, budget.per);
            demand.is_none_or(|demand| demand as f64 > budget.amount * 1e6)
        }
    });
    caps.map(Scarce::Cap).chain(budgets.map(Scarce::Budget)).collect()
}

impl Scarce<'_> {
    /// Whether a send uses some of it.
    fn is_used_by(&self, flow: &Flow<'_>, send: &Send) -> bool {
        send.options.iter().any(|option| match self {
            Scarce::Cap(cap) => counts(flow, cap, send.purpose, option.channel),
            Scarce::Budget(budget) => {
                budget.scope.covers(option.channel) && flow.program.channel(option.channel).cost > 0.0
            }
        })
    }

    fn word(&self) -> &'static str {
        match self {
            Scarce::Cap(_) => "cap",
            Scarce::Budget(_) => "budget",
        }
    }
}

/// The check in progress.
struct Competition<'a> {
    program: &'a Program,
    /// By policy, what can run out.
    scarce: Vec<Vec<Scarce<'a>>>,
    /// Journeys that were told of: the first competitor stands for all of them.
    told: BTreeSet<JourneyId>,
    questions_left: u32,
    questions: Option<&'a Questions>,
}

impl<'a> Competition<'a> {
    fn pair(&mut self, left: &Entrant<'_>, right: &Entrant<'_>, report: &mut Report<'_>) {
        let (l, r) = (left.flow.journey, right.flow.journey);
        if l.priority == r.priority {
            if !self.told.contains(&right.flow.id) {
                self.compete(left, right, report);
            }
            return;
        }
        let (high, low) = if l.priority > r.priority { (left, right) } else { (right, left) };
        self.shadow(high, low, report);
    }

    /// Whether one event can satisfy both conditions. What cannot be asked any more is answered with no.
    fn can_meet(&mut self, left: &Entrant<'_>, right: &Entrant<'_>) -> bool {
        let apart = left.pinned.iter().any(|(slot, mine)| {
            let mut theirs = right.pinned.iter().filter(|(other, _)| other == slot);
            theirs.any(|(_, theirs)| !mine.iter().any(|constant| theirs.contains(constant)))
        });
        if apart || !self.may_ask() {
            return false;
        }
        let (encoder, left, right) = self.both(left.trigger, left.filter, right.filter);
        encoder.solve(&Formula::and([left, right])) != Outcome::Unsat
    }

    fn always_implies(&mut self, narrow: &Entrant<'_>, wide: &Entrant<'_>) -> bool {
        if !self.may_ask() {
            return false;
        }
        let (encoder, narrow, wide) = self.both(narrow.trigger, narrow.filter, wide.filter);
        encoder.solve(&Formula::and([narrow, wide.not()])) == Outcome::Unsat
    }

    /// Whether each entry of the lower one is one of the higher one, too.
    fn enter_together(&mut self, high: &Entrant<'_>, low: &Entrant<'_>) -> bool {
        let (h, l) = (high.flow.journey, low.flow.journey);
        if h.reenter.limit.is_some() || h.reenter.cooldown.is_some() {
            return false;
        }
        match h.reenter.mode {
            ReenterMode::Every => self.always_implies(low, high),
            // Both the first time, if the first time is the same for both.
            ReenterMode::Never => {
                let alike = l.reenter == h.reenter && l.key == h.key;
                alike
                    && (l.entry == h.entry
                        || matches!(low.trigger, Trigger::Event(_))
                            && self.always_implies(low, high)
                            && self.always_implies(high, low))
            }
            ReenterMode::AfterExit | ReenterMode::Restart => false,
        }
    }

    fn both(
        &self,
        trigger: Trigger,
        left: Option<ExprId>,
        right: Option<ExprId>,
    ) -> (Encoder<'a>, Formula, Formula) {
        let mut encoder = Encoder::new(self.program, None).asking(self.questions);
        let event = match trigger {
            Trigger::Event(event) => Some((event, Occurrence::Later(1))),
            Trigger::Enter(_) => None,
        };
        let at = At { moment: Moment::ENTRY, event };
        let mut truth = |filter: Option<ExprId>| filter.map_or(Formula::True, |f| encoder.truth(f, at));
        let (left, right) = (truth(left), truth(right));
        (encoder, left, right)
    }

    fn may_ask(&mut self) -> bool {
        let may = self.questions_left > 0;
        self.questions_left = self.questions_left.saturating_sub(1);
        may
    }

    /// Equal priority: which of the two messages leaves is decided by the journeys' names.
    fn compete(&mut self, a: &Entrant<'_>, b: &Entrant<'_>, report: &mut Report<'_>) {
        let scarce = &self.scarce[a.flow.journey.policy.index()];
        let Some((first, second, word)) = scarce.iter().find_map(|scarce| meet(scarce, a, b)) else { return };
        if !self.can_meet(a, b) {
            return;
        }
        self.told.insert(b.flow.id);
        let (l, r) = (&a.flow.journey.name, &b.flow.journey.name);
        report.push(
            Diagnostic::new(
                &codes::COMPETING_JOURNEYS,
                report.step(b.flow.id, second).head,
                format!("`{l}` and `{r}` compete for one {word} with equal priority"),
            )
            .label("due at the same instant for the same users")
            .also(report.step(a.flow.id, first).head, format!("so is this message of `{l}`"))
            .help("write `priority 10;` into the one that matters more, and send the other at another time"),
        );
    }

    /// The higher priority takes the only slot each time.
    fn shadow(&mut self, high: &Entrant<'_>, low: &Entrant<'_>, report: &mut Report<'_>) {
        if high.flow.journey.policy != low.flow.journey.policy {
            return;
        }
        let program = self.program;
        let policy = &program.policies[low.flow.journey.policy.index()];
        let only = |cap: &&Cap| {
            cap.max == 1 && cap.unless.is_none() && matches!(cap.on_cap, OnCap::Skip | OnCap::Exit)
        };
        for cap in policy.caps.iter().filter(only) {
            let limited = low.sends.iter().filter(|(_, send, _)| {
                send.options.len() == 1 && Scarce::Cap(cap).is_used_by(low.flow, send)
            });
            for (step, send, due) in limited {
                let Some(winner) = winner(cap, high, send, *due) else { continue };
                if !self.can_meet(high, low) || !self.enter_together(high, low) {
                    return;
                }
                report.push(
                    Diagnostic::new(
                        &codes::SHADOWED_SEND,
                        report.step(low.flow.id, *step).head,
                        "this message never leaves: a cap always drops it",
                    )
                    .label("due at the same instant for the same users, with lower priority")
                    .also(
                        report.step(high.flow.id, winner).head,
                        format!("`{}` takes the only slot", high.flow.journey.name),
                    )
                    .help("raise its priority, send it at another time, or raise the cap"),
                );
            }
        }
    }
}

/// Two messages due at one instant that both use what is scarce.
fn meet(scarce: &Scarce<'_>, a: &Entrant<'_>, b: &Entrant<'_>) -> Option<(StepId, StepId, &'static str)> {
    let using = |entrant: &&(StepId, &Send, i64), flow: &Flow<'_>| scarce.is_used_by(flow, entrant.1);
    a.sends.iter().filter(|send| using(send, a.flow)).find_map(|(step, _, due)| {
        b.sends
            .iter()
            .filter(|(_, _, other)| other == due)
            .find(|send| using(send, b.flow))
            .map(|(other, ..)| (*step, *other, scarce.word()))
    })
}

/// The send of a journey that surely takes the slot this one needs. On the same channel consent and reach are the same for both, so the
/// one that is dropped for them drags the other along.
fn winner(cap: &Cap, high: &Entrant<'_>, send: &Send, due: i64) -> Option<StepId> {
    let taken = high.sends.iter().find(|(first, other, at)| {
        *at == due
            && other.options.len() == 1
            && other.options[0].channel == send.options[0].channel
            && other.purpose == send.purpose
            && (other.between, other.days, other.within) == (send.between, send.days, send.within)
            && is_constant(&other.options[0])
            && Scarce::Cap(cap).is_used_by(high.flow, other)
            && is_first(high.flow, *first)
    });
    taken.filter(|_| is_certain(high.flow, due)).map(|(step, ..)| *step)
}

/// Whether nothing a user has can make the text too long, or one that the channel cannot carry.
fn is_constant(option: &SendOption) -> bool {
    option.fields.iter().all(|(_, content)| match content {
        Content::Text(text) => {
            text.variants.iter().flat_map(|(_, parts)| parts).all(|part| matches!(part, TextPart::Literal(_)))
        }
        Content::Value(_) => true,
    })
}

/// A send and when it is due after the entry, where that is fixed.
fn fixed_sends<'a>(flow: &'a Flow<'a>) -> impl Iterator<Item = (StepId, &'a Send, i64)> {
    flow.journey.steps.iter().enumerate().filter_map(|(index, step)| {
        match (&step.kind, &flow.states[index]) {
            (StepKind::Send(send), Some(state)) if state.least_ms == state.most_ms => {
                Some((StepId::new(index), send, state.least_ms))
            }
            _ => None,
        }
    })
}

/// Whether everyone who enters a journey surely gets to this send: nothing can end the instance before.
fn is_certain(flow: &Flow<'_>, due_ms: i64) -> bool {
    let journey = flow.journey;
    let stays = due_ms == 0 || (journey.exits.is_empty() && journey.goals.is_empty());
    stays && !may_overflow(flow) && journey.holdout == 0 && journey.active.is_none()
}

/// Whether a step is reached by every path: nothing branches before it.
fn is_first(flow: &Flow<'_>, step: StepId) -> bool {
    let mut at = flow.journey.first;
    while let Some(here) = at {
        if here == step {
            return true;
        }
        let node = &flow.journey.steps[here.index()];
        match &node.kind {
            StepKind::Wait { .. } | StepKind::Set { .. } | StepKind::Emit { .. } | StepKind::Call { .. } => {
                at = node.next
            }
            StepKind::Send(send) if !can_hold(flow, send) => at = node.next,
            StepKind::WaitClock { .. }
            | StepKind::WaitUntil { .. }
            | StepKind::WaitFor { .. }
            | StepKind::At { .. }
            | StepKind::If { .. }
            | StepKind::Match { .. }
            | StepKind::Split(_)
            | StepKind::Send(_)
            | StepKind::Repeat { .. }
            | StepKind::Exit { .. } => return false,
        }
    }
    false
}
