//! Tests in the language.

use super::doc::{Doc, join};
use super::printer::{Braces, Item, Printer};
use crate::syntax::ast::{
    Expect, ExpectMode, ProviderResult, TestAction, TestDecl, TestItem, TestItemKind, TestTime, TestWhen,
};

impl Printer<'_> {
    pub(super) fn test(&mut self, test: &TestDecl) -> Doc {
        let mut head = format!("test {} ", self.slice(test.name.span));
        if let Some(journey) = &test.journey {
            head.push_str(&format!("for {} ", self.name(journey)));
        }
        let items = test.items.iter().map(|item| Item { doc: None, span: item.span, node: item }).collect();
        let open = test.journey.as_ref().map_or(test.name.span, |journey| journey.span).end as usize;
        let body = self.braces(items, open, test.span.end as usize, Braces::Always, |printer, item| {
            printer.test_item(item)
        });
        Doc::Concat(vec![Doc::text(head), body])
    }

    fn test_item(&mut self, item: &TestItem) -> Doc {
        match &item.kind {
            TestItemKind::Input { when, action } => self.input(item, when.as_ref(), action),
            TestItemKind::Expect(expect) => Doc::Concat(vec![self.expect(expect), Doc::text(";")]),
            TestItemKind::Error => self.raw(item.span),
        }
    }

    fn input(&mut self, item: &TestItem, when: Option<&TestWhen>, action: &TestAction) -> Doc {
        let when_text = match when {
            None => String::new(),
            Some(TestWhen::At(time)) => format!("at {}", self.test_time(time)),
            Some(TestWhen::After(length)) => format!("after {}", self.slice(length.span)),
        };
        let gap = if when.is_some() && !matches!(action, TestAction::Nothing) { " " } else { "" };
        let mut out = vec![Doc::text(format!("{when_text}{gap}"))];
        let end = item.span.end as usize;
        // Setting up needs no `;` after its block; an input has one.
        let mut semicolon = ";";
        match action {
            TestAction::Nothing => {}
            TestAction::User(fields) => {
                out.push(Doc::text("user "));
                out.push(self.inits(fields, item.span.start as usize, end));
                semicolon = if when.is_none() { "" } else { ";" };
            }
            TestAction::Event { event, fields } => {
                out.push(Doc::text(self.name(event)));
                if !fields.is_empty() || self.slice(item.span).ends_with('}') {
                    out.push(Doc::text(" "));
                    out.push(self.inits(fields, event.span.end as usize, end));
                }
            }
            TestAction::Row { catalog, key, fields } => {
                let delete = if fields.is_none() { "delete " } else { "" };
                out.push(Doc::text(format!("{delete}{} ", self.name(catalog))));
                out.push(self.expr(key));
                if let Some(fields) = fields {
                    out.push(Doc::text(" "));
                    out.push(self.inits(fields, key.span.end as usize, end));
                    semicolon = if when.is_none() { "" } else { ";" };
                }
            }
            TestAction::Provider { channel, result } => {
                let result = match result {
                    ProviderResult::Ok => "ok".to_owned(),
                    ProviderResult::Fails(None) => "fails".to_owned(),
                    ProviderResult::Fails(Some(reason)) => format!("fails {}", self.slice(reason.span)),
                };
                out.push(Doc::text(format!("provider {} {result}", self.name(channel))));
            }
        }
        out.push(Doc::text(semicolon));
        Doc::Concat(out)
    }

    fn test_time(&self, time: &TestTime) -> String {
        match time {
            TestTime::Local { date, clock } => {
                format!("{} {}", self.slice(date.span), self.slice(clock.span))
            }
            TestTime::Instant(instant) => self.slice(instant.span).to_owned(),
        }
    }

    fn expect(&self, expect: &Expect) -> Doc {
        let mut head = "expect".to_owned();
        if expect.mode == ExpectMode::NothingElse {
            head.push_str(" nothing else");
        }
        if let Some(kind) = &expect.kind {
            head.push_str(&format!(" {}", self.name(kind)));
        }
        if let Some(reason) = &expect.reason {
            head.push_str(&format!("({})", self.name(reason)));
        }
        if let Some(what) = &expect.what {
            head.push_str(&format!(" {}", self.name(what)));
        }
        let mut out = vec![Doc::text(head)];
        if !expect.key.is_empty() {
            out.push(Doc::text(" for "));
            out.extend(join(expect.key.iter().map(|key| self.expr(key)).collect(), &[Doc::text(", ")]));
        }
        if let Some(at) = &expect.at {
            out.push(Doc::text(format!(" at {}", self.test_time(at))));
        }
        out.extend(expect.filter.iter().map(|filter| self.filter(filter)));
        Doc::Concat(out)
    }
}
