//! `if`, `else if`, `unless`.

use super::super::Lowering;
use super::super::block::Site;
use super::super::flow::Flow;
use crate::ir::{ExprKind, StepKind, Ty};
use crate::resolve::scope::Truth;
use crate::syntax::ast;

impl<'a> Lowering<'_, 'a> {
    /// `if P S [else if P S]… [else S]`: one step per condition, each led to by the one before.
    pub(in super::super) fn if_chain(
        &mut self,
        step: &'a ast::Step,
        branches: &'a [ast::Branch],
        otherwise: Option<&'a ast::Block>,
        mut site: Site<'_>,
        flow: Flow<'a>,
    ) -> Flow<'a> {
        let key = self.key(step, &mut site, "if");
        let mut tests = site.path.body(&key);
        let (mut at, mut rest) = (site.at, flow.clone());
        let mut ways = Vec::new();
        for (index, branch) in branches.iter().enumerate() {
            let is_last = index + 1 == branches.len();
            let then_at = self.graph.place();
            let else_at = if is_last && otherwise.is_none() { site.next } else { self.graph.place() };
            let key = if index == 0 { key.clone() } else { self.keys.key(&mut tests, None, "else_if") };
            let then_path = site.path.branch(&key, "then");
            let mut then = rest.clone();
            match self.resolver.predicate(&branch.condition, &mut rest.scope) {
                Some(condition) => {
                    then.scope.facts.add(&self.resolver.when(condition, Truth::True));
                    rest.scope.facts.add(&self.resolver.when(condition, Truth::False));
                    let kind =
                        StepKind::If { condition, then: then_at.target(), otherwise: else_at.target() };
                    let id = self.put(step, at, site.next, key, kind);
                    if index > 0 {
                        self.spans[id.index()].head = branch.condition.span;
                    }
                }
                // What is wrong with it was reported; the steps inside are looked at all the same.
                None => {
                    then.scope.facts.add(&rest.scope.facts);
                    self.graph.same(at, then_at);
                }
            }
            ways.push(self.branch(&branch.body, then_path, then, then_at, site.next));
            at = else_at;
        }
        ways.push(match otherwise {
            Some(block) => self.branch(block, site.path.branch(&key, "else"), rest, at, site.next),
            None => rest,
        });
        self.meet(ways, flow, site.next)
    }

    /// `unless P S [else S]`: an `if` whose condition is negated.
    pub(in super::super) fn unless(
        &mut self,
        step: &'a ast::Step,
        branch: &'a ast::Branch,
        otherwise: Option<&'a ast::Block>,
        mut site: Site<'_>,
        mut flow: Flow<'a>,
    ) -> Flow<'a> {
        let key = self.key(step, &mut site, "unless");
        let then_at = self.graph.place();
        let else_at = otherwise.map_or(site.next, |_| self.graph.place());
        let (then_path, else_path) = (site.path.branch(&key, "then"), site.path.branch(&key, "else"));
        let (mut then, mut rest) = (flow.clone(), flow.clone());
        match self.resolver.predicate(&branch.condition, &mut flow.scope) {
            Some(condition) => {
                then.scope.facts.add(&self.resolver.when(condition, Truth::False));
                rest.scope.facts.add(&self.resolver.when(condition, Truth::True));
                let negated = self.resolver.arena.expr(ExprKind::Not(condition), Ty::Bool);
                self.resolver.spans.note(negated, branch.condition.span);
                let kind =
                    StepKind::If { condition: negated, then: then_at.target(), otherwise: else_at.target() };
                self.put(step, site.at, site.next, key, kind);
            }
            None => {
                then.scope.facts.add(&flow.scope.facts);
                rest.scope.facts.add(&flow.scope.facts);
                self.graph.same(site.at, then_at);
            }
        }
        let then = self.branch(&branch.body, then_path, then, then_at, site.next);
        let rest = match otherwise {
            Some(block) => self.branch(block, else_path, rest, else_at, site.next),
            None => rest,
        };
        self.meet(vec![then, rest], flow, site.next)
    }
}
