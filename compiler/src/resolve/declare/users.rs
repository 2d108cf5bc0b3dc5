//! User attributes: a project's are added to std's, name by name.

use super::super::Resolver;
use super::Place;
use super::fields::Parent;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{Attribute, Field, FieldType, Mutability};
use crate::syntax::ast;

impl<'a> Resolver<'a> {
    /// Lowers every attribute; sorted by name, parts of records included.
    pub(super) fn attributes(&mut self) {
        let declared: Vec<_> = self.names.attributes.iter().map(|(_, declared)| declared).collect();
        for declared in declared {
            self.spans.attributes.insert(declared.decl.name.text.clone(), declared.span);
            self.one_attribute(declared.decl);
        }
        self.schema.attributes.sort_by(|a, b| a.field.name.cmp(&b.field.name));
    }

    fn one_attribute(&mut self, decl: &'a ast::Field) {
        let mut fields = Vec::new();
        self.field("user", decl, Place::Attribute, &Parent::default(), &mut fields);
        // The parts of an optional record are missing with it.
        let within_optional = |name: &str| {
            fields.iter().any(|mark| {
                mark.ty == FieldType::Record
                    && name.strip_prefix(&mark.name).is_some_and(|rest| rest.starts_with('.'))
            })
        };
        let can_lack =
            |field: &Field| !field.optional && field.default.is_none() && !within_optional(&field.name);
        if fields.iter().any(can_lack) {
            self.user_default(decl);
        }
        let mutability = match decl.ty.mutability.map(|mutability| mutability.value) {
            Some(ast::Mutability::Immutable) => Mutability::Immutable,
            Some(ast::Mutability::Monotone) => Mutability::Monotone,
            None => Mutability::Mutable,
        };
        let doc = decl.doc.as_ref().map(|doc| doc.text.clone());
        let attributes = fields.into_iter().map(|field| Attribute { field, mutability, doc: doc.clone() });
        self.schema.attributes.extend(attributes);
    }

    fn user_default(&mut self, decl: &ast::Field) {
        let name = &decl.name;
        self.report(
            Diagnostic::new(
                &codes::USER_DEFAULT,
                name.span,
                format!("attribute `{}` can be missing", name.text),
            )
            .label("a user may never have set it")
            .help(format!("make it optional, `{0}: …?`, or give it a default, `{0}: … = …`", name.text)),
        );
    }
}
