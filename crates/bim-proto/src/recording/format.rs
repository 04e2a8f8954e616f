//! The file: how it begins, its blocks, and reading it again.

use std::io::{self, Read};

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message as _;

use crate::recording::{Digest, EndOfRecording};
use crate::wire::{self, RecordingEnd};

/// How a recording begins.
const MAGIC: &[u8; 8] = b"bim-rec\n";

/// The version of the format that is written, and the highest that is read.
pub const FORMAT_VERSION: u32 = 1;

/// Largest message of a block, in bytes. A machine is told nothing that large: a larger one ends a recording while
/// it is written and is damage while it is read.
pub const ENTRY_BYTES_MAX: usize = 16 * 1024 * 1024;

const BLOCK_HEADER_BYTES: usize = 12;

/// Where a recording goes, block by block. Given by a shell.
pub trait RecordingSink: Send {
    /// Takes the next bytes of the file. Never waits.
    ///
    /// Returns whether there is room for more; when not, these and all that follow are left out, and the sink says
    /// in the file why it ends.
    fn write(&mut self, bytes: Bytes) -> bool;

    /// Says in the file that it ends because an entry was larger than [`ENTRY_BYTES_MAX`].
    fn too_large(&mut self);
}

/// The beginning of a recording, up to and with its header.
#[must_use]
pub fn opening(header: &wire::RecordingHeader) -> Bytes {
    let mut bytes = BytesMut::from(MAGIC.as_slice());
    bytes.put_u32_le(FORMAT_VERSION);
    put_block(&mut bytes, header);
    bytes.freeze()
}

/// An entry as a block; `None` when it is larger than [`ENTRY_BYTES_MAX`].
#[must_use]
pub fn block(entry: &wire::RecordedEntry) -> Option<Bytes> {
    let length = entry.encoded_len();
    if length > ENTRY_BYTES_MAX {
        return None;
    }
    let mut bytes = BytesMut::with_capacity(BLOCK_HEADER_BYTES + length);
    put_block(&mut bytes, entry);
    Some(bytes.freeze())
}

/// What says in a file that the recording ends, and why; nothing for [`EndOfRecording::CutOff`].
#[must_use]
pub fn end_mark(end: EndOfRecording) -> Bytes {
    let reason = match end {
        EndOfRecording::CutOff => return Bytes::new(),
        EndOfRecording::Complete => RecordingEnd::Complete,
        EndOfRecording::FileFull => RecordingEnd::FileFull,
        EndOfRecording::TooSlow => RecordingEnd::TooSlow,
        EndOfRecording::EntryTooLarge => RecordingEnd::EntryTooLarge,
    };
    let end = wire::RecordedEnd { reason: reason.into() };
    let input = Some(wire::recorded_entry::Input::End(end));
    block(&wire::RecordedEntry { input, ..wire::RecordedEntry::default() }).unwrap_or_default()
}

fn put_block(bytes: &mut BytesMut, message: &impl prost::Message) {
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).expect("a header is small, and entries were measured");
    bytes.put_u32_le(length);
    bytes.put_u64_le(checksum(&message));
    bytes.put_slice(&message);
}

/// What a block says of its message.
#[must_use]
pub fn checksum(message: &[u8]) -> u64 {
    let mut digest = Digest::default();
    digest.raw(message);
    digest.finish()
}

/// Reads a recording entry by entry, holding one at a time.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    read: u64,
    is_cut_off: bool,
}

impl<R: Read> Reader<R> {
    /// Reads the beginning.
    ///
    /// # Errors
    ///
    /// [`RecordingError`]: it is no recording, a newer one, or ends before its header does.
    pub fn open(mut source: R) -> Result<(Self, wire::RecordingHeader), RecordingError> {
        let beginning = read_up_to(&mut source, MAGIC.len() + 4)?;
        let Some((magic, version)) = beginning.split_first_chunk::<8>() else {
            let is_start = !beginning.is_empty() && MAGIC.starts_with(&beginning);
            return Err(if is_start { RecordingError::CutOff } else { RecordingError::NotARecording });
        };
        if magic != MAGIC {
            return Err(RecordingError::NotARecording);
        }
        let version = version.try_into().map_err(|_| RecordingError::CutOff)?;
        match u32::from_le_bytes(version) {
            0 => return Err(RecordingError::NotARecording),
            FORMAT_VERSION => {}
            found => return Err(RecordingError::Newer { found }),
        }
        let mut reader = Self { source, read: 0, is_cut_off: false };
        let header = reader.next_message()?.ok_or(RecordingError::CutOff)?;
        Ok((reader, header))
    }

    /// The next entry; `None` at the end, and where the file was cut off.
    ///
    /// # Errors
    ///
    /// [`RecordingError::Damaged`] for bytes that were not written so.
    pub fn next_entry(&mut self) -> Result<Option<wire::RecordedEntry>, RecordingError> {
        self.read += 1;
        self.next_message()
    }

    /// The number of the last entry, counted from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.read
    }

    /// Whether the file ended inside a block.
    #[must_use]
    pub fn is_cut_off(&self) -> bool {
        self.is_cut_off
    }

    fn next_message<M: prost::Message + Default>(&mut self) -> Result<Option<M>, RecordingError> {
        let damaged = RecordingError::Damaged { entry: self.read };
        let header = read_up_to(&mut self.source, BLOCK_HEADER_BYTES)?;
        let Some((length, expected)) = header.split_first_chunk::<4>() else {
            self.is_cut_off |= !header.is_empty();
            return Ok(None);
        };
        let Ok(expected) = expected.try_into().map(u64::from_le_bytes) else {
            self.is_cut_off = true;
            return Ok(None);
        };
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        if length > ENTRY_BYTES_MAX {
            return Err(damaged);
        }
        let message = read_up_to(&mut self.source, length)?;
        if message.len() < length {
            self.is_cut_off = true;
            return Ok(None);
        }
        if checksum(&message) != expected {
            return Err(damaged);
        }
        M::decode(Bytes::from(message)).map(Some).map_err(|_| damaged)
    }
}

/// So many bytes, or fewer when there are no more. Takes memory only for what is there.
fn read_up_to(source: &mut impl Read, length: usize) -> Result<Vec<u8>, RecordingError> {
    let mut bytes = Vec::new();
    match source.take(length as u64).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(RecordingError::Unreadable { kind: error.kind() }),
    }
}

/// Why a file can not be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// It does not begin like one.
    #[error("not a recording of bim")]
    NotARecording,
    /// Its format is newer than this program.
    #[error("recording has format {found}; this program reads up to {FORMAT_VERSION}")]
    Newer {
        /// The version it claims.
        found: u32,
    },
    /// It ends before its header does.
    #[error("recording is cut off before its first entry")]
    CutOff,
    /// Its bytes are not those that were written.
    #[error("entry {entry} is damaged")]
    Damaged {
        /// Counted from 1; 0 for the header.
        entry: u64,
    },
    /// An entry is whole, but says nothing that this version understands.
    #[error("entry {entry} is nothing this version can play; it may come from a newer one")]
    Unplayable {
        /// Counted from 1; 0 for the header.
        entry: u64,
    },
    /// It is of a machine of the other kind.
    #[error("recording is of another kind of machine; expected one of a {expected}")]
    OtherKind {
        /// What was to be played.
        expected: &'static str,
    },
    /// The machine panics there. What it says goes where panics go.
    #[error("the machine panics at entry {entry}")]
    Panicked {
        /// Counted from 1.
        entry: u64,
    },
    /// It can not be read.
    #[error("recording can not be read: {kind}")]
    Unreadable {
        /// What the system says.
        kind: io::ErrorKind,
    },
}

#[cfg(test)]
#[path = "format_test.rs"]
mod tests;
