//! One JSON value into one slot, with the facts of its declaration checked.
//!
//! A value of another type is a *fault* of its field, not a bad line: the rest of the line is still read. Start at [`Reading::object`].

use super::bad::{Bad, Problem};
use super::scan::{Cursor, MAX_DEPTH, RawNumber};
use super::schema::{Absent, Leaf, Plan, Schema, Target};
use super::shape::{Step, Walk};
use crate::engine::{Fact, Fault};
use wayline_compiler::calendar::{Zone, text};
use wayline_compiler::content;
use wayline_compiler::ir::schema::Limit;
use wayline_compiler::ir::{AttrId, FieldType, ListId, Range, Span};
use wayline_compiler::list::ListWriter;
use wayline_compiler::row::{RowBuf, Slot};

/// What the fields of a row are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// Fields of an event; their texts are left in the line where they can be.
    Event,
    /// Fields of a catalog row or a list element.
    Fields,
    /// Traits.
    Attributes,
}

impl Of {
    /// Keeps bytes that do not stand in the line, or that outlive it. The bytes of an event's row begin with the line then, so that texts
    /// found before and after keep their places.
    fn place(self, line: &[u8], row: &mut RowBuf, bytes: &[u8], sym: u32) -> Slot {
        if self == Self::Event && row.bytes.is_empty() {
            row.bytes.extend_from_slice(line);
        }
        row.push(bytes, sym)
    }
}

/// Everything a row is read with.
pub(super) struct Reading<'r> {
    pub(super) schema: &'r Schema,
    /// Plans of list elements, by [`ListId`].
    pub(super) lists: &'r mut Vec<Plan>,
    pub(super) faults: &'r mut Vec<Fault>,
    /// Attributes met, faults not counted.
    pub(super) changed: &'r mut Vec<AttrId>,
    pub(super) scratch: &'r mut String,
    pub(super) of: Of,
}

/// The fact that a value breaks. A value that breaks none has been put into its slot: handed up by value, a slot would be copied from
/// place to place in pieces, which costs more than reading it.
type Found = Option<Fact>;

type Result<T> = std::result::Result<T, Problem>;

impl Reading<'_> {
    /// Reads a whole row; the cursor stands at its object.
    pub(super) fn row(
        &mut self,
        plan: &mut Plan,
        cursor: &mut Cursor<'_>,
        depth: usize,
        row: &mut RowBuf,
    ) -> Result<()> {
        row.clear(plan.fields.len());
        let before = self.faults.len();
        self.object(plan, 0, cursor, depth, row)?;
        if plan.completes {
            self.complete(plan, cursor.bytes(), row, before);
        }
        Ok(())
    }

    fn object(
        &mut self,
        plan: &mut Plan,
        node: u32,
        cursor: &mut Cursor<'_>,
        depth: usize,
        row: &mut RowBuf,
    ) -> Result<()> {
        if depth >= MAX_DEPTH {
            return Err(Bad::TooDeep(cursor.at + 1).into());
        }
        let mut walk = Walk::default();
        loop {
            match plan.nodes[node as usize].next(cursor, &mut walk)? {
                Step::Value(target) => self.target(plan, target, cursor, depth + 1, row)?,
                Step::Other => cursor.skip(depth + 1)?,
                Step::End => return Ok(()),
            }
        }
    }

    /// Reads the value of a known key into every slot it fills.
    #[inline]
    fn target(
        &mut self,
        plan: &mut Plan,
        target: u32,
        cursor: &mut Cursor<'_>,
        depth: usize,
        row: &mut RowBuf,
    ) -> Result<()> {
        let target = plan.targets[target as usize];
        let (from, to) = target.leaves;
        if cursor.peek() == b'n' {
            cursor.literal("null")?;
            self.clear(plan, target);
            return Ok(());
        }
        if target.node != 0 && cursor.peek() == b'{' {
            for at in from..to {
                let slot = plan.leaves[at as usize];
                let record = matches!(plan.fields[slot as usize].ty, FieldType::Record);
                let found = if record { put(row, slot, Slot::bool(true)) } else { Some(Fact::Type) };
                self.found(plan, slot, found);
            }
            return self.object(plan, target.node, cursor, depth, row);
        }
        let start = cursor.at;
        for at in from..to {
            cursor.at = start;
            let slot = plan.leaves[at as usize];
            let found = self.leaf(&plan.fields[slot as usize], slot, cursor, depth, row)?;
            self.found(plan, slot, found);
        }
        if from == to {
            cursor.skip(depth)?;
        }
        Ok(())
    }

    #[inline]
    fn found(&mut self, plan: &Plan, slot: u32, found: Found) {
        match (found, self.of) {
            (Some(fact), _) => self.fault(plan, slot, fact),
            (None, Of::Attributes) => self.changed.push(AttrId(slot)),
            (None, Of::Event | Of::Fields) => {}
        }
    }

    #[cold]
    fn fault(&mut self, plan: &Plan, slot: u32, fact: Fact) {
        let attribute = match self.of {
            Of::Event | Of::Fields => None,
            Of::Attributes => Some(AttrId(slot)),
        };
        let field = plan.fields[slot as usize].name.to_string();
        self.faults.push(Fault { fact, field, attribute });
    }

    /// JSON null: absent in a row, cleared as a trait (with all parts of a record).
    fn clear(&mut self, plan: &Plan, target: Target) {
        match self.of {
            Of::Event | Of::Fields => return,
            Of::Attributes => {}
        }
        let (from, to) = target.leaves;
        for &slot in &plan.leaves[from as usize..to as usize] {
            self.changed.push(AttrId(slot));
            let parts = plan.fields.iter().zip(0..).filter(|(leaf, _)| leaf.within == Some(slot));
            self.changed.extend(parts.map(|(_, part)| AttrId(part)));
        }
    }

    /// Fills defaults in and finds what is missing. Faults of this row begin at `first`.
    fn complete(&mut self, plan: &Plan, line: &[u8], row: &mut RowBuf, first: usize) {
        for (slot, leaf) in plan.fields.iter().enumerate() {
            if row.slots[slot].is_present()
                || leaf.within.is_some_and(|at| !row.slots[at as usize].is_present())
            {
                continue;
            }
            match &leaf.absent {
                Absent::Fine => {}
                Absent::Default(value, bytes) if bytes.is_empty() => row.slots[slot] = *value,
                Absent::Default(value, bytes) => row.slots[slot] = self.of.place(line, row, bytes, value.sym),
                // A value that is there but of the wrong kind has its own fault.
                Absent::Missing if self.faults[first..].iter().any(|fault| *fault.field == *leaf.name) => {}
                Absent::Missing => self.fault(plan, slot as u32, Fact::Missing),
            }
        }
    }

    #[inline]
    fn leaf(
        &mut self,
        leaf: &Leaf,
        slot: u32,
        cursor: &mut Cursor<'_>,
        depth: usize,
        row: &mut RowBuf,
    ) -> Result<Found> {
        match cursor.peek() {
            b'"' => self.read_text(leaf, slot, cursor, row),
            b'-' | b'0'..=b'9' => Ok(read_number(&leaf.ty, cursor.number()?, slot, row)),
            b't' => {
                cursor.literal("true")?;
                Ok(read_bool(&leaf.ty, true, slot, row))
            }
            b'f' => {
                cursor.literal("false")?;
                Ok(read_bool(&leaf.ty, false, slot, row))
            }
            b'[' => match leaf.ty {
                FieldType::List(list) => self.list(leaf, list, slot, cursor, depth, row),
                FieldType::Bool
                | FieldType::Int(_)
                | FieldType::Float(_)
                | FieldType::Str(_)
                | FieldType::Url(_)
                | FieldType::Time { .. }
                | FieldType::Date { .. }
                | FieldType::Clock
                | FieldType::Duration
                | FieldType::Timezone
                | FieldType::Enum(_)
                | FieldType::Record => wrong(cursor, depth),
            },
            _ => wrong(cursor, depth),
        }
    }

    #[inline]
    fn read_text(
        &mut self,
        leaf: &Leaf,
        slot: u32,
        cursor: &mut Cursor<'_>,
        row: &mut RowBuf,
    ) -> Result<Found> {
        let text = cursor.string()?;
        let value = text.unescape(self.scratch);
        let found = match &leaf.ty {
            FieldType::Str(limit) if limit.is_some_and(|limit| exceeds(value, limit)) => {
                return Ok(Some(Fact::Range));
            }
            FieldType::Url(_) if !content::is_url(value) => return Ok(Some(Fact::Type)),
            FieldType::Url(limit) if limit.is_some_and(|limit| exceeds(value, limit)) => {
                return Ok(Some(Fact::Range));
            }
            FieldType::Str(_) | FieldType::Url(_) => {
                let sym = self.schema.symbol(value);
                if !leaf.keep {
                    return Ok(put(row, slot, Slot::text(0, 0, sym)));
                }
                if self.of == Of::Event && !text.escaped {
                    let (from, length) = (cursor.at - 1 - value.len(), value.len());
                    return Ok(put(row, slot, Slot::text(from as u32, length as u32, sym)));
                }
                Some(self.of.place(cursor.bytes(), row, value.as_bytes(), sym))
            }
            FieldType::Enum(set) => match self.schema.member(*set, value) {
                Some(position) => Some(Slot::of(position)),
                None => return Ok(Some(Fact::Member)),
            },
            FieldType::Timezone => Zone::named(value)
                .map(|zone| self.of.place(cursor.bytes(), row, value.as_bytes(), zone.symbol())),
            FieldType::Time { .. } => text::parse_instant(value).map(Slot::int),
            FieldType::Date { .. } => text::parse_date(value).map(|date| Slot::int(i64::from(date))),
            FieldType::Clock => text::parse_clock(value).map(Slot::int),
            FieldType::Duration => text::parse_duration(value).ok().map(|span| match span {
                Span::Exact(ms) => Slot::int(ms),
                Span::Months(months) => Slot::months(months),
            }),
            FieldType::Bool
            | FieldType::Int(_)
            | FieldType::Float(_)
            | FieldType::List(_)
            | FieldType::Record => None,
        };
        Ok(found.map_or(Some(Fact::Type), |value| put(row, slot, value)))
    }

    /// Reads an array into one blob.
    fn list(
        &mut self,
        leaf: &Leaf,
        list: ListId,
        slot: u32,
        cursor: &mut Cursor<'_>,
        depth: usize,
        row: &mut RowBuf,
    ) -> Result<Found> {
        let Some(plan) = self.lists.get_mut(list.index()) else { return wrong(cursor, depth) };
        // Element types cannot contain themselves, so nobody below asks for this plan.
        let mut plan = std::mem::replace(plan, Plan::nothing());
        let before = self.faults.len();
        let blob = self.elements(&mut plan, cursor, depth, leaf);
        if let Some(place) = self.lists.get_mut(list.index()) {
            *place = plan;
        }
        let blob = blob?;
        for fault in &mut self.faults[before..] {
            fault.field = if fault.field.is_empty() {
                leaf.name.to_string()
            } else {
                format!("{}.{}", leaf.name, fault.field)
            };
        }
        Ok(match self.faults[before..].first().map(|fault| fault.fact) {
            None if leaf.keep => {
                let value = self.of.place(cursor.bytes(), row, &blob, 0);
                put(row, slot, value)
            }
            None => put(row, slot, Slot::text(0, 0, 0)),
            Some(fact) => {
                self.faults.truncate(before);
                Some(fact)
            }
        })
    }

    fn elements(
        &mut self,
        plan: &mut Plan,
        cursor: &mut Cursor<'_>,
        depth: usize,
        leaf: &Leaf,
    ) -> Result<Vec<u8>> {
        if depth + 1 >= MAX_DEPTH {
            return Err(Bad::TooDeep(cursor.at + 1).into());
        }
        let scalar = plan.fields.len() == 1 && plan.fields[0].name.is_empty();
        let blobs: Vec<bool> = plan.fields.iter().map(|field| is_blob(&field.ty)).collect();
        let of = std::mem::replace(&mut self.of, Of::Fields);
        let mut writer = ListWriter::new(plan.fields.len());
        let mut element = RowBuf::new(plan.fields.len());
        cursor.take(b'[', "an array")?;
        let mut more = cursor.peek_token() != b']';
        while more {
            cursor.peek_token();
            if scalar {
                element.clear(1);
                let found = self.leaf(&plan.fields[0], 0, cursor, depth + 1, &mut element)?;
                self.found(plan, 0, found);
            } else if cursor.peek() == b'{' {
                self.row(plan, cursor, depth + 1, &mut element)?;
            } else {
                cursor.skip(depth + 1)?;
                self.faults.push(Fault { fact: Fact::Type, field: String::new(), attribute: None });
            }
            if leaf.keep {
                writer.push(element.as_row(), |column| blobs[column]);
            }
            more = cursor.peek_token() == b',';
            cursor.at += usize::from(more);
        }
        self.of = of;
        cursor.take(b']', "`,` or `]`")?;
        Ok(writer.finish())
    }
}

/// Whether a slot of this type refers to bytes.
fn is_blob(ty: &FieldType) -> bool {
    match ty {
        FieldType::Str(_) | FieldType::Url(_) | FieldType::Timezone | FieldType::List(_) => true,
        FieldType::Bool
        | FieldType::Int(_)
        | FieldType::Float(_)
        | FieldType::Time { .. }
        | FieldType::Date { .. }
        | FieldType::Clock
        | FieldType::Duration
        | FieldType::Enum(_)
        | FieldType::Record => false,
    }
}

/// A value of another type: passed over, a fault.
#[cold]
fn wrong(cursor: &mut Cursor<'_>, depth: usize) -> Result<Found> {
    cursor.skip(depth)?;
    Ok(Some(Fact::Type))
}

fn exceeds(value: &str, limit: Limit) -> bool {
    value.len() > limit.max as usize && content::length(value, limit.unit) > limit.max
}

#[inline]
fn put(row: &mut RowBuf, slot: u32, value: Slot) -> Found {
    row.slots[slot as usize] = value;
    None
}

fn read_bool(ty: &FieldType, value: bool, slot: u32, row: &mut RowBuf) -> Found {
    if matches!(ty, FieldType::Bool) { put(row, slot, Slot::bool(value)) } else { Some(Fact::Type) }
}

#[inline]
fn read_number(ty: &FieldType, number: RawNumber<'_>, slot: u32, row: &mut RowBuf) -> Found {
    match ty {
        FieldType::Int(range) => match whole(number) {
            Some(value) if within(value, *range) => put(row, slot, Slot::int(value)),
            Some(_) => Some(Fact::Range),
            None => Some(Fact::Type),
        },
        FieldType::Float(range) => match real(number) {
            Some(value) if within(value, *range) => put(row, slot, Slot::float(value)),
            Some(_) => Some(Fact::Range),
            None => Some(Fact::Type),
        },
        FieldType::Duration => number.int.map_or(Some(Fact::Type), |ms| put(row, slot, Slot::int(ms))),
        FieldType::Bool
        | FieldType::Str(_)
        | FieldType::Url(_)
        | FieldType::Time { .. }
        | FieldType::Date { .. }
        | FieldType::Clock
        | FieldType::Timezone
        | FieldType::Enum(_)
        | FieldType::List(_)
        | FieldType::Record => Some(Fact::Type),
    }
}

/// The greatest magnitude up to which every whole float is exactly what was written.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A number as an int: written as one, or with a fraction or exponent that makes no difference (`2.0`, `1e3`).
#[inline]
fn whole(number: RawNumber<'_>) -> Option<i64> {
    if number.int.is_some() || number.integral {
        return number.int;
    }
    let value: f64 = number.raw.parse().ok()?;
    (value.fract() == 0.0 && value.abs() < EXACT).then_some(value as i64)
}

/// A number as a float; finite, and never minus zero.
#[inline]
fn real(number: RawNumber<'_>) -> Option<f64> {
    if let Some(int) = number.int {
        return Some(int as f64);
    }
    let value = decimal(number.raw).or_else(|| number.raw.parse().ok())?;
    value.is_finite().then_some(value + 0.0)
}

/// A number like `12.75`, of so few digits that one division of exact numbers rounds it rightly; `None` for others.
#[inline]
fn decimal(raw: &str) -> Option<f64> {
    const TENS: [f64; 16] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    if raw.len() > 16 {
        return None;
    }
    let (mut digits, mut places, mut has_point) = (0u64, 0, false);
    for byte in raw.bytes() {
        match byte {
            b'0'..=b'9' => {
                digits = digits * 10 + u64::from(byte - b'0');
                places += usize::from(has_point);
            }
            b'.' => has_point = true,
            _ => return None,
        }
    }
    Some(digits as f64 / TENS[places])
}

#[inline]
fn within<T: PartialOrd>(value: T, range: Range<T>) -> bool {
    range.min.is_none_or(|min| value >= min) && range.max.is_none_or(|max| value <= max)
}
