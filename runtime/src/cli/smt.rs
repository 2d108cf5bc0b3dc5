//! `check --dump-smt DIR`: each question of the analysis as a file, for other solvers to answer.
//!
//! The name says which journey it was about and which question it was; the first line says what we answered.

use super::Failure;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use wayline_compiler::host::Question;

/// Writes the questions about one project.
pub(super) fn write(folder: &Path, project: usize, questions: &[Question]) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::at(folder, error))?;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for question in questions {
        let count = counts.entry(&question.about).or_default();
        *count += 1;
        let about: String =
            question.about.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect();
        let path = folder.join(format!("{project}-{about}-{count:05}.smt2"));
        let text = format!("; answered {}\n{}", question.answer, question.smt);
        fs::write(&path, text).map_err(|error| Failure::at(&path, error))?;
    }
    Ok(())
}
