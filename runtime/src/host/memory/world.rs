//! What belongs to the project: catalog rows, and the purse and the pace of its sends.

use crate::engine::Shared;
use crate::engine::gate::Commons;
use rustc_hash::FxHashMap;
use wayline_compiler::ir::{CatalogId, Program};
use wayline_compiler::row::{Row, RowBuf};

/// Project-wide state of one process.
#[derive(Debug)]
pub(super) struct World {
    rows: Vec<FxHashMap<Box<str>, RowBuf>>,
    clock: i64,
}

impl World {
    pub(super) fn new(program: &Program) -> Self {
        Self { rows: vec![FxHashMap::default(); program.catalogs.len()], clock: i64::MIN }
    }

    /// Puts a row in place, or takes it away; whether that changed anything.
    pub(super) fn put(&mut self, catalog: CatalogId, key: &str, row: Option<Row<'_>>, time: i64) -> bool {
        self.clock = self.clock.max(time);
        let Some(rows) = self.rows.get_mut(catalog.index()) else { return false };
        match row {
            None => rows.remove(key).is_some(),
            Some(row) => {
                let row = RowBuf { slots: row.slots.to_vec(), bytes: row.bytes.to_vec() };
                rows.insert(key.into(), row.clone()).is_none_or(|before| before != row)
            }
        }
    }
}

impl Shared for World {
    fn row(&self, catalog: CatalogId, key: &str) -> Option<Row<'_>> {
        self.rows.get(catalog.index())?.get(key).map(RowBuf::as_row)
    }
    fn catalog_clock(&self) -> i64 {
        self.clock
    }
}

impl Commons for World {}
