//! `duplicate-journey`: the same entry and the same steps under two names.

use super::Report;
use super::bounds::Run;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::print::print_expr_of;
use crate::ir::{Exit, ExprId, JourneyId, Program, Step, StepKind};

pub(super) fn check(program: &Program, _: &[Run<'_>], report: &mut Report<'_>) {
    for (index, journey) in program.journeys.iter().enumerate() {
        if journey.steps.is_empty() {
            continue;
        }
        let here = JourneyId::new(index);
        let before =
            (0..index).find(|other| Pair { program, one: JourneyId::new(*other), other: here }.is_same());
        let Some(before) = before else { continue };
        let (here, there) = (report.journey(here), report.journey(JourneyId::new(before)));
        let other = &program.journeys[before].name;
        report.push(
            Diagnostic::new(
                &codes::DUPLICATE_JOURNEY,
                here.name,
                format!("journey `{}` does the same as `{other}`", journey.name),
            )
            .label("same entry, same steps")
            .also(there.name, "the other one")
            .help("remove one of them: whoever enters both gets everything twice"),
        );
    }
}

/// Two journeys side by side.
#[derive(Clone, Copy)]
struct Pair<'p> {
    program: &'p Program,
    one: JourneyId,
    other: JourneyId,
}

impl Pair<'_> {
    /// Whether the same users enter at the same moments and the same happens to them. Exits can tell users apart, goals cannot.
    fn is_same(self) -> bool {
        let (one, other) = (self.program.journey(self.one), self.program.journey(self.other));
        one.entry == other.entry
            && one.key == other.key
            && one.reenter == other.reenter
            && one.active == other.active
            && one.first == other.first
            && one.steps.len() == other.steps.len()
            && one.exits.len() == other.exits.len()
            && one.exits.iter().zip(&other.exits).all(|(a, b)| self.same_exit(a, b))
            && one.steps.iter().zip(&other.steps).all(|(a, b)| self.same_step(a, b))
    }

    fn same_exit(self, a: &Exit, b: &Exit) -> bool {
        match (a, b) {
            (Exit::When { predicate: a }, Exit::When { predicate: b }) => self.same_expr(*a, *b),
            (a, b) => a == b,
        }
    }

    /// Labels and comments are names, too. The salt of a split is the journey's unless it is written.
    fn same_step(self, a: &Step, b: &Step) -> bool {
        if a.next != b.next {
            return false;
        }
        match (&a.kind, &b.kind) {
            (StepKind::Split(a), StepKind::Split(b)) => {
                let own = |id: JourneyId, name: &str, salt: &str| {
                    salt == format!("{}.{name}", self.program.journey(id).name)
                };
                let owns = own(self.one, &a.name, &a.salt) && own(self.other, &b.name, &b.salt);
                (a.salt == b.salt || owns) && a.name == b.name && a.holdout == b.holdout && a.arms == b.arms
            }
            (
                StepKind::If { condition: a, then, otherwise },
                StepKind::If { condition: b, then: other_then, otherwise: other_otherwise },
            ) => (then, otherwise) == (other_then, other_otherwise) && self.same_expr(*a, *b),
            (
                StepKind::WaitUntil { predicate: a, up_to, otherwise },
                StepKind::WaitUntil { predicate: b, up_to: other_up_to, otherwise: other_otherwise },
            ) => (up_to, otherwise) == (other_up_to, other_otherwise) && self.same_expr(*a, *b),
            (a, b) => a == b,
        }
    }

    /// What counts since the entry counts for each journey apart, so equal expressions may be two.
    fn same_expr(self, a: ExprId, b: ExprId) -> bool {
        a == b || print_expr_of(self.program, self.one, a) == print_expr_of(self.program, self.other, b)
    }
}
