//! What a user remembers of journeys that are entered without an event.
//!
//! A program may have thousands of them, of which most mean nothing to most users: only what differs from the beginning is kept.

use serde::{Deserialize, Serialize};
use wayline_compiler::ir::CatalogId;

/// State of a journey that is entered by segment or by time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Whether the predicate held (for `leave`: did not hold) when last looked at.
    pub inside: bool,
    /// The next instant to look again, or of the next occurrence; `i64::MAX` when there is none.
    pub due: i64,
    /// A turn blocked by a cooldown is taken up at this instant, if still true.
    pub pending: Option<i64>,
    /// Local day of the last occurrence of a recurring entry.
    pub last_day: Option<i32>,
    /// Catalog rows that the predicate or the date was read from.
    pub watches: Vec<(CatalogId, String)>,
}

impl Turn {
    /// At the beginning nobody is inside anything.
    pub const BEGINNING: Self =
        Self { inside: false, due: i64::MAX, pending: None, last_day: None, watches: Vec::new() };
}

/// Turns, in the order of the program's list of such journeys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turns {
    count: u32,
    /// Those that are not as at the beginning, by position.
    moved: Vec<(u32, Turn)>,
}

impl Turns {
    /// So many turns, all as at the beginning.
    pub fn new(count: usize) -> Self {
        Self { count: count as u32, moved: Vec::new() }
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.count as usize
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
    /// One of them.
    pub fn get(&self, at: usize) -> &Turn {
        static BEGINNING: Turn = Turn::BEGINNING;
        self.find(at).map_or(&BEGINNING, |place| &self.moved[place].1)
    }
    /// One of them, to be changed.
    pub fn get_mut(&mut self, at: usize) -> &mut Turn {
        let place = self.find(at).unwrap_or_else(|place| {
            // Most users have moved in few: room grows by one up to four.
            if self.moved.len() < 4 {
                self.moved.reserve_exact(1);
            }
            self.moved.insert(place, (at as u32, Turn::BEGINNING));
            place
        });
        &mut self.moved[place].1
    }
    /// Those that are not as at the beginning, with their positions, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Turn)> {
        self.moved.iter().map(|(at, turn)| (*at as usize, turn))
    }
    /// Forgets those that are again as at the beginning.
    pub(in crate::engine) fn tidy(&mut self) {
        self.moved.retain(|(_, turn)| *turn != Turn::BEGINNING);
    }

    fn find(&self, at: usize) -> Result<usize, usize> {
        self.moved.binary_search_by_key(&(at as u32), |(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::{Turn, Turns};

    #[test]
    fn only_what_has_moved_is_kept() {
        let mut turns = Turns::new(1_000);
        assert_eq!((turns.len(), turns.get(7)), (1_000, &Turn::BEGINNING));
        turns.get_mut(9).inside = true;
        turns.get_mut(7).due = 3;
        turns.get_mut(8).last_day = None;
        assert_eq!(turns.iter().map(|(at, _)| at).collect::<Vec<_>>(), [7, 8, 9]);
        turns.tidy();
        assert_eq!(turns.iter().map(|(at, _)| at).collect::<Vec<_>>(), [7, 9]);
        assert_eq!((turns.get(7).due, turns.get(9).inside, turns.len()), (3, true, 1_000));
    }
}
