//! Finds the decisions that `expect` lines are about, and explains why there is none.

use super::Failure;
use super::seen::{Seen, local, plain};
use serde_json::{Map, Value};
use wayline_compiler::ir::test::{Expect, ExpectMode, Filter, Pattern};
use wayline_compiler::ir::{CompareOp, TextTest};
use wayline_compiler::source::Span;

/// How many decisions are shown before and after the place of a failure.
const AROUND: usize = 4;

/// Where the search is.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// The decision after the one matched last.
    from: usize,
}

/// How a decision differs from what is expected, in the order in which it is told.
#[derive(Debug, Default, PartialEq, Eq)]
struct Differences(Vec<String>);

impl Search {
    /// Looks for what a line expects; `at` is its instant.
    pub(super) fn expect(
        &mut self,
        decisions: &mut [Seen],
        expect: &Expect,
        at: Option<i64>,
        place: Span,
    ) -> Option<Failure> {
        match expect.mode {
            ExpectMode::Next => self.next(decisions, &expect.pattern, at, place),
            ExpectMode::NothingElse => self.nothing_else(decisions, &expect.pattern, at, place),
        }
    }

    fn next(
        &mut self,
        decisions: &mut [Seen],
        pattern: &Pattern,
        at: Option<i64>,
        place: Span,
    ) -> Option<Failure> {
        let found = (self.from..decisions.len())
            .find(|&index| differences(&decisions[index], pattern, at).0.is_empty());
        if let Some(index) = found {
            decisions[index].taken = true;
            self.from = index + 1;
            return None;
        }
        let nearest = self.nearest(decisions, pattern, at);
        let centre = nearest.as_ref().map_or(self.from, |(index, _)| *index);
        let mut hints = Vec::new();
        if let Some((index, differences)) = nearest {
            hints.push(self.explain(index, &decisions[index], &differences));
        }
        hints.extend(self.instead(decisions, pattern));
        let around = centre.saturating_sub(AROUND)..(centre + AROUND + 1).min(decisions.len());
        Some(Failure { place, message: "there is no such decision".to_owned(), around, hints })
    }

    fn nothing_else(
        &self,
        decisions: &[Seen],
        pattern: &Pattern,
        at: Option<i64>,
        place: Span,
    ) -> Option<Failure> {
        let index = decisions
            .iter()
            .position(|decision| !decision.taken && differences(decision, pattern, at).0.is_empty())?;
        let around = index.saturating_sub(AROUND)..(index + AROUND + 1).min(decisions.len());
        let message = format!("there is something else: {}", decisions[index].line());
        Some(Failure { place, message, around, hints: Vec::new() })
    }

    /// The decision of the same kind that differs least, and how.
    fn nearest(
        &self,
        decisions: &[Seen],
        pattern: &Pattern,
        at: Option<i64>,
    ) -> Option<(usize, Differences)> {
        let alike = decisions
            .iter()
            .enumerate()
            .filter(|(_, decision)| pattern.kind.as_deref().is_none_or(|kind| kind == decision.kind));
        alike
            .map(|(index, decision)| (index, differences(decision, pattern, at)))
            .min_by_key(|(index, differences)| (differences.0.len(), usize::from(*index < self.from), *index))
    }

    fn explain(&self, index: usize, decision: &Seen, differences: &Differences) -> String {
        let nearest = decision.line();
        match (differences.0.as_slice(), decision.taken) {
            ([], true) => format!("an earlier line has already taken the only one: {nearest}"),
            ([], false) if index < self.from => {
                format!(
                    "it came before the decision of the line above; put the lines in the order of the decisions: {nearest}"
                )
            }
            (several, _) => format!("the nearest is: {nearest}\n{}", several.join("\n")),
        }
    }

    /// What became of a message instead of being sent.
    fn instead(&self, decisions: &[Seen], pattern: &Pattern) -> Option<String> {
        if pattern.kind.as_deref() != Some("sent") {
            return None;
        }
        let other = decisions.iter().skip(self.from).find(|decision| {
            matches!(decision.kind, "dropped" | "failed" | "cancelled" | "held" | "refused" | "rejected")
                && pattern
                    .what
                    .as_deref()
                    .is_none_or(|what| is_about(decision, what) || decision.channel.is_none())
        })?;
        Some(format!("instead: {}", other.line()))
    }
}

/// What differs; nothing for a decision as expected.
fn differences(decision: &Seen, pattern: &Pattern, at: Option<i64>) -> Differences {
    let mut found = Vec::new();
    if let Some(kind) = pattern.kind.as_deref().filter(|kind| *kind != decision.kind) {
        found.push(format!("it is `{}`, not `{kind}`", decision.kind));
    }
    if let Some(reason) = pattern.reason.as_deref().filter(|reason| !has_reason(decision, reason)) {
        let actual = decision.reason.as_deref().unwrap_or("none");
        found.push(format!("its reason is `{actual}`, not `{reason}`"));
    }
    if let Some(what) = pattern.what.as_deref().filter(|what| !is_about(decision, what)) {
        found.push(format!("it is not about `{what}`"));
    }
    if !pattern.key.is_empty() && pattern.key != decision.key {
        found.push(format!("its key is {}, not {}", quoted(&decision.key), quoted(&pattern.key)));
    }
    if let Some(at) = at.filter(|at| *at != decision.at) {
        found.push(format!("its time is {}, not {}", decision.time(), local(at, decision.zone)));
    }
    if pattern.filter.as_ref().is_some_and(|filter| !holds(filter, &decision.message)) {
        found.push("its message does not satisfy `where`".to_owned());
    }
    Differences(found)
}

fn has_reason(decision: &Seen, reason: &str) -> bool {
    decision
        .reason
        .as_deref()
        .is_some_and(|actual| actual == reason || actual.split([' ', ':']).next() == Some(reason))
}

/// Whether it is about this channel, step, arm, goal or call.
fn is_about(decision: &Seen, what: &str) -> bool {
    decision.channel.as_deref() == Some(what)
        || decision.step.as_deref() == Some(what)
        || matches!(decision.kind, "arm" | "converted" | "called") && names(&decision.detail, what)
}

/// Whether a detail names an arm or goal: alone, or as the last word of a rule such as `split a`.
fn names(detail: &str, what: &str) -> bool {
    detail == what || detail.rsplit([' ', ':', '.', '/']).next() == Some(what)
}

fn quoted(key: &[String]) -> String {
    if key.is_empty() {
        return "empty".to_owned();
    }
    let quoted: Vec<String> = key.iter().map(|key| format!("\"{key}\"")).collect();
    quoted.join(", ")
}

/// Whether a condition on the fields of a message holds.
fn holds(filter: &Filter, message: &Map<String, Value>) -> bool {
    let field = |name: &str| message.get(name).filter(|value| !value.is_null());
    match filter {
        Filter::All(terms) => terms.iter().all(|term| holds(term, message)),
        Filter::Any(terms) => terms.iter().any(|term| holds(term, message)),
        Filter::Not(term) => !holds(term, message),
        Filter::Exists(name) => field(name).is_some(),
        Filter::Compare { field: name, op, value } => {
            field(name).is_some_and(|actual| compares(actual, *op, value))
        }
        Filter::Text { field: name, test, value } => {
            field(name).map(plain).is_some_and(|actual| match test {
                TextTest::StartsWith => actual.starts_with(value.as_str()),
                TextTest::EndsWith => actual.ends_with(value.as_str()),
                TextTest::Contains => actual.contains(value.as_str()),
            })
        }
    }
}

fn compares(actual: &Value, op: CompareOp, value: &Value) -> bool {
    let order = match (actual.as_f64(), value.as_f64()) {
        (Some(actual), Some(value)) => actual.partial_cmp(&value),
        _ => Some(plain(actual).cmp(&plain(value))),
    };
    order.is_some_and(|order| match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
    })
}
