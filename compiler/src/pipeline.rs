//! The stages from text to program, each a type whose only way out is the next one.
//!
//! [`Sources`] → [`Parsed`] → [`Resolved`] → [`ir::Program`]. Every stage takes what it gets, says what is wrong into
//! [`Diagnostics`] and returns the best value it has; a program exists only when nobody raised an error. Knows nothing of where texts
//! come from or where findings are shown. Start reading at [`compile`].

use crate::checks;
use crate::diagnostic::Diagnostics;
use crate::host::{self, Alone, Host, Stage};
use crate::ir;
use crate::resolve::{self, Spans};
use crate::source::{FileId, SourceMap};
use crate::syntax::{self, ast};
use std::sync::Arc;

/// The standard library: file name and text, in a fixed order.
pub const STD: &[(&str, &str)] = &[
    ("std/channels.way", include_str!("std/channels.way")),
    ("std/commerce.way", include_str!("std/commerce.way")),
    ("std/app.way", include_str!("std/app.way")),
    ("std/subscription.way", include_str!("std/subscription.way")),
    ("std/messages.way", include_str!("std/messages.way")),
    ("std/user.way", include_str!("std/user.way")),
];

/// What a project says outside its `.way` files; from `wayline.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The project's IANA zone; else the default of `user.timezone`.
    pub zone: Option<String>,
    /// The project's locale; else the default of `user.locale`.
    pub locale: Option<String>,
    /// The locales every localised text should have.
    pub locales: Vec<String>,
    /// Further zones whose changes of clocks matter to the project.
    pub zones: Vec<String>,
    /// Most live instances per user and journey; 100 where not set.
    pub max_instances: Option<u32>,
}

/// Most live instances per user and journey where the project does not say.
pub const DEFAULT_MAX_INSTANCES: u32 = 100;

/// The texts of a project, with std's before them.
#[derive(Debug, Clone)]
pub struct Sources {
    map: SourceMap,
}

impl Default for Sources {
    fn default() -> Sources {
        Sources::new()
    }
}

impl Sources {
    /// A project without files; std is there.
    #[must_use]
    pub fn new() -> Sources {
        let mut map = SourceMap::new();
        for (name, text) in STD {
            map.add(*name, *text);
        }
        Sources { map }
    }

    /// Adds a file of the project. The stem of its name names its implicit journey.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        self.map.add(name, text)
    }

    /// All files, std's first.
    #[must_use]
    pub fn map(&self) -> &SourceMap {
        &self.map
    }

    /// Whether a file is std's.
    #[must_use]
    pub fn is_std(file: FileId) -> bool {
        (file.0 as usize) < STD.len()
    }

    /// Reads every file.
    #[must_use]
    pub fn parse(&self, diagnostics: &mut Diagnostics) -> Parsed {
        self.parse_with(&Alone, diagnostics)
    }

    fn parse_with(&self, host: &dyn Host, diagnostics: &mut Diagnostics) -> Parsed {
        let ids: Vec<FileId> = self.map.iter().map(|(id, _)| id).collect();
        let read = host::map(host, ids.len(), |number| {
            let mut found = Diagnostics::new();
            let tree = syntax::parse(&self.map, ids[number], &mut found);
            (tree, found)
        });
        let mut files = Vec::with_capacity(ids.len());
        for (id, (tree, found)) in ids.into_iter().zip(read) {
            diagnostics.append(found);
            files.push((id, tree));
        }
        Parsed { files }
    }
}

/// The syntax trees of a project and of std.
#[derive(Debug, Clone)]
pub struct Parsed {
    files: Vec<(FileId, ast::File)>,
}

impl Parsed {
    /// The trees of all files, std's first.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &ast::File)> {
        self.files.iter().map(|(id, file)| (*id, file))
    }

    /// The trees of the project's own files.
    pub fn project_files(&self) -> impl Iterator<Item = (FileId, &ast::File)> {
        self.files().filter(|(id, _)| !Sources::is_std(*id))
    }

    /// Gives every name its declaration and every expression its type.
    #[must_use]
    pub fn resolve(&self, settings: &Settings, diagnostics: &mut Diagnostics) -> Resolved {
        resolve::resolve(self, settings, diagnostics)
    }
}

/// The lowered program with the places it comes from; meaningful in every part only when no error was raised.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// As lowered, hash included.
    pub program: ir::Program,
    /// The tests in the language, in the order of files.
    pub tests: Vec<ir::test::Test>,
    /// Where its parts stand in the sources.
    pub spans: Spans,
}

/// The outcome of a compilation.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The program; none when there is an error.
    pub program: Option<Arc<ir::Program>>,
    /// The program that the witnesses of findings are about, where there are some: it is there although it may not run.
    pub witnessed: Option<Arc<ir::Program>>,
    /// The tests in the language, in the order of files; they run only with a program.
    pub tests: Vec<ir::test::Test>,
    /// Where the program's parts stand in the sources.
    pub spans: Spans,
    /// The trees, for whoever needs what a program does not hold: comments.
    pub parsed: Parsed,
    /// The most any user can get; empty when there was an error.
    pub bounds: checks::Bounds,
    /// Everything that was found, in no particular order.
    pub diagnostics: Diagnostics,
}

/// Compiles a project: all stages in a row.
#[must_use]
pub fn compile(sources: &Sources, settings: &Settings) -> Compiled {
    compile_with(sources, settings, &Alone)
}

/// Compiles a project with what a host lends: threads, a clock beside the stages, an ear for the questions that are asked.
#[must_use]
pub fn compile_with(sources: &Sources, settings: &Settings, host: &dyn Host) -> Compiled {
    let mut diagnostics = Diagnostics::new();
    host.begins(Stage::Parse);
    let parsed = sources.parse_with(host, &mut diagnostics);
    host.begins(Stage::Resolve);
    let Resolved { program, tests, spans } = parsed.resolve(settings, &mut diagnostics);
    let bounds = if diagnostics.has_errors() {
        checks::Bounds::default()
    } else {
        checks::run(&program, &spans, settings, &mut diagnostics, host)
    };
    host.begins(Stage::Silence);
    let diagnostics = checks::silence::apply(parsed.project_files(), sources.map(), diagnostics);
    let program = Arc::new(program);
    let witnessed = diagnostics.iter().any(|finding| finding.witness.is_some()).then(|| program.clone());
    let program = if diagnostics.has_errors() { None } else { Some(program) };
    Compiled { program, witnessed, tests, spans, parsed, bounds, diagnostics }
}
