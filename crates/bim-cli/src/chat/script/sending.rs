//! What a script does with its lines.

use std::io;
use std::time::{Duration, Instant};

use bim::{Error, ErrorCode};

use super::lines::{Input, Line, LineError};
use super::receiving::placed_at;
use super::{Heard, Script};
use crate::chat::outbox::Verdict;
use crate::error::{CliError, chain};

/// How often people are told that the server asks to wait.
const HELD_NOTE_EVERY: Duration = Duration::from_secs(10);

impl Script {
    /// Whether a further line may be read now.
    pub(super) fn takes_input(&self) -> bool {
        self.input_open && self.outbox.has_room() && !self.sequence.is_crowded()
    }

    pub(super) fn on_input(&mut self, input: Option<Input>) {
        match input {
            Some(Input::Line(Line { number, text })) => {
                let message = self.room.client.create_text_message(text);
                self.outbox.push(number, message, self.room.priority);
            }
            Some(Input::End { empty }) => {
                self.input_open = false;
                if empty > 0 {
                    self.note(&format!(
                        "{empty} empty lines were passed over; a message has at least one byte"
                    ));
                }
            }
            Some(Input::Failed(error)) => {
                self.input_open = false;
                self.failure.get_or_insert(refusal(error));
            }
            None => self.input_open = false,
        }
    }

    pub(super) fn on_verdict(&mut self, verdict: Verdict) -> io::Result<()> {
        match verdict {
            Verdict::Accepted { line, message } => {
                self.bar.inc(1);
                self.sequence.own(placed_at(message.position.seq.0, Heard::Accepted { line, message }));
            }
            Verdict::Held { line, code, retry_after, first: true } => {
                let retry_after_ms =
                    retry_after.map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
                self.printer.refused(line, code, code.text(), retry_after_ms, false)?;
                self.note_held(code);
            }
            Verdict::Held { first: false, .. } => {}
            Verdict::Refused { line, error } => {
                self.printer.refused(line, error.error_code(), &chain(&error), None, true)?;
                let failure = line_refused(line, &error);
                self.end_badly(failure);
            }
        }
        Ok(())
    }

    fn note_held(&mut self, code: ErrorCode) {
        let now = Instant::now();
        if self.held_noted.is_none_or(|noted| now >= noted + HELD_NOTE_EVERY) {
            self.held_noted = Some(now);
            self.note(&format!(
                "the server asks to wait: {}; nothing is lost, lines go out at its pace",
                code.text()
            ));
        }
    }
}

fn refusal(error: LineError) -> CliError {
    match error {
        LineError::TooLong { line, limit } => {
            CliError::failed(format!("line {line} is too long; the limit of a message is {limit} bytes"))
                .help("the lines before it were sent, it and those after it were not")
        }
        LineError::NotText { line, byte } => {
            CliError::failed(format!("line {line} is not UTF-8, from its byte {byte} on"))
                .help("the lines before it were sent, it and those after it were not")
        }
        LineError::Read { line, source } => {
            CliError::failed(format!("standard input can not be read, from line {line} on: {source}"))
        }
    }
}

fn line_refused(line: u64, error: &Error) -> CliError {
    CliError::failed(format!("line {line} was refused: {}", chain(error)))
        .help("lines after it were not sent, except those that were under way already")
}
