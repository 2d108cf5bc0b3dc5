//! What cannot have happened: an event that would have ended the instance, or ended the wait it sits in.
//!
//! `exit on purchase; wait 3d; if did purchase …` asks for the impossible: whoever gets there has not bought. A question about
//! history is answered by this where every event it counts is one the exit, the goal or the wait would have taken.

use super::{At, Encoder, Moment};
use crate::ir::{AggId, Aggregate, EventId, Exit, ExprId, ExprKind, Program, Window};
use crate::solve::{Formula, Outcome};

/// What ends an instance at each event that an aggregate counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ending {
    /// An exit: as long as the instance is live.
    Exit,
    /// A goal: until its window ends, this many ms after the entry.
    Goal(i64),
}

/// A wait for an event that came to its end without one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vain {
    event: EventId,
    filter: Option<ExprId>,
    from: Moment,
    to: Moment,
}

impl<'p> Encoder<'p> {
    /// From one moment to the other no such event came.
    pub(crate) fn waited_in_vain(
        &mut self,
        event: EventId,
        filter: Option<ExprId>,
        (from, to): (Moment, Moment),
    ) {
        self.vain.push(Vain { event, filter, from, to });
    }

    /// When a question about history surely finds nothing. Only for what is asked between events: while one is applied, history has it
    /// already and the instance still stands.
    pub(super) fn unseen(&mut self, expr: ExprId, at: At) -> Formula {
        let Some((agg, aggregate)) = self.counted(expr, at) else { return Formula::False };
        let (start, now) = (self.now(Moment::ENTRY), self.now(at.moment));
        let is_since_entry = match aggregate.window {
            Window::SinceEntry => Formula::True,
            Window::Within(span) => Formula::difference(start, now, -span.longest_ms()),
            Window::Ever | Window::Since => return Formula::False,
        };
        let ends = self.endings(agg).into_iter().map(|ending| match ending {
            Ending::Exit => Formula::True,
            Ending::Goal(window_ms) => Formula::difference(now, start, window_ms),
        });
        Formula::and([is_since_entry, Formula::or(ends)])
    }

    /// The earlier moment since which a question about history since the entry has had the same answer.
    pub(super) fn unchanged_since(&self, expr: ExprId, at: At) -> Option<Moment> {
        let (_, aggregate) = self.counted(expr, at)?;
        if aggregate.window != Window::SinceEntry {
            return None;
        }
        let vain = self.vain.iter().filter(|vain| vain.to == at.moment && vain.event == aggregate.event);
        let mut covering =
            vain.filter(|vain| covers(self.program, vain.event, aggregate.filter, vain.filter));
        covering.next().map(|vain| vain.from)
    }

    /// An aggregate whose events are chosen by one condition when they come.
    fn counted(&self, expr: ExprId, at: At) -> Option<(AggId, &'p Aggregate)> {
        let program = self.program;
        let ExprKind::Aggregate { agg, keys, .. } = &program.expr(expr).kind else { return None };
        let aggregate = &program.aggregates[agg.index()];
        let is_chosen_once = keys.is_empty() && aggregate.residual.is_none();
        (at.event.is_none() && is_chosen_once).then_some((*agg, aggregate))
    }

    fn endings(&mut self, agg: AggId) -> Vec<Ending> {
        if let Some(known) = self.endings.get(&agg) {
            return known.clone();
        }
        let Some(journey) = self.journey else { return Vec::new() };
        let aggregate = &self.program.aggregates[agg.index()];
        let takes = |event: EventId, filter: Option<ExprId>| {
            event == aggregate.event && covers(self.program, event, aggregate.filter, filter)
        };
        let exits = journey.exits.iter().filter_map(|exit| match exit {
            Exit::Event { event, filter } => takes(*event, *filter).then_some(Ending::Exit),
            Exit::When { .. } => None,
        });
        let goals = journey
            .goals
            .iter()
            .filter(|goal| !goal.keep_going && takes(goal.event, goal.filter))
            .map(|goal| Ending::Goal(goal.window.shortest_ms()));
        let endings: Vec<Ending> = exits.chain(goals).collect();
        self.endings.insert(agg, endings.clone());
        endings
    }
}

/// Whether each event that one condition lets pass satisfies the other, too.
fn covers(program: &Program, event: EventId, narrow: Option<ExprId>, wide: Option<ExprId>) -> bool {
    let Some(wide) = wide else { return true };
    let Some(narrow) = narrow else { return false };
    if narrow == wide {
        return true;
    }
    // What history says while the event is applied is not what it says later.
    if reads_history(program, narrow) || reads_history(program, wide) {
        return false;
    }
    let mut encoder = Encoder::new(program, None);
    let at = At { moment: Moment::ENTRY, event: Some((event, encoder.occurrence())) };
    let (narrow, wide) = (encoder.truth(narrow, at), encoder.truth(wide, at));
    encoder.solve(&Formula::and([narrow, wide.not()])) == Outcome::Unsat
}

fn reads_history(program: &Program, expr: ExprId) -> bool {
    let kind = &program.expr(expr).kind;
    let mut reads = matches!(kind, ExprKind::Aggregate { .. });
    kind.for_each_operand(|operand| reads |= reads_history(program, operand));
    reads
}
