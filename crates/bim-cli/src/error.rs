//! The one error a person or a script sees: a sentence, perhaps what would help, and an exit code.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

/// The exit code of a command that did not do what was asked.
const FAILED: u8 = 1;

/// The exit code for arguments that can not be meant; clap uses the same.
const WRONG_ARGUMENTS: u8 = 2;

/// Why a command ended without doing what was asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CliError {
    /// What was wrong: one sentence, lower-case, without a full stop. Empty when nothing is to be said.
    sentence: String,
    /// What would be right.
    help: Option<String>,
    code: u8,
}

impl CliError {
    /// Something failed.
    pub(crate) fn failed(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), help: None, code: FAILED }
    }

    /// The arguments are wrong.
    pub(crate) fn arguments(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), help: None, code: WRONG_ARGUMENTS }
    }

    /// Nobody reads the output any more: there is nobody to tell.
    pub(crate) fn nobody_reads() -> Self {
        Self { sentence: String::new(), help: None, code: FAILED }
    }

    /// Adds what would be right.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says it on standard error and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        if !self.sentence.is_empty() {
            // With standard error closed the exit code still tells.
            let _ = writeln!(io::stderr().lock(), "{self}");
        }
        ExitCode::from(self.code)
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.sentence)?;
        match &self.help {
            Some(help) => write!(f, "\nhelp: {help}"),
            None => Ok(()),
        }
    }
}

/// An error and its causes on one line, each said once.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_sentence_and_a_hint() {
        let error = CliError::failed("port 7900 is taken").help("use --listen-websocket 127.0.0.1:0");
        assert_eq!(error.to_string(), "error: port 7900 is taken\nhelp: use --listen-websocket 127.0.0.1:0");
    }
}
