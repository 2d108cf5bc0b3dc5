//! Declarations, types and fields.

use super::doc::Doc;
use super::printer::{Braces, Item, Printer};
use crate::source::Span;
use crate::syntax::ast::{
    ChannelBody, ChannelDecl, ChannelItem, ChannelItemKind, ClassArm, ClassifyDecl, Decl, Doc as DocComment,
    EventDecl, Field, File, JourneyOrigin, LengthUnit, Mutability, Purpose, SequenceDecl, Spanned, StrLit,
    TemplateDecl, TypeExpr, TypeKind,
};

impl Printer<'_> {
    /// The whole file.
    pub(super) fn file(&mut self, file: &File) -> Doc {
        let mut items: Vec<Item<'_, Top<'_>>> = Vec::new();
        let mut tops: Vec<(Option<&DocComment>, Span, Top<'_>)> = Vec::new();
        for decl in &file.decls {
            match decl {
                Decl::Journey(journey) if journey.origin == JourneyOrigin::File => {
                    tops.extend(
                        statements(journey)
                            .into_iter()
                            .map(|(doc, span, node)| (doc, span, Top::Statement(node))),
                    );
                }
                _ => tops.push((decl_doc(decl), decl.span(), Top::Decl(decl))),
            }
        }
        for (doc, span, node) in &tops {
            items.push(Item { doc: *doc, span: *span, node });
        }
        let lines = self.lines(items, 0, self.source.len(), |printer, top| match top {
            Top::Decl(decl) => printer.decl(decl),
            Top::Statement(statement) => printer.statement(statement),
        });
        Doc::Concat(lines)
    }

    fn decl(&mut self, decl: &Decl) -> Doc {
        match decl {
            Decl::Event(event) => self.event(event),
            Decl::User(user) => self.headed("user ".to_owned(), &user.fields, user.span),
            Decl::Catalog(catalog) => {
                let head = format!("catalog {} per {} ", self.name(&catalog.name), self.name(&catalog.key));
                self.headed(head, &catalog.fields, catalog.span)
            }
            Decl::Define(define) => {
                let head = format!("define {} = ", self.name(&define.name));
                Doc::Concat(vec![Doc::text(head), self.expr(&define.value), Doc::text(";")])
            }
            Decl::Segment(segment) => {
                let head = format!("segment {} = ", self.name(&segment.name));
                Doc::Concat(vec![Doc::text(head), self.expr(&segment.predicate), Doc::text(";")])
            }
            Decl::Classify(classify) => self.classify(classify),
            Decl::Channel(channel) => self.channel(channel),
            Decl::Template(template) => self.template(template),
            Decl::Policy(policy) => self.policy(policy),
            Decl::Sequence(sequence) => self.sequence(sequence),
            Decl::Journey(journey) => self.journey(journey),
            Decl::Test(test) => self.test(test),
            Decl::Error(span) => self.raw(*span),
        }
    }

    /// A head and fields in braces.
    fn headed(&mut self, head: String, fields: &[Field], span: Span) -> Doc {
        let body = self.fields(fields, span.start as usize, span.end as usize);
        Doc::Concat(vec![Doc::text(head), body])
    }

    fn fields(&mut self, fields: &[Field], open: usize, end: usize) -> Doc {
        let items = fields
            .iter()
            .map(|field| Item { doc: field.doc.as_ref(), span: field.span, node: field })
            .collect();
        self.braces(items, open, end, Braces::AsWritten, |printer, field| {
            Doc::Concat(vec![printer.field(field), Doc::text(";")])
        })
    }

    fn event(&mut self, event: &EventDecl) -> Doc {
        let mut head = format!("event {}", self.name(&event.name));
        if let Some(subject) = &event.subject {
            head.push_str(&format!("({})", self.name(subject)));
        }
        if let Some(past) = &event.past {
            head.push_str(&format!(" as {}", self.name(past)));
        }
        if let Some(from) = &event.from {
            head.push_str(&format!(" from {}", self.slice(from.span)));
        }
        if event.once.is_some() {
            head.push_str(" once");
        }
        if let Some(rate) = &event.rate {
            head.push_str(&format!(
                " at most {} per {}",
                self.slice(rate.count.span),
                self.slice(rate.per.span)
            ));
        }
        head.push(' ');
        self.headed(head, &event.fields, event.span)
    }

    fn classify(&mut self, classify: &ClassifyDecl) -> Doc {
        let items: Vec<Item<'_, ClassArm>> = classify
            .arms
            .iter()
            .map(|arm| Item { doc: arm.doc.as_ref(), span: arm.span, node: arm })
            .collect();
        let (open, end) = (classify.span.start as usize, classify.span.end as usize);
        let body = self.braces(items, open, end, Braces::AsWritten, |printer, arm| {
            let name = printer.name(&arm.name);
            match &arm.when {
                Some(when) => {
                    Doc::Concat(vec![Doc::text(format!("{name} when ")), printer.expr(when), Doc::text(";")])
                }
                None => Doc::text(format!("{name} otherwise;")),
            }
        });
        Doc::Concat(vec![Doc::text(format!("classify {} ", self.name(&classify.name))), body])
    }

    fn channel(&mut self, channel: &ChannelDecl) -> Doc {
        let mut head = format!("channel {}", self.name(&channel.name));
        let deprecated = |why: &StrLit, printer: &Self| format!(" deprecated {}", printer.slice(why.span));
        match &channel.body {
            ChannelBody::Alias(other) => {
                head.push_str(&format!(" = {}", self.name(other)));
                if let Some(why) = &channel.deprecated {
                    head.push_str(&deprecated(why, self));
                }
                head.push(';');
                Doc::text(head)
            }
            ChannelBody::Items(items) => {
                if let Some(why) = &channel.deprecated {
                    head.push_str(&deprecated(why, self));
                }
                head.push(' ');
                let items = items
                    .iter()
                    .map(|item| Item { doc: item.doc.as_ref(), span: item.span, node: item })
                    .collect();
                let (open, end) = (channel.span.start as usize, channel.span.end as usize);
                let body = self.braces(items, open, end, Braces::AsWritten, |printer, item: &ChannelItem| {
                    Doc::Concat(vec![printer.channel_item(&item.kind, item.span), Doc::text(";")])
                });
                Doc::Concat(vec![Doc::text(head), body])
            }
        }
    }

    fn channel_item(&mut self, item: &ChannelItemKind, span: Span) -> Doc {
        match item {
            ChannelItemKind::Needs(paths) => {
                let paths = paths.iter().map(|path| self.expr(path)).collect();
                let mut out = vec![Doc::text("needs ")];
                out.extend(super::doc::join(paths, &[Doc::text(", ")]));
                Doc::Concat(out)
            }
            ChannelItemKind::Consent { purpose, rule } => {
                Doc::Concat(vec![Doc::text(format!("consent {}: ", purpose.value.word())), self.expr(rule)])
            }
            ChannelItemKind::Purposes(purposes) => Doc::text(format!("purposes {}", words(purposes))),
            ChannelItemKind::Hours(range) => Doc::text(format!("hours {}", self.clock_range(range))),
            ChannelItemKind::Costs(cost) => Doc::Concat(vec![Doc::text("costs "), self.expr(cost)]),
            ChannelItemKind::Uncapped => Doc::text("uncapped"),
            ChannelItemKind::UnbilledOnFailure => Doc::text("unbilled on failure"),
            ChannelItemKind::TemplatesApproved => Doc::text("templates approved"),
            ChannelItemKind::Field { main, field } => {
                let main = if main.is_some() { "main " } else { "" };
                Doc::Concat(vec![Doc::text(main), self.field(field)])
            }
            ChannelItemKind::Error => self.raw(span),
        }
    }

    fn template(&mut self, template: &TemplateDecl) -> Doc {
        let approved = if template.approved.is_some() { "approved " } else { "" };
        let head =
            format!("template {} for {} {approved}", self.name(&template.name), self.name(&template.channel));
        self.headed(head, &template.fields, template.span)
    }

    fn sequence(&mut self, sequence: &SequenceDecl) -> Doc {
        let mut out = vec![Doc::text(format!("sequence {}(", self.name(&sequence.name)))];
        for (index, param) in sequence.params.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            out.push(Doc::text(format!("{comma}{}: ", self.name(&param.name))));
            out.push(self.type_expr(&param.ty));
        }
        out.push(Doc::text(") "));
        out.push(self.block(&sequence.body));
        Doc::Concat(out)
    }

    fn field(&mut self, field: &Field) -> Doc {
        let mut out = vec![Doc::text(format!("{}: ", self.name(&field.name))), self.type_expr(&field.ty)];
        if let Some(from) = &field.from {
            out.push(Doc::text(format!(" from {}", self.slice(from.span))));
        }
        if let Some(default) = &field.default {
            out.push(Doc::text(" = "));
            out.push(self.expr(default));
        }
        Doc::Concat(out)
    }

    fn type_expr(&mut self, ty: &TypeExpr) -> Doc {
        let mut out = Vec::new();
        match &ty.kind {
            TypeKind::Named(name) => out.push(Doc::text(self.name(name))),
            TypeKind::Set(members) => {
                let members: Vec<&str> = members.iter().map(|member| self.slice(member.span)).collect();
                out.push(Doc::text(members.join(" | ")));
            }
            TypeKind::List(inner) => {
                out.push(Doc::text("list<"));
                out.push(self.type_expr(inner));
                out.push(Doc::text(">"));
            }
            TypeKind::Record(fields) => {
                let end = ty.span.start as usize + self.slice(ty.span).rfind('}').map_or(0, |at| at + 1);
                out.push(self.fields(fields, ty.span.start as usize, end));
            }
            TypeKind::Error => out.push(self.raw(ty.span)),
        }
        if ty.optional.is_some() {
            out.push(Doc::text(if matches!(ty.kind, TypeKind::Set(_)) { " ?" } else { "?" }));
        }
        if let Some(range) = &ty.range {
            out.push(Doc::text(" in "));
            out.push(self.expr(&range.low));
            out.push(Doc::text(" .. "));
            out.push(self.expr(&range.high));
        }
        if let Some(bound) = &ty.bound {
            out.push(Doc::text(format!(
                " at most {} {}",
                self.slice(bound.max.span),
                unit_words(bound.unit)
            )));
        }
        if ty.past.is_some() {
            out.push(Doc::text(" past"));
        }
        if let Some(mutability) = ty.mutability {
            out.push(Doc::text(match mutability.value {
                Mutability::Immutable => " immutable",
                Mutability::Monotone => " monotone",
            }));
        }
        Doc::Concat(out)
    }
}

use super::journey::{Statement, statements};

/// A line at the top of a file.
enum Top<'t> {
    Decl(&'t Decl),
    Statement(Statement<'t>),
}

fn decl_doc(decl: &Decl) -> Option<&DocComment> {
    match decl {
        Decl::Event(decl) => decl.doc.as_ref(),
        Decl::User(decl) => decl.doc.as_ref(),
        Decl::Catalog(decl) => decl.doc.as_ref(),
        Decl::Define(decl) => decl.doc.as_ref(),
        Decl::Segment(decl) => decl.doc.as_ref(),
        Decl::Classify(decl) => decl.doc.as_ref(),
        Decl::Channel(decl) => decl.doc.as_ref(),
        Decl::Template(decl) => decl.doc.as_ref(),
        Decl::Policy(decl) => decl.doc.as_ref(),
        Decl::Sequence(decl) => decl.doc.as_ref(),
        Decl::Journey(decl) => decl.doc.as_ref(),
        Decl::Test(decl) => decl.doc.as_ref(),
        Decl::Error(_) => None,
    }
}

fn words(purposes: &[Spanned<Purpose>]) -> String {
    purposes.iter().map(|purpose| purpose.value.word()).collect::<Vec<_>>().join(", ")
}

fn unit_words(unit: LengthUnit) -> &'static str {
    match unit {
        LengthUnit::Chars => "chars",
        LengthUnit::BytesUtf8 => "bytes utf8",
        LengthUnit::BytesEuckr => "bytes euckr",
        LengthUnit::Gsm7 => "gsm7",
    }
}
