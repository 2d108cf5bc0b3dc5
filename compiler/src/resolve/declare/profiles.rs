//! `profile kr { … }` and `exempt kr.K3 because "…";`: names bound, rules of the jurisdiction merged into the policy.

use super::super::{PolicySpans, Resolver, names};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::policy::{Labeller, Policy};
use crate::ir::{AttrId, FieldType};
use crate::profiles::{self, Bound, Need, NeedKind, PROFILES, Profile, Target, Use};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind, Ident, Labels, PolicyItem, PolicyItemKind, ProfileBinding};

/// A `profile` statement with its names bound.
struct Stated {
    profile: &'static Profile,
    bound: Vec<(String, Bound)>,
    labels: Labeller,
    name: Span,
    span: Span,
}

impl<'a> Resolver<'a> {
    /// Adds the rules of the profiles the statements name; a later statement of a profile replaces an earlier one.
    pub(super) fn profiles(
        &mut self,
        policy: &mut Policy,
        spans: &mut PolicySpans,
        statements: &[&'a [PolicyItem]],
    ) {
        let mut stated: Vec<Stated> = Vec::new();
        let mut exempt: Vec<String> = Vec::new();
        for item in statements.iter().copied().flatten() {
            match &item.kind {
                PolicyItemKind::Profile { name, bindings, labels } => {
                    let Some(new) = self.stated(item.span, name, bindings, labels.map(|labels| labels.value))
                    else {
                        continue;
                    };
                    stated.retain(|before| before.profile.name != new.profile.name);
                    stated.push(new);
                }
                PolicyItemKind::Exempt { profile, rule, .. } => exempt.extend(self.exempt(profile, rule)),
                PolicyItemKind::Cap { .. }
                | PolicyItemKind::Quiet { .. }
                | PolicyItemKind::Budget { .. }
                | PolicyItemKind::Rate { .. }
                | PolicyItemKind::Ensure { .. }
                | PolicyItemKind::Error => {}
            }
        }
        for one in &stated {
            self.apply_profile(one, &exempt, policy, spans);
        }
        spans.exempt = exempt;
    }

    fn stated(
        &mut self,
        span: Span,
        name: &Ident,
        bindings: &'a [ProfileBinding],
        labels: Option<Labels>,
    ) -> Option<Stated> {
        let Some(profile) = profiles::profile(name.as_str()) else {
            let diagnostic = names::unknown("profile", name, PROFILES.iter().map(|profile| profile.name));
            self.report(diagnostic);
            return None;
        };
        let mut bound = Vec::new();
        for binding in bindings {
            let Some(need) = profile.needs.iter().find(|need| need.name == binding.name.as_str()) else {
                let candidates = profile.needs.iter().map(|need| need.name);
                let owner = format!("profile `{}`", profile.name);
                let diagnostic = names::unknown_in(&owner, "name", &binding.name, candidates);
                self.report(diagnostic);
                continue;
            };
            bound.extend(self.bind(need, &binding.value).map(|value| (need.name.to_owned(), value)));
        }
        let labels = match labels {
            None | Some(Labels::Automatic) => Labeller::Runtime,
            Some(Labels::Manual) => Labeller::Author,
        };
        Some(Stated { profile, bound, labels, name: name.span, span })
    }

    fn bind(&mut self, need: &Need, value: &'a ast::Expr) -> Option<Bound> {
        let wrong = match need.kind {
            NeedKind::Condition => return self.user_rule(value).map(Bound::Condition),
            NeedKind::Time => match self.bound_attribute(value)? {
                (id, FieldType::Time { .. }) => return Some(Bound::Attribute(id)),
                _ => "an attribute of type `time`",
            },
            NeedKind::Region => match self.bound_attribute(value)? {
                (id, FieldType::Str(_) | FieldType::Enum(_)) => return Some(Bound::Attribute(id)),
                _ => "an attribute of type `string` or of a closed set",
            },
            NeedKind::Text => match &value.inner().kind {
                ExprKind::Text(text) if text.as_plain().is_some() => {
                    return Some(Bound::Text(text.as_plain().unwrap_or_default().to_owned()));
                }
                ExprKind::Error => return None,
                _ => "a text without interpolation",
            },
        };
        self.misbound(need, value.span, wrong);
        None
    }

    /// `user.x` with its type; marks it as read.
    fn bound_attribute(&mut self, value: &ast::Expr) -> Option<(AttrId, FieldType)> {
        if let ExprKind::Path { base, fields } = &value.inner().kind
            && let (ExprKind::Name(base), [field]) = (&base.kind, fields.as_slice())
            && base.text == "user"
        {
            let id = self.attribute(field)?;
            self.need_attribute(id);
            return Some((id, self.schema.attributes[id.index()].field.ty));
        }
        // Not an attribute at all: a type no need accepts.
        Some((AttrId(0), FieldType::Record))
    }

    fn misbound(&mut self, need: &Need, span: Span, wants: &str) {
        self.report(
            Diagnostic::new(&codes::TYPE_MISMATCH, span, format!("`{}` must be {wants}", need.name))
                .label("does not fit here")
                .help(format!("write `{}`", need.example)),
        );
    }

    fn exempt(&mut self, profile: &Ident, rule: &Ident) -> Option<String> {
        let id = format!("{}.{}", profile.text, rule.text);
        if profiles::fact_named(&id).is_some() {
            return Some(id);
        }
        let prefix = format!("{}.", profile.text);
        let rules: Vec<&str> =
            profiles::FACTS.iter().filter_map(|fact| fact.id.strip_prefix(&prefix)).collect();
        let diagnostic = if rules.is_empty() {
            names::unknown("profile", profile, PROFILES.iter().map(|profile| profile.name))
        } else {
            names::unknown_in(&format!("profile `{}`", profile.text), "rule", rule, rules.iter().copied())
                .note(format!("its rules are {}", rules.join(", ")))
        };
        self.report(diagnostic);
        None
    }

    fn apply_profile(
        &mut self,
        stated: &Stated,
        exempt: &[String],
        policy: &mut Policy,
        spans: &mut PolicySpans,
    ) {
        let used = Use { profile: stated.profile, bound: &stated.bound, labels: stated.labels, exempt };
        let missing: Vec<&Need> = profiles::unbound(&used).collect();
        for need in missing {
            self.report(
                Diagnostic::new(
                    &codes::UNBOUND_PROFILE,
                    stated.name,
                    format!("profile `{}` needs to know `{}`", stated.profile.name, need.name),
                )
                .label(format!("`{}` is not bound", need.name))
                .help(format!("write `{}` inside the braces", need.example))
                .note(format!("asked for by {}", need.facts.join(", "))),
            );
        }
        let arena = &mut self.arena;
        let enums = arena.enums.clone();
        let mut target = Target {
            policy,
            channels: &self.schema.channels,
            attributes: &self.schema.attributes,
            enums: &enums,
            node: &mut |expr| arena.expr(expr.kind, expr.ty),
        };
        profiles::apply(&used, &mut target);
        // What the profile added stands where the profile does.
        spans.caps.resize(policy.caps.len(), stated.span);
        spans.quiet.resize(policy.quiet.len(), stated.span);
        spans.budgets.resize(policy.budgets.len(), stated.span);
        spans.rates.resize(policy.rates.len(), stated.span);
        spans.ensures.resize(policy.ensures.len(), stated.span);
        spans.profiles.push(stated.span);
    }
}
