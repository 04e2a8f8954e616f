//! What owner and admins can do, and what is told of it.

use std::time::Duration;

use crate::ids::{ConversationShortId, Uid};
use crate::live::conversation::MuteAll;
use crate::live::member::{Member, Until};
use crate::refusal::Refusal;

/// Something that owner and admins can do. Lists of users have 1 to 100 entries; what can not be done for one
/// is reported for that one. A period of zero means for ever; it is counted in whole seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Silences all, or ends that.
    MuteAll(MuteAll),
    /// Makes ordinary members wait between two messages; zero ends it. At most an hour.
    SlowMode(Duration),
    /// Dissolves the group when nobody was in for so long; zero: never. Owner only.
    DissolveAfterIdle(Duration),
    /// Makes admins of users who are in. Owner only.
    AddAdmins(Vec<Uid>),
    /// Takes the role back. Owner only.
    RemoveAdmins(Vec<Uid>),
    /// Gives the group to someone who is in. Owner only.
    TransferOwner(Uid),
    /// Silences users for a period.
    Mute(Vec<Uid>, Duration),
    /// Ends that.
    Unmute(Vec<Uid>),
    /// Lets users speak while all are muted.
    Exempt(Vec<Uid>),
    /// Ends that.
    Unexempt(Vec<Uid>),
    /// Keeps users out for a period, and removes them when they are in.
    Block(Vec<Uid>, Duration),
    /// Ends that.
    Unblock(Vec<Uid>),
    /// Removes users who are in; they may come back.
    Kick(Vec<Uid>),
    /// Makes marks that members may be given.
    AddMarkTypes(Vec<String>),
    /// Takes marks back from everyone.
    RemoveMarkTypes(Vec<String>),
    /// Gives users a mark.
    Mark(String, Vec<Uid>),
    /// Takes it back.
    Unmark(String, Vec<Uid>),
}

impl Measure {
    /// To whom it is done; empty for what is done to the group.
    #[must_use]
    pub fn uids(&self) -> &[Uid] {
        match self {
            Self::AddAdmins(uids)
            | Self::RemoveAdmins(uids)
            | Self::Mute(uids, _)
            | Self::Unmute(uids)
            | Self::Exempt(uids)
            | Self::Unexempt(uids)
            | Self::Block(uids, _)
            | Self::Unblock(uids)
            | Self::Kick(uids)
            | Self::Mark(_, uids)
            | Self::Unmark(_, uids) => uids,
            Self::TransferOwner(uid) => std::slice::from_ref(uid),
            Self::MuteAll(_)
            | Self::SlowMode(_)
            | Self::DissolveAfterIdle(_)
            | Self::AddMarkTypes(_)
            | Self::RemoveMarkTypes(_) => &[],
        }
    }
}

/// It was done, save for those listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeasureDone {
    /// The version of the group's state after it.
    pub version: u64,
    /// For whom it was not done.
    pub failed: Vec<MemberFailure>,
}

/// For whom something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberFailure {
    /// Who.
    pub uid: Uid,
    /// Why.
    pub reason: Refusal,
}

/// Something was done to members of a group: told to everyone in it, also to those it was done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupEvent {
    /// Which group.
    pub conversation_short_id: ConversationShortId,
    /// The version of the group's state after it.
    pub version: u64,
    /// By whom; `None` when a mute ended by itself.
    pub operator: Option<Uid>,
    /// What.
    pub change: GroupChange,
}

/// What was done to members of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupChange {
    /// All were silenced, or may speak again.
    MuteAll(MuteAll),
    /// These were silenced.
    Muted(Vec<Uid>, Until),
    /// These may speak again.
    Unmuted(Vec<Uid>),
    /// These are admins now.
    AdminsAdded(Vec<Uid>),
    /// These are not admins any more.
    AdminsRemoved(Vec<Uid>),
    /// The group has another owner.
    OwnerChanged {
        /// Who owned it.
        from: Uid,
        /// Who owns it now.
        to: Uid,
    },
    /// These were removed.
    Kicked {
        /// Who.
        uids: Vec<Uid>,
        /// Whether they can not come back for now.
        blocked: bool,
    },
    /// There are new marks to give.
    MarkTypesAdded(Vec<String>),
    /// These marks are gone.
    MarkTypesRemoved(Vec<String>),
    /// These were given a mark.
    Marked(String, Vec<Uid>),
    /// A mark was taken from these.
    Unmarked(String, Vec<Uid>),
}

/// What happened in a group since the last pulse: who came and went, whose record changed, and counters.
///
/// Owner, admins and marked members are always named; of the others as many as fit, and the rest is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LivePulse {
    /// Which group.
    pub conversation_short_id: ConversationShortId,
    /// Users in the group, counted when this was sent.
    pub online_count: u64,
    /// Who came.
    pub joined: Named<Member>,
    /// Who left.
    pub left: Named<Uid>,
    /// Whose record changed.
    pub changed: Named<Member>,
    /// The counters that changed, as they stand.
    pub counters: std::collections::BTreeMap<String, u64>,
}

/// Some that are named, and how many more there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<T> {
    /// Those that are named.
    pub named: Vec<T>,
    /// How many more.
    pub more: u64,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self { named: Vec::new(), more: 0 }
    }
}

impl<T> Named<T> {
    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && self.more == 0
    }
}
