//! What frames of live groups mean to the app.

use bim_livegroup::viewer::Delivery;
use bim_proto::{LiveChange, LivePush};
use bim_types::{
    AttributesChanged, Conversation, ConversationShortId, ErrorCode, GroupChange, GroupEvent, LiveGap,
    LivePulse,
};

use super::room::Room;
use super::{LiveGroups, PathBroken};
use crate::event::{LeftReason, LiveEvent};
use crate::machine::Outputs;

impl LiveGroups {
    /// Takes a message.
    pub(crate) fn on_message(&mut self, push: LivePush, out: &mut Outputs) -> Result<(), PathBroken> {
        let Some(room) = self.rooms.get_mut(&push.message.conversation_short_id) else { return Ok(()) };
        deliver(room.viewer.on_message(push), out)
    }

    /// Takes a change or a removal of a message.
    pub(crate) fn on_change(&mut self, change: LiveChange, out: &mut Outputs) -> Result<(), PathBroken> {
        let Some(room) = self.rooms.get_mut(&change.group()) else { return Ok(()) };
        deliver(room.viewer.on_change(change), out)
    }

    /// Takes a gap marker.
    pub(crate) fn on_gap(&mut self, gap: LiveGap, out: &mut Outputs) {
        let room = self.rooms.get_mut(&gap.conversation_short_id);
        if let Some(gap) = room.and_then(|room| room.viewer.on_gap(gap)) {
            out.live(LiveEvent::LeftOut(gap));
        }
    }

    /// Takes a state. A dissolved group is left by everyone who is in; who is about to enter it learns it from the answer.
    pub(crate) fn on_state(&mut self, state: Conversation, out: &mut Outputs) {
        let (group, dissolved) = (state.conversation_short_id, state.dissolved);
        let Some(room) = self.rooms.get_mut(&group) else { return };
        if let Some(state) = room.viewer.on_state(state) {
            out.live(LiveEvent::StateChanged(state.clone().into()));
            room.follow_own_record();
        }
        let was_in = room.viewer.cursor().is_some();
        if dissolved {
            self.bury(group);
            self.drop_room(group, ErrorCode::ConversationNotFound, out);
            self.leaving.remove(&group);
            if was_in {
                out.live(LiveEvent::Left { group, reason: LeftReason::Dissolved });
            }
        }
    }

    /// Takes what was done to members. Whoever was removed is not in the group any more, and does not enter it
    /// again by itself.
    pub(crate) fn on_event(&mut self, event: GroupEvent, out: &mut Outputs) {
        let group = event.conversation_short_id;
        let me = self.me.clone();
        let Some(room) = self.joined(group) else { return };
        // One that is older than the state the client was let in with is about an earlier stay.
        let is_past = room.viewer.conversation().is_some_and(|known| event.version < known.version);
        let left = match &event.change {
            GroupChange::Kicked { uids, blocked } if uids.contains(&me) && !is_past => {
                Some(LeftReason::Kicked { blocked: *blocked, operator: event.operator.clone() })
            }
            _ => None,
        };
        let changed = room.viewer.on_event(&event).cloned();
        out.live(LiveEvent::Members(event));
        if let Some(state) = changed {
            out.live(LiveEvent::StateChanged(state.into()));
        }
        if let Some(reason) = left {
            self.drop_room(group, ErrorCode::UserNotInGroup, out);
            out.live(LiveEvent::Left { group, reason });
        }
    }

    /// Takes who came and went, and counters.
    pub(crate) fn on_pulse(&mut self, pulse: LivePulse, out: &mut Outputs) {
        let group = pulse.conversation_short_id;
        let Some(room) = self.joined(group) else { return };
        let changed = room.viewer.on_pulse(&pulse).cloned();
        let counters = room.raise_counters(&pulse.counters);
        out.live(LiveEvent::Pulse(pulse));
        if let Some(state) = changed {
            room.follow_own_record();
            out.live(LiveEvent::StateChanged(state.into()));
        }
        if !counters.is_empty() {
            out.live(LiveEvent::CountersChanged { group, counters });
        }
    }

    /// Takes changes of attributes. Those that were known at the join already are no news.
    pub(crate) fn on_attributes(&mut self, changed: AttributesChanged, out: &mut Outputs) {
        let Some(room) = self.joined(changed.conversation_short_id) else { return };
        if changed.version >= room.attributes_version() {
            room.knows_attributes(changed.version);
            out.live(LiveEvent::AttributesChanged(changed));
        }
    }

    fn joined(&mut self, group: ConversationShortId) -> Option<&mut Room> {
        self.rooms.get_mut(&group).map(|room| &mut **room).filter(|room| room.viewer.is_joined())
    }
}

fn deliver(delivery: Delivery, out: &mut Outputs) -> Result<(), PathBroken> {
    match delivery {
        Delivery::Received(message) => out.live(LiveEvent::Received(message)),
        Delivery::Sent(message) => out.live(LiveEvent::Sent(message)),
        Delivery::Updated { message, operator } => out.live(LiveEvent::Updated { message, operator }),
        Delivery::Deleted { group, position, operator } => {
            out.live(LiveEvent::Deleted { group, position, operator });
        }
        Delivery::Quiet => {}
        Delivery::Broken => return Err(PathBroken),
    }
    Ok(())
}
