//! Every message of the protocol as it is generated, below the checks of the conversions.
//!
//! The bytes are read as each message there is. What is read is written, and read again as the same; the length that
//! is announced is the length that is written.

use bim_proto::wire;
use prost::Message;

use crate::reached::Reached;

/// One message of the protocol.
struct Shape {
    /// Its name.
    name: &'static str,
    /// Reads bytes as it, and holds what was read to the promise. Gives whether it was read.
    check: fn(&[u8]) -> bool,
}

macro_rules! shapes {
    ($($name:ident,)*) => {
        /// Every message of the protocol.
        const SHAPES: &[Shape] =
            &[$(Shape { name: stringify!($name), check: check::<wire::$name> },)*];
    };
}

// In the order of their names: a test says which one is missing.
shapes! {
    BroadcastDone, BroadcastToLiveGroups, ChangeLiveGroup, Content, CreateLiveGroup, Cursor,
    DeleteLiveMessage, DiscontinuityVerdict, DissolveLiveGroup, Done, Ext, FreshVerdict, GetLiveGroup,
    GetLiveMembers, Goodbye, GroupInfo, Hello, JoinLiveGroup, JoinedLiveGroup, LeaveLiveGroup,
    ListLiveGroups, ListLiveMembers, LiveAttribute, LiveAttributeFailure, LiveAttributeWrite,
    LiveAttributes, LiveAttributesChanged, LiveAttributesWritten, LiveCounters, LiveEvent, LiveGap,
    LiveGroup, LiveGroupChanged, LiveGroupPage, LiveHistoryPage, LiveMember, LiveMemberFailure,
    LiveMemberInfo, LiveMemberPage, LiveMessage, LiveMessageAccepted, LiveMessageDeleted,
    LiveMessageUpdated, LivePulse, LiveState, Ping, Pong, Position, ReadLiveAttributes, ReadLiveHistory,
    RecordedAdmin, RecordedAppend, RecordedAppends, RecordedClient, RecordedCommand, RecordedCommitted,
    RecordedCreateApp, RecordedDevice, RecordedDialFailed, RecordedDrain, RecordedEnd, RecordedEntry,
    RecordedFrame, RecordedHead, RecordedLoaded, RecordedLogin, RecordedMessage, RecordedMessages,
    RecordedMintToken, RecordedModerated, RecordedOpened, RecordedOutcome, RecordedOutputs,
    RecordedPutDiffers, RecordedRefusal, RecordedRemove, RecordedRevokeTokens, RecordedRevokedUser,
    RecordedSetAppDisabled, RecordedSmallRecord, RecordedSmallRecords, RecordedStart, RecordedTap,
    RecordedTick, RecordedTokenAnswer, RecordedWritten, RecordingHeader, RefreshToken, Refusal, Request,
    Response, ResumedVerdict, SendLiveMessage, SetLiveGroupInfo, SetLiveMemberInfo, StoredApp, StoredKey,
    StoredLiveAttributes, StoredLiveCounters, StoredLiveGroup, StoredLiveMember, StoredLiveMessage,
    StoredLiveRoll, StoredRevocations, StoredRevokedToken, StoredRevokedUser, StoredTaps, TapLiveCounters,
    TokenRefreshed, Uid, Until, UpdateLiveMessage, Welcome, WriteLiveAttributes,
}

/// Takes any bytes; panics when the promise is broken.
pub fn target(data: &[u8]) {
    run(data);
}

/// As [`target`], and says what was read.
pub fn run(data: &[u8]) -> Reached {
    let mut reached = Reached::default();
    for shape in SHAPES.iter().filter(|shape| (shape.check)(data)) {
        reached.count(shape.name);
    }
    reached
}

fn check<M: Message + Default + PartialEq + std::fmt::Debug>(bytes: &[u8]) -> bool {
    let Ok(message) = M::decode(bytes) else { return false };
    let written = message.encode_to_vec();
    assert_eq!(written.len(), message.encoded_len(), "the announced length is what is written");
    let again = M::decode(written.as_slice()).expect("what was written can be read");
    assert!(again == message, "written and read again: {message:?} became {again:?}");
    assert_eq!(again.encode_to_vec(), written, "the same words are the same bytes");
    true
}

#[cfg(test)]
mod tests {
    use super::SHAPES;

    #[test]
    fn every_message_of_the_protocol_has_its_line() {
        let generated = include_str!("../../../crates/bim-proto/src/gen/bim.v1.rs");
        let mut names: Vec<&str> = generated
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("pub struct "))
            .filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next())
            .collect();
        names.sort_unstable();
        assert_eq!(SHAPES.iter().map(|shape| shape.name).collect::<Vec<_>>(), names);
    }
}
