//! Fields of events, users, rows and list elements: records flattened, so each is a leaf with a slot.
//!
//! `address: { city: string }` becomes `address.city`. An optional record also gets a field of its own name, [`FieldType::Record`],
//! that is present when the record is; its parts keep their own optionality and are read under a guard on it.

use super::super::{Resolver, names};
use super::Place;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Field, FieldType};
use crate::syntax::ast::{self, TypeKind};

/// Marks an owner whose every part is broken.
pub(crate) const ANY_PART: &str = "*";

impl<'a> Resolver<'a> {
    /// Lowers the fields of a declaration in written order. `owner` names it for remembering what is broken.
    pub(crate) fn fields(&mut self, owner: &str, fields: &'a [ast::Field], place: Place) -> Vec<Field> {
        self.unique(fields);
        let mut out = Vec::new();
        for field in fields {
            self.field(owner, field, place, &Parent::default(), &mut out);
        }
        out
    }

    /// Lowers one field, or the parts of a record.
    pub(crate) fn field(
        &mut self,
        owner: &str,
        field: &'a ast::Field,
        place: Place,
        parent: &Parent,
        out: &mut Vec<Field>,
    ) {
        let name = parent.name(field.name.as_str());
        let wire = parent.wire(field);
        let TypeKind::Record(parts) = &field.ty.kind else {
            match self.leaf(field, place, name.clone(), wire) {
                Some(leaf) => out.push(leaf),
                None => self.mark_broken(owner, &name),
            }
            return;
        };
        self.plain_record(field);
        if field.ty.optional.is_some() {
            let ty = FieldType::Record;
            out.push(Field {
                name: name.clone(),
                wire: wire.clone(),
                ty,
                optional: true,
                default: None,
                needed: false,
            });
        }
        self.unique(parts);
        let parent = Parent { names: name, wire };
        for part in parts {
            self.field(owner, part, place, &parent, out);
        }
    }

    fn leaf(
        &mut self,
        field: &'a ast::Field,
        place: Place,
        name: String,
        wire: Vec<String>,
    ) -> Option<Field> {
        let ty = self.field_type(&field.ty, place)?;
        let default = match &field.default {
            Some(default) => Some(self.constant(default, &ty)?),
            None => None,
        };
        let optional = field.ty.optional.is_some() && default.is_none();
        Some(Field { name, wire, ty, optional, default, needed: false })
    }

    /// Facts of scalars and defaults mean nothing on a record.
    fn plain_record(&mut self, field: &ast::Field) {
        let ty = &field.ty;
        let odd = [
            ty.range.as_ref().map(|range| range.span),
            ty.bound.as_ref().map(|bound| bound.span),
            ty.past,
            ty.mutability.map(|mutability| mutability.span),
            field.default.as_ref().map(|default| default.span),
        ];
        for span in odd.into_iter().flatten() {
            self.report(
                Diagnostic::new(
                    &codes::TYPE_MISMATCH,
                    span,
                    "a record has no bounds and no default of its own",
                )
                .label("does not fit here")
                .help("write it at the fields inside the braces"),
            );
        }
    }

    /// Reports fields of one name in one list; the first one stands.
    pub(super) fn unique(&mut self, fields: &[ast::Field]) {
        for (index, field) in fields.iter().enumerate() {
            if let Some(before) = fields[..index].iter().find(|before| before.name.text == field.name.text) {
                self.report(names::duplicate("field", &field.name, before.name.span));
            }
        }
    }

    /// Remembers that a part of a declaration could not be lowered.
    pub(crate) fn mark_broken(&mut self, owner: &str, name: &str) {
        self.broken.insert(format!("{owner}.{name}"));
    }

    /// Whether a missing part was declared, but wrongly: then its uses are not reported.
    pub(crate) fn is_broken(&self, owner: &str, name: &str) -> bool {
        self.broken.contains(&format!("{owner}.{name}"))
            || self.broken.contains(&format!("{owner}.{ANY_PART}"))
    }
}

/// The record around a field.
#[derive(Debug, Default)]
pub(crate) struct Parent {
    names: String,
    wire: Vec<String>,
}

impl Parent {
    fn name(&self, name: &str) -> String {
        if self.names.is_empty() { name.to_owned() } else { format!("{}.{name}", self.names) }
    }

    fn wire(&self, field: &ast::Field) -> Vec<String> {
        let mut wire = self.wire.clone();
        match &field.from {
            Some(from) => wire.extend(from.text.split('.').map(str::to_owned)),
            None => wire.push(field.name.text.clone()),
        }
        wire
    }
}
