//! What a test expects of the decisions.

use super::super::{Resolver, names, suggest};
use super::input::text_of;
use super::lower_time;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::StepKind;
use crate::ir::test::{Expect, ExpectMode, Pattern};
use crate::syntax::ast::{self, Ident};
use std::collections::BTreeSet;

/// The kinds of decision with their reasons, as decisions name them.
const KINDS: &[(&str, &[&str])] = &[
    ("rejected", &["once", "immutable", "monotone", "range", "member", "past", "type", "missing"]),
    ("entered", &[]),
    ("refused", &["reenter", "cooldown", "limit", "instances", "rate", "inactive"]),
    ("arm", &[]),
    ("held", &["quiet", "hours", "window", "rate", "cap"]),
    ("sent", &[]),
    (
        "dropped",
        &[
            "no_consent",
            "unreachable",
            "quiet",
            "cap",
            "budget",
            "stale",
            "expired",
            "too_long",
            "unencodable",
        ],
    ),
    ("failed", &[]),
    ("cancelled", &["exit", "goal", "restart", "moved"]),
    ("converted", &[]),
    ("exited", &["event", "when", "step", "end", "lifetime", "restarted", "capped", "version"]),
    ("late", &[]),
    ("called", &[]),
];

impl<'a> Resolver<'a> {
    /// Lowers an `expect` line of a test about `journey`.
    pub(super) fn expectation(&mut self, expect: &'a ast::Expect, journey: Option<&str>) -> Option<Expect> {
        let reasons = match &expect.kind {
            Some(kind) => Some(self.decision_kind(kind)?),
            None => None,
        };
        if let (Some(reason), Some(kind), Some(reasons)) = (&expect.reason, &expect.kind, reasons) {
            self.decision_reason(reason, kind, reasons);
        }
        if let Some(what) = &expect.what {
            self.decision_subject(what, journey);
        }
        let key: Option<Vec<String>> =
            expect.key.iter().map(|key| self.any_literal(key).map(|key| text_of(&key))).collect();
        let filter = match &expect.filter {
            Some(filter) => Some(self.message_filter(filter, expect.what.as_ref())?),
            None => None,
        };
        Some(Expect {
            pattern: Pattern {
                kind: expect.kind.as_ref().map(|kind| kind.text.clone()),
                reason: expect.reason.as_ref().map(|reason| reason.text.clone()),
                what: expect.what.as_ref().map(|what| self.real_name(what)),
                key: key?,
                at: expect.at.as_ref().map(lower_time),
                filter,
            },
            mode: match expect.mode {
                ast::ExpectMode::Next => ExpectMode::Next,
                ast::ExpectMode::NothingElse => ExpectMode::NothingElse,
            },
        })
    }

    fn decision_kind(&mut self, kind: &Ident) -> Option<&'static [&'static str]> {
        if let Some((_, reasons)) = KINDS.iter().find(|(name, _)| *name == kind.text) {
            return Some(reasons);
        }
        let finding = names::unknown("kind of decision", kind, KINDS.iter().map(|(name, _)| *name))
            .note(format!("kinds are {}", suggest::choices(KINDS.iter().map(|(name, _)| *name))));
        self.report(finding);
        None
    }

    fn decision_reason(&mut self, reason: &Ident, kind: &Ident, reasons: &[&'static str]) {
        // The reason of a failure is the provider's own word.
        if reasons.contains(&reason.as_str()) || kind.text == "failed" {
            return;
        }
        let owner = format!("`{}`", kind.text);
        let mut finding = names::unknown_in(&owner, "reason", reason, reasons.iter().copied());
        if finding.help.is_none() {
            finding = if reasons.is_empty() {
                finding.help(format!("`{}` has no reasons: write `expect {0}`", kind.text))
            } else {
                finding.help(format!("write {}", suggest::choices(reasons.iter().copied())))
            };
        }
        self.report(finding);
    }

    /// What a decision is about: a channel, a step, an arm, a goal, a call.
    fn decision_subject(&mut self, what: &Ident, journey: Option<&str>) {
        let mut subjects: BTreeSet<String> = self.names.channels.names().map(str::to_owned).collect();
        for lowered in &self.schema.journeys {
            if journey.is_some_and(|journey| journey != lowered.name) {
                continue;
            }
            subjects.extend(lowered.goals.iter().map(|goal| goal.name.clone()));
            for step in &lowered.steps {
                subjects.insert(step.key.clone());
                if let StepKind::Call { name, .. } = &step.kind {
                    subjects.insert(name.clone());
                }
                if let StepKind::Split(split) = &step.kind {
                    subjects.extend(split.arms.iter().map(|arm| arm.name.clone()));
                    subjects.insert("holdout".to_owned());
                }
            }
        }
        if subjects.contains(what.as_str()) {
            return;
        }
        let finding =
            names::unknown("channel, step, arm, goal or call", what, subjects.iter().map(String::as_str));
        self.report(finding);
    }

    /// The channel behind another name for it; every other name as it is.
    fn real_name(&self, what: &Ident) -> String {
        match self.names.channels.get(what.as_str()) {
            Some((_, ast::ChannelDecl { body: ast::ChannelBody::Alias(real), .. })) => real.text.clone(),
            Some((_, ast::ChannelDecl { body: ast::ChannelBody::Items(_), .. })) | None => what.text.clone(),
        }
    }

    /// Reports a condition that a message cannot answer.
    pub(super) fn no_message_condition<T>(&mut self, span: crate::source::Span) -> Option<T> {
        self.report(
            Diagnostic::new(&codes::TYPE_MISMATCH, span, "this is no condition on the fields of a message")
                .label("cannot be asked of a message")
                .help("compare a field with a plain value: `title contains \"Case\"`, `link exists`, `body == \"…\"`"),
        );
        None
    }
}
