//! The forward pass over a journey: what is known on arrival at each step.
//!
//! A state is the conjunction of everything that must have held to get here, the moment at which we are, and the least and most
//! time since the entry. At joins the conjunctions are joined, so the pass is linear in the number of steps; what differs is
//! forgotten, never invented. Checks read the states and ask the decision procedure. Start at [`Flow::of`]; `transfer` says what
//! each kind of step does to a state, `join` how states meet.

mod join;
mod transfer;

use super::encode::{At, Encoder, Moment, Occurrence};
use super::questions::Questions;
use crate::ir::{Entry, Exit, ExprId, Journey, JourneyId, Program, Span, StepId, StepKind};
use crate::solve::{Formula, Outcome};

/// Most questions of a journey that may be given up; after that nothing more is asked, so that no input takes long.
const MAX_UNKNOWN: usize = 3;

/// Where a conjunct comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The `where` of the entry, or its segment.
    Entry(ExprId),
    /// Had this `exit when` held, the instance would have ended.
    ExitWhen(usize, ExprId),
    /// This exit takes the event first.
    ExitOn(usize),
    /// This goal takes the event first.
    Goal(usize),
    /// The condition of this step holds.
    Holds(StepId, ExprId),
    /// The condition of this step does not hold.
    Fails(StepId, ExprId),
    /// What a step's arm stands for: of a `match`, a `wait for`.
    Arm(StepId, usize),
    /// The first step runs at the instant of the entry.
    Start,
    /// The time that has passed.
    Time(StepId),
    /// Paths that met at this step.
    Join(StepId),
    /// The journey's lifetime.
    Lifetime,
}

/// Something that must have held.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    /// What.
    pub(crate) formula: Formula,
    /// Why.
    pub(crate) cause: Cause,
    /// Tells guards apart where paths meet.
    serial: u32,
}

/// What is known on arrival at a step.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// When it is.
    pub(crate) moment: Moment,
    /// What must have held.
    pub(crate) guards: Vec<Guard>,
    /// Least time since the entry, ms.
    pub(crate) least_ms: i64,
    /// Most time since the entry, ms.
    pub(crate) most_ms: i64,
    /// How many of the leading guards are known to hold together: of further ones only those need to be asked about that share a variable
    /// with something new.
    pub(crate) known: usize,
}

impl State {
    /// What must have held, one by one.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Formula> {
        self.guards.iter().map(|guard| &guard.formula)
    }
    /// Everything that must have held.
    pub(crate) fn formula(&self) -> Formula {
        Formula::and(self.guards.iter().map(|g| g.formula.clone()))
    }
    /// Where to read predicates now.
    pub(crate) fn at(&self) -> At {
        At::moment(self.moment)
    }
}

/// A verdict on one way out of a step.
#[derive(Clone, Debug)]
pub(crate) struct DeadWay {
    /// The step.
    pub(crate) step: StepId,
    /// Which way.
    pub(crate) way: Way,
    /// The guards that are to blame with it, smallest set.
    pub(crate) blame: Vec<Cause>,
}

/// A way out of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The condition cannot hold.
    Holds(ExprId),
    /// The condition cannot fail.
    Fails(ExprId),
    /// This arm cannot be taken.
    Arm(usize),
}

/// The journey as the pass found it.
pub(crate) struct Flow<'p> {
    /// The program.
    pub(crate) program: &'p Program,
    /// Which journey.
    pub(crate) id: JourneyId,
    /// The journey.
    pub(crate) journey: &'p Journey,
    /// For further questions.
    pub(crate) encoder: Encoder<'p>,
    /// The state on arrival at each step; `None` where nobody arrives.
    pub(crate) states: Vec<Option<State>>,
    /// What was asked of the entry.
    pub(crate) entry: State,
    /// When the first step runs and exits are first tested: at the entry, but for what others do first.
    pub(crate) start: Moment,
    /// Ways out that nobody takes.
    pub(crate) dead: Vec<DeadWay>,
    /// Steps that nobody reaches although each condition before them can hold by itself.
    pub(crate) unreachable: Vec<(StepId, Vec<Cause>)>,
    /// Questions that were given up.
    pub(crate) unknown: Vec<StepId>,
    /// The states that reach the end of the journey.
    pub(crate) ends: Vec<State>,
    serial: u32,
}

impl<'p> Flow<'p> {
    /// Runs the pass.
    pub(crate) fn of(program: &'p Program, id: JourneyId) -> Flow<'p> {
        Flow::asking(program, id, &changing(program), None)
    }

    /// Runs the pass; what is asked is written down where there is somebody who listens. [`changing`] is the same for all passes.
    pub(crate) fn asking(
        program: &'p Program,
        id: JourneyId,
        changing: &[JourneyId],
        questions: Option<&'p Questions>,
    ) -> Flow<'p> {
        let journey = program.journey(id);
        let entry = State { moment: Moment::ENTRY, guards: Vec::new(), least_ms: 0, most_ms: 0, known: 0 };
        let mut flow = Flow {
            program,
            id,
            journey,
            encoder: Encoder::new(program, Some(journey)).asking(questions),
            states: vec![None; journey.steps.len()],
            entry,
            start: Moment::ENTRY,
            dead: Vec::new(),
            unreachable: Vec::new(),
            unknown: Vec::new(),
            ends: Vec::new(),
            serial: 0,
        };
        flow.enter();
        flow.walk(changing);
        flow
    }

    /// What holds at the entry: its `where`, its segment.
    fn enter(&mut self) {
        let mut state = self.entry.clone();
        match &self.journey.entry {
            Entry::Event { event, filter } => {
                if let Some(filter) = filter {
                    let at = At { moment: Moment::ENTRY, event: Some((*event, Occurrence::Entry)) };
                    let formula = self.encoder.truth(*filter, at);
                    self.guard(&mut state, formula, Cause::Entry(*filter));
                }
            }
            Entry::Enter { segment, .. } | Entry::Every { segment, .. } | Entry::At { segment, .. } => {
                let predicate = self.program.segments[segment.index()].predicate;
                let formula = self.encoder.truth(predicate, At::moment(Moment::ENTRY));
                self.guard(&mut state, formula, Cause::Entry(predicate));
            }
            Entry::Leave { segment } => {
                let predicate = self.program.segments[segment.index()].predicate;
                let formula = self.encoder.truth(predicate, At::moment(Moment::ENTRY)).not();
                self.guard(&mut state, formula, Cause::Entry(predicate));
            }
        }
        // Before the exits are counted in: `entry-implies-exit` asks whether they leave anyone.
        self.entry = state;
    }

    /// Visits the steps in an order in which every step comes after those that lead to it, but for the way back of a `repeat`.
    fn walk(&mut self, changing: &[JourneyId]) {
        let mut incoming: Vec<Vec<State>> = vec![Vec::new(); self.journey.steps.len()];
        let mut start = self.entry.clone();
        if self.may_be_overtaken(changing) {
            let (before, after) = (Moment::ENTRY, self.encoder.later(Moment::ENTRY));
            let at_once = Formula::difference(self.encoder.now(after), self.encoder.now(before), 0);
            self.start = after;
            start.moment = after;
            self.guard(&mut start, at_once, Cause::Start);
        }
        self.not_exited(&mut start);
        match self.journey.first {
            Some(first) => incoming[first.index()].push(start),
            None => self.ends.push(start),
        }
        for step in self.order() {
            let arrivals = std::mem::take(&mut incoming[step.index()]);
            if arrivals.is_empty() {
                continue;
            }
            let mut state = self.join(step, arrivals);
            if matches!(self.journey.steps[step.index()].kind, StepKind::Repeat { .. }) {
                // A later round begins with everything changed, any time later.
                state = self.round(step, state);
            }
            if !self.is_reached(step, &mut state) {
                continue;
            }
            for (target, state) in self.leave(step, &state) {
                match target {
                    Some(target) if target > step => incoming[target.index()].push(state),
                    // The end of a round leads back; the first arrival already stands for every round.
                    Some(_) => {}
                    None => self.ends.push(state),
                }
            }
            self.states[step.index()] = Some(state);
        }
    }

    /// Whether another journey that the same event lets in may change something between the question at the entry and the first step:
    /// who enters is asked of all journeys at once, then they take their steps in turn.
    fn may_be_overtaken(&self, changing: &[JourneyId]) -> bool {
        let Entry::Event { event, .. } = &self.journey.entry else { return false };
        let others = changing.iter().filter(|other| **other != self.id);
        others.map(|other| &self.program.journey(*other).entry).any(|entry| match entry {
            Entry::Event { event: theirs, .. } => theirs == event,
            Entry::Enter { .. } | Entry::Leave { .. } => true,
            Entry::Every { .. } | Entry::At { .. } => false,
        })
    }

    /// Steps from the first on, each after its predecessors.
    fn order(&self) -> Vec<StepId> {
        let mut order = Vec::with_capacity(self.journey.steps.len());
        let mut seen = vec![false; self.journey.steps.len()];
        let mut stack: Vec<(StepId, bool)> = self.journey.first.map(|f| (f, false)).into_iter().collect();
        while let Some((step, done)) = stack.pop() {
            if done {
                order.push(step);
                continue;
            }
            if std::mem::replace(&mut seen[step.index()], true) {
                continue;
            }
            stack.push((step, true));
            for target in targets(self.journey, step) {
                if !seen[target.index()] {
                    stack.push((target, false));
                }
            }
        }
        order.reverse();
        order
    }

    /// Asks whether anyone arrives; where not although every way in is open, that is a finding of its own.
    fn is_reached(&mut self, step: StepId, state: &mut State) -> bool {
        if state.known >= state.guards.len() || self.is_spent() {
            return true;
        }
        match self.ask(state, &[]) {
            Outcome::Sat(_) => {
                state.known = state.guards.len();
                true
            }
            Outcome::Unknown => {
                self.unknown.push(step);
                true
            }
            Outcome::Unsat => {
                let blame = self.blame(state, &[]);
                self.unreachable.push((step, blame));
                false
            }
        }
    }

    /// Whether anybody in this state satisfies these formulas: asked of what is new and whatever shares variables with it.
    fn ask(&self, state: &State, with: &[&Formula]) -> Outcome {
        let (known, new) = state.guards.split_at(state.known.min(state.guards.len()));
        let new: Vec<&Formula> = new.iter().map(|guard| &guard.formula).chain(with.iter().copied()).collect();
        self.encoder.solve_near(known.iter().map(|guard| &guard.formula), &new)
    }

    /// Whether so much was given up that further questions are not worth their time.
    fn is_spent(&self) -> bool {
        self.unknown.len() >= MAX_UNKNOWN
    }

    /// The smallest set of guards that cannot hold together with these formulas.
    pub(crate) fn blame(&self, state: &State, with: &[Formula]) -> Vec<Cause> {
        let parts: Vec<Formula> =
            state.guards.iter().map(|g| g.formula.clone()).chain(with.iter().cloned()).collect();
        let core = self.encoder.core(&parts).unwrap_or_default();
        core.into_iter().filter_map(|at| state.guards.get(at)).map(|g| g.cause).collect()
    }

    /// Whether nobody enters at all.
    pub(crate) fn entry_is_empty(&self) -> bool {
        self.encoder.solve_all(self.entry.conditions()) == Outcome::Unsat
    }

    /// Adds a guard to a state of a check's own.
    pub(crate) fn push_guard(&mut self, state: &mut State, formula: Formula, cause: Cause) {
        self.guard(state, formula, cause);
    }

    /// Adds a guard.
    fn guard(&mut self, state: &mut State, formula: Formula, cause: Cause) {
        if formula == Formula::True {
            return;
        }
        self.serial += 1;
        state.guards.push(Guard { formula, cause, serial: self.serial });
    }

    /// No `exit when` holds, else the instance would have ended.
    fn not_exited(&mut self, state: &mut State) {
        for (position, exit) in self.journey.exits.iter().enumerate() {
            match exit {
                Exit::When { predicate } => {
                    let formula = self.encoder.truth(*predicate, state.at()).not();
                    let known = state.guards.iter().any(|g| g.formula == formula);
                    if !known {
                        self.guard(state, formula, Cause::ExitWhen(position, *predicate));
                    }
                }
                Exit::Event { .. } => {}
            }
        }
    }

    /// The longest live time the author allows, in ms.
    pub(crate) fn lifetime_ms(&self) -> Option<i64> {
        self.journey.lasts.filter(|_| self.journey.refreshes.is_empty()).map(Span::longest_ms)
    }
}

/// The journeys whose steps set attributes or emit events.
pub(crate) fn changing(program: &Program) -> Vec<JourneyId> {
    let changes = |kind: &StepKind| matches!(kind, StepKind::Set { .. } | StepKind::Emit { .. });
    let all = program.journeys.iter().enumerate();
    let changing = all.filter(|(_, journey)| journey.steps.iter().any(|step| changes(&step.kind)));
    changing.map(|(index, _)| JourneyId::new(index)).collect()
}

/// Where a step can lead.
pub(crate) fn targets(journey: &Journey, step: StepId) -> Vec<StepId> {
    let step = &journey.steps[step.index()];
    let mut all: Vec<Option<StepId>> = match &step.kind {
        StepKind::WaitUntil { otherwise, .. } => vec![*otherwise],
        StepKind::WaitFor { arms, otherwise, .. } => {
            arms.iter().map(|a| a.body).chain([*otherwise]).collect()
        }
        StepKind::At { body, otherwise, .. } => vec![*body, *otherwise],
        StepKind::If { then, otherwise, .. } => vec![*then, *otherwise],
        StepKind::Match { arms, otherwise, .. } => arms.iter().map(|a| a.1).chain([*otherwise]).collect(),
        StepKind::Split(split) => split.arms.iter().map(|a| a.body).collect(),
        StepKind::Repeat { body, .. } => vec![*body],
        StepKind::Wait { .. }
        | StepKind::WaitClock { .. }
        | StepKind::Send(_)
        | StepKind::Set { .. }
        | StepKind::Emit { .. }
        | StepKind::Call { .. }
        | StepKind::Exit { .. } => Vec::new(),
    };
    if !matches!(step.kind, StepKind::Exit { .. }) {
        all.push(step.next);
    }
    all.into_iter().flatten().collect()
}
