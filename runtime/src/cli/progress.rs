//! A progress bar on standard error, only where a person watches.
//!
//! Start at [`Progress::over`].

use super::terminal::Terminal;
use indicatif::{ProgressBar, ProgressStyle};

/// Progress through a file.
pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    /// Progress over so many bytes, or over a stream without a known end.
    pub(super) fn over(terminal: &Terminal, bytes: Option<u64>) -> Self {
        if !terminal.watched {
            return Self(None);
        }
        let (bar, template) = match bytes {
            Some(bytes) => (ProgressBar::new(bytes), "{bar:40} {percent:>3} %  {msg}  {eta}"),
            None => (ProgressBar::new_spinner(), "{spinner} {msg}"),
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(Some(bar.with_style(style)))
    }

    /// So many bytes are read, so many lines are done.
    pub(super) fn show(&self, bytes: u64, lines: u64) {
        if let Self(Some(bar)) = self {
            bar.set_position(bytes);
            bar.set_message(format!("{} lines", super::summary::grouped(lines)));
        }
    }

    /// Runs something that writes to standard error without disturbing the bar.
    pub(super) fn aside(&self, write: impl FnOnce()) {
        match self {
            Self(Some(bar)) => bar.suspend(write),
            Self(None) => write(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Self(Some(bar)) = self {
            bar.finish_and_clear();
        }
    }
}
