//! Recording a server for a bug report, and playing the recording again.
//!
//! *What it is.* With `record.file` set, everything that the engine is told is written to a file, without tokens,
//! secrets and, unless `record.bodies` is set, message bodies. [`play`] tells it to a fresh engine, which has to
//! want the same.
//!
//! *What it never does.* It never holds the server up: when the disk is slower than the server, or the file has
//! reached [`RECORDING_BYTES_MAX`], recording stops with one line in the log and a mark in the file, and the server
//! goes on.

use std::path::{Path, PathBuf};

pub use bim_server_core::recording::{Difference, EndOfRecording, MachineKind, RecordingError, Report, play};
use bim_server_core::recording::{Recording, RecordingSink, end_mark};
use bim_store::{NotRecorded, RecordingFile};
pub use bim_store::{RECORDING_BYTES_MAX, RECORDING_QUEUE_BYTES_MAX, RECORDING_QUEUE_MAX};
use bytes::Bytes;

use crate::start_error::StartError;

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

/// Makes the file of a recording.
pub(crate) async fn begin(path: PathBuf, bodies: bool) -> Result<Recording, StartError> {
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|error| StartError::System(error.into()))?;
    let making = tokio::task::spawn_blocking(move || match RecordingFile::create(&path) {
        Ok(file) => Ok(file),
        Err(source) => Err(StartError::Recording { path, source }),
    });
    let file = making.await.map_err(|error| StartError::System(error.into()))??;
    let sink = Box::new(FileSink { file: Some(file) });
    Ok(Recording { sink, bodies, key: u128::from_be_bytes(key) })
}

/// Hands blocks to a file until it takes no more.
struct FileSink {
    file: Option<RecordingFile>,
}

impl FileSink {
    fn stop(&mut self, end: EndOfRecording, why: &dyn std::fmt::Display) {
        if let Some(file) = self.file.take() {
            tracing::warn!(%why, "recording stops; the server goes on");
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

/// The engine came to its end. Waits for the disk, which the server does not need any more.
impl Drop for FileSink {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            file.close(end_mark(EndOfRecording::Complete));
        }
    }
}
