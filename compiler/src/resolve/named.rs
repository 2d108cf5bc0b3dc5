//! What has a name and is lowered when first asked for: defines, segments, classes, consent rules.
//!
//! They may refer to each other in any order; a circle is an error where it closes.

use super::names::Names;
use super::scope::{Expect, ExprScope, Truth, Typed};
use super::{Resolver, lookup, names};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{ChannelId, Classify, Const, EnumId, ExprId, ExprKind, Purpose, Segment, SegmentId, Ty};
use crate::resolve::literal;
use crate::source::Span;
use crate::syntax::ast::{self, ChannelBody, ChannelItemKind, Ident};
use std::collections::BTreeMap;

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
    consents: BTreeMap<(ChannelId, Purpose), State<ExprId>>,
}

impl Named {
    pub(crate) fn new(names: &Names<'_>) -> Named {
        Named {
            defines: vec![State::Waiting; names.defines.len()],
            segments: vec![State::Waiting; names.segments.len()],
            classifies: vec![State::Waiting; names.classifies.len()],
            consents: BTreeMap::new(),
        }
    }
}

impl<'a> Resolver<'a> {
    /// Lowers every define, segment and class, used or not.
    pub(super) fn named_predicates(&mut self) {
        let defines: Vec<_> = self.names.defines.iter().map(|(_, declared)| declared.decl).collect();
        for decl in defines {
            self.define(&decl.name);
        }
        self.all_segments();
        self.all_classifies();
    }

    fn all_segments(&mut self) {
        let segments: Vec<_> = self.names.segments.iter().map(|(_, declared)| declared).collect();
        for declared in segments {
            let name = &declared.decl.name;
            let lowered = self.segment(name).map(|(_, predicate)| predicate);
            // A wrong one keeps its place, so that positions stay ids; the program is not given out anyway.
            let predicate = lowered.unwrap_or_else(|| self.arena.truth(false));
            self.spans.segments.insert(name.text.clone(), declared.span);
            let doc = declared.decl.doc.as_ref().map(|doc| doc.text.clone());
            self.schema.segments.push(Segment { name: name.text.clone(), predicate, doc });
        }
    }

    fn all_classifies(&mut self) {
        let classifies: Vec<_> = self.names.classifies.iter().map(|(_, declared)| declared.decl).collect();
        for decl in classifies {
            if let Some((classes, expr)) = self.classify(&decl.name) {
                let arms = decl.arms.iter().map(|arm| arm.span).collect();
                self.spans.classifies.insert(decl.name.text.clone(), arms);
                self.schema.classifies.push(Classify { name: decl.name.text.clone(), classes, expr });
            }
        }
    }

    /// What a `define` stands for; `None` when there is no such define or it is wrong (reported).
    pub(crate) fn define(&mut self, name: &Ident) -> Option<Typed> {
        let (index, decl) = self.names.defines.get(name.as_str())?;
        self.note_use(name, Some(decl.name.span));
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
            self.report(lookup::declare(diagnostic, name, "segment NAME = CONDITION;"));
            return None;
        };
        self.note_use(name, Some(decl.name.span));
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
        let predicate = self.user_rule(&decl.predicate);
        self.named.segments[index] = State::Done(predicate);
        predicate.map(|predicate| (id, predicate))
    }

    /// The classes and the `Case` of a `classify`; `None` when there is no such or it is wrong (reported).
    pub(crate) fn classify(&mut self, name: &Ident) -> Option<(EnumId, ExprId)> {
        let (index, decl) = self.names.classifies.get(name.as_str())?;
        self.note_use(name, Some(decl.name.span));
        match self.named.classifies[index] {
            State::Done(done) => return done,
            State::Running => {
                self.circle("classify", name);
                return None;
            }
            State::Waiting => {}
        }
        self.named.classifies[index] = State::Running;
        let lowered = self.lower_classify(decl);
        self.named.classifies[index] = State::Done(lowered);
        lowered
    }

    fn lower_classify(&mut self, decl: &'a ast::ClassifyDecl) -> Option<(EnumId, ExprId)> {
        self.unique_classes(&decl.arms);
        let classes = self.arena.members(decl.arms.iter().map(|arm| arm.name.text.clone()).collect());
        let ty = Ty::Enum(classes);
        let mut arms = Vec::new();
        let mut otherwise = None;
        let mut whole = true;
        // What earlier arms refute is known in later ones.
        let mut scope = ExprScope::user();
        for (arm, member) in decl.arms.iter().zip(0..) {
            let class = self.arena.constant(Const::Member(member), ty);
            match &arm.when {
                Some(when) => match self.predicate(when, &mut scope) {
                    Some(condition) if otherwise.is_none() => {
                        let refuted = self.when(condition, Truth::False);
                        scope.facts.add(&refuted);
                        arms.push((condition, class));
                    }
                    Some(_) => self.after_otherwise(arm.span),
                    None => whole = false,
                },
                None if otherwise.is_some() => self.after_otherwise(arm.span),
                None => otherwise = Some(class),
            }
        }
        let Some(otherwise) = otherwise else {
            self.no_otherwise(decl);
            return None;
        };
        if !whole {
            return None;
        }
        Some((classes, self.arena.expr(ExprKind::Case { arms, otherwise }, ty)))
    }

    fn unique_classes(&mut self, arms: &[ast::ClassArm]) {
        for (index, arm) in arms.iter().enumerate() {
            if let Some(before) = arms[..index].iter().find(|before| before.name.text == arm.name.text) {
                self.report(names::duplicate("class", &arm.name, before.name.span));
            }
        }
    }

    fn after_otherwise(&mut self, span: Span) {
        self.report(
            Diagnostic::new(&codes::INVALID_VALUE, span, "no user gets to a class after `otherwise`")
                .label("never looked at")
                .help("make `otherwise` the last class"),
        );
    }

    fn no_otherwise(&mut self, decl: &ast::ClassifyDecl) {
        self.report(
            Diagnostic::new(
                &codes::NOT_EXHAUSTIVE,
                decl.name.span,
                format!("`{}` gives no class to a user for whom no condition holds", decl.name.text),
            )
            .label("not everyone has a class")
            .help("end it with a class for everyone else: `current otherwise;`"),
        );
    }

    /// The marketing consent rule of a channel for `consent(CHANNEL)`; `true` where the channel has none.
    pub(crate) fn consent_rule(&mut self, channel: ChannelId) -> Option<ExprId> {
        let name = self.schema.channels[channel.index()].name.clone();
        let (_, decl) = self.names.channels.get(&name)?;
        let ChannelBody::Items(items) = &decl.body else { return None };
        for item in items {
            if let ChannelItemKind::Consent { purpose, rule } = &item.kind
                && purpose.value == ast::Purpose::Marketing
            {
                return self.channel_consent(channel, purpose.value, rule);
            }
        }
        Some(self.arena.truth(true))
    }

    /// A consent rule of a channel.
    pub(crate) fn channel_consent(
        &mut self,
        channel: ChannelId,
        of: ast::Purpose,
        rule: &'a ast::Expr,
    ) -> Option<ExprId> {
        let key = (channel, literal::purpose(of));
        match self.named.consents.get(&key).copied().unwrap_or(State::Waiting) {
            State::Done(done) => return done,
            State::Running => {
                let name = self.schema.channels[channel.index()].name.clone();
                self.circle("consent to", &Ident { text: name, span: rule.span });
                return None;
            }
            State::Waiting => {}
        }
        self.named.consents.insert(key, State::Running);
        let lowered = self.user_rule(rule);
        self.named.consents.insert(key, State::Done(lowered));
        lowered
    }

    /// Reports at the declaration that the chain of names leads back to; `name` is the use that closes it.
    fn circle(&mut self, what: &str, name: &Ident) {
        let declared = match what {
            "define" => self.names.defines.span_of(name.as_str()),
            "segment" => self.names.segments.span_of(name.as_str()),
            _ => self.names.classifies.span_of(name.as_str()),
        };
        let declared = declared.unwrap_or(name.span);
        self.report(
            Diagnostic::new(
                &codes::RECURSIVE_NAME,
                declared,
                format!("{what} `{}` is defined by itself", name.text),
            )
            .label("leads back to itself")
            .also(name.span, "by way of this")
            .help("break the circle: write out one of the conditions"),
        );
    }
}
