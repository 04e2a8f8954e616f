//! Frames as such, requests and pushes of every kind.

use bim_proto::wire::FrameKind;
use bim_proto::{ClientFrame, DecodeError, Ping, Request, RequestBody, RequestId, ServerFrame};
use bim_types::{DiscontinuityReason, ErrorCode, MessageBody, ResumeVerdict, Role};
use bytes::Bytes;

use super::{
    client, field, hello, live_group, live_message, measure, refused, request, said, send, server, uid_text,
    update,
};
use crate::bytes_by_hand::Fields;

#[test]
fn a_frame_without_its_header_is_truncated() {
    for bytes in [&[][..], &[1], &[9]] {
        let bytes = Bytes::copy_from_slice(bytes);
        assert_eq!(ClientFrame::decode(bytes.clone()), Err(DecodeError::Truncated));
        assert_eq!(ServerFrame::decode(bytes), Err(DecodeError::Truncated));
    }
}

#[test]
fn another_version_is_told_apart_before_anything_else_is_read() {
    for found in [0, 2, 255] {
        let bytes = Bytes::copy_from_slice(&[found, 99, 0xff]);
        assert_eq!(ClientFrame::decode(bytes.clone()), Err(DecodeError::Version { found }));
        assert_eq!(ServerFrame::decode(bytes), Err(DecodeError::Version { found }));
    }
}

#[test]
fn a_kind_that_is_unknown_or_not_for_this_side_is_named() {
    let header = |kind| Bytes::copy_from_slice(&[1, kind]);
    for kind in [0, 16, 17, 127, 128, 255] {
        assert_eq!(ClientFrame::decode(header(kind)), Err(DecodeError::Kind { kind }));
        assert_eq!(ServerFrame::decode(header(kind)), Err(DecodeError::Kind { kind }));
    }
    for kind in [2, 4, 8, 9, 10, 11, 12, 13, 14, 15] {
        assert_eq!(ClientFrame::decode(header(kind)), Err(DecodeError::Kind { kind }));
    }
    for kind in [1, 3] {
        assert_eq!(ServerFrame::decode(header(kind)), Err(DecodeError::Kind { kind }));
    }
}

#[test]
fn a_header_alone_is_a_message_whose_fields_are_all_absent() {
    let header = |kind: FrameKind| Fields::new().frame(kind);
    assert_eq!(client(header(FrameKind::Hello)), field("Hello.app_id"));
    assert_eq!(ClientFrame::decode(header(FrameKind::Ping)), Ok(ClientFrame::Ping(Ping { nonce: 0 })));
    let request = Request { id: RequestId(0), body: Err(DecodeError::Field { field: "Request.body" }) };
    assert_eq!(ClientFrame::decode(header(FrameKind::Request)), Ok(ClientFrame::Request(request)));
    assert_eq!(server(header(FrameKind::Response)), field("Response.body"));
    assert_eq!(server(header(FrameKind::LiveMessage)), field("LiveMessage.short_id"));
    assert_eq!(server(header(FrameKind::LiveGap)), field("LiveGap.short_id"));
    assert_eq!(server(header(FrameKind::LiveState)), field("LiveState.group"));
    assert_eq!(server(header(FrameKind::LiveMessageUpdated)), field("LiveMessageUpdated.message"));
    assert_eq!(server(header(FrameKind::LiveMessageDeleted)), field("LiveMessageDeleted.short_id"));
    assert_eq!(server(header(FrameKind::LiveEvent)), field("LiveEvent.short_id"));
    assert_eq!(server(header(FrameKind::LivePulse)), field("LivePulse.short_id"));
    assert_eq!(server(header(FrameKind::LiveAttributesChanged)), field("LiveAttributesChanged.short_id"));
    assert_eq!(server(header(FrameKind::Welcome)), Ok(()));
    assert_eq!(server(header(FrameKind::Goodbye)), Ok(()));
}

#[test]
fn a_frame_cut_in_a_field_is_malformed() {
    let hello = hello(&uid_text("a")).frame(FrameKind::Hello);
    assert_eq!(client(hello.slice(..hello.len() - 1)), Err(DecodeError::Malformed { kind: 1 }));
}

#[test]
fn a_field_of_another_type_is_malformed() {
    let nonce_as_text = Fields::new().bytes(1, "seven").frame(FrameKind::Ping);
    assert_eq!(client(nonce_as_text), Err(DecodeError::Malformed { kind: 5 }));
}

#[test]
fn text_that_is_not_utf_8_is_malformed() {
    let token = Fields::new().bytes(4, [0xff, 0xfe]).frame(FrameKind::Hello);
    assert_eq!(client(token), Err(DecodeError::Malformed { kind: 1 }));
    let content = Fields::new().bytes(1, [0xc3, 0x28]);
    let send = Fields::new().message(9, &Fields::new().message(4, &content)).frame(FrameKind::Request);
    assert_eq!(client(send), Err(DecodeError::Malformed { kind: 3 }));
    let hint = Fields::new().message(2, &Fields::new().bytes(4, [0x80])).frame(FrameKind::Response);
    assert_eq!(server(hint), Err(DecodeError::Malformed { kind: 4 }));
}

#[test]
fn a_hello_names_the_first_field_that_is_wrong() {
    let changed = |number, value: &[u8]| hello(&uid_text("a")).bytes(number, value).frame(FrameKind::Hello);
    let app = hello(&uid_text("a")).number(1, 0).frame(FrameKind::Hello);
    assert_eq!(client(app), field("Hello.app_id"));
    assert_eq!(client(changed(4, &[b'x'; 2049])), field("Hello.token"));
    assert_eq!(client(changed(4, &[b'x'; 2048])), Ok(()));
    assert_eq!(client(changed(5, &[b'x'; 65])), field("Hello.sdk"));
    assert_eq!(client(changed(5, b"bim\n0.1")), field("Hello.sdk"));
    assert_eq!(client(changed(5, &[b'x'; 64])), Ok(()));
}

#[test]
fn a_device_id_has_sixteen_bytes() {
    for length in [0, 1, 15, 17, 32] {
        let frame = hello(&uid_text("a")).bytes(3, vec![7; length]).frame(FrameKind::Hello);
        assert_eq!(client(frame), field("Hello.device_id"), "{length}");
    }
}

#[test]
fn a_uid_is_a_positive_number_or_a_short_text_without_control_characters() {
    let wrong = [
        Fields::new(),
        Fields::new().number(1, 0),
        Fields::new().number(1, -1),
        Fields::new().number(1, i64::MIN),
        uid_text(""),
        uid_text("a\u{7}b"),
        uid_text(&"x".repeat(129)),
    ];
    for uid in wrong {
        assert_eq!(client(hello(&uid).frame(FrameKind::Hello)), field("Hello.uid"), "{uid:?}");
    }
    assert_eq!(client(hello(&uid_text(&"x".repeat(128))).frame(FrameKind::Hello)), Ok(()));
    assert_eq!(client(hello(&Fields::new().number(1, i64::MAX)).frame(FrameKind::Hello)), Ok(()));
}

#[test]
fn a_short_id_that_is_not_positive_is_answered_by_the_id_of_the_request() {
    for short_id in [0, -1, i64::MIN] {
        for body in [4, 6, 7, 8, 10, 11, 13, 14, 15, 17, 18, 19, 20] {
            let frame = request(body, &Fields::new().number(1, short_id));
            assert_eq!(refused(frame), "short_id", "body {body}, short id {short_id}");
        }
        assert_eq!(refused(request(12, &measure(1).number(1, short_id))), "short_id");
        assert_eq!(refused(request(16, &update().number(1, short_id))), "short_id");
        assert_eq!(refused(request(9, &send().number(1, short_id))), "short_id");
    }
}

#[test]
fn a_message_id_that_has_not_sixteen_bytes_is_answered_by_the_id_of_the_request() {
    for length in [0, 15, 17] {
        let frame = request(9, &send().bytes(2, vec![7; length]));
        assert_eq!(refused(frame), "SendLiveMessage.client_message_id", "{length}");
    }
    for length in [1, 15, 17] {
        let frame = request(9, &send().bytes(5, vec![7; length]));
        assert_eq!(refused(frame), "SendLiveMessage.follows", "{length}");
    }
    for length in [0, 15, 17] {
        let taps = Fields::new().number(1, 1).bytes(2, vec![7; length]);
        assert_eq!(refused(request(20, &taps)), "TapLiveCounters.batch_id", "{length}");
        let broadcast = Fields::new().bytes(1, vec![7; length]).message(3, &said());
        assert_eq!(refused(request(21, &broadcast)), "BroadcastToLiveGroups.client_message_id", "{length}");
    }
}

#[test]
fn a_class_that_does_not_exist_is_answered_by_the_id_of_the_request() {
    for number in [3, 9, -1, i64::from(i32::MAX)] {
        assert_eq!(refused(request(9, &send().number(3, number))), "SendLiveMessage.priority", "{number}");
        let broadcast = Fields::new().bytes(1, [7; 16]).number(2, number).message(3, &said());
        assert_eq!(refused(request(21, &broadcast)), "BroadcastToLiveGroups.priority", "{number}");
    }
}

#[test]
fn a_message_without_content_or_of_a_kind_that_does_not_exist_is_answered_by_the_id_of_the_request() {
    let without = Fields::new().number(1, 1).bytes(2, [7; 16]);
    assert_eq!(refused(request(9, &without)), "SendLiveMessage.content");
    let newer = Fields::new().bytes(77, "hologram");
    assert_eq!(refused(request(9, &without.message(4, &newer))), "SendLiveMessage.content");
    let change = Fields::new().number(1, 1).number(2, 300);
    assert_eq!(refused(request(16, &change)), "UpdateLiveMessage.content");
    assert_eq!(refused(request(16, &change.message(3, &newer))), "UpdateLiveMessage.content");
    let broadcast = Fields::new().bytes(1, [7; 16]);
    assert_eq!(refused(request(21, &broadcast)), "BroadcastToLiveGroups.content");
    assert_eq!(refused(request(21, &broadcast.message(3, &newer))), "BroadcastToLiveGroups.content");
}

#[test]
fn other_wrong_content_of_requests_is_answered_by_the_id_of_the_request() {
    assert_eq!(refused(request(2, &Fields::new().bytes(1, [b'x'; 2049]))), "RefreshToken.token");
    assert_eq!(refused(request(3, &Fields::new())), "CreateLiveGroup.info");
    assert_eq!(refused(request(5, &Fields::new().number(1, -1))), "ListLiveGroups.cursor");
}

#[test]
fn a_request_of_a_newer_version_is_answered_by_its_id() {
    assert_eq!(refused(request(2_000, &Fields::new())), "Request.body");
}

#[test]
fn the_last_of_two_bodies_is_the_one_that_is_asked() {
    let id = Fields::new().number(1, 1);
    let frame = Fields::new().number(1, 7).message(8, &id).message(7, &id).frame(FrameKind::Request);
    let Ok(ClientFrame::Request(request)) = ClientFrame::decode(frame) else { panic!("a request") };
    assert!(matches!(request.body, Ok(RequestBody::LeaveLiveGroup(_))), "{request:?}");
}

#[test]
fn a_live_message_with_a_wrong_field_names_it() {
    let wrong = |fields: Fields| server(fields.frame(FrameKind::LiveMessage));
    assert_eq!(wrong(live_message()), Ok(()));
    assert_eq!(wrong(live_message().number(1, -5)), field("LiveMessage.short_id"));
    assert_eq!(wrong(live_message().bytes(4, [7; 15])), field("LiveMessage.client_message_id"));
    assert_eq!(wrong(live_message().number(5, 9)), field("LiveMessage.priority"));
    assert_eq!(wrong(live_message().message(3, &uid_text(""))), field("LiveMessage.sender"));
    let without_position = Fields::new().number(1, 1).bytes(4, [7; 16]).message(3, &uid_text("a"));
    assert_eq!(wrong(without_position), field("LiveMessage.position"));
}

#[test]
fn a_live_message_of_a_newer_kind_becomes_a_placeholder() {
    let newer = Fields::new().bytes(77, "hologram");
    let frame = ServerFrame::decode(live_message().message(7, &newer).frame(FrameKind::LiveMessage));
    let Ok(ServerFrame::LiveMessage(push)) = frame else { panic!("{frame:?}") };
    assert_eq!(push.message.body, MessageBody::Unknown { kind: 0 });
}

#[test]
fn other_pushes_with_a_wrong_field_name_it() {
    let gap = Fields::new().number(1, 1).number(2, 9).frame(FrameKind::LiveGap);
    assert_eq!(server(gap), field("LiveGap.priority"));
    let group = |fields: Fields| server(Fields::new().message(1, &fields).frame(FrameKind::LiveState));
    assert_eq!(group(live_group()), Ok(()));
    assert_eq!(group(live_group().number(1, 0)), field("LiveGroup.short_id"));
    assert_eq!(group(live_group().message(3, &Fields::new().number(1, -7))), field("LiveGroup.owner"));
    assert_eq!(group(Fields::new().number(1, 1)), field("LiveGroup.info"));
}

#[test]
fn a_response_with_a_wrong_field_names_it() {
    let response = |body, fields: &Fields| {
        server(Fields::new().number(1, 7).message(body, fields).frame(FrameKind::Response))
    };
    assert_eq!(response(2_000, &Fields::new()), field("Response.body"));
    assert_eq!(response(7, &Fields::new()), field("JoinedLiveGroup.verdict"));
    let fresh = Fields::new().message(3, &Fields::new());
    assert_eq!(response(7, &fresh), field("JoinedLiveGroup.group"));
    assert_eq!(response(7, &fresh.message(1, &live_group())), field("JoinedLiveGroup.cursor"));
    assert_eq!(response(8, &Fields::new()), field("LiveMessageAccepted.position"));
    assert_eq!(response(9, &Fields::new().message(1, &Fields::new())), field("LiveMessage.short_id"));
}

#[test]
fn a_standing_of_a_newer_version_is_that_of_anyone() {
    let state = Fields::new().message(1, &live_group().number(4, 9)).frame(FrameKind::LiveState);
    let Ok(ServerFrame::LiveState(state)) = ServerFrame::decode(state) else { panic!("a state") };
    assert_eq!(state.role, Role::Normal);
}

#[test]
fn a_reason_of_a_newer_version_still_says_that_the_cursor_was_not_continued() {
    for reason in [0, 9, -1] {
        let joined = Fields::new().message(1, &live_group()).message(2, &Fields::new());
        let joined = joined.message(5, &Fields::new().number(1, reason));
        let response = Fields::new().message(7, &joined).frame(FrameKind::Response);
        let read = format!("{:?}", ServerFrame::decode(response));
        let verdict = ResumeVerdict::Discontinuity(DiscontinuityReason::BeyondWindow);
        assert!(read.contains(&format!("{verdict:?}")), "{read}");
    }
}

#[test]
fn a_code_of_a_newer_version_is_kept() {
    let refusal = Fields::new().number(1, 31_337);
    let frame = Fields::new().message(1, &refusal).frame(FrameKind::Goodbye);
    let Ok(ServerFrame::Goodbye(goodbye)) = ServerFrame::decode(frame) else { panic!("a goodbye") };
    assert_eq!(goodbye.reason.unwrap().code, ErrorCode::Unknown(31_337));
}

#[test]
fn a_hint_that_is_too_long_is_cut_between_characters() {
    let refusal = Fields::new().number(1, 4).bytes(4, "é".repeat(100) + "é");
    let odd = Fields::new().number(1, 4).bytes(4, "x".to_owned() + &"é".repeat(100));
    for (refusal, kept) in [(refusal, 200), (odd, 199)] {
        let frame = Fields::new().message(1, &refusal).frame(FrameKind::Goodbye);
        let Ok(ServerFrame::Goodbye(goodbye)) = ServerFrame::decode(frame) else { panic!("a goodbye") };
        assert_eq!(goodbye.reason.unwrap().hint.len(), kept);
    }
}

#[test]
fn an_unknown_field_deep_inside_is_passed_over() {
    let info = Fields::new().bytes(1, "g").bytes(77, "newer").number(78, 1);
    let group = Fields::new().number(1, 1).message(2, &info).message(3, &uid_text("a").number(79, 1));
    assert_eq!(server(Fields::new().message(1, &group).frame(FrameKind::LiveState)), Ok(()));
}
