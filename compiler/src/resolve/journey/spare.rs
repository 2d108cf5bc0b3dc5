//! Sequences that no journey does: lowered all the same, for what is wrong with them, and thrown away.
//!
//! Their parameters and the fields of an entry they may stand behind are those of an event made up for the purpose: nothing is known of
//! what a journey that does them will have. Start at [`Resolver::spare_sequences`].

use super::{Lowering, Settings};
use crate::ir::{Event, EventId, ExprKind, Field, JourneyId, PolicyId, Purpose, Source};
use crate::pipeline::Sources;
use crate::resolve::Resolver;
use crate::resolve::declare::{ANY_PART, Place};
use crate::resolve::scope::{ExprScope, Presence, Typed};
use crate::syntax::ast;

impl<'a> Resolver<'a> {
    /// Looks at the sequences that nothing does. What they add to the program is taken back.
    pub(crate) fn spare_sequences(&mut self) {
        let all: Vec<&'a ast::SequenceDecl> =
            self.names.sequences.iter().map(|(_, declared)| declared.decl).collect();
        for sequence in all {
            let is_spare = !self.used.contains(&sequence.name.span);
            if !is_spare || Sources::is_std(sequence.name.span.file) {
                continue;
            }
            let kept = (self.arena.clone(), self.schema.clone(), self.broken.clone());
            self.spare(sequence);
            (self.arena, self.schema, self.broken) = kept;
        }
    }

    fn spare(&mut self, sequence: &'a ast::SequenceDecl) {
        let entry = EventId::new(self.schema.events.len());
        let mut fields = Vec::new();
        for param in &sequence.params {
            let Some(ty) = self.field_type(&param.ty, Place::Param) else { return };
            // No name of the language has a space.
            let name = format!("parameter {}", param.name.text);
            fields.push(Field {
                wire: vec![name.clone()],
                name,
                ty,
                optional: false,
                default: None,
                needed: false,
            });
        }
        let name = "any entry".to_owned();
        self.mark_broken(&name, ANY_PART);
        self.schema.events.push(Event {
            wire: name.clone(),
            name,
            subject: None,
            past: None,
            once: false,
            rate: None,
            fields,
            doc: None,
        });

        let mut scope = ExprScope::body(JourneyId::new(self.names.journeys.len()), Some(entry));
        for (param, slot) in sequence.params.iter().zip(0..) {
            let ty = self.schema.events[entry.index()].fields[slot as usize].ty.ty();
            let id = self.arena.expr(ExprKind::Slot { source: Source::Entry, slot }, ty);
            let value = Typed { id, ty, presence: Presence::Always, span: param.name.span };
            scope.params.insert(param.name.as_str(), value);
        }
        let settings = Settings { purpose: Purpose::Marketing, policy: PolicyId::new(0), lasts: None };
        let mut lowering = Lowering::new(self, &sequence.name.text, Some(entry), settings);
        // Whether a lifetime is missing is a journey's to say.
        lowering.lifetime_asked = true;
        lowering.expanding.push((&sequence.name.text, sequence.name.span));
        lowering.body(&sequence.body.steps, scope);
    }
}
