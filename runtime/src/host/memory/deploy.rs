//! A new version of the program while people are on their way.
//!
//! The host keeps one version: it goes over when nobody is pinned to the old one. Start at [`Memory::deploy`].

use super::{Memory, Sink, World, hand_out};
use crate::engine::Engine;
use crate::engine::versions::Change;
use std::collections::BTreeMap;
use std::fmt;

/// Live instances that `on update pin` keeps on the version they entered, by journey.
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
        for journey in self.users.states.iter().flat_map(|user| change.pinned(user)) {
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
