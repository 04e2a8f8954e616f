//! Who hears of members.

use std::sync::Arc;

use bim_core::LiveEvent as Told;
use bim_types::{
    ConversationShortId, GroupChange, GroupEvent, LivePulse, Member, MuteAll, Named, Uid, Until,
};

use super::LiveListener;
use crate::event::LiveEvent;

/// Hears of the members of the live groups the client is in. Every function has an empty body to begin with.
///
/// Who comes, who leaves and whose record changes is told a few times a second for all together; whoever is not
/// named is counted. What is done to members is told for each measure. `operator` is who did it.
///
/// Called in order, never on the task that serves the network. Calling the client from here is fine.
pub trait LiveGroupMemberListener: Send + Sync + 'static {
    /// These came.
    fn on_member_joined(&self, group: ConversationShortId, members: &Named<Member>) {
        let _ = (group, members);
    }

    /// These left.
    fn on_member_leave(&self, group: ConversationShortId, members: &Named<Uid>) {
        let _ = (group, members);
    }

    /// These were removed, and can not come back for now if they are blocked. When this user is one of them,
    /// [`LiveEvent::Left`] follows.
    fn on_member_kicked(
        &self,
        group: ConversationShortId,
        members: &[Uid],
        operator: Option<&Uid>,
        blocked: bool,
    ) {
        let _ = (group, members, operator, blocked);
    }

    /// The group has another owner.
    fn on_member_owner_changed(&self, group: ConversationShortId, from: &Uid, to: &Uid) {
        let _ = (group, from, to);
    }

    /// These were silenced.
    fn on_member_silent(
        &self,
        group: ConversationShortId,
        members: &[Uid],
        until: Until,
        operator: Option<&Uid>,
    ) {
        let _ = (group, members, until, operator);
    }

    /// These may speak again; without an operator because their time is over.
    fn on_member_unsilent(&self, group: ConversationShortId, members: &[Uid], operator: Option<&Uid>) {
        let _ = (group, members, operator);
    }

    /// All were silenced, or may speak again.
    fn on_all_member_silent(&self, group: ConversationShortId, mute_all: MuteAll, operator: Option<&Uid>) {
        let _ = (group, mute_all, operator);
    }

    /// These are admins now.
    fn on_add_admin(&self, group: ConversationShortId, admins: &[Uid], operator: Option<&Uid>) {
        let _ = (group, admins, operator);
    }

    /// These are not admins any more.
    fn on_remove_admin(&self, group: ConversationShortId, admins: &[Uid], operator: Option<&Uid>) {
        let _ = (group, admins, operator);
    }

    /// The record of this member changed. Called for each that is named, after
    /// [`on_batch_member_info_changed`](Self::on_batch_member_info_changed).
    fn on_member_info_changed(&self, group: ConversationShortId, member: &Member) {
        let _ = (group, member);
    }

    /// The records of these members changed.
    fn on_batch_member_info_changed(&self, group: ConversationShortId, members: &Named<Member>) {
        let _ = (group, members);
    }

    /// These were given a mark.
    fn on_member_marked(
        &self,
        group: ConversationShortId,
        mark: &str,
        members: &[Uid],
        operator: Option<&Uid>,
    ) {
        let _ = (group, mark, members, operator);
    }

    /// A mark was taken from these.
    fn on_member_unmarked(
        &self,
        group: ConversationShortId,
        mark: &str,
        members: &[Uid],
        operator: Option<&Uid>,
    ) {
        let _ = (group, mark, members, operator);
    }

    /// This listener was too slow: so many events are missing here.
    fn on_lagged(&self, count: u64) {
        let _ = count;
    }
}

impl LiveListener for Arc<dyn LiveGroupMemberListener> {
    fn wants(event: &Told) -> bool {
        match event {
            Told::Members(event) => {
                !matches!(event.change, GroupChange::MarkTypesAdded(_) | GroupChange::MarkTypesRemoved(_))
            }
            Told::Pulse(LivePulse { joined, left, changed, .. }) => {
                !(joined.is_empty() && left.is_empty() && changed.is_empty())
            }
            _ => false,
        }
    }

    fn tell(&self, event: LiveEvent) {
        match event {
            LiveEvent::Members(event) => tell_event(&**self, &event),
            LiveEvent::Pulse(pulse) => tell_pulse(&**self, &pulse),
            LiveEvent::Lagged { count } => self.on_lagged(count),
            _ => {}
        }
    }
}

fn tell_event(listener: &dyn LiveGroupMemberListener, event: &GroupEvent) {
    let (group, operator) = (event.conversation_short_id, event.operator.as_ref());
    match &event.change {
        GroupChange::MuteAll(mute_all) => listener.on_all_member_silent(group, *mute_all, operator),
        GroupChange::Muted(uids, until) => listener.on_member_silent(group, uids, *until, operator),
        GroupChange::Unmuted(uids) => listener.on_member_unsilent(group, uids, operator),
        GroupChange::AdminsAdded(uids) => listener.on_add_admin(group, uids, operator),
        GroupChange::AdminsRemoved(uids) => listener.on_remove_admin(group, uids, operator),
        GroupChange::OwnerChanged { from, to } => listener.on_member_owner_changed(group, from, to),
        GroupChange::Kicked { uids, blocked } => listener.on_member_kicked(group, uids, operator, *blocked),
        GroupChange::Marked(mark, uids) => listener.on_member_marked(group, mark, uids, operator),
        GroupChange::Unmarked(mark, uids) => listener.on_member_unmarked(group, mark, uids, operator),
        // Mark types have a listener of their own; what a newer version tells is not known here.
        _ => {}
    }
}

fn tell_pulse(listener: &dyn LiveGroupMemberListener, pulse: &LivePulse) {
    let group = pulse.conversation_short_id;
    if !pulse.joined.is_empty() {
        listener.on_member_joined(group, &pulse.joined);
    }
    if !pulse.left.is_empty() {
        listener.on_member_leave(group, &pulse.left);
    }
    if !pulse.changed.is_empty() {
        listener.on_batch_member_info_changed(group, &pulse.changed);
    }
    for member in &pulse.changed.named {
        listener.on_member_info_changed(group, member);
    }
}
