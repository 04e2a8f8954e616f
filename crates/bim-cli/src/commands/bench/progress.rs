//! How far a bench is: a line that changes on a terminal, now and then a line of its own otherwise.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a line is written when standard error is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// How far a bench is.
pub(super) struct Progress {
    heading: String,
    bar: Option<ProgressBar>,
    last: Cell<Option<Instant>>,
}

impl Progress {
    pub(super) fn new(heading: String) -> Self {
        let bar = io::stderr().is_terminal().then(ProgressBar::new_spinner);
        // The template is a constant; without it the line looks a little different.
        if let (Some(bar), Ok(style)) = (&bar, ProgressStyle::with_template("{spinner} {wide_msg}")) {
            bar.set_style(style);
        }
        Self { heading, bar, last: Cell::new(None) }
    }

    pub(super) fn tell(&self, line: &str) {
        let line = format!("{}: {line}", self.heading);
        match &self.bar {
            Some(bar) => {
                bar.set_message(line);
                bar.tick();
            }
            None => self.write(&line),
        }
    }

    fn write(&self, line: &str) {
        if self.last.get().is_some_and(|last| last.elapsed() < LINE_INTERVAL) {
            return;
        }
        self.last.set(Some(Instant::now()));
        // With standard error closed there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
