//! The content hash and the stored form of a program.
//!
//! The hash is that of the stored form without doc comments, so it is blind to comments, formatting and the order of files and
//! declarations (the arenas are ordered by name), and to nothing else.

use super::{FORMAT_VERSION, Program};
use std::fmt;

/// Hex digits of a hash: 128 bits.
const DIGITS: usize = 32;

/// The content hash of a program, whatever its `hash` field says.
#[must_use]
pub fn content_hash(program: &Program) -> String {
    let mut bare = program.clone();
    bare.hash.clear();
    for event in &mut bare.events {
        event.doc = None;
    }
    for attribute in &mut bare.attributes {
        attribute.doc = None;
    }
    for segment in &mut bare.segments {
        segment.doc = None;
    }
    for journey in &mut bare.journeys {
        journey.doc = None;
        for step in &mut journey.steps {
            step.doc = None;
        }
    }
    let mut hasher = blake3::Hasher::new();
    // Writing into a hasher cannot fail, and a program holds nothing JSON cannot.
    let written = serde_json::to_writer(HashWriter(&mut hasher), &bare);
    debug_assert!(written.is_ok(), "a program is always JSON");
    let mut hex = hasher.finalize().to_hex().to_string();
    hex.truncate(DIGITS);
    hex
}

struct HashWriter<'a>(&'a mut blake3::Hasher);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Why a stored program cannot be read.
#[derive(Debug)]
pub enum LoadError {
    /// Written by a newer or older compiler whose programs mean something else: compile the sources again.
    Format {
        /// The version found.
        found: u32,
    },
    /// Not a program.
    Malformed(String),
    /// Its content is not what its hash says: it was changed or cut.
    Hash,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Format { found } => {
                write!(
                    f,
                    "the program has format {found}, this version reads format {FORMAT_VERSION}: compile it again"
                )
            }
            LoadError::Malformed(why) => write!(f, "not a stored program: {why}"),
            LoadError::Hash => f.write_str("the program does not match its hash: it was changed or cut"),
        }
    }
}

impl std::error::Error for LoadError {}

impl Program {
    /// The stored form: JSON.
    ///
    /// # Errors
    /// Never in practice: a program holds nothing JSON cannot.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// Reads a stored program; the version is looked at before anything else.
    ///
    /// # Errors
    /// [`LoadError`]: another format, not a program, or not the one its hash names.
    pub fn from_json(bytes: &[u8]) -> Result<Program, LoadError> {
        #[derive(serde::Deserialize)]
        struct Version {
            format_version: u32,
        }
        let malformed = |error: serde_json::Error| LoadError::Malformed(error.to_string());
        let version: Version = serde_json::from_slice(bytes).map_err(malformed)?;
        if version.format_version != FORMAT_VERSION {
            return Err(LoadError::Format { found: version.format_version });
        }
        let program: Program = serde_json::from_slice(bytes).map_err(malformed)?;
        if content_hash(&program) != program.hash {
            return Err(LoadError::Hash);
        }
        Ok(program)
    }
}
