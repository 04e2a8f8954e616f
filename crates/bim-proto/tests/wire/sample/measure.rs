//! What owner and admins do, and what is told of it.

use std::time::Duration;

use bim_proto::{ClientFrame, Request, RequestBody, RequestId, ServerFrame};
use bim_types::{GroupChange, GroupEvent, Measure, MuteAll, Until};

use super::values::{alice, bob, group, marks, two, until};

/// By name.
pub(super) fn requests() -> Vec<(&'static str, ClientFrame)> {
    let vip = || "vip".to_owned();
    let measures = [
        ("request_change_live_group_mute_all", Measure::MuteAll(MuteAll::NormalMembers)),
        ("request_change_live_group_slow_mode", Measure::SlowMode(Duration::from_secs(5))),
        (
            "request_change_live_group_dissolve_after_idle",
            Measure::DissolveAfterIdle(Duration::from_secs(86_400)),
        ),
        ("request_change_live_group_add_admins", Measure::AddAdmins(two())),
        ("request_change_live_group_remove_admins", Measure::RemoveAdmins(two())),
        ("request_change_live_group_transfer_owner", Measure::TransferOwner(bob())),
        ("request_change_live_group_mute", Measure::Mute(two(), Duration::from_secs(3_600))),
        ("request_change_live_group_unmute", Measure::Unmute(two())),
        ("request_change_live_group_exempt", Measure::Exempt(two())),
        ("request_change_live_group_unexempt", Measure::Unexempt(two())),
        ("request_change_live_group_block", Measure::Block(two(), Duration::ZERO)),
        ("request_change_live_group_unblock", Measure::Unblock(two())),
        ("request_change_live_group_kick", Measure::Kick(two())),
        ("request_change_live_group_add_mark_types", Measure::AddMarkTypes(marks())),
        ("request_change_live_group_remove_mark_types", Measure::RemoveMarkTypes(marks())),
        ("request_change_live_group_mark", Measure::Mark(vip(), two())),
        ("request_change_live_group_unmark", Measure::Unmark(vip(), two())),
    ];
    let frame = |measure| {
        let body = Ok(RequestBody::ChangeLiveGroup(group(), measure));
        ClientFrame::Request(Request { id: RequestId(7), body })
    };
    measures.into_iter().map(|(name, measure)| (name, frame(measure))).collect()
}

/// By name.
pub(super) fn events() -> Vec<(&'static str, ServerFrame)> {
    let vip = || "vip".to_owned();
    let changes = [
        ("live_event_mute_all", GroupChange::MuteAll(MuteAll::Everyone)),
        ("live_event_mute_all_off", GroupChange::MuteAll(MuteAll::Off)),
        ("live_event_muted", GroupChange::Muted(two(), until())),
        ("live_event_muted_for_ever", GroupChange::Muted(vec![bob()], Until::Forever)),
        ("live_event_unmuted", GroupChange::Unmuted(vec![bob()])),
        ("live_event_admins_added", GroupChange::AdminsAdded(two())),
        ("live_event_admins_removed", GroupChange::AdminsRemoved(two())),
        ("live_event_owner_changed", GroupChange::OwnerChanged { from: alice(), to: bob() }),
        ("live_event_kicked", GroupChange::Kicked { uids: two(), blocked: true }),
        ("live_event_mark_types_added", GroupChange::MarkTypesAdded(marks())),
        ("live_event_mark_types_removed", GroupChange::MarkTypesRemoved(marks())),
        ("live_event_marked", GroupChange::Marked(vip(), two())),
        ("live_event_unmarked", GroupChange::Unmarked(vip(), two())),
    ];
    let event = |name, change| GroupEvent {
        conversation_short_id: group(),
        version: 8,
        operator: (name != "live_event_unmuted").then(alice),
        change,
    };
    changes.into_iter().map(|(name, change)| (name, ServerFrame::LiveEvent(event(name, change)))).collect()
}
