//! What a live group is.

use std::time::Duration;

use bim_types::{GroupInfo, MuteAll, Uid, Wall};
use bytes::Bytes;
use prost::Message as _;

use crate::convert::{millis, mute_all, seconds, uid, uids};
use crate::error::DecodeError;
use crate::stored::read;
use crate::wire;

/// A live group as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLiveGroup {
    /// What the owner says about it.
    pub info: GroupInfo,
    /// Who owns it.
    pub owner: Uid,
    /// When it was made.
    pub created_at: Wall,
    /// Rises with every change.
    pub version: u64,
    /// Who moderates it.
    pub admins: Vec<Uid>,
    /// Who may not speak at present.
    pub mute_all: MuteAll,
    /// How long an ordinary member waits between two messages; zero: not at all. In whole milliseconds.
    pub slow_mode: Duration,
    /// How long nobody may be in before the group is dissolved; zero: for ever. In whole seconds.
    pub dissolve_after_idle: Duration,
    /// The marks that members may be given.
    pub mark_types: Vec<String>,
}

impl StoredLiveGroup {
    /// The record's bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let wire = wire::StoredLiveGroup {
            info: Some(self.info.clone().into()),
            owner: Some(self.owner.clone().into()),
            created_at_ms: self.created_at.as_millis(),
            version: self.version,
            admins: self.admins.iter().cloned().map(Into::into).collect(),
            mute_all: wire::MuteAll::from(self.mute_all).into(),
            slow_mode_ms: millis(self.slow_mode),
            dissolve_after_idle_s: seconds(self.dissolve_after_idle),
            mark_types: self.mark_types.clone(),
        };
        wire.encode_to_vec().into()
    }

    /// Reads the record.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the bytes are not such a record.
    pub fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        let wire: wire::StoredLiveGroup = read(bytes)?;
        Ok(Self {
            info: wire.info.ok_or(DecodeError::field("StoredLiveGroup.info"))?.into(),
            owner: uid(wire.owner, "StoredLiveGroup.owner")?,
            created_at: Wall::from_millis(wire.created_at_ms),
            version: wire.version,
            admins: uids(wire.admins, "StoredLiveGroup.admins")?,
            mute_all: mute_all(wire.mute_all, "StoredLiveGroup.mute_all")?,
            slow_mode: Duration::from_millis(wire.slow_mode_ms),
            dissolve_after_idle: Duration::from_secs(wire.dissolve_after_idle_s),
            mark_types: wire.mark_types,
        })
    }
}
