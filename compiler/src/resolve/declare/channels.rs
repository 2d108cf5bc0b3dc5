//! Channels and templates.

use super::super::scope::ExprScope;
use super::super::{Resolver, names};
use super::Place;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{
    AttrId, CapScope, Channel, ChannelId, ContentField, Ensure, ExprKind, Policy, Purpose, StepKind, Template,
};
use crate::pipeline::Sources;
use crate::resolve::literal::{clock_range, purpose};
use crate::source::Span;
use crate::syntax::ast::{self, ChannelBody, ChannelItemKind};
use std::collections::BTreeSet;

impl<'a> Resolver<'a> {
    /// Lowers every channel that is not an alias, in the order of names; consent rules come later.
    pub(super) fn channels(&mut self) {
        let channels: Vec<_> = self.names.channels.iter().map(|(_, declared)| declared).collect();
        for declared in channels {
            match &declared.decl.body {
                ChannelBody::Items(items) => {
                    let channel = self.one_channel(declared.decl, items);
                    self.spans.channels.insert(channel.name.clone(), declared.span);
                    self.schema.channels.push(channel);
                }
                ChannelBody::Alias(target) => self.check_alias(declared.decl, target),
            }
        }
    }

    fn check_alias(&mut self, decl: &ast::ChannelDecl, target: &ast::Ident) {
        match self.names.channels.get(target.as_str()).map(|(_, target)| &target.body) {
            Some(ChannelBody::Items(_)) => {}
            Some(ChannelBody::Alias(_)) => self.report(
                Diagnostic::new(
                    &codes::INVALID_VALUE,
                    target.span,
                    format!("`{}` is itself an alias", target.text),
                )
                .label("an alias of an alias")
                .help("name the channel it stands for"),
            ),
            None => {
                let candidates = self.names.channels.names().filter(|name| *name != decl.name.as_str());
                let diagnostic = names::unknown("channel", target, candidates);
                self.report(diagnostic);
            }
        }
    }

    fn one_channel(&mut self, decl: &'a ast::ChannelDecl, items: &'a [ast::ChannelItem]) -> Channel {
        let mut channel = Channel {
            name: decl.name.text.clone(),
            needs: Vec::new(),
            consent: Vec::new(),
            purposes: Vec::new(),
            hours: None,
            cost: 0.0,
            uncapped: false,
            unbilled_on_failure: false,
            templates_only: false,
            deprecated: decl.deprecated.as_ref().map(|why| why.text.clone()),
            fields: Vec::new(),
            main: None,
        };
        let mut seen = Vec::new();
        for item in items {
            self.once_per_channel(item, &mut seen);
            self.channel_item(item, &mut channel);
        }
        if channel.purposes.is_empty() {
            channel.purposes = vec![Purpose::Marketing, Purpose::Informational, Purpose::Transactional];
        }
        channel.purposes.sort_unstable();
        channel
    }

    fn channel_item(&mut self, item: &'a ast::ChannelItem, channel: &mut Channel) {
        match &item.kind {
            ChannelItemKind::Needs(paths) => {
                let needs = paths.iter().filter_map(|path| self.needed_attribute(path));
                let needs: Vec<AttrId> = needs.collect();
                channel.needs.extend(needs);
            }
            ChannelItemKind::Purposes(purposes) => {
                for written in purposes {
                    let value = purpose(written.value);
                    if !channel.purposes.contains(&value) {
                        channel.purposes.push(value);
                    }
                }
            }
            ChannelItemKind::Hours(hours) => channel.hours = Some(clock_range(hours)),
            ChannelItemKind::Costs(price) => channel.cost = self.price(price).unwrap_or_default(),
            ChannelItemKind::Uncapped => channel.uncapped = true,
            ChannelItemKind::UnbilledOnFailure => channel.unbilled_on_failure = true,
            ChannelItemKind::TemplatesApproved => channel.templates_only = true,
            ChannelItemKind::Field { main, field } => self.channel_field(*main, field, channel),
            ChannelItemKind::Consent { .. } | ChannelItemKind::Error => {}
        }
    }

    fn channel_field(&mut self, main: Option<Span>, field: &'a ast::Field, channel: &mut Channel) {
        if channel.fields.iter().any(|before| before.name == field.name.text) {
            self.report(names::duplicate("field", &field.name, field.name.span));
            return;
        }
        let Some(content) = self.content_field(&channel.name, field) else { return };
        if let Some(span) = main {
            if channel.main.is_some() {
                self.report(
                    Diagnostic::new(&codes::DUPLICATE_NAME, span, "a channel has one main field")
                        .label("a second main field")
                        .help("remove one `main`: it is the field a bare string fills"),
                );
            } else {
                channel.main = u32::try_from(channel.fields.len()).ok();
            }
        }
        channel.fields.push(content);
    }

    fn content_field(&mut self, owner: &str, field: &'a ast::Field) -> Option<ContentField> {
        let Some(ty) = self.field_type(&field.ty, Place::Content) else {
            self.mark_broken(owner, field.name.as_str());
            return None;
        };
        if let Some(default) = &field.default {
            self.report(
                Diagnostic::new(&codes::INVALID_VALUE, default.span, "a field of a message has no default")
                    .label("not used")
                    .help("make the field optional: `NAME: TYPE?`"),
            );
        }
        Some(ContentField { name: field.name.text.clone(), ty, optional: field.ty.optional.is_some() })
    }

    /// `user.phone` of a `needs`.
    fn needed_attribute(&mut self, path: &ast::Expr) -> Option<AttrId> {
        if let ast::ExprKind::Path { base, fields } = &path.inner().kind
            && let (ast::ExprKind::Name(base), [field]) = (&base.kind, fields.as_slice())
            && base.text == "user"
        {
            return self.attribute(field);
        }
        if !matches!(path.kind, ast::ExprKind::Error) {
            self.report(
                Diagnostic::new(&codes::TYPE_MISMATCH, path.span, "a channel needs user attributes")
                    .label("not a user attribute")
                    .help("write `needs user.phone;`, for several `needs user.phone, user.email;`"),
            );
        }
        None
    }

    fn price(&mut self, price: &ast::Expr) -> Option<f64> {
        let value = match &price.inner().kind {
            ast::ExprKind::Int(value) => Some(*value as f64),
            ast::ExprKind::Float(value) => Some(*value),
            ast::ExprKind::Error => return None,
            _ => None,
        };
        let value = value.filter(|value| value.is_finite() && *value >= 0.0);
        if value.is_none() {
            self.report(
                Diagnostic::new(
                    &codes::INVALID_VALUE,
                    price.span,
                    "a price is a number of the project's currency, at least 0",
                )
                .label("not a price")
                .help("write `costs 9;` or `costs 8.4;`"),
            );
        }
        value
    }

    /// Most statements of a channel stand once.
    fn once_per_channel(&mut self, item: &ast::ChannelItem, seen: &mut Vec<(String, Span)>) {
        let what = match &item.kind {
            ChannelItemKind::Consent { purpose, .. } => format!("consent {}", purpose.value.word()),
            ChannelItemKind::Hours(_) => "hours".to_owned(),
            ChannelItemKind::Costs(_) => "costs".to_owned(),
            ChannelItemKind::Needs(_)
            | ChannelItemKind::Purposes(_)
            | ChannelItemKind::Uncapped
            | ChannelItemKind::UnbilledOnFailure
            | ChannelItemKind::TemplatesApproved
            | ChannelItemKind::Field { .. }
            | ChannelItemKind::Error => return,
        };
        match seen.iter().find(|(before, _)| *before == what) {
            Some((_, before)) => self.report(
                Diagnostic::new(&codes::DUPLICATE_NAME, item.span, format!("`{what}` is written twice"))
                    .label("written again here")
                    .also(*before, "first written here")
                    .help("keep one of them"),
            ),
            None => seen.push((what, item.span)),
        }
    }

    /// Lowers the consent rules of the project's channels and of those of std that are used; what they read is needed.
    pub(in crate::resolve) fn channel_rules(&mut self) {
        let mut done = BTreeSet::new();
        // A consent rule may ask for the consent to another channel.
        loop {
            let new: Vec<ChannelId> = self.used_channels().difference(&done).copied().collect();
            if new.is_empty() {
                return;
            }
            for channel in new {
                self.consents(channel);
                done.insert(channel);
            }
        }
    }

    fn consents(&mut self, channel: ChannelId) {
        for need in self.schema.channels[channel.index()].needs.clone() {
            self.need_attribute(need);
        }
        let name = self.schema.channels[channel.index()].name.clone();
        let Some((_, decl)) = self.names.channels.get(&name) else { return };
        let ChannelBody::Items(items) = &decl.body else { return };
        for item in items {
            if let ChannelItemKind::Consent { purpose: of, rule } = &item.kind
                && let Some(rule) = self.channel_consent(channel, of.value, rule)
            {
                self.schema.channels[channel.index()].consent.push((purpose(of.value), rule));
            }
        }
    }

    /// The project's channels and those something refers to.
    pub(in crate::resolve) fn used_channels(&self) -> BTreeSet<ChannelId> {
        let own = self.schema.channels.iter().zip(0..).filter_map(|(channel, id)| {
            let span = self.names.channels.span_of(&channel.name)?;
            (!Sources::is_std(span.file)).then_some(ChannelId(id))
        });
        let mut used: BTreeSet<ChannelId> = own.collect();
        used.extend(self.schema.templates.iter().map(|template| template.channel));
        for step in self.schema.journeys.iter().flat_map(|journey| &journey.steps) {
            if let StepKind::Send(send) = &step.kind {
                used.extend(send.options.iter().map(|option| option.channel));
            }
        }
        used.extend(self.schema.policies.iter().flat_map(ruled_channels));
        used.extend(self.arena.exprs.iter().filter_map(|expr| match expr.kind {
            ExprKind::Consent { channel, .. } => Some(channel),
            _ => None,
        }));
        used
    }

    /// Lowers every template, in the order of names.
    pub(super) fn templates(&mut self) {
        let templates: Vec<_> = self.names.templates.iter().map(|(_, declared)| declared.decl).collect();
        for decl in templates {
            let name = decl.name.text.clone();
            self.unique(&decl.fields);
            let fields = decl.fields.iter().filter_map(|field| self.content_field(&name, field)).collect();
            let Some(channel) = self.channel(&decl.channel) else {
                self.mark_broken("template", &name);
                continue;
            };
            self.schema.templates.push(Template { name, channel, approved: decl.approved.is_some(), fields });
        }
    }

    /// A rule about users: no event, no entry.
    pub(crate) fn user_rule(&mut self, rule: &ast::Expr) -> Option<crate::ir::ExprId> {
        self.predicate(rule, &mut ExprScope::user())
    }
}

/// The channels the author's own rules name; those of profiles are about whatever channels there are.
fn ruled_channels(policy: &Policy) -> Vec<ChannelId> {
    let caps = policy.caps.iter().filter(|rule| rule.fact.is_none()).map(|rule| rule.scope);
    let quiet = policy.quiet.iter().filter(|rule| rule.fact.is_none()).map(|rule| rule.scope);
    let budgets = policy.budgets.iter().map(|rule| rule.scope);
    let rates = policy.rates.iter().map(|rule| rule.scope);
    let ensures = policy.ensures.iter().map(|rule| match rule {
        Ensure::Messages { scope, .. } => *scope,
        Ensure::Cost { .. } | Ensure::CampaignCost { .. } => CapScope::All,
    });
    let scopes = caps.chain(quiet).chain(budgets).chain(rates).chain(ensures);
    scopes
        .filter_map(|scope| match scope {
            CapScope::Channel(channel) => Some(channel),
            CapScope::All => None,
        })
        .collect()
}
