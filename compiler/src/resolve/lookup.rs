//! Names to ids; an unknown name is reported here, once, with the nearest one.

use super::{Resolver, names};
use crate::ir::{AttrId, CatalogId, ChannelId, EventId, FieldId, PolicyId, TemplateId};
use crate::syntax::ast::{self, Ident};

impl<'a> Resolver<'a> {
    /// The event of a name.
    pub(crate) fn event(&mut self, name: &Ident) -> Option<EventId> {
        let found = self.names.events.get(name.as_str()).map(|(index, _)| EventId::new(index));
        if found.is_none() {
            let diagnostic = names::unknown("event", name, self.names.events.names());
            self.report(diagnostic);
        }
        found
    }

    /// The field of an event; for parts of a record the dotted path.
    pub(crate) fn event_field(&mut self, event: EventId, name: &Ident) -> Option<FieldId> {
        let fields = &self.schema.events[event.index()].fields;
        let found = fields.iter().position(|field| field.name == name.as_str()).map(FieldId::new);
        if found.is_none() {
            let what = format!("field in event `{}`:", self.schema.events[event.index()].name);
            let diagnostic = names::unknown(&what, name, fields.iter().map(|field| field.name.as_str()));
            self.report(diagnostic);
        }
        found
    }

    /// The attribute of a name (`user.NAME`).
    pub(crate) fn attribute(&mut self, name: &Ident) -> Option<AttrId> {
        let found = self.names.attributes.get(name.as_str()).map(|(index, _)| AttrId::new(index));
        if found.is_none() {
            let diagnostic = names::unknown("user attribute", name, self.names.attributes.names());
            self.report(diagnostic);
        }
        found
    }

    /// The catalog of a name.
    pub(crate) fn catalog(&mut self, name: &Ident) -> Option<CatalogId> {
        let found = self.names.catalogs.get(name.as_str()).map(|(index, _)| CatalogId::new(index));
        if found.is_none() {
            let diagnostic = names::unknown("catalog", name, self.names.catalogs.names());
            self.report(diagnostic);
        }
        found
    }

    /// The channel of a name; an alias leads to the channel it stands for, a deprecated one warns.
    pub(crate) fn channel(&mut self, name: &Ident) -> Option<ChannelId> {
        let found = self.names.channels.get(name.as_str()).map(|(index, _)| ChannelId::new(index));
        if found.is_none() {
            let diagnostic = names::unknown("channel", name, self.names.channels.names());
            self.report(diagnostic);
        }
        found
    }

    /// The template of a name.
    pub(crate) fn template(&mut self, name: &Ident) -> Option<TemplateId> {
        let found = self.names.templates.get(name.as_str()).map(|(index, _)| TemplateId::new(index));
        if found.is_none() {
            let diagnostic = names::unknown("template", name, self.names.templates.names());
            self.report(diagnostic);
        }
        found
    }

    /// The policy of a name; 0 is the default one.
    pub(crate) fn policy(&mut self, name: &Ident) -> Option<PolicyId> {
        let found = self.names.policies.get(name.as_str()).map(|(index, _)| PolicyId::new(index + 1));
        if found.is_none() {
            let diagnostic = names::unknown("policy", name, self.names.policies.names());
            self.report(diagnostic);
        }
        found
    }

    /// The sequence of a name.
    pub(crate) fn sequence(&mut self, name: &Ident) -> Option<&'a ast::SequenceDecl> {
        let found = self.names.sequences.get(name.as_str()).map(|(_, decl)| decl);
        if found.is_none() {
            let diagnostic = names::unknown("sequence", name, self.names.sequences.names());
            self.report(diagnostic);
        }
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
