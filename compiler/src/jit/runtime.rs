//! What machine code and the rest of the program say to each other: how it reads an environment, the functions it calls.
//!
//! Every called function is `extern "C"`, catches panics (answering with the zero of its type) and hands anything that is not compiled to
//! the interpreter, so both agree by construction.

use crate::eval::{Env, Interpreter, span_ms};
use crate::ir::{ExprId, Pattern};
use crate::row::{Row, Slot};
use memchr::memmem::Finder;
use std::mem::offset_of;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A row a compiled function may read, by its place in an [`Env`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum RowId {
    Event = 0,
    Entry = 1,
    User = 2,
}

/// Bytes of a pointer.
const WORD: i32 = size_of::<usize>() as i32;

/// Offset of a row in an [`Env`].
const fn row_at(row: RowId) -> i32 {
    (match row {
        RowId::Event => offset_of!(Env<'static>, event),
        RowId::Entry => offset_of!(Env<'static>, entry),
        RowId::User => offset_of!(Env<'static>, user),
    }) as i32
}
/// Offset of the address of a row's slots.
pub(super) const fn slots_at(row: RowId) -> i32 {
    row_at(row) + offset_of!(Row<'static>, slots) as i32
}
/// Offset of the number of a row's slots.
pub(super) const fn width_at(row: RowId) -> i32 {
    slots_at(row) + WORD
}
/// Offset of the address of a row's bytes.
pub(super) const fn bytes_at(row: RowId) -> i32 {
    row_at(row) + offset_of!(Row<'static>, bytes) as i32
}
/// Offset of the number of a row's bytes.
pub(super) const fn length_at(row: RowId) -> i32 {
    bytes_at(row) + WORD
}
/// Offset of the present instant.
pub(super) const NOW_AT: i32 = offset_of!(Env<'static>, now_ms) as i32;
/// Offset of the entry event's instant.
pub(super) const ENTRY_TIME_AT: i32 = offset_of!(Env<'static>, entry_time_ms) as i32;

/// Whether slices lie in memory as machine code reads them: the address, then the length, of 64 bits each. Every compiler so far does it so, but
/// none promises it.
pub(super) fn slices_are_as_read() -> bool {
    let bytes = b"wayline".as_slice();
    if size_of::<&[u8]>() != 16 || WORD != 8 {
        return false;
    }
    // SAFETY: both are 16 bytes, and every bit pattern is an array of integers.
    let words = unsafe { std::mem::transmute_copy::<&[u8], [usize; 2]>(&bytes) };
    words == [bytes.as_ptr().addr(), bytes.len()]
}

/// Offset of the parts of a [`Slot`].
pub(super) const BITS_AT: i32 = offset_of!(Slot, bits) as i32;
pub(super) const SYM_AT: i32 = offset_of!(Slot, sym) as i32;
pub(super) const TAG_AT: i32 = offset_of!(Slot, tag) as i32;
/// Bytes of a slot.
pub(super) const SLOT_SIZE: i32 = size_of::<Slot>() as i32;

/// Asks the interpreter about a node; the default when it panics.
fn ask<T: Default>(env: *const Env<'_>, expr: u32, ask: impl FnOnce(&Interpreter<'_, '_>, ExprId) -> T) -> T {
    let asked = || {
        // SAFETY: machine code passes on the environment it was called with, which outlives the call.
        let env = unsafe { &*env };
        ask(&Interpreter::of(env), ExprId(expr))
    };
    catch_unwind(AssertUnwindSafe(asked)).unwrap_or_default()
}

/// The bytes of a string in a row.
///
/// # Safety
/// `env` is the one the machine code was called with.
unsafe fn blob<'a>(env: *const Env<'a>, row: u32, bits: u64) -> &'a [u8] {
    // SAFETY: by the caller.
    let env = unsafe { &*env };
    let row = match row {
        0 => env.event,
        1 => env.entry,
        _ => env.user,
    };
    row.blob(Slot::of(bits))
}

pub(super) extern "C" fn truth(env: *const Env<'_>, expr: u32) -> u8 {
    ask(env, expr, |interpreter, expr| u8::from(interpreter.truth(expr)))
}

pub(super) extern "C" fn present(env: *const Env<'_>, expr: u32) -> u8 {
    ask(env, expr, |interpreter, expr| u8::from(interpreter.present(expr)))
}

pub(super) extern "C" fn int(env: *const Env<'_>, expr: u32) -> i64 {
    ask(env, expr, |interpreter, expr| interpreter.int(expr))
}

pub(super) extern "C" fn float(env: *const Env<'_>, expr: u32) -> f64 {
    ask(env, expr, |interpreter, expr| interpreter.float(expr))
}

/// A duration in milliseconds, as it is compared.
pub(super) extern "C" fn duration(env: *const Env<'_>, expr: u32) -> i64 {
    ask(env, expr, |interpreter, expr| span_ms(interpreter.span(expr)))
}

pub(super) extern "C" fn contains(
    finder: *const Finder<'static>,
    env: *const Env<'_>,
    row: u32,
    bits: u64,
) -> u8 {
    let found = || {
        // SAFETY: the finder is owned by the `Code` being run; the environment is the one it was called with.
        let (finder, text) = unsafe { (&*finder, blob(env, row, bits)) };
        finder.find(text).is_some()
    };
    u8::from(catch_unwind(AssertUnwindSafe(found)).unwrap_or_default())
}

pub(super) extern "C" fn matches(pattern: *const Pattern, env: *const Env<'_>, row: u32, bits: u64) -> u8 {
    let found = || {
        // SAFETY: the pattern is owned by the program that the `Code` being run holds; the environment is the one it was called with.
        let (pattern, text) = unsafe { (&*pattern, blob(env, row, bits)) };
        pattern.is_match(text)
    };
    u8::from(catch_unwind(AssertUnwindSafe(found)).unwrap_or_default())
}
