//! Expressions: typing and lowering.
//!
//! Two passes. The first (`lower` and its siblings) gives names their slots and nodes their types; it knows nothing of what may be
//! missing. The second (`presence`) walks the lowered nodes with the facts that guards establish (`facts`) and finds what may be missing or
//! zero. So a `define` is lowered once, and judged wherever it is used. A function that returns `None` has raised a diagnostic.
//! Start reading at [`Resolver::predicate`].

mod aggregate;
mod calls;
mod constants;
mod facts;
mod history;
mod locales;
mod lower;
mod names;
mod operators;
mod presence;
mod reads;
mod show;
mod text;
mod time;
mod types;

use super::Resolver;
use super::scope::{Expect, ExprScope, Facts, Typed};
use crate::codes;
use crate::content;
use crate::diagnostic::Diagnostic;
use crate::ir::{Const, ExprId, ExprKind, FieldType, Source};
use crate::source::Span;
use crate::syntax::ast;
use presence::Missing;

impl Resolver<'_> {
    /// A condition: a `bool` that is always there. What it establishes: [`Resolver::when`]. After one that cannot be read, the scope is
    /// lenient about what it may have guarded.
    pub(crate) fn predicate(&mut self, expr: &ast::Expr, scope: &mut ExprScope<'_>) -> Option<ExprId> {
        let Some(value) = self.condition(expr, scope) else {
            scope.facts.add(&Facts::of_broken_guard());
            return None;
        };
        self.judge(value.id, expr.span, scope, Missing::Refused)?;
        Some(value.id)
    }

    /// A value of the type the place expects.
    pub(crate) fn value(
        &mut self,
        expr: &ast::Expr,
        scope: &mut ExprScope<'_>,
        expect: Expect,
    ) -> Option<Typed> {
        let (hint, missing) = match expect {
            Expect::Anything => (None, Missing::Tolerated),
            Expect::Exactly(ty) => (Some(ty), Missing::Refused),
            Expect::Optional(ty) => (Some(ty), Missing::Tolerated),
        };
        let mut value = self.lower(expr, scope, hint)?;
        if let Some(wanted) = hint {
            value = self.expect_type(value, wanted)?;
        }
        let presence = self.judge(value.id, expr.span, scope, missing)?;
        Some(Typed { id: value.id, ty: value.ty, presence, span: expr.span })
    }

    /// A value for a declared field, always there: what `emit`, `set`, `call`, a template or a field of a message that is no text gets.
    /// Members, ranges of constants and `url` are checked too.
    pub(crate) fn field_value(
        &mut self,
        expr: &ast::Expr,
        scope: &mut ExprScope<'_>,
        ty: &FieldType,
    ) -> Option<Typed> {
        let value = self.lower(expr, scope, Some(ty.ty()))?;
        let value = self.expect_type(value, ty.ty())?;
        if let Some(constant) = self.as_constant(value) {
            self.fits_declared(&constant, ty, expr.span)?;
        } else if let FieldType::Url(_) = ty {
            self.expect_url(value.id, expr.span, scope)?;
        }
        let presence = self.judge(value.id, expr.span, scope, Missing::Refused)?;
        Some(Typed { id: value.id, ty: value.ty, presence, span: expr.span })
    }

    /// Whether the event has come within a window: what `wait for E since entry where P` asks first. `scope` is that around the wait.
    pub(crate) fn did(
        &mut self,
        event: &ast::Ident,
        window: &ast::Window,
        filter: Option<&ast::Expr>,
        scope: &mut ExprScope<'_>,
    ) -> Option<ExprId> {
        let history = ast::History {
            function: ast::HistoryFn::Did,
            function_span: event.span,
            event: event.clone(),
            field: Vec::new(),
            count: None,
            window: Some(window.clone()),
            filter: filter.cloned(),
        };
        let value = self.history(&history, &[], scope)?;
        self.judge(value.id, event.span.to(value.span), scope, Missing::Refused)?;
        Some(value.id)
    }

    /// Reports a text where an address is needed.
    fn expect_url(&mut self, id: ExprId, span: Span, scope: &ExprScope<'_>) -> Option<()> {
        if self.is_address(id, scope) {
            return Some(());
        }
        self.report(
            Diagnostic::new(&codes::TYPE_MISMATCH, span, "expected an address (`url`), found a text")
                .label("any text")
                .help("declare the field as `url`: then only addresses come in"),
        );
        None
    }

    /// Whether a text is surely an address: declared as `url`, or written out as one.
    fn is_address(&self, id: ExprId, scope: &ExprScope<'_>) -> bool {
        let declared = |ty: Option<FieldType>| matches!(ty, Some(FieldType::Url(_)));
        match &self.arena.get(id).kind {
            ExprKind::Const(Const::Str(text)) => content::is_url(text),
            ExprKind::Coalesce { value, default } => {
                self.is_address(*value, scope) && self.is_address(*default, scope)
            }
            ExprKind::Slot { source, slot } => {
                let field = |event: Option<crate::ir::EventId>| {
                    let fields = &self.schema.events[event?.index()].fields;
                    fields.get(*slot as usize).map(|field| field.ty)
                };
                declared(match source {
                    Source::Event => field(scope.event),
                    Source::Entry => field(scope.entry),
                    Source::User => {
                        self.schema.attributes.get(*slot as usize).map(|attribute| attribute.field.ty)
                    }
                    Source::Elem(_) => None,
                })
            }
            ExprKind::Column { catalog, column, .. } => {
                declared(Some(self.schema.catalogs[catalog.index()].columns[column.index()].ty))
            }
            ExprKind::Aggregate { agg, read, .. } => {
                let aggregate = &self.arena.aggregates[agg.index()];
                let fields = &self.schema.events[aggregate.event.index()].fields;
                match read {
                    crate::ir::Read::Value => false,
                    crate::ir::Read::Field(position) => {
                        let kept = aggregate.keep_fields.get(*position as usize);
                        declared(kept.map(|field| fields[field.index()].ty))
                    }
                }
            }
            _ => false,
        }
    }
}

/// The largest expression, everything it names written out.
const MOST_NODES: u32 = 250_000;
/// The deepest one.
const MOST_DEPTH: u32 = 256;
/// The deepest nesting of what is written, definitions included.
const MOST_NESTING: u32 = 200;

impl Resolver<'_> {
    /// Goes one level deeper; reports where that is too deep.
    fn deeper<T>(&mut self, span: Span, inner: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.nesting >= MOST_NESTING {
            self.too_large(span, "definitions and brackets stand too deep in each other");
            return None;
        }
        self.nesting += 1;
        let result = inner(self);
        self.nesting -= 1;
        result
    }

    /// Reports what would be too deep or too large to evaluate.
    fn bounded_size(&mut self, id: ExprId, span: Span) -> Option<()> {
        let shape = self.arena.shape(id);
        if shape.depth > MOST_DEPTH {
            self.too_large(span, "more than 256 steps of computation hang on each other here");
            return None;
        }
        if shape.size > MOST_NODES {
            self.too_large(
                span,
                "with everything it names written out, this is more than 250,000 operations",
            );
            return None;
        }
        Some(())
    }

    fn too_large(&mut self, span: Span, label: &str) {
        self.report(
            Diagnostic::new(&codes::LIMIT, span, "the expression is too large")
                .label(label)
                .help("take it apart: events can carry a sum, a segment can hold a condition"),
        );
    }
}
