//! What a frame may cost: the largest is read, and no frame becomes much more in memory than it is.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_proto::wire::{self, FrameKind};
use bim_proto::{
    ClientFrame, DecodeError, FRAME_ENTRIES_MAX, Joined, MemberPage, Page, Request, RequestBody, RequestId,
    Response, ResponseBody, SendLive, ServerFrame,
};
use bim_types::limits::{
    ATTRIBUTES_BYTES_MAX, ATTRIBUTES_MAX, BATCH_UIDS_MAX, COUNTERS_MAX, EXT_KEYS_MAX, FRAME_BYTES_MAX,
    MARK_TYPES_MAX, MEMBER_QUERY_UIDS_MAX, PAGE_ENTRIES_MAX,
};
use bim_types::{
    Attribute, AttributeWrite, Attributes, ClientMessageId, Conversation, ConversationShortId, Cursor,
    GroupInfo, Measure, Member, MemberInfo, MessageBody, MuteAll, Priority, ResumeVerdict, Role, Uid, Wall,
};
use bytes::Bytes;

use crate::bytes_by_hand::Fields;
use crate::specification;

#[test]
fn a_frame_of_the_largest_size_is_read() {
    let send = |bytes: usize| {
        let send = SendLive {
            group: ConversationShortId::new(1).unwrap(),
            client_message_id: ClientMessageId::new(1),
            priority: Priority::High,
            body: MessageBody::Text("x".repeat(bytes).into()),
            follows: None,
        };
        let body = Ok(RequestBody::SendLiveMessage(send));
        ClientFrame::Request(Request { id: RequestId(1), body })
    };
    let around = send(FRAME_BYTES_MAX).encode().len() - FRAME_BYTES_MAX;
    let largest = send(FRAME_BYTES_MAX - around);
    let bytes = largest.clone().encode();
    assert_eq!(bytes.len(), FRAME_BYTES_MAX);
    assert_eq!(ClientFrame::decode(bytes), Ok(largest));
}

#[test]
fn a_full_page_of_groups_full_of_ext_keys_is_within_the_limit_of_entries() {
    let group = Conversation { mark_types: Vec::new(), me: None, ..fullest_group() };
    assert_read(ResponseBody::LiveGroupPage(page(vec![group; PAGE_ENTRIES_MAX])));
}

#[test]
fn the_answer_to_a_join_of_the_fullest_group_is_within_the_limit_of_entries() {
    let attribute = |key: usize| Attribute {
        key: key.to_string(),
        value: "v".repeat(ATTRIBUTES_BYTES_MAX / ATTRIBUTES_MAX - 8),
        version: 1,
        setter: Uid::int(1).unwrap(),
        set_at: Wall::default(),
        expires_at: None,
        delete_on_leave: false,
    };
    assert_read(ResponseBody::JoinedLiveGroup(Joined {
        conversation: fullest_group(),
        cursor: Cursor::default(),
        verdict: ResumeVerdict::Fresh,
        attributes: Attributes { attributes: (0..ATTRIBUTES_MAX).map(attribute).collect(), version: 1 },
        counters: (0..COUNTERS_MAX).map(|name| (name.to_string(), 1)).collect(),
    }));
}

#[test]
fn a_page_of_members_full_of_ext_keys_and_marks_must_end_before_the_limit_of_entries() {
    let entries = 1 + EXT_KEYS_MAX + MARK_TYPES_MAX;
    let page = |count| {
        let members = vec![fullest_member(); count];
        ResponseBody::LiveMemberPage(MemberPage { members, has_more: true })
    };
    assert_read(page(FRAME_ENTRIES_MAX / entries));
    let bytes = response(page(FRAME_ENTRIES_MAX / entries + 1)).encode();
    assert_eq!(ServerFrame::decode(bytes), Err(DecodeError::Entries));
    assert!(PAGE_ENTRIES_MAX * entries > FRAME_ENTRIES_MAX, "a full page fits now: say so in src/entries.rs");
}

#[test]
fn the_largest_requests_that_are_allowed_are_within_the_limit_of_entries() {
    let group = ConversationShortId::new(1).unwrap();
    let uids = |count: usize| (1..=count).map(|uid| Uid::int(uid as i64).unwrap()).collect();
    let write = |key: usize| AttributeWrite::set(key.to_string(), "v");
    for body in [
        RequestBody::GetLiveMembers(group, uids(MEMBER_QUERY_UIDS_MAX)),
        RequestBody::ChangeLiveGroup(group, Measure::Mark("vip".into(), uids(BATCH_UIDS_MAX))),
        RequestBody::WriteLiveAttributes(group, (0..ATTRIBUTES_MAX).map(write).collect()),
    ] {
        let frame = ClientFrame::Request(Request { id: RequestId(1), body: Ok(body) });
        assert_eq!(ClientFrame::decode(frame.clone().encode()), Ok(frame));
    }
}

#[test]
fn a_request_with_too_many_ext_entries_is_refused_before_they_are_built() {
    let create = |count| Fields::new().message(3, &Fields::new().message(1, &distinct_entries(count)));
    let read = |count| ClientFrame::decode(create(count).frame(FrameKind::Request));
    let Ok(ClientFrame::Request(Request { body: Ok(RequestBody::CreateLiveGroup(info)), .. })) =
        read(FRAME_ENTRIES_MAX)
    else {
        panic!("as many as allowed")
    };
    assert_eq!(info.ext.len(), FRAME_ENTRIES_MAX);
    assert_eq!(read(FRAME_ENTRIES_MAX + 1), Err(DecodeError::Entries));
    assert_eq!(read(40_000), Err(DecodeError::Entries));
}

#[test]
fn every_list_that_travels_is_counted() {
    let empty = |path: &[u64]| {
        let (last, outer) = path.split_last().unwrap();
        let list = Fields::new().raw(Fields::new().bytes(*last, []).record().repeat(100_000));
        outer.iter().rev().fold(list, |inner, field| Fields::new().message(*field, &inner))
    };
    let server = |path: &[u64], kind| ServerFrame::decode(empty(path).frame(kind));
    for path in [
        &[5, 2, 5][..],
        &[5, 14],
        &[5, 15, 3, 3],
        &[5, 15, 4],
        &[6, 1],
        &[7, 1, 2, 5],
        &[7, 1, 14],
        &[7, 1, 15, 4],
        &[7, 6, 1],
        &[7, 7],
        &[9, 1],
        &[10, 2],
        &[11, 3, 3],
        &[11, 4],
        &[12, 1],
        &[12, 1, 3, 3],
        &[12, 1, 4],
        &[13, 1],
        &[13, 2],
        &[14, 1],
        &[15, 1],
    ] {
        assert_eq!(server(path, FrameKind::Response), Err(DecodeError::Entries), "{path:?}");
    }
    for path in [&[1, 2, 5][..], &[1, 14], &[1, 15, 3, 3], &[1, 15, 4]] {
        assert_eq!(server(path, FrameKind::LiveState), Err(DecodeError::Entries), "{path:?}");
    }
    for path in [&[3][..], &[3, 3, 3], &[3, 4], &[5], &[7], &[7, 3, 3], &[7, 4], &[9]] {
        assert_eq!(server(path, FrameKind::LivePulse), Err(DecodeError::Entries), "{path:?}");
    }
    for (path, kind) in [
        (5, FrameKind::LiveEvent),
        (7, FrameKind::LiveEvent),
        (3, FrameKind::LiveAttributesChanged),
        (4, FrameKind::LiveAttributesChanged),
    ] {
        assert_eq!(server(&[path], kind), Err(DecodeError::Entries), "{kind:?} {path}");
    }
    for path in [
        &[3, 1, 5][..],
        &[6, 3, 3],
        &[11, 6, 1],
        &[12, 3],
        &[12, 5],
        &[13, 4, 1],
        &[15, 2],
        &[18, 2],
        &[19, 2],
        &[20, 3],
    ] {
        let request = ClientFrame::decode(empty(path).frame(FrameKind::Request));
        assert_eq!(request, Err(DecodeError::Entries), "{path:?}");
    }

    let in_one_group = Fields::new().message(1, &Fields::new().message(2, &distinct_entries(501)));
    let page = Fields::new().message(6, &in_one_group.clone().raw(in_one_group.record()));
    assert_eq!(ServerFrame::decode(page.frame(FrameKind::Response)), Err(DecodeError::Entries));
}

#[test]
fn the_lists_that_travel_are_those_that_are_counted() {
    let lists = specification::fields(None).into_iter().filter(|field| field.is_list);
    let lists: Vec<_> = lists
        .map(|field| format!("{}.{}", field.message, field.name))
        .filter(|name| !name.starts_with("Stored"))
        .collect();
    let counted = [
        "ChangeLiveGroup.marks",
        "ChangeLiveGroup.uids",
        "Ext.entries",
        "GetLiveMembers.uids",
        "GroupInfo.ext",
        "JoinedLiveGroup.counters",
        "LiveAttributes.attributes",
        "LiveAttributesChanged.removed",
        "LiveAttributesChanged.set",
        "LiveAttributesWritten.failed",
        "LiveAttributesWritten.written",
        "LiveCounters.counters",
        "LiveEvent.marks",
        "LiveEvent.uids",
        "LiveGroup.mark_types",
        "LiveGroupChanged.failed",
        "LiveGroupPage.groups",
        "LiveHistoryPage.messages",
        "LiveMember.marks",
        "LiveMemberInfo.ext",
        "LiveMemberPage.members",
        "LivePulse.changed",
        "LivePulse.counters",
        "LivePulse.joined",
        "LivePulse.left",
        "ReadLiveAttributes.keys",
        "TapLiveCounters.taps",
        "WriteLiveAttributes.writes",
    ];
    assert_eq!(lists, counted, "a new list: add it to src/entries.rs and to the test above");
}

/// A frame of the largest size is at most one text of that size, plus these entries. Room for a node of a
/// map that is filled by half, and for the allocation of a key, is in the 300 bytes of an ext entry.
#[test]
fn no_frame_becomes_more_than_eight_times_its_largest_size() {
    let entry = size_of::<wire::LiveGroup>().max(size_of::<wire::LiveMessage>()).max(300);
    let words = size_of::<Conversation>().max(size_of::<bim_types::Message>());
    // A list grows by doubling, and the wire form lives until the words are there.
    let entries = FRAME_ENTRIES_MAX * (2 * entry + words);
    // The frame, the text of the message, and the text in words.
    let texts = 3 * FRAME_BYTES_MAX;
    assert!(texts + entries <= 8 * FRAME_BYTES_MAX, "{texts} + {entries}");
}

#[test]
fn a_length_far_beyond_the_frame_is_refused_and_not_reserved() {
    for length in
        [&[0xff, 0xff, 0xff, 0xff, 0x07][..], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]]
    {
        let token = Fields::new().raw([0x22]).raw(length).frame(FrameKind::Hello);
        assert_eq!(ClientFrame::decode(token), Err(DecodeError::Malformed { kind: 1 }));
        let page = Fields::new().raw([0x32]).raw(length).raw([0; 4_000]).frame(FrameKind::Response);
        assert_eq!(ServerFrame::decode(page), Err(DecodeError::Malformed { kind: 4 }));
        let record = Fields::new().raw([0x0a]).raw(length).record();
        let read = bim_proto::stored::StoredApp::decode(record);
        assert_eq!(read, Err(DecodeError::Malformed { kind: 0 }));
    }
}

#[test]
fn groups_nested_deeper_than_the_stack_bears_are_refused() {
    let nested = |depth| {
        let open = Fields::new().raw(Bytes::from(vec![0x7b; depth]));
        open.raw(vec![0x7c; depth]).frame(FrameKind::Ping)
    };
    assert!(ClientFrame::decode(nested(50)).is_ok());
    assert_eq!(ClientFrame::decode(nested(200)), Err(DecodeError::Malformed { kind: 5 }));
    assert_eq!(ClientFrame::decode(nested(130_000)), Err(DecodeError::Malformed { kind: 5 }));
    let never_closed = Fields::new().raw([0x7b; 262_142]).frame(FrameKind::Request);
    assert_eq!(ClientFrame::decode(never_closed), Err(DecodeError::Malformed { kind: 3 }));
}

/// A group with all the ext keys and marks it may have.
fn fullest_group() -> Conversation {
    let group = ConversationShortId::new(1).unwrap();
    Conversation {
        conversation_short_id: group,
        conversation_id: Conversation::live_group_id(group),
        info: GroupInfo { name: "g".into(), ext: fullest_ext(), ..GroupInfo::default() },
        owner: Uid::int(1).unwrap(),
        role: Role::Normal,
        created_at: Wall::default(),
        version: 1,
        online_count: 0,
        online_count_age: Duration::ZERO,
        joined: false,
        dissolved: false,
        mute_all: MuteAll::Off,
        slow_mode: Duration::ZERO,
        dissolve_after_idle: Duration::ZERO,
        mark_types: marks(),
        me: Some(fullest_member()),
    }
}

/// A member with all the ext keys and marks it may have.
fn fullest_member() -> Member {
    let info = MemberInfo { ext: fullest_ext(), ..MemberInfo::default() };
    Member { info, marks: marks(), ..Member::unknown(Uid::int(1).unwrap()) }
}

fn fullest_ext() -> BTreeMap<String, String> {
    (0..EXT_KEYS_MAX).map(|key| (key.to_string(), "v".repeat(100))).collect()
}

fn marks() -> Vec<String> {
    (0..MARK_TYPES_MAX).map(|mark| mark.to_string()).collect()
}

fn page(entries: Vec<Conversation>) -> Page<Conversation> {
    Page { entries, next_cursor: 0, has_more: false }
}

fn response(body: ResponseBody) -> ServerFrame {
    ServerFrame::Response(Response { id: RequestId(1), body: Ok(body) })
}

fn assert_read(body: ResponseBody) {
    let frame = response(body);
    let bytes = frame.clone().encode();
    assert!(bytes.len() <= FRAME_BYTES_MAX, "{} bytes", bytes.len());
    assert_eq!(ServerFrame::decode(bytes), Ok(frame));
}

/// Entries with keys of their own, so that each stays in the map.
fn distinct_entries(count: usize) -> Fields {
    (0..count).fold(Fields::new(), |fields, key| {
        fields.message(5, &Fields::new().bytes(1, format!("{key}").as_bytes()))
    })
}
