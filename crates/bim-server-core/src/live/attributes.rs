//! The attributes of a live group.

use bim_livegroup::attributes::AttributePlan;
use bim_livegroup::authority::Operation;
use bim_proto::{ResponseBody, ServerFrame};
use bim_types::limits::ATTRIBUTES_MAX;
use bim_types::{AttributeWrite, ErrorCode, GroupKey, Now, Refusal};

use super::Change;
use super::active::ActiveRoom;
use crate::engine::Engine;
use crate::ops::Asker;

impl Engine {
    pub(super) fn write_attributes(
        &mut self,
        now: Now,
        key: GroupKey,
        asker: Asker,
        writes: Vec<AttributeWrite>,
    ) {
        let Some(actor) = self.actor(asker) else { return };
        let Some(active) = self.rooms.active(key) else { return };
        if let Err(refusal) = active.room.permit(Operation::WriteAttributes, &actor) {
            return self.respond(asker, Err(refusal));
        }
        if !(1..=ATTRIBUTES_MAX).contains(&writes.len()) {
            return self.respond(asker, Err(too_many_keys()));
        }
        let plan = active.attributes.plan(now, &actor.uid, writes);
        if plan.is_change() {
            self.write_change(key, asker, Change::Attributes(plan));
        } else {
            self.respond(asker, Ok(ResponseBody::LiveAttributesWritten(plan.outcome)));
        }
    }

    pub(super) fn read_attributes(&mut self, now: Now, key: GroupKey, asker: Asker, keys: &[String]) {
        let Some(actor) = self.actor(asker) else { return };
        let Some(active) = self.rooms.active(key) else { return };
        if let Err(refusal) = active.room.permit(Operation::Receive, &actor) {
            return self.respond(asker, Err(refusal));
        }
        if keys.len() > ATTRIBUTES_MAX {
            return self.respond(asker, Err(too_many_keys()));
        }
        let attributes = active.attributes.read(now.mono, keys);
        self.respond(asker, Ok(ResponseBody::LiveAttributes(attributes)));
    }

    /// Removes what expired, and what goes with setters that left for good.
    pub(super) fn remove_attributes_due(&mut self, now: Now, key: GroupKey) {
        let Some(active) = self.rooms.active(key) else { return };
        let keys = active.attributes_due(now.mono);
        let plan = active.attributes.plan_removal(now.mono, &keys);
        if plan.is_change() {
            self.write_change(key, Asker::NOBODY, Change::Attributes(plan));
        }
    }

    pub(super) fn tell_attributes(&mut self, now: Now, key: GroupKey, asker: Asker, plan: AttributePlan) {
        let grace = self.config.attribute_leave_grace;
        let Some(active) = self.rooms.active(key) else { return };
        let changed = plan.changed(key.group);
        active.attributes.replace(plan.next, now);
        for attribute in plan.set.iter().filter(|attribute| attribute.delete_on_leave) {
            active.expect_leaver(&attribute.setter, now.mono + grace);
        }
        let ActiveRoom { leavers, attributes, .. } = active;
        leavers.retain(|uid, _| !attributes.of_leaver(uid).is_empty());
        if let Some(changed) = changed {
            self.tell_group(key, ServerFrame::LiveAttributesChanged(changed));
        }
        self.respond(asker, Ok(ResponseBody::LiveAttributesWritten(plan.outcome)));
    }
}

fn too_many_keys() -> Refusal {
    let refusal = Refusal::new(ErrorCode::InvalidRequest).limit(ATTRIBUTES_MAX as u64);
    refusal.hint("attributes in one call: expected 1 to 100")
}
