//! What continuous integration sees of `check`: several paths, formats, exit codes, figures that stay off standard output.

use crate::cli::{Place, run, text};
use serde_json::Value;
use std::collections::BTreeSet;

const BROKEN: &str = "journey j { on cart_add; if price > 3 and price < 2 { send push \"a\"; } }\n";

fn out(arguments: &[&str]) -> (String, String, i32) {
    let output = run(arguments);
    (text(&output.stdout), text(&output.stderr), output.status.code().expect("a code"))
}

fn names(json: &str) -> BTreeSet<String> {
    let value: Value = serde_json::from_str(json).expect("JSON");
    let found = value["diagnostics"].as_array().expect("a list").iter();
    found.map(|finding| finding["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn files_named_together_are_one_project_and_folders_one_each() {
    let place = Place::new();
    place.put("a.way", b"segment dormant = last(session) older than 30d;\n");
    place.put("b.way", b"journey j { on enter dormant; send push \"a\"; }\n");
    place.put("q/c.way", b"journey cart { on signup; send push \"a\"; }\n");
    let (a, b, p, q) = (place.name("a.way"), place.name("b.way"), place.name("p"), place.name("q"));
    let together = out(&["check", "--format", "json", &a, &b]);
    assert_eq!((names(&together.0), together.2), (BTreeSet::new(), 0));
    let alone = out(&["check", "--format", "json", &b]);
    assert_eq!(alone.2, 1, "{}", alone.0);
    // Both folders have a journey `cart`: they are two projects.
    let folders = out(&["check", "--format", "json", "--report", &p, &q]);
    assert_eq!(folders.2, 0, "{}", folders.0);
    let value: Value = serde_json::from_str(&folders.0).expect("JSON");
    assert_eq!(value["report"].as_array().map(Vec::len), Some(2), "a report a project");
    let inside = place.name("q/c.way");
    assert_eq!(out(&["check", "--format", "json", &q, &inside]).2, 0, "a file of a folder is read once");
    assert_eq!(out(&["check", &a, &place.name("missing.way")]).2, 2);
}

#[test]
fn many_files_give_the_same_bytes_each_time() {
    let place = Place::new();
    for number in 0..300 {
        let journey = BROKEN.replace("journey j", &format!("journey j{number}"));
        place.put(&format!("many/{number}.way"), journey.as_bytes());
    }
    let many = place.name("many");
    for format in ["json", "sarif", "github", "plain", "human"] {
        let (first, _, code) = out(&["check", &many, "--format", format]);
        assert_eq!(code, 1);
        assert_eq!(first, out(&["check", &many, "--format", format]).0, "{format}");
    }
}

#[test]
fn timings_go_to_standard_error() {
    let place = Place::new();
    let p = place.name("p");
    let plain = out(&["check", &p, "--format", "json"]);
    let timed = out(&["check", &p, "--format", "json", "--timings"]);
    assert_eq!(plain.0, timed.0);
    assert_eq!(plain.1, "");
    for word in ["parse", "resolve", "check journeys", "bounds", "total", "journeys.way", "cart"] {
        assert!(timed.1.contains(word), "{word}: {}", timed.1);
    }
}

#[test]
fn sarif_has_the_shape_of_its_schema() {
    let place = Place::new();
    place.put("한글 name.way", BROKEN.as_bytes());
    let (log, _, code) = out(&["check", &place.name("한글 name.way"), "--format", "sarif"]);
    assert_eq!(code, 1);
    let log: Value = serde_json::from_str(&log).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().expect("a schema").contains("sarif-2.1.0"));
    let run = &log["runs"][0];
    let rules: Vec<&str> = run["tool"]["driver"]["rules"]
        .as_array()
        .expect("rules")
        .iter()
        .map(|rule| rule["id"].as_str().expect("an id"))
        .collect();
    assert!(run["tool"]["driver"]["name"].is_string());
    let results = run["results"].as_array().expect("results");
    assert!(!results.is_empty());
    for result in results {
        assert!(rules.contains(&result["ruleId"].as_str().expect("a rule")), "{result}");
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().expect("a level")));
        assert!(!result["message"]["text"].as_str().expect("a message").is_empty());
        let related = result["relatedLocations"].as_array().cloned().unwrap_or_default();
        for location in result["locations"].as_array().expect("places").iter().chain(&related) {
            let place = &location["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().expect("a file");
            assert!(uri.is_ascii() && !uri.contains(' '), "{uri}");
            let region = &place["region"];
            let number = |name: &str| region[name].as_u64().expect("a number");
            assert!(number("startLine") >= 1 && number("startColumn") >= 1);
            assert!(
                (number("endLine"), number("endColumn")) >= (number("startLine"), number("startColumn")),
                "{region}"
            );
        }
    }
}

#[test]
fn workflow_commands_are_one_line_each() {
    let place = Place::new();
    place.put("a,b.way", BROKEN.as_bytes());
    let (lines, _, _) = out(&["check", &place.name("a,b.way"), "--format", "github"]);
    assert!(lines.lines().count() >= 1);
    for line in lines.lines() {
        assert!(line.starts_with("::error file=") || line.starts_with("::warning file="), "{line}");
        assert!(line.contains("a%2Cb.way") && line.contains("title="), "{line}");
    }
}

#[test]
fn exit_codes_tell_findings_from_failures() {
    let place = Place::new();
    place.put("broken.way", BROKEN.as_bytes());
    place.put("warned.way", b"journey j { on cart_add; send push \"a\"; }\n");
    place.put(
        "open.way",
        b"policy { ensure at most 1 push per 1d; }\nuser { a: bool = false; b: bool = false; }\n\
          journey x { on app_open where user.a; send push \"1\"; }\n\
          journey y { on session where user.b; send push \"2\"; }\n",
    );
    let code = |arguments: &[&str]| out(arguments).2;
    let (p, broken, warned) = (place.name("p"), place.name("broken.way"), place.name("warned.way"));
    assert_eq!(code(&["check", &p]), 0);
    assert_eq!(code(&["check", &broken]), 1);
    assert_eq!(code(&["check", &p, &broken]), 1, "one of several is enough");
    assert_eq!(code(&["check", &warned]), 0);
    assert_eq!(code(&["check", &warned, "--deny-warnings"]), 1);
    assert_eq!(code(&["check", &place.name("nowhere")]), 2);
    assert_eq!(code(&["check", &p, "--format", "xml"]), 2);
    let open = place.name("open.way");
    let unknown = out(&["check", &open, "--deny-unknown", "--format", "json"]);
    if names(&unknown.0).contains("unknown") {
        assert_eq!((code(&["check", &open]), unknown.2), (0, 1));
    }
}

#[test]
fn questions_are_written_for_other_solvers() {
    let place = Place::new();
    place.put("broken.way", BROKEN.as_bytes());
    let folder = place.name("smt");
    assert_eq!(out(&["check", &place.name("broken.way"), "--dump-smt", &folder]).2, 1);
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).expect("a folder").flatten().map(|e| e.path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let texts: Vec<String> = files.iter().map(|path| std::fs::read_to_string(path).expect("text")).collect();
    assert!(texts.iter().all(|text| text.starts_with("; answered ") && text.ends_with("(check-sat)\n")));
    assert!(texts.iter().any(|text| text.starts_with("; answered unsat")));
}
