//! Declarations that nothing uses.
//!
//! Only what has no meaning but by its uses: defines, segments, classes, templates, named policies, sequences. Events, attributes, catalogs
//! and channels describe the world, which is larger than a program. Looked at only where nothing is wrong: what was not lowered has
//! used nothing.

use super::Resolver;
use super::names::Table;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::pipeline::Sources;
use crate::source::Span;
use crate::syntax::ast::Ident;
use std::collections::BTreeSet;

impl Resolver<'_> {
    /// Notes that `name`, declared at `declared`, is used; a declaration's own name is no use of it.
    pub(super) fn note_use(&mut self, name: &Ident, declared: Option<Span>) {
        self.used.extend(declared.filter(|declared| *declared != name.span));
    }

    /// Warns of what nothing uses.
    pub(super) fn unused(&mut self) {
        if self.diagnostics.has_errors() {
            return;
        }
        let (names, used) = (&self.names, &self.used);
        let mut found = Vec::new();
        collect(&names.defines, "define", used, &mut found);
        collect(&names.segments, "segment", used, &mut found);
        collect(&names.classifies, "classify", used, &mut found);
        collect(&names.templates, "template", used, &mut found);
        collect(&names.policies, "policy", used, &mut found);
        collect(&names.sequences, "sequence", used, &mut found);
        for finding in found {
            self.report(finding);
        }
    }
}

fn collect<T>(table: &Table<'_, T>, what: &str, used: &BTreeSet<Span>, found: &mut Vec<Diagnostic>) {
    for (name, span) in table.names().filter_map(|name| Some((name, table.span_of(name)?))) {
        if Sources::is_std(span.file) || used.contains(&span) {
            continue;
        }
        let finding = Diagnostic::new(&codes::UNUSED, span, format!("nothing uses {what} `{name}`"))
            .label("not used anywhere in this project")
            .help(
                "remove it, or use it; to keep it as it is, write `// allow: unused - WHY` on the line above",
            );
        found.push(finding);
    }
}
