//! What each kind of step does to a state, and which ways out of it nobody takes.

use super::{Cause, DeadWay, Flow, State, Way, targets};
use crate::checks::encode::At;
use crate::checks::hold::{LONGEST_HOLD_MS, longest_hold_ms};
use crate::ir::{Const, DayRule, Event, Exit, ExprId, ExprKind, Send, Span, StepId, StepKind, WaitArm};
use crate::solve::{Formula, Outcome};

const DAY_MS: i64 = 86_400_000;

/// Timers may be this late; used only where it makes a claim weaker.
const LATENESS_MS: i64 = 60_000;

/// The longest wait for a clock, with a change of clocks.
fn longest_to_clock(days: DayRule) -> i64 {
    let days = match days {
        DayRule::Any => 1,
        DayRule::Weekdays(_) => 7,
        DayRule::Day(day) => i64::from(day) + 1,
    };
    days * DAY_MS + DAY_MS / 12
}

/// The states with which a step is left.
type Ways = Vec<(Option<StepId>, State)>;

impl Flow<'_> {
    /// The states with which a step is left, by target.
    pub(super) fn leave(&mut self, step: StepId, state: &State) -> Ways {
        let journey = self.journey;
        let node = &journey.steps[step.index()];
        match &node.kind {
            StepKind::Wait { duration } => {
                let (least, most) = self.span_bounds(*duration);
                if most <= 0 {
                    // A wait that is over when it begins takes no time.
                    return vec![(node.next, state.clone())];
                }
                vec![(node.next, self.after(step, state, least, most))]
            }
            StepKind::WaitClock { clock, days, .. } => {
                vec![(node.next, self.after_clock(step, state, *clock, *days))]
            }
            StepKind::WaitUntil { predicate, up_to, otherwise } => {
                self.wait_until(step, state, *predicate, *up_to, node.next, *otherwise)
            }
            StepKind::WaitFor { arms, up_to, otherwise } => {
                self.wait_for(step, state, arms, *up_to, *otherwise)
            }
            StepKind::At { time, on_day, body, otherwise, gives_way_to } => {
                let exact = on_day.is_none().then_some(*time);
                self.schedule(step, state, (*time, exact), (*body, *otherwise), *gives_way_to)
            }
            StepKind::If { condition, then, otherwise } => {
                self.branch(step, state, *condition, *then, *otherwise)
            }
            StepKind::Match { value, arms, otherwise } => self.arms(step, state, *value, arms, *otherwise),
            StepKind::Split(split) => {
                let mut ways: Ways = split.arms.iter().map(|arm| (arm.body, state.clone())).collect();
                if split.holdout > 0 {
                    ways.push((node.next, state.clone()));
                }
                ways
            }
            StepKind::Send(send) => vec![(node.next, self.after_send(step, state, send))],
            StepKind::Repeat { until, body, .. } => self.rounds(step, state, *until, *body, node.next),
            StepKind::Set { .. } => vec![(node.next, self.after(step, state, 0, 0))],
            StepKind::Emit { .. } | StepKind::Call { .. } => vec![(node.next, self.after(step, state, 0, 0))],
            StepKind::Exit { .. } => Vec::new(),
        }
    }

    /// The state after something that took between `least` and `most`.
    fn after(&mut self, step: StepId, state: &State, least_ms: i64, most_ms: i64) -> State {
        let before = self.encoder.now(state.moment);
        let moment = self.encoder.later(state.moment);
        let now = self.encoder.now(moment);
        let mut state = State {
            moment,
            guards: state.guards.clone(),
            least_ms: state.least_ms.saturating_add(least_ms),
            most_ms: state.most_ms.saturating_add(most_ms),
            known: state.known,
        };
        let late = most_ms.saturating_add(LATENESS_MS);
        let passed = Formula::and([
            Formula::difference(before, now, -least_ms),
            Formula::difference(now, before, late),
        ]);
        self.guard(&mut state, passed, Cause::Time(step));
        // The instant is new, so it can always be that much later.
        if state.known + 1 == state.guards.len() {
            state.known += 1;
        }
        if let Some(lifetime) = self.lifetime_ms() {
            let start = self.encoder.now(crate::checks::encode::Moment::ENTRY);
            let alive = Formula::difference(now, start, lifetime.saturating_add(LATENESS_MS));
            self.guard(&mut state, alive, Cause::Lifetime);
        }
        self.not_exited(&mut state);
        state
    }

    /// Shortest and longest time a duration expression stands for.
    pub(crate) fn span_bounds(&self, duration: ExprId) -> (i64, i64) {
        match &self.program.expr(duration).kind {
            ExprKind::Const(Const::Duration(span)) => (span.shortest_ms(), span.longest_ms()),
            _ => (0, self.lifetime_ms().unwrap_or(i64::MAX / 4)),
        }
    }

    fn after_clock(&mut self, step: StepId, state: &State, clock: ExprId, days: DayRule) -> State {
        match days {
            DayRule::Any | DayRule::Weekdays(_) => self.after(step, state, 0, longest_to_clock(days)),
            DayRule::Day(day) => {
                let clock_ms = match &self.program.expr(clock).kind {
                    ExprKind::Const(Const::Clock(ms)) => *ms,
                    _ => 0,
                };
                // The entry lies somewhere in day 0, clocks may have changed in between.
                let day_ms = i64::from(day) * DAY_MS + clock_ms;
                let (least, most) = (day_ms - DAY_MS - DAY_MS / 12, day_ms + DAY_MS / 12);
                let wait_least = least.saturating_sub(state.most_ms).max(0);
                let wait_most = most.saturating_sub(state.least_ms).max(0);
                let mut after = self.after(step, state, wait_least, wait_most);
                after.least_ms = after.least_ms.max(least);
                after.most_ms = state.most_ms.max(most);
                after
            }
        }
    }

    /// A send may be held; where nothing can hold it, no time passes. What is impossible is judged as if it were held longer than
    /// any bound says.
    fn after_send(&mut self, step: StepId, state: &State, send: &Send) -> State {
        let most = longest_hold_ms(self, send);
        if most == 0 {
            return state.clone();
        }
        let mut after = self.after(step, state, 0, most.max(LONGEST_HOLD_MS));
        after.most_ms = state.most_ms.saturating_add(most);
        after
    }

    /// `at`: its body begins at the instant; `else` at once where the instant has passed or is missing, later where it moves.
    fn schedule(
        &mut self,
        step: StepId,
        state: &State,
        (time, exact): (ExprId, Option<ExprId>),
        (body, otherwise): (Option<StepId>, Option<StepId>),
        gives_way_to: Option<StepId>,
    ) -> Ways {
        let most = self.lifetime_ms().unwrap_or(i64::MAX / 4);
        let mut waited = self.after(step, state, 0, most);
        let mut missed =
            if self.encoder.is_fixed(time) { state.clone() } else { self.after(step, state, 0, most) };
        let present = self.encoder.present(time, waited.at());
        self.guard(&mut waited, present, Cause::Time(step));
        if let Some(time) = exact {
            let (come, passed) =
                (self.encoder.has_come(time, waited.at()), self.encoder.has_passed(time, missed.at()));
            self.guard(&mut waited, come, Cause::Time(step));
            self.guard(&mut missed, passed, Cause::Time(step));
        }
        let mut ways = Vec::new();
        // What is held in the body, or waits there for a clock, gives way to the next `at` from wherever it is.
        if let Some(next) = gives_way_to.filter(|next| self.may_give_way(step, *next)) {
            let gone = self.after(step, &waited, 0, most);
            ways.push((Some(next), gone));
        }
        if self.is_open(&waited) {
            ways.push((body, waited));
        }
        if self.is_open(&missed) {
            ways.push((otherwise, missed));
        }
        ways
    }

    /// Whether something between two `at`s can be interrupted by the second.
    fn may_give_way(&self, step: StepId, next: StepId) -> bool {
        let between = self.journey.steps.iter().take(next.index()).skip(step.index());
        between.into_iter().any(|step| match &step.kind {
            StepKind::WaitClock { .. } => true,
            StepKind::Send(send) => longest_hold_ms(self, send) > 0,
            _ => false,
        })
    }

    fn wait_until(
        &mut self,
        step: StepId,
        state: &State,
        predicate: ExprId,
        up_to: Span,
        next: Option<StepId>,
        otherwise: Option<StepId>,
    ) -> Ways {
        let mut came = self.after(step, state, 0, up_to.longest_ms());
        let holds = self.encoder.truth(predicate, came.at());
        self.dead_way(step, &came, &holds, Way::Holds(predicate));
        self.guard(&mut came, holds, Cause::Holds(step, predicate));
        let mut spent = self.after(step, state, up_to.shortest_ms(), up_to.longest_ms());
        let fails = self.encoder.truth(predicate, spent.at()).not();
        self.guard(&mut spent, fails, Cause::Fails(step, predicate));
        let mut ways = Vec::new();
        if self.is_open(&came) {
            ways.push((next, came));
        }
        if self.is_open(&spent) {
            ways.push((otherwise, spent));
        }
        ways
    }

    fn wait_for(
        &mut self,
        step: StepId,
        state: &State,
        arms: &[WaitArm],
        up_to: Span,
        otherwise: Option<StepId>,
    ) -> Ways {
        let mut ways = Vec::new();
        for (position, arm) in arms.iter().enumerate() {
            if self.cannot_come(arm) {
                self.dead.push(DeadWay { step, way: Way::Arm(position), blame: Vec::new() });
                continue;
            }
            let mut came = self.after(step, state, 0, up_to.longest_ms());
            let occurrence = self.encoder.occurrence();
            let at = At { moment: came.moment, event: Some((arm.event, occurrence)) };
            self.not_taken_first(&mut came, arm, at);
            let holds = arm.filter.map_or(Formula::True, |filter| self.encoder.truth(filter, at));
            if self.dead_way(step, &came, &holds, Way::Arm(position)) {
                continue;
            }
            self.guard(&mut came, holds, Cause::Arm(step, position));
            ways.push((arm.body, came));
        }
        let spent = self.after(step, state, up_to.shortest_ms(), up_to.longest_ms());
        for arm in arms {
            self.encoder.waited_in_vain(arm.event, arm.filter, (state.moment, spent.moment));
        }
        ways.push((otherwise, spent));
        ways
    }

    /// Goals and exits take an event before waits do: who still waits was not taken by any.
    fn not_taken_first(&mut self, came: &mut State, arm: &WaitArm, at: At) {
        // One that came earlier was tried then; a refresh by the same event comes in between and may change what is read.
        let journey = self.journey;
        if arm.since_entry.is_some() || journey.refreshes.iter().any(|r| r.event == arm.event) {
            return;
        }
        for (position, exit) in journey.exits.iter().enumerate() {
            if let Exit::Event { event, filter } = exit
                && *event == arm.event
            {
                let takes = filter.map_or(Formula::True, |filter| self.encoder.truth(filter, at));
                self.guard(came, takes.not(), Cause::ExitOn(position));
            }
        }
        let (entry, now) =
            (self.encoder.now(crate::checks::encode::Moment::ENTRY), self.encoder.now(came.moment));
        for (position, goal) in journey.goals.iter().enumerate() {
            if goal.event == arm.event && !goal.keep_going {
                let takes = goal.filter.map_or(Formula::True, |filter| self.encoder.truth(filter, at));
                let open_ms = goal.window.shortest_ms().saturating_sub(LATENESS_MS);
                let is_over = Formula::difference(entry, now, open_ms.saturating_neg());
                self.guard(came, Formula::or([takes.not(), is_over]), Cause::Goal(position));
            }
        }
    }

    /// An event that happens once in a life and was the entry cannot come again.
    fn cannot_come(&self, arm: &WaitArm) -> bool {
        let event: &Event = self.program.event(arm.event);
        event.once
            && matches!(&self.journey.entry, crate::ir::Entry::Event { event, .. } if *event == arm.event)
    }

    fn branch(
        &mut self,
        step: StepId,
        state: &State,
        condition: ExprId,
        then: Option<StepId>,
        otherwise: Option<StepId>,
    ) -> Ways {
        let holds = self.encoder.truth(condition, state.at());
        let fails = holds.clone().not();
        let mut ways = Vec::new();
        if !self.dead_way(step, state, &holds, Way::Holds(condition)) {
            let mut inside = state.clone();
            self.guard(&mut inside, holds, Cause::Holds(step, condition));
            inside.known = inside.guards.len();
            ways.push((then, inside));
        }
        if !self.dead_way(step, state, &fails, Way::Fails(condition)) {
            let mut beside = state.clone();
            self.guard(&mut beside, fails, Cause::Fails(step, condition));
            beside.known = beside.guards.len();
            ways.push((otherwise, beside));
        }
        ways
    }

    fn arms(
        &mut self,
        step: StepId,
        state: &State,
        value: ExprId,
        arms: &[(Vec<Const>, Option<StepId>)],
        otherwise: Option<StepId>,
    ) -> Ways {
        let mut ways = Vec::new();
        let mut rest = state.clone();
        for (position, (constants, target)) in arms.iter().enumerate() {
            let holds = self.encoder.matches_arm(value, constants, state.at());
            if !self.dead_way(step, &rest, &holds, Way::Arm(position)) {
                let mut inside = rest.clone();
                self.guard(&mut inside, holds.clone(), Cause::Arm(step, position));
                inside.known = inside.guards.len();
                ways.push((*target, inside));
            }
            self.guard(&mut rest, holds.not(), Cause::Arm(step, position));
        }
        if self.is_open(&rest) {
            ways.push((otherwise, rest));
        } else if otherwise != self.journey.steps[step.index()].next {
            // A written `otherwise` stands after the other arms.
            let blame = self.blame(&rest, &[]);
            self.dead.push(DeadWay { step, way: Way::Arm(arms.len()), blame });
        }
        ways
    }

    /// The state at the start of any round: nothing that may change is known any more.
    pub(super) fn round(&mut self, step: StepId, state: State) -> State {
        let most = self.longest_rounds(step);
        let mut round = self.after(step, &state, 0, most);
        round.least_ms = state.least_ms;
        round
    }

    /// Most time all rounds of a `repeat` take: where a round takes longer than its time, the next one begins at its end.
    fn longest_rounds(&self, step: StepId) -> i64 {
        match &self.journey.steps[step.index()].kind {
            StepKind::Repeat { times, every, body, .. } => {
                let round = body.map_or(0, |body| self.longest_from(body, step));
                every.longest_ms().max(round).saturating_mul(i64::from(*times))
            }
            _ => 0,
        }
    }

    /// Most time from a step to the end of the round it is in. Steps lie behind those that lead to them, but for the end of a round.
    fn longest_from(&self, first: StepId, around: StepId) -> i64 {
        let steps = &self.journey.steps;
        let mut longest = vec![0i64; steps.len()];
        for index in (first.index()..steps.len()).rev() {
            let step = StepId::new(index);
            let own = match &steps[index].kind {
                StepKind::Repeat { times, every, body, .. } => {
                    let round = body.map_or(0, |body| longest[body.index()]);
                    every.longest_ms().max(round).saturating_mul(i64::from(*times))
                }
                kind => self.time_taken(kind).1,
            };
            let repeated = match &steps[index].kind {
                StepKind::Repeat { body, .. } => *body,
                _ => None,
            };
            let after = targets(self.journey, step)
                .into_iter()
                .filter(|to| *to > step && *to > around && Some(*to) != repeated)
                .map(|to| longest[to.index()])
                .max()
                .unwrap_or(0);
            longest[index] = own.saturating_add(after);
        }
        longest[first.index()]
    }

    /// Least and most time a step takes; of a `repeat`, one pause between rounds.
    pub(crate) fn time_taken(&self, kind: &StepKind) -> (i64, i64) {
        match kind {
            StepKind::Wait { duration } => self.span_bounds(*duration),
            StepKind::WaitClock { days, .. } => (0, longest_to_clock(*days)),
            StepKind::At { .. } => (0, self.lifetime_ms().unwrap_or(i64::MAX / 8)),
            StepKind::WaitUntil { up_to, .. } | StepKind::WaitFor { up_to, .. } => (0, up_to.longest_ms()),
            StepKind::Send(send) => (0, longest_hold_ms(self, send)),
            StepKind::Repeat { every, .. } => (0, every.longest_ms()),
            StepKind::If { .. }
            | StepKind::Match { .. }
            | StepKind::Split(_)
            | StepKind::Set { .. }
            | StepKind::Emit { .. }
            | StepKind::Call { .. }
            | StepKind::Exit { .. } => (0, 0),
        }
    }

    fn rounds(
        &mut self,
        step: StepId,
        state: &State,
        until: Option<ExprId>,
        body: Option<StepId>,
        next: Option<StepId>,
    ) -> Ways {
        let mut inside = state.clone();
        if let Some(until) = until {
            let fails = self.encoder.truth(until, state.at()).not();
            self.guard(&mut inside, fails, Cause::Fails(step, until));
        }
        let mut ways = Vec::new();
        if self.is_open(&inside) {
            ways.push((body, inside));
        }
        ways.push((next, state.clone()));
        ways
    }

    /// Whether anyone is in this state.
    fn is_open(&self, state: &State) -> bool {
        state.known >= state.guards.len() || self.is_spent() || self.ask(state, &[]) != Outcome::Unsat
    }

    /// Whether nobody goes this way; then it is recorded with the guards to blame.
    fn dead_way(&mut self, step: StepId, state: &State, way_holds: &Formula, way: Way) -> bool {
        if self.is_spent() {
            return false;
        }
        match self.ask(state, &[way_holds]) {
            Outcome::Sat(_) => false,
            Outcome::Unknown => {
                self.unknown.push(step);
                false
            }
            Outcome::Unsat => {
                let blame = self.blame(state, std::slice::from_ref(way_holds));
                self.dead.push(DeadWay { step, way, blame });
                true
            }
        }
    }
}
