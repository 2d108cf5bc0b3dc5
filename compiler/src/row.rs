//! Rows of slots: how events, entry payloads, attributes and catalog rows lie in memory.
//!
//! A row is an array of 16-byte [`Slot`]s and the bytes its strings live in. The decoder writes rows straight from JSON, the
//! interpreter and the machine code read them, instances and users keep them. This module knows nothing of expressions.

use serde::{Deserialize, Serialize};

/// One value, or its absence. Meaning of `bits` by type: bool 0/1, int i64, float its bits, time and clock ms, date days, duration
/// ms (or months, with `sym` = 1), closed set position, string and list `offset << 32 | length` into the row's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[repr(C)]
pub struct Slot {
    /// The value; 0 when missing.
    pub bits: u64,
    /// For strings, the symbol (position among the program's string constants + 1, 0 = none of them); for durations, 1 = months.
    pub sym: u32,
    /// 1 when present, else 0.
    pub tag: u32,
}

impl Slot {
    /// The absent value.
    pub const MISSING: Self = Self { bits: 0, sym: 0, tag: 0 };
    /// A present value of 64 bits.
    #[inline]
    pub const fn of(bits: u64) -> Self {
        Self { bits, sym: 0, tag: 1 }
    }
    /// A present integer, time, date, clock or exact duration.
    #[inline]
    pub const fn int(value: i64) -> Self {
        Self::of(value as u64)
    }
    /// A present float.
    #[inline]
    pub fn float(value: f64) -> Self {
        Self::of(value.to_bits())
    }
    /// A present truth value.
    #[inline]
    pub const fn bool(value: bool) -> Self {
        Self::of(value as u64)
    }
    /// A present calendar duration.
    #[inline]
    pub const fn months(months: i32) -> Self {
        Self { bits: months as i64 as u64, sym: 1, tag: 1 }
    }
    /// A present string at `offset` of the row's bytes.
    #[inline]
    pub const fn text(offset: u32, length: u32, sym: u32) -> Self {
        Self { bits: (offset as u64) << 32 | length as u64, sym, tag: 1 }
    }
    /// Whether there is a value.
    #[inline]
    pub const fn is_present(self) -> bool {
        self.tag != 0
    }
    /// The range of the row's bytes a string or list occupies.
    #[inline]
    pub const fn range(self) -> std::ops::Range<usize> {
        let offset = (self.bits >> 32) as usize;
        offset..offset + (self.bits & 0xffff_ffff) as usize
    }
}

/// A borrowed row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Row<'a> {
    /// Slots by field position; positions past the end are missing.
    pub slots: &'a [Slot],
    /// Where strings and lists live; UTF-8 in every string's range.
    pub bytes: &'a [u8],
}

impl<'a> Row<'a> {
    /// The empty row.
    pub const EMPTY: Row<'static> = Row { slots: &[], bytes: &[] };
    /// The slot at `index`, missing past the end.
    #[inline]
    pub fn slot(self, index: usize) -> Slot {
        self.slots.get(index).copied().unwrap_or(Slot::MISSING)
    }
    /// The bytes of a string or list slot of this row; empty when missing.
    #[inline]
    pub fn blob(self, slot: Slot) -> &'a [u8] {
        if slot.is_present() { self.bytes.get(slot.range()).unwrap_or_default() } else { &[] }
    }
    /// The text of a string slot of this row; empty when missing.
    #[inline]
    pub fn text(self, slot: Slot) -> &'a str {
        std::str::from_utf8(self.blob(slot)).unwrap_or_default()
    }
}

/// A row that owns its slots and bytes; also the decoder's scratch buffer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowBuf {
    /// Slots by field position.
    pub slots: Vec<Slot>,
    /// Where strings and lists live.
    pub bytes: Vec<u8>,
}

impl RowBuf {
    /// A row of `width` missing slots.
    pub fn new(width: usize) -> Self {
        Self { slots: vec![Slot::MISSING; width], bytes: Vec::new() }
    }
    /// Makes every slot missing, keeps the memory.
    pub fn clear(&mut self, width: usize) {
        self.slots.clear();
        self.slots.resize(width, Slot::MISSING);
        self.bytes.clear();
    }
    /// Sets slot `index` to a copy of `text`.
    pub fn set_text(&mut self, index: usize, text: &str, sym: u32) {
        self.slots[index] = self.push(text.as_bytes(), sym);
    }
    /// Appends bytes and gives the slot that refers to them.
    pub fn push(&mut self, blob: &[u8], sym: u32) -> Slot {
        let offset = self.bytes.len() as u32;
        self.bytes.extend_from_slice(blob);
        Slot::text(offset, blob.len() as u32, sym)
    }
    /// Borrows it.
    #[inline]
    pub fn as_row(&self) -> Row<'_> {
        Row { slots: &self.slots, bytes: &self.bytes }
    }
}
