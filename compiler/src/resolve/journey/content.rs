//! What a message holds: fields checked against the channel and the template, texts against the channel's units.

use super::Lowering;
use super::additions::Additions;
use super::flow::Flow;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::ir::{ChannelId, Content, ContentField, FieldType, Purpose, TemplateId};
use crate::resolve::{names, suggest};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind, FieldInit, FieldValue};

/// The fields a message can have: the channel's, then the template's.
struct Shape {
    fields: Vec<ContentField>,
    /// How many of them are the channel's.
    of_channel: usize,
    /// What messages call the channel.
    channel: String,
    /// And the template.
    template: Option<String>,
    /// The field that a text alone fills.
    main: Option<usize>,
    /// What profiles add to the texts of this message.
    additions: Additions,
}

impl Shape {
    /// Whose field it is, and which code a mistake with it has.
    fn owner(&self, index: usize) -> Owner {
        if index < self.of_channel { Owner::Channel } else { Owner::Template }
    }
}

/// Whose field it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The channel's: strings are texts.
    Channel,
    /// The template's: variables are values.
    Template,
}

impl<'a> Lowering<'_, 'a> {
    /// Lowers the content of an attempt.
    pub(super) fn content(
        &mut self,
        attempt: &'a ast::Attempt,
        channel: ChannelId,
        template: Option<TemplateId>,
        purpose: Purpose,
        flow: &mut Flow<'a>,
    ) -> Vec<(String, Content)> {
        let mut shape = self.shape(channel, template);
        if purpose == Purpose::Marketing {
            let policy = &self.resolver.schema.policies[self.settings.policy.index()];
            let main = shape.main.map(|main| shape.fields[main].name.as_str());
            shape.additions = Additions::of(policy, channel, &attempt.content, main);
        }
        let shape = shape;
        // Whoever lacks what the channel needs gets no message, so inside it counts as present.
        let mut inside = flow.clone();
        inside.scope.facts.add(&self.resolver.when_reachable(channel));
        let flow = &mut inside;
        let mut given: Vec<(usize, Content)> = Vec::new();
        match &attempt.content {
            ast::Content::None => {}
            ast::Content::Text(text) => match shape.main {
                Some(main) => {
                    given.extend(self.message_text(text, &shape, main, flow).map(|content| (main, content)))
                }
                // A channel of templates only has been told so already.
                None if template.is_none()
                    && self.resolver.schema.channels[channel.index()].templates_only => {}
                None => self.no_main_field(text.span, &shape),
            },
            ast::Content::Fields(fields) => {
                self.duplicate_fields(fields);
                for init in fields {
                    let Some(index) = self.message_field(init, &shape) else { continue };
                    let content = self.field_content(init, &shape, index, flow);
                    given.extend(content.map(|content| (index, content)));
                }
            }
        }
        self.all_given(attempt, &shape, template);
        given.sort_by_key(|(index, _)| *index);
        given.dedup_by_key(|(index, _)| *index);
        given.into_iter().map(|(index, content)| (shape.fields[index].name.clone(), content)).collect()
    }

    fn shape(&self, channel: ChannelId, template: Option<TemplateId>) -> Shape {
        let declared = &self.resolver.schema.channels[channel.index()];
        let template = template.map(|id| &self.resolver.schema.templates[id.index()]);
        let mut fields = declared.fields.clone();
        fields.extend(template.into_iter().flat_map(|template| template.fields.iter().cloned()));
        Shape {
            fields,
            of_channel: declared.fields.len(),
            channel: declared.name.clone(),
            template: template.map(|template| template.name.clone()),
            main: declared.main.map(|index| index as usize),
            additions: Additions::default(),
        }
    }

    fn message_field(&mut self, init: &FieldInit, shape: &Shape) -> Option<usize> {
        if let Some(index) = shape.fields.iter().position(|field| field.name == init.name.text) {
            return Some(index);
        }
        let candidates = shape.fields.iter().map(|field| field.name.as_str());
        let finding = match &shape.template {
            Some(template) => {
                let finding = Diagnostic::new(
                    &codes::CHANNEL_PURPOSE,
                    init.name.span,
                    format!("template `{template}` has no variable `{}`", init.name.text),
                )
                .label("not in the template");
                match suggest::nearest(init.name.as_str(), candidates.clone()) {
                    Some(nearest) => finding.help(format!("did you mean `{nearest}`?")),
                    None => finding.help(format!("its variables are {}", suggest::listed(candidates))),
                }
            }
            None => {
                names::unknown_in(&format!("channel `{}`", shape.channel), "field", &init.name, candidates)
            }
        };
        self.resolver.report(finding);
        None
    }

    fn field_content(
        &mut self,
        init: &'a FieldInit,
        shape: &Shape,
        index: usize,
        flow: &mut Flow<'a>,
    ) -> Option<Content> {
        let field = &shape.fields[index];
        let is_text = matches!(field.ty, FieldType::Str(_) | FieldType::Url(_));
        match &init.value {
            FieldValue::Localised(texts) if is_text => {
                let lowered = self.resolver.localised(texts, &mut flow.scope)?;
                for ((_, parts), written) in lowered.variants.iter().zip(&texts.entries) {
                    self.fits(parts, &written.text, field, (&shape.channel, &shape.additions));
                }
                Some(Content::Text(lowered))
            }
            FieldValue::Localised(_) => {
                self.expression(init);
                None
            }
            FieldValue::Expr(expr) => match (&expr.inner().kind, &field.ty) {
                (ExprKind::Text(text), FieldType::Str(_)) => self.message_text(text, shape, index, flow),
                (ExprKind::Text(text), FieldType::Url(_)) if text.as_plain().is_none() => {
                    self.message_text(text, shape, index, flow)
                }
                (ExprKind::Error, _) => None,
                (_, FieldType::Str(_)) if shape.owner(index) == Owner::Channel => {
                    self.text_wanted(expr.span, field);
                    None
                }
                _ => {
                    let value = self.resolver.field_value(expr, &mut flow.scope, &field.ty)?;
                    self.value_fits(value.id, expr.span, field, &shape.channel);
                    Some(Content::Value(value.id))
                }
            },
        }
    }

    fn message_text(
        &mut self,
        text: &'a ast::Text,
        shape: &Shape,
        index: usize,
        flow: &mut Flow<'a>,
    ) -> Option<Content> {
        let lowered = self.resolver.text(text, &mut flow.scope)?;
        for (_, parts) in &lowered.variants {
            self.fits(parts, text, &shape.fields[index], (&shape.channel, &shape.additions));
        }
        Some(Content::Text(lowered))
    }

    fn text_wanted(&mut self, span: Span, field: &ContentField) {
        self.resolver.report(
            Diagnostic::new(&codes::TYPE_MISMATCH, span, format!("`{}` takes a text", field.name))
                .label("a value")
                .help(format!("write it inside a text: `{}: \"{{…}}\";`", field.name)),
        );
    }

    fn no_main_field(&mut self, span: Span, shape: &Shape) {
        let fields: Vec<String> = shape.fields.iter().map(|field| format!("{}: …;", field.name)).collect();
        self.resolver.report(
            Diagnostic::new(
                &codes::TYPE_MISMATCH,
                span,
                format!("`{}` has no main field for a text alone", shape.channel),
            )
            .label("no field to put it in")
            .help(format!(
                "name the fields: `send {} {{ {} }}`",
                shape.channel,
                fields.join(" ")
            )),
        );
    }

    /// Reports fields that the message must have and has not. With a template, its text stands for the channel's main field.
    fn all_given(&mut self, attempt: &ast::Attempt, shape: &Shape, template: Option<TemplateId>) {
        let main = shape.main.map(|index| shape.fields[index].name.as_str());
        let given = |name: &str| match &attempt.content {
            ast::Content::None => false,
            // A text that finds no field is its own finding.
            ast::Content::Text(_) => main.is_none_or(|main| main == name),
            ast::Content::Fields(fields) => fields.iter().any(|init| init.name.text == name),
        };
        let unknown = match &attempt.content {
            ast::Content::None | ast::Content::Text(_) => 0,
            ast::Content::Fields(fields) => {
                let known = |init: &&FieldInit| shape.fields.iter().any(|field| field.name == init.name.text);
                fields.iter().filter(|init| !known(init)).count()
            }
        };
        let lacking = |owner: Owner| -> Vec<&str> {
            let of_owner = shape.fields.iter().enumerate().filter(|(index, _)| shape.owner(*index) == owner);
            of_owner
                .filter(|(_, field)| !field.optional && !given(&field.name))
                .map(|(_, field)| field.name.as_str())
                // A field of another name was reported, and is probably meant for it.
                .skip(unknown)
                .collect()
        };
        if template.is_none() {
            self.missing_fields(
                &lacking(Owner::Channel),
                &format!("this `{}` message", shape.channel),
                attempt.span,
            );
        }
        let variables = lacking(Owner::Template);
        if let (Some(template), false) = (&shape.template, variables.is_empty()) {
            let example: Vec<String> = variables.iter().map(|name| format!("{name}: …;")).collect();
            self.resolver.report(
                Diagnostic::new(
                    &codes::CHANNEL_PURPOSE,
                    attempt.span,
                    format!("template `{template}` is sent without {}", suggest::listed(variables)),
                )
                .label("not all variables are given")
                .help(format!("add `{}`", example.join(" "))),
            );
        }
    }
}
