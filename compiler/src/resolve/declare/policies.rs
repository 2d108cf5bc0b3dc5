//! Policies: the default one and the named ones, merged.
//!
//! A named policy replaces only the (kind, scope) pairs it states; everything else is the default's. What each rule says is lowered in
//! [`super::policy_items`].

use super::super::{PolicySpans, Resolver};
use crate::ir::policy::Policy;
use crate::ir::{CapScope, PolicyId};
use crate::source::Span;
use crate::syntax::ast;

/// Rules as lowered, each with its place.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    pub(super) caps: Vec<(crate::ir::Cap, Span)>,
    pub(super) quiet: Vec<(crate::ir::Quiet, Span)>,
    pub(super) budgets: Vec<(crate::ir::Budget, Span)>,
    pub(super) rates: Vec<(crate::ir::Rate, Span)>,
    pub(super) ensures: Vec<(crate::ir::Ensure, Span)>,
}

impl<'a> Resolver<'a> {
    /// Lowers all policies: the default one first, the named ones by name.
    pub(in crate::resolve) fn policies(&mut self) {
        let default = match self.names.default_policy {
            Some(policy) => self.rules_of(policy),
            None => Rules::default(),
        };
        let default_items = self.names.default_policy.map_or(&[][..], |policy| &policy.items);
        self.add_policy(String::new(), default.clone(), &[default_items]);
        let named: Vec<_> = self.names.policies.iter().map(|(_, declared)| declared.decl).collect();
        for decl in named {
            let own = self.rules_of(decl);
            let name = decl.name.as_ref().map(|name| name.text.clone()).unwrap_or_default();
            self.add_policy(name, merge(&default, own), &[default_items, &decl.items]);
        }
    }

    fn rules_of(&mut self, policy: &'a ast::Policy) -> Rules {
        let mut rules = Rules::default();
        for item in &policy.items {
            self.policy_item(item, &mut rules);
        }
        rules
    }

    /// Adds a merged policy; the statements give the profiles and exemptions, a later one of a name replacing an earlier one.
    fn add_policy(&mut self, name: String, mut rules: Rules, statements: &[&'a [ast::PolicyItem]]) {
        rules.quiet.sort_by_key(|(quiet, _)| match quiet.scope {
            CapScope::Channel(_) => 0,
            CapScope::All => 1,
        });
        let id = PolicyId::new(self.schema.policies.len());
        let mut spans = PolicySpans::default();
        let mut policy = Policy {
            name,
            caps: unzip(rules.caps, &mut spans.caps),
            quiet: unzip(rules.quiet, &mut spans.quiet),
            budgets: unzip(rules.budgets, &mut spans.budgets),
            rates: unzip(rules.rates, &mut spans.rates),
            ensures: unzip(rules.ensures, &mut spans.ensures),
            consent_age: None,
            labels: Vec::new(),
            profiles: Vec::new(),
        };
        self.profiles(&mut policy, &mut spans, statements);
        self.schema.policies.push(policy);
        self.spans.policies.insert(id, spans);
    }
}

fn unzip<T>(rules: Vec<(T, Span)>, spans: &mut Vec<Span>) -> Vec<T> {
    let (rules, places) = rules.into_iter().unzip();
    *spans = places;
    rules
}

/// The default's rules without those whose kind and scope the named policy states, then its own.
fn merge(default: &Rules, own: Rules) -> Rules {
    let mut merged = default.clone();
    merged.caps.retain(|(rule, _)| own.caps.iter().all(|(new, _)| new.scope != rule.scope));
    merged.quiet.retain(|(rule, _)| own.quiet.iter().all(|(new, _)| new.scope != rule.scope));
    merged
        .budgets
        .retain(|(rule, _)| own.budgets.iter().all(|(new, _)| (new.scope, new.of) != (rule.scope, rule.of)));
    merged.rates.retain(|(rule, _)| own.rates.iter().all(|(new, _)| new.scope != rule.scope));
    merged.caps.extend(own.caps);
    merged.quiet.extend(own.quiet);
    merged.budgets.extend(own.budgets);
    merged.rates.extend(own.rates);
    merged.ensures.extend(own.ensures);
    merged
}
