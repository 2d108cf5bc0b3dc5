//! What machine code and the rest of the program say to each other: the frame it reads, the functions it calls.
//!
//! Every called function is `extern "C"`, catches panics (answering with the zero of its type) and hands anything that is not compiled to
//! the interpreter, so both agree by construction.

use crate::eval::{Env, Interpreter, span_ms};
use crate::ir::{ExprId, Pattern};
use crate::row::{Row, Slot};
use memchr::memmem::Finder;
use std::mem::offset_of;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a compiled function gets: rows flattened to pointers. Lives on the stack of one call.
#[repr(C)]
pub(super) struct Frame {
    slots: [*const Slot; 3],
    bytes: [*const u8; 3],
    lengths: [u64; 3],
    now_ms: i64,
    entry_time_ms: i64,
    env: *const Env<'static>,
}

/// A row a compiled function may read, by its place in the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum RowId {
    Event = 0,
    Entry = 1,
    User = 2,
}

/// Offset of the slots of a row.
pub(super) const fn slots_at(row: RowId) -> i32 {
    (offset_of!(Frame, slots) + row as usize * 8) as i32
}
/// Offset of the bytes of a row.
pub(super) const fn bytes_at(row: RowId) -> i32 {
    (offset_of!(Frame, bytes) + row as usize * 8) as i32
}
/// Offset of the number of bytes of a row.
pub(super) const fn length_at(row: RowId) -> i32 {
    (offset_of!(Frame, lengths) + row as usize * 8) as i32
}
/// Offset of the present instant.
pub(super) const NOW_AT: i32 = offset_of!(Frame, now_ms) as i32;
/// Offset of the entry event's instant.
pub(super) const ENTRY_TIME_AT: i32 = offset_of!(Frame, entry_time_ms) as i32;
/// Offset of the parts of a [`Slot`].
pub(super) const BITS_AT: i32 = offset_of!(Slot, bits) as i32;
pub(super) const SYM_AT: i32 = offset_of!(Slot, sym) as i32;
pub(super) const TAG_AT: i32 = offset_of!(Slot, tag) as i32;
/// Bytes of a slot.
pub(super) const SLOT_SIZE: i32 = size_of::<Slot>() as i32;

impl Frame {
    /// The frame of a call.
    #[inline]
    pub(super) fn new(env: &Env<'_>) -> Self {
        let (event, entry, user) = (&env.event, &env.entry, &env.user);
        Self {
            slots: [event.slots.as_ptr(), entry.slots.as_ptr(), user.slots.as_ptr()],
            bytes: [event.bytes.as_ptr(), entry.bytes.as_ptr(), user.bytes.as_ptr()],
            lengths: [event.bytes.len() as u64, entry.bytes.len() as u64, user.bytes.len() as u64],
            now_ms: env.now_ms,
            entry_time_ms: env.entry_time_ms,
            env: std::ptr::from_ref(env).cast(),
        }
    }

    /// Asks the interpreter about a node; the default when it panics.
    fn ask<T: Default>(
        frame: *const Self,
        expr: u32,
        ask: impl FnOnce(&Interpreter<'_, '_>, ExprId) -> T,
    ) -> T {
        let asked = || {
            // SAFETY: machine code passes on the frame it was called with, which lives on the stack of `Code::truth` or
            // `Code::triggers` below us, and whose `env` points to their argument; both outlive this call.
            let env = unsafe { &*(*frame).env };
            ask(&Interpreter::of(env), ExprId(expr))
        };
        catch_unwind(AssertUnwindSafe(asked)).unwrap_or_default()
    }

    /// The bytes of a string in a row.
    ///
    /// # Safety
    /// `frame` is the one the machine code was called with.
    unsafe fn blob<'a>(frame: *const Self, row: u32, bits: u64) -> &'a [u8] {
        let row = row.min(2) as usize;
        // SAFETY: by the caller; pointer and length are those of a row's `bytes`, which outlives the call.
        let bytes = unsafe {
            let frame = &*frame;
            std::slice::from_raw_parts(frame.bytes[row], frame.lengths[row] as usize)
        };
        Row { slots: &[], bytes }.blob(Slot::of(bits))
    }
}

pub(super) extern "C" fn truth(frame: *const Frame, expr: u32) -> u8 {
    Frame::ask(frame, expr, |interpreter, expr| u8::from(interpreter.truth(expr)))
}

pub(super) extern "C" fn present(frame: *const Frame, expr: u32) -> u8 {
    Frame::ask(frame, expr, |interpreter, expr| u8::from(interpreter.present(expr)))
}

pub(super) extern "C" fn int(frame: *const Frame, expr: u32) -> i64 {
    Frame::ask(frame, expr, |interpreter, expr| interpreter.int(expr))
}

pub(super) extern "C" fn float(frame: *const Frame, expr: u32) -> f64 {
    Frame::ask(frame, expr, |interpreter, expr| interpreter.float(expr))
}

/// A duration in milliseconds, as it is compared.
pub(super) extern "C" fn duration(frame: *const Frame, expr: u32) -> i64 {
    Frame::ask(frame, expr, |interpreter, expr| span_ms(interpreter.span(expr)))
}

pub(super) extern "C" fn contains(
    finder: *const Finder<'static>,
    frame: *const Frame,
    row: u32,
    bits: u64,
) -> u8 {
    let found = || {
        // SAFETY: the finder is owned by the `Code` being run; the frame is the one it was called with.
        let (finder, text) = unsafe { (&*finder, Frame::blob(frame, row, bits)) };
        finder.find(text).is_some()
    };
    u8::from(catch_unwind(AssertUnwindSafe(found)).unwrap_or_default())
}

pub(super) extern "C" fn matches(pattern: *const Pattern, frame: *const Frame, row: u32, bits: u64) -> u8 {
    let found = || {
        // SAFETY: the pattern is owned by the program that the `Code` being run holds; the frame is the one it was called with.
        let (pattern, text) = unsafe { (&*pattern, Frame::blob(frame, row, bits)) };
        pattern.is_match(text)
    };
    u8::from(catch_unwind(AssertUnwindSafe(found)).unwrap_or_default())
}
