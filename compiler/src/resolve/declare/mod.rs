//! Declarations to the schema: events, attributes, catalogs, channels, templates, policies.

use super::Resolver;

impl Resolver<'_> {
    /// Lowers everything whose shape expressions need: events, attributes, catalogs, channels without their rules, templates.
    pub(super) fn declarations(&mut self) {}

    /// Lowers the rules that are expressions: consent of channels, policies.
    pub(super) fn rules(&mut self) {}
}
