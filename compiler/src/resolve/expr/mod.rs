//! Expressions: typing and lowering.
//!
//! Two passes. The first (`lower`) gives names their slots and nodes their types; it knows nothing of what may be missing. The
//! second (`presence`) walks the lowered nodes with the facts that guards establish (`facts`) and finds what may be missing or zero.
//! So a `define` is lowered once, and judged wherever it is used. A function that returns `None` has raised a diagnostic.
//! Start reading at [`Resolver::predicate`].

use super::Resolver;
use super::scope::{Expect, ExprScope, Facts, Truth, Typed};
use crate::ir::{self, Const, ExprId, FieldType};
use crate::syntax::ast;

impl Resolver<'_> {
    /// A condition: a `bool` that is always there. What it establishes: [`Resolver::when`].
    pub(crate) fn predicate(&mut self, _expr: &ast::Expr, _scope: &mut ExprScope<'_>) -> Option<ExprId> {
        None
    }

    /// A value of the type the place expects.
    pub(crate) fn value(&mut self, _expr: &ast::Expr, _scope: &mut ExprScope<'_>, _expect: Expect) -> Option<Typed> {
        None
    }

    /// A value for a declared field, always there: what `emit`, `set`, `call`, a template or a field of a message that is no text gets.
    /// Members, ranges of constants and `url` are checked too.
    pub(crate) fn field_value(&mut self, _expr: &ast::Expr, _scope: &mut ExprScope<'_>, _ty: &FieldType) -> Option<Typed> {
        None
    }

    /// A constant of a declared type, checked against its range and members: defaults, ends of ranges, patterns of `match`.
    pub(crate) fn constant(&mut self, _expr: &ast::Expr, _ty: &FieldType) -> Option<Const> {
        None
    }

    /// A text; what is interpolated must be there.
    pub(crate) fn text(&mut self, _text: &ast::Text, _scope: &mut ExprScope<'_>) -> Option<ir::Text> {
        None
    }

    /// A text per locale.
    pub(crate) fn localised(&mut self, _texts: &ast::Localised, _scope: &mut ExprScope<'_>) -> Option<ir::Text> {
        None
    }

    /// Whether the event has come within a window: what `wait for E since entry where P` asks first. `scope` is that around the wait.
    pub(crate) fn did(
        &mut self,
        _event: &ast::Ident,
        _window: &ast::Window,
        _filter: Option<&ast::Expr>,
        _scope: &mut ExprScope<'_>,
    ) -> Option<ExprId> {
        None
    }

    /// The literal of a `match` arm, of the subject's type.
    pub(crate) fn pattern(&mut self, _pattern: &ast::Expr, _subject: &Typed) -> Option<Const> {
        None
    }

    /// Reports a `match` without `otherwise` whose patterns leave something out; `arms` are all its patterns, `span` its head.
    pub(crate) fn exhaustive(&mut self, _subject: &Typed, _patterns: &[Const]) {}

    /// What is known when a condition went this way.
    pub(crate) fn when(&self, _condition: ExprId, _truth: Truth) -> Facts {
        Facts::default()
    }

    /// What is known in the arm of a `match` that took one of these values.
    pub(crate) fn when_matched(&self, _subject: ExprId, _patterns: &[Const]) -> Facts {
        Facts::default()
    }

    /// What an entry's `where` (over the event) establishes for the body (over the entry).
    pub(crate) fn when_entered(&mut self, _filter: ExprId) -> Facts {
        Facts::default()
    }

    /// What the `where` of a wait establishes for the steps after it: the facts that are not about the event it waited for.
    pub(crate) fn when_arrived(&self, _filter: ExprId) -> Facts {
        Facts::default()
    }

    /// Ends the facts that do not outlive a step that can take time.
    pub(crate) fn time_passes(&self, _scope: &mut ExprScope<'_>) {}
}
