//! Syntax trees to the lowered program: every name gets its declaration, every expression its type.
//!
//! Declarations are collected first ([`names`]), then lowered in the order of their names, so neither the order of files nor of
//! declarations shows ([`declare`]); named predicates are lowered when first asked for ([`named`]). [`expr`] types and lowers
//! expressions, [`journey`] lowers journeys. Nothing here stops at the first problem: a function that returns `None` has raised a
//! diagnostic (or met a broken node, for which the parser has). Knows nothing of execution. Start reading at [`resolve`].

mod arena;
mod declare;
mod expr;
mod finish;
mod journey;
mod literal;
mod lookup;
mod named;
mod names;
mod prune;
mod scope;
mod spans;
pub(crate) mod suggest;
mod tests_decl;
mod unused;

pub use spans::{JourneySpans, PolicySpans, Spans, StepSpans};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir;
use crate::pipeline::{Parsed, Resolved, Settings, Sources};
use crate::source::Span;
use crate::syntax::ast;
use arena::Arena;
use named::Named;
use names::Names;
use std::collections::BTreeSet;

/// Resolves a project.
pub(crate) fn resolve(parsed: &Parsed, settings: &Settings, diagnostics: &mut Diagnostics) -> Resolved {
    let mut resolver = Resolver::new(parsed, settings, diagnostics);
    resolver.declarations();
    resolver.named_predicates();
    resolver.policies();
    resolver.journeys();
    resolver.spare_sequences();
    resolver.channel_rules();
    let tests = resolver.tests(&tests_of(parsed));
    resolver.unused();
    resolver.finish(tests)
}

/// The tests of the project's own files.
fn tests_of(parsed: &Parsed) -> Vec<&ast::TestDecl> {
    let decls = parsed.project_files().flat_map(|(_, file)| &file.decls);
    decls
        .filter_map(|decl| match decl {
            ast::Decl::Test(test) => Some(test),
            _ => None,
        })
        .collect()
}

/// The work in progress: what is declared, what has been lowered so far.
pub(crate) struct Resolver<'a> {
    /// Every declaration by kind and name.
    pub(crate) names: Names<'a>,
    /// The project's settings.
    pub(crate) settings: &'a Settings,
    /// The arenas: expressions, closed sets, list shapes, regexes, aggregates.
    pub(crate) arena: Arena,
    /// The declared schema as lowered; complete before any expression is.
    pub(crate) schema: Schema,
    /// Places of what was lowered.
    pub(crate) spans: Spans,
    /// Parts of declarations that could not be lowered, as `owner.part`: their uses are not reported again.
    broken: BTreeSet<String>,
    /// Names of declarations that something uses.
    used: BTreeSet<Span>,
    named: Named,
    /// How deep the expression being lowered stands in others.
    nesting: u32,
    diagnostics: &'a mut Diagnostics,
}

/// The declared schema; positions are the ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    /// By name.
    pub(crate) events: Vec<ir::Event>,
    /// By name.
    pub(crate) attributes: Vec<ir::Attribute>,
    /// By name.
    pub(crate) catalogs: Vec<ir::Catalog>,
    /// By name; aliases are entries of their own.
    pub(crate) channels: Vec<ir::Channel>,
    /// By name.
    pub(crate) templates: Vec<ir::Template>,
    /// By name.
    pub(crate) segments: Vec<ir::Segment>,
    /// By name.
    pub(crate) classifies: Vec<ir::Classify>,
    /// The default one first, the others by name.
    pub(crate) policies: Vec<ir::Policy>,
    /// By name; gaps where one could not be lowered.
    pub(crate) journeys: Vec<ir::Journey>,
}

impl<'a> Resolver<'a> {
    fn new(parsed: &'a Parsed, settings: &'a Settings, diagnostics: &'a mut Diagnostics) -> Resolver<'a> {
        let names = Names::collect(parsed, diagnostics);
        let named = Named::new(&names);
        Resolver {
            names,
            settings,
            arena: Arena::default(),
            schema: Schema::default(),
            spans: Spans::default(),
            broken: BTreeSet::new(),
            used: BTreeSet::new(),
            named,
            nesting: 0,
            diagnostics,
        }
    }

    /// Raises a finding. std by itself has none: one there means that the project has redeclared what std reads.
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        let diagnostic = match Sources::is_std(diagnostic.primary.span.file) {
            true => diagnostic.note(
                "this stands in std and reads what the project has declared anew: keep std's type there, or declare this anew too",
            ),
            false => diagnostic,
        };
        self.diagnostics.push(diagnostic);
    }

    fn journeys(&mut self) {
        let journeys: Vec<_> = self.names.journeys.iter().map(|(id, declared)| (id, declared.decl)).collect();
        for (index, journey) in journeys {
            if let Some(lowered) = self.journey(ir::JourneyId::new(index), journey) {
                self.schema.journeys.push(lowered);
            }
        }
    }
}
