//! A new version of the program while people are on their way.
//!
//! First [`Memory::with_pinned`], which links in what people on their way need of the old version, then [`Memory::deploy`].

use super::{Memory, Sink, World, hand_out};
use crate::engine::Engine;
use crate::engine::versions::Change;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use wayline_compiler::ir::Program;
use wayline_compiler::ir::link::{Reasons, link};
use wayline_compiler::predicates::{Backend, Predicates};

/// Instances that `on update pin` keeps on the version they entered, by journey, where that is not linked into the new program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned(pub BTreeMap<String, usize>);

impl fmt::Display for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("live instances are pinned to the version they entered:")?;
        for (journey, count) in &self.0 {
            write!(f, " {count} of `{journey}`;")?;
        }
        f.write_str(" write `on update move;` or `on update exit;` in the new version, or wait until they have finished")
    }
}

impl std::error::Error for Pinned {}

impl Memory {
    /// The program with those journeys of the present version that have people on their way whom `on update pin` keeps there: what is to be
    /// deployed at `now`. The reasons, where a journey cannot live in the new version.
    pub fn with_pinned(
        &mut self,
        program: &Arc<Program>,
        now: i64,
        sink: &mut dyn Sink,
    ) -> Result<Arc<Program>, Reasons> {
        self.advance(now.saturating_sub(1), sink);
        let Ok(predicates) = Predicates::new(program, Backend::Interp) else {
            return Ok(Arc::clone(program));
        };
        let change = Change::new(&self.engine, &Engine::new(Arc::new(predicates)));
        let states = self.users.states.iter();
        let pinned: BTreeSet<_> = states.flat_map(|user| change.pinned(user)).collect();
        if pinned.is_empty() {
            return Ok(Arc::clone(program));
        }
        link(program, self.engine.program(), &pinned).map(Arc::new)
    }

    /// Goes over to another version at `now`: what was due before has happened, live instances go on, move or end as their journeys say.
    /// Lines taken from now on are to be decoded for the new program. Decisions of the old version go to `old`, of the new one to `new`.
    pub fn deploy(
        &mut self,
        engine: Engine,
        now: i64,
        old: &mut dyn Sink,
        new: &mut dyn Sink,
    ) -> Result<(), Pinned> {
        self.advance(now.saturating_sub(1), old);
        self.now = self.now.max(now);
        let change = Change::new(&self.engine, &engine);
        let mut pinned = BTreeMap::new();
        for journey in self.users.states.iter().flat_map(|user| change.unlinked(user)) {
            *pinned.entry(self.engine.program().journey(journey).name.clone()).or_default() += 1;
        }
        if !pinned.is_empty() {
            return Err(Pinned(pinned));
        }
        let before = std::mem::replace(&mut self.engine, engine);
        let mut order: Vec<_> = self.users.numbers().collect();
        order.sort_by(|a, b| self.users.names.get(*a).cmp(self.users.names.get(*b)));
        for user in &order {
            let (state, name) = self.users.both(*user);
            before.at_deploy(state, self.now);
            before.retire(&change, name, state, &mut self.world, &mut self.effects);
            hand_out(&mut self.effects, &mut self.watchers, *user, name, old);
        }
        self.world = World::carried(&self.world, &change, before.program(), self.engine.program());
        self.watchers = super::Watchers::default();
        self.queue = super::Queue::default();
        for user in order {
            let (state, name) = self.users.both(user);
            self.engine.take_over(&change, &before, name, state, &mut self.world, &mut self.effects);
            hand_out(&mut self.effects, &mut self.watchers, user, name, new);
            self.requeue(user);
        }
        Ok(())
    }
}
