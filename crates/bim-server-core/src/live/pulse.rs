//! Rooms that want a look: pulses, the ends of mutes, what expires.

use bim_proto::ServerFrame;
use bim_types::{GroupChange, GroupEvent, GroupKey, LivePulse, Now};

use super::RoomRequest;
use crate::engine::Engine;
use crate::ops::Asker;

impl Engine {
    /// A room's time has come.
    pub(super) fn wake_room(&mut self, now: Now, key: GroupKey) {
        let Some(active) = self.rooms.active(key) else { return };
        active.wake_at = None;
        active.looked_at = Some(now.mono);
        self.expire_sanctions(now, key);
        self.pulse(now, key);
        self.expire_attributes(now, key);
        self.forget_ended(now, key);
        self.end_when_idle(now, key);
    }

    /// Ends mutes and blocks whose time is over.
    pub(super) fn expire_sanctions(&mut self, now: Now, key: GroupKey) {
        let Some(active) = self.rooms.active(key) else { return };
        let unmuted = active.room.expire(now.mono);
        if unmuted.is_empty() {
            return;
        }
        active.room.records_changed(&unmuted);
        let version = active.room.version();
        for uids in unmuted.chunks(bim_types::limits::BATCH_UIDS_MAX) {
            let change = GroupChange::Unmuted(uids.to_vec());
            let event = GroupEvent { conversation_short_id: key.group, version, operator: None, change };
            self.tell_group(key, ServerFrame::LiveEvent(event));
        }
        self.tell_own_records(now, key, &unmuted);
    }

    /// Tells everyone who came and went, and the counters.
    fn pulse(&mut self, now: Now, key: GroupKey) {
        let Some(active) = self.rooms.active(key) else { return };
        if active.pulse_at.is_none_or(|at| at > now.mono) {
            return;
        }
        active.pulse_at = None;
        let counters = active.counters.take_changed();
        let parts = active.room.take_pulse(now.wall);
        let pulse = match parts {
            Some(parts) => LivePulse {
                conversation_short_id: key.group,
                online_count: parts.online_count,
                joined: parts.joined,
                left: parts.left,
                changed: parts.changed,
                counters,
            },
            None if counters.is_empty() => return,
            None => LivePulse {
                conversation_short_id: key.group,
                online_count: active.room.roster().users(),
                joined: Default::default(),
                left: Default::default(),
                changed: Default::default(),
                counters,
            },
        };
        self.tell_group(key, ServerFrame::LivePulse(pulse));
    }

    /// Removes attributes that expired, and those of users who did not come back.
    fn expire_attributes(&mut self, now: Now, key: GroupKey) {
        let Some(active) = self.rooms.active(key) else { return };
        if !active.changing && !active.ending && !active.attributes_due(now.mono).is_empty() {
            self.on_room_request(now, key, Asker::NOBODY, RoomRequest::ExpireAttributes);
        }
    }
}
