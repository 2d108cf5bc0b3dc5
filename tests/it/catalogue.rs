//! The catalogue of findings, one page of cases each: `corpus/findings/NAME.md`.
//!
//! Below `## fires: …` stands a program that raises NAME, below `## clean: …` one that nearly does. What is found is marked at its line as
//! in `check.rs`; reports (I) count where they are the page's own. A block ```` ```toml ```` before the program is what `wayline.toml` would
//! say; ```` ```way bytes ```` holds the bytes of a file in hexadecimal. Every registered code has at least one case that fires and two that do not.

use crate::check::{Findings, markers};
use crate::support::{folder, read};
use wayline_compiler::codes;
use wayline_compiler::diagnostic::{Diagnostics, Severity};
use wayline_compiler::source::SourceMap;
use wayline_compiler::{Settings, Sources, compile, syntax};

/// The programs of all pages, with what `wayline.toml` would say.
pub(crate) fn programs() -> Vec<(String, Settings)> {
    let all = codes::ALL.iter().flat_map(|code| cases(code.name));
    all.filter(|case| !case.bytes).map(|case| (case.text, case.settings)).collect()
}

/// What a case shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Fires,
    Clean,
}

/// One program of a page.
#[derive(Debug)]
struct Case {
    kind: Kind,
    title: String,
    settings: Settings,
    text: String,
    /// The program is given as bytes.
    bytes: bool,
}

#[test]
fn every_finding_fires_where_it_should_and_nowhere_near() {
    let mut wrong = String::new();
    for code in codes::ALL {
        for case in cases(code.name) {
            let (found, shown) = found(&case, code.name);
            let expected = markers(&case.text);
            let raised = found.values().flatten().any(|name| name == code.name);
            if found != expected || raised != (case.kind == Kind::Fires) {
                wrong.push_str(&format!(
                    "{}, {:?}: {}\n  expected {expected:?}\n  found    {found:?}\n{shown}\n",
                    code.name, case.kind, case.title
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_finding_has_a_case_that_fires_and_two_that_do_not() {
    let mut lacking = Vec::new();
    for code in codes::ALL {
        let cases = cases(code.name);
        let count = |kind| cases.iter().filter(|case| case.kind == kind).count();
        let (fires, clean) = (count(Kind::Fires), count(Kind::Clean));
        if fires < 1 || clean < 2 {
            lacking.push(format!("{}: {fires} fire, {clean} do not", code.name));
        }
    }
    assert!(lacking.is_empty(), "tests/corpus/findings lacks cases:\n{}", lacking.join("\n"));
}

#[test]
fn every_page_of_cases_is_about_a_finding() {
    for path in crate::support::files(&folder("tests/corpus/findings"), "md") {
        let name = crate::support::stem(&path);
        assert!(codes::find(&name).is_some(), "{}: no such finding", path.display());
    }
}

/// What is found by line, and how it reads.
fn found(case: &Case, own: &str) -> (Findings, String) {
    let mut diagnostics = Diagnostics::new();
    let map = if case.bytes {
        let mut map = SourceMap::new();
        let bytes: Vec<u8> =
            case.text.split_whitespace().map_while(|byte| u8::from_str_radix(byte, 16).ok()).collect();
        syntax::load(&mut map, "case.way", &bytes, &mut diagnostics);
        map
    } else {
        let mut sources = Sources::new();
        sources.add("case.way", case.text.as_str());
        diagnostics = compile(&sources, &case.settings).diagnostics;
        sources.map().clone()
    };
    let (mut found, mut shown) = (Findings::new(), Diagnostics::new());
    for finding in diagnostics.into_sorted() {
        if finding.severity == Severity::Info && finding.code.name != own {
            continue;
        }
        let line = map.location(finding.primary.span).line;
        found.entry(line).or_default().push(finding.code.name.to_owned());
        shown.push(finding);
    }
    found.values_mut().for_each(|names| names.sort());
    (found, shown.render_plain(&map))
}

/// The cases of a page.
fn cases(name: &str) -> Vec<Case> {
    let path = folder("tests/corpus/findings").join(format!("{name}.md"));
    if !path.is_file() {
        return Vec::new();
    }
    let page = read(&path);
    let mut cases = Vec::new();
    let mut heading = None;
    let mut settings = Settings::default();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            heading = Some(match title.split_once(": ") {
                Some(("fires", title)) => (Kind::Fires, title.to_owned()),
                Some(("clean", title)) => (Kind::Clean, title.to_owned()),
                _ => panic!("{}: `{line}` says neither `fires: ` nor `clean: `", path.display()),
            });
            settings = Settings::default();
        } else if let Some(fence) = line.strip_prefix("```") {
            let mut text = String::new();
            for line in lines.by_ref().take_while(|line| *line != "```") {
                text.push_str(line);
                text.push('\n');
            }
            match fence {
                "toml" => settings = configured(&text),
                "way" | "way bytes" => {
                    let (kind, title) = heading.clone().expect("a heading before the first program");
                    let bytes = fence == "way bytes";
                    cases.push(Case { kind, title, settings: settings.clone(), text, bytes });
                }
                other => panic!("{}: a block of `{other}`", path.display()),
            }
        }
    }
    cases
}

/// The few settings that cases need, as `wayline.toml` writes them.
fn configured(text: &str) -> Settings {
    let mut settings = Settings::default();
    for line in text.lines() {
        let (key, value) = line.split_once(" = ").expect("`key = value`");
        let strings = || value.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        match key {
            "zones" => settings.zones = strings(),
            "locales" => settings.locales = strings(),
            "zone" => settings.zone = strings().pop(),
            "locale" => settings.locale = strings().pop(),
            "max_instances" => settings.max_instances = value.parse().ok(),
            other => panic!("no setting is called `{other}`"),
        }
    }
    settings
}
