//! Standard output and standard error: colours only where a person looks, quiet when the reader has gone.
//!
//! Start at [`Terminal::of_process`].

use super::Failure;
use std::fmt;
use std::io::{self, IsTerminal, Write};

/// Widest a report gets.
const MAX_WIDTH: usize = 110;
/// Width of reports that nobody sees on a terminal.
const PLAIN_WIDTH: usize = 100;

/// What is known of where output goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    /// Colours on standard error.
    pub(super) colour_err: bool,
    /// Colours on standard output.
    pub(super) colour_out: bool,
    /// Standard error is a terminal: there may be a progress bar.
    pub(super) watched: bool,
    /// Columns of reports.
    pub(super) width: usize,
}

impl Terminal {
    /// Looks at this process.
    pub(super) fn of_process() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let colours = !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let watched = io::stderr().is_terminal();
        let columns = console_width().filter(|_| watched || io::stdout().is_terminal());
        Self {
            colour_err: watched && colours,
            colour_out: io::stdout().is_terminal() && colours,
            watched,
            width: columns.map_or(PLAIN_WIDTH, |columns| columns.clamp(40, MAX_WIDTH)),
        }
    }

    /// Writes to standard output.
    pub(super) fn out(self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }

    /// Writes to standard error; that it cannot be written to is nothing we could tell anyone.
    pub(super) fn err(self, text: fmt::Arguments<'_>) {
        let _ = io::stderr().lock().write_fmt(text);
    }

    /// Says why a command could not do its work.
    pub(super) fn show_failure(self, why: &str) {
        let (red, off) = if self.colour_err { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
        self.err(format_args!("{red}wayline{off}: {why}\n"));
    }

    /// Says that we have a bug.
    pub(super) fn show_bug(self, what: &str) {
        self.err(format_args!(
            "wayline has a bug and stopped: {what}\n\
             please report it with the command and, if you can, the files that led here: \
             https://github.com/wayline/wayline/issues\n"
        ));
    }
}

/// Columns of the terminal; `COLUMNS` overrules.
fn console_width() -> Option<usize> {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    asked.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
}
