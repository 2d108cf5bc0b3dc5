//! Test results in the XML of JUnit, as CI systems read it.

use super::test::{Done, one_line, place};
use crate::host::testing::Seen;
use std::time::Duration;
use wayline_compiler::source::SourceMap;

/// The report of a run.
pub(super) fn report(done: &[Done<'_>], sources: &SourceMap) -> String {
    let failed = done.iter().filter(|done| !done.verdict.passed()).count();
    let took: Duration = done.iter().map(|done| done.took).sum();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&format!(
        "<testsuites tests=\"{0}\" failures=\"{failed}\" time=\"{1}\">\n\
         <testsuite name=\"wayline\" tests=\"{0}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\" time=\"{1}\">\n",
        done.len(),
        seconds(took)
    ));
    for done in done {
        case(&mut out, done, sources);
    }
    out.push_str("</testsuite>\n</testsuites>\n");
    out
}

fn case(out: &mut String, done: &Done<'_>, sources: &SourceMap) {
    let at = sources.location(done.test.place);
    out.push_str(&format!(
        "<testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\" time=\"{}\"",
        escaped(&done.test.name),
        escaped(done.test.journey.as_deref().unwrap_or("project")),
        escaped(sources.name(done.test.place.file)),
        at.line,
        seconds(done.took)
    ));
    if done.verdict.passed() {
        out.push_str("/>\n");
        return;
    }
    out.push_str(">\n");
    for failure in &done.verdict.failures {
        let line = one_line(sources.slice(failure.place));
        let decisions: Vec<String> = done.verdict.decisions.iter().map(Seen::line).collect();
        out.push_str(&format!(
            "<failure message=\"{}\">{}\n</failure>\n",
            escaped(&format!("{line}: {}", failure.message)),
            escaped(&format!(
                "{}\n{}\ndecisions:\n{}",
                place(failure.place, sources),
                failure.hints.join("\n"),
                decisions.join("\n")
            ))
        ));
    }
    out.push_str("</testcase>\n");
}

fn seconds(duration: Duration) -> String {
    format!("{:.3}", duration.as_secs_f64())
}

/// Text inside XML; characters that XML cannot carry become `\u{FFFD}`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}
