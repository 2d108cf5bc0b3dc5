//! `wayline run`: journeys over an event log, on the virtual clock.

use super::events::{self, Events};
use super::progress::Progress;
use super::report::{self, Colour};
use super::summary::{Lines, Summary};
use super::terminal::Terminal;
use super::{Failure, Outcome, project};
use crate::clock::Stopwatch;
use crate::engine::{Effects, Engine, Fact, Kind};
use crate::host::memory::{Memory, Sink, Taken};
use crate::host::tally::Tally;
use crate::host::writer::Writer;
use crate::ingest::lines::Lines as Input;
use crate::ingest::{Decoder, refusal};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wayline_compiler::calendar::text::parse_instant;
use wayline_compiler::ir::Program;
use wayline_compiler::predicates::{self, Predicates};

/// Run journeys over an event log; time is what the events say
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  wayline run my-journeys --events events.jsonl
  wayline run welcome.way --events events.jsonl.gz --out decisions.jsonl
  wayline run my-journeys --events - --until 2026-02-01T00:00:00+09:00 < events.jsonl

Events are JSON lines of the Segment spec, plain or gzip:
  {\"type\":\"track\",\"messageId\":\"m1\",\"userId\":\"u1\",\"event\":\"cart_add\",
   \"timestamp\":\"2026-01-05T10:00:00+09:00\",\"properties\":{\"item\":\"A\",\"price\":39000}}

Decisions are JSON lines too; the summary goes to standard error.")]
pub(super) struct Args {
    /// A `.way` file or a project folder
    path: PathBuf,
    /// Event log, `-` for standard input
    #[arg(long, value_name = "FILE")]
    events: PathBuf,
    /// Let time pass up to this instant, and take no event after it; the default is the last event
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    until: Option<i64>,
    /// Where decisions go, `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    /// Stop at the first line that cannot be used
    #[arg(long)]
    strict: bool,
    /// How predicates are evaluated
    #[arg(long, value_enum, default_value = "auto")]
    backend: Backend,
    /// No summary, no progress bar
    #[arg(long)]
    quiet: bool,
}

/// How predicates are evaluated; the results are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Backend {
    /// As machine code where the system allows it
    Auto,
    /// As machine code
    Jit,
    /// By the reference interpreter
    Interp,
}

fn instant(text: &str) -> Result<i64, String> {
    parse_instant(text)
        .ok_or_else(|| "write an instant with its offset, like `2026-01-05T10:00:00+09:00`".to_owned())
}

/// How many bad lines are shown in full.
pub(super) const SHOWN: u64 = 20;
/// Decisions are written in pieces of about this size.
const BUFFER: usize = 1 << 17;
/// Lines between two looks at the progress bar.
const PROGRESS_LINES: u64 = 1 << 16;

pub(super) fn run(terminal: &Terminal, args: &Args) -> Result<Outcome, Failure> {
    let built = project::load(&args.path)?.build();
    let colour = Colour::from(terminal.colour_err);
    if !args.quiet || built.has_errors() {
        terminal.err(format_args!("{}", report::human(terminal, colour, &built.findings)));
    }
    let Some(program) = built.program else {
        terminal.err(format_args!("{}; nothing was run\n", report::count(&built.findings)));
        return Ok(Outcome::Findings);
    };
    let events = events::open(&args.events)?;
    let mut run = Run::new(terminal, args, &program)?;
    let watch = Stopwatch::start();
    let outcome = run.all(events)?;
    if !args.quiet {
        let summary = Summary {
            program: &program,
            tally: &run.sink.tally,
            lines: &run.lines,
            users: run.memory.users(),
        };
        terminal.err(format_args!("{}", summary.text(watch.elapsed())));
    }
    Ok(outcome)
}

/// A run as it goes on.
struct Run<'a> {
    terminal: &'a Terminal,
    args: &'a Args,
    memory: Memory,
    decoder: Decoder,
    sink: Output,
    lines: Lines,
}

impl Backend {
    fn predicates(self, program: &Arc<Program>) -> Result<Predicates, Failure> {
        let backend = match self {
            Self::Auto => predicates::Backend::Auto,
            Self::Jit => predicates::Backend::Jit,
            Self::Interp => predicates::Backend::Interp,
        };
        Predicates::new(program, backend).map_err(|error| Failure::Message(error.to_string()))
    }
}

impl<'a> Run<'a> {
    fn new(terminal: &'a Terminal, args: &'a Args, program: &Arc<Program>) -> Result<Self, Failure> {
        let predicates = Arc::new(args.backend.predicates(program)?);
        if let Some(why) = predicates.fallback() {
            terminal.err(format_args!("warning: {why}; predicates are interpreted, which is slower\n"));
        }
        Ok(Self {
            terminal,
            args,
            memory: Memory::new(Engine::new(predicates), args.until),
            decoder: Decoder::new(program),
            sink: Output::to(&args.out, program)?,
            lines: Lines::default(),
        })
    }

    fn all(&mut self, events: Events) -> Result<Outcome, Failure> {
        let progress = match self.args.quiet {
            true => None,
            false => Some(Progress::over(self.terminal, events.size)),
        };
        let mut input = Input::new(events.reader);
        let mut outcome = Outcome::Clean;
        while let Some((number, line)) =
            input.next_line().map_err(|error| Failure::at(&self.args.events, error))?
        {
            self.lines.read += 1;
            match self.decoder.decode(line) {
                Ok(line) => {
                    let taken = self.memory.take(&line, &mut self.sink);
                    self.lines.count(taken);
                    if let Some((fact, field)) = self.sink.refused.take() {
                        let why = refusal(self.memory.program(), &line.body, fact, &field);
                        self.lines.rejected += 1;
                        self.tell(progress.as_ref(), number, &why);
                    }
                    if taken == Taken::Beyond {
                        self.tell(progress.as_ref(), number, "later than the end of the run; not taken");
                    }
                }
                Err(bad) => {
                    self.lines.bad += 1;
                    self.tell(progress.as_ref(), number, &bad.to_string());
                    if self.args.strict {
                        outcome = Outcome::Findings;
                        break;
                    }
                }
            }
            if self.sink.buffer.len() >= BUFFER {
                self.sink.flush()?;
            }
            if let Some(progress) = &progress
                && self.lines.read.is_multiple_of(PROGRESS_LINES)
            {
                progress.show(events.read.get(), self.lines.read);
            }
        }
        if outcome == Outcome::Clean {
            self.memory.finish(&mut self.sink);
        }
        self.sink.flush()?;
        self.sink.out.flush()?;
        Ok(outcome)
    }

    /// Says what is wrong with a line; after the first few they are only counted.
    fn tell(&mut self, progress: Option<&Progress>, number: u64, why: &str) {
        self.lines.told += 1;
        if self.lines.told > SHOWN {
            return;
        }
        let file = self.args.events.display();
        let say = || self.terminal.err(format_args!("{file}:{number}: {why}\n"));
        match progress {
            Some(progress) => progress.aside(say),
            None => say(),
        }
    }
}

/// Where decisions go.
struct Output {
    writer: Writer,
    tally: Tally,
    buffer: Vec<u8>,
    out: Box<dyn Write>,
    /// The fact that the last input breaks, and of which field.
    refused: Option<(Fact, String)>,
    /// What went wrong when the buffer had to be emptied between two lines.
    broken: Option<io::Error>,
}

impl Output {
    fn to(path: &Path, program: &Program) -> Result<Self, Failure> {
        let out: Box<dyn Write> = if path.as_os_str() == "-" {
            Box::new(io::stdout().lock())
        } else {
            Box::new(File::create(path).map_err(|error| Failure::at(path, error))?)
        };
        Ok(Self {
            writer: Writer::new(program),
            tally: Tally::new(program),
            buffer: Vec::with_capacity(2 * BUFFER),
            out,
            refused: None,
            broken: None,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

impl Sink for Output {
    fn take(&mut self, user: &str, effects: &Effects) {
        self.writer.push_all(&mut self.buffer, user, effects);
        self.tally.count_all(effects);
        for decision in &effects.decisions {
            if let Kind::Rejected(fact) = decision.kind {
                self.refused.get_or_insert_with(|| (fact, effects.get(decision.detail).to_owned()));
            }
        }
        // Many timers may fire between two lines; memory stays bounded all the same.
        if self.buffer.len() >= 8 * BUFFER && self.broken.is_none() {
            self.broken = self.flush().err();
        }
    }
}
