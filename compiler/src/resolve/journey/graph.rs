//! The flat step graph while it is built: steps refer to each other by [`Place`]s, which may be named before the step there exists.
//!
//! Knows nothing of syntax, names or types. While a [`Graph`] is open, every target inside its steps is the number of a place in
//! disguise; [`Graph::finish`] replaces each by the step bound to it. Start reading at [`Graph`].

use crate::ir::{Step, StepId, StepKind};

/// A point of the journey's flow: before some step, or its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(u32);

impl Place {
    /// The end of the journey.
    pub(super) const END: Place = Place(0);
    /// Its start.
    pub(super) const START: Place = Place(1);

    /// The place as a step's target, until [`Graph::finish`].
    pub(super) const fn target(self) -> Option<StepId> {
        Some(StepId(self.0))
    }
}

/// What is at a place.
#[derive(Debug, Clone, Copy)]
enum Binding {
    /// Nothing yet.
    Open,
    /// This step.
    Step(StepId),
    /// Whatever is at the other place: nothing stands between the two.
    Same(Place),
    /// The end of the journey.
    End,
}

/// The steps of one journey and the places between them.
#[derive(Debug)]
pub(super) struct Graph {
    steps: Vec<Step>,
    places: Vec<Binding>,
}

impl Graph {
    /// A graph with its start and end.
    pub(super) fn new() -> Graph {
        Graph { steps: Vec::new(), places: vec![Binding::End, Binding::Open] }
    }

    /// A place to be bound later.
    pub(super) fn place(&mut self) -> Place {
        self.places.push(Binding::Open);
        Place(u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX))
    }

    /// Adds a step at a place. Its targets are [`Place::target`]s.
    pub(super) fn step(&mut self, at: Place, step: Step) -> StepId {
        let id = StepId::new(self.steps.len());
        self.steps.push(step);
        self.bind(at, Binding::Step(id));
        id
    }

    /// Says that nothing stands between two places.
    pub(super) fn same(&mut self, at: Place, as_at: Place) {
        self.bind(at, Binding::Same(as_at));
    }

    /// How many steps there are.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    fn bind(&mut self, at: Place, to: Binding) {
        if let Some(place) = self.places.get_mut(at.0 as usize) {
            *place = to;
        }
    }

    fn resolve(&self, at: Place) -> Option<StepId> {
        let mut at = at;
        // Each hop leads to a place nearer the end; the bound only guards against a mistake of ours.
        for _ in 0..self.places.len() {
            match self.places.get(at.0 as usize)? {
                Binding::Step(id) => return Some(*id),
                Binding::Same(next) => at = *next,
                Binding::Open | Binding::End => return None,
            }
        }
        None
    }

    /// The steps with real targets, and the first of them.
    pub(super) fn finish(mut self) -> (Vec<Step>, Option<StepId>) {
        let first = self.resolve(Place::START);
        let mut steps = std::mem::take(&mut self.steps);
        for step in &mut steps {
            let mut mend = |target: &mut Option<StepId>| {
                *target = target.and_then(|place| self.resolve(Place(place.0)));
            };
            mend(&mut step.next);
            references(&mut step.kind, &mut mend);
            if let StepKind::Send(send) = &mut step.kind
                && send.since == first
            {
                send.since = None;
            }
        }
        (steps, first)
    }
}

/// Every reference to another step inside a step, apart from `next`.
fn references(kind: &mut StepKind, visit: &mut dyn FnMut(&mut Option<StepId>)) {
    match kind {
        StepKind::WaitUntil { otherwise, .. } => visit(otherwise),
        StepKind::WaitFor { arms, otherwise, .. } => {
            arms.iter_mut().for_each(|arm| visit(&mut arm.body));
            visit(otherwise);
        }
        StepKind::At { body, otherwise, gives_way_to, .. } => {
            visit(body);
            visit(otherwise);
            visit(gives_way_to);
        }
        StepKind::If { then, otherwise, .. } => {
            visit(then);
            visit(otherwise);
        }
        StepKind::Match { arms, otherwise, .. } => {
            arms.iter_mut().for_each(|(_, body)| visit(body));
            visit(otherwise);
        }
        StepKind::Split(split) => split.arms.iter_mut().for_each(|arm| visit(&mut arm.body)),
        StepKind::Send(send) => visit(&mut send.since),
        StepKind::Repeat { body, .. } => visit(body),
        StepKind::Wait { .. }
        | StepKind::WaitClock { .. }
        | StepKind::Set { .. }
        | StepKind::Emit { .. }
        | StepKind::Call { .. }
        | StepKind::Exit { .. } => {}
    }
}
