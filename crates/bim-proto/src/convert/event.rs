//! What everyone in a live group is told of its members.

use bim_types::{GroupChange, GroupEvent, LivePulse, Member, Named, Uid};

use crate::convert::common::{short_id, uid, uids};
use crate::convert::measure::{kind, mute_all, only_one};
use crate::convert::member::members;
use crate::error::DecodeError;
use crate::wire::{self, LiveMeasure as Kind};

impl From<GroupEvent> for wire::LiveEvent {
    fn from(event: GroupEvent) -> Self {
        Self {
            short_id: event.conversation_short_id.value(),
            version: event.version,
            operator: event.operator.map(Into::into),
            ..event.change.into()
        }
    }
}

/// Only what was done; the rest is not part of the change.
impl From<GroupChange> for wire::LiveEvent {
    fn from(change: GroupChange) -> Self {
        let of = |kind: Kind| Self { measure: kind.into(), ..Self::default() };
        let users =
            |kind, uids: Vec<Uid>| Self { uids: uids.into_iter().map(Into::into).collect(), ..of(kind) };
        match change {
            GroupChange::MuteAll(mute) => {
                Self { mute_all: wire::MuteAll::from(mute).into(), ..of(Kind::MuteAll) }
            }
            GroupChange::Muted(uids, until) => Self { until: Some(until.into()), ..users(Kind::Mute, uids) },
            GroupChange::Unmuted(uids) => users(Kind::Unmute, uids),
            GroupChange::AdminsAdded(uids) => users(Kind::AddAdmins, uids),
            GroupChange::AdminsRemoved(uids) => users(Kind::RemoveAdmins, uids),
            GroupChange::OwnerChanged { from, to } => users(Kind::TransferOwner, vec![from, to]),
            GroupChange::Kicked { uids, blocked } => Self { blocked, ..users(Kind::Kick, uids) },
            GroupChange::MarkTypesAdded(marks) => Self { marks, ..of(Kind::AddMarkTypes) },
            GroupChange::MarkTypesRemoved(marks) => Self { marks, ..of(Kind::RemoveMarkTypes) },
            GroupChange::Marked(mark, uids) => Self { marks: vec![mark], ..users(Kind::Mark, uids) },
            GroupChange::Unmarked(mark, uids) => Self { marks: vec![mark], ..users(Kind::Unmark, uids) },
            _ => of(Kind::Unspecified),
        }
    }
}

impl TryFrom<wire::LiveEvent> for GroupEvent {
    type Error = DecodeError;

    fn try_from(mut wire: wire::LiveEvent) -> Result<Self, DecodeError> {
        let by = wire.operator.take().map(|by| uid(Some(by), "LiveEvent.operator")).transpose()?;
        Ok(Self {
            conversation_short_id: short_id(wire.short_id, "LiveEvent.short_id")?,
            version: wire.version,
            operator: by,
            change: wire.try_into()?,
        })
    }
}

impl TryFrom<wire::LiveEvent> for GroupChange {
    type Error = DecodeError;

    fn try_from(wire: wire::LiveEvent) -> Result<Self, DecodeError> {
        const UIDS: &str = "LiveEvent.uids";
        const MARKS: &str = "LiveEvent.marks";
        let marks = wire.marks;
        let uids = uids(wire.uids, UIDS)?;
        Ok(match kind(wire.measure, "LiveEvent.measure")? {
            Kind::MuteAll => Self::MuteAll(mute_all(wire.mute_all, "LiveEvent.mute_all")?),
            Kind::Mute => Self::Muted(uids, wire.until.ok_or(DecodeError::field("LiveEvent.until"))?.into()),
            Kind::Unmute => Self::Unmuted(uids),
            Kind::AddAdmins => Self::AdminsAdded(uids),
            Kind::RemoveAdmins => Self::AdminsRemoved(uids),
            Kind::TransferOwner => {
                let [from, to] = <[Uid; 2]>::try_from(uids).map_err(|_| DecodeError::field(UIDS))?;
                Self::OwnerChanged { from, to }
            }
            Kind::Kick => Self::Kicked { uids, blocked: wire.blocked },
            Kind::AddMarkTypes => Self::MarkTypesAdded(marks),
            Kind::RemoveMarkTypes => Self::MarkTypesRemoved(marks),
            Kind::Mark => Self::Marked(only_one(marks, MARKS)?, uids),
            Kind::Unmark => Self::Unmarked(only_one(marks, MARKS)?, uids),
            Kind::Unspecified
            | Kind::SlowMode
            | Kind::DissolveAfterIdle
            | Kind::Exempt
            | Kind::Unexempt
            | Kind::Block
            | Kind::Unblock => return Err(DecodeError::field("LiveEvent.measure")),
        })
    }
}

impl From<LivePulse> for wire::LivePulse {
    fn from(pulse: LivePulse) -> Self {
        let of_members = |named: Vec<Member>| named.into_iter().map(Into::into).collect();
        Self {
            short_id: pulse.conversation_short_id.value(),
            online_count: pulse.online_count,
            joined: of_members(pulse.joined.named),
            joined_more: pulse.joined.more,
            left: pulse.left.named.into_iter().map(Into::into).collect(),
            left_more: pulse.left.more,
            changed: of_members(pulse.changed.named),
            changed_more: pulse.changed.more,
            counters: pulse.counters,
        }
    }
}

impl TryFrom<wire::LivePulse> for LivePulse {
    type Error = DecodeError;

    fn try_from(wire: wire::LivePulse) -> Result<Self, DecodeError> {
        Ok(Self {
            conversation_short_id: short_id(wire.short_id, "LivePulse.short_id")?,
            online_count: wire.online_count,
            joined: Named { named: members(wire.joined)?, more: wire.joined_more },
            left: Named { named: uids(wire.left, "LivePulse.left")?, more: wire.left_more },
            changed: Named { named: members(wire.changed)?, more: wire.changed_more },
            counters: wire.counters,
        })
    }
}
