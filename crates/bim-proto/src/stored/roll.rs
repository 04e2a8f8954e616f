//! What a live group knows about single users.

use std::collections::BTreeMap;

use bim_types::{MemberInfo, Uid, Until};
use bytes::Bytes;
use prost::Message as _;

use crate::convert::uid;
use crate::error::DecodeError;
use crate::stored::read;
use crate::wire;

/// Everyone of whom a live group knows something, beside the group's own record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredLiveRoll {
    /// By user.
    pub members: BTreeMap<Uid, StoredLiveMember>,
}

/// What a live group knows about one user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredLiveMember {
    /// Until when it is muted; `None`: not muted.
    pub muted: Option<Until>,
    /// Until when it is blocked; `None`: not blocked.
    pub blocked: Option<Until>,
    /// Whether it may speak while all are muted.
    pub exempt: bool,
    /// The marks it was given.
    pub marks: Vec<String>,
    /// What it says about itself; kept for owner and admins only.
    pub info: Option<MemberInfo>,
}

impl StoredLiveRoll {
    /// The record's bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let members = self.members.iter().map(|(uid, member)| wire::StoredLiveMember {
            uid: Some(uid.clone().into()),
            muted: member.muted.map(Into::into),
            blocked: member.blocked.map(Into::into),
            exempt: member.exempt,
            marks: member.marks.clone(),
            info: member.info.clone().map(Into::into),
        });
        wire::StoredLiveRoll { members: members.collect() }.encode_to_vec().into()
    }

    /// Reads the record. Of two entries for one user the later counts.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the bytes are not such a record.
    pub fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        let wire: wire::StoredLiveRoll = read(bytes)?;
        let members = wire.members.into_iter().map(|member| {
            let known = StoredLiveMember {
                muted: member.muted.map(Into::into),
                blocked: member.blocked.map(Into::into),
                exempt: member.exempt,
                marks: member.marks,
                info: member.info.map(Into::into),
            };
            Ok((uid(member.uid, "StoredLiveMember.uid")?, known))
        });
        Ok(Self { members: members.collect::<Result<_, DecodeError>>()? })
    }
}
