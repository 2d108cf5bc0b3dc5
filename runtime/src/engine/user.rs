//! The state of one user: the unit of order, of sharding and of storage.
//!
//! Plain data. Rare parts are boxed, so that a user with one live instance stays small. Nothing here decides anything: start
//! reading at [`super::Engine`] for what happens to it.

use super::effects::Hold;
use super::gate::Ledger;
use super::history::{Cells, History};
use super::timer::TimerKey;
use super::turns::Turns;
use super::zone::Zone;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use wayline_compiler::ir::{AttrId, CatalogId, ChannelId, EventId, JourneyId, StepId};
use wayline_compiler::row::{Row, RowBuf, Slot};

/// One user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// The greatest instant applied; `i64::MIN` before the first input.
    pub clock: i64,
    /// The clock of catalog rows at the first input: rows from before it were no input of this user.
    pub rows_before: i64,
    /// The user's zone: `user.timezone`, else the project's.
    #[serde(with = "super::zone")]
    pub zone: Zone,
    /// Instances that are live or measure goals, in order of entry.
    pub instances: Vec<Instance>,
    /// Ordinal of the next instance.
    pub next_instance: u32,
    /// The next thing due.
    pub(super) next: Option<TimerKey>,
    /// Which of `turns` is due first.
    pub(super) next_turn: Option<u32>,
    /// Attributes, once one was set.
    pub attributes: Option<Box<Attributes>>,
    /// What user-scoped aggregates remember.
    pub history: History,
    /// What caps and per-user budgets have counted.
    pub ledger: Option<Box<Ledger>>,
    /// What lanes remember of earlier instances, where their journey's re-entry rule asks.
    #[serde(with = "super::pairs")]
    pub lanes: BTreeMap<(JourneyId, u64), Lane>,
    /// State of journeys entered by segment or by time; of none before the first input.
    pub turns: Turns,
    /// Seldom used.
    pub rare: Option<Box<Rare>>,
}

/// Values of attributes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Attributes {
    /// Values with defaults filled in, by attribute position.
    pub row: RowBuf,
    /// Attributes that hold a value of their own and not a default, ascending.
    pub set: Vec<AttrId>,
}

/// What few users have.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Rare {
    /// `once` events that have come.
    pub once: Vec<EventId>,
    /// Instants at which events with a declared rate were admitted, oldest first.
    pub admitted: BTreeMap<EventId, Vec<i64>>,
    /// Channels whose provider fails for this user, with the error.
    pub failing: Vec<(ChannelId, String)>,
}

/// What a lane remembers when its instances have gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// Instant of the last entry.
    pub entered: Option<i64>,
    /// Instant the last live time ended.
    pub left: Option<i64>,
    /// Instants of entries that an `at most N` still counts, oldest first; without a period only their number grows `total`.
    pub recent: Vec<i64>,
    /// Entries so far.
    pub total: u32,
}

/// One passage of a user through a journey. The head is what every event looks at; the rest is boxed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Instance {
    /// Which journey.
    pub journey: JourneyId,
    /// Ordinal in the user's life, from 1.
    pub number: u32,
    /// Hash of the lane's key.
    pub lane: u64,
    /// What it still does.
    pub phase: Phase,
    /// Its own next thing due.
    pub(super) timer: Option<TimerKey>,
    /// The rest.
    pub body: Box<Body>,
}

/// What an instance still does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// It walks its steps.
    Live,
    /// Its steps are over; it waits for its goals only.
    Measuring,
    /// It is over and about to be removed.
    Over,
}

/// The rest of an instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Body {
    /// Hash of the entry's id.
    pub entry_id: u128,
    /// The clock at entry.
    pub entered_at: i64,
    /// The entry event's own time.
    pub entry_time: i64,
    /// The fields of the entry event that the journey reads, as refreshed since.
    pub row: Payload,
    /// Where it stands; `None` past the last step.
    pub step: Option<StepId>,
    /// What it does there.
    pub place: Place,
    /// The step it went on with after the last step that took time.
    pub resumed: Option<StepId>,
    /// The innermost `at` whose body it is in, with the instant it ran at; those around it are in [`More::outer`].
    pub at: Option<(StepId, i64)>,
    /// End of its lifetime, `i64::MAX` without one.
    pub lives_until: i64,
    /// End of its last goal window; `i64::MIN` without goals.
    pub measures_until: i64,
    /// The next instant at which an `exit when` may come to hold by time alone.
    pub exit_due: i64,
    /// Whether the journey's holdout keeps it from its steps.
    pub is_held_out: bool,
    /// Whether a refresh of the input at hand has changed its entry fields.
    pub is_refreshed: bool,
    /// What `since entry` aggregates remember.
    pub cells: Cells,
    /// The last message sent.
    pub message: Option<Box<Credit>>,
    /// What not every instance has.
    pub more: Option<Box<More>>,
}

/// What not every instance has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct More {
    /// State of the journey's `repeat`s, by counter.
    pub loops: Vec<Loop>,
    /// Arms taken: the split and the position of the arm, `u32::MAX` for its holdout.
    pub arms: Vec<(StepId, u32)>,
    /// Keys of what was done in the bodies of `at`s, which a moved `at` runs again.
    pub done: Vec<u128>,
    /// Catalog rows that what it waits for was read from.
    pub watches: Vec<(CatalogId, String)>,
    /// The `at`s around the innermost one, from the inside out, with the instants they ran at.
    #[serde(default)]
    pub outer: Vec<(StepId, i64)>,
    /// When it was last refreshed: its lifetime counts from there.
    #[serde(default)]
    pub refreshed_at: Option<i64>,
}

impl Body {
    /// The `at`s whose bodies it is in, from the inside out, with the instants they ran at.
    pub fn ats(&self) -> impl DoubleEndedIterator<Item = (StepId, i64)> {
        let outer: &[(StepId, i64)] = if self.at.is_some() { &self.more().outer } else { &[] };
        self.at.into_iter().chain(outer.iter().copied())
    }
    /// What not every instance has; nothing for one that has none.
    pub fn more(&self) -> &More {
        static NONE: More = More {
            loops: Vec::new(),
            arms: Vec::new(),
            done: Vec::new(),
            watches: Vec::new(),
            outer: Vec::new(),
            refreshed_at: None,
        };
        self.more.as_deref().unwrap_or(&NONE)
    }
    /// The same, to be changed.
    pub fn more_mut(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }
}

/// A message that a conversion is credited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// Its key.
    pub id: u128,
    /// The step that sent it.
    pub step: StepId,
    /// Its channel.
    pub channel: ChannelId,
}

/// State of one `repeat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loop {
    /// Rounds begun; 0 outside the loop.
    pub rounds: u32,
    /// When the first round began.
    pub first: i64,
    /// When this round began.
    pub start: i64,
}

/// What an instance does at its step. Instants are `i64::MAX` when they do not come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// It is walking; never between two inputs.
    Walking,
    /// `wait D`, `wait until CLOCK`, the pause of a `repeat`.
    Wait {
        /// When it began.
        from: i64,
        /// When it ends.
        until: i64,
    },
    /// `wait until P`.
    Until {
        /// When it began.
        from: i64,
        /// Its last instant.
        deadline: i64,
        /// The next instant at which P may come to hold by time alone.
        look: i64,
    },
    /// `wait for`.
    For {
        /// When it began.
        from: i64,
        /// Its last instant.
        deadline: i64,
    },
    /// `at`.
    At {
        /// When it runs.
        at: i64,
    },
    /// A held message.
    Held(Box<Held>),
}

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// When the attempt was due.
    pub due: i64,
    /// Which of the send's channels it is at.
    pub option: u32,
    /// Why it waits; `None` for an attempt that has not waited yet.
    pub why: Option<Hold>,
    /// When the present hold began.
    pub since: i64,
    /// When it is looked at again.
    pub until: i64,
    /// End of `on cap retry up to D`, once it waits for a cap.
    pub retry_until: Option<i64>,
}

/// The fields of an entry event that an instance keeps: beside its other state where they are few and short, as most are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RowBuf", into = "RowBuf")]
pub struct Payload {
    slots: SmallVec<[Slot; 2]>,
    bytes: SmallVec<[u8; 16]>,
}

impl From<RowBuf> for Payload {
    fn from(row: RowBuf) -> Self {
        Self { slots: row.slots.into(), bytes: row.bytes.into() }
    }
}

impl From<Payload> for RowBuf {
    fn from(payload: Payload) -> Self {
        Self { slots: payload.slots.into_vec(), bytes: payload.bytes.into_vec() }
    }
}

impl Payload {
    /// Keeps some slots of a row, packed. `is_blob` tells which slots have bytes.
    pub fn keep(row: Row<'_>, keeps: &[bool], is_blob: impl Fn(usize) -> bool) -> Self {
        let mut bytes = SmallVec::new();
        let slots = keeps.iter().enumerate().map(|(at, keep)| {
            let slot = row.slot(at);
            if !*keep || !slot.is_present() {
                return Slot::MISSING;
            }
            if !is_blob(at) {
                return slot;
            }
            let blob = row.blob(slot);
            bytes.extend_from_slice(blob);
            Slot::text((bytes.len() - blob.len()) as u32, blob.len() as u32, slot.sym)
        });
        let slots = slots.collect();
        Self { slots, bytes }
    }
    /// Replaces one slot by one of another row; slots it does not keep stay away.
    pub fn replace(&mut self, at: usize, row: Row<'_>, new: Slot, is_blob: impl Fn(usize) -> bool) {
        let keeps: Vec<bool> = (0..self.slots.len()).map(|slot| slot != at).collect();
        if at >= self.slots.len() {
            return;
        }
        let others = Self::keep(self.row(), &keeps, &is_blob);
        let mut packed = RowBuf::from(others);
        packed.slots[at] = if is_blob(at) { packed.push(row.blob(new), new.sym) } else { new };
        *self = packed.into();
    }
    /// Borrows it.
    #[inline]
    pub fn row(&self) -> Row<'_> {
        Row { slots: &self.slots, bytes: &self.bytes }
    }
}

impl User {
    /// A user nothing is known of.
    pub fn new(zone: Zone) -> Self {
        Self {
            clock: i64::MIN,
            rows_before: i64::MIN,
            zone,
            instances: Vec::new(),
            next_instance: 1,
            next: None,
            next_turn: None,
            attributes: None,
            history: History::default(),
            ledger: None,
            lanes: BTreeMap::new(),
            turns: Turns::default(),
            rare: None,
        }
    }
    /// Whether something of this user waits on a catalog row.
    pub fn watches(&self, catalog: CatalogId, key: &str) -> bool {
        let is_it = |watched: &(CatalogId, String)| watched.0 == catalog && watched.1 == key;
        self.instances.iter().any(|i| i.body.more().watches.iter().any(is_it))
            || self.turns.iter().any(|(_, turn)| turn.watches.iter().any(is_it))
    }
    /// The next thing due, if any.
    #[inline]
    pub fn next_due(&self) -> Option<TimerKey> {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes without what they point to. A live instance is its head, its body, and its payload.
    #[test]
    fn state_stays_small() {
        assert!(size_of::<User>() <= 208, "user {}", size_of::<User>());
        assert!(size_of::<Instance>() <= 80, "instance {}", size_of::<Instance>());
        assert!(size_of::<Body>() <= 256, "body {}", size_of::<Body>());
    }
}
