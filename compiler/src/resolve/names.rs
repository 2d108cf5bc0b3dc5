//! Every declaration by kind and name: what a name can mean.
//!
//! A project's declaration replaces std's of the same name. Positions in a table follow the names, so they are the ids of the program and
//! do not depend on the order of files. Start reading at [`Names::collect`].

use super::suggest;
use crate::codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::pipeline::{Parsed, Sources};
use crate::source::Span;
use crate::syntax::ast::{self, Decl, Ident};
use std::collections::BTreeMap;

/// A declaration and where it comes from.
#[derive(Debug)]
pub(crate) struct Declared<'a, T> {
    /// The declaration.
    pub(crate) decl: &'a T,
    /// Its name's place.
    pub(crate) span: Span,
}

impl<T> Clone for Declared<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Declared<'_, T> {}

/// Declarations of one kind by name.
#[derive(Debug)]
pub(crate) struct Table<'a, T> {
    by_name: BTreeMap<&'a str, Declared<'a, T>>,
    order: BTreeMap<&'a str, usize>,
}

impl<T> Default for Table<'_, T> {
    fn default() -> Self {
        Table { by_name: BTreeMap::new(), order: BTreeMap::new() }
    }
}

impl<'a, T> Table<'a, T> {
    /// The position (the id) and declaration of a name.
    pub(crate) fn get(&self, name: &str) -> Option<(usize, &'a T)> {
        let declared = self.by_name.get(name)?;
        Some((*self.order.get(name)?, declared.decl))
    }

    /// The declarations by position.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, Declared<'a, T>)> {
        self.by_name.values().copied().enumerate()
    }

    /// The names in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.by_name.keys().copied()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Where a name is declared.
    pub(crate) fn span_of(&self, name: &str) -> Option<Span> {
        self.by_name.get(name).map(|declared| declared.span)
    }

    fn places(&self) -> impl Iterator<Item = (&'a str, Span)> {
        self.by_name.iter().map(|(name, declared)| (*name, declared.span))
    }

    fn number(&mut self) {
        self.order = self.by_name.keys().enumerate().map(|(index, name)| (*name, index)).collect();
    }
}

/// Every declaration of a project and of std.
#[derive(Debug, Default)]
pub(crate) struct Names<'a> {
    /// Events.
    pub(crate) events: Table<'a, ast::EventDecl>,
    /// Events by past-tense name: `purchased`.
    pub(crate) past: Table<'a, ast::EventDecl>,
    /// User attributes.
    pub(crate) attributes: Table<'a, ast::Field>,
    /// Catalogs.
    pub(crate) catalogs: Table<'a, ast::CatalogDecl>,
    /// Defines.
    pub(crate) defines: Table<'a, ast::DefineDecl>,
    /// Segments.
    pub(crate) segments: Table<'a, ast::SegmentDecl>,
    /// Classes.
    pub(crate) classifies: Table<'a, ast::ClassifyDecl>,
    /// Channels, aliases included.
    pub(crate) channels: Table<'a, ast::ChannelDecl>,
    /// Templates.
    pub(crate) templates: Table<'a, ast::TemplateDecl>,
    /// Named policies.
    pub(crate) policies: Table<'a, ast::Policy>,
    /// The default policy.
    pub(crate) default_policy: Option<&'a ast::Policy>,
    /// Sequences.
    pub(crate) sequences: Table<'a, ast::SequenceDecl>,
    /// Journeys.
    pub(crate) journeys: Table<'a, ast::Journey>,
}

impl<'a> Names<'a> {
    /// Collects the declarations of all files; duplicates are reported, the first one stands.
    pub(crate) fn collect(parsed: &'a Parsed, diagnostics: &mut Diagnostics) -> Names<'a> {
        let mut names = Names::default();
        for (_, file) in parsed.files() {
            for decl in &file.decls {
                names.take(decl, diagnostics);
            }
        }
        names.settle_events(diagnostics);
        names.shared_spaces(diagnostics);
        names.confusables(diagnostics);
        names.number();
        names
    }

    fn default_policy(&mut self, policy: &'a ast::Policy, diagnostics: &mut Diagnostics) {
        let Some(before) = self.default_policy else {
            self.default_policy = Some(policy);
            return;
        };
        diagnostics.push(
            Diagnostic::new(
                &codes::DUPLICATE_NAME,
                head(policy.span, 6),
                "the default policy is written twice",
            )
            .label("written again here")
            .also(head(before.span, 6), "first written here")
            .help("put all rules into one `policy { … }`, or name this one: `policy gentle { … }`"),
        );
    }

    /// Past-tense names and wire names belong to one event each; a project's events take them from std's.
    fn settle_events(&mut self, diagnostics: &mut Diagnostics) {
        let mut wires: BTreeMap<&'a str, (Span, &'a str)> = BTreeMap::new();
        let mut taken: Vec<&'a str> = Vec::new();
        // std's files come first, so what a project claims overwrites what std had.
        let mut by_place: Vec<_> = self
            .events
            .by_name
            .iter()
            .map(|(name, declared)| (declared.span, *name, declared.decl))
            .collect();
        by_place.sort_unstable_by_key(|(span, ..)| *span);
        for (span, name, decl) in by_place {
            let (wire, place) = match &decl.from {
                Some(from) => (from.text.as_str(), from.span),
                None => (name, span),
            };
            match wires.insert(wire, (place, name)) {
                Some((before, std)) if Sources::is_std(before.file) && !Sources::is_std(span.file) => {
                    taken.push(std)
                }
                Some((before, other)) => diagnostics.push(
                    Diagnostic::new(
                        &codes::DUPLICATE_NAME,
                        place,
                        format!("events `{other}` and `{name}` are both read from \"{wire}\""),
                    )
                    .label("the same name on the wire")
                    .also(before, "first taken here")
                    .help("merge them into one event, or give one of them another `from`"),
                ),
                None => {}
            }
        }
        for name in taken {
            self.events.by_name.remove(name);
        }
        let events = &self.events.by_name;
        self.past.by_name.retain(|_, past| {
            events.get(past.decl.name.as_str()).is_some_and(|event| std::ptr::eq(event.decl, past.decl))
        });
    }

    /// Defines, segments and classes are called by bare names, catalogs and past tenses like functions: each of the two is one space.
    fn shared_spaces(&mut self, diagnostics: &mut Diagnostics) {
        let mut bare = BTreeMap::new();
        share(&mut bare, &mut self.defines, "define", diagnostics);
        share(&mut bare, &mut self.segments, "segment", diagnostics);
        share(&mut bare, &mut self.classifies, "classify", diagnostics);
        let mut called = BTreeMap::new();
        share(&mut called, &mut self.catalogs, "catalog", diagnostics);
        share(&mut called, &mut self.past, "past-tense name", diagnostics);
    }

    /// Names that look alike and are not the same.
    fn confusables(&self, diagnostics: &mut Diagnostics) {
        let mut names: Vec<(&str, Span)> = Vec::new();
        names.extend(self.events.places());
        names.extend(self.attributes.places());
        names.extend(self.catalogs.places());
        names.extend(self.defines.places());
        names.extend(self.segments.places());
        names.extend(self.classifies.places());
        names.extend(self.channels.places());
        names.extend(self.templates.places());
        names.extend(self.policies.places());
        names.extend(self.sequences.places());
        names.extend(self.journeys.places());
        for declared in self.events.by_name.values() {
            names.extend(declared.decl.fields.iter().map(|field| (field.name.as_str(), field.name.span)));
        }
        for declared in self.catalogs.by_name.values() {
            names.extend(declared.decl.fields.iter().map(|field| (field.name.as_str(), field.name.span)));
        }
        names.sort_unstable_by_key(|(_, span)| *span);
        report_confusables(&names, diagnostics);
    }

    fn take(&mut self, decl: &'a Decl, diagnostics: &mut Diagnostics) {
        match decl {
            Decl::Event(event) => {
                add(&mut self.events, &event.name, event, "event", diagnostics);
                if let Some(past) = &event.past {
                    add(&mut self.past, past, event, "past-tense name", diagnostics);
                }
            }
            Decl::User(user) => {
                for field in &user.fields {
                    add(&mut self.attributes, &field.name, field, "attribute", diagnostics);
                }
            }
            Decl::Catalog(catalog) => add(&mut self.catalogs, &catalog.name, catalog, "catalog", diagnostics),
            Decl::Define(define) => add(&mut self.defines, &define.name, define, "define", diagnostics),
            Decl::Segment(segment) => add(&mut self.segments, &segment.name, segment, "segment", diagnostics),
            Decl::Classify(classify) => {
                add(&mut self.classifies, &classify.name, classify, "classify", diagnostics)
            }
            Decl::Channel(channel) => add(&mut self.channels, &channel.name, channel, "channel", diagnostics),
            Decl::Template(template) => {
                add(&mut self.templates, &template.name, template, "template", diagnostics)
            }
            Decl::Policy(policy) => match &policy.name {
                Some(name) => add(&mut self.policies, name, policy, "policy", diagnostics),
                None => self.default_policy(policy, diagnostics),
            },
            Decl::Sequence(sequence) => {
                add(&mut self.sequences, &sequence.name, sequence, "sequence", diagnostics)
            }
            Decl::Journey(journey) => add(&mut self.journeys, &journey.name, journey, "journey", diagnostics),
            Decl::Test(_) | Decl::Error(_) => {}
        }
    }

    fn number(&mut self) {
        self.events.number();
        self.past.number();
        self.attributes.number();
        self.catalogs.number();
        self.defines.number();
        self.segments.number();
        self.classifies.number();
        self.channels.number();
        self.templates.number();
        self.policies.number();
        self.sequences.number();
        self.journeys.number();
    }
}

/// Adds a declaration. A project's replaces std's (std's files come first).
fn add<'a, T>(
    table: &mut Table<'a, T>,
    name: &'a Ident,
    decl: &'a T,
    what: &str,
    diagnostics: &mut Diagnostics,
) {
    let declared = Declared { decl, span: name.span };
    if let Some(before) = table.by_name.get(name.as_str())
        && !Sources::is_std(before.span.file)
    {
        diagnostics.push(duplicate(what, name, before.span));
        return;
    }
    table.by_name.insert(name.as_str(), declared);
}

/// Puts the names of a table into a space they share with other tables. A project's name drives std's out.
fn share<'a, T>(
    space: &mut BTreeMap<&'a str, (Span, &'static str)>,
    table: &mut Table<'a, T>,
    what: &'static str,
    diagnostics: &mut Diagnostics,
) {
    table.by_name.retain(|name, declared| match space.get(name) {
        Some((before, other)) if !Sources::is_std(declared.span.file) && !Sources::is_std(before.file) => {
            let mut places = [(*before, *other), (declared.span, what)];
            places.sort_unstable();
            let [(first, one), (second, another)] = places;
            diagnostics.push(
                Diagnostic::new(
                    &codes::DUPLICATE_NAME,
                    second,
                    format!("`{name}` is both a {one} and a {another}"),
                )
                .label(format!("the {another}"))
                .also(first, format!("the {one}"))
                .help("give one of them another name"),
            );
            true
        }
        Some((before, _)) if Sources::is_std(declared.span.file) && !Sources::is_std(before.file) => false,
        Some(_) | None => {
            space.insert(name, (declared.span, what));
            true
        }
    });
}

/// Two names that look alike: one of them cannot be told from the other on the screen. Plain ASCII names are told apart by reading.
fn report_confusables(names: &[(&str, Span)], diagnostics: &mut Diagnostics) {
    let mut seen: BTreeMap<String, (&str, Span)> = BTreeMap::new();
    for (name, span) in names {
        let skeleton: String = unicode_security::confusable_detection::skeleton(name).collect();
        let (before, place) = *seen.entry(skeleton).or_insert((name, *span));
        if before != *name && !(before.is_ascii() && name.is_ascii()) {
            diagnostics.push(
                Diagnostic::new(&codes::CONFUSABLE_NAME, *span, format!("`{name}` looks like another name"))
                    .label("some of its characters only look like those of the other")
                    .also(place, format!("the other name: `{before}`"))
                    .help("type it anew in one script, or give it a name that looks different"),
            );
        }
    }
}

/// The first bytes of a place.
fn head(span: Span, length: u32) -> Span {
    Span { end: span.end.min(span.start + length), ..span }
}

/// A second declaration of a name.
pub(crate) fn duplicate(what: &str, name: &Ident, before: Span) -> Diagnostic {
    Diagnostic::new(&codes::DUPLICATE_NAME, name.span, format!("{what} `{}` is declared twice", name.text))
        .label("declared again here")
        .also(before, "first declared here")
        .help("give one of them another name, or remove it")
}

/// A name nobody declared, with the nearest of those that could stand there.
pub(crate) fn unknown<'n>(
    what: &str,
    name: &Ident,
    candidates: impl IntoIterator<Item = &'n str>,
) -> Diagnostic {
    let message = format!("there is no {what} `{}`", name.text);
    missing(message, name, &format!("{what}s"), candidates)
}

/// A name that is no part of its owner: "event `visit` has no field `pagee`".
pub(crate) fn unknown_in<'n>(
    owner: &str,
    what: &str,
    name: &Ident,
    candidates: impl IntoIterator<Item = &'n str>,
) -> Diagnostic {
    missing(format!("{owner} has no {what} `{}`", name.text), name, &format!("its {what}s"), candidates)
}

/// The most names that are listed where none is near.
const LISTED: usize = 8;

fn missing<'n>(
    message: String,
    name: &Ident,
    those: &str,
    candidates: impl IntoIterator<Item = &'n str>,
) -> Diagnostic {
    let candidates: Vec<&str> = candidates.into_iter().filter(|candidate| !candidate.is_empty()).collect();
    let diagnostic = Diagnostic::new(&codes::UNKNOWN_NAME, name.span, message).label("no such name");
    if let Some(nearest) = suggest::nearest(name.as_str(), candidates.iter().copied()) {
        return diagnostic.help(format!("did you mean `{nearest}`?")).fix(name.span, nearest.to_owned());
    }
    match candidates.len() {
        0 => diagnostic,
        1..=LISTED => diagnostic.help(format!("{those} are {}", suggest::listed(candidates))),
        _ => diagnostic,
    }
}
