//! Records of the server's store: words ↔ bytes. One file for each record.

mod app;
mod attributes;
mod counters;
mod group;
mod message;
mod revocations;
mod roll;

pub use app::{StoredApp, StoredKey};
pub use attributes::StoredLiveAttributes;
pub use counters::{StoredLiveCounters, StoredTaps};
pub use group::StoredLiveGroup;
pub use message::StoredLiveMessage;
pub use revocations::{JTI_HASH_BYTES, StoredRevocations};
pub use roll::{StoredLiveMember, StoredLiveRoll};

use bytes::Bytes;

use crate::error::DecodeError;

/// Reads the generated message of a record.
fn read<M: prost::Message + Default>(bytes: Bytes) -> Result<M, DecodeError> {
    M::decode(bytes).map_err(|_| DecodeError::Malformed { kind: 0 })
}
