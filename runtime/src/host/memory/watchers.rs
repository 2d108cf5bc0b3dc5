//! Who waits on which catalog row, so that a change wakes these users and nobody else.

use super::UserNo;
use crate::engine::Effects;
use rustc_hash::FxHashMap;
use wayline_compiler::ir::CatalogId;

/// Users by row. A user who no longer waits stays until the row changes next.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    rows: FxHashMap<(CatalogId, Box<str>), Vec<UserNo>>,
}

impl Watchers {
    /// Notes the rows that a user now waits on.
    pub(super) fn note(&mut self, user: UserNo, effects: &Effects) {
        for (catalog, key) in &effects.watched {
            self.add(*catalog, effects.get(*key), user);
        }
    }

    /// Notes that a user waits on a row.
    pub(super) fn add(&mut self, catalog: CatalogId, key: &str, user: UserNo) {
        let users = self.rows.entry((catalog, key.into())).or_default();
        if users.last() != Some(&user) {
            users.push(user);
        }
    }

    /// Takes out the users who may wait on a row.
    pub(super) fn take(&mut self, catalog: CatalogId, key: &str) -> Vec<UserNo> {
        self.rows.remove(&(catalog, key.into())).unwrap_or_default()
    }
}
