//! Events and catalogs.

use super::super::{Resolver, names};
use super::Place;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Catalog, Event, FieldId, Span};
use crate::resolve::literal::span_of;
use crate::syntax::ast;

impl<'a> Resolver<'a> {
    /// Lowers every event, in the order of names.
    pub(super) fn events(&mut self) {
        let events: Vec<_> = self.names.events.iter().map(|(_, declared)| declared).collect();
        for declared in events {
            let event = self.one_event(declared.decl);
            self.spans.events.insert(event.name.clone(), declared.span);
            self.schema.events.push(event);
        }
    }

    fn one_event(&mut self, decl: &'a ast::EventDecl) -> Event {
        let name = decl.name.text.clone();
        let fields = self.fields(&name, &decl.fields, Place::Event);
        let subject = decl.subject.as_ref().and_then(|subject| {
            let found = fields.iter().position(|field| field.name == subject.text).map(FieldId::new);
            if found.is_none() && !self.is_broken(&name, &subject.text) {
                let candidates = fields.iter().map(|field| field.name.as_str());
                let diagnostic = names::unknown_in(&format!("event `{name}`"), "field", subject, candidates)
                    .note("the name in parentheses is the field that says what the event is about");
                self.report(diagnostic);
            }
            found
        });
        let past = decl.past.as_ref().map(|past| past.text.clone());
        let past =
            past.filter(|past| self.names.past.get(past).is_some_and(|(_, owner)| std::ptr::eq(owner, decl)));
        Event {
            wire: decl.from.as_ref().map_or_else(|| name.clone(), |from| from.text.clone()),
            name,
            subject,
            past,
            once: decl.once.is_some(),
            rate: decl.rate.as_ref().and_then(|rate| self.event_rate(rate)),
            fields,
            doc: decl.doc.as_ref().map(|doc| doc.text.clone()),
        }
    }

    fn event_rate(&mut self, rate: &ast::EventRate) -> Option<(u32, Span)> {
        let per = span_of(&rate.per);
        let count = u32::try_from(rate.count.value).ok().filter(|count| *count > 0);
        if count.is_none() {
            self.report(
                Diagnostic::new(&codes::INVALID_VALUE, rate.count.span, "a rate is at least 1")
                    .label("not a rate")
                    .help(
                        "write how many of these events one user can send in that time: `at most 200 per 1d`",
                    ),
            );
        }
        if per.shortest_ms() <= 0 {
            self.report(
                Diagnostic::new(
                    &codes::INVALID_VALUE,
                    rate.per.span,
                    "a rate is counted in a time longer than zero",
                )
                .label("no time at all")
                .help("write `per 1d`"),
            );
            return None;
        }
        Some((count?, per))
    }

    /// Lowers every catalog, in the order of names.
    pub(super) fn catalogs(&mut self) {
        let catalogs: Vec<_> = self.names.catalogs.iter().map(|(_, declared)| declared.decl).collect();
        for decl in catalogs {
            let name = decl.name.text.clone();
            let columns = self.fields(&name, &decl.fields, Place::Row);
            self.schema.catalogs.push(Catalog { name, key: decl.key.text.clone(), columns });
        }
    }
}
