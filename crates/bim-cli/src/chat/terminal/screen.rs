//! The terminal, taken for a while.

use std::io;

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use ratatui::{DefaultTerminal, Frame};

use crate::error::CliError;

/// The terminal in its alternate screen, keys unprocessed. Given back when dropped, and after a panic.
pub(super) struct Screen {
    terminal: DefaultTerminal,
}

impl Screen {
    /// Takes the terminal.
    pub(super) fn open() -> Result<Self, CliError> {
        let terminal = ratatui::try_init().map_err(refusal)?;
        // Without it a paste comes as keys, which is slower and no worse.
        let _ = execute!(io::stdout(), EnableBracketedPaste);
        Ok(Self { terminal })
    }

    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> Result<(), CliError> {
        self.terminal.draw(draw).map(drop).map_err(refusal)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = execute!(io::stdout(), DisableBracketedPaste);
        ratatui::restore();
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is passed to map_err")]
fn refusal(error: io::Error) -> CliError {
    CliError::failed(format!("the terminal can not be used: {error}"))
        .help("with standard input from a file or a pipe, no terminal is needed")
}
