//! Journeys: entry, header, steps, sends.

use super::Resolver;
use crate::ir::{self, JourneyId};
use crate::syntax::ast;

impl<'a> Resolver<'a> {
    /// Lowers a journey.
    pub(crate) fn journey(&mut self, _id: JourneyId, _journey: &'a ast::Journey) -> Option<ir::Journey> {
        None
    }
}
