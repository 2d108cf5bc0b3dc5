//! What the families share: where files lie, how a text is compiled.

use std::path::{Path, PathBuf};
use wayline::engine::Shared;
use wayline::engine::gate::Commons;
use wayline_compiler::diagnostic::{Diagnostics, Severity};
use wayline_compiler::ir::{CapPeriod, CapScope, CatalogId, ChannelId, Rate};
use wayline_compiler::row::Row;
use wayline_compiler::{Compiled, Settings, Sources, compile};

/// A folder of the repository.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// The files of a folder with an extension, sorted by name; those of its folders too.
pub(crate) fn files(root: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The folders in a folder, sorted by name.
pub(crate) fn folders(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// The name of a file, without its folder.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The name of a file without its extension.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> String {
    match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// Compiles a text as a project of one file.
pub(crate) fn compile_text(name: &str, text: &str) -> (Sources, Compiled) {
    let mut sources = Sources::new();
    sources.add(name, text);
    let compiled = compile(&sources, &Settings::default());
    (sources, compiled)
}

/// The errors and warnings as plain text; reports are another matter.
pub(crate) fn findings(sources: &Sources, compiled: &Compiled) -> String {
    let mut loud = Diagnostics::new();
    for finding in compiled.diagnostics.iter().filter(|finding| finding.severity != Severity::Info) {
        loud.push(finding.clone());
    }
    loud.render_plain(sources.map())
}

/// Settings that put snapshots where all of them lie.
pub(crate) fn snapshots() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// A project without catalogs, budgets and rates.
pub(crate) struct Nothing;

impl Shared for Nothing {
    fn row(&self, _: CatalogId, _: &str) -> Option<Row<'_>> {
        None
    }
    fn catalog_clock(&self) -> i64 {
        i64::MIN
    }
}

impl Commons for Nothing {
    fn spent(&self, _: CapScope, _: CapPeriod, _: i64) -> i64 {
        0
    }
    fn spend(&mut self, _: ChannelId, _: i64, _: i64) {}
    fn refund(&mut self, _: ChannelId, _: i64, _: i64) {}
    fn turn(&mut self, _: &[Rate], _: ChannelId, _: u128, now: i64) -> i64 {
        now
    }
}
