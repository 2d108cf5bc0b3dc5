//! Step keys: the identity of a step across versions.
//!
//! A label is the key. Without one the key is derived from where the step stands: the key of the step around it, the branch, and the
//! step's kind (`if.then.send_push`); the second of a kind in one block is `…#2`. So an edit in another block changes no key here.
//! Within an expanded sequence every key begins with the key of its `do`. Knows nothing of what steps do.

use super::walk;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// The keys of one journey.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// Labels, with where each was written first.
    labels: BTreeMap<String, Span>,
    taken: BTreeSet<String>,
}

/// Where a block's keys grow: what they begin with, and how many of each kind it has so far.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyPath {
    /// Key of the `do` that labels inside an expansion begin with; empty outside.
    call: String,
    /// What derived keys begin with.
    prefix: String,
    counts: BTreeMap<String, u32>,
}

impl KeyPath {
    /// The keys of a branch of the step with this key.
    pub(super) fn branch(&self, key: &str, branch: &str) -> KeyPath {
        KeyPath { call: self.call.clone(), prefix: format!("{key}.{branch}."), counts: BTreeMap::new() }
    }

    /// The keys of the one block of the step with this key.
    pub(super) fn body(&self, key: &str) -> KeyPath {
        KeyPath { call: self.call.clone(), prefix: format!("{key}."), counts: BTreeMap::new() }
    }

    /// The keys of the sequence expanded at the step with this key.
    pub(super) fn expansion(&self, key: &str) -> KeyPath {
        KeyPath { call: format!("{key}."), prefix: format!("{key}."), counts: BTreeMap::new() }
    }
}

impl Keys {
    /// Takes note of the labels of a journey's or sequence's steps, before any key is derived: labels go first. Findings where two are
    /// the same.
    pub(super) fn reserve(&mut self, path: &KeyPath, steps: &[ast::Step]) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        walk::each(steps, &mut |step| {
            let Some(label) = &step.label else { return };
            match self.labels.entry(format!("{}{}", path.call, label.text)) {
                Entry::Vacant(free) => {
                    free.insert(label.span);
                }
                Entry::Occupied(first) => found.push(
                    Diagnostic::new(
                        &codes::DUPLICATE_NAME,
                        label.span,
                        format!("two steps are labelled `{}`", label.text),
                    )
                    .label("used again here")
                    .also(*first.get(), "first used here")
                    .help("give each step its own label: it is how a running instance finds its step"),
                ),
            }
        });
        found
    }

    /// The key of a step: its label, else derived from its kind.
    pub(super) fn key(&mut self, path: &mut KeyPath, label: Option<&ast::Ident>, kind: &str) -> String {
        match label {
            Some(label) => {
                let key = format!("{}{}", path.call, label.text);
                self.taken.insert(key.clone());
                key
            }
            None => self.derive(path, kind),
        }
    }

    fn derive(&mut self, path: &mut KeyPath, kind: &str) -> String {
        let count = path.counts.entry(kind.to_owned()).or_insert(0);
        loop {
            *count += 1;
            let key = match *count {
                1 => format!("{}{kind}", path.prefix),
                n => format!("{}{kind}#{n}", path.prefix),
            };
            if !self.labels.contains_key(&key) && self.taken.insert(key.clone()) {
                return key;
            }
        }
    }
}
