//! Why bytes are not a frame.

use crate::entries::FRAME_ENTRIES_MAX;

/// Why bytes are not a frame, or not a record. Holds no data of the peer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Shorter than its header.
    #[error("frame is shorter than its two-byte header")]
    Truncated,
    /// Another protocol version.
    #[error("frame has protocol version {found}; expected 1")]
    Version {
        /// The version it claims.
        found: u8,
    },
    /// A kind this side does not receive.
    #[error("frame has kind {kind}, which this side does not receive")]
    Kind {
        /// The number of the kind.
        kind: u8,
    },
    /// The bytes after the header are not the message that the kind names.
    #[error("frame of kind {kind} does not hold its message")]
    Malformed {
        /// The number of the kind; 0 for a stored record.
        kind: u8,
    },
    /// More entries of lists and maps than [`FRAME_ENTRIES_MAX`].
    #[error("frame holds more than {FRAME_ENTRIES_MAX} entries of lists and maps")]
    Entries,
    /// A field holds what it must not.
    #[error("field {field} is missing or not valid")]
    Field {
        /// Message and field.
        field: &'static str,
    },
}

impl DecodeError {
    pub(crate) fn field(field: &'static str) -> Self {
        Self::Field { field }
    }
}
