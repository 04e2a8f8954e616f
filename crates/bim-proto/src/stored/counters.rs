//! The counters of a live group, and the taps that they add up.

use std::collections::BTreeMap;

use bim_types::Seq;
use bytes::Bytes;
use prost::Message as _;

use crate::error::DecodeError;
use crate::stored::read;
use crate::wire;

/// The counters of a live group, as far as they were added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredLiveCounters {
    /// By name.
    pub counters: BTreeMap<String, u64>,
    /// The number of the last batch of taps that is in them; zero when there is none.
    pub through: Seq,
}

impl StoredLiveCounters {
    /// The record's bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let wire = wire::StoredLiveCounters { counters: self.counters.clone(), through_seq: self.through.0 };
        wire.encode_to_vec().into()
    }

    /// Reads the record.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Malformed`] when the bytes are not such a record.
    pub fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        let wire: wire::StoredLiveCounters = read(bytes)?;
        Ok(Self { counters: wire.counters, through: Seq(wire.through_seq) })
    }
}

/// A batch of taps as it lies in the log; its number is the log's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredTaps {
    /// What was added to which counter.
    pub taps: BTreeMap<String, u64>,
}

impl StoredTaps {
    /// The record's bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        wire::StoredTaps { taps: self.taps.clone() }.encode_to_vec().into()
    }

    /// Reads the record.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Malformed`] when the bytes are not such a record.
    pub fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        let wire: wire::StoredTaps = read(bytes)?;
        Ok(Self { taps: wire.taps })
    }
}
