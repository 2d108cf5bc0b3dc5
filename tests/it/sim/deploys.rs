//! A deploy in the middle of a log changes nothing for whom it must change nothing.
//!
//! Once to a version with more of everything before it, in which the journeys are the same; once to one in which every journey has one more
//! exit, by an event that does not come, so that whoever is on the way is pinned to the version before; once to the same with `on update move`.

use super::inputs::{self, Line};
use super::rng::Rng;
use std::sync::Arc;
use wayline::engine::{Effects, Engine};
use wayline::host::memory::{Memory, Sink};
use wayline::host::writer::Writer;
use wayline::ingest::Decoder;
use wayline_compiler::ir::Program;
use wayline_compiler::predicates::{Backend, Predicates};
use wayline_compiler::{Settings, Sources, compile};

/// The log decides the same with a deploy somewhere in it.
pub(super) fn change_nothing(
    text: &str,
    program: &Arc<Program>,
    lines: &[Line],
    rng: &mut Rng,
) -> Result<(), String> {
    let plain = decide(program, lines, None)?;
    let shifted = text.replacen("user {\n", "user {\n    aaa: int?;\n", 1).replacen(
        "event e0",
        "event aaa { x: int = 0; }\nevent e0",
        1,
    ) + "journey aaa { on aaa reenter never; send push \"{user.aaa ?? 0} {count(aaa ever)}\"; }\n";
    let other = shifted.replace("    lasts at most 60d;\n", "    lasts at most 60d;\n    exit on aaa;\n");
    let moving = other.replace("    exit on aaa;\n", "    exit on aaa;\n    on update move;\n");
    for (what, next) in
        [("the same journeys", &shifted), ("other journeys", &other), ("journeys that move", &moving)]
    {
        let mut sources = Sources::new();
        sources.add("journeys.way", next.clone());
        let Some(next) = compile(&sources, &Settings::default()).program else { continue };
        // Between two lines, where nothing else is likely to be due.
        let gaps: Vec<usize> =
            (1..lines.len()).filter(|at| lines[*at].time > lines[at - 1].time + 10_000).collect();
        if gaps.is_empty() {
            return Ok(());
        }
        let at = gaps[rng.below(gaps.len() as u64) as usize];
        let deployed = decide(program, lines, Some((&next, at)))?;
        if let Some(nth) =
            (0..plain.len().max(deployed.len())).find(|nth| plain.get(*nth) != deployed.get(*nth))
        {
            let (was, is) = (plain.get(nth), deployed.get(nth));
            let when = &lines[at].text;
            return Err(format!(
                "a deploy of {what} before {when}\nchanges {}\ninto    {}",
                was.map_or("nothing", String::as_str),
                is.map_or("nothing", String::as_str)
            ));
        }
    }
    Ok(())
}

/// Decisions without their version.
struct Kept {
    writer: Writer,
    all: Vec<String>,
}

impl Kept {
    fn new(program: &Program) -> Self {
        Self { writer: Writer::new(program), all: Vec::new() }
    }
}

impl Sink for Kept {
    fn take(&mut self, user: &str, effects: &Effects) {
        let mut bytes = Vec::new();
        self.writer.push_all(&mut bytes, user, effects);
        for line in String::from_utf8_lossy(&bytes).lines() {
            self.all.push(line.split(",\"program\":").next().unwrap_or(line).to_owned());
        }
    }
}

fn engine(program: &Arc<Program>) -> Result<Engine, String> {
    let predicates = Predicates::new(program, Backend::Interp).map_err(|error| error.to_string())?;
    Ok(Engine::new(Arc::new(predicates)))
}

fn decide(
    program: &Arc<Program>,
    lines: &[Line],
    deploy: Option<(&Arc<Program>, usize)>,
) -> Result<Vec<String>, String> {
    let mut memory = Memory::new(engine(program)?, Some(inputs::END));
    let mut decoder = Decoder::new(program);
    let mut sink = Kept::new(program);
    for (nth, line) in lines.iter().enumerate() {
        if let Some((next, at)) = deploy
            && at == nth
        {
            let now = lines[nth - 1].time + 5_003;
            let next = memory
                .with_pinned(next, now, &mut sink)
                .map_err(|reasons| format!("cannot be linked: {reasons:?}"))?;
            let mut after = Kept::new(&next);
            memory.deploy(engine(&next)?, now, &mut sink, &mut after).map_err(|pinned| pinned.to_string())?;
            decoder = Decoder::new(&next);
            let before = std::mem::replace(&mut sink, after).all;
            sink.all.splice(0..0, before);
        }
        let line = decoder.decode(line.text.as_bytes()).map_err(|bad| format!("{bad}: {}", line.text))?;
        memory.take(&line, &mut sink);
    }
    memory.finish(&mut sink);
    Ok(sink.all)
}
