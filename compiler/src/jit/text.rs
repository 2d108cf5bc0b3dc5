//! Texts as machine code: symbols compare as integers, short constants as loads, searches call out.
//!
//! Bytes are read only after the range in the slot has been found to lie within the row's bytes, and never past the end of the text.

use super::emit::Emitter;
use super::runtime::{self, RowId, bytes_at, length_at};
use super::shape::VALUE;
use super::view::{Rank, View};
use crate::ir::{Const, ExprId, ExprKind, RegexId, TextTest, Ty};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I16, I32, I64};
use cranelift_codegen::ir::{Block, InstBuilder, MemFlagsData, Value};

/// Constants longer than this are compared by the interpreter.
const LONGEST: usize = 256;

type SlotId = (RowId, u32);

impl<'p> View<'p> {
    /// A literal text.
    pub(super) fn literal(&self, expr: ExprId) -> Option<&'p str> {
        match &self.node(expr).kind {
            ExprKind::Const(Const::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// A slot and a literal, in either order.
    fn slot_and_literal(&self, left: ExprId, right: ExprId) -> Option<(SlotId, &'p str)> {
        if self.node(left).ty != Ty::Str {
            return None;
        }
        let either = |slot: ExprId, text: ExprId| Some((self.row_slot(slot)?, self.literal(text)?));
        either(left, right).or_else(|| either(right, left))
    }

    /// The symbol of a text that is one: a missing slot reads as the empty text but has no symbol.
    fn symbol_of(&self, text: &str) -> Option<u32> {
        let symbol = self.program.symbol(text);
        (symbol != 0 && !text.is_empty()).then_some(symbol)
    }

    /// A comparison of a slot with a literal that is a symbol.
    pub(super) fn symbols_of(&self, left: ExprId, right: ExprId) -> Option<(SlotId, u32)> {
        let (slot, text) = self.slot_and_literal(left, right)?;
        Some((slot, self.symbol_of(text)?))
    }

    /// A comparison of a slot with a literal by its bytes.
    pub(super) fn bytes_of(&self, left: ExprId, right: ExprId) -> Option<(SlotId, &'p str)> {
        let (slot, text) = self.slot_and_literal(left, right)?;
        (text.len() <= LONGEST && self.symbol_of(text).is_none()).then_some((slot, text))
    }

    /// A slot and the symbols of a set.
    pub(super) fn symbol_set(&self, value: ExprId, set: &[Const]) -> Option<(SlotId, Vec<i64>)> {
        let slot = self.row_slot(value)?;
        let symbol = |text: &Const| match text {
            Const::Str(text) => self.symbol_of(text).map(i64::from),
            _ => None,
        };
        Some((slot, set.iter().map(symbol).collect::<Option<Vec<_>>>()?))
    }

    /// How costly a test on text is.
    pub(super) fn text_rank(&self, test: TextTest, value: ExprId, pattern: ExprId) -> Rank {
        match (self.row_slot(value), self.literal(pattern), test) {
            (Some(_), Some(text), TextTest::StartsWith | TextTest::EndsWith) if text.len() <= LONGEST => {
                Rank::Branching
            }
            (Some(_), Some(_), TextTest::Contains) => Rank::Search,
            (Some(_), Some(_), _) | (None, _, _) | (_, None, _) => Rank::Asks,
        }
    }

    /// The address of a regular expression.
    pub(super) fn pattern(&self, regex: RegexId) -> Option<i64> {
        let pattern = self.program.regexes.get(regex.index())?;
        Some(std::ptr::from_ref(pattern) as i64)
    }
}

impl Emitter<'_, '_> {
    /// The comparison `expr` of a slot with a symbol.
    pub(super) fn same_symbol(&mut self, expr: ExprId, slot: SlotId, symbol: u32) -> Value {
        let value = self.symbol(slot);
        let symbol = self.literal_32(expr, VALUE, symbol);
        self.builder.ins().icmp(IntCC::Equal, value, symbol)
    }

    /// Position and length of a text in its row's bytes.
    fn extent(&mut self, slot: SlotId) -> (Value, Value) {
        let bits = self.bits(slot, I64);
        let offset = self.builder.ins().ushr_imm_u(bits, 32);
        (offset, self.builder.ins().band_imm_u(bits, 0xffff_ffff))
    }

    /// Goes on where the text lies within the row's bytes, with the address of its first byte; else to `no`.
    fn within(&mut self, slot: SlotId, offset: Value, length: Value, no: Block) -> Value {
        let end = self.builder.ins().iadd(offset, length);
        let all = self.of_env(I64, length_at(slot.0));
        let inside = self.builder.ins().icmp(IntCC::UnsignedLessThanOrEqual, end, all);
        self.need(inside, no);
        let bytes = self.of_env(I64, bytes_at(slot.0));
        self.builder.ins().iadd(bytes, offset)
    }

    /// Branches on whether a slot holds this text.
    pub(super) fn same_text(&mut self, slot: SlotId, text: &str, yes: Block, no: Block) {
        if text.is_empty() {
            return self.is_empty(slot, yes, no);
        }
        let (offset, length) = self.extent(slot);
        let fits = self.builder.ins().icmp_imm_u(IntCC::Equal, length, text.len() as i64);
        self.need(fits, no);
        let start = self.within(slot, offset, length, no);
        self.same_bytes(start, text.as_bytes(), yes, no);
    }

    /// Branches on whether a slot reads as the empty text: no bytes, or bytes that are not there.
    fn is_empty(&mut self, slot: SlotId, yes: Block, no: Block) {
        let (offset, length) = self.extent(slot);
        let none = self.builder.ins().icmp_imm_u(IntCC::Equal, length, 0);
        let some = self.builder.create_block();
        self.branch(none, yes, some);
        self.enter(some);
        self.within(slot, offset, length, yes);
        self.builder.ins().jump(no, &[]);
    }

    /// The test `expr`, whose [`text_rank`](View::text_rank) is not to ask.
    pub(super) fn text_test(
        &mut self,
        expr: ExprId,
        test: TextTest,
        value: ExprId,
        pattern: ExprId,
        yes: Block,
        no: Block,
    ) {
        let (Some(slot), Some(text)) = (self.view.row_slot(value), self.view.literal(pattern)) else {
            self.builder.ins().jump(no, &[]);
            return;
        };
        if text.is_empty() {
            self.builder.ins().jump(yes, &[]);
            return;
        }
        if test == TextTest::Contains {
            let flag = self.contains(expr, slot, text);
            return self.branch(flag, yes, no);
        }
        let (offset, length) = self.extent(slot);
        let size = text.len() as i64;
        let fits = self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, length, size);
        self.need(fits, no);
        let start = self.within(slot, offset, length, no);
        let start = if test == TextTest::EndsWith {
            let end = self.builder.ins().iadd(start, length);
            self.builder.ins().iadd_imm_s(end, -size)
        } else {
            start
        };
        self.same_bytes(start, text.as_bytes(), yes, no);
    }

    /// Branches on whether the bytes at an address, as many as there are in `text`, are these.
    fn same_bytes(&mut self, start: Value, text: &[u8], yes: Block, no: Block) {
        let mut difference = None;
        for (at, width) in chunks(text.len()) {
            let mut bytes = [0; 8];
            bytes[..width].copy_from_slice(&text[at..at + width]);
            let expected = i64::from_le_bytes(bytes);
            let ty = match width {
                8 => I64,
                4 => I32,
                2 => I16,
                _ => I8,
            };
            let flags = MemFlagsData::new().with_notrap().with_readonly();
            let found = self.builder.ins().load(ty, flags, start, at as i32);
            let found = if width == 8 { found } else { self.builder.ins().uextend(I64, found) };
            let expected = self.builder.ins().iconst(I64, expected);
            let differ = self.builder.ins().bxor(found, expected);
            difference = Some(difference.map_or(differ, |before| self.builder.ins().bor(before, differ)));
        }
        match difference {
            Some(difference) => self.branch(difference, no, yes),
            None => {
                self.builder.ins().jump(yes, &[]);
            }
        }
    }

    fn contains(&mut self, expr: ExprId, slot: SlotId, text: &str) -> Value {
        let finder = self.keep.finder(text);
        self.search(expr, runtime::contains as *const () as usize, finder, slot)
    }

    /// Whether the regular expression of `expr` matches.
    pub(super) fn matches(&mut self, expr: ExprId, slot: SlotId, regex: RegexId) -> Value {
        match self.view.pattern(regex) {
            Some(pattern) => self.search(expr, runtime::matches as *const () as usize, pattern, slot),
            None => self.constant(false),
        }
    }

    fn search(&mut self, expr: ExprId, function: usize, needle: i64, slot: SlotId) -> Value {
        let bits = self.bits(slot, I64);
        let needle = self.literal(expr, VALUE, needle);
        let row = self.builder.ins().iconst(I32, slot.0 as i64);
        let env = self.env();
        self.call(function, &[needle, env, row, bits], I8)
    }
}

/// Loads of 8, 4, 2, 1 bytes that cover a length, the last one overlapping where that saves some.
fn chunks(length: usize) -> Vec<(usize, usize)> {
    let width = [8, 4, 2, 1].into_iter().find(|width| *width <= length).unwrap_or(1);
    let mut chunks: Vec<_> = (0..length / width).map(|i| (i * width, width)).collect();
    match (length % width, width) {
        (0, _) => {}
        // 3 = 2 + 1.
        (rest, 2) => chunks.push((length - rest, rest)),
        _ => chunks.push((length - width, width)),
    }
    chunks
}
