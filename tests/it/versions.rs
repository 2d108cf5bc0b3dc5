//! A deploy while people are on their way: who goes on, moves, ends or stays; what is remembered through it.

use crate::support::{compile_text, findings};
use std::sync::Arc;
use wayline::engine::{Effects, Engine};
use wayline::host::memory::{Memory, Pinned, Sink};
use wayline::host::writer::Writer;
use wayline::ingest::Decoder;
use wayline_compiler::calendar::text::parse_instant;
use wayline_compiler::ir::Program;
use wayline_compiler::ir::link::Reasons;
use wayline_compiler::predicates::{Backend, Predicates};

const HEAD: &str = "event go(item) { item: string; n: int = 0; } event buy { total: int; } event session { }\n\
                    user { timezone: timezone = \"UTC\"; plan: \"free\" | \"pro\" = \"free\"; }\n\
                    catalog product per item { name: string; }\n\
                    channel push { purposes marketing, informational, transactional; main body: string; }\n";

fn program(text: &str) -> Arc<Program> {
    let (sources, compiled) = compile_text("versions.way", text);
    let said = findings(&sources, &compiled);
    compiled.program.unwrap_or_else(|| panic!("{said}"))
}

fn engine(program: &Arc<Program>) -> Engine {
    Engine::new(Arc::new(Predicates::new(program, Backend::Interp).expect("always there")))
}

/// Decisions as `clock user journey kind(reason) step text`.
struct Lines {
    writer: Writer,
    all: Vec<String>,
}

impl Lines {
    fn new(program: &Program) -> Self {
        Self { writer: Writer::new(program), all: Vec::new() }
    }
}

impl Sink for Lines {
    fn take(&mut self, user: &str, effects: &Effects) {
        let mut bytes = Vec::new();
        self.writer.push_all(&mut bytes, user, effects);
        for line in String::from_utf8(bytes).expect("UTF-8").lines() {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let word = |name: &str| line[name].as_str().unwrap_or("-").to_owned();
            let text = line["message"]["body"].as_str().map_or_else(|| word("detail"), str::to_owned);
            self.all.push(format!(
                "{} {user} {} {}({}) {} {text}",
                &word("at")[5..16],
                word("journey"),
                word("kind"),
                word("reason"),
                word("step")
            ));
        }
    }
}

struct Host {
    memory: Memory,
    decoder: Decoder,
    sink: Lines,
    lines: usize,
}

impl Host {
    fn new(text: &str) -> Self {
        let program = program(&format!("{HEAD}{text}"));
        Self {
            memory: Memory::new(engine(&program), None),
            decoder: Decoder::new(&program),
            sink: Lines::new(&program),
            lines: 0,
        }
    }

    fn line(&mut self, clock: &str, rest: &str) {
        self.lines += 1;
        let id = self.lines;
        let line = format!("{{\"messageId\":\"m{id}\",\"timestamp\":\"2026-01-{clock}:00Z\",{rest}}}");
        let line = self.decoder.decode(line.as_bytes()).expect("a good line");
        self.memory.take(&line, &mut self.sink);
    }

    fn track(&mut self, clock: &str, user: &str, event: &str, properties: &str) {
        let rest = format!(
            "\"type\":\"track\",\"userId\":\"{user}\",\"event\":\"{event}\",\"properties\":{{{properties}}}"
        );
        self.line(clock, &rest);
    }

    fn deploy(&mut self, clock: &str, text: &str) -> Result<(), Pinned> {
        self.deploy_whole(clock, &format!("{HEAD}{text}"))
    }

    fn deploy_whole(&mut self, clock: &str, text: &str) -> Result<(), Pinned> {
        self.deploy_program(clock, &program(text))
    }

    /// With what people on their way need of the version before.
    fn deploy_linked(&mut self, clock: &str, text: &str) -> Result<(), Reasons> {
        let now = parse_instant(&format!("2026-01-{clock}:00Z")).expect("an instant");
        let next = self.memory.with_pinned(&program(text), now, &mut self.sink)?;
        self.deploy_program(clock, &next).expect("what is pinned is linked in");
        Ok(())
    }

    fn deploy_program(&mut self, clock: &str, next: &Arc<Program>) -> Result<(), Pinned> {
        let now = parse_instant(&format!("2026-01-{clock}:00Z")).expect("an instant");
        let mut sink = Lines::new(next);
        self.memory.deploy(engine(next), now, &mut self.sink, &mut sink)?;
        self.decoder = Decoder::new(next);
        let before = std::mem::replace(&mut self.sink, sink).all;
        self.sink.all.splice(0..0, before);
        Ok(())
    }

    fn until(&mut self, clock: &str) -> Vec<String> {
        let now = parse_instant(&format!("2026-01-{clock}:00Z")).expect("an instant");
        self.memory.advance(now, &mut self.sink);
        std::mem::take(&mut self.sink.all)
    }
}

#[test]
fn a_moved_instance_waits_as_the_new_version_says() {
    let mut host = Host::new(
        "journey j { on go per item reenter never; pause: wait 2h; hello: send push \"old {item} {n}\"; }",
    );
    host.track("05T10:00", "u", "go", "\"item\":\"A\",\"n\":3");
    // Fields before those that are kept, a step before the one it waits at, a longer wait.
    let head = HEAD.replace(
        "{ item: string; n: int",
        "{ a: bool = true; colour: string = \"red\"; item: string; n: int",
    );
    let next = "journey a { on buy reenter never; send push \"a\"; }\njourney j { on go per item reenter never; on update move; if n > 7 exit; pause: wait 5h; hello: send push \"new {item} {n} {colour}\"; }";
    host.deploy_whole("05T11:00", &format!("{head}{next}")).expect("nobody is pinned");
    host.track("05T11:30", "u", "go", "\"item\":\"A\",\"n\":4");
    assert_eq!(
        host.until("06T10:00"),
        [
            "01-05T10:00 u j entered(-) - -",
            "01-05T11:30 u j refused(reenter) - -",
            "01-05T15:00 u j sent(-) hello new A 3 red",
            "01-05T15:00 u j exited(end) - -"
        ]
    );
}

#[test]
fn a_wait_that_is_over_in_the_new_version_ends_at_the_deploy() {
    let mut host = Host::new("journey j { on go; pause: wait 9h; send push \"old\"; }");
    host.track("05T10:00", "u", "go", "\"item\":\"A\"");
    host.deploy(
        "05T12:00",
        "journey j { on go reenter never; on update move; pause: wait 1h; send push \"new\"; }",
    )
    .expect("nobody is pinned");
    assert_eq!(
        host.until("06T10:00")[1..],
        ["01-05T12:00 u j sent(-) send_push new", "01-05T12:00 u j exited(end) - -"]
    );
}

#[test]
fn who_stands_at_a_step_that_is_gone_is_stranded() {
    let mut host =
        Host::new("journey j { on go per item reenter never; pause: wait 2h; send push \"old\"; }");
    host.track("05T10:00", "u", "go", "\"item\":\"A\"");
    let moved = |step: &str| format!("journey j {{ on go per item reenter never; on update move; {step} }}");
    host.deploy("05T11:00", &moved("rest: wait 5h; send push \"new {item}\";")).expect("nobody is pinned");
    assert_eq!(
        host.until("06T10:00")[1..],
        ["01-05T11:00 u j exited(version) pause there is no step `pause`"]
    );

    host.track("06T10:00", "u", "go", "\"item\":\"B\"");
    host.deploy("06T11:00", &moved("rest: wait for buy up to 1d; send push \"new {item}\";"))
        .expect("nobody is pinned");
    assert_eq!(
        host.until("06T12:00")[1..],
        ["01-06T11:00 u j exited(version) rest `rest` is another kind of step"]
    );

    host.track("07T10:00", "u", "go", "\"item\":\"C\"");
    host.deploy("07T11:00", &moved("rest: wait for buy up to 1d; send push \"new {item} {n}\";"))
        .expect("nobody is pinned");
    assert_eq!(
        host.until("07T12:00")[1..],
        ["01-07T11:00 u j exited(version) rest the new version reads `n` of the entry, which was not kept"]
    );
}

#[test]
fn on_update_exit_ends_what_is_live_and_cancels_what_is_held() {
    let quiet = "policy { quiet 21:00 .. 08:00 hold; }\n";
    let mut host = Host::new(&format!(
        "{quiet}journey j {{ on go reenter never; goal buy within 3d; send push \"old\"; }}"
    ));
    host.track("05T09:00", "done", "go", "\"item\":\"A\"");
    host.track("05T22:00", "u", "go", "\"item\":\"A\"");
    let next =
        "journey j { on go reenter never; on update exit; goal buy within 3d; wait 1h; send push \"new\"; }";
    host.deploy("05T23:00", &format!("{quiet}{next}")).expect("nobody is pinned");
    host.track("06T09:00", "u", "buy", "\"total\":1");
    host.track("06T09:00", "u", "go", "\"item\":\"A\"");
    host.track("06T09:00", "done", "buy", "\"total\":1");
    assert_eq!(
        host.until("07T10:00")[3..],
        [
            "01-05T22:00 u j entered(-) - -",
            "01-05T22:00 u j held(quiet) send_push quiet 21:00 .. 08:00",
            "01-05T23:00 u j cancelled(exit) send_push -",
            "01-05T23:00 u j exited(version) send_push -",
            "01-06T09:00 u j refused(reenter) - -",
            // One past its last step goes on measuring; its message is still credited where the step is.
            "01-06T09:00 done j converted(-) send_push buy"
        ]
    );
}

#[test]
fn pinned_instances_keep_a_host_of_one_version_from_going_over() {
    let text = "journey j { on go reenter never; pause: wait 2h; send push \"old\"; }\njourney same { on go reenter never; wait 3h; send push \"same\"; }";
    let mut host = Host::new(text);
    host.track("05T10:00", "u", "go", "\"item\":\"A\"");
    let next = text.replace("wait 2h", "wait 4h");
    assert_eq!(host.deploy("05T11:00", &next), Err(Pinned([("j".to_owned(), 1)].into())));
    // They have finished: the journey that is the same goes on through it.
    host.deploy("05T12:30", &next).expect("nobody is pinned");
    assert_eq!(
        host.until("06T10:00")[2..],
        [
            "01-05T12:00 u j sent(-) send_push old",
            "01-05T12:00 u j exited(end) - -",
            "01-05T13:00 u same sent(-) send_push same",
            "01-05T13:00 u same exited(end) - -"
        ]
    );
}

#[test]
fn what_is_remembered_outlives_a_deploy() {
    let text = "policy { cap push 1 per 1d; }\nsegment idle = last(session) older than 2d;\n\
                journey idle_ones { on enter idle reenter after exit; send transactional push \"idle\"; }\n\
                journey j { on go per item reenter never; wait 1h; send push \"{count(buy ever)} {user.plan} {product(item).name ?? \"-\"}\"; }";
    let mut host = Host::new(text);
    host.line(
        "01T00:00",
        "\"type\":\"catalog\",\"catalog\":\"product\",\"key\":\"A\",\"row\":{\"name\":\"Case\"}",
    );
    host.line("01T00:00", "\"type\":\"identify\",\"userId\":\"u\",\"traits\":{\"plan\":\"pro\"}");
    host.track("01T00:00", "u", "session", "");
    host.track("04T10:00", "u", "buy", "\"total\":1");
    host.track("04T10:00", "u", "go", "\"item\":\"A\"");
    // Everything before it in its list: an event, a channel, a catalog, an attribute, a member, a column, a journey.
    let head = HEAD
        .replace("event go", "event again { n: int = 0; }\nevent go")
        .replace("\"free\" |", "\"basic\" | \"free\" |")
        .replace("user {", "user { age: int?; ")
        .replace(
            "{ name: string; }",
            "{ brand: string?; name: string; }\ncatalog aisle per key { name: string; }",
        )
        .replace("channel push", "channel fax { purposes marketing; main body: string; }\nchannel push");
    let next = format!(
        "journey a {{ on again reenter never; send fax \"{{count(again ever)}} {{user.age ?? 0}} {{product(\"A\").brand ?? \"-\"}}\"; }}\n{text}"
    );
    host.deploy_whole("04T10:30", &format!("{head}{next}")).expect("nobody is pinned");
    host.track("04T12:00", "u", "go", "\"item\":\"A\"");
    host.track("04T12:00", "u", "go", "\"item\":\"B\"");
    assert_eq!(
        host.until("05T10:00"),
        [
            "01-03T00:00 u idle_ones entered(-) - -",
            "01-03T00:00 u idle_ones sent(-) send_push idle",
            "01-03T00:00 u idle_ones exited(end) - -",
            "01-04T10:00 u j entered(-) - -",
            "01-04T11:00 u j sent(-) send_push 1 pro Case",
            "01-04T11:00 u j exited(end) - -",
            "01-04T12:00 u j refused(reenter) - -",
            "01-04T12:00 u j entered(-) - -",
            "01-04T13:00 u j dropped(cap) send_push cap push 1 per 24h: used by j.send_push at 2026-01-04T11:00:00+00:00",
            "01-04T13:00 u j exited(end) - -"
        ]
    );
}

#[test]
fn only_including_current_takes_in_those_already_inside() {
    let segment = "segment idle = last(session) older than 2d;\n";
    let mut host = Host::new(segment);
    host.track("01T00:00", "u", "session", "");
    let next = format!(
        "{segment}journey a {{ on enter idle reenter after exit; send push \"a\"; }}\njourney b {{ on enter idle including current reenter after exit; send push \"b\"; }}"
    );
    host.deploy("05T00:00", &next).expect("nobody is pinned");
    host.deploy("06T00:00", &format!("{next}\njourney c {{ on go reenter never; send push \"c\"; }}"))
        .expect("nobody is pinned");
    let sent =
        |lines: Vec<String>| lines.into_iter().filter(|line| line.contains("sent")).collect::<Vec<_>>();
    assert_eq!(sent(host.until("07T00:00")), ["01-05T00:00 u b sent(-) send_push b"]);
    host.track("08T00:00", "u", "session", "");
    assert_eq!(
        sent(host.until("20T00:00")),
        ["01-10T00:00 u a sent(-) send_push a", "01-10T00:00 u b sent(-) send_push b"]
    );
}

#[test]
fn pinned_instances_finish_on_the_version_they_entered() {
    let old = "policy { quiet 21:00 .. 08:00 hold; }\n\
               journey j { on go per item reenter after exit; goal buy within 1d where total > entry.n; wait until did session up to 2h else { send push \"gave up {item} {count(buy ever)}\"; exit; } send push \"old {item} {user.plan} {product(item).name ?? \"-\"}\"; wait 1h; send push \"old again\"; }";
    let mut host = Host::new(old);
    host.line(
        "01T00:00",
        "\"type\":\"catalog\",\"catalog\":\"product\",\"key\":\"A\",\"row\":{\"name\":\"Case\"}",
    );
    host.track("05T09:00", "u", "buy", "\"total\":1");
    for (user, item) in [("u", "A"), ("v", "B"), ("w", "C")] {
        host.track("05T10:00", user, "go", &format!("\"item\":\"{item}\",\"n\":5"));
    }
    // Another version with more of everything, in other places.
    let head = HEAD
        .replace("event go", "event again { n: int = 0; }\nevent go")
        .replace("total: int;", "total: int; note: string?;")
        .replace("user {", "user { age: int?; ")
        .replace(
            "{ name: string; }",
            "{ brand: string?; name: string; }\ncatalog aisle per key { name: string; }",
        );
    let second = format!(
        "{head}policy {{ }}\njourney a {{ on again reenter never; send push \"{{user.age ?? 0}}\"; }}\njourney j {{ on go per item reenter after exit; goal buy within 1d where total > entry.n; send push \"second {{item}}\"; }}"
    );
    host.deploy_linked("05T11:00", &second).expect("it can be linked in");
    // A live instance of an earlier version blocks its lane, and nobody enters that version.
    host.track("05T11:10", "u", "go", "\"item\":\"A\",\"n\":5");
    host.track("05T11:10", "v", "session", "");
    host.track("05T11:20", "w", "buy", "\"total\":4");
    host.track("05T11:30", "w", "buy", "\"total\":9");
    // One more version while some still wait in the first, with others in the second.
    let third = second
        .replace("second {item}", "third {item}")
        .replace("event again", "event again2 { }\nevent again");
    host.deploy_linked("05T11:40", &third).expect("it can be linked in");
    host.track("05T13:00", "v", "go", "\"item\":\"B\",\"n\":5");
    assert_eq!(
        host.until("06T10:00")[3..],
        [
            "01-05T11:10 u j refused(reenter) - -",
            "01-05T11:10 v j sent(-) send_push old B free -",
            "01-05T11:30 w j converted(-) - buy",
            "01-05T12:00 u j sent(-) wait_until.else.send_push gave up A 1",
            "01-05T12:00 u j exited(step) wait_until.else.exit -",
            "01-05T12:10 v j sent(-) send_push#2 old again",
            "01-05T12:10 v j exited(end) - -",
            "01-05T13:00 v j entered(-) - -",
            "01-05T13:00 v j sent(-) send_push third B",
            "01-05T13:00 v j exited(end) - -"
        ]
    );
}

#[test]
fn later_versions_may_move_or_end_what_was_pinned() {
    let version = |word: &str, wait: &str| {
        format!(
            "{HEAD}journey j {{ on go per item reenter never; {word} pause: wait {wait}; send push \"{wait} {{item}}\"; }}"
        )
    };
    let mut host = Host::new(&version("", "2h").replace(HEAD, ""));
    host.track("05T10:00", "u", "go", "\"item\":\"A\"");
    host.deploy_linked("05T10:10", &version("", "3h")).expect("linked");
    host.track("05T10:20", "v", "go", "\"item\":\"A\"");
    host.deploy_linked("05T10:30", &version("on update move;", "4h")).expect("linked");
    assert_eq!(
        host.until("06T10:00")[2..],
        [
            "01-05T14:00 u j sent(-) send_push 4h A",
            "01-05T14:00 u j exited(end) - -",
            "01-05T14:20 v j sent(-) send_push 4h A",
            "01-05T14:20 v j exited(end) - -"
        ]
    );
}

#[test]
fn what_reads_something_that_has_changed_cannot_be_linked_in() {
    let mut host =
        Host::new("journey j { on go per item reenter never; wait 2h; send push \"{item} {user.plan}\"; }");
    host.track("05T10:00", "u", "go", "\"item\":\"A\"");
    let head = HEAD
        .replace("{ item: string; n", "{ before: int?; item: string; n")
        .replace("\"free\" |", "\"basic\" | \"free\" |");
    let next = format!("{head}journey j {{ on go per item reenter never; send push \"{{item}}\"; }}");
    assert_eq!(
        host.deploy_linked("05T11:00", &next),
        Err(["attribute `plan` has changed".to_owned(), "event `go` has changed".to_owned()].into())
    );
    assert_eq!(
        host.until("06T10:00")[1..],
        ["01-05T12:00 u j sent(-) send_push A free", "01-05T12:00 u j exited(end) - -"]
    );
}
