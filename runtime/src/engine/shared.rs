//! What belongs to the project and not to one user, named as such behind a trait: the engine assumes no single process.

use super::gate::Commons;
use wayline_compiler::ir::CatalogId;
use wayline_compiler::row::Row;

/// Project-wide things, as the host keeps them.
pub trait Shared: Commons {
    /// The catalog row with this key, if there is one.
    fn row(&self, catalog: CatalogId, key: &str) -> Option<Row<'_>>;
    /// The greatest own time of a catalog row so far (`i64::MIN` before the first): rows are inputs of every user.
    fn catalog_clock(&self) -> i64;
}
