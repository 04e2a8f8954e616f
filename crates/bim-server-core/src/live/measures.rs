//! What owner and admins do: planned by the room, written, then told.

use bim_livegroup::room::{Actor, Plan};
use bim_proto::{ResponseBody, ServerFrame};
use bim_types::{Conversation, GroupEvent, GroupKey, Measure, MeasureDone, Now, Uid};

use super::Change;
use super::membership::Farewell;
use crate::engine::Engine;
use crate::ops::Asker;

/// What a measure did to what is kept of the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It was changed, and is durable.
    Durably,
    /// It is as it was.
    Same,
}

impl Engine {
    pub(super) fn take_measure(&mut self, now: Now, key: GroupKey, asker: Asker, measure: Measure) {
        let Some(actor) = self.actor(asker) else { return };
        let Some(active) = self.rooms.active(key) else { return };
        match active.room.plan(now, &actor, measure) {
            Err(refusal) => self.respond(asker, Err(refusal)),
            Ok(plan) if plan.group.is_none() => self.tell_measure(now, key, asker, &actor, plan, Kept::Same),
            // A disk that does not take it keeps nobody in who is thrown out.
            Ok(plan) if !plan.is_kept && self.check_writable().is_err() => {
                self.tell_measure(now, key, asker, &actor, plan, Kept::Same);
            }
            Ok(plan) => self.write_change(key, asker, Change::Measure(actor, Box::new(plan))),
        }
    }

    /// A measure has taken effect on the records: everyone hears of it, who is removed goes, who stays gets the
    /// state, and the operator the answer last.
    pub(super) fn tell_measure(
        &mut self,
        now: Now,
        key: GroupKey,
        asker: Asker,
        actor: &Actor,
        plan: Plan,
        kept: Kept,
    ) {
        let Some(active) = self.rooms.active(key) else { return };
        let version = active.room.version();
        active.room.records_changed(&plan.concerned);
        for change in plan.changes {
            let operator = Some(actor.uid.clone());
            let event = GroupEvent { conversation_short_id: key.group, version, operator, change };
            self.tell_group(key, ServerFrame::LiveEvent(event));
        }
        for uid in &plan.removed {
            self.remove_user(now, key, uid);
        }
        if kept == Kept::Durably
            && let Some(active) = self.rooms.active(key)
        {
            let state = active.room.state();
            self.tell_group(key, ServerFrame::LiveState(state));
        }
        self.tell_own_records(now, key, &plan.concerned);
        let done = MeasureDone { version, failed: plan.failed };
        self.respond(asker, Ok(ResponseBody::LiveGroupChanged(done)));
    }

    /// Takes a user out on every device.
    fn remove_user(&mut self, now: Now, key: GroupKey, uid: &Uid) {
        let Some(active) = self.rooms.active(key) else { return };
        let connections: Vec<_> = active.room.roster().connections_of(uid).collect();
        for connection in connections {
            if let Some(session) = self.sessions.find_mut(connection) {
                session.groups.remove(&key);
            }
            self.take_out(now, key, connection, Farewell::Left);
        }
    }

    /// Tells users who are in how they stand now.
    pub(super) fn tell_own_records(&mut self, now: Now, key: GroupKey, uids: &[Uid]) {
        let Some(super::Slot::Active(active)) = self.rooms.slots.get(&key) else { return };
        let mut states: Vec<(_, Conversation)> = Vec::new();
        for uid in uids {
            for connection in active.room.roster().connections_of(uid) {
                let state = active.room.conversation(uid, connection, &self.heard(now));
                states.push((connection, state));
            }
        }
        for (connection, state) in states {
            self.out.send(connection, ServerFrame::LiveState(state));
        }
    }
}
