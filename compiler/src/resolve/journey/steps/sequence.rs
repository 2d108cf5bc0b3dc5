//! `do NAME(args);`: the sequence is expanded here.

use super::super::Lowering;
use super::super::block::Site;
use super::super::flow::Flow;
use super::super::{MAX_STEPS, walk};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::resolve::declare::Place;
use crate::resolve::scope::{ExprScope, Typed};
use crate::source::Span;
use crate::syntax::ast::{self, Ident, StepKind};
use std::collections::BTreeMap;

/// Most sequences inside each other.
const MAX_DEPTH: usize = 64;

impl<'a> Lowering<'_, 'a> {
    /// Expands a sequence. Arguments are values of the place of the `do`, read where the sequence uses them.
    pub(in super::super) fn expand(
        &mut self,
        step: &'a ast::Step,
        name: &'a Ident,
        args: &'a [ast::Expr],
        mut site: Site<'_>,
        flow: Flow<'a>,
    ) -> Flow<'a> {
        let Some(sequence) = self.resolver.sequence(name) else { return self.skip(&site, flow) };
        if self.expanding.iter().any(|(open, _)| *open == sequence.name.text) {
            self.recursive(name);
            return self.skip(&site, flow);
        }
        if self.expanding.len() >= MAX_DEPTH || self.expansions >= MAX_STEPS {
            self.too_much(step.span);
            return self.skip(&site, flow);
        }
        self.expansions += 1;
        let Some(params) = self.arguments(sequence, name, args, &flow.scope) else {
            return self.skip(&site, flow);
        };
        let key = self.key(step, &mut site, &name.text);
        let path = site.path.expansion(&key);
        self.reserve_labels(&path, &sequence.body.steps);

        let outer = flow.scope.params.clone();
        let mut inside = flow;
        inside.scope.params = params;
        self.expanding.push((&sequence.name.text, step.span));
        let mut end = self.block(&sequence.body.steps, path, inside, site.at, site.next);
        self.expanding.pop();
        end.scope.params = outer;
        end
    }

    fn too_much(&mut self, span: Span) {
        if std::mem::replace(&mut self.full, true) {
            return;
        }
        let message =
            format!("journey `{}` does sequences more than {MAX_DEPTH} deep or {MAX_STEPS} times", self.name);
        self.resolver.report(
            Diagnostic::new(&codes::LIMIT, span, message)
                .label("the limit is reached here")
                .help("write the steps out, or use `repeat`"),
        );
    }

    fn recursive(&mut self, name: &Ident) {
        let way: Vec<&str> = self.expanding.iter().map(|(open, _)| *open).chain([name.as_str()]).collect();
        self.resolver.report(
            Diagnostic::new(
                &codes::RECURSIVE_SEQUENCE,
                name.span,
                format!("sequence `{}` does itself", name.text),
            )
            .label("leads back to where it is being expanded")
            .note(format!("the way: `{}`", way.join("` → `")))
            .help("use `repeat up to N times every D { … }` for what is done again"),
        );
    }

    fn arguments(
        &mut self,
        sequence: &'a ast::SequenceDecl,
        name: &Ident,
        args: &'a [ast::Expr],
        scope: &ExprScope<'a>,
    ) -> Option<BTreeMap<&'a str, Typed>> {
        if sequence.params.len() != args.len() {
            let wanted: Vec<&str> = sequence.params.iter().map(|param| param.name.as_str()).collect();
            self.resolver.report(
                Diagnostic::new(
                    &codes::TYPE_MISMATCH,
                    name.span,
                    format!("`{}` takes {} arguments, and {} are given", name.text, wanted.len(), args.len()),
                )
                .label(format!("takes ({})", wanted.join(", ")))
                .also(sequence.name.span, "declared here")
                .help(format!("write `do {}({});`", name.text, wanted.join(", "))),
            );
            return None;
        }
        // An argument is read wherever the sequence uses it, so what is known of it must last as long as the sequence.
        let mut scope = scope.clone();
        if takes_time(&sequence.body) {
            self.resolver.time_passes(&mut scope);
        }
        let mut params = BTreeMap::new();
        for (param, arg) in sequence.params.iter().zip(args) {
            let Some(ty) = self.resolver.field_type(&param.ty, Place::Param) else { continue };
            if let Some(value) = self.resolver.field_value(arg, &mut scope, &ty) {
                params.insert(param.name.as_str(), value);
            }
        }
        (params.len() == args.len()).then_some(params)
    }
}

/// Whether time can pass inside a block before something in it reads an argument; what it does in turn is taken to. A single message that
/// is held goes through its conditions again when it leaves.
fn takes_time(block: &ast::Block) -> bool {
    let (mut takes, mut sends) = (false, 0);
    walk::each(&block.steps, &mut |step| match &step.kind {
        StepKind::Wait { .. }
        | StepKind::WaitClock { .. }
        | StepKind::WaitUntil { .. }
        | StepKind::WaitFor { .. }
        | StepKind::At { .. }
        | StepKind::Repeat { .. }
        | StepKind::Do { .. } => takes = true,
        StepKind::Send(_) => sends += 1,
        StepKind::If { .. }
        | StepKind::Unless { .. }
        | StepKind::Match { .. }
        | StepKind::Split { .. }
        | StepKind::Set { .. }
        | StepKind::Emit { .. }
        | StepKind::Call { .. }
        | StepKind::Exit { .. }
        | StepKind::Error => {}
    });
    takes || sends > 1
}
