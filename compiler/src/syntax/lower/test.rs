//! Tests in the language.

use super::lines::Line;
use super::literal::RangeEnd;
use super::{Lowering, Pair, child};
use crate::syntax::ast::{
    Doc, Expect, ExpectMode, Expr, ExprKind, ProviderResult, StrLit, TestAction, TestDecl, TestItem,
    TestItemKind, TestTime, TestWhen,
};
use crate::syntax::forms::Part;
use wayline_grammar::Rule;

impl Lowering<'_> {
    pub(super) fn test_decl(&mut self, pair: &Pair<'_>, doc: Option<Doc>) -> TestDecl {
        let span = self.span(pair);
        let name = self.string_of(pair).unwrap_or(StrLit { text: String::new(), span });
        let journey = child(pair, Rule::ident).map(|kid| self.ident(&kid));
        let mut items = Vec::new();
        for line in self.lines(pair, Part::Test) {
            match line {
                Line::Cut { .. } => {}
                Line::Bad(span) => items.push(TestItem { kind: TestItemKind::Error, span }),
                Line::Statement { content, .. } => {
                    let Some(item) = content.first() else { continue };
                    let kind = match item.as_rule() {
                        Rule::expect_line => TestItemKind::Expect(self.expect(item)),
                        _ => self.input(item),
                    };
                    items.push(TestItem { kind, span: self.span(item) });
                }
            }
        }
        TestDecl { doc, name, journey, items, span }
    }

    fn input(&mut self, pair: &Pair<'_>) -> TestItemKind {
        let when = child(pair, Rule::test_when).map(|kid| match child(&kid, Rule::test_time) {
            Some(time) => self.test_time(&time).map_or(TestWhen::After(self.length_of(&kid)), TestWhen::At),
            None => TestWhen::After(self.length_of(&kid)),
        });
        let action = child(pair, Rule::test_action).and_then(|kid| kid.into_inner().next());
        let action = match action {
            Some(kid) => self.action(&kid),
            None => TestAction::Nothing,
        };
        TestItemKind::Input { when, action }
    }

    fn test_time(&mut self, pair: &Pair<'_>) -> Option<TestTime> {
        if let Some(instant) = child(pair, Rule::instant) {
            return Some(TestTime::Instant(self.instant(&instant)));
        }
        let date = child(pair, Rule::date)?;
        let clock = child(pair, Rule::clock_time)?;
        Some(TestTime::Local { date: self.date(&date), clock: self.clock_time(&clock, RangeEnd::No) })
    }

    fn action(&mut self, pair: &Pair<'_>) -> TestAction {
        match pair.as_rule() {
            Rule::provider_action => {
                let result = match child(pair, Rule::kw_ok) {
                    Some(_) => ProviderResult::Ok,
                    None => ProviderResult::Fails(self.text_of(pair)),
                };
                TestAction::Provider { channel: self.name(pair), result }
            }
            Rule::user_action => TestAction::User(self.inits_of(pair).unwrap_or_default()),
            Rule::row_action | Rule::delete_action => {
                let catalog = self.name(pair);
                let key = self.key_of(pair);
                TestAction::Row { catalog, key, fields: self.inits_of(pair) }
            }
            Rule::event_action => {
                TestAction::Event { event: self.name(pair), fields: self.inits_of(pair).unwrap_or_default() }
            }
            _ => TestAction::Nothing,
        }
    }

    fn key_of(&mut self, pair: &Pair<'_>) -> Expr {
        match child(pair, Rule::row_key) {
            Some(kid) => self.pattern(&kid),
            None => Expr { kind: ExprKind::Error, span: self.span(pair) },
        }
    }

    fn expect(&mut self, pair: &Pair<'_>) -> Expect {
        self.once_each(pair, &[Rule::expect_key, Rule::expect_at, Rule::filter]);
        let mode = match child(pair, Rule::nothing_else) {
            Some(_) => ExpectMode::NothingElse,
            None => ExpectMode::Next,
        };
        let kind = child(pair, Rule::expect_kind);
        let keys = child(pair, Rule::expect_key).map(|kid| {
            let keys = kid.into_inner().filter(|key| key.as_rule() == Rule::row_key);
            keys.map(|key| self.pattern(&key)).collect()
        });
        Expect {
            mode,
            kind: kind.as_ref().map(|kid| self.name(kid)),
            reason: kind.as_ref().and_then(|kid| child(kid, Rule::expect_reason)).map(|kid| self.name(&kid)),
            what: kind.as_ref().and_then(|kid| child(kid, Rule::expect_what)).map(|kid| self.name(&kid)),
            key: keys.unwrap_or_default(),
            at: child(pair, Rule::expect_at)
                .and_then(|kid| child(&kid, Rule::test_time))
                .and_then(|kid| self.test_time(&kid)),
            filter: self.filter_of(pair),
        }
    }
}
