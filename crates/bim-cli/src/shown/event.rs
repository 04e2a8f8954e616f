//! What happens in a live group, as JSON.

use bim::{
    Discontinuity, DiscontinuityReason, GroupChange, GroupEvent, LeftReason, LiveEvent, LivePulse, Named, Uid,
};
use serde_json::{Value, json};

use super::{
    attribute_json, conversation_json, history_json, member_json, mute_all_name, uid_json, uids_json,
    until_json,
};

/// One event as one object, told from others by its `type`.
pub(crate) fn event_json(event: &LiveEvent) -> Value {
    match event {
        LiveEvent::Received(message) | LiveEvent::Sent(message) => history_json(message),
        LiveEvent::Updated { message, operator } => {
            json!({ "type": "updated", "operator": uid_json(operator), "message": history_json(message) })
        }
        LiveEvent::Deleted { position, operator, .. } => json!({
            "type": "deleted", "operator": uid_json(operator),
            "position": { "epoch": position.epoch.0, "seq": position.seq.0 },
        }),
        LiveEvent::LeftOut(gap) => json!({
            "type": "left_out", "priority": gap.priority.name(), "count": gap.count, "from": gap.from.0,
            "to": gap.to.0,
        }),
        LiveEvent::StateChanged(conversation) => typed("state", conversation_json(conversation)),
        LiveEvent::Members(event) => group_event_json(event),
        LiveEvent::Pulse(pulse) => pulse_json(pulse),
        LiveEvent::AttributesChanged(changed) => json!({
            "type": "attributes", "version": changed.version, "removed": changed.removed,
            "set": changed.set.iter().map(attribute_json).collect::<Vec<_>>(),
        }),
        LiveEvent::AttributesSnapshot { attributes, .. } => json!({
            "type": "attributes_snapshot", "version": attributes.version,
            "attributes": attributes.attributes.iter().map(attribute_json).collect::<Vec<_>>(),
        }),
        LiveEvent::CountersChanged { counters, .. } => json!({ "type": "counters", "counters": counters }),
        LiveEvent::TapsRefused { lost, reason, .. } => json!({
            "type": "taps_refused", "lost": lost, "code": reason.code.number(), "reason": reason.to_string(),
        }),
        LiveEvent::Discontinuity(Discontinuity { reason, .. }) => {
            json!({ "type": "discontinuity", "reason": discontinuity_name(*reason) })
        }
        LiveEvent::Left { reason, .. } => left_json(reason),
        LiveEvent::Lagged { count } => json!({ "type": "lagged", "count": count }),
        _ => json!({ "type": "unknown" }),
    }
}

fn group_event_json(event: &GroupEvent) -> Value {
    let mut value = change_json(&event.change);
    value["type"] = json!("members");
    value["version"] = json!(event.version);
    value["operator"] = event.operator.as_ref().map_or(Value::Null, uid_json);
    value
}

fn change_json(change: &GroupChange) -> Value {
    match change {
        GroupChange::MuteAll(mute_all) => {
            json!({ "change": "mute_all", "mute_all": mute_all_name(*mute_all) })
        }
        GroupChange::Muted(uids, until) => {
            json!({ "change": "muted", "uids": uids_json(uids), "until_ms": until_json(*until) })
        }
        GroupChange::Unmuted(uids) => json!({ "change": "unmuted", "uids": uids_json(uids) }),
        GroupChange::AdminsAdded(uids) => json!({ "change": "admins_added", "uids": uids_json(uids) }),
        GroupChange::AdminsRemoved(uids) => json!({ "change": "admins_removed", "uids": uids_json(uids) }),
        GroupChange::OwnerChanged { from, to } => {
            json!({ "change": "owner_changed", "from": uid_json(from), "to": uid_json(to) })
        }
        GroupChange::Kicked { uids, blocked } => {
            json!({ "change": "kicked", "uids": uids_json(uids), "blocked": blocked })
        }
        GroupChange::MarkTypesAdded(marks) => json!({ "change": "mark_types_added", "marks": marks }),
        GroupChange::MarkTypesRemoved(marks) => json!({ "change": "mark_types_removed", "marks": marks }),
        GroupChange::Marked(mark, uids) => {
            json!({ "change": "marked", "mark": mark, "uids": uids_json(uids) })
        }
        GroupChange::Unmarked(mark, uids) => {
            json!({ "change": "unmarked", "mark": mark, "uids": uids_json(uids) })
        }
        _ => json!({ "change": "unknown" }),
    }
}

fn pulse_json(pulse: &LivePulse) -> Value {
    json!({
        "type": "pulse", "online": pulse.online_count, "joined": named(&pulse.joined, member_json),
        "left": named(&pulse.left, |uid: &Uid| uid_json(uid)), "changed": named(&pulse.changed, member_json),
    })
}

fn named<T>(some: &Named<T>, show: impl Fn(&T) -> Value) -> Value {
    json!({ "named": some.named.iter().map(show).collect::<Vec<_>>(), "more": some.more })
}

fn left_json(reason: &LeftReason) -> Value {
    match reason {
        LeftReason::Dissolved => json!({ "type": "left", "reason": "dissolved" }),
        LeftReason::Refused(code) => json!({ "type": "left", "reason": "refused", "code": code.number() }),
        LeftReason::Kicked { blocked, operator } => json!({
            "type": "left", "reason": "kicked", "blocked": blocked,
            "operator": operator.as_ref().map(uid_json),
        }),
        _ => json!({ "type": "left", "reason": "unknown" }),
    }
}

/// The word for why a log could not be continued.
fn discontinuity_name(reason: DiscontinuityReason) -> &'static str {
    match reason {
        DiscontinuityReason::NewEpoch => "new_epoch",
        DiscontinuityReason::CursorAhead => "cursor_ahead",
        DiscontinuityReason::BeyondWindow => "beyond_window",
        _ => "unknown",
    }
}

fn typed(kind: &str, mut value: Value) -> Value {
    value["type"] = json!(kind);
    value
}
