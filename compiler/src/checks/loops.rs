//! `instant-loop` and `timed-loop`: journeys that trigger each other through `emit` and `set`, at once or with a delay.
//!
//! A way from one journey to the next is there only where what is emitted or set can let somebody in and the re-entry rule lets the
//! same user in again: `never`, a limit for life and an event that comes once end every round trip. An instant loop is an error only where
//! nothing can stop it: what is emitted is constant or handed on unchanged, and nobody is refused while live. Start at [`check`].

use super::Report;
use super::bounds::Run;
use super::compete::pin;
use super::encode::{At, Encoder, Moment, Occurrence};
use super::flow::Flow;
use super::wait_never_ends::in_days;
use crate::codes;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ir::{
    AttrId, Const, Entry, EventId, ExprId, ExprKind, FieldId, JourneyId, Program, ReenterMode, Source,
    StepId, StepKind, Ty,
};
use crate::solve::{Formula, Outcome};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Most ways between journeys that are asked about; beyond, round trips may go untold.
const MAX_QUESTIONS: u32 = 20_000;

/// A step of one journey lets users into another one.
struct Edge {
    from: JourneyId,
    to: JourneyId,
    step: StepId,
    least_ms: i64,
    most_ms: i64,
}

/// The ways out of each journey.
type Edges = BTreeMap<JourneyId, Vec<Edge>>;

pub(super) fn check(program: &Program, runs: &[Run<'_>], report: &mut Report<'_>) {
    let mut edges = edges(program, runs);
    trim(&mut edges);
    let mut reported = BTreeSet::new();
    for &start in edges.keys() {
        if reported.contains(&start) {
            continue;
        }
        let Some(ring) = shortest_ring(&edges, start) else { continue };
        if let Some(finding) = verdict(program, &ring, report) {
            reported.extend(ring.iter().map(|edge| edge.from));
            report.push(finding);
        }
    }
}

/// What a round trip is: none, where it breaks off by itself.
fn verdict(program: &Program, ring: &[&Edge], report: &Report<'_>) -> Option<Diagnostic> {
    let least: i64 = ring.iter().fold(0, |sum, edge| sum.saturating_add(edge.least_ms));
    let most: i64 = ring.iter().fold(0, |sum, edge| sum.saturating_add(edge.most_ms));
    let cools = |edge: &&Edge| {
        let cooldown = program.journey(edge.to).reenter.cooldown;
        cooldown.is_some_and(|(span, _)| span.shortest_ms() > most)
    };
    if ring.iter().any(cools) || !hangs_together(program, ring) {
        return None;
    }
    let span = report.step(ring[0].from, ring[0].step).head;
    let names: Vec<&str> = ring.iter().map(|edge| program.journey(edge.to).name.as_str()).collect();
    let names = names.join(", ");
    let new = |code, message: &str| Diagnostic::new(code, span, message.to_owned());
    if least > 0 {
        let finding = new(&codes::TIMED_LOOP, "these journeys trigger each other over and over")
            .label(format!("comes round every {} through {names}", in_days(least)))
            .help("limit the entry, `reenter every at most N per D`, if that is meant");
        return Some(noting_refusal(program, ring, finding));
    }
    let finding = new(&codes::INSTANT_LOOP, "these journeys trigger each other without end at one instant")
        .label(format!("leads back here at once through {names}"))
        .help("put a wait into the loop, or tell apart by a field what was emitted");
    let stops = ring.iter().any(|edge| {
        let reenter = &program.journey(edge.to).reenter;
        reenter.mode == ReenterMode::AfterExit || reenter.limit.is_some()
    });
    if stops || !ring.iter().all(|edge| is_handed_on(program, edge)) {
        let finding = finding.severity(Severity::Warning).note("it ends only when an entry is refused");
        return Some(noting_refusal(program, ring, finding));
    }
    Some(finding)
}

/// Says where a journey refuses itself: it emits before it has ended.
fn noting_refusal(program: &Program, ring: &[&Edge], finding: Diagnostic) -> Diagnostic {
    let refused = ring.len() == 1 && program.journey(ring[0].to).reenter.mode == ReenterMode::AfterExit;
    if refused {
        finding.note("`reenter after exit` refuses it as long as the instance that emits is live")
    } else {
        finding
    }
}

/// Whether what a step emits is the same each time round: constants, and fields of the entry handed on under their names.
fn is_handed_on(program: &Program, edge: &Edge) -> bool {
    let journey = program.journey(edge.from);
    let StepKind::Emit { event, fields } = &journey.steps[edge.step.index()].kind else { return false };
    let Entry::Event { event: entered, .. } = &journey.entry else { return false };
    let name = |event: &EventId, slot: usize| program.event(*event).fields.get(slot).map(|field| &field.name);
    fields.iter().all(|(field, value)| match &program.expr(*value).kind {
        ExprKind::Const(_) => true,
        ExprKind::Slot { source: Source::Entry, slot } => {
            name(entered, *slot as usize) == name(event, field.index())
        }
        _ => false,
    })
}

/// Whether whoever comes in by one way can get to the step that is the next one; and whether what is entered by a turn is also left.
fn hangs_together(program: &Program, ring: &[&Edge]) -> bool {
    let nexts = ring.iter().skip(1).chain(ring.first());
    let goes_on = ring.iter().zip(nexts).all(|(edge, next)| {
        let StepKind::Emit { fields, .. } = &step(program, edge).kind else { return true };
        let mut flow = Flow::of(program, edge.to);
        let Some(state) = flow.states[next.step.index()].clone() else { return false };
        let mut parts: Vec<Formula> = state.conditions().cloned().collect();
        let given = constants(program, fields, Source::Entry);
        parts.extend(
            given
                .into_iter()
                .map(|(slot, is)| flow.encoder.matches_arm(slot, &[is], At::moment(Moment::ENTRY))),
        );
        flow.encoder.solve_all(parts.iter()) != Outcome::Unsat
    });
    goes_on && ring.iter().all(|edge| turns_back(program, edge, ring))
}

fn step<'p>(program: &'p Program, edge: &Edge) -> &'p crate::ir::Step {
    &program.journey(edge.from).steps[edge.step.index()]
}

/// A segment is entered again only after it was left: some other step of the round trip must see to that.
fn turns_back(program: &Program, edge: &Edge, ring: &[&Edge]) -> bool {
    if !matches!(step(program, edge).kind, StepKind::Set { .. }) {
        return true;
    }
    let Some((predicate, wanted)) = turn(program, edge.to) else { return false };
    ring.iter().any(|other| match &step(program, other).kind {
        StepKind::Set { attribute, value } => !can_turn(program, predicate, wanted, *attribute, *value),
        _ => false,
    })
}

/// The predicate a journey's entry waits for, and what it must become.
fn turn(program: &Program, to: JourneyId) -> Option<(ExprId, Turn)> {
    let predicate = |segment: &crate::ir::SegmentId| program.segments[segment.index()].predicate;
    match &program.journey(to).entry {
        Entry::Enter { segment, .. } => Some((predicate(segment), Turn::True)),
        Entry::Leave { segment } => Some((predicate(segment), Turn::False)),
        Entry::Event { .. } | Entry::Every { .. } | Entry::At { .. } => None,
    }
}

/// What a segment's predicate turns to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    True,
    False,
}

/// The shortest way from a journey back to itself.
fn shortest_ring(edges: &Edges, start: JourneyId) -> Option<Vec<&Edge>> {
    let mut came_by: BTreeMap<JourneyId, &Edge> = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(at) = open.pop_front() {
        for edge in edges.get(&at).into_iter().flatten() {
            if edge.to == start {
                let mut ring = vec![edge];
                let mut back = edge.from;
                while back != start {
                    let before = came_by.get(&back)?;
                    ring.push(before);
                    back = before.from;
                }
                ring.reverse();
                return Some(ring);
            }
            came_by.entry(edge.to).or_insert_with(|| {
                open.push_back(edge.to);
                edge
            });
        }
    }
    None
}

/// Takes out the ways that no round trip can use: those into journeys that lead nowhere, again and again.
fn trim(edges: &mut Edges) {
    let mut into: BTreeMap<JourneyId, BTreeSet<JourneyId>> = BTreeMap::new();
    let mut ways: BTreeMap<JourneyId, usize> = BTreeMap::new();
    for edge in edges.values().flatten() {
        into.entry(edge.to).or_default().insert(edge.from);
        *ways.entry(edge.from).or_default() += 1;
    }
    let mut dead: Vec<JourneyId> = into.keys().filter(|to| !ways.contains_key(to)).copied().collect();
    while let Some(end) = dead.pop() {
        for from in into.remove(&end).unwrap_or_default() {
            let Some(out) = edges.get_mut(&from) else { continue };
            out.retain(|edge| edge.to != end);
            if out.is_empty() {
                edges.remove(&from);
                dead.push(from);
            }
        }
    }
}

fn edges(program: &Program, runs: &[Run<'_>]) -> Edges {
    let mut by_event: BTreeMap<EventId, Vec<JourneyId>> = BTreeMap::new();
    let mut by_turn: BTreeMap<AttrId, Vec<JourneyId>> = BTreeMap::new();
    for to in (0..program.journeys.len()).map(JourneyId::new).filter(|to| comes_again(program, *to)) {
        if let Entry::Event { event, .. } = &program.journey(to).entry {
            by_event.entry(*event).or_default().push(to);
        } else if let Some((predicate, _)) = turn(program, to) {
            for attribute in attributes(program, predicate) {
                by_turn.entry(attribute).or_default().push(to);
            }
        }
    }
    let pinned: BTreeMap<JourneyId, Vec<(u32, Vec<&Const>)>> =
        by_event.values().flatten().map(|to| (*to, pinned(program, *to))).collect();
    let mut all = Edges::new();
    let mut questions_left = MAX_QUESTIONS;
    let mut may_ask = || {
        questions_left = questions_left.saturating_sub(1);
        questions_left > 0
    };
    for flow in runs.iter().map(|run| &run.flow) {
        for (index, step) in flow.journey.steps.iter().enumerate() {
            let Some(state) = &flow.states[index] else { continue };
            let into: Vec<JourneyId> = match &step.kind {
                StepKind::Emit { event, fields } => {
                    let given = given(program, fields);
                    let near = by_event.get(event).into_iter().flatten().filter(|to| {
                        pinned.get(to).is_none_or(|pinned| pinned.iter().all(|pin| fits(pin, &given)))
                    });
                    near.filter(|to| may_ask() && enters(program, **to, *event, fields)).copied().collect()
                }
                StepKind::Set { attribute, value } => {
                    let turns = |to: JourneyId| {
                        turn(program, to)
                            .is_some_and(|(p, wanted)| can_turn(program, p, wanted, *attribute, *value))
                    };
                    let near = by_turn.get(attribute).into_iter().flatten();
                    near.filter(|to| may_ask() && turns(**to)).copied().collect()
                }
                _ => Vec::new(),
            };
            for to in into {
                let (least_ms, most_ms) = (state.least_ms, state.most_ms);
                let edge = Edge { from: flow.id, to, step: StepId::new(index), least_ms, most_ms };
                all.entry(flow.id).or_default().push(edge);
            }
        }
    }
    all
}

/// What the entry of a journey says fields of its event are.
fn pinned(program: &Program, to: JourneyId) -> Vec<(u32, Vec<&Const>)> {
    let mut pinned = Vec::new();
    if let Entry::Event { filter: Some(filter), .. } = &program.journey(to).entry {
        pin(program, *filter, &mut pinned);
    }
    pinned
}

/// The fields an emitted event gives as constants.
fn given<'p>(program: &'p Program, fields: &[(FieldId, ExprId)]) -> Vec<(u32, &'p Const)> {
    let constant = |(field, value): &(FieldId, ExprId)| match &program.expr(*value).kind {
        ExprKind::Const(constant) => Some((field.0, constant)),
        _ => None,
    };
    fields.iter().filter_map(constant).collect()
}

/// Whether a constant that is given is one of those wanted.
fn fits((slot, wanted): &(u32, Vec<&Const>), given: &[(u32, &Const)]) -> bool {
    given.iter().filter(|(field, _)| field == slot).all(|(_, constant)| wanted.contains(constant))
}

/// Whether the same user can be let in again and again, as far as limits for life go. Keys that are handed on are the same lane.
fn comes_again(program: &Program, to: JourneyId) -> bool {
    let journey = program.journey(to);
    let for_life = matches!(journey.reenter.limit, Some((_, None)));
    let once = matches!(&journey.entry, Entry::Event { event, .. } if program.event(*event).once);
    journey.reenter.mode != ReenterMode::Never && !for_life && !once
}

/// The attributes a predicate reads.
fn attributes(program: &Program, predicate: ExprId) -> BTreeSet<AttrId> {
    let (mut found, mut open) = (BTreeSet::new(), vec![predicate]);
    while let Some(expr) = open.pop() {
        let kind = &program.expr(expr).kind;
        if let ExprKind::Slot { source: Source::User, slot } = kind {
            found.insert(AttrId(*slot));
        }
        kind.for_each_operand(|operand| open.push(operand));
    }
    found
}

/// Whether a predicate can become true (or false) by an attribute being set.
fn can_turn(program: &Program, predicate: ExprId, wanted: Turn, attribute: AttrId, value: ExprId) -> bool {
    let mut encoder = Encoder::new(program, None);
    let at = At::moment(Moment::ENTRY);
    let holds = encoder.truth(predicate, at);
    let mut parts = vec![if wanted == Turn::True { holds } else { holds.not() }];
    if let ExprKind::Const(constant) = &program.expr(value).kind {
        let ty = program.attributes[attribute.index()].field.ty.ty();
        if let Some(slot) = reading(program, Source::User, attribute.0, ty) {
            parts.push(encoder.matches_arm(slot, std::slice::from_ref(constant), at));
        }
    }
    encoder.solve_all(parts.iter()) != Outcome::Unsat
}

/// Whether what is emitted can satisfy the entry of a journey: its constant fields and the entry's condition hold together.
fn enters(program: &Program, to: JourneyId, emitted: EventId, fields: &[(FieldId, ExprId)]) -> bool {
    let journey = program.journey(to);
    let Entry::Event { event, filter: Some(filter) } = &journey.entry else { return true };
    if *event != emitted {
        return false;
    }
    let mut encoder = Encoder::new(program, Some(journey));
    let at = At { moment: Moment::ENTRY, event: Some((*event, Occurrence::Entry)) };
    let mut parts = vec![encoder.truth(*filter, at)];
    for (slot, constant) in constants(program, fields, Source::Event) {
        parts.push(encoder.matches_arm(slot, &[constant], at));
    }
    encoder.solve_all(parts.iter()) != Outcome::Unsat
}

/// The fields that are given a constant, as the nodes that read them; those that nothing reads are left out.
fn constants(program: &Program, fields: &[(FieldId, ExprId)], source: Source) -> Vec<(ExprId, Const)> {
    fields
        .iter()
        .filter_map(|(field, value)| {
            let ExprKind::Const(constant) = &program.expr(*value).kind else { return None };
            let slot = reading(program, source, field.0, program.expr(*value).ty)?;
            Some((slot, constant.clone()))
        })
        .collect()
}

/// The node that reads a slot as this type, where the program has one.
fn reading(program: &Program, from: Source, at: u32, ty: Ty) -> Option<ExprId> {
    let found = program.exprs.iter().position(|expr| {
        expr.ty == ty && matches!(expr.kind, ExprKind::Slot { source, slot } if source == from && slot == at)
    });
    found.map(ExprId::new)
}
