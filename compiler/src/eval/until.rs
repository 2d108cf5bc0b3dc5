//! When time alone may change a value.

use super::interp::Scope;
use crate::ir::ExprId;

/// See [`super::truth_until`].
pub(super) fn truth(scope: &Scope<'_, '_>, expr: ExprId) -> (bool, i64) {
    (scope.truth(expr), i64::MAX)
}
