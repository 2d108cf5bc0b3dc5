//! Strings: equality with constants and with each other, and tests on the text of those that are no constant.

use super::{At, Encoder, Key, Var};
use crate::ir::{Const, ExprId, ExprKind, RegexId, TextTest};
use crate::solve::{Formula, OTHER, TextVar};

/// A test on a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TestKey {
    /// Prefix, suffix or substring.
    Part(TextTest, String),
    /// Regular expression.
    Matches(RegexId),
}

impl Encoder<'_> {
    fn text_const(&self, expr: ExprId) -> Option<&str> {
        match &self.program.expr(expr).kind {
            ExprKind::Const(Const::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// The variable of a string.
    fn text_var(&mut self, expr: ExprId, at: At) -> Option<TextVar> {
        let moment = if self.is_constant_over_time(expr) { super::Moment::ENTRY } else { at.moment };
        let key = self.slot_key(expr, at).unwrap_or(Key::Opaque(expr, moment, at.event.map(|e| e.1)));
        match self.var(key, |problem| Var::Text(problem.text())) {
            Var::Text(var) => Some(var),
            Var::Int(_) | Var::Bool(_) | Var::Set(_) => None,
        }
    }

    pub(super) fn same_text(&mut self, left: ExprId, right: ExprId, whole: ExprId, at: At) -> Formula {
        let mut options = Vec::new();
        for (left_guard, left) in self.alternatives(left, at) {
            for (right_guard, right) in self.alternatives(right, at) {
                let same =
                    self.same_two_texts(left, right, at).unwrap_or_else(|| self.opaque_truth(whole, at));
                options.push(Formula::and([left_guard.clone(), right_guard, same]));
            }
        }
        Formula::or(options)
    }

    fn same_two_texts(&mut self, left: ExprId, right: ExprId, at: At) -> Option<Formula> {
        match (self.text_const(left).map(str::to_owned), self.text_const(right).map(str::to_owned)) {
            (Some(l), Some(r)) => Some(if l == r { Formula::True } else { Formula::False }),
            (Some(text), None) => {
                let (var, constant) = (self.text_var(right, at)?, self.problem.constant(&text)?);
                Some(Formula::text(var, constant))
            }
            (None, Some(text)) => {
                let (var, constant) = (self.text_var(left, at)?, self.problem.constant(&text)?);
                Some(Formula::text(var, constant))
            }
            (None, None) => Some(Formula::same_text(self.text_var(left, at)?, self.text_var(right, at)?)),
        }
    }

    pub(super) fn text_in(&mut self, value: ExprId, set: &[Const], at: At) -> Formula {
        if let Some(text) = self.text_const(value) {
            let found = set.iter().any(|c| matches!(c, Const::Str(s) if s == text));
            return if found { Formula::True } else { Formula::False };
        }
        let mut mask = 0;
        for constant in set {
            let Const::Str(text) = constant else { return self.opaque_truth(value, at) };
            match self.problem.constant(text) {
                Some(bit) => mask |= bit,
                None => return self.opaque_truth(value, at),
            }
        }
        match self.text_var(value, at) {
            Some(var) => Formula::text(var, mask),
            None => self.opaque_truth(value, at),
        }
    }

    pub(super) fn text_test(
        &mut self,
        test: TextTest,
        value: ExprId,
        pattern: ExprId,
        whole: ExprId,
        at: At,
    ) -> Formula {
        match self.text_const(pattern).map(str::to_owned) {
            Some(pattern) => self.test(value, TestKey::Part(test, pattern), whole, at),
            None => self.opaque_truth(whole, at),
        }
    }

    pub(super) fn matches(&mut self, value: ExprId, regex: RegexId, whole: ExprId, at: At) -> Formula {
        self.test(value, TestKey::Matches(regex), whole, at)
    }

    /// A constant decides the test; any other text may pass it or not, the same way each time it is asked.
    ///
    /// Constants that appear in later predicates only are "other" here, so this leaves out that they decide it too: answers stay
    /// one-sided.
    fn test(&mut self, value: ExprId, key: TestKey, whole: ExprId, at: At) -> Formula {
        if let Some(text) = self.text_const(value) {
            return if self.passes(text, &key) { Formula::True } else { Formula::False };
        }
        let Some(var) = self.text_var(value, at) else { return self.opaque_truth(whole, at) };
        let number = match self.patterns.iter().position(|p| *p == key) {
            Some(number) => number,
            None => {
                self.patterns.push(key.clone());
                self.patterns.len() - 1
            }
        };
        let Var::Bool(passes) =
            self.var(Key::TextTest(var, number as u32), |problem| Var::Bool(problem.bool()))
        else {
            return self.opaque_truth(whole, at);
        };
        self.pairwise(var, number, passes);
        let constants = self.problem.constants().to_vec();
        let (mut yes, mut no) = (0, 0);
        for (position, text) in constants.iter().enumerate() {
            if self.passes(text, &key) { yes |= 1 << position } else { no |= 1 << position }
        }
        let undecided = !(yes | no) | OTHER;
        Formula::or([
            Formula::text(var, yes),
            Formula::and([Formula::text(var, undecided), Formula::truth(passes)]),
        ])
    }

    /// Two prefixes (suffixes) of one text: the longer implies the shorter, and neither being part of the other they exclude each other.
    fn pairwise(&mut self, var: TextVar, number: usize, passes: crate::solve::BoolVar) {
        let TestKey::Part(test, mine) = self.patterns[number].clone() else { return };
        for (other_number, other) in self.patterns.clone().into_iter().enumerate() {
            let TestKey::Part(other_test, theirs) = other else { continue };
            if other_number == number || other_test != test {
                continue;
            }
            let Some(Var::Bool(other_passes)) =
                self.vars.get(&Key::TextTest(var, other_number as u32)).copied()
            else {
                continue;
            };
            let (a, b) = (Formula::truth(passes), Formula::truth(other_passes));
            let fact = match test {
                TextTest::StartsWith if mine.starts_with(&theirs) => a.implies(b),
                TextTest::StartsWith if theirs.starts_with(&mine) => b.implies(a),
                TextTest::EndsWith if mine.ends_with(&theirs) => a.implies(b),
                TextTest::EndsWith if theirs.ends_with(&mine) => b.implies(a),
                TextTest::StartsWith | TextTest::EndsWith => Formula::and([a, b]).not(),
                TextTest::Contains if mine.contains(&theirs) => a.implies(b),
                TextTest::Contains if theirs.contains(&mine) => b.implies(a),
                TextTest::Contains => continue,
            };
            if !self.facts.contains(&fact) {
                self.facts.push(fact);
            }
        }
    }

    fn passes(&self, text: &str, key: &TestKey) -> bool {
        match key {
            TestKey::Part(TextTest::StartsWith, part) => text.starts_with(part),
            TestKey::Part(TextTest::EndsWith, part) => text.ends_with(part),
            TestKey::Part(TextTest::Contains, part) => text.contains(part),
            TestKey::Matches(regex) => self
                .program
                .regexes
                .get(regex.index())
                .is_some_and(|pattern| pattern.is_match(text.as_bytes())),
        }
    }
}
