//! Recordings: what a machine was told, in a file from which it is told again.
//!
//! ```text
//!   Input ──► stand-ins for secrets ──► RecordedEntry ──► file ──► Reader ──► play ──► a fresh machine
//!                                             ▲                                │
//!   Output ─► stand-ins for secrets ─► hash ──┘                 the same hash? ┴──► Report
//! ```
//!
//! *What it is.* What the machines of a client and of a server share about recordings: the format of the file
//! ([`Track`], [`Reader`]), the hash over outputs ([`Digest`], [`OutputsSeen`]), the stand-ins for what may not get
//! into a file ([`Redaction`]), and the play ([`Playing`], [`Report`]). What an input of a machine looks like in an
//! entry is the machine's own to say.
//!
//! *Why it works.* A machine makes the same outputs of the same inputs. Stand-ins are chosen such that it makes
//! of them the stand-ins of its outputs: a token that verifies is replaced by one that verifies with the stand-in
//! of the key, a body by one of the same length.
//!
//! *What it never does.* It opens no file and starts no thread: who records gives a [`RecordingSink`], who plays
//! a reader.

mod digest;
mod format;
mod frames;
mod play;
mod redaction;
mod report;
mod track;
mod words;

pub use digest::{Digest, OutputsDigest, OutputsSeen};
pub use format::{
    ENTRY_BYTES_MAX, FORMAT_VERSION, Reader, RecordingError, RecordingSink, block, checksum, end_mark,
    opening,
};
pub use frames::{redact_client_frame, redact_request, redact_server_frame, request_name};
pub use play::{Player, Playing, Taken, Unplayable};
pub use redaction::Redaction;
pub use report::{Difference, EndOfRecording, MachineKind, Report};
pub use track::{Recording, Track};
pub use words::{body, body_name, content, record_bytes, stored_message, uid};
