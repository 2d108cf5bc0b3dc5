//! Blocks: steps in order, each at a place that leads to the next.

use super::flow::{Flow, Reach};
use super::graph::Place;
use super::keys::KeyPath;
use super::{Lowering, MAX_STEPS, doc, walk};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, StepId};
use crate::resolve::StepSpans;
use crate::source::Span;
use crate::syntax::ast::{self, StepKind};

/// Where a step stands.
pub(super) struct Site<'p> {
    /// Its place.
    pub(super) at: Place,
    /// What follows it.
    pub(super) next: Place,
    /// Its block's keys.
    pub(super) path: &'p mut KeyPath,
    /// The step after it is an `at`, to which it gives way when it is one itself.
    pub(super) before_at: BeforeAt,
}

/// Whether an `at` follows immediately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BeforeAt {
    /// It does.
    Yes,
    /// Something else or nothing does.
    No,
}

impl<'a> Lowering<'_, 'a> {
    /// Lowers the steps of a block from `at` to `after`; what is known at its end.
    pub(super) fn block(
        &mut self,
        steps: &'a [ast::Step],
        path: KeyPath,
        flow: Flow<'a>,
        at: Place,
        after: Place,
    ) -> Flow<'a> {
        if steps.is_empty() {
            self.graph.same(at, after);
            return flow;
        }
        let (mut path, mut flow, mut at) = (path, flow, at);
        for (index, step) in steps.iter().enumerate() {
            let following = steps.get(index + 1);
            let next = if following.is_some() { self.graph.place() } else { after };
            let before_at = match following.map(|step| &step.kind) {
                Some(StepKind::At { .. }) => BeforeAt::Yes,
                _ => BeforeAt::No,
            };
            flow = self.step(step, Site { at, next, path: &mut path, before_at }, flow);
            at = next;
        }
        flow
    }

    fn step(&mut self, step: &'a ast::Step, site: Site<'_>, flow: Flow<'a>) -> Flow<'a> {
        if self.graph.len() >= MAX_STEPS {
            self.too_many_steps(step.span);
            self.graph.same(site.at, site.next);
            return flow;
        }
        match &step.kind {
            StepKind::Wait { duration } => self.wait(step, duration, site, flow),
            StepKind::WaitClock { clock, on, zone } => {
                self.wait_clock(step, clock, on.as_ref(), zone.as_ref(), site, flow)
            }
            StepKind::WaitUntil { condition, up_to, otherwise } => {
                self.wait_until(step, condition, up_to, otherwise.as_ref(), site, flow)
            }
            StepKind::WaitFor { arms, up_to, otherwise, form: _ } => {
                self.wait_for(step, arms, up_to, otherwise.as_ref(), site, flow)
            }
            StepKind::At { time, on, body, otherwise } => {
                self.at(step, (time, on.as_ref()), body, otherwise.as_ref(), site, flow)
            }
            StepKind::If { branches, otherwise } => {
                self.if_chain(step, branches, otherwise.as_ref(), site, flow)
            }
            StepKind::Unless { branch, otherwise } => {
                self.unless(step, branch, otherwise.as_ref(), site, flow)
            }
            StepKind::Match { subject, arms } => self.matching(step, subject, arms, site, flow),
            StepKind::Split { name, salt, arms } => self.split(step, name, salt.as_ref(), arms, site, flow),
            StepKind::Send(send) => self.send(step, send, site, flow),
            StepKind::Repeat { times, every, until, body } => {
                self.repeat(step, (times, every), until.as_ref(), body, site, flow)
            }
            StepKind::Set { attribute, value } => self.set(step, attribute, value, site, flow),
            StepKind::Emit { event, fields } => self.emit(step, event, fields, site, flow),
            StepKind::Call { name, fields } => self.call(step, name, fields, site, flow),
            StepKind::Exit { reason } => self.exit(step, reason.as_ref(), site, flow),
            StepKind::Do { sequence, args } => self.expand(step, sequence, args, site, flow),
            StepKind::Error => self.skip(&site, flow),
        }
    }

    /// Leaves a step out that could not be lowered; what is wrong with it was reported.
    pub(super) fn skip(&mut self, site: &Site<'_>, flow: Flow<'a>) -> Flow<'a> {
        self.graph.same(site.at, site.next);
        flow
    }

    /// The key of a step of this kind.
    pub(super) fn key(&mut self, step: &ast::Step, site: &mut Site<'_>, kind: &str) -> String {
        self.keys.key(site.path, step.label.as_ref(), kind)
    }

    /// Puts a step into the graph.
    pub(super) fn put(
        &mut self,
        step: &ast::Step,
        at: Place,
        next: Place,
        key: String,
        kind: ir::StepKind,
    ) -> StepId {
        self.put_arms(step, at, next, key, kind, Vec::new())
    }

    /// Puts a step with arms into the graph.
    pub(super) fn put_arms(
        &mut self,
        step: &ast::Step,
        at: Place,
        next: Place,
        key: String,
        kind: ir::StepKind,
        arms: Vec<Span>,
    ) -> StepId {
        let head = match walk::blocks(step).first() {
            Some(block) => Span { end: block.span.start.max(step.span.start), ..step.span },
            None => step.span,
        };
        let calls = self.expanding.iter().map(|(_, span)| *span).collect();
        self.spans.push(StepSpans { head, whole: step.span, arms, calls });
        let lowered = ir::Step { key, doc: doc(step.doc.as_ref()), kind, next: next.target() };
        self.graph.step(at, lowered)
    }

    /// Lowers a branch of a step: a block from `at` that leads to what follows the step.
    pub(super) fn branch(
        &mut self,
        block: &'a ast::Block,
        path: KeyPath,
        flow: Flow<'a>,
        at: Place,
        next: Place,
    ) -> Flow<'a> {
        self.block(&block.steps, path, flow, at, next)
    }

    /// What is known where branches meet again.
    pub(super) fn meet(&mut self, ways: Vec<Flow<'a>>, before: Flow<'a>, at: Place) -> Flow<'a> {
        Flow::join(ways, at).unwrap_or(Flow { reach: Reach::Live, ..before })
    }

    fn too_many_steps(&mut self, span: Span) {
        if self.full {
            return;
        }
        self.full = true;
        let message = format!("journey `{}` has more than {MAX_STEPS} steps", self.name);
        self.resolver.report(
            Diagnostic::new(&codes::LIMIT, span, message)
                .label("the limit is reached here, sequences expanded")
                .help("split it into several journeys, or use `repeat`"),
        );
    }
}
