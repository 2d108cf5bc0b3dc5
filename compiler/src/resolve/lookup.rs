//! Names to ids; an unknown name is reported here, once, with the nearest one.
//!
//! What was declared, but wrongly, is not reported again at its uses.

use super::declare::ANY_PART;
use super::{Resolver, names, suggest};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{AttrId, CatalogId, ChannelId, Event, EventId, FieldId, PolicyId, TemplateId};
use crate::syntax::ast::{self, ChannelBody, Ident};

impl<'a> Resolver<'a> {
    /// The event of a name. For an unknown one a stand-in, so that the rest of the journey is looked at all the same: with the fields of
    /// the nearest one, or with any field where none is near.
    pub(crate) fn event(&mut self, name: &Ident) -> Option<EventId> {
        if let Some((index, _)) = self.names.events.get(name.as_str()) {
            return Some(EventId::new(index));
        }
        let diagnostic = names::unknown("event", name, self.names.events.names());
        self.report(declare(diagnostic, name, "event NAME { … }"));
        Some(self.stand_in(name.as_str()))
    }

    /// An event nobody declared; a program with one is never given out.
    fn stand_in(&mut self, name: &str) -> EventId {
        let declared = self.names.events.len();
        if let Some(known) = self.schema.events[declared..].iter().position(|event| event.name == name) {
            return EventId::new(declared + known);
        }
        let nearest = suggest::nearest(name, self.names.events.names());
        let nearest = nearest.and_then(|nearest| self.names.events.get(nearest));
        let fields = match nearest {
            Some((index, _)) => self.schema.events[index].fields.clone(),
            None => {
                self.mark_broken(name, ANY_PART);
                Vec::new()
            }
        };
        let (name, wire) = (name.to_owned(), name.to_owned());
        self.schema.events.push(Event {
            name,
            wire,
            subject: None,
            past: None,
            once: false,
            rate: None,
            fields,
            doc: None,
        });
        EventId::new(self.schema.events.len() - 1)
    }

    /// Whether an event was not declared: what it needs is not known.
    pub(crate) fn is_stand_in(&self, event: EventId) -> bool {
        event.index() >= self.names.events.len()
    }

    /// The field of an event; for parts of a record the dotted path.
    pub(crate) fn event_field(&mut self, event: EventId, name: &Ident) -> Option<FieldId> {
        let event = &self.schema.events[event.index()];
        let found = event.fields.iter().position(|field| field.name == name.as_str()).map(FieldId::new);
        if found.is_none() && !self.is_broken(&event.name, name.as_str()) {
            let candidates = event.fields.iter().map(|field| field.name.as_str());
            let diagnostic = names::unknown_in(&format!("event `{}`", event.name), "field", name, candidates);
            self.report(diagnostic);
        }
        found
    }

    /// The attribute of a name (`user.NAME`); for parts of a record the dotted path.
    pub(crate) fn attribute(&mut self, name: &Ident) -> Option<AttrId> {
        let found = self.attribute_named(name.as_str());
        if found.is_none() && !self.is_broken("user", name.as_str()) {
            let candidates = self.schema.attributes.iter().map(|attribute| attribute.field.name.as_str());
            let diagnostic = names::unknown("user attribute", name, candidates);
            self.report(declare(diagnostic, name, "user { NAME: TYPE?; }"));
        }
        found
    }

    /// The attribute of a name, if there is one.
    pub(crate) fn attribute_named(&self, name: &str) -> Option<AttrId> {
        let found =
            self.schema.attributes.binary_search_by(|attribute| attribute.field.name.as_str().cmp(name));
        found.ok().map(AttrId::new)
    }

    /// The catalog of a name.
    pub(crate) fn catalog(&mut self, name: &Ident) -> Option<CatalogId> {
        let found = self.names.catalogs.get(name.as_str()).map(|(index, _)| CatalogId::new(index));
        if found.is_none() {
            let diagnostic = names::unknown("catalog", name, self.names.catalogs.names());
            self.report(declare(diagnostic, name, "catalog NAME per KEY { … }"));
        }
        found
    }

    /// The channel of a name; an alias leads to the channel it stands for, a deprecated one warns.
    pub(crate) fn channel(&mut self, name: &Ident) -> Option<ChannelId> {
        let Some((_, decl)) = self.names.channels.get(name.as_str()) else {
            // The beginning of several names is none of them: what follows is not judged by a guess.
            let is_current = |known: &str| {
                self.names.channels.get(known).is_some_and(|(_, decl)| decl.deprecated.is_none())
            };
            let longer: Vec<&str> = self
                .names
                .channels
                .names()
                .filter(|known| known.starts_with(name.as_str()) && is_current(known))
                .collect();
            if longer.len() > 1 {
                let help = format!("did you mean {}?", suggest::choices(longer));
                let unknown = names::unknown("channel", name, []);
                self.report(unknown.help(help));
                return None;
            }
            let diagnostic = names::unknown("channel", name, self.names.channels.names());
            self.report(declare(diagnostic, name, "channel NAME { … }"));
            let nearest = suggest::nearest(name.as_str(), self.names.channels.names())?;
            return self.channel_named(nearest);
        };
        if let Some(why) = &decl.deprecated {
            self.deprecated(name, decl, &why.text);
        }
        let real = match &decl.body {
            ChannelBody::Items(_) => name.as_str(),
            ChannelBody::Alias(target) => target.as_str(),
        };
        self.channel_named(real)
    }

    fn channel_named(&self, name: &str) -> Option<ChannelId> {
        let found = self.schema.channels.binary_search_by(|channel| channel.name.as_str().cmp(name));
        found.ok().map(ChannelId::new)
    }

    fn deprecated(&mut self, name: &Ident, decl: &ast::ChannelDecl, why: &str) {
        let diagnostic = Diagnostic::new(
            &codes::DEPRECATED,
            name.span,
            format!("channel `{}` is deprecated: {why}", name.text),
        )
        .label("deprecated");
        let diagnostic = match &decl.body {
            ChannelBody::Alias(target) => {
                diagnostic.help(format!("write `{}`", target.text)).fix(name.span, target.text.clone())
            }
            ChannelBody::Items(_) => diagnostic,
        };
        self.report(diagnostic);
    }

    /// The template of a name.
    pub(crate) fn template(&mut self, name: &Ident) -> Option<TemplateId> {
        let found =
            self.schema.templates.binary_search_by(|template| template.name.as_str().cmp(name.as_str()));
        if found.is_err() && !self.is_broken("template", name.as_str()) {
            let diagnostic = names::unknown("template", name, self.names.templates.names());
            self.report(declare(diagnostic, name, "template NAME for CHANNEL { … }"));
        }
        self.note_use(name, self.names.templates.span_of(name.as_str()));
        found.ok().map(TemplateId::new)
    }

    /// The policy of a name; 0 is the default one.
    pub(crate) fn policy(&mut self, name: &Ident) -> Option<PolicyId> {
        let found = self.names.policies.get(name.as_str()).map(|(index, _)| PolicyId::new(index + 1));
        if found.is_none() {
            let diagnostic = names::unknown("policy", name, self.names.policies.names());
            self.report(declare(diagnostic, name, "policy NAME { … }"));
        }
        self.note_use(name, self.names.policies.span_of(name.as_str()));
        found
    }

    /// The sequence of a name.
    pub(crate) fn sequence(&mut self, name: &Ident) -> Option<&'a ast::SequenceDecl> {
        let found = self.names.sequences.get(name.as_str()).map(|(_, decl)| decl);
        if found.is_none() {
            let diagnostic = names::unknown("sequence", name, self.names.sequences.names());
            self.report(declare(diagnostic, name, "sequence NAME() { … }"));
        }
        self.note_use(name, self.names.sequences.span_of(name.as_str()));
        found
    }

    /// The program reads this field of this event: the decoder must keep it. Called wherever a slot is made.
    pub(crate) fn need_event_field(&mut self, event: EventId, field: FieldId) {
        self.schema.events[event.index()].fields[field.index()].needed = true;
    }

    /// The program reads this attribute.
    pub(crate) fn need_attribute(&mut self, attribute: AttrId) {
        self.schema.attributes[attribute.index()].field.needed = true;
    }

    /// The program reads this column.
    pub(crate) fn need_column(&mut self, catalog: CatalogId, column: FieldId) {
        self.schema.catalogs[catalog.index()].columns[column.index()].needed = true;
    }
}

/// Where no near name is known, the way out is to declare it.
pub(super) fn declare(diagnostic: Diagnostic, name: &Ident, form: &str) -> Diagnostic {
    match diagnostic.help {
        Some(_) => diagnostic,
        None => diagnostic.help(format!("declare it: `{}`", form.replace("NAME", name.as_str()))),
    }
}
