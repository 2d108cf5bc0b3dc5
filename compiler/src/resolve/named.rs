//! What has a name and is lowered when first asked for: defines, segments, classes, consent rules.
//!
//! They may refer to each other in any order; a circle is an error at the first declaration of it by name.

use super::names::Names;
use super::scope::{Expect, ExprScope, Typed};
use super::{Resolver, names};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{ChannelId, EnumId, ExprId, SegmentId};
use crate::syntax::ast::Ident;

/// How far something is.
#[derive(Debug, Clone, Copy)]
enum State<T> {
    /// Not asked for yet.
    Waiting,
    /// Being lowered: asking for it again is a circle.
    Running,
    /// Lowered; none when it is wrong (it was reported).
    Done(Option<T>),
}

/// What has been lowered of everything named; positions are those of the tables.
#[derive(Debug)]
pub(crate) struct Named {
    defines: Vec<State<Typed>>,
    segments: Vec<State<ExprId>>,
    classifies: Vec<State<(EnumId, ExprId)>>,
}

impl Named {
    pub(crate) fn new(names: &Names<'_>) -> Named {
        Named {
            defines: vec![State::Waiting; names.defines.len()],
            segments: vec![State::Waiting; names.segments.len()],
            classifies: vec![State::Waiting; names.classifies.len()],
        }
    }
}

impl Resolver<'_> {
    /// Lowers every segment, define and class, used or not.
    pub(super) fn named_predicates(&mut self) {}

    /// What a `define` stands for; `None` when there is no such define or it is wrong (reported).
    pub(crate) fn define(&mut self, name: &Ident) -> Option<Typed> {
        let (index, decl) = self.names.defines.get(name.as_str())?;
        match self.named.defines[index] {
            State::Done(done) => return done,
            State::Running => {
                self.circle("define", name);
                return None;
            }
            State::Waiting => {}
        }
        self.named.defines[index] = State::Running;
        let value = self.value(&decl.value, &mut ExprScope::user(), Expect::Anything);
        self.named.defines[index] = State::Done(value);
        value
    }

    /// The segment of a name and its predicate; reports an unknown name.
    pub(crate) fn segment(&mut self, name: &Ident) -> Option<(SegmentId, ExprId)> {
        let Some((index, decl)) = self.names.segments.get(name.as_str()) else {
            let diagnostic = names::unknown("segment", name, self.names.segments.names());
            self.report(diagnostic);
            return None;
        };
        let id = SegmentId::new(index);
        match self.named.segments[index] {
            State::Done(done) => return done.map(|predicate| (id, predicate)),
            State::Running => {
                self.circle("segment", name);
                return None;
            }
            State::Waiting => {}
        }
        self.named.segments[index] = State::Running;
        let predicate = self.predicate(&decl.predicate, &mut ExprScope::user());
        self.named.segments[index] = State::Done(predicate);
        predicate.map(|predicate| (id, predicate))
    }

    /// The classes and the `Case` of a `classify`; `None` when there is no such or it is wrong (reported).
    pub(crate) fn classify(&mut self, name: &Ident) -> Option<(EnumId, ExprId)> {
        let (index, _decl) = self.names.classifies.get(name.as_str())?;
        match self.named.classifies[index] {
            State::Done(done) => done,
            State::Running | State::Waiting => None,
        }
    }

    /// The marketing consent rule of a channel for `consent(CHANNEL)`; `true` where the channel has none.
    pub(crate) fn consent_rule(&mut self, _channel: ChannelId) -> Option<ExprId> {
        None
    }

    fn circle(&mut self, what: &str, name: &Ident) {
        self.report(
            Diagnostic::new(&codes::RECURSIVE_NAME, name.span, format!("{what} `{}` is defined by itself", name.text))
                .label("leads back here")
                .help("break the circle: write out one of the conditions"),
        );
    }
}
