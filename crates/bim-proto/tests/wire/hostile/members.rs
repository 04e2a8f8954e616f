//! Measures, members, attributes, and what is told of them.

use std::time::Duration;

use bim_proto::wire::FrameKind;
use bim_proto::{
    ClientFrame, DecodeError, LivePush, Request, RequestBody, RequestId, Response, ResponseBody, ServerFrame,
};
use bim_types::{
    Attributes, ConversationShortId, Measure, Member, Message, MessageBody, MuteAll, Uid, Until, Wall,
};

use super::{field, live_group, live_message, measure, refused, request, server, uid_text};
use crate::bytes_by_hand::Fields;

#[test]
fn a_measure_that_does_not_exist_is_answered_by_the_id_of_the_request() {
    for kind in [0, 18, -1, i64::from(i32::MAX)] {
        assert_eq!(refused(request(12, &measure(kind))), "ChangeLiveGroup.measure", "{kind}");
    }
}

#[test]
fn a_silence_that_does_not_exist_is_answered_by_the_id_of_the_request() {
    for silence in [3, -1] {
        assert_eq!(refused(request(12, &measure(1).number(6, silence))), "ChangeLiveGroup.mute_all");
    }
}

#[test]
fn a_group_is_given_to_exactly_one() {
    let one = uid_text("a");
    assert_eq!(refused(request(12, &measure(6))), "ChangeLiveGroup.uids");
    assert_eq!(refused(request(12, &measure(6).message(3, &one).message(3, &one))), "ChangeLiveGroup.uids");
    assert!(matches!(asked(&measure(6).message(3, &one)), Measure::TransferOwner(_)));
}

#[test]
fn exactly_one_mark_is_given_or_taken() {
    for kind in [16, 17] {
        let two = measure(kind).bytes(5, "vip").bytes(5, "guest");
        assert_eq!(refused(request(12, &measure(kind))), "ChangeLiveGroup.marks");
        assert_eq!(refused(request(12, &two)), "ChangeLiveGroup.marks");
    }
    assert!(matches!(asked(&measure(16).bytes(5, "vip")), Measure::Mark(mark, _) if mark == "vip"));
}

#[test]
fn a_wrong_uid_in_a_list_is_answered_by_the_id_of_the_request() {
    let wrong = uid_text("");
    assert_eq!(refused(request(12, &measure(13).message(3, &wrong))), "ChangeLiveGroup.uids");
    let of_one = Fields::new().number(1, 1);
    assert_eq!(refused(request(15, &of_one.clone().message(2, &wrong))), "GetLiveMembers.uids");
    assert_eq!(refused(request(13, &of_one.clone().message(5, &wrong))), "SetLiveMemberInfo.uid");
    assert_eq!(refused(request(14, &of_one.message(3, &wrong))), "ListLiveMembers.after");
}

#[test]
fn what_a_measure_does_not_use_is_passed_over() {
    let kick = measure(13).message(3, &uid_text("a")).number(4, 60).bytes(5, "vip").number(6, 9);
    assert!(matches!(asked(&kick), Measure::Kick(uids) if uids.len() == 1));
}

#[test]
fn a_list_of_members_that_does_not_exist_is_answered_by_the_id_of_the_request() {
    for list in [5, -1] {
        let query = Fields::new().number(1, 1).number(2, list);
        assert_eq!(refused(request(14, &query)), "ListLiveMembers.list", "{list}");
    }
}

#[test]
fn a_condition_that_does_not_exist_is_answered_by_the_id_of_the_request() {
    for condition in [3, -1] {
        let write = Fields::new().bytes(1, "key").number(3, condition);
        let writes = Fields::new().number(1, 1).message(2, &write);
        assert_eq!(refused(request(18, &writes)), "LiveAttributeWrite.condition", "{condition}");
    }
}

#[test]
fn an_event_of_a_newer_version_or_that_is_never_told_names_the_measure() {
    for kind in [0, 2, 3, 9, 10, 11, 12, 18, -1] {
        let event = measure_told(kind).frame(FrameKind::LiveEvent);
        assert_eq!(server(event), field("LiveEvent.measure"), "{kind}");
    }
}

#[test]
fn an_event_with_a_wrong_field_names_it() {
    let event = |fields: Fields| server(fields.frame(FrameKind::LiveEvent));
    let (one, wrong) = (uid_text("a"), uid_text(""));
    assert_eq!(event(measure_told(8)), Ok(()));
    assert_eq!(event(measure_told(8).number(1, 0)), field("LiveEvent.short_id"));
    assert_eq!(event(measure_told(8).message(4, &wrong)), field("LiveEvent.operator"));
    assert_eq!(event(measure_told(8).message(5, &wrong)), field("LiveEvent.uids"));
    assert_eq!(event(measure_told(1).number(8, 3)), field("LiveEvent.mute_all"));
    assert_eq!(event(measure_told(7)), field("LiveEvent.until"));
    assert_eq!(event(measure_told(6).message(5, &one)), field("LiveEvent.uids"));
    assert_eq!(event(measure_told(6).message(5, &one).message(5, &one)), Ok(()));
    assert_eq!(event(measure_told(16)), field("LiveEvent.marks"));
    assert_eq!(event(measure_told(17).bytes(7, "a").bytes(7, "b")), field("LiveEvent.marks"));
}

#[test]
fn a_pulse_or_a_change_of_attributes_with_a_wrong_field_names_it() {
    let pulse =
        |fields: Fields| server(Fields::new().number(1, 1).raw(fields.record()).frame(FrameKind::LivePulse));
    assert_eq!(pulse(Fields::new()), Ok(()));
    assert_eq!(pulse(Fields::new().message(3, &Fields::new())), field("LiveMember.uid"));
    assert_eq!(pulse(Fields::new().message(5, &Fields::new())), field("LivePulse.left"));
    assert_eq!(pulse(Fields::new().message(7, &Fields::new())), field("LiveMember.uid"));
    let set = Fields::new().number(1, 1).message(3, &Fields::new().bytes(1, "key"));
    assert_eq!(server(set.frame(FrameKind::LiveAttributesChanged)), field("LiveAttribute.setter"));
}

#[test]
fn a_change_of_a_message_with_a_wrong_field_names_it() {
    let updated = |fields: Fields| server(fields.frame(FrameKind::LiveMessageUpdated));
    let with_message = Fields::new().message(1, &live_message());
    assert_eq!(updated(with_message.clone()), field("LiveMessageUpdated.position"));
    let placed = with_message.message(2, &Fields::new());
    assert_eq!(updated(placed.clone()), field("LiveMessageUpdated.operator"));
    assert_eq!(updated(placed.message(6, &uid_text("a"))), Ok(()));

    let deleted = |fields: Fields| server(fields.frame(FrameKind::LiveMessageDeleted));
    let of_group = Fields::new().number(1, 1);
    assert_eq!(deleted(of_group.clone()), field("LiveMessageDeleted.position"));
    let of_message = of_group.message(2, &Fields::new());
    assert_eq!(deleted(of_message.clone()), field("LiveMessageDeleted.removal"));
    let placed = of_message.message(3, &Fields::new());
    assert_eq!(deleted(placed.clone()), field("LiveMessageDeleted.operator"));
    assert_eq!(deleted(placed.message(7, &uid_text("a"))), Ok(()));
}

#[test]
fn a_response_about_members_or_attributes_with_a_wrong_field_names_it() {
    let response = |body, fields: &Fields| {
        server(Fields::new().number(1, 7).message(body, fields).frame(FrameKind::Response))
    };
    let failure = |fields: &Fields| Fields::new().message(2, fields);
    assert_eq!(response(10, &failure(&Fields::new())), field("LiveMemberFailure.uid"));
    assert_eq!(
        response(10, &failure(&Fields::new().message(1, &uid_text("a")))),
        field("LiveMemberFailure.reason")
    );
    assert_eq!(response(11, &Fields::new()), field("LiveMember.uid"));
    assert_eq!(response(12, &Fields::new().message(1, &Fields::new())), field("LiveMember.uid"));
    assert_eq!(response(13, &Fields::new().message(1, &Fields::new())), field("LiveAttribute.setter"));
    assert_eq!(response(13, &failure(&Fields::new())), field("LiveAttributeFailure.reason"));
    assert_eq!(response(14, &Fields::new().message(1, &Fields::new())), field("LiveAttribute.setter"));
    let me = live_group().message(15, &Fields::new());
    assert_eq!(response(5, &me), field("LiveMember.uid"));
}

#[test]
fn who_may_not_speak_in_a_group_of_a_newer_version_is_read_as_nobody() {
    let state = Fields::new().message(1, &live_group().number(11, 9)).frame(FrameKind::LiveState);
    let Ok(ServerFrame::LiveState(state)) = ServerFrame::decode(state) else { panic!("a state") };
    assert_eq!(state.mute_all, MuteAll::Off);
}

#[test]
fn what_is_hidden_shows_nothing_even_when_something_was_sent() {
    let text = Fields::new().bytes(1, "secret");
    let hidden = live_message().message(7, &text).number(12, 1).frame(FrameKind::LiveMessage);
    let Ok(ServerFrame::LiveMessage(push)) = ServerFrame::decode(hidden) else { panic!("a message") };
    assert!(push.hidden);
    assert_eq!(push.message.body, MessageBody::Unknown { kind: 0 });
    let written = ServerFrame::LiveMessage(LivePush {
        message: Message { body: MessageBody::Text("secret".into()), ..push.message },
        ..push
    });
    let written = written.encode();
    assert!(!written.windows(6).any(|bytes| bytes == b"secret"));
}

#[test]
fn who_is_not_in_has_no_times() {
    let member = Fields::new().message(1, &uid_text("a")).number(9, 5).number(10, 6);
    let response = Fields::new().number(1, 7).message(11, &member).frame(FrameKind::Response);
    let read = format!("{:?}", ServerFrame::decode(response));
    assert!(read.contains("presence: None"), "{read}");
}

#[test]
fn the_start_of_1970_is_not_for_ever() {
    let member = |muted| Member { muted: Some(muted), ..Member::unknown(Uid::int(1).unwrap()) };
    let sent = |muted| {
        let body = Ok(ResponseBody::LiveMember(member(muted)));
        ServerFrame::Response(Response { id: RequestId(7), body })
    };
    let at = |millis| Until::At(Wall::from_millis(millis));
    assert_eq!(ServerFrame::decode(sent(at(0)).encode()), Ok(sent(at(1))));
    assert_eq!(ServerFrame::decode(sent(Until::Forever).encode()), Ok(sent(Until::Forever)));
}

#[test]
fn periods_are_rounded_up_and_never_become_for_ever() {
    let period = Duration::from_millis(1);
    let slow = ClientFrame::Request(Request {
        id: RequestId(7),
        body: Ok(RequestBody::ChangeLiveGroup(
            ConversationShortId::new(1).unwrap(),
            Measure::Mute(Vec::new(), period),
        )),
    });
    let read = read_measure(ClientFrame::decode(slow.encode()));
    assert_eq!(read, Measure::Mute(Vec::new(), Duration::from_secs(1)));
}

#[test]
fn a_join_is_answered_without_attributes_by_servers_that_have_none() {
    let joined =
        Fields::new().message(1, &live_group()).message(2, &Fields::new()).message(3, &Fields::new());
    let frame = Fields::new().number(1, 7).message(7, &joined).frame(FrameKind::Response);
    let Ok(ServerFrame::Response(response)) = ServerFrame::decode(frame) else { panic!("a response") };
    let Ok(ResponseBody::JoinedLiveGroup(joined)) = response.body else { panic!("joined") };
    assert_eq!(joined.attributes, Attributes::default());
    assert!(joined.counters.is_empty());
}

fn measure_told(kind: i64) -> Fields {
    Fields::new().number(1, 1).number(3, kind)
}

fn asked(fields: &Fields) -> Measure {
    read_measure(ClientFrame::decode(request(12, fields)))
}

fn read_measure(frame: Result<ClientFrame, DecodeError>) -> Measure {
    match frame {
        Ok(ClientFrame::Request(Request { body: Ok(RequestBody::ChangeLiveGroup(_, measure)), .. })) => {
            measure
        }
        other => panic!("{other:?}"),
    }
}
