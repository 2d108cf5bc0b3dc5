//! What belongs to the project: catalog rows, and the purse and the pace of its sends.

use crate::engine::Shared;
use crate::engine::gate::{Commons, Pool};
use crate::engine::versions::Change;
use rustc_hash::FxHashMap;
use wayline_compiler::ir::{CapPeriod, CapScope, CatalogId, ChannelId, Program, Rate};
use wayline_compiler::row::{Row, RowBuf};

/// Project-wide state of one process.
#[derive(Debug)]
pub(super) struct World {
    rows: Vec<FxHashMap<Box<str>, RowBuf>>,
    clock: i64,
    pool: Pool,
}

impl World {
    pub(super) fn new(program: &Program) -> Self {
        Self {
            rows: vec![FxHashMap::default(); program.catalogs.len()],
            clock: i64::MIN,
            pool: Pool::new(program),
        }
    }

    /// The same world for another program.
    pub(super) fn carried(&self, change: &Change, old: &Program, new: &Program) -> Self {
        let mut world = Self::new(new);
        world.clock = self.clock;
        for (id, rows) in self.rows.iter().enumerate() {
            let id = CatalogId::new(id);
            let Some(to) = change.catalog(id) else { continue };
            for (key, row) in rows {
                if let Some(row) = change.row(old, new, id, row.as_row()) {
                    world.rows[to.index()].insert(key.clone(), row);
                }
            }
        }
        world.pool.take_over(&self.pool, &|channel| change.channel(channel));
        world
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

impl Commons for World {
    fn spent(&self, scope: CapScope, per: CapPeriod, now: i64) -> i64 {
        self.pool.spent(scope, per, now)
    }
    fn spend(&mut self, channel: ChannelId, cost: i64, now: i64) {
        self.pool.spend(channel, cost, now);
    }
    fn refund(&mut self, channel: ChannelId, cost: i64, at: i64) {
        self.pool.refund(channel, cost, at);
    }
    fn turn(&mut self, rates: &[Rate], channel: ChannelId, id: u128, now: i64) -> i64 {
        self.pool.turn(rates, channel, id, now)
    }
}
