//! Ids of inputs already taken: remembered for at least a week of event time, forgotten in two generations.
//!
//! Ids are kept as 128-bit hashes, so their length does not matter. Start at [`Seen::first_time`].

use hashbrown::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use xxhash_rust::xxh3::xxh3_128;

/// An id is remembered at least this long, in ms of event time.
pub const REMEMBERED_MS: i64 = 7 * 86_400_000;

/// The ids are hashes already.
#[derive(Clone, Copy, Debug, Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    #[inline]
    fn write_u128(&mut self, id: u128) {
        self.0 = id as u64;
    }
}

type Ids = HashSet<u128, BuildHasherDefault<AsIs>>;

/// The ids of one log.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    young: Ids,
    old: Ids,
    /// Event time at which `young` was begun.
    since: Option<i64>,
}

impl Seen {
    /// Whether an id comes for the first time; from now on it has come. `now` is the greatest event time so far.
    #[inline]
    pub fn first_time(&mut self, id: &str, now: i64) -> bool {
        let since = *self.since.get_or_insert(now);
        if now.saturating_sub(since) >= REMEMBERED_MS {
            self.old = std::mem::take(&mut self.young);
            self.since = Some(now);
        }
        let id = xxh3_128(id.as_bytes());
        if !self.old.is_empty() && self.old.contains(&id) {
            return false;
        }
        self.young.insert(id)
    }
}

#[cfg(test)]
mod tests {
    use super::{REMEMBERED_MS, Seen};

    #[test]
    fn an_id_is_remembered_a_week_and_forgotten_after_two() {
        let mut seen = Seen::default();
        assert!(seen.first_time("a", 0));
        assert!(!seen.first_time("a", 0));
        assert!(seen.first_time("b", REMEMBERED_MS - 1));
        assert!(!seen.first_time("a", REMEMBERED_MS));
        assert!(!seen.first_time("b", 2 * REMEMBERED_MS - 1));
        assert!(seen.first_time("a", 3 * REMEMBERED_MS));
    }
}
