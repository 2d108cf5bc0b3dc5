//! Predicates as formulas: what `check` asks the decision procedure about.
//!
//! A value is a variable of a *moment*. What cannot change between two moments (entry fields that no `refresh` touches, immutable
//! attributes) is one variable for all; everything else is a new one after every step that takes time. Whatever the procedure cannot
//! express becomes a truth value or integer of its own per form and moment: answers stay one-sided (never a false "cannot hold").
//! Knows nothing of findings. Start at [`Encoder::truth`]; `terms` encodes values, `facts` what is declared.

mod facts;
mod terms;
mod texts;
mod unseen;
mod values;

use super::questions::Questions;
use crate::ir::{
    AggFunc, AggId, ArithOp, CompareOp, Const, EventId, ExprId, ExprKind, Journey, Program, Read, Source,
    Span, TimeTest, Ty, Window,
};
use crate::solve::variables::Variables;
use crate::solve::{BoolVar, Formula, IntVar, Outcome, Problem, SetVar, TextVar, ZERO};
use std::collections::BTreeMap;
pub(crate) use terms::Linear;
pub(crate) use values::Given;

/// A point of a run at which predicates are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Moment(u32);

impl Moment {
    /// The entry of the run.
    pub(crate) const ENTRY: Moment = Moment(0);
}

/// Which event a `where` is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Occurrence {
    /// The entry event: its fields are the entry's.
    Entry,
    /// A later one, told apart by number.
    Later(u32),
}

/// Where an expression is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    /// When.
    pub(crate) moment: Moment,
    /// The event at hand, where there is one.
    pub(crate) event: Option<(EventId, Occurrence)>,
}

impl At {
    /// At a moment, without an event.
    pub(crate) fn moment(moment: Moment) -> At {
        At { moment, event: None }
    }
}

/// What a variable stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    /// The present instant.
    Now(Moment),
    /// The entry event's own time.
    EntryTime,
    /// A slot of the entry row or the user, at the moment from which it is what it is.
    Slot(Place, u32, Moment),
    /// Whether that slot is present.
    Present(Place, u32, Moment),
    /// An expression the procedure does not look into.
    Opaque(ExprId, Moment, Option<Occurrence>),
    /// Whether such an expression is present.
    OpaquePresent(ExprId, Moment, Option<Occurrence>),
    /// A text test on a string that is none of the constants.
    TextTest(TextVar, u32),
}

/// Which row a slot belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Place {
    Entry,
    User,
    Event(EventId, u32),
}

/// A variable of the query.
#[derive(Clone, Copy, Debug)]
enum Var {
    Int(IntVar),
    Bool(BoolVar),
    Set(SetVar),
    Text(TextVar),
}

/// What is known of a moment.
#[derive(Clone, Debug)]
struct MomentInfo {
    /// The moment before it on every path.
    before: Option<Moment>,
}

/// Encodes the predicates of one journey (or of none) into one problem.
pub(crate) struct Encoder<'p> {
    pub(crate) program: &'p Program,
    journey: Option<&'p Journey>,
    problem: Problem,
    vars: BTreeMap<Key, Var>,
    moments: Vec<MomentInfo>,
    /// What is declared of the variables made so far.
    facts: Vec<Formula>,
    /// Entry fields that a refresh may replace.
    refreshed: Vec<u32>,
    /// Texts of the text tests made so far.
    patterns: Vec<texts::TestKey>,
    occurrences: u32,
    /// What ends an instance at every event an aggregate counts; filled in when asked for.
    endings: BTreeMap<AggId, Vec<unseen::Ending>>,
    /// Waits for an event that came to their end.
    vain: Vec<unseen::Vain>,
    /// Where questions are written down, if anybody listens.
    questions: Option<&'p Questions>,
}

impl<'p> Encoder<'p> {
    /// An encoder for the predicates of a journey; without one, for segments and classes.
    pub(crate) fn new(program: &'p Program, journey: Option<&'p Journey>) -> Self {
        let refreshed = journey
            .map(|j| j.refreshes.iter().flat_map(|r| r.fields.iter().map(|(_, entry)| entry.0)).collect())
            .unwrap_or_default();
        Self {
            program,
            journey,
            problem: Problem::new(),
            vars: BTreeMap::new(),
            moments: vec![MomentInfo { before: None }],
            facts: Vec::new(),
            refreshed,
            patterns: Vec::new(),
            occurrences: 0,
            endings: BTreeMap::new(),
            vain: Vec::new(),
            questions: None,
        }
    }

    /// The same encoder, whose questions are written down where there is somebody who listens.
    pub(crate) fn asking(mut self, questions: Option<&'p Questions>) -> Self {
        self.questions = questions;
        self
    }

    /// A later moment than `before`, at which whatever may change may have changed.
    pub(crate) fn later(&mut self, before: Moment) -> Moment {
        self.moments.push(MomentInfo { before: Some(before) });
        let moment = Moment(self.moments.len() as u32 - 1);
        let (now, then) = (self.now(moment), self.now(before));
        self.facts.push(Formula::difference(then, now, 0));
        moment
    }

    /// The last moment that lies on the way to both.
    pub(crate) fn common(&self, left: Moment, right: Moment) -> Moment {
        let (mut left, mut right) = (left, right);
        // A moment is made after the one before it, so the greater number is never an ancestor of the smaller.
        while left != right {
            let later = if left > right { &mut left } else { &mut right };
            *later = self.moments[later.0 as usize].before.unwrap_or(Moment::ENTRY);
        }
        left
    }

    /// A new occurrence of an event.
    pub(crate) fn occurrence(&mut self) -> Occurrence {
        self.occurrences += 1;
        Occurrence::Later(self.occurrences)
    }

    /// The instant of a moment.
    pub(crate) fn now(&mut self, moment: Moment) -> IntVar {
        self.int_var(Key::Now(moment))
    }

    /// The entry event's own time: not after the entry, and before it where the event came late. Other entries have no event.
    fn entry_time(&mut self) -> IntVar {
        let entry = self.now(Moment::ENTRY);
        if !self.journey.is_some_and(|j| matches!(j.entry, crate::ir::Entry::Event { .. })) {
            return entry;
        }
        let is_new = !self.vars.contains_key(&Key::EntryTime);
        let time = self.int_var(Key::EntryTime);
        if is_new {
            self.facts.push(Formula::difference(time, entry, 0));
        }
        time
    }

    /// Whether a formula can hold together with everything declared.
    pub(crate) fn solve(&self, formula: &Formula) -> Outcome {
        self.solve_all([formula])
    }

    /// Whether formulas can hold together and with everything declared.
    pub(crate) fn solve_all<'f>(&'f self, formulas: impl IntoIterator<Item = &'f Formula>) -> Outcome {
        let all: Vec<&Formula> = self.facts.iter().chain(formulas).collect();
        let outcome = self.problem.solve_all(all.iter().copied());
        if let Some(questions) = self.questions {
            questions.asked(&self.problem, all.into_iter(), &outcome);
        }
        outcome
    }

    /// The same, where `known` is known to hold together with everything declared: only what shares variables with `new`, directly or
    /// through others, can stand in its way. "Cannot hold" is right whether or not `known` holds.
    pub(crate) fn solve_near<'f>(
        &'f self,
        known: impl Iterator<Item = &'f Formula>,
        new: &[&'f Formula],
    ) -> Outcome {
        let mut far: Vec<&Formula> = self.facts.iter().chain(known).collect();
        let mut near = Variables::default();
        new.iter().for_each(|formula| near.take(formula));
        let mut asked: Vec<&Formula> = new.to_vec();
        loop {
            let before = far.len();
            far.retain(|formula| {
                let shares = near.shares(formula);
                if shares {
                    near.take(formula);
                    asked.push(formula);
                }
                !shares
            });
            if far.len() == before {
                break;
            }
        }
        let outcome = self.problem.solve_all(asked.iter().copied());
        if let Some(questions) = self.questions {
            questions.asked(&self.problem, asked.into_iter(), &outcome);
        }
        outcome
    }

    /// The smallest set of these conjuncts that cannot hold together; see [`Problem::core`].
    pub(crate) fn core(&self, conjuncts: &[Formula]) -> Option<Vec<usize>> {
        self.problem.core(conjuncts, &self.facts)
    }

    /// A predicate as a formula.
    pub(crate) fn truth(&mut self, expr: ExprId, at: At) -> Formula {
        let program = self.program;
        match &program.expr(expr).kind {
            ExprKind::Const(Const::Bool(true)) => Formula::True,
            ExprKind::Const(_) => Formula::False,
            ExprKind::All(parts) => {
                Formula::and(parts.iter().map(|p| self.truth(*p, at)).collect::<Vec<_>>())
            }
            ExprKind::Any(parts) => Formula::or(parts.iter().map(|p| self.truth(*p, at)).collect::<Vec<_>>()),
            ExprKind::Not(inner) => self.truth(*inner, at).not(),
            ExprKind::Consent { rule, .. } => self.truth(*rule, at),
            ExprKind::InSegment { predicate, .. } => self.truth(*predicate, at),
            ExprKind::Compare { op, left, right } => self.compare(*op, *left, *right, expr, at),
            ExprKind::OneOf { value, set } => self.one_of(*value, set, at),
            ExprKind::Exists(inner) => self.present(*inner, at),
            ExprKind::RowExists { .. } => self.opaque_truth(expr, at),
            ExprKind::Coalesce { value, default } => {
                let (present, value, default) =
                    (self.present(*value, at), self.truth(*value, at), self.truth(*default, at));
                Formula::or([Formula::and([present.clone(), value]), Formula::and([present.not(), default])])
            }
            ExprKind::TimeTest { test, time, operand } => self.time_test(*test, *time, *operand, expr, at),
            ExprKind::Text { test, value, pattern } => self.text_test(*test, *value, *pattern, expr, at),
            ExprKind::Matches { value, regex } => self.matches(*value, *regex, expr, at),
            ExprKind::Slot { source, slot } => self.bool_slot(*source, *slot, expr, at),
            ExprKind::Case { arms, otherwise } => {
                let arms: Vec<_> =
                    arms.iter().map(|(when, then)| (self.truth(*when, at), self.truth(*then, at))).collect();
                let otherwise = self.truth(*otherwise, at);
                cases(arms, otherwise)
            }
            ExprKind::Aggregate { .. }
            | ExprKind::Column { .. }
            | ExprKind::InList { .. }
            | ExprKind::Quantified { .. }
            | ExprKind::Now
            | ExprKind::Today
            | ExprKind::EntryTime
            | ExprKind::Arith { .. }
            | ExprKind::Neg(_)
            | ExprKind::ToFloat(_)
            | ExprKind::ToText(_)
            | ExprKind::AtLeast(..)
            | ExprKind::AtMost(..)
            | ExprKind::DateOf(_) => self.opaque_truth(expr, at),
        }
    }

    /// Whether an expression has a value.
    pub(crate) fn present(&mut self, expr: ExprId, at: At) -> Formula {
        let program = self.program;
        match &program.expr(expr).kind {
            ExprKind::Slot { source, slot } => self.slot_present(*source, *slot, expr, at),
            ExprKind::Coalesce { value, default } => {
                let parts = [self.present(*value, at), self.present(*default, at)];
                Formula::or(parts)
            }
            ExprKind::Column { .. } => self.opaque_present(expr, at),
            ExprKind::Aggregate { agg, read, .. } => {
                let func = program.aggregates[agg.index()].func;
                let always = matches!(
                    func,
                    AggFunc::Did
                        | AggFunc::Count
                        | AggFunc::Sum(_)
                        | AggFunc::Distinct(_)
                        | AggFunc::Recent(..)
                );
                if always && *read == Read::Value { Formula::True } else { self.opaque_present(expr, at) }
            }
            ExprKind::Arith { left, right, .. }
            | ExprKind::AtLeast(left, right)
            | ExprKind::AtMost(left, right) => {
                let parts = [self.present(*left, at), self.present(*right, at)];
                Formula::and(parts)
            }
            ExprKind::Neg(inner)
            | ExprKind::ToFloat(inner)
            | ExprKind::ToText(inner)
            | ExprKind::DateOf(inner) => self.present(*inner, at),
            ExprKind::Const(_)
            | ExprKind::RowExists { .. }
            | ExprKind::Now
            | ExprKind::Today
            | ExprKind::EntryTime
            | ExprKind::All(_)
            | ExprKind::Any(_)
            | ExprKind::Not(_)
            | ExprKind::Compare { .. }
            | ExprKind::OneOf { .. }
            | ExprKind::InList { .. }
            | ExprKind::Exists(_)
            | ExprKind::Text { .. }
            | ExprKind::Matches { .. }
            | ExprKind::Quantified { .. }
            | ExprKind::TimeTest { .. }
            | ExprKind::Case { .. }
            | ExprKind::Consent { .. }
            | ExprKind::InSegment { .. } => Formula::True,
        }
    }

    /// A value is one of the constants of a `match` arm.
    pub(crate) fn matches_arm(&mut self, value: ExprId, constants: &[Const], at: At) -> Formula {
        match self.program.expr(value).ty {
            Ty::Bool => {
                let holds = self.truth(value, at);
                Formula::or(constants.iter().map(|c| match c {
                    Const::Bool(true) => holds.clone(),
                    _ => holds.clone().not(),
                }))
            }
            Ty::Int
            | Ty::Float
            | Ty::Str
            | Ty::Time
            | Ty::Date
            | Ty::Clock
            | Ty::Duration
            | Ty::Timezone
            | Ty::Enum(_)
            | Ty::List(_) => self.one_of(value, constants, at),
        }
    }

    /// Whether an expression is the same at every moment of a run.
    pub(crate) fn is_fixed(&self, expr: ExprId) -> bool {
        self.is_constant_over_time(expr)
    }

    /// It is just the instant an expression stands for (where that is known; a minute of tolerance, as for all timers).
    pub(crate) fn has_come(&mut self, time: ExprId, at: At) -> Formula {
        const LATENESS_MS: i64 = 60_000;
        let now = Linear::var(self.now(at.moment));
        let Some(time) = self.linear(time, at) else { return Formula::True };
        let (Some(not_before), Some(not_after)) = (time.at_most(now, 0), now.at_most(time, LATENESS_MS))
        else {
            return Formula::True;
        };
        Formula::and([not_before, not_after])
    }

    /// The instant an expression stands for has passed, or there is none.
    pub(crate) fn has_passed(&mut self, time: ExprId, at: At) -> Formula {
        let present = self.present(time, at);
        let now = Linear::var(self.now(at.moment));
        let passed = self.linear(time, at).and_then(|time| time.at_most(now, -1));
        Formula::or([present.not(), passed.unwrap_or(Formula::True)])
    }

    /// Whether a predicate asks for what has happened.
    pub(crate) fn reads_history(&self, expr: ExprId) -> bool {
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            let kind = &self.program.expr(expr).kind;
            if matches!(kind, ExprKind::Aggregate { .. }) {
                return true;
            }
            kind.each_operand(&mut |operand| open.push(operand));
        }
        false
    }

    fn compare(&mut self, op: CompareOp, left: ExprId, right: ExprId, whole: ExprId, at: At) -> Formula {
        match self.program.expr(left).ty {
            Ty::Int | Ty::Float | Ty::Time | Ty::Date | Ty::Clock | Ty::Duration => {
                self.compare_numbers(op, left, right, whole, at)
            }
            Ty::Bool => {
                let same = self.truth(left, at).iff(self.truth(right, at));
                equality(op, same)
            }
            Ty::Str | Ty::Timezone => {
                let same = self.same_text(left, right, whole, at);
                equality(op, same)
            }
            Ty::Enum(_) => {
                let same = self.same_member(left, right, whole, at);
                equality(op, same)
            }
            Ty::List(_) => self.opaque_truth(whole, at),
        }
    }

    fn time_test(&mut self, test: TimeTest, time: ExprId, operand: ExprId, whole: ExprId, at: At) -> Formula {
        let present = self.present(time, at);
        let (Some(value), Some(operand_value)) = (self.linear(time, at), self.linear(operand, at)) else {
            return Formula::and([present, self.opaque_truth(whole, at)]);
        };
        // A date counts as its local midnight: no exact instant, so nothing is derived from one.
        if self.program.expr(time).ty == Ty::Date {
            return Formula::and([present, self.opaque_truth(whole, at)]);
        }
        let now = Linear::var(self.now(at.moment));
        let holds = match test {
            TimeTest::OlderThan => self.age_at_least(now, value, operand, whole, at),
            TimeTest::WithinLast => {
                let young = self.age_at_least(now, value, operand, whole, at).not();
                Formula::and([value.at_most(now, 0).unwrap_or(Formula::True), young])
            }
            TimeTest::WithinNext => {
                let far = self.age_at_least(value, now, operand, whole, at);
                Formula::and([now.at_most(value, 0).unwrap_or(Formula::True), far.not()])
            }
            TimeTest::Before => match value.at_most(operand_value, -1) {
                Some(formula) => formula,
                None => self.opaque_truth(whole, at),
            },
            TimeTest::After => match operand_value.at_most(value, -1) {
                Some(formula) => formula,
                None => self.opaque_truth(whole, at),
            },
        };
        Formula::and([present, holds])
    }

    /// `later - earlier >= D`; a calendar D lies between its shortest and longest length.
    fn age_at_least(
        &mut self,
        later: Linear,
        earlier: Linear,
        span: ExprId,
        whole: ExprId,
        at: At,
    ) -> Formula {
        match &self.program.expr(span).kind {
            ExprKind::Const(Const::Duration(Span::Exact(ms))) => {
                let ms = *ms;
                earlier.at_most(later, ms.saturating_neg()).unwrap_or_else(|| self.opaque_truth(whole, at))
            }
            ExprKind::Const(Const::Duration(span)) => {
                let span = *span;
                let exact = self.opaque_truth(whole, at);
                let (Some(surely), Some(perhaps)) = (
                    earlier.at_most(later, span.longest_ms().saturating_neg()),
                    earlier.at_most(later, span.shortest_ms().saturating_neg()),
                ) else {
                    return exact;
                };
                Formula::or([surely, Formula::and([perhaps, exact])])
            }
            _ => self.opaque_truth(whole, at),
        }
    }
}

/// First case whose condition holds.
pub(crate) fn cases(arms: Vec<(Formula, Formula)>, otherwise: Formula) -> Formula {
    let mut earlier = Formula::True;
    let mut options = Vec::with_capacity(arms.len() + 1);
    for (when, then) in arms {
        options.push(Formula::and([earlier.clone(), when.clone(), then]));
        earlier = Formula::and([earlier, when.not()]);
    }
    options.push(Formula::and([earlier, otherwise]));
    Formula::or(options)
}

fn equality(op: CompareOp, same: Formula) -> Formula {
    match op {
        CompareOp::Ne => same.not(),
        CompareOp::Eq | CompareOp::Lt | CompareOp::Le | CompareOp::Gt | CompareOp::Ge => same,
    }
}

/// The bit of a closed-set member; sets beyond 64 members are opaque.
pub(crate) fn bit(member: u32) -> u64 {
    1u64.checked_shl(member).unwrap_or(0)
}

/// Whether a window only grows: what it has counted stays counted.
fn grows(window: Window) -> bool {
    match window {
        Window::Ever | Window::SinceEntry => true,
        Window::Within(_) | Window::Since => false,
    }
}

/// Arithmetic the procedure keeps: sums and differences.
fn is_linear(op: ArithOp) -> bool {
    match op {
        ArithOp::Add | ArithOp::Sub => true,
        ArithOp::Mul | ArithOp::Div => false,
    }
}

/// Which row a source is, for the event at hand.
fn place(source: Source, at: At) -> Option<Place> {
    match source {
        Source::Entry => Some(Place::Entry),
        Source::User => Some(Place::User),
        Source::Event => match at.event? {
            (_, Occurrence::Entry) => Some(Place::Entry),
            (event, Occurrence::Later(number)) => Some(Place::Event(event, number)),
        },
        Source::Elem(_) => None,
    }
}

/// Bound on the constant zero.
fn constant(value: i64) -> Linear {
    Linear { plus: ZERO, minus: ZERO, offset: value }
}
