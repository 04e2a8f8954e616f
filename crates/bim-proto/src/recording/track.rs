//! Writing a recording: one entry for each input, until the sink has no more room.

use std::fmt;

use bim_types::Now;

use crate::recording::{OutputsSeen, RecordingSink, block, opening};
use crate::wire::{self, recorded_entry::Input};

/// How a machine is to be recorded.
pub struct Recording {
    /// Where to. Dropped with the machine, or when it has no more room.
    pub sink: Box<dyn RecordingSink>,
    /// Whether message bodies are recorded as they are.
    pub bodies: bool,
    /// 16 random bytes for this recording only, which must not be kept: stand-ins are drawn with them.
    pub key: u128,
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("bodies", &self.bodies).finish_non_exhaustive()
    }
}

/// The entries of a recording that is being written.
pub struct Track {
    sink: Box<dyn RecordingSink>,
    /// What was heard and not written yet.
    heard: Option<(Now, Input)>,
    is_full: bool,
}

impl Track {
    /// Writes the beginning. The first entry says that the machine was made.
    #[must_use]
    pub fn new(mut sink: Box<dyn RecordingSink>, header: &wire::RecordingHeader) -> Self {
        let is_full = !sink.write(opening(header));
        let heard = Some((Now::default(), Input::Start(wire::RecordedStart {})));
        Self { sink, heard, is_full }
    }

    /// Takes down an input before it is acted on.
    pub fn hear(&mut self, now: Now, input: Input) {
        self.heard = Some((now, input));
    }

    /// Takes down what came of it. Returns whether the recording goes on.
    pub fn note(&mut self, outputs: OutputsSeen) -> bool {
        let Some((now, input)) = self.heard.take().filter(|_| !self.is_full) else { return !self.is_full };
        let entry = wire::RecordedEntry {
            mono_us: now.mono.as_micros(),
            wall_ms: now.wall.as_millis(),
            outputs: Some(outputs.into()),
            input: Some(input),
        };
        match block(&entry) {
            Some(block) => self.is_full = !self.sink.write(block),
            None => {
                self.sink.too_large();
                self.is_full = true;
            }
        }
        !self.is_full
    }
}

impl fmt::Debug for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Track").field("is_full", &self.is_full).finish_non_exhaustive()
    }
}
