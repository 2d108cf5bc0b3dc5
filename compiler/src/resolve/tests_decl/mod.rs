//! Tests of the language: their lines become inputs as they are on the wire and patterns over decisions.
//!
//! Names and types are checked as everywhere, but not the facts enforced at the door (ranges, what is required): a test may want to see an
//! input refused. Lowered after the journeys, whose steps and arms it may name. Start reading at [`Resolver::tests`].

mod expect;
mod filter;
mod input;
mod literal;

use super::{Resolver, names};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::test::{Line, LineKind, Test, When};
use crate::source::Span;
use crate::syntax::ast::{self, TestItemKind, TestTime, TestWhen};
use std::collections::BTreeMap;

impl<'a> Resolver<'a> {
    /// Lowers the tests of a project, in the order of its files.
    pub(super) fn tests(&mut self, tests: &[&'a ast::TestDecl]) -> Vec<Test> {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for test in tests {
            if let Some(first) = seen.insert(&test.name.text, test.name.span) {
                self.report(
                    Diagnostic::new(
                        &codes::DUPLICATE_NAME,
                        test.name.span,
                        format!("two tests are called \"{}\"", test.name.text),
                    )
                    .label("named again here")
                    .also(first, "first named here")
                    .help("say in its name what each of them shows"),
                );
            }
        }
        tests.iter().map(|test| self.test(test)).collect()
    }

    fn test(&mut self, test: &'a ast::TestDecl) -> Test {
        let journey = test.journey.as_ref().and_then(|name| self.tested_journey(name));
        let lines = test.items.iter().filter_map(|item| {
            let kind = match &item.kind {
                TestItemKind::Input { when, action } => {
                    let when = when.as_ref().map(lower_when);
                    LineKind::Input { when, input: self.test_input(action)? }
                }
                TestItemKind::Expect(expect) => {
                    LineKind::Expect(self.expectation(expect, journey.as_deref())?)
                }
                TestItemKind::Error => return None,
            };
            Some(Line { place: item.span, kind })
        });
        let lines = lines.collect();
        Test { name: test.name.text.clone(), journey, place: test.name.span, lines }
    }

    fn tested_journey(&mut self, name: &ast::Ident) -> Option<String> {
        if self.names.journeys.get(name.as_str()).is_none() {
            let finding = names::unknown("journey", name, self.names.journeys.names());
            self.report(finding);
            return None;
        }
        Some(name.text.clone())
    }
}

fn lower_when(when: &TestWhen) -> When {
    match when {
        TestWhen::At(time) => lower_time(time),
        TestWhen::After(duration) => When::After(super::literal::span_of(duration)),
    }
}

/// An instant, or a date and clock in the user's zone.
fn lower_time(time: &TestTime) -> When {
    match time {
        TestTime::Instant(instant) => When::Instant(instant.ms),
        TestTime::Local { date, clock } => {
            When::Local { date: super::literal::days(date.date), clock_ms: super::literal::clock_ms(clock) }
        }
    }
}
