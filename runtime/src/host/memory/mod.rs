//! The memory host: everything in RAM, time is what the inputs say.
//!
//! A timer due at `t` fires before the first line that is later than `t`, never before an input at `t`; timers of one instant go by
//! rank, then by user. Ids are taken once. Knows nothing of files or JSON. Start at [`Memory::take`].

mod deploy;
mod queue;
mod seen;
mod users;
mod watchers;
mod world;

use crate::engine::trace::Visit;
use crate::engine::{Class, Effects, Engine, Input, InputBody};
use crate::ingest::{Body, Line};
pub use deploy::Pinned;
use queue::Queue;
pub use seen::{REMEMBERED_MS, Seen};
use std::cmp::Reverse;
use std::collections::BTreeSet;
pub use users::{Names, UserNo, Users};
use watchers::Watchers;
use wayline_compiler::ir::{CatalogId, Program};
use world::World;

/// Where decisions go.
pub trait Sink {
    /// What one call of the engine led to, of the user with this id. Called only when there is something.
    fn take(&mut self, user: &str, effects: &Effects);
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was an input.
    Applied,
    /// Its id has come before: it changed nothing.
    Duplicate,
    /// Nobody asks for it: only time passed.
    PassedOver,
    /// It is later than the end of the run: it changed nothing.
    Beyond,
}

/// One process, one virtual clock.
pub struct Memory {
    engine: Engine,
    users: Users,
    queue: Queue,
    seen: Seen,
    world: World,
    watchers: Watchers,
    effects: Effects,
    /// Greatest time of a line so far.
    now: i64,
    /// No line later than this is taken.
    until: i64,
}

impl Memory {
    /// A host without users. Lines later than `until` are left alone.
    pub fn new(engine: Engine, until: Option<i64>) -> Self {
        let world = World::new(engine.program());
        Self {
            engine,
            users: Users::default(),
            queue: Queue::default(),
            seen: Seen::default(),
            world,
            watchers: Watchers::default(),
            effects: Effects::default(),
            now: i64::MIN,
            until: until.unwrap_or(i64::MAX),
        }
    }

    /// Notes the ways of instances from now on, for [`Self::take_trace`].
    pub fn trace(&mut self) {
        self.effects.trace.get_or_insert_default();
    }

    /// The ways of instances noted so far.
    pub fn take_trace(&mut self) -> Vec<Visit> {
        self.effects.trace.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The program it runs.
    pub fn program(&self) -> &Program {
        self.engine.program()
    }

    /// All users.
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// Takes one line: first everything that was due before it, then the line itself.
    #[inline]
    pub fn take(&mut self, line: &Line<'_>, sink: &mut dyn Sink) -> Taken {
        if line.time > self.until {
            return Taken::Beyond;
        }
        if !line.id.is_empty() && !self.seen.first_time(line.id, self.now.max(line.time)) {
            return Taken::Duplicate;
        }
        self.advance(line.time.saturating_sub(1), sink);
        self.now = self.now.max(line.time);
        let body = match line.body {
            Body::PassedOver | Body::Undeclared => return Taken::PassedOver,
            Body::Event { event, row } => InputBody::Event { event, row },
            Body::Identify { row, changed } => InputBody::Identify { row, changed },
            Body::Provider { channel, error } => InputBody::Provider { channel, error },
            Body::Catalog { catalog, key, row } => {
                if self.world.put(catalog, key, row, line.time) {
                    let body = InputBody::Catalog { catalog, key };
                    let input = Input { time: line.time, id: line.id, body, faults: line.faults };
                    self.wake(catalog, key, &input, sink);
                }
                return Taken::Applied;
            }
        };
        let input = Input { time: line.time, id: line.id, body, faults: line.faults };
        let engine = &self.engine;
        let user = self.users.number(line.user, || engine.user());
        self.apply(user, &input, sink);
        Taken::Applied
    }

    /// Lets time pass up to and including `last`, firing what is due on the way.
    pub fn advance(&mut self, last: i64, sink: &mut dyn Sink) {
        while let Some((due, user)) = self.queue.pop_until(last) {
            if self.users.due(user) == Some(due) {
                self.fire_instant(due, user, sink);
            }
        }
    }

    /// The end of the run: time passes up to `until`, or up to the last line.
    pub fn finish(&mut self, sink: &mut dyn Sink) {
        let last = if self.until == i64::MAX { self.now } else { self.until };
        self.advance(last, sink);
    }

    #[inline]
    fn apply(&mut self, user: UserNo, input: &Input<'_>, sink: &mut dyn Sink) {
        let (state, name) = self.users.both(user);
        let before = state.next_due().map(|key| key.due);
        self.engine.apply(name, state, &mut self.world, input, &mut self.effects);
        let after = state.next_due().map(|key| key.due);
        if let Some(due) = after
            && after != before
        {
            self.queue.push(due, user);
        }
        hand_out(&mut self.effects, &mut self.watchers, user, name, sink);
    }

    /// A catalog row is an input of every user; it concerns those who wait on it. For the others only the clock moves, which
    /// [`World`] knows.
    fn wake(&mut self, catalog: CatalogId, key: &str, input: &Input<'_>, sink: &mut dyn Sink) {
        let mut users = self.watchers.take(catalog, key);
        users.sort_unstable_by(|a, b| self.users.names.get(*a).cmp(self.users.names.get(*b)));
        users.dedup();
        for user in users {
            self.apply(user, input, sink);
            if self.users.states[user.0 as usize].watches(catalog, key) {
                self.watchers.add(catalog, key, user);
            }
        }
    }

    /// Fires everything due at one instant, beginning with the user the queue named.
    #[inline]
    fn fire_instant(&mut self, due: i64, first: UserNo, sink: &mut dyn Sink) {
        let Some((_, second)) = self.queue.pop_until(due) else {
            while self.users.due(first) == Some(due) {
                self.fire(first, sink);
            }
            self.requeue(first);
            return;
        };
        let mut crowd = vec![first, second];
        while let Some((_, user)) = self.queue.pop_until(due) {
            crowd.push(user);
        }
        crowd.sort_unstable();
        crowd.dedup();
        self.fire_crowd(due, crowd, sink);
    }

    /// Several users have something due at one instant: by rank, then by id.
    fn fire_crowd(&mut self, due: i64, mut crowd: Vec<UserNo>, sink: &mut dyn Sink) {
        crowd.sort_by_key(|user| self.users.names.get(*user));
        let mut turns: BTreeSet<Turn> = BTreeSet::new();
        for (place, user) in crowd.iter().enumerate() {
            turns.extend(self.turn(due, place, *user));
        }
        while let Some(Turn { place, .. }) = turns.pop_first() {
            let user = crowd[place];
            self.fire(user, sink);
            turns.extend(self.turn(due, place, user));
        }
        for user in crowd {
            self.requeue(user);
        }
    }

    fn turn(&self, due: i64, place: usize, user: UserNo) -> Option<Turn> {
        let key = self.users.states[user.0 as usize].next_due()?;
        (key.due == due).then(|| Turn {
            rank: key.rank(),
            place,
            journey: key.journey,
            instance: key.instance,
        })
    }

    #[inline]
    fn fire(&mut self, user: UserNo, sink: &mut dyn Sink) {
        let (state, name) = self.users.both(user);
        self.engine.fire(name, state, &mut self.world, &mut self.effects);
        hand_out(&mut self.effects, &mut self.watchers, user, name, sink);
    }

    fn requeue(&mut self, user: UserNo) {
        if let Some(due) = self.users.due(user) {
            self.queue.push(due, user);
        }
    }
}

/// One user's turn within an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    rank: (i64, Class, Reverse<i64>, i64),
    /// Place of the user's id among those at hand.
    place: usize,
    journey: u32,
    instance: u32,
}

#[inline]
fn hand_out(effects: &mut Effects, watchers: &mut Watchers, user: UserNo, name: &str, sink: &mut dyn Sink) {
    watchers.note(user, effects);
    let is_news = !effects.decisions.is_empty() || !effects.calls.is_empty();
    if is_news {
        sink.take(name, effects);
    }
    if is_news || !effects.watched.is_empty() {
        effects.clear();
    }
}
