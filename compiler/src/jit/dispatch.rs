//! Entries alike, one after the other: a loop over the rows of their constants that writes the journeys that match.
//!
//! A row is the journey's id, then the constants of its conditions. Parameters: the environment, the first row, the address after the last,
//! where ids go; the result is their number. There is at least one row.

use super::emit::{Emitter, constant};
use super::make::Kind;
use super::view::RUN;
use crate::ir::ExprId;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder, MemFlagsData, Value};

/// Writes the body: `conditions` are those of one of the entries, `stride` is the size of a row in constants.
pub(super) fn entries(emitter: &mut Emitter<'_, '_>, kind: Kind, conditions: &[ExprId], stride: usize) {
    let [_, first, end, output] = emitter.parameters[..] else { return };
    let [each, next, done] = [(); 3].map(|()| emitter.builder.create_block());
    for block in [each, next, done] {
        // Rows are told by their address, matches by their number.
        if block != done {
            emitter.builder.append_block_param(block, I64);
        }
        emitter.builder.append_block_param(block, I64);
    }
    let none = emitter.builder.ins().iconst(I64, 0);
    emitter.builder.ins().jump(each, &[BlockArg::from(first), BlockArg::from(none)]);

    emitter.builder.switch_to_block(each);
    let [row, count] = emitter.builder.block_params(each)[..] else { return };
    emitter.constants = row;
    let costs = conditions.iter().map(|condition| emitter.view.cost(*condition));
    let cost = costs.sum::<Option<u32>>();
    if kind == Kind::Entry && cost.is_some_and(|cost| cost <= RUN) {
        // Writes in any case, counts those that match: no branch to mispredict.
        let flag = emitter.flags(conditions, true);
        let more = write(emitter, row, output, count);
        let count = emitter.builder.ins().select(flag, more, count);
        emitter.builder.ins().jump(next, &[BlockArg::from(row), BlockArg::from(count)]);
    } else {
        let (yes, no) = (emitter.builder.create_block(), emitter.builder.create_block());
        match kind {
            Kind::Asked => emitter.every_asked(conditions, yes, no),
            Kind::Entry | Kind::Predicate => emitter.every(conditions, yes, no),
        }
        emitter.enter(yes);
        let more = write(emitter, row, output, count);
        emitter.builder.ins().jump(next, &[BlockArg::from(row), BlockArg::from(more)]);
        emitter.enter(no);
        emitter.builder.ins().jump(next, &[BlockArg::from(row), BlockArg::from(count)]);
    }

    emitter.enter(next);
    let [row, count] = emitter.builder.block_params(next)[..] else { return };
    let row = emitter.builder.ins().iadd_imm_u(row, stride as i64 * 8);
    let (again, over) = ([BlockArg::from(row), BlockArg::from(count)], [BlockArg::from(count)]);
    let left = emitter.builder.ins().isub(end, row);
    emitter.builder.ins().brif(left, each, &again, done, &over);
    emitter.builder.seal_block(each);

    emitter.enter(done);
    let [count] = emitter.builder.block_params(done)[..] else { return };
    let count = emitter.builder.ins().ireduce(I32, count);
    emitter.builder.ins().return_(&[count]);
}

/// Writes the journey of a row at the end; gives the number with it.
fn write(emitter: &mut Emitter<'_, '_>, row: Value, output: Value, count: Value) -> Value {
    let builder = &mut emitter.builder;
    let offset = builder.ins().ishl_imm_u(count, 2);
    let address = builder.ins().iadd(output, offset);
    let id = builder.ins().load(I32, constant(), row, 0);
    builder.ins().store(MemFlagsData::trusted(), id, address, 0);
    builder.ins().iadd_imm_u(count, 1)
}
