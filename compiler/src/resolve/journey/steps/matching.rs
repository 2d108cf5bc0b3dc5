//! `match E { "a" => S  "b" | "c" => S  otherwise => S }`

use super::super::Lowering;
use super::super::block::Site;
use super::super::flow::Flow;
use super::super::graph::Place;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Const, StepKind, Ty};
use crate::resolve::scope::{Facts, Typed};
use crate::source::Span;
use crate::syntax::ast::{self, MatchPattern};

/// The arms so far.
#[derive(Default)]
struct Seen {
    values: Vec<(Const, Span)>,
    otherwise: Option<Span>,
}

/// An arm whose body is still to be lowered.
struct Arm<'a> {
    body: &'a ast::Block,
    at: Place,
    name: String,
    facts: Facts,
}

impl<'a> Lowering<'_, 'a> {
    /// Lowers a `match` step.
    pub(in super::super) fn matching(
        &mut self,
        step: &'a ast::Step,
        subject: &'a ast::Expr,
        arms: &'a [ast::MatchArm],
        mut site: Site<'_>,
        mut flow: Flow<'a>,
    ) -> Flow<'a> {
        let subject = self.present(subject, &mut flow);
        let Some(subject) = subject.filter(|subject| self.can_match(subject)) else {
            return self.skip(&site, flow);
        };
        let key = self.key(step, &mut site, "match");
        let mut seen = Seen::default();
        let (mut targets, mut bodies, mut otherwise_at) = (Vec::new(), Vec::new(), site.next);
        for arm in arms {
            let at = self.graph.place();
            let (name, facts) = match &arm.pattern {
                MatchPattern::Values(patterns) => {
                    let values = self.patterns(patterns, &subject, &mut seen);
                    let name: Vec<String> =
                        values.iter().map(|value| self.value_text(value, subject.ty)).collect();
                    let facts = self.resolver.when_matched(subject.id, &values);
                    targets.push((values, at.target()));
                    (name.join("|"), facts)
                }
                MatchPattern::Otherwise => {
                    self.otherwise(arm.span, &subject, &mut seen);
                    otherwise_at = at;
                    ("otherwise".to_owned(), Facts::default())
                }
            };
            bodies.push(Arm { body: &arm.body, at, name, facts });
        }
        if seen.otherwise.is_none() {
            let values: Vec<Const> = seen.values.iter().map(|(value, _)| value.clone()).collect();
            self.resolver.exhaustive(&subject, &values);
        }
        let places = arms.iter().map(|arm| arm.span).collect();
        let kind = StepKind::Match { value: subject.id, arms: targets, otherwise: otherwise_at.target() };
        self.put_arms(step, site.at, site.next, key.clone(), kind, places);

        let mut ways = Vec::new();
        for Arm { body, at, name, facts } in bodies {
            let mut way = flow.clone();
            way.scope.facts.add(&facts);
            ways.push(self.branch(body, site.path.branch(&key, &name), way, at, site.next));
        }
        self.meet(ways, flow, site.next)
    }

    fn can_match(&mut self, subject: &Typed) -> bool {
        let can = match subject.ty {
            Ty::Bool | Ty::Int | Ty::Str | Ty::Date | Ty::Enum(_) => true,
            Ty::Float | Ty::Time | Ty::Clock | Ty::Duration | Ty::Timezone | Ty::List(_) => false,
        };
        if !can {
            self.resolver.report(
                Diagnostic::new(
                    &codes::TYPE_MISMATCH,
                    subject.span,
                    "`match` cannot look at a value of this type",
                )
                .label("not a closed set, string, number, date or bool")
                .help("compare it with `if … else if … else …`"),
            );
        }
        can
    }

    /// The values of an arm; one that an earlier arm took is reported and left out.
    fn patterns(&mut self, patterns: &'a [ast::Expr], subject: &Typed, seen: &mut Seen) -> Vec<Const> {
        let mut values = Vec::new();
        for pattern in patterns {
            let Some(value) = self.resolver.pattern(pattern, subject) else { continue };
            let earlier = seen.values.iter().find(|(other, _)| *other == value).map(|(_, span)| *span);
            match earlier.or(seen.otherwise) {
                Some(first) => self.dead_arm(pattern.span, first),
                None => {
                    seen.values.push((value.clone(), pattern.span));
                    values.push(value);
                }
            }
        }
        values
    }

    fn otherwise(&mut self, span: Span, subject: &Typed, seen: &mut Seen) {
        if let Some(first) = seen.otherwise.replace(span) {
            self.dead_arm(span, first);
        } else if let Ty::Enum(set) = subject.ty
            && self.resolver.arena.enums[set.index()].len() == seen.values.len()
            && let Some((_, last)) = seen.values.last()
        {
            self.dead_arm(span, *last);
        }
    }

    fn dead_arm(&mut self, span: Span, taken: Span) {
        self.resolver.report(
            Diagnostic::new(
                &codes::DEAD_BRANCH,
                span,
                "nobody can reach this arm: every value it takes was taken before",
            )
            .label("never taken")
            .also(taken, "taken here")
            .help("remove the arm, or put another value into it"),
        );
    }

    /// A value as it is written, for step keys.
    fn value_text(&self, value: &Const, ty: Ty) -> String {
        match (value, ty) {
            (Const::Member(index), Ty::Enum(set)) => {
                let members = self.resolver.arena.enums.get(set.index());
                members.and_then(|members| members.get(*index as usize)).cloned().unwrap_or_default()
            }
            (Const::Bool(value), _) => value.to_string(),
            (Const::Int(value) | Const::Time(value) | Const::Clock(value), _) => value.to_string(),
            (Const::Float(value), _) => value.to_string(),
            (Const::Str(value), _) => value.clone(),
            (Const::Date(value), _) => value.to_string(),
            (Const::Member(index), _) => index.to_string(),
            (Const::Duration(_) | Const::EmptyList, _) => String::new(),
        }
    }
}
