//! Files a person or a tool has broken: what each is told, kept as a snapshot so that a bad message is seen.

use crate::support::{files, folder, name, snapshots, stem};
use wayline_compiler::{Settings, Sources, compile};

#[test]
fn broken_files_are_explained() {
    let folder = folder("tests/corpus/broken");
    for path in files(&folder, "way") {
        let bytes = std::fs::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut sources = Sources::new();
        sources.add(name(&path), text);
        let compiled = compile(&sources, &Settings::default());
        assert!(compiled.program.is_none(), "{} compiles", path.display());
        let said = compiled.diagnostics.render_plain(sources.map());
        snapshots().bind(|| insta::assert_snapshot!(format!("broken_{}", stem(&path)), said));
    }
}
