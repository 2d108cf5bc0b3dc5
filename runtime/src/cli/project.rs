//! A project on disk: a file, or a folder of `.way` files with an optional `wayline.toml`.
//!
//! Finds and reads files; what cannot be read as text becomes a finding, so that the rest is still checked. Start at [`load`].

use super::{Failure, config};
use crate::host::replay::replay;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use wayline_compiler::checks::Bounds;
use wayline_compiler::diagnostic::{Diagnostic, Diagnostics, Severity};
use wayline_compiler::host::{Alone, Host};
use wayline_compiler::ir::Program;
use wayline_compiler::ir::test::Test;
use wayline_compiler::resolve::Spans;
use wayline_compiler::source::{SourceMap, Span};
use wayline_compiler::{Settings, Sources, codes, compile_with};

/// Longest file that is read at all; the language's own limit is 1 MiB and has its own finding.
const MAX_BYTES: u64 = 16 << 20;
/// Deepest folder that is looked into.
const MAX_DEPTH: usize = 32;
/// Most files of a project.
const MAX_FILES: usize = 20_000;

/// A project as read.
pub(super) struct Project {
    /// Its `.way` files.
    pub(super) sources: Sources,
    /// From `wayline.toml`.
    pub(super) settings: Settings,
    /// Files that are not sources of the language, or not text.
    pub(super) others: SourceMap,
    /// What is wrong in them.
    pub(super) findings: Diagnostics,
}

/// A project as compiled.
pub(super) struct Built {
    /// None when there is an error.
    pub(super) program: Option<Arc<Program>>,
    /// The tests in the language.
    pub(super) tests: Vec<Test>,
    /// Where the program's parts stand in the sources.
    pub(super) spans: Spans,
    /// The `.way` files, std's included.
    pub(super) sources: SourceMap,
    /// Errors and warnings with the files they are about.
    pub(super) findings: Vec<(SourceMap, Diagnostics)>,
    /// What `check --report` adds: figures and questions left open.
    pub(super) reports: Vec<(SourceMap, Diagnostics)>,
    /// The most any user can get.
    pub(super) bounds: Bounds,
}

impl Built {
    /// Whether something keeps it from running.
    pub(super) fn has_errors(&self) -> bool {
        self.findings.iter().any(|(_, findings)| findings.has_errors())
    }
}

impl Project {
    /// Compiles it.
    pub(super) fn build(self) -> Built {
        self.build_with(&Alone)
    }

    /// Compiles it with what a host lends.
    pub(super) fn build_with(self, host: &dyn Host) -> Built {
        let compiled = compile_with(&self.sources, &self.settings, host);
        let program = compiled.program.filter(|_| !self.findings.has_errors());
        let sources = self.sources.map().clone();
        let (mut findings, mut reports) = (Diagnostics::new(), Diagnostics::new());
        for finding in compiled.diagnostics.into_sorted() {
            let finding = replayed(compiled.witnessed.as_ref(), finding);
            match finding.severity {
                Severity::Error | Severity::Warning => findings.push(finding),
                Severity::Info => reports.push(finding),
            }
        }
        Built {
            program,
            tests: compiled.tests,
            spans: compiled.spans,
            findings: vec![(self.others, self.findings), (sources.clone(), findings)],
            reports: vec![(sources.clone(), reports)],
            bounds: compiled.bounds,
            sources,
        }
    }
}

/// What a finding tells must happen in the engine too; where it does not, the finding says so.
fn replayed(program: Option<&Arc<Program>>, finding: Diagnostic) -> Diagnostic {
    let shown = program.zip(finding.witness.as_deref()).map(|(program, witness)| replay(program, witness));
    match shown {
        Some(Err(why)) => finding.note(format!(
            "internal error: the engine does not do what this tells ({why}); please report it, the finding may be wrong"
        )),
        Some(Ok(_)) | None => finding,
    }
}

/// Reads several paths: each folder is a project of its own, all files that stand beside each other on the command line are one. A file
/// that is in one of the folders is read there.
pub(super) fn load_all(paths: &[PathBuf]) -> Result<Vec<Project>, Failure> {
    let folders: Vec<&PathBuf> = paths.iter().filter(|path| path.is_dir()).collect();
    let mut lone: Vec<&PathBuf> = paths.iter().filter(|path| !path.is_dir()).collect();
    lone.retain(|file| !folders.iter().any(|folder| file.starts_with(folder)));
    lone.dedup();
    let mut projects = Vec::new();
    if !lone.is_empty() {
        let mut project = Project::new();
        for file in lone {
            project.add(file)?;
        }
        projects.push(project);
    }
    for folder in folders {
        projects.push(load(folder)?);
    }
    Ok(projects)
}

/// Reads the project at a path: a file alone, or a folder with its `wayline.toml`.
pub(super) fn load(path: &Path) -> Result<Project, Failure> {
    let mut project = Project::new();
    let metadata = fs::metadata(path).map_err(|error| Failure::at(path, error))?;
    if !metadata.is_dir() {
        project.add(path)?;
        return Ok(project);
    }
    let config = path.join("wayline.toml");
    if config.is_file() {
        project.configure(&config)?;
    }
    let files = way_files(path)?;
    if files.is_empty() {
        return Err(Failure::Message(format!("{}: no `.way` file in this folder", path.display())));
    }
    for file in files {
        project.add(&file)?;
    }
    Ok(project)
}

/// What tells whether a project has changed: its files with their sizes and times of change. A file that is just being written may be
/// missing.
pub(super) fn fingerprint(path: &Path) -> Result<Vec<(PathBuf, u64, Option<SystemTime>)>, Failure> {
    let mut files = match fs::metadata(path).map_err(|error| Failure::at(path, error))?.is_dir() {
        true => way_files(path)?,
        false => vec![path.to_owned()],
    };
    files.push(path.join("wayline.toml"));
    let seen = files.into_iter().filter_map(|file| {
        let metadata = fs::metadata(&file).ok()?;
        Some((file, metadata.len(), metadata.modified().ok()))
    });
    Ok(seen.collect())
}

/// All `.way` files below a folder, sorted; hidden folders, `target` and `node_modules` are left out.
pub(super) fn way_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    collect(folder, 0, &mut files)?;
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if depth > MAX_DEPTH {
        return Err(Failure::Message(format!("{}: folders are nested too deep", folder.display())));
    }
    for entry in fs::read_dir(folder).map_err(|error| Failure::at(folder, error))? {
        let entry = entry.map_err(|error| Failure::at(folder, error))?;
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        let kind = entry.file_type().map_err(|error| Failure::at(&path, error))?;
        if kind.is_dir() {
            if name != "target" && name != "node_modules" {
                collect(&path, depth + 1, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "way") && path.is_file() {
            files.push(path);
        }
        if files.len() > MAX_FILES {
            return Err(Failure::Message(format!("{}: more than {MAX_FILES} files", folder.display())));
        }
    }
    Ok(())
}

impl Project {
    fn new() -> Project {
        Project {
            sources: Sources::new(),
            settings: Settings::default(),
            others: SourceMap::new(),
            findings: Diagnostics::new(),
        }
    }

    fn add(&mut self, path: &Path) -> Result<(), Failure> {
        if let Some(text) = self.read(path)? {
            self.sources.add(name_of(path), text);
        }
        Ok(())
    }

    fn configure(&mut self, path: &Path) -> Result<(), Failure> {
        if let Some(text) = self.read(path)? {
            let file = self.others.add(name_of(path), text.as_str());
            self.settings = config::read(file, &text, &mut self.findings);
        }
        Ok(())
    }

    /// The text of a file, or a finding.
    fn read(&mut self, path: &Path) -> Result<Option<String>, Failure> {
        let size = fs::metadata(path).map_err(|error| Failure::at(path, error))?.len();
        if size > MAX_BYTES {
            let file = self.others.add(name_of(path), "");
            let finding =
                Diagnostic::new(&codes::LIMIT, Span::point(file, 0), "the file is larger than 1 MiB")
                    .help("split it: all `.way` files of a folder form one project");
            self.findings.push(finding);
            return Ok(None);
        }
        let bytes = fs::read(path).map_err(|error| Failure::at(path, error))?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(error) => {
                self.refuse_bytes(path, &error);
                Ok(None)
            }
        }
    }

    fn refuse_bytes(&mut self, path: &Path, error: &std::string::FromUtf8Error) {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
        let message = if utf16 { "the file is UTF-16, not UTF-8" } else { "the file is not UTF-8 text" };
        let file = self.others.add(name_of(path), String::from_utf8_lossy(bytes).into_owned());
        let finding = Diagnostic::new(&codes::SYNTAX, Span::new(file, at, at + 1), message)
            .label("the first byte that is no text")
            .help("save it as UTF-8");
        self.findings.push(finding);
    }
}

/// What a file is called in findings: the path as given, with `/`.
fn name_of(path: &Path) -> String {
    let name = path.to_string_lossy().replace('\\', "/");
    name.strip_prefix("./").unwrap_or(&name).to_owned()
}
