//! The command line as a user meets it: exit codes, what goes where, the same bytes for the same input.

use crate::support::snapshots;
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const JOURNEY: &str = "\
event cart_add(item) { item: string; price: int; }
event purchase(item) as purchased { item: string; }
event signup once { }
user { timezone: timezone = \"Asia/Seoul\"; name: string?; }
channel push { purposes marketing, informational, transactional; main body: string; }

journey cart {
    on cart_add per item where price >= 30_000 reenter after exit;
    goal purchase within 3d where item == entry.item;
    wait 1h;
    nudge: send push \"{item} waits\";
}
journey hello { on signup reenter every; send push \"hi\"; }
";

fn wayline(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wayline-under-test"));
    command.args(arguments).env_remove("NO_COLOR").env("COLUMNS", "100");
    command
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    wayline(arguments).stdin(Stdio::null()).output().expect("the command starts")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// A folder for one test, with the journeys above.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a folder"));
        place.put("p/journeys.way", JOURNEY.as_bytes());
        place
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    pub(crate) fn name(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
        fs::write(path, bytes).expect("written");
    }
    /// Runs the journeys over the events; standard output, standard error, exit code.
    fn over(&self, events: &[u8], more: &[&str]) -> (String, String, i32) {
        self.put("events.jsonl", events);
        let (project, events) = (self.name("p"), self.name("events.jsonl"));
        let mut arguments = vec!["run", &project, "--events", &events];
        arguments.extend(more);
        let output = run(&arguments);
        let shown = text(&output.stderr).replace(&self.0.path().to_string_lossy().into_owned(), "");
        (text(&output.stdout), shown, output.status.code().expect("a code"))
    }
}

fn track(id: &str, event: &str, time: &str, properties: &str) -> String {
    format!(
        "{{\"type\":\"track\",\"messageId\":\"{id}\",\"userId\":\"u1\",\"event\":\"{event}\",\"timestamp\":\"{time}\",\"properties\":{properties}}}\n"
    )
}

fn few_events() -> String {
    [
        track("1", "cart_add", "2026-01-05T10:00:00+09:00", r#"{"item":"A","price":39000}"#),
        track("2", "cart_add", "2026-01-05T10:10:00+09:00", r#"{"item":"B","price":39000}"#),
        track("3", "purchase", "2026-01-05T10:20:00+09:00", r#"{"item":"B"}"#),
        track("4", "cart_add", "2026-01-05T10:30:00+09:00", r#"{"item":"C","price":1}"#),
        track("5", "purchase", "2026-01-05T12:00:00+09:00", r#"{"item":"A"}"#),
    ]
    .concat()
}

/// A log of many users, in order of time.
fn many_events() -> String {
    let mut log = String::new();
    let mut state = 7u64;
    for number in 0..4000u64 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (user, item) = ((state >> 33) % 90, ["A", "B", "없음"][(state >> 41) as usize % 3]);
        let event = ["cart_add", "cart_add", "purchase", "weather"][(state >> 50) as usize % 4];
        let (minutes, second) = (number / 2, number % 2 * 30);
        log.push_str(&format!(
            "{{\"type\":\"track\",\"messageId\":\"m{number}\",\"userId\":\"u{user}\",\"event\":\"{event}\",\"timestamp\":\"2026-01-{:02}T{:02}:{:02}:{second:02}Z\",\"properties\":{{\"item\":\"{item}\",\"price\":{}}}}}\n",
            5 + minutes / 1440, minutes / 60 % 24, minutes % 60, (state >> 20) % 60_000,
        ));
    }
    log
}

#[test]
fn decisions_are_lines_in_order_with_fields_in_order() {
    let place = Place::new();
    let (out, _, code) = place.over(few_events().as_bytes(), &["--until", "2026-01-06T00:00:00+09:00"]);
    assert_eq!(code, 0);
    snapshots().bind(|| insta::assert_snapshot!("run_decisions", out));
    for line in out.lines() {
        let value: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(value.to_string().len(), line.len(), "nothing but one value: {line}");
    }
}

#[test]
fn the_summary_goes_to_standard_error() {
    let place = Place::new();
    let (_, shown, _) = place.over(few_events().as_bytes(), &[]);
    let from = shown.find("\ncart").expect("a summary");
    snapshots().bind(|| insta::assert_snapshot!("run_summary", &shown[from..]));
    let (_, shown, _) = place.over(few_events().as_bytes(), &["--quiet", "--backend", "interp"]);
    assert_eq!(shown, "");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let place = Place::new();
    let log = many_events();
    let (first, ..) = place.over(log.as_bytes(), &[]);
    assert!(first.lines().count() > 1000);
    assert_eq!(place.over(log.as_bytes(), &[]).0, first);
    assert_eq!(
        place.over(log.as_bytes(), &["--backend", "interp"]).0,
        first,
        "the interpreter decides the same"
    );
    let out = place.name("decisions.jsonl");
    assert_eq!(place.over(log.as_bytes(), &["--out", &out]).0, "");
    assert_eq!(fs::read_to_string(out).expect("written"), first);
}

#[test]
fn a_log_may_be_packed_or_come_from_standard_input() {
    let place = Place::new();
    let log = many_events();
    let (plain, ..) = place.over(log.as_bytes(), &[]);
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(log.as_bytes()).expect("packed");
    let packed = packer.finish().expect("packed");
    assert_eq!(place.over(&packed, &[]).0, plain);
    let project = place.name("p");
    for bytes in [log.as_bytes(), &packed] {
        let mut child = wayline(&["run", &project, "--events", "-", "--quiet"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let mut input = child.stdin.take().expect("piped");
        let bytes = bytes.to_vec();
        let feeder = std::thread::spawn(move || input.write_all(&bytes));
        let output = child.wait_with_output().expect("ends");
        feeder.join().expect("joins").expect("fed");
        assert_eq!(text(&output.stdout), plain);
    }
    let cut = &packed[..packed.len() / 2];
    assert_eq!(place.over(cut, &[]).2, 2, "a damaged file is an error of input");
}

#[test]
fn bad_lines_are_told_counted_and_change_nothing() {
    let place = Place::new();
    let good: Vec<String> = few_events().lines().map(str::to_owned).collect();
    let bad = [
        "{\"type\":\"track\"".to_owned(),
        track("b1", "cart_add", "2026-01-05T10:40:00+09:00", r#"{"item":7,"price":39000}"#).trim().to_owned(),
        track("b2", "cart_add", "2026-01-05T10:40:00+09:00", r#"{"price":39000}"#).trim().to_owned(),
        track("b3", "cart_add", "2026-01-05T10:40:00+09:00", r#"{"item":"A","price":18446744073709551616}"#)
            .trim()
            .to_owned(),
        track("1", "cart_add", "2026-01-05T10:40:00+09:00", r#"{"item":"Z","price":39000}"#)
            .trim()
            .to_owned(),
        track("b4", "cart_add", "2027-01-05T10:40:00+09:00", r#"{"item":"Z","price":39000}"#)
            .trim()
            .to_owned(),
    ];
    let mut log = good[..4].to_vec();
    log.extend(bad);
    log.push(good[4].clone());
    let until = ["--until", "2026-01-06T00:00:00+09:00"];
    let (clean, ..) = place.over(few_events().as_bytes(), &until);
    let (out, shown, code) = place.over(log.join("\n").as_bytes(), &until);
    assert_eq!(code, 0);
    let kept: Vec<&str> = out.lines().filter(|line| !line.contains("\"rejected\"")).collect();
    assert_eq!(kept, clean.lines().collect::<Vec<_>>());
    let told: Vec<&str> = shown.lines().filter(|line| line.starts_with("/events")).collect();
    snapshots().bind(|| insta::assert_snapshot!("run_bad_lines", told.join("\n")));
    assert!(
        shown.contains("1 bad") && shown.contains("1 repeated") && shown.contains("3 refused"),
        "{shown}"
    );
    let (_, shown, code) = place.over(log.join("\n").as_bytes(), &["--strict"]);
    assert_eq!(code, 1, "{shown}");
    assert!(shown.starts_with("warning") || shown.starts_with("/events.jsonl:5:"), "{shown}");
}

#[test]
fn only_the_first_bad_lines_are_shown() {
    let place = Place::new();
    let (_, shown, code) = place.over("{}\n".repeat(30).as_bytes(), &[]);
    assert_eq!(code, 0);
    assert_eq!(shown.matches("no `type`").count(), 20);
    assert!(shown.contains("30 bad") && shown.contains("10 more"), "{shown}");
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let place = Place::new();
    place.put("events.jsonl", many_events().repeat(3).as_bytes());
    let (project, events) = (place.name("p"), place.name("events.jsonl"));
    let mut child = wayline(&["run", &project, "--events", &events, "--quiet", "--backend", "interp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut first = [0; 10];
    child.stdout.take().expect("piped").read_exact(&mut first).expect("some output");
    let mut errors = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut errors).expect("read");
    assert_eq!(errors, "");
    assert_eq!(child.wait().expect("ends").code(), Some(0));
}

#[test]
fn exit_codes() {
    let place = Place::new();
    place.put("bad.way", b"journey x { on nothing_known; wait 1h; }");
    let (good, bad) = (place.name("p"), place.name("bad.way"));
    let code = |arguments: &[&str]| run(arguments).status.code().expect("a code");
    assert_eq!(code(&["check", &good]), 0);
    assert_eq!(code(&["check", &bad]), 1);
    assert_eq!(code(&["check", &place.name("missing.way")]), 2);
    assert_eq!(code(&["check", "--nonsense"]), 2);
    assert_eq!(code(&["run", &bad, "--events", &bad]), 1);
    assert_eq!(code(&["run", &good, "--events", &place.name("missing.jsonl")]), 2);
    assert_eq!(code(&["run", &good, "--events", &good]), 2);
    assert_eq!(code(&["run", &good, "--events", &bad, "--until", "tomorrow"]), 2);
    assert_eq!(code(&["explain", "WL0101"]), 0);
    assert_eq!(code(&["--version"]), 0);
}

#[test]
fn check_as_json_is_one_object() {
    let place = Place::new();
    place.put("bad.way", "journey 없음 { on purchse; wait 1h; }".as_bytes());
    let output = run(&["check", &place.name("bad.way"), "--format", "json"]);
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(value["version"], 1);
    let first = &value["diagnostics"][0];
    assert_eq!((&first["name"], &first["severity"]), (&"unknown-name".into(), &"error".into()));
    assert_eq!((&first["line"], &first["column"]), (&1.into(), &17.into()));
    for key in ["code", "message", "file", "span", "labels", "help", "fix"] {
        assert!(first.get(key).is_some(), "{key}: {first}");
    }
}

#[test]
fn findings_for_people() {
    let place = Place::new();
    place.put("bad.way", b"journey x {\n    on purchse;\n    wait 1h;\n}\n");
    let output = wayline(&["check", "bad.way"]).current_dir(place.path("")).output().expect("starts");
    let shown = text(&output.stdout);
    assert!(!shown.contains('\u{1b}'), "no colours where nobody looks");
    snapshots().bind(|| insta::assert_snapshot!("check_human", shown));
}

#[test]
fn a_folder_is_one_project() {
    let place = Place::new();
    place.put("p/deeper/more.way", b"journey more { on purchase reenter every; send push \"thanks\"; }");
    place.put("p/.hidden/broken.way", b"journey {");
    place.put("p/target/broken.way", b"journey {");
    place.put("p/wayline.toml", b"zone = \"Asia/Seoul\"\nlocale = \"ko-KR\"\nmax_instances = 5\n");
    let output = run(&["check", &place.name("p")]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert_eq!(
        run(&["check", &place.name("p/deeper/more.way")]).status.code(),
        Some(0),
        "std has these names"
    );
    place.put("empty/readme.txt", b"");
    assert_eq!(run(&["check", &place.name("empty")]).status.code(), Some(2));
}

#[test]
fn what_is_wrong_in_the_settings_is_found() {
    let place = Place::new();
    place.put("p/wayline.toml", b"zoen = \"Asia/Seoul\"\nzone = \"Asia/Soul\"\nlocale = 3\nmax_instances = 0\nlocales = [\"ko\", \"x\"]\n");
    place.put("p/binary.way", b"journey \xff\xfe");
    place.put("p/utf16.way", b"\xff\xfej\0");
    let output =
        wayline(&["check", "p", "--format", "plain"]).current_dir(place.path("")).output().expect("starts");
    snapshots().bind(|| insta::assert_snapshot!("check_settings", text(&output.stdout)));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn help_of_every_command() {
    let mut all = text(&run(&["--help"]).stdout);
    for command in ["check", "fmt", "run", "explain", "std", "new", "completions"] {
        all.push_str(&format!("\n──── {command}\n\n{}", text(&run(&[command, "--help"]).stdout)));
    }
    snapshots().bind(|| insta::assert_snapshot!("help", all));
}

#[test]
fn explain_knows_names_and_numbers() {
    let by_name = run(&["explain", "unknown-name"]);
    assert_eq!(by_name.status.code(), Some(0));
    assert_eq!(by_name.stdout, run(&["explain", "wl0101"]).stdout);
    let unknown = run(&["explain", "unknown-nam"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("did you mean `unknown-name`"), "{}", text(&unknown.stderr));
    assert!(text(&run(&["explain"]).stdout).contains("unknown-name"));
}

#[test]
fn every_template_checks_and_runs() {
    let place = Place::new();
    let list = text(&run(&["new", "--list"]).stdout);
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.contains(&"cart_recovery"));
    for name in names {
        let made = place.name(&format!("made/{name}"));
        assert_eq!(run(&["new", &made, "--template", name]).status.code(), Some(0));
        let check = run(&["check", &made]);
        assert_eq!(text(&check.stdout), "no findings\n", "{name}");
        let events = Path::new(&made).join("events.jsonl");
        let output = run(&["run", &made, "--events", &events.to_string_lossy()]);
        assert_eq!(output.status.code(), Some(0), "{name}");
        assert!(text(&output.stdout).contains("\"sent\""), "{name} sends something");
        assert_eq!(run(&["new", &made]).status.code(), Some(2), "never over what is there");
    }
    let unknown = run(&["new", &place.name("x"), "--template", "welcom"]);
    assert!(text(&unknown.stderr).contains("did you mean `welcome`"));
}

#[test]
fn std_is_source() {
    let std = text(&run(&["std"]).stdout);
    assert!(std.contains("event purchase") && std.contains("channel push"));
    assert_eq!(run(&["std", "nothing"]).status.code(), Some(2));
    assert!(text(&run(&["completions", "bash"]).stdout).contains("wayline"));
}

#[test]
fn fmt_writes_in_place_checks_and_pipes() {
    let place = Place::new();
    let ugly = "journey   x{on purchase;wait 1h;}";
    place.put("f/a.way", ugly.as_bytes());
    place.put("f/broken.way", b"journey {");
    let fmt = |arguments: &[&str]| {
        let output =
            wayline(arguments).current_dir(place.path("f")).stdin(Stdio::null()).output().expect("starts");
        (text(&output.stdout), output.status.code().expect("a code"))
    };
    let at = |name: &str| fs::read_to_string(place.path(name)).expect("there");
    assert_eq!(fmt(&["fmt", "a.way", "--check"]), ("would change a.way\n".to_owned(), 1));
    assert_eq!(at("f/a.way"), ugly, "`--check` changes nothing");
    assert_eq!(fmt(&["fmt"]), ("formatted a.way\n".to_owned(), 1), "the broken file is a finding");
    assert_eq!(at("f/broken.way"), "journey {");
    assert_eq!(fmt(&["fmt", "a.way", "--check"]), (String::new(), 0));
    let formatted = at("f/a.way");
    assert_ne!(formatted, ugly);
    let mut child =
        wayline(&["fmt", "--stdin"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
    child.stdin.take().expect("piped").write_all(ugly.as_bytes()).expect("fed");
    assert_eq!(text(&child.wait_with_output().expect("ends").stdout), formatted);
}
