//! What owner and admins do, and for whom it was not done.

use std::time::Duration;

use bim_types::{ConversationShortId, Measure, MeasureDone, MemberFailure, MuteAll, Uid};

use crate::convert::common::{uid, uids};
use crate::convert::seconds;
use crate::error::DecodeError;
use crate::wire::{self, LiveMeasure as Kind};

impl From<MuteAll> for wire::MuteAll {
    fn from(mute: MuteAll) -> Self {
        match mute {
            MuteAll::Off => Self::Off,
            MuteAll::NormalMembers => Self::NormalMembers,
            _ => Self::Everyone,
        }
    }
}

impl From<wire::MuteAll> for MuteAll {
    fn from(wire: wire::MuteAll) -> Self {
        match wire {
            wire::MuteAll::Off => Self::Off,
            wire::MuteAll::NormalMembers => Self::NormalMembers,
            wire::MuteAll::Everyone => Self::Everyone,
        }
    }
}

/// Reads who may not speak; `field` names it in the error.
pub(crate) fn mute_all(number: i32, field: &'static str) -> Result<MuteAll, DecodeError> {
    wire::MuteAll::try_from(number).map(Into::into).map_err(|_| DecodeError::field(field))
}

/// Reads the kind of a measure; `field` names it in the error.
pub(crate) fn kind(number: i32, field: &'static str) -> Result<Kind, DecodeError> {
    Kind::try_from(number).map_err(|_| DecodeError::field(field))
}

/// Reads a list that must have exactly one entry; `field` names it in the error.
pub(crate) fn only_one<T>(list: Vec<T>, field: &'static str) -> Result<T, DecodeError> {
    let [one] = <[T; 1]>::try_from(list).map_err(|_| DecodeError::field(field))?;
    Ok(one)
}

/// The request for a measure.
pub(crate) fn request(group: ConversationShortId, measure: Measure) -> wire::ChangeLiveGroup {
    let short_id = group.value();
    let of = |kind: Kind| wire::ChangeLiveGroup { short_id, measure: kind.into(), ..Default::default() };
    let users = |kind, uids: Vec<Uid>| wire::ChangeLiveGroup {
        uids: uids.into_iter().map(Into::into).collect(),
        ..of(kind)
    };
    match measure {
        Measure::MuteAll(mute) => {
            wire::ChangeLiveGroup { mute_all: wire::MuteAll::from(mute).into(), ..of(Kind::MuteAll) }
        }
        Measure::SlowMode(wait) => wire::ChangeLiveGroup { seconds: seconds(wait), ..of(Kind::SlowMode) },
        Measure::DissolveAfterIdle(idle) => {
            wire::ChangeLiveGroup { seconds: seconds(idle), ..of(Kind::DissolveAfterIdle) }
        }
        Measure::AddAdmins(uids) => users(Kind::AddAdmins, uids),
        Measure::RemoveAdmins(uids) => users(Kind::RemoveAdmins, uids),
        Measure::TransferOwner(uid) => users(Kind::TransferOwner, vec![uid]),
        Measure::Mute(uids, period) => {
            wire::ChangeLiveGroup { seconds: seconds(period), ..users(Kind::Mute, uids) }
        }
        Measure::Unmute(uids) => users(Kind::Unmute, uids),
        Measure::Exempt(uids) => users(Kind::Exempt, uids),
        Measure::Unexempt(uids) => users(Kind::Unexempt, uids),
        Measure::Block(uids, period) => {
            wire::ChangeLiveGroup { seconds: seconds(period), ..users(Kind::Block, uids) }
        }
        Measure::Unblock(uids) => users(Kind::Unblock, uids),
        Measure::Kick(uids) => users(Kind::Kick, uids),
        Measure::AddMarkTypes(marks) => wire::ChangeLiveGroup { marks, ..of(Kind::AddMarkTypes) },
        Measure::RemoveMarkTypes(marks) => wire::ChangeLiveGroup { marks, ..of(Kind::RemoveMarkTypes) },
        Measure::Mark(mark, uids) => wire::ChangeLiveGroup { marks: vec![mark], ..users(Kind::Mark, uids) },
        Measure::Unmark(mark, uids) => {
            wire::ChangeLiveGroup { marks: vec![mark], ..users(Kind::Unmark, uids) }
        }
    }
}

/// The group is read by whoever reads the request.
impl TryFrom<wire::ChangeLiveGroup> for Measure {
    type Error = DecodeError;

    fn try_from(wire: wire::ChangeLiveGroup) -> Result<Self, DecodeError> {
        const UIDS: &str = "ChangeLiveGroup.uids";
        const MARKS: &str = "ChangeLiveGroup.marks";
        let period = Duration::from_secs(wire.seconds);
        let marks = wire.marks;
        let uids = uids(wire.uids, UIDS)?;
        Ok(match kind(wire.measure, "ChangeLiveGroup.measure")? {
            Kind::Unspecified => return Err(DecodeError::field("ChangeLiveGroup.measure")),
            Kind::MuteAll => Self::MuteAll(mute_all(wire.mute_all, "ChangeLiveGroup.mute_all")?),
            Kind::SlowMode => Self::SlowMode(period),
            Kind::DissolveAfterIdle => Self::DissolveAfterIdle(period),
            Kind::AddAdmins => Self::AddAdmins(uids),
            Kind::RemoveAdmins => Self::RemoveAdmins(uids),
            Kind::TransferOwner => Self::TransferOwner(only_one(uids, UIDS)?),
            Kind::Mute => Self::Mute(uids, period),
            Kind::Unmute => Self::Unmute(uids),
            Kind::Exempt => Self::Exempt(uids),
            Kind::Unexempt => Self::Unexempt(uids),
            Kind::Block => Self::Block(uids, period),
            Kind::Unblock => Self::Unblock(uids),
            Kind::Kick => Self::Kick(uids),
            Kind::AddMarkTypes => Self::AddMarkTypes(marks),
            Kind::RemoveMarkTypes => Self::RemoveMarkTypes(marks),
            Kind::Mark => Self::Mark(only_one(marks, MARKS)?, uids),
            Kind::Unmark => Self::Unmark(only_one(marks, MARKS)?, uids),
        })
    }
}

impl From<MeasureDone> for wire::LiveGroupChanged {
    fn from(done: MeasureDone) -> Self {
        let failed = done.failed.into_iter().map(|failure| wire::LiveMemberFailure {
            uid: Some(failure.uid.into()),
            reason: Some(failure.reason.into()),
        });
        Self { version: done.version, failed: failed.collect() }
    }
}

impl TryFrom<wire::LiveGroupChanged> for MeasureDone {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveGroupChanged) -> Result<Self, DecodeError> {
        let failed = wire.failed.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        Ok(Self { version: wire.version, failed })
    }
}

impl TryFrom<wire::LiveMemberFailure> for MemberFailure {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveMemberFailure) -> Result<Self, DecodeError> {
        Ok(Self {
            uid: uid(wire.uid, "LiveMemberFailure.uid")?,
            reason: wire.reason.ok_or(DecodeError::field("LiveMemberFailure.reason"))?.into(),
        })
    }
}
