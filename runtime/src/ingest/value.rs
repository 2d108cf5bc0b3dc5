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
    /// Fields of an event, a catalog row or a list element.
    Fields,
    /// Traits.
    Attributes,
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

/// What stands in the place of a field.
enum Found {
    Slot(Slot),
    Fault(Fact),
}

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
            self.complete(plan, row, before);
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
        target: Target,
        cursor: &mut Cursor<'_>,
        depth: usize,
        row: &mut RowBuf,
    ) -> Result<()> {
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
                self.found(
                    plan,
                    slot,
                    if record { Found::Slot(Slot::bool(true)) } else { Found::Fault(Fact::Type) },
                    row,
                );
            }
            return self.object(plan, target.node, cursor, depth, row);
        }
        let start = cursor.at;
        for at in from..to {
            cursor.at = start;
            let slot = plan.leaves[at as usize];
            let found = self.leaf(&plan.fields[slot as usize], cursor, depth, row)?;
            self.found(plan, slot, found, row);
        }
        if from == to {
            cursor.skip(depth)?;
        }
        Ok(())
    }

    #[inline]
    fn found(&mut self, plan: &Plan, slot: u32, found: Found, row: &mut RowBuf) {
        match found {
            Found::Slot(value) => {
                row.slots[slot as usize] = value;
                if self.of == Of::Attributes {
                    self.changed.push(AttrId(slot));
                }
            }
            Found::Fault(fact) => self.fault(plan, slot, fact),
        }
    }

    #[cold]
    fn fault(&mut self, plan: &Plan, slot: u32, fact: Fact) {
        let attribute = match self.of {
            Of::Fields => None,
            Of::Attributes => Some(AttrId(slot)),
        };
        let field = plan.fields[slot as usize].name.to_string();
        self.faults.push(Fault { fact, field, attribute });
    }

    /// JSON null: absent in a row, cleared as a trait (with all parts of a record).
    fn clear(&mut self, plan: &Plan, target: Target) {
        if self.of == Of::Fields {
            return;
        }
        let (from, to) = target.leaves;
        for &slot in &plan.leaves[from as usize..to as usize] {
            self.changed.push(AttrId(slot));
            let parts = plan.fields.iter().zip(0..).filter(|(leaf, _)| leaf.within == Some(slot));
            self.changed.extend(parts.map(|(_, part)| AttrId(part)));
        }
    }

    /// Fills defaults in and finds what is missing. Faults of this row begin at `first`.
    fn complete(&mut self, plan: &Plan, row: &mut RowBuf, first: usize) {
        for (slot, leaf) in plan.fields.iter().enumerate() {
            if row.slots[slot].is_present()
                || leaf.within.is_some_and(|at| !row.slots[at as usize].is_present())
            {
                continue;
            }
            match &leaf.absent {
                Absent::Fine => {}
                Absent::Default(value, bytes) if bytes.is_empty() => row.slots[slot] = *value,
                Absent::Default(value, bytes) => row.slots[slot] = row.push(bytes, value.sym),
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
        cursor: &mut Cursor<'_>,
        depth: usize,
        row: &mut RowBuf,
    ) -> Result<Found> {
        match cursor.peek() {
            b'"' => self.read_text(leaf, cursor, row),
            b'-' | b'0'..=b'9' => Ok(from_number(&leaf.ty, cursor.number()?)),
            b't' => {
                cursor.literal("true")?;
                Ok(from_bool(&leaf.ty, true))
            }
            b'f' => {
                cursor.literal("false")?;
                Ok(from_bool(&leaf.ty, false))
            }
            b'[' => match leaf.ty {
                FieldType::List(list) => self.list(leaf, list, cursor, depth, row),
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
    fn read_text(&mut self, leaf: &Leaf, cursor: &mut Cursor<'_>, row: &mut RowBuf) -> Result<Found> {
        let value = cursor.string()?.unescape(self.scratch);
        let slot = match &leaf.ty {
            FieldType::Str(limit) => {
                if limit.is_some_and(|limit| exceeds(value, limit)) {
                    return Ok(Found::Fault(Fact::Range));
                }
                Some(kept(leaf, value, self.schema.symbol(value), row))
            }
            FieldType::Url(limit) => {
                if !content::is_url(value) {
                    return Ok(Found::Fault(Fact::Type));
                }
                if limit.is_some_and(|limit| exceeds(value, limit)) {
                    return Ok(Found::Fault(Fact::Range));
                }
                Some(kept(leaf, value, self.schema.symbol(value), row))
            }
            FieldType::Enum(set) => match self.schema.member(*set, value) {
                Some(position) => Some(Slot::of(position)),
                None => return Ok(Found::Fault(Fact::Member)),
            },
            FieldType::Timezone => Zone::named(value).map(|zone| row.push(value.as_bytes(), zone.symbol())),
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
        Ok(slot.map_or(Found::Fault(Fact::Type), Found::Slot))
    }

    /// Reads an array into one blob.
    fn list(
        &mut self,
        leaf: &Leaf,
        list: ListId,
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
            None => Found::Slot(if leaf.keep { row.push(&blob, 0) } else { Slot::text(0, 0, 0) }),
            Some(fact) => {
                self.faults.truncate(before);
                Found::Fault(fact)
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
                let found = self.leaf(&plan.fields[0], cursor, depth + 1, &mut element)?;
                self.found(plan, 0, found, &mut element);
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
    Ok(Found::Fault(Fact::Type))
}

/// Keeps a text if someone reads it.
#[inline]
fn kept(leaf: &Leaf, value: &str, sym: u32, row: &mut RowBuf) -> Slot {
    if leaf.keep { row.push(value.as_bytes(), sym) } else { Slot::text(0, 0, sym) }
}

fn exceeds(value: &str, limit: Limit) -> bool {
    value.len() > limit.max as usize && content::length(value, limit.unit) > limit.max
}

fn from_bool(ty: &FieldType, value: bool) -> Found {
    if matches!(ty, FieldType::Bool) { Found::Slot(Slot::bool(value)) } else { Found::Fault(Fact::Type) }
}

#[inline]
fn from_number(ty: &FieldType, number: RawNumber<'_>) -> Found {
    match ty {
        FieldType::Int(range) => match whole(number) {
            Some(value) if within(value, *range) => Found::Slot(Slot::int(value)),
            Some(_) => Found::Fault(Fact::Range),
            None => Found::Fault(Fact::Type),
        },
        FieldType::Float(range) => match real(number) {
            Some(value) if within(value, *range) => Found::Slot(Slot::float(value)),
            Some(_) => Found::Fault(Fact::Range),
            None => Found::Fault(Fact::Type),
        },
        FieldType::Duration => number.int.map_or(Found::Fault(Fact::Type), |ms| Found::Slot(Slot::int(ms))),
        FieldType::Bool
        | FieldType::Str(_)
        | FieldType::Url(_)
        | FieldType::Time { .. }
        | FieldType::Date { .. }
        | FieldType::Clock
        | FieldType::Timezone
        | FieldType::Enum(_)
        | FieldType::List(_)
        | FieldType::Record => Found::Fault(Fact::Type),
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
    let value: f64 = number.raw.parse().ok()?;
    value.is_finite().then_some(value + 0.0)
}

#[inline]
fn within<T: PartialOrd>(value: T, range: Range<T>) -> bool {
    range.min.is_none_or(|min| value >= min) && range.max.is_none_or(|max| value <= max)
}
