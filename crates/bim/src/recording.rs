//! Recording a client for a bug report, and playing the recording again.
//!
//! *What it is.* With [`ClientBuilder::record`](crate::ClientBuilder::record), everything that the client's machine is
//! told is written to a file, without tokens and, unless
//! [`record_bodies`](crate::ClientBuilder::record_bodies) is set, without message bodies. [`play`] tells it to a fresh
//! machine, which has to want the same.
//!
//! *What it never does.* It never holds the client up: when the disk is slower than the client, or the file has
//! reached 1 GiB, recording stops with a mark in the file, and the client goes on.

use std::path::{Path, PathBuf};

pub use bim_core::recording::{Difference, EndOfRecording, MachineKind, RecordingError, Report, play};
use bim_core::recording::{Recording, RecordingSink, end_mark};
use bim_store::{NotRecorded, RecordingFile};
use bim_types::ErrorCode;
use bytes::Bytes;

use crate::error::Error;

/// Plays the recording in a file. Blocks.
///
/// # Errors
///
/// As for [`play`]; a file that can not be opened is [`RecordingError::Unreadable`].
pub fn play_file(path: &Path) -> Result<Report, RecordingError> {
    let file =
        std::fs::File::open(path).map_err(|error| RecordingError::Unreadable { kind: error.kind() })?;
    play(std::io::BufReader::new(file))
}

/// What a builder was told about recording.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordingPlan {
    /// The new file; `None`: nothing is recorded.
    pub(crate) path: Option<PathBuf>,
    /// Whether message bodies are recorded as they are.
    pub(crate) bodies: bool,
    /// Whether the client emits `tracing` events.
    pub(crate) log: bool,
}

impl RecordingPlan {
    /// Makes the file. Blocks.
    pub(crate) fn begin(self) -> Result<Option<Recording>, Error> {
        let Some(path) = self.path else { return Ok(None) };
        let file = RecordingFile::create(&path).map_err(|error| {
            let hint = format!("recording {}: {error}; it has to be a new file", path.display());
            Error::with_source(ErrorCode::ParameterError, hint, error)
        })?;
        let mut key = [0; 16];
        getrandom::fill(&mut key).map_err(|error| {
            Error::with_source(ErrorCode::InternalError, "the operating system gave no random bytes", error)
        })?;
        let sink = Box::new(FileSink { file: Some(file), log: self.log });
        Ok(Some(Recording { sink, bodies: self.bodies, key: u128::from_be_bytes(key) }))
    }
}

/// Hands blocks to a file until it takes no more.
struct FileSink {
    file: Option<RecordingFile>,
    log: bool,
}

impl FileSink {
    fn stop(&mut self, end: EndOfRecording, why: &dyn std::fmt::Display) {
        if let Some(file) = self.file.take() {
            if self.log {
                tracing::warn!(%why, "recording stops; the client goes on");
            }
            file.abandon(end_mark(end));
        }
    }
}

impl RecordingSink for FileSink {
    fn write(&mut self, bytes: Bytes) -> bool {
        let Some(file) = &mut self.file else { return false };
        let Err(refused) = file.push(bytes) else { return true };
        let end = match refused {
            NotRecorded::FileFull => EndOfRecording::FileFull,
            NotRecorded::TooSlow => EndOfRecording::TooSlow,
            NotRecorded::Failed(_) => EndOfRecording::CutOff,
        };
        self.stop(end, &refused);
        false
    }

    fn too_large(&mut self) {
        self.stop(EndOfRecording::EntryTooLarge, &"an input is larger than an entry may be");
    }
}

/// The machine came to its end. Waits for the disk, which the client does not need any more.
impl Drop for FileSink {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            file.close(end_mark(EndOfRecording::Complete));
        }
    }
}
