//! Where an expression stands: what bare names mean there, and what is already known of optionals.
//!
//! Built by whoever lowers the place ([`super::journey`], [`super::named`], [`super::declare`]), read by [`super::expr`].

use crate::ir::{EventId, ExprId, FieldId, JourneyId, ListId, Ty};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// The kind of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// A step of a journey: bare names are the entry's fields, `since entry` is the default window.
    Body,
    /// The `where` of an entry: bare names are the event's fields; there is no entry yet.
    EntryWhere,
    /// The `where` of a goal, exit or wait: bare names are the inner event's fields, `entry.x` the entry's; `since entry` is the default.
    InnerWhere,
    /// `goal`, `exit when`: no inner event, `since entry` is the default.
    Header,
    /// A segment, define, classify, channel or policy rule: attributes, catalogs and history with written windows.
    User,
}

/// Where an expression stands.
#[derive(Debug, Clone)]
pub(crate) struct ExprScope<'a> {
    /// The kind of place.
    pub(crate) position: Position,
    /// The journey, in its header and body.
    pub(crate) journey: Option<JourneyId>,
    /// The event whose `where` this is: its fields are [`crate::ir::Source::Event`].
    pub(crate) event: Option<EventId>,
    /// The event of the `where` around the history function whose own `where` this is.
    pub(crate) outer: Option<Outer>,
    /// The entry event of the journey: its fields are [`crate::ir::Source::Entry`]; none for segment and timed entries.
    pub(crate) entry: Option<EventId>,
    /// Parameters of the sequences being expanded, already lowered.
    pub(crate) params: BTreeMap<&'a str, Typed>,
    /// The list shapes of the `any`/`all` around, innermost last.
    pub(crate) elements: Vec<ListId>,
    /// Entry fields that a `refresh` can change: what is known of them ends at every step that takes time.
    pub(crate) refreshed: BTreeSet<FieldId>,
    /// What is known here.
    pub(crate) facts: Facts,
}

impl<'a> ExprScope<'a> {
    /// The scope of segments, defines, classes, channel and policy rules.
    pub(crate) fn user() -> ExprScope<'a> {
        ExprScope {
            position: Position::User,
            journey: None,
            event: None,
            outer: None,
            entry: None,
            params: BTreeMap::new(),
            elements: Vec::new(),
            refreshed: BTreeSet::new(),
            facts: Facts::default(),
        }
    }

    /// The scope of a journey's body; `entry` is its entry event.
    pub(crate) fn body(journey: JourneyId, entry: Option<EventId>) -> ExprScope<'a> {
        ExprScope { position: Position::Body, journey: Some(journey), entry, ..ExprScope::user() }
    }

    /// The same place inside the `where` of `event`.
    pub(crate) fn inner(&self, event: EventId) -> ExprScope<'a> {
        ExprScope { position: Position::InnerWhere, event: Some(event), ..self.clone() }
    }
}

/// What lies around the `where` of a history function: names of it are keys of what is remembered, nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outer {
    /// The event whose `where` the history function stands in.
    pub(crate) event: Option<EventId>,
}

/// What guards have established. Equal expressions share an id, so a path is its id.
///
/// Made by [`Resolver::when`](super::Resolver::when) of a condition; a journey carries them from step to step in [`ExprScope::facts`]:
/// [`add`](Facts::add) after a guard, [`join`](Facts::join) where ways meet, [`Resolver::time_passes`](super::Resolver::time_passes) after a step that can take
/// time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Known to be present; a `did` or a catalog row here is known to be true.
    pub(crate) present: BTreeSet<ExprId>,
    /// Known not to be zero.
    pub(crate) nonzero: BTreeSet<ExprId>,
    /// Was known to be present until time passed; only for messages.
    pub(crate) ended: BTreeSet<ExprId>,
    /// How much a guard on the way says.
    pub(crate) guards: Guards,
}

/// Whether the guards on the way could be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Guards {
    /// They say all there is to know.
    #[default]
    Read,
    /// One of them is wrong, and was reported: what it guards is not judged.
    Broken,
}

impl Facts {
    /// What holds on both of two ways that meet. A way that has ended meets nothing: leave it out.
    pub(crate) fn join(&self, other: &Facts) -> Facts {
        Facts {
            present: self.present.intersection(&other.present).copied().collect(),
            nonzero: self.nonzero.intersection(&other.nonzero).copied().collect(),
            ended: self.ended.union(&other.ended).copied().collect(),
            // Where both ways of a guard are open it has nothing to say any more.
            guards: Guards::Read,
        }
    }

    /// Adds what else is known.
    pub(crate) fn add(&mut self, other: &Facts) {
        self.present.extend(&other.present);
        self.nonzero.extend(&other.nonzero);
        self.ended.extend(&other.ended);
        self.guards = self.guards.max(other.guards);
    }

    /// What a guard that could not be read establishes: perhaps everything, so nothing is reported for lack of it.
    pub(crate) fn of_broken_guard() -> Facts {
        Facts { guards: Guards::Broken, ..Facts::default() }
    }

    /// Keeps the facts about expressions that pass.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(ExprId) -> bool) {
        self.present.retain(|id| keep(*id));
        self.nonzero.retain(|id| keep(*id));
    }
}

/// Which way a condition went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
}

impl Truth {
    /// The other way.
    pub(crate) fn negated(self) -> Truth {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
        }
    }
}

/// Whether a value is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Always.
    Always,
    /// It may be missing: guard or default it first.
    Maybe,
}

/// A lowered expression with its type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Typed {
    /// The node.
    pub(crate) id: ExprId,
    /// Its type.
    pub(crate) ty: Ty,
    /// Whether it is always there.
    pub(crate) presence: Presence,
    /// Where it was written.
    pub(crate) span: Span,
}

/// What a place wants of an expression; also the hint that gives a string literal the type of a closed set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Expect {
    /// Any type.
    Anything,
    /// A value of this type, always there.
    Exactly(Ty),
    /// A value of this type that may be missing.
    Optional(Ty),
}
