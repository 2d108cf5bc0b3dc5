//! Keys of JSON objects: known ones lead somewhere, the rest is passed over, and the order seen before is tried first.
//!
//! Events of one name come from one piece of code, so their keys come in one order with one style of spacing. A [`Shape`] remembers
//! the literal bytes between two values (`,"price":`) and compares sixteen of them at once instead of scanning and looking up a key.
//! A wrong guess costs a little time and changes nothing else. Start at [`Shape::next`].

use super::bad::{Bad, Problem};
use super::bytes::skip_space;
use super::scan::Cursor;
use rustc_hash::FxHashMap;

/// Most keys remembered per shape; one bit each in [`Walk::seen`].
const MAX_KEYS: usize = 64;
/// Of a known key past [`MAX_KEYS`]: it is read the slow way every time.
const NO_BIT: u8 = u8::MAX;
/// Most remembered gaps: a key may be met first, or later, or spaced otherwise.
const MAX_GAPS: usize = 192;
/// Longest key that is remembered.
const MAX_KEY_BYTES: usize = 64;
/// How many keys may be absent before the prediction gives up.
const LOOK_AHEAD: usize = 6;

/// What is known about the keys of one kind of object.
#[derive(Clone, Debug)]
pub(super) struct Shape<T> {
    keys: FxHashMap<Box<str>, Key<T>>,
    gaps: Vec<Gap<T>>,
}

#[derive(Clone, Copy, Debug)]
struct Key<T> {
    /// Its bit, or [`NO_BIT`].
    bit: u8,
    /// `None` for a key that is passed over.
    target: Option<T>,
}

/// The bytes from the end of one value to the start of the next: `{` or `,`, the key, the colon, white space.
#[derive(Clone, Debug)]
struct Gap<T> {
    head: [u64; 2],
    mask: [u64; 2],
    length: usize,
    whole: Box<[u8]>,
    /// It begins the object; such bytes between two values are an error.
    opens: bool,
    key: Key<T>,
}

/// Progress through one object.
#[derive(Clone, Debug, Default)]
pub(super) struct Walk {
    /// The gap expected next.
    next: usize,
    /// Keys met, by bit.
    seen: u64,
    /// Keys met that are not remembered.
    others: Vec<Box<str>>,
    started: bool,
}

/// What [`Shape::next`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<T> {
    /// The cursor stands at the value of a known key.
    Value(T),
    /// The cursor stands at the value of a key nobody asks for.
    Other,
    /// The object has ended.
    End,
}

impl<T: Copy> Gap<T> {
    fn new(whole: &[u8], key: Key<T>) -> Self {
        let (mut head, mut mask) = ([0; 16], [0; 16]);
        let short = whole.len().min(16);
        head[..short].copy_from_slice(&whole[..short]);
        mask[..short].fill(0xff);
        Self {
            head: words(&head),
            mask: words(&mask),
            length: whole.len(),
            whole: whole.into(),
            opens: whole.first() == Some(&b'{'),
            key,
        }
    }

    #[inline]
    fn fits(&self, bytes: &[u8], at: usize, started: bool) -> bool {
        if self.opens == started {
            return false;
        }
        let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<16>) else {
            return bytes.get(at..).is_some_and(|rest| rest.starts_with(&self.whole));
        };
        let [low, high] = words(chunk);
        let differs = ((low ^ self.head[0]) & self.mask[0]) | ((high ^ self.head[1]) & self.mask[1]);
        differs == 0
            && (self.length <= 16
                || bytes.get(at + 16..at + self.length).is_some_and(|rest| rest == &self.whole[16..]))
    }
}

impl<T: Copy> Shape<T> {
    /// A shape that knows these keys.
    pub(super) fn new(known: impl IntoIterator<Item = (Box<str>, T)>) -> Self {
        let mut shape = Self { keys: FxHashMap::default(), gaps: Vec::new() };
        for (name, target) in known {
            let bit = if shape.keys.len() < MAX_KEYS { shape.keys.len() as u8 } else { NO_BIT };
            shape.keys.insert(name, Key { bit, target: Some(target) });
        }
        shape
    }

    /// Goes to the next value of the object. The cursor stands at `{`, or behind the value before.
    #[inline]
    pub(super) fn next(&mut self, cursor: &mut Cursor<'_>, walk: &mut Walk) -> Result<Step<T>, Problem> {
        if let Some(gap) = self.gaps.get(walk.next)
            && gap.fits(cursor.bytes(), cursor.at, walk.started)
        {
            return Self::follow(gap, cursor, walk);
        }
        self.next_unforeseen(cursor, walk)
    }

    /// Takes the gap at `walk.next`, which fits.
    #[inline]
    fn follow(gap: &Gap<T>, cursor: &mut Cursor<'_>, walk: &mut Walk) -> Result<Step<T>, Problem> {
        if walk.seen >> gap.key.bit & 1 != 0 {
            return Err(duplicate(gap));
        }
        walk.seen |= 1 << gap.key.bit;
        walk.started = true;
        walk.next += 1;
        cursor.at += gap.length;
        Ok(gap.key.target.map_or(Step::Other, Step::Value))
    }

    fn next_unforeseen(&mut self, cursor: &mut Cursor<'_>, walk: &mut Walk) -> Result<Step<T>, Problem> {
        if walk.started && cursor.peek_token() == b'}' {
            cursor.at += 1;
            return Ok(Step::End);
        }
        for ahead in walk.next + 1..(walk.next + LOOK_AHEAD).min(self.gaps.len()) {
            if self.gaps[ahead].fits(cursor.bytes(), cursor.at, walk.started) {
                walk.next = ahead;
                return Self::follow(&self.gaps[ahead], cursor, walk);
            }
        }
        self.read_key(cursor, walk)
    }

    /// Reads a key the slow way and remembers it.
    fn read_key(&mut self, cursor: &mut Cursor<'_>, walk: &mut Walk) -> Result<Step<T>, Problem> {
        let from = cursor.at;
        if walk.started {
            cursor.take(b',', "`,` or `}`")?;
        } else {
            cursor.take(b'{', "an object")?;
            walk.started = true;
            if cursor.peek_token() == b'}' {
                cursor.at += 1;
                return Ok(Step::End);
            }
        }
        if cursor.peek_token() != b'"' {
            return Err(cursor.expected("a key in quotes"));
        }
        let raw = cursor.string()?;
        cursor.take(b':', "`:`")?;
        cursor.at = skip_space(cursor.bytes(), cursor.at);
        let mut scratch = String::new();
        let name = raw.unescape(&mut scratch);
        let key = self.key(name);
        let Some(key) = key.filter(|key| key.bit != NO_BIT) else {
            if walk.others.iter().any(|other| &**other == name) {
                return Err(Bad::DuplicateKey(name.to_owned()).into());
            }
            walk.others.push(name.into());
            return Ok(key.and_then(|key| key.target).map_or(Step::Other, Step::Value));
        };
        if walk.seen >> key.bit & 1 != 0 {
            return Err(Bad::DuplicateKey(name.to_owned()).into());
        }
        walk.seen |= 1 << key.bit;
        if let Some(gap) = cursor.bytes().get(from..cursor.at) {
            walk.next = self.remember(gap, key, walk.next) + 1;
        }
        Ok(key.target.map_or(Step::Other, Step::Value))
    }

    /// What is known of a key, after getting to know it where there is room.
    fn key(&mut self, name: &str) -> Option<Key<T>> {
        if let Some(key) = self.keys.get(name) {
            return Some(*key);
        }
        if self.keys.len() >= MAX_KEYS || name.len() > MAX_KEY_BYTES {
            return None;
        }
        let key = Key { bit: self.keys.len() as u8, target: None };
        self.keys.insert(name.into(), key);
        Some(key)
    }

    /// Where these bytes stand among the gaps, putting them at `place` when they are new.
    fn remember(&mut self, bytes: &[u8], key: Key<T>, place: usize) -> usize {
        if let Some(known) = self.gaps.iter().position(|gap| &*gap.whole == bytes) {
            return known;
        }
        let place = place.min(self.gaps.len());
        if self.gaps.len() < MAX_GAPS && bytes.len() <= 2 * MAX_KEY_BYTES {
            self.gaps.insert(place, Gap::new(bytes, key));
        }
        place
    }
}

/// Sixteen bytes as two words.
#[inline]
fn words(bytes: &[u8; 16]) -> [u64; 2] {
    let word = |half: Option<&[u8; 8]>| half.map_or(0, |half| u64::from_le_bytes(*half));
    [word(bytes.first_chunk()), word(bytes.last_chunk())]
}

#[cold]
fn duplicate<T>(gap: &Gap<T>) -> Problem {
    let text = String::from_utf8_lossy(&gap.whole);
    let name = text.trim_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '{' | ',' | ':'));
    Box::new(Bad::DuplicateKey(name.trim_matches('"').to_owned()))
}
