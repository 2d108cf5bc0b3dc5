//! Declarations, types and fields.

use super::lines::Line;
use super::{Lowering, Pair, child};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{
    CatalogDecl, ChannelBody, ChannelDecl, ChannelItem, ChannelItemKind, ClassArm, ClassifyDecl, Decl,
    DefineDecl, Doc, EventDecl, EventRate, Expr, ExprKind, Field, Journey, JourneyOrigin, LengthBound,
    LengthUnit, Mutability, Param, Purpose, SegmentDecl, SequenceDecl, Spanned, TemplateDecl, TypeExpr,
    TypeKind, TypeRange, UserDecl,
};
use crate::syntax::forms::{self, Part};
use wayline_grammar::Rule;

impl Lowering<'_> {
    /// The declarations of a file, and its implicit journey.
    pub(super) fn top_level(&mut self, root: Pair<'_>, stem: &str) -> Vec<Decl> {
        let mut decls = Vec::new();
        let mut statements: Vec<Line<'_>> = Vec::new();
        let mut first_statement = None;
        for line in self.lines(&root, Part::Top) {
            match line {
                Line::Cut { .. } => {}
                Line::Bad(span) if statements.is_empty() => decls.push(Decl::Error(span)),
                Line::Bad(span) => statements.push(Line::Bad(span)),
                Line::Statement { doc, content } => {
                    let Some(head) = content.first().cloned() else { continue };
                    if !is_declaration(&head) {
                        first_statement.get_or_insert(head.as_span().start());
                        statements.push(Line::Statement { doc, content });
                        continue;
                    }
                    if !statements.is_empty() {
                        self.declaration_after_statements(&head, first_statement.unwrap_or(0));
                    }
                    decls.push(self.decl(head, doc));
                }
            }
        }
        if let Some(start) = first_statement {
            let name = crate::syntax::ast::Ident { text: stem.to_owned(), span: self.place(start, start) };
            let span = self.place(start, self.text.trim_end().len());
            decls.push(Decl::Journey(self.journey(None, name, JourneyOrigin::File, statements, span)));
        }
        decls
    }

    fn declaration_after_statements(&mut self, decl: &Pair<'_>, first: usize) {
        let start = decl.as_span().start();
        let end = self.text[start..].find(['{', '=', '\n']).map_or(self.text.len(), |length| start + length);
        let span = Span::new(self.file, start, start + self.text[start..end].trim_end().len());
        self.report(
            Diagnostic::new(
                &codes::SYNTAX,
                span,
                "declarations stand before the statements of a file's journey",
            )
            .label("a declaration")
            .also(Span::point(self.file, first), "the file's journey starts here and goes to its end")
            .help("move it above, or put the journey in `journey NAME { … }`"),
        );
    }

    fn decl(&mut self, pair: Pair<'_>, doc: Option<Doc>) -> Decl {
        let span = self.span(&pair);
        match pair.as_rule() {
            Rule::event_decl => Decl::Event(self.event(&pair, doc)),
            Rule::user_decl => Decl::User(UserDecl { doc, fields: self.fields_of(&pair), span }),
            Rule::catalog_decl => {
                let mut names = self.idents(&pair).into_iter();
                let (Some(name), Some(key)) = (names.next(), names.next()) else { return Decl::Error(span) };
                Decl::Catalog(CatalogDecl { doc, name, key, fields: self.fields_of(&pair), span })
            }
            Rule::define_decl => {
                Decl::Define(DefineDecl { doc, name: self.name(&pair), value: self.expr_of(&pair), span })
            }
            Rule::segment_decl => Decl::Segment(SegmentDecl {
                doc,
                name: self.name(&pair),
                predicate: self.expr_of(&pair),
                span,
            }),
            Rule::classify_decl => self.classify(&pair, doc),
            Rule::channel_decl => self.channel(&pair, doc),
            Rule::template_decl => {
                let mut names = self.idents(&pair).into_iter();
                let (Some(name), Some(channel)) = (names.next(), names.next()) else {
                    return Decl::Error(span);
                };
                let approved = self.span_of(&pair, Rule::kw_approved);
                Decl::Template(TemplateDecl {
                    doc,
                    name,
                    channel,
                    approved,
                    fields: self.fields_of(&pair),
                    span,
                })
            }
            Rule::policy_decl => Decl::Policy(self.policy(&pair, doc)),
            Rule::sequence_decl => self.sequence(&pair, doc),
            Rule::journey_decl => {
                let name = self.name(&pair);
                Decl::Journey(self.declared_journey(doc, name, &pair))
            }
            Rule::test_decl => Decl::Test(self.test_decl(&pair, doc)),
            Rule::slip_decl => self.slip_decl(doc, &pair),
            _ => Decl::Error(span),
        }
    }

    /// `jorney cart { … }`: reported, and read on where it is surely a journey.
    fn slip_decl(&mut self, doc: Option<Doc>, pair: &Pair<'_>) -> Decl {
        self.bad(pair.as_span().start(), super::end_of(pair), Part::Top);
        let mut words = self.idents(pair).into_iter();
        match (words.next(), words.next()) {
            (Some(word), Some(name)) if forms::is_near(&word.text, "journey") => {
                Decl::Journey(self.declared_journey(doc, name, pair))
            }
            _ => Decl::Error(self.span(pair)),
        }
    }

    fn declared_journey(
        &mut self,
        doc: Option<Doc>,
        name: crate::syntax::ast::Ident,
        pair: &Pair<'_>,
    ) -> Journey {
        let span = self.span(pair);
        let lines = match child(pair, Rule::block) {
            Some(block) => self.lines(&block, Part::Statement),
            None => Vec::new(),
        };
        self.journey(doc, name, JourneyOrigin::Declared, lines, span)
    }

    fn event(&mut self, pair: &Pair<'_>, doc: Option<Doc>) -> EventDecl {
        let subject = child(pair, Rule::subject).map(|kid| self.name(&kid));
        let past = child(pair, Rule::past_name).map(|kid| self.name(&kid));
        let from = child(pair, Rule::wire_name).and_then(|kid| self.string_of(&kid));
        let rate = child(pair, Rule::event_rate).map(|kid| EventRate {
            count: self.int_of(&kid),
            per: self.length_of(&kid),
            span: self.span(&kid),
        });
        self.once_each(pair, &[Rule::past_name, Rule::wire_name, Rule::kw_once, Rule::event_rate]);
        EventDecl {
            doc,
            name: self.name(pair),
            subject,
            past,
            from,
            once: self.span_of(pair, Rule::kw_once),
            rate,
            fields: self.fields_of(pair),
            span: self.span(pair),
        }
    }

    /// Reports clauses that stand twice where order is free.
    pub(super) fn once_each(&mut self, pair: &Pair<'_>, rules: &[Rule]) {
        for &rule in rules {
            let mut found = pair.clone().into_inner().filter(|kid| kid.as_rule() == rule);
            let (Some(first), Some(second)) = (found.next(), found.next()) else { continue };
            let (first, second) = (self.real(&first), self.real(&second));
            self.report(
                Diagnostic::new(&codes::SYNTAX, second, "this clause stands twice")
                    .label("the second one")
                    .also(first, "the first one")
                    .help("keep one of them"),
            );
        }
    }

    fn classify(&mut self, pair: &Pair<'_>, doc: Option<Doc>) -> Decl {
        let mut arms = Vec::new();
        for line in self.lines(pair, Part::Class) {
            let Line::Statement { doc, content } = line else { continue };
            let Some(arm) = content.first() else { continue };
            let when = child(arm, Rule::expr).map(|kid| self.expr(kid));
            arms.push(ClassArm { doc, name: self.name(arm), when, span: self.span(arm) });
        }
        Decl::Classify(ClassifyDecl { doc, name: self.name(pair), arms, span: self.span(pair) })
    }

    fn channel(&mut self, pair: &Pair<'_>, doc: Option<Doc>) -> Decl {
        let deprecated = child(pair, Rule::deprecated).and_then(|kid| self.string_of(&kid));
        let mut names = self.idents(pair).into_iter();
        let span = self.span(pair);
        let Some(name) = names.next() else { return Decl::Error(span) };
        let items = child(pair, Rule::channel_body).map(|body| self.channel_items(&body));
        let body = match (names.next(), items) {
            (None, Some(items)) => ChannelBody::Items(items),
            (Some(other), None) => ChannelBody::Alias(other),
            (other, items) => {
                let real = self.real(pair);
                self.report(
                    Diagnostic::new(
                        &codes::SYNTAX,
                        real,
                        format!("channel `{}` is neither a channel nor an alias", name.text),
                    )
                    .label("one of both")
                    .help("write `channel NAME { … }` or `channel NAME = OTHER;`"),
                );
                match (other, items) {
                    (Some(other), _) => ChannelBody::Alias(other),
                    (None, items) => ChannelBody::Items(items.unwrap_or_default()),
                }
            }
        };
        Decl::Channel(ChannelDecl { doc, name, body, deprecated, span })
    }

    fn channel_items(&mut self, body: &Pair<'_>) -> Vec<ChannelItem> {
        let mut items = Vec::new();
        for line in self.lines(body, Part::Channel) {
            match line {
                Line::Cut { .. } => {}
                Line::Bad(span) => items.push(ChannelItem { doc: None, kind: ChannelItemKind::Error, span }),
                Line::Statement { doc, content } => {
                    let Some(item) = content.first() else { continue };
                    let span = self.span(item);
                    let (doc, kind) = self.channel_item(item, doc);
                    items.push(ChannelItem { doc, kind, span });
                }
            }
        }
        items
    }

    fn channel_item(&mut self, item: &Pair<'_>, doc: Option<Doc>) -> (Option<Doc>, ChannelItemKind) {
        let kind = match item.as_rule() {
            Rule::needs_item => ChannelItemKind::Needs(self.exprs_of(item)),
            Rule::consent_item => {
                let purpose = self.purpose_of(item);
                ChannelItemKind::Consent { purpose, rule: self.expr_of(item) }
            }
            Rule::purposes_item => {
                let purposes = item.clone().into_inner().filter(|kid| kid.as_rule() == Rule::purpose);
                ChannelItemKind::Purposes(purposes.map(|kid| self.purpose(&kid)).collect())
            }
            Rule::hours_item => ChannelItemKind::Hours(self.clock_range_of(item)),
            Rule::costs_item => {
                let cost = self.ariths_of(item).pop();
                ChannelItemKind::Costs(cost.unwrap_or(Expr { kind: ExprKind::Error, span: self.span(item) }))
            }
            Rule::uncapped_item => ChannelItemKind::Uncapped,
            Rule::unbilled_item => ChannelItemKind::UnbilledOnFailure,
            Rule::templates_item => ChannelItemKind::TemplatesApproved,
            Rule::main_item => {
                let main = self.span_of(item, Rule::kw_main);
                match child(item, Rule::field) {
                    Some(field) => ChannelItemKind::Field { main, field: self.field(&field, doc.clone()) },
                    None => ChannelItemKind::Error,
                }
            }
            Rule::field => ChannelItemKind::Field { main: None, field: self.field(item, doc.clone()) },
            _ => ChannelItemKind::Error,
        };
        (doc, kind)
    }

    /// The `purpose` among a pair's children; marketing where there is none.
    pub(super) fn purpose_of(&mut self, pair: &Pair<'_>) -> Spanned<Purpose> {
        match child(pair, Rule::purpose) {
            Some(kid) => self.purpose(&kid),
            None => Spanned { value: Purpose::Marketing, span: self.span(pair) },
        }
    }

    pub(super) fn purpose(&mut self, pair: &Pair<'_>) -> Spanned<Purpose> {
        let value = match pair.as_str().trim() {
            word if word.starts_with("informational") => Purpose::Informational,
            word if word.starts_with("transactional") => Purpose::Transactional,
            _ => Purpose::Marketing,
        };
        Spanned { value, span: self.span(pair) }
    }

    fn sequence(&mut self, pair: &Pair<'_>, doc: Option<Doc>) -> Decl {
        let span = self.span(pair);
        let mut params = Vec::new();
        if let Some(list) = child(pair, Rule::params) {
            for param in list.into_inner().filter(|kid| kid.as_rule() == Rule::param) {
                params.push(Param {
                    name: self.name(&param),
                    ty: self.type_of(&param),
                    span: self.span(&param),
                });
            }
        }
        let name = self.name(pair);
        match child(pair, Rule::block) {
            Some(block) => Decl::Sequence(SequenceDecl { doc, name, params, body: self.block(&block), span }),
            None => Decl::Error(span),
        }
    }

    /// The fields of `{ … }` among a pair's children.
    fn fields_of(&mut self, pair: &Pair<'_>) -> Vec<Field> {
        match child(pair, Rule::fields) {
            Some(fields) => self.field_list(&fields),
            None => Vec::new(),
        }
    }

    fn field_list(&mut self, pair: &Pair<'_>) -> Vec<Field> {
        let mut fields = Vec::new();
        for line in self.lines(pair, Part::Field) {
            match line {
                Line::Statement { doc, content } => {
                    fields.extend(content.first().map(|field| self.field(field, doc)))
                }
                Line::Cut { doc, field } => {
                    let mut field = self.field(&field, doc);
                    field.ty.kind = TypeKind::Error;
                    fields.push(field);
                }
                Line::Bad(_) => {}
            }
        }
        fields
    }

    fn field(&mut self, pair: &Pair<'_>, doc: Option<Doc>) -> Field {
        self.once_each(pair, &[Rule::wire_name, Rule::default]);
        Field {
            doc,
            name: self.name(pair),
            ty: self.type_of(pair),
            from: child(pair, Rule::wire_name).and_then(|kid| self.string_of(&kid)),
            default: child(pair, Rule::default).map(|kid| self.expr_of(&kid)),
            span: self.span(pair),
        }
    }

    /// The type among a pair's children.
    fn type_of(&mut self, pair: &Pair<'_>) -> TypeExpr {
        match child(pair, Rule::type_expr) {
            Some(kid) => self.type_expr(&kid),
            None => {
                let span = self.span(pair);
                TypeExpr {
                    kind: TypeKind::Error,
                    optional: None,
                    range: None,
                    bound: None,
                    past: None,
                    mutability: None,
                    span,
                }
            }
        }
    }

    fn type_expr(&mut self, pair: &Pair<'_>) -> TypeExpr {
        self.once_each(pair, &[Rule::type_range, Rule::type_bound, Rule::kw_past, Rule::mutability]);
        let range = child(pair, Rule::type_range).and_then(|kid| {
            let mut ends = self.ariths_of(&kid).into_iter();
            Some(TypeRange { low: ends.next()?, high: ends.next()?, span: self.span(&kid) })
        });
        let bound = child(pair, Rule::type_bound).map(|kid| {
            let unit = child(&kid, Rule::length_unit).map_or(LengthUnit::Chars, |unit| length_unit(&unit));
            LengthBound { max: self.int_of(&kid), unit, span: self.span(&kid) }
        });
        let mutability = child(pair, Rule::mutability).map(|kid| {
            let value = if kid.as_str().starts_with("immutable") {
                Mutability::Immutable
            } else {
                Mutability::Monotone
            };
            Spanned { value, span: self.span(&kid) }
        });
        TypeExpr {
            kind: self.type_kind(pair),
            optional: self.span_of(pair, Rule::mark),
            range,
            bound,
            past: self.span_of(pair, Rule::kw_past),
            mutability,
            span: self.span(pair),
        }
    }

    fn type_kind(&mut self, pair: &Pair<'_>) -> TypeKind {
        let Some(core) = pair.clone().into_inner().next() else { return TypeKind::Error };
        match core.as_rule() {
            Rule::type_name => TypeKind::Named(self.name(&core)),
            Rule::set_type => {
                let members = core.into_inner().filter(|kid| kid.as_rule() == Rule::text);
                TypeKind::Set(members.map(|kid| self.string(&kid)).collect())
            }
            Rule::list_type => TypeKind::List(Box::new(self.type_of(&core))),
            Rule::record_type => TypeKind::Record(self.field_list(&core)),
            _ => TypeKind::Error,
        }
    }
}

/// Whether a top-level pair is a declaration.
pub(super) fn is_declaration(pair: &Pair<'_>) -> bool {
    matches!(
        pair.as_rule(),
        Rule::event_decl
            | Rule::user_decl
            | Rule::catalog_decl
            | Rule::define_decl
            | Rule::segment_decl
            | Rule::classify_decl
            | Rule::channel_decl
            | Rule::template_decl
            | Rule::policy_decl
            | Rule::sequence_decl
            | Rule::journey_decl
            | Rule::test_decl
            | Rule::slip_decl
    )
}

fn length_unit(pair: &Pair<'_>) -> LengthUnit {
    match pair.clone().into_inner().last().map(|kid| kid.as_rule()) {
        Some(Rule::kw_utf8) => LengthUnit::BytesUtf8,
        Some(Rule::kw_euckr) => LengthUnit::BytesEuckr,
        Some(Rule::kw_gsm7) => LengthUnit::Gsm7,
        _ => LengthUnit::Chars,
    }
}
