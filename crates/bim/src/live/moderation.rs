//! What owner and admins can do: mutes, blocks, kicks, roles, marks, pace.
//!
//! Each call is one measure. What can not be done for one user is reported for that user in
//! [`MeasureDone::failed`], with the code of the reason; it is done for the others. Everyone in the group hears of it
//! with [`LiveEvent::Members`](crate::LiveEvent::Members) or
//! [`LiveEvent::StateChanged`](crate::LiveEvent::StateChanged).

use std::time::Duration;

use bim_types::{ConversationShortId, ErrorCode, Measure, MeasureDone, MuteAll, Role, Uid};

use super::LiveGroups;
use crate::error::Error;

/// What to do with marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MarkAction {
    /// Make, or give.
    Add,
    /// Take back.
    Delete,
}

impl LiveGroups {
    /// Silences ordinary members, save those on the white list, or ends it. Owner and admins.
    ///
    /// # Errors
    ///
    /// 11 not allowed; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_silent(
        &self,
        id: ConversationShortId,
        silent: bool,
    ) -> Result<MeasureDone, Error> {
        let mute_all = if silent { MuteAll::NormalMembers } else { MuteAll::Off };
        self.measure(id, Measure::MuteAll(mute_all)).await
    }

    /// Silences ordinary members, or everyone but the owner, save those on the white list; or ends it. Owner and
    /// admins.
    ///
    /// # Errors
    ///
    /// 11 not allowed; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_mute_all(
        &self,
        id: ConversationShortId,
        mute_all: MuteAll,
    ) -> Result<MeasureDone, Error> {
        self.measure(id, Measure::MuteAll(mute_all)).await
    }

    /// Lets 1 to 100 users speak while all are muted. Owner and admins.
    ///
    /// # Errors
    ///
    /// Of the call: 4 with the limit for no users or more than 100; 11 not allowed; 13 not in the group. Of
    /// single users: 18 the list is full.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn add_live_group_member_silent_white_list(
        &self,
        id: ConversationShortId,
        uids: impl Into<Vec<Uid>>,
    ) -> Result<MeasureDone, Error> {
        self.measure(id, Measure::Exempt(uids.into())).await
    }

    /// Takes 1 to 100 users from the list of those who may speak while all are muted. Owner and admins.
    ///
    /// # Errors
    ///
    /// Of the call: 4 with the limit for no users or more than 100; 11 not allowed; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn remove_live_group_member_silent_white_list(
        &self,
        id: ConversationShortId,
        uids: impl Into<Vec<Uid>>,
    ) -> Result<MeasureDone, Error> {
        self.measure(id, Measure::Unexempt(uids.into())).await
    }

    /// Silences 1 to 100 users for a period, in whole seconds; zero: for ever. It outlasts leaving and coming
    /// back. The owner may silence anyone else, admins ordinary members.
    ///
    /// # Errors
    ///
    /// Of the call: 4 with the limit for no users or more than 100; 11 not allowed; 13 not in the group; 4 a
    /// period of more than ten years. Of single users: 11 not this one; 18 the list is full.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn add_live_group_member_silent_list(
        &self,
        id: ConversationShortId,
        uids: impl Into<Vec<Uid>>,
        period: Duration,
    ) -> Result<MeasureDone, Error> {
        self.measure(id, Measure::Mute(uids.into(), period)).await
    }

    /// Lets 1 to 100 users speak again. Owner and admins.
    ///
    /// # Errors
    ///
    /// Of the call: 4 with the limit for no users or more than 100; 11 not allowed; 13 not in the group. Of
    /// single users: 11 not this one.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn remove_live_group_member_silent_list(
        &self,
        id: ConversationShortId,
        uids: impl Into<Vec<Uid>>,
    ) -> Result<MeasureDone, Error> {
        self.measure(id, Measure::Unmute(uids.into())).await
    }

    /// Keeps 1 to 100 users out for a period, in whole seconds; zero: for ever. Those who are in are removed. The
    /// owner may block anyone else, admins ordinary members.
    ///
    /// # Errors
    ///
    /// Of the call: 4 with the limit for no users or more than 100; 11 not allowed; 13 not in the group; 4 a
    /// period of more than ten years. Of single users: 11 not this one; 18 the list is full.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn add_live_group_member_block_list(
        &self,
        id: ConversationShortId,
        uids: impl Into<Vec<Uid>>,
        period: Duration,
    ) -> Result<MeasureDone, Error> {
        self.measure(id, Measure::Block(uids.into(), period)).await
    }

    /// Lets 1 to 100 users in again. Owner and admins.
    ///
    /// # Errors
    ///
    /// Of the call: 4 with the limit for no users or more than 100; 11 not allowed; 13 not in the group. Of
    /// single users: 11 not this one.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn remove_live_group_member_block_list(
        &self,
        id: ConversationShortId,
        uids: impl Into<Vec<Uid>>,
    ) -> Result<MeasureDone, Error> {
        self.measure(id, Measure::Unblock(uids.into())).await
    }

    /// Removes 1 to 100 users who are in, with all their devices. They may come back unless they are blocked. The
    /// owner may remove anyone else, admins ordinary members.
    ///
    /// # Errors
    ///
    /// Of the call: 4 with the limit for no users or more than 100; 11 not allowed; 13 not in the group. Of
    /// single users: 11 not this one; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn kick_live_group_member_list(
        &self,
        id: ConversationShortId,
        uids: impl Into<Vec<Uid>>,
    ) -> Result<MeasureDone, Error> {
        self.measure(id, Measure::Kick(uids.into())).await
    }

    /// Gives the group to a user who is in. Owner only.
    ///
    /// # Errors
    ///
    /// 11 not the owner; 13 this user or the new owner is not in the group; 1014 the new owner is blocked; 2014
    /// when no answer came: the group may have another owner then.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn trans_live_group_owner(
        &self,
        id: ConversationShortId,
        uid: Uid,
    ) -> Result<MeasureDone, Error> {
        let mut done = self.measure(id, Measure::TransferOwner(uid)).await?;
        match done.failed.pop() {
            Some(failure) => Err(failure.reason.into()),
            None => Ok(done),
        }
    }

    /// Makes admins of 1 to 100 users who are in. Owner only.
    ///
    /// # Errors
    ///
    /// Of the call: 4 with the limit for no users or more than 100; 11 not allowed; 13 not in the group. Of
    /// single users: 11 the owner; 13 not in the group; 52 too many admins; 53 blocked.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn add_live_group_admin(
        &self,
        id: ConversationShortId,
        uids: impl Into<Vec<Uid>>,
    ) -> Result<MeasureDone, Error> {
        self.measure(id, Measure::AddAdmins(uids.into())).await
    }

    /// Makes ordinary members of 1 to 100 admins. Owner only.
    ///
    /// # Errors
    ///
    /// Of the call: 4 with the limit for no users or more than 100; 11 not allowed; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn remove_live_group_admin(
        &self,
        id: ConversationShortId,
        uids: impl Into<Vec<Uid>>,
    ) -> Result<MeasureDone, Error> {
        self.measure(id, Measure::RemoveAdmins(uids.into())).await
    }

    /// Gives users a role: [`Role::Admin`] as [`add_live_group_admin`](Self::add_live_group_admin),
    /// [`Role::Normal`] as [`remove_live_group_admin`](Self::remove_live_group_admin), [`Role::Owner`] with
    /// exactly one user as [`trans_live_group_owner`](Self::trans_live_group_owner).
    ///
    /// # Errors
    ///
    /// As there, and 2004 for other than one new owner.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_member_role(
        &self,
        id: ConversationShortId,
        uids: impl Into<Vec<Uid>>,
        role: Role,
    ) -> Result<MeasureDone, Error> {
        let uids: Vec<Uid> = uids.into();
        match role {
            Role::Admin => self.add_live_group_admin(id, uids).await,
            Role::Normal => self.remove_live_group_admin(id, uids).await,
            Role::Owner => match <[Uid; 1]>::try_from(uids) {
                Ok([uid]) => self.trans_live_group_owner(id, uid).await,
                Err(_) => Err(Error::hint(ErrorCode::ParameterError, "a group has exactly one owner")),
            },
            _ => Err(Error::hint(ErrorCode::ParameterError, "not a role that can be given")),
        }
    }

    /// Makes ordinary members wait so long between two messages; zero ends it. In whole seconds, at most an hour.
    /// Owner and admins.
    ///
    /// # Errors
    ///
    /// 4 with the limit for more than an hour; 11 not allowed; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_slow_mode(
        &self,
        id: ConversationShortId,
        wait: Duration,
    ) -> Result<MeasureDone, Error> {
        self.measure(id, Measure::SlowMode(wait)).await
    }

    /// Dissolves the group when nobody was in for so long; zero: never. In whole seconds. Owner only.
    ///
    /// # Errors
    ///
    /// 4 with the limit for more than ten years; 11 not the owner; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_dissolve_after_idle(
        &self,
        id: ConversationShortId,
        idle: Duration,
    ) -> Result<MeasureDone, Error> {
        self.measure(id, Measure::DissolveAfterIdle(idle)).await
    }

    /// Makes marks that members may be given, or takes them back from everyone: 1 to 20 of 1 to 64 bytes. Owner
    /// and admins.
    ///
    /// # Errors
    ///
    /// 4 with the limit for marks that are empty, too long or too many; 11 not allowed; 13 not in the group; 1015
    /// more than 20 mark types.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn manage_live_group_mark_types(
        &self,
        id: ConversationShortId,
        action: MarkAction,
        types: &[&str],
    ) -> Result<MeasureDone, Error> {
        let types = types.iter().map(|mark| (*mark).to_owned()).collect();
        let measure = match action {
            MarkAction::Add => Measure::AddMarkTypes(types),
            MarkAction::Delete => Measure::RemoveMarkTypes(types),
        };
        self.measure(id, measure).await
    }

    /// Gives 1 to 100 users a mark, or takes it back. Owner and admins.
    ///
    /// # Errors
    ///
    /// Of the call: 4 with the limit for no users or more than 100; 11 not allowed; 13 not in the group; 4 no
    /// such mark type. Of single users: 18 too many users are marked.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn mark_live_group_member_list(
        &self,
        id: ConversationShortId,
        uids: impl Into<Vec<Uid>>,
        action: MarkAction,
        mark: impl Into<String>,
    ) -> Result<MeasureDone, Error> {
        let (mark, uids) = (mark.into(), uids.into());
        let measure = match action {
            MarkAction::Add => Measure::Mark(mark, uids),
            MarkAction::Delete => Measure::Unmark(mark, uids),
        };
        self.measure(id, measure).await
    }

    /// The marks that members may be given.
    ///
    /// # Errors
    ///
    /// 3 no such group.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_live_group_mark_type_list(&self, id: ConversationShortId) -> Result<Vec<String>, Error> {
        Ok(self.get_live_group(id).await?.mark_types)
    }
}
