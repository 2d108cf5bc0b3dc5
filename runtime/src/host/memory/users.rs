//! Users by id: dense numbers for ids, state and ids in arrays.
//!
//! Knows nothing of what a user holds. Start at [`Users::number`].

use crate::engine::User;
use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// Number of a user in order of appearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UserNo(pub(super) u32);

/// The ids of users.
#[derive(Debug, Default)]
pub struct Names {
    /// Hash and number: what does not match by hash is not looked at, and growing does not hash again.
    table: HashTable<(u64, u32)>,
    text: String,
    /// End of each id in `text`.
    ends: Vec<usize>,
}

impl Names {
    /// The id of a user.
    #[inline]
    pub fn get(&self, user: UserNo) -> &str {
        slice(&self.text, &self.ends, user.0)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The number of an id, a new one for a new id.
    #[inline]
    fn number(&mut self, name: &str) -> UserNo {
        let hash = xxh3_64(name.as_bytes());
        let Self { table, text, ends } = self;
        if let Some((_, number)) =
            table.find(hash, |(h, number)| *h == hash && slice(text, ends, *number) == name)
        {
            return UserNo(*number);
        }
        let number = ends.len() as u32;
        text.push_str(name);
        ends.push(text.len());
        table.insert_unique(hash, (hash, number), |(hash, _)| *hash);
        UserNo(number)
    }
}

#[inline]
fn slice<'t>(text: &'t str, ends: &[usize], number: u32) -> &'t str {
    let number = number as usize;
    let from = if number == 0 { 0 } else { ends.get(number - 1).copied().unwrap_or(0) };
    ends.get(number).and_then(|end| text.get(from..*end)).unwrap_or_default()
}

/// All users.
#[derive(Debug, Default)]
pub struct Users {
    pub(super) names: Names,
    pub(super) states: Vec<User>,
}

impl Users {
    /// The number of an id; a new id gets the state `fresh` makes.
    #[inline]
    pub(super) fn number(&mut self, name: &str, fresh: impl FnOnce() -> User) -> UserNo {
        let user = self.names.number(name);
        if user.0 as usize == self.states.len() {
            self.states.push(fresh());
        }
        user
    }

    /// State and id of a user.
    #[inline]
    pub(super) fn both(&mut self, user: UserNo) -> (&mut User, &str) {
        (&mut self.states[user.0 as usize], self.names.get(user))
    }

    /// The instant at which something of this user is due next.
    #[inline]
    pub(super) fn due(&self, user: UserNo) -> Option<i64> {
        self.states[user.0 as usize].next_due().map(|key| key.due)
    }

    /// All numbers, in order of appearance.
    pub(super) fn numbers(&self) -> impl Iterator<Item = UserNo> + use<> {
        (0..self.states.len() as u32).map(UserNo)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// All states, in no order that matters.
    pub fn states(&self) -> impl Iterator<Item = &User> {
        self.states.iter()
    }
}
