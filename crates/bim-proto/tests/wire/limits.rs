//! What a frame may cost: the largest is read, and no frame becomes much more in memory than it is.

use bim_proto::wire::{self, FrameKind};
use bim_proto::{
    ClientFrame, DecodeError, FRAME_ENTRIES_MAX, Page, Request, RequestBody, RequestId, Response,
    ResponseBody, SendLive, ServerFrame,
};
use bim_types::limits::{EXT_KEYS_MAX, FRAME_BYTES_MAX, PAGE_ENTRIES_MAX};
use bim_types::{
    ClientMessageId, Conversation, ConversationShortId, GroupInfo, MessageBody, Priority, Role, Uid, Wall,
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
fn a_full_page_of_full_groups_is_within_the_limit_of_entries() {
    let ext = (0..EXT_KEYS_MAX).map(|key| (key.to_string(), "v".repeat(100))).collect();
    let group = ConversationShortId::new(1).unwrap();
    let conversation = Conversation {
        conversation_short_id: group,
        conversation_id: Conversation::live_group_id(group),
        info: GroupInfo { name: "g".into(), ext, ..GroupInfo::default() },
        owner: Uid::int(1).unwrap(),
        role: Role::Normal,
        created_at: Wall::default(),
        version: 1,
        online_count: 0,
        joined: false,
        dissolved: false,
    };
    let page = Page { entries: vec![conversation; PAGE_ENTRIES_MAX], next_cursor: 0, has_more: false };
    let body = Ok(ResponseBody::LiveGroupPage(page));
    let frame = ServerFrame::Response(Response { id: RequestId(1), body });
    assert_eq!(ServerFrame::decode(frame.clone().encode()), Ok(frame));
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
    for path in [&[5, 2, 5][..], &[6, 1], &[7, 1, 2, 5], &[9, 1]] {
        assert_eq!(server(path, FrameKind::Response), Err(DecodeError::Entries), "{path:?}");
    }
    assert_eq!(server(&[1, 2, 5], FrameKind::LiveState), Err(DecodeError::Entries));
    for path in [&[3, 1, 5][..], &[11, 6, 1]] {
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
    let counted = ["Ext.entries", "GroupInfo.ext", "LiveGroupPage.groups", "LiveHistoryPage.messages"];
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

/// Entries with keys of their own, so that each stays in the map.
fn distinct_entries(count: usize) -> Fields {
    (0..count).fold(Fields::new(), |fields, key| {
        fields.message(5, &Fields::new().bytes(1, format!("{key}").as_bytes()))
    })
}
