//! The last step of resolving: everything lowered becomes one program.

use super::Resolver;
use crate::ir::{self, FORMAT_VERSION, Program};
use crate::pipeline::{DEFAULT_MAX_INSTANCES, Resolved};

impl Resolver<'_> {
    /// The program as lowered.
    pub(super) fn finish(self) -> Resolved {
        let schema = self.schema;
        let program = Program {
            format_version: FORMAT_VERSION,
            hash: String::new(),
            settings: ir::Settings {
                zone: self.settings.zone.clone().unwrap_or_default(),
                locale: self.settings.locale.clone().unwrap_or_default(),
                max_instances: self.settings.max_instances.unwrap_or(DEFAULT_MAX_INSTANCES),
            },
            events: schema.events,
            attributes: schema.attributes,
            well_known: ir::WellKnown::default(),
            catalogs: schema.catalogs,
            enums: self.arena.enums,
            lists: self.arena.lists,
            symbols: Vec::new(),
            regexes: self.arena.regexes.into_iter().map(crate::ir::Pattern::new).collect(),
            exprs: self.arena.exprs,
            aggregates: self.arena.aggregates,
            segments: schema.segments,
            classifies: schema.classifies,
            channels: schema.channels,
            templates: schema.templates,
            policies: schema.policies,
            journeys: schema.journeys,
        };
        Resolved { program, spans: self.spans }
    }
}
