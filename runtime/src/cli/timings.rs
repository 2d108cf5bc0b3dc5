//! `check --timings`: how long each stage took, and which files and journeys took longest.
//!
//! For people: goes to standard error, so that what is found stays the same, byte for byte.

use super::lend::Row;
use std::cmp::Reverse;
use std::fmt::Write as _;
use std::time::Duration;
use wayline_compiler::host::Stage;

/// Files and journeys that are named.
const SLOWEST: usize = 5;

/// A line a stage, with its slowest jobs below.
pub(super) fn table(rows: &[Row], files: &[String], journeys: &[&str]) -> String {
    let total: Duration = rows.iter().map(|(_, time, _)| *time).sum();
    let mut text = String::new();
    for (stage, time, jobs) in rows {
        let (name, names): (&str, Vec<&str>) = match stage {
            Stage::Parse => ("parse", files.iter().map(String::as_str).collect()),
            Stage::Resolve => ("resolve", Vec::new()),
            Stage::Journeys => ("check journeys", journeys.to_vec()),
            Stage::Project => ("check project", Vec::new()),
            Stage::Bounds => ("bounds", Vec::new()),
            Stage::Silence => ("silences", Vec::new()),
        };
        line(&mut text, 0, name, *time);
        let mut jobs = jobs.clone();
        jobs.sort_by_key(|(number, time)| (Reverse(*time), *number));
        let named = jobs.into_iter().filter_map(|(number, time)| Some((*names.get(number)?, time)));
        for (name, time) in named.filter(|(name, _)| !name.starts_with("std/")).take(SLOWEST) {
            line(&mut text, 2, name, time);
        }
    }
    let files = files.len();
    line(&mut text, 0, &format!("total, {files} files with std's, {} journeys", journeys.len()), total);
    text
}

fn line(text: &mut String, indent: usize, name: &str, time: Duration) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{:>9.2} ms  {:indent$}{name}", time.as_secs_f64() * 1e3, "");
}
