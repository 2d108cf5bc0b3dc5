//! Lists inside rows: how a list's elements lie in the bytes of the row that holds it.
//!
//! A list is `count` (u32), then `count × width` slots of 16 bytes (`bits`, `sym`, `tag`), then the bytes of its strings; all
//! little-endian. Strings and lists in a slot are ranges of that last part. The width is that of the list's declared element. A blob
//! that does not hold what it promises reads as the empty list.

use crate::row::{Row, RowBuf, Slot};

/// Bytes of a slot.
const SLOT: usize = 16;

/// A list as it lies in a row.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListView<'a> {
    count: usize,
    width: usize,
    slots: &'a [u8],
    bytes: &'a [u8],
}

impl<'a> ListView<'a> {
    /// The list in a blob whose elements have `width` slots.
    pub fn new(blob: &'a [u8], width: usize) -> Self {
        Self::parts(blob, width).unwrap_or_default()
    }
    fn parts(blob: &'a [u8], width: usize) -> Option<Self> {
        if width == 0 {
            return None;
        }
        let (count, rest) = blob.split_first_chunk()?;
        let count = u32::from_le_bytes(*count) as usize;
        let size = count.checked_mul(width)?.checked_mul(SLOT)?;
        let (slots, bytes) = rest.split_at_checked(size)?;
        Some(Self { count, width, slots, bytes })
    }
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.count
    }
    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
    /// A slot of an element; missing outside.
    pub fn slot(&self, element: usize, column: usize) -> Slot {
        if element >= self.count || column >= self.width {
            return Slot::MISSING;
        }
        let at = (element * self.width + column) * SLOT;
        self.slots.get(at..).and_then(<[u8]>::first_chunk).map_or(Slot::MISSING, decode)
    }
    /// The bytes of a string or list slot of an element; empty when missing.
    pub fn blob(&self, slot: Slot) -> &'a [u8] {
        if slot.is_present() { self.bytes.get(slot.range()).unwrap_or_default() } else { &[] }
    }
    /// An element as a row of its own.
    pub fn element(&self, element: usize) -> RowBuf {
        let slots = (0..self.width).map(|column| self.slot(element, column)).collect();
        RowBuf { slots, bytes: self.bytes.to_vec() }
    }
}

/// Writes a list, element by element.
#[derive(Clone, Debug)]
pub struct ListWriter {
    width: usize,
    count: u32,
    slots: Vec<u8>,
    bytes: Vec<u8>,
}

impl ListWriter {
    /// An empty list whose elements have `width` slots.
    pub fn new(width: usize) -> Self {
        Self { width, count: 0, slots: Vec::new(), bytes: Vec::new() }
    }
    /// Adds a copy of a row. `is_blob` tells which columns are strings or lists.
    pub fn push(&mut self, row: Row<'_>, is_blob: impl Fn(usize) -> bool) {
        for column in 0..self.width {
            let mut slot = row.slot(column);
            if slot.is_present() && is_blob(column) {
                let blob = row.blob(slot);
                slot = Slot::text(self.bytes.len() as u32, blob.len() as u32, slot.sym);
                self.bytes.extend_from_slice(blob);
            }
            self.slots.extend_from_slice(&encode(slot));
        }
        self.count += 1;
    }
    /// The blob to put in the row that holds the list.
    pub fn finish(self) -> Vec<u8> {
        let mut blob = Vec::with_capacity(4 + self.slots.len() + self.bytes.len());
        blob.extend_from_slice(&self.count.to_le_bytes());
        blob.extend_from_slice(&self.slots);
        blob.extend_from_slice(&self.bytes);
        blob
    }
}

/// A slot as bytes.
fn encode(slot: Slot) -> [u8; SLOT] {
    let mut bytes = [0; SLOT];
    bytes[..8].copy_from_slice(&slot.bits.to_le_bytes());
    bytes[8..12].copy_from_slice(&slot.sym.to_le_bytes());
    bytes[12..].copy_from_slice(&slot.tag.to_le_bytes());
    bytes
}

/// A slot of bytes.
fn decode(bytes: &[u8; SLOT]) -> Slot {
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    Slot { bits: u64::from(word(0)) | u64::from(word(4)) << 32, sym: word(8), tag: word(12) }
}
