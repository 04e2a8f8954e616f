//! Nothing of the specification is without golden bytes. The matches below have no wildcard: a new kind or
//! variant does not compile until it names its fixture, and does not pass until the fixture is there.

use bim_proto::wire::{
    self, DiscontinuityReason, FrameKind, LiveMeasure, LiveMemberList, content::Kind,
    joined_live_group::Verdict, request, response, uid,
};
use prost::Message as _;

use crate::{fixture, specification};

#[test]
fn every_kind_of_frame_has_golden_bytes() {
    for kind in (0..=255).filter_map(|number| FrameKind::try_from(number).ok()) {
        if let Some(name) = fixture_of_kind(kind) {
            assert_eq!(fixture::bytes(name)[..2], [1, kind as u8], "{name}");
        }
    }
}

#[test]
fn every_body_of_a_request_has_golden_bytes() {
    let bodies = variants(|bytes| wire::Request::decode(bytes).ok()?.body);
    assert_eq!(bodies.len(), 20, "a new body: add it to `fixture_of_request`, and count it here");
    for body in bodies {
        let name = fixture_of_request(&body);
        let found = wire::Request::decode(payload(name)).unwrap().body.unwrap();
        assert_eq!(fixture_of_request(&found), name);
    }
}

#[test]
fn every_body_of_a_response_has_golden_bytes() {
    let bodies = variants(|bytes| wire::Response::decode(bytes).ok()?.body);
    assert_eq!(bodies.len(), 15, "a new body: add it to `fixture_of_response`, and count it here");
    for body in bodies {
        let name = fixture_of_response(&body);
        assert_eq!(fixture_of_response(&response_body(name)), name);
    }
}

#[test]
fn every_verdict_on_a_cursor_has_golden_bytes() {
    let verdicts = variants(|bytes| wire::JoinedLiveGroup::decode(bytes).ok()?.verdict);
    assert_eq!(verdicts.len(), 3, "a new verdict: add it to `fixture_of_verdict`, and count it here");
    let reasons = (1..=255).filter_map(|number| DiscontinuityReason::try_from(number).ok());
    let reasons = reasons.map(|reason| {
        let reason = reason.into();
        Verdict::Discontinuity(wire::DiscontinuityVerdict { reason })
    });
    let plain = verdicts.into_iter().filter(|verdict| !matches!(verdict, Verdict::Discontinuity(_)));
    for verdict in plain.chain(reasons) {
        let name = fixture_of_verdict(&verdict);
        let response::Body::JoinedLiveGroup(joined) = response_body(name) else { panic!("{name}") };
        assert_eq!(fixture_of_verdict(&joined.verdict.unwrap()), name);
    }
}

#[test]
fn every_measure_has_golden_bytes_as_a_request_and_as_an_event_if_it_is_told() {
    for measure in (1..=255).filter_map(|number| LiveMeasure::try_from(number).ok()) {
        let (asked, told) = fixtures_of_measure(measure);
        let asked = format!("request_change_live_group_{asked}");
        let body = wire::Request::decode(payload(&asked)).unwrap().body;
        let Some(request::Body::ChangeLiveGroup(change)) = body else { panic!("{asked}") };
        assert_eq!(change.measure(), measure, "{asked}");
        if let Some(told) = told.map(|told| format!("live_event_{told}")) {
            assert_eq!(wire::LiveEvent::decode(payload(&told)).unwrap().measure(), measure, "{told}");
        }
    }
}

#[test]
fn every_list_of_members_has_golden_bytes() {
    for list in (0..=255).filter_map(|number| LiveMemberList::try_from(number).ok()) {
        let name = match list {
            LiveMemberList::Resident => "request_list_live_members_resident",
            LiveMemberList::Online => "request_list_live_members_online",
            LiveMemberList::Muted => "request_list_live_members",
            LiveMemberList::Exempt => "request_list_live_members_exempt",
            LiveMemberList::Blocked => "request_list_live_members_blocked",
        };
        let body = wire::Request::decode(payload(name)).unwrap().body;
        let Some(request::Body::ListLiveMembers(query)) = body else { panic!("{name}") };
        assert_eq!(query.list(), list, "{name}");
    }
}

#[test]
fn every_kind_of_content_and_of_uid_has_golden_bytes() {
    let texts = |bytes: &[u8]| wire::Content::decode(bytes).ok()?.kind;
    for kind in variants(texts) {
        let name = match kind {
            Kind::Text(_) => "live_message",
            Kind::Custom(_) => "live_message_custom",
        };
        let found = wire::LiveMessage::decode(payload(name)).unwrap().content.unwrap().kind.unwrap();
        assert_eq!(std::mem::discriminant(&found), std::mem::discriminant(&kind), "{name}");
    }
    for value in [uid::Value::Number(1), uid::Value::Text("a".into())] {
        let name = match value {
            uid::Value::Text(_) => "hello",
            uid::Value::Number(_) => "hello_integer_uid",
        };
        let found = wire::Hello::decode(payload(name)).unwrap().uid.unwrap().value.unwrap();
        assert_eq!(std::mem::discriminant(&found), std::mem::discriminant(&value), "{name}");
    }
}

#[test]
fn every_field_of_the_specification_stands_in_some_golden_bytes() {
    let comments: String = fixture::names().iter().map(|name| fixture::text(name)).collect();
    let fields = specification::fields(None);
    assert!(fields.len() > 100, "the specification was not read: {} fields", fields.len());
    let missing: Vec<_> = fields
        .iter()
        .map(|field| format!("{}.{} = {}:", field.message, field.name, field.number))
        .filter(|comment| !comments.contains(&format!("# {comment}")))
        .collect();
    assert_eq!(missing, Vec::<String>::new(), "add a fixture in which these are set");
}

#[test]
fn every_stored_record_has_golden_bytes_of_its_own() {
    let mut records: Vec<_> =
        specification::fields(Some("stored.proto")).into_iter().map(|field| field.message).collect();
    records.dedup();
    let parts = ["StoredKey", "StoredLiveMember", "StoredRevokedUser", "StoredRevokedToken"];
    for record in records.iter().filter(|record| !parts.contains(&record.as_str())) {
        assert!(fixture::names().contains(&snake(record)), "{record}");
    }
}

fn fixture_of_kind(kind: FrameKind) -> Option<&'static str> {
    Some(match kind {
        FrameKind::Unspecified => return None,
        FrameKind::Hello => "hello",
        FrameKind::Welcome => "welcome",
        FrameKind::Request => "request_get_live_group",
        FrameKind::Response => "response_done",
        FrameKind::Ping => "ping",
        FrameKind::Pong => "pong",
        FrameKind::Goodbye => "goodbye",
        FrameKind::LiveMessage => "live_message",
        FrameKind::LiveGap => "live_gap",
        FrameKind::LiveState => "live_state",
        FrameKind::LiveMessageUpdated => "live_change_updated",
        FrameKind::LiveMessageDeleted => "live_change_deleted",
        FrameKind::LiveEvent => "live_event_kicked",
        FrameKind::LivePulse => "live_pulse",
        FrameKind::LiveAttributesChanged => "live_attributes_changed",
    })
}

fn fixture_of_request(body: &request::Body) -> &'static str {
    match body {
        request::Body::RefreshToken(_) => "request_refresh_token",
        request::Body::CreateLiveGroup(_) => "request_create_live_group",
        request::Body::GetLiveGroup(_) => "request_get_live_group",
        request::Body::ListLiveGroups(_) => "request_list_live_groups",
        request::Body::JoinLiveGroup(_) => "request_join_live_group",
        request::Body::LeaveLiveGroup(_) => "request_leave_live_group",
        request::Body::DissolveLiveGroup(_) => "request_dissolve_live_group",
        request::Body::SendLiveMessage(_) => "request_send_live_message",
        request::Body::ReadLiveHistory(_) => "request_read_live_history",
        request::Body::SetLiveGroupInfo(_) => "request_set_live_group_info",
        request::Body::ChangeLiveGroup(_) => "request_change_live_group_mute",
        request::Body::SetLiveMemberInfo(_) => "request_set_live_member_info",
        request::Body::ListLiveMembers(_) => "request_list_live_members",
        request::Body::GetLiveMembers(_) => "request_get_live_members",
        request::Body::UpdateLiveMessage(_) => "request_update_live_message",
        request::Body::DeleteLiveMessage(_) => "request_delete_live_message",
        request::Body::WriteLiveAttributes(_) => "request_write_live_attributes",
        request::Body::ReadLiveAttributes(_) => "request_read_live_attributes",
        request::Body::TapLiveCounters(_) => "request_tap_live_counters",
        request::Body::BroadcastToLiveGroups(_) => "request_broadcast_to_live_groups",
    }
}

fn fixture_of_response(body: &response::Body) -> &'static str {
    match body {
        response::Body::Refusal(_) => "response_refusal",
        response::Body::Done(_) => "response_done",
        response::Body::TokenRefreshed(_) => "response_token_refreshed",
        response::Body::LiveGroup(_) => "response_live_group",
        response::Body::LiveGroupPage(_) => "response_live_group_page",
        response::Body::JoinedLiveGroup(_) => "response_joined_live_group_fresh",
        response::Body::LiveMessageAccepted(_) => "response_live_message_accepted",
        response::Body::LiveHistoryPage(_) => "response_live_history_page",
        response::Body::LiveGroupChanged(_) => "response_live_group_changed",
        response::Body::LiveMember(_) => "response_live_member",
        response::Body::LiveMemberPage(_) => "response_live_member_page",
        response::Body::LiveAttributesWritten(_) => "response_live_attributes_written",
        response::Body::LiveAttributes(_) => "response_live_attributes",
        response::Body::LiveCounters(_) => "response_live_counters",
        response::Body::BroadcastDone(_) => "response_broadcast_done",
    }
}

fn fixture_of_verdict(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Fresh(_) => "response_joined_live_group_fresh",
        Verdict::Resumed(_) => "response_joined_live_group_resumed",
        Verdict::Discontinuity(broken) => match broken.reason() {
            DiscontinuityReason::Unspecified => panic!("never sent"),
            DiscontinuityReason::BeyondWindow => "response_joined_live_group_beyond_window",
            DiscontinuityReason::NewEpoch => "response_joined_live_group_new_epoch",
            DiscontinuityReason::CursorAhead => "response_joined_live_group_cursor_ahead",
        },
    }
}

/// How it is asked for, and how it is told.
fn fixtures_of_measure(measure: LiveMeasure) -> (&'static str, Option<&'static str>) {
    match measure {
        LiveMeasure::Unspecified => panic!("never sent"),
        LiveMeasure::MuteAll => ("mute_all", Some("mute_all")),
        LiveMeasure::SlowMode => ("slow_mode", None),
        LiveMeasure::DissolveAfterIdle => ("dissolve_after_idle", None),
        LiveMeasure::AddAdmins => ("add_admins", Some("admins_added")),
        LiveMeasure::RemoveAdmins => ("remove_admins", Some("admins_removed")),
        LiveMeasure::TransferOwner => ("transfer_owner", Some("owner_changed")),
        LiveMeasure::Mute => ("mute", Some("muted")),
        LiveMeasure::Unmute => ("unmute", Some("unmuted")),
        LiveMeasure::Exempt => ("exempt", None),
        LiveMeasure::Unexempt => ("unexempt", None),
        LiveMeasure::Block => ("block", None),
        LiveMeasure::Unblock => ("unblock", None),
        LiveMeasure::Kick => ("kick", Some("kicked")),
        LiveMeasure::AddMarkTypes => ("add_mark_types", Some("mark_types_added")),
        LiveMeasure::RemoveMarkTypes => ("remove_mark_types", Some("mark_types_removed")),
        LiveMeasure::Mark => ("mark", Some("marked")),
        LiveMeasure::Unmark => ("unmark", Some("unmarked")),
    }
}

/// The variants of a choice, each empty: what an empty field of each number gives.
fn variants<T>(read: impl Fn(&[u8]) -> Option<T>) -> Vec<T> {
    let key = |number: u8| [number << 3 | 2, 0];
    let wide = |number: u16| [((number << 3 | 2) & 0x7f) as u8 | 0x80, (number >> 4) as u8, 0];
    let low = (1..16).filter_map(|number| read(&key(number)));
    low.chain((16..2_000).filter_map(|number| read(&wide(number)))).collect()
}

fn response_body(name: &str) -> response::Body {
    wire::Response::decode(payload(name)).unwrap().body.unwrap()
}

fn payload(name: &str) -> bytes::Bytes {
    fixture::bytes(name).split_off(2)
}

fn snake(name: &str) -> String {
    let parts =
        name.chars().map(|c| if c.is_uppercase() { format!("_{}", c.to_lowercase()) } else { c.into() });
    parts.collect::<String>().trim_start_matches('_').to_owned()
}
