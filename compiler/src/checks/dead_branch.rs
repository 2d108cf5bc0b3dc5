//! `dead-branch` and `always-true`: a condition that cannot hold, or cannot fail, at the point where it stands.

use super::Report;
use super::bounds::Run;
use super::encode::{At, Encoder, Moment};
use super::flow::{Flow, Way};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Const, ExprId, ExprKind, Program, Scope, StepId, StepKind};
use crate::solve::{Formula, Outcome};

pub(super) fn check(flow: &mut Flow<'_>, report: &mut Report<'_>) {
    entry(flow, report);
    for dead in &flow.dead {
        let kind = &flow.journey.steps[dead.step.index()].kind;
        let finding = match dead.way {
            // An event that cannot come, or a wait that cannot end, is `wait-never-ends`.
            Way::Arm(_) | Way::Holds(_)
                if matches!(kind, StepKind::WaitFor { .. } | StepKind::WaitUntil { .. }) =>
            {
                continue;
            }
            Way::Holds(condition) => {
                let span = report.in_step(flow.id, dead.step, condition);
                cannot_hold(flow.program, condition, span)
            }
            Way::Fails(condition) if is_literal(flow.program, condition) => continue,
            Way::Fails(condition) => {
                let span = report.in_step(flow.id, dead.step, condition);
                cannot_fail(flow.program, condition, span)
            }
            // An empty arm is there because a `match` names every member: nothing of it is dead.
            Way::Arm(position) if is_empty(kind, position, flow.journey.steps[dead.step.index()].next) => {
                continue;
            }
            Way::Arm(position) => {
                let places = report.step(flow.id, dead.step);
                let span = places.arms.get(position).copied().unwrap_or(places.head);
                Diagnostic::new(&codes::DEAD_BRANCH, span, "this arm is never taken")
                    .label("no value reaches it here")
                    .help("remove the arm, or widen what leads here")
            }
        };
        let finding = report.with_blame(finding, flow, &dead.blame);
        report.push(finding);
    }
}

/// Whether an arm of a `match` has no steps.
fn is_empty(kind: &StepKind, position: usize, next: Option<StepId>) -> bool {
    match kind {
        StepKind::Match { arms, otherwise, .. } => arms.get(position).map_or(*otherwise, |arm| arm.1) == next,
        _ => false,
    }
}

/// An entry that lets nobody in.
fn entry(flow: &Flow<'_>, report: &mut Report<'_>) {
    if flow.entry.guards.is_empty() || flow.encoder.solve(&flow.entry.formula()) != Outcome::Unsat {
        return;
    }
    let places = report.journey(flow.id);
    report.push(
        Diagnostic::new(&codes::DEAD_BRANCH, places.entry, "nobody ever enters this journey")
            .label("no event and no user satisfies this")
            .help("loosen the condition of the entry"),
    );
}

/// A negated condition comes from `unless`, where holding and failing change places for the reader.
fn cannot_hold(program: &Program, condition: ExprId, span: crate::source::Span) -> Diagnostic {
    let finding = match &program.expr(condition).kind {
        ExprKind::Not(_) => Diagnostic::new(
            &codes::DEAD_BRANCH,
            span,
            "nobody gets past this condition: it always holds here",
        )
        .label("holds for everyone who gets here"),
        _ => Diagnostic::new(&codes::DEAD_BRANCH, span, "this condition can never hold here")
            .label("holds for nobody who gets here"),
    };
    let finding = finding.help("correct the condition, or remove it with the steps it guards");
    if counts_since_entry(program, condition) {
        finding.note(
            "history in a body is what came since the entry; write `ever` or `within D` for what came before",
        )
    } else {
        finding
    }
}

/// Whether a condition asks for history since the entry: often all of it was meant.
fn counts_since_entry(program: &Program, condition: ExprId) -> bool {
    let mut open = vec![condition];
    while let Some(expr) = open.pop() {
        let kind = &program.expr(expr).kind;
        if let ExprKind::Aggregate { agg, .. } = kind
            && matches!(program.aggregates[agg.index()].scope, Scope::Instance(_))
        {
            return true;
        }
        kind.for_each_operand(|operand| open.push(operand));
    }
    false
}

fn cannot_fail(program: &Program, condition: ExprId, span: crate::source::Span) -> Diagnostic {
    let finding = match &program.expr(condition).kind {
        ExprKind::Not(_) => {
            Diagnostic::new(&codes::ALWAYS_TRUE, span, "this condition never holds here, so it stops nobody")
                .label("holds for nobody who gets here")
        }
        _ => Diagnostic::new(&codes::ALWAYS_TRUE, span, "this condition always holds here")
            .label("holds for everyone who gets here"),
    };
    finding.help("remove the condition, or correct it")
}

fn is_literal(program: &Program, condition: ExprId) -> bool {
    matches!(program.expr(condition).kind, ExprKind::Const(Const::Bool(_)))
}

/// Classes that an earlier, wider one leaves nobody for; segments that hold nobody.
pub(super) fn check_classes(program: &Program, _: &[Run<'_>], report: &mut Report<'_>) {
    for classify in &program.classifies {
        let ExprKind::Case { arms, .. } = &program.expr(classify.expr).kind else { continue };
        let mut encoder = Encoder::new(program, None).asking(report.questions);
        let at = At::moment(Moment::ENTRY);
        let mut earlier: Vec<Formula> = Vec::new();
        for (position, (when, _)) in arms.iter().enumerate() {
            let holds = encoder.truth(*when, at);
            let mut parts: Vec<Formula> = earlier.clone();
            parts.push(holds.clone());
            if encoder.solve(&Formula::and(parts.clone())) == Outcome::Unsat {
                class_finding(&encoder, &parts, &classify.name, position, report);
            }
            earlier.push(holds.not());
        }
    }
    for segment in &program.segments {
        let mut encoder = Encoder::new(program, None).asking(report.questions);
        let holds = encoder.truth(segment.predicate, At::moment(Moment::ENTRY));
        if encoder.solve(&holds) == Outcome::Unsat
            && let Some(span) = report.spans.segments.get(&segment.name)
        {
            report.push(
                Diagnostic::new(
                    &codes::DEAD_BRANCH,
                    *span,
                    format!("nobody is ever in segment `{}`", segment.name),
                )
                .label("its conditions exclude each other")
                .help("correct the conditions"),
            );
        }
    }
}

fn class_finding(
    encoder: &Encoder<'_>,
    parts: &[Formula],
    name: &str,
    position: usize,
    report: &mut Report<'_>,
) {
    let Some(places) = report.spans.classifies.get(name) else { return };
    let Some(span) = places.get(position).copied() else { return };
    let mut finding =
        Diagnostic::new(&codes::DEAD_BRANCH, span, format!("nobody is ever put into this class of `{name}`"))
            .label("whoever satisfies this is in an earlier class")
            .help("put the narrower class first");
    let blame = encoder.core(parts).unwrap_or_default();
    for earlier in blame.into_iter().filter(|at| *at < position).take(3) {
        if let Some(place) = places.get(earlier) {
            finding = finding.also(*place, "takes them first");
        }
    }
    report.push(finding);
}
