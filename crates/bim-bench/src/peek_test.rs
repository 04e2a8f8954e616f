use bim_proto::{LivePush, Ping, ServerFrame};
use bim_types::{
    ClientMessageId, ConversationShortId, Epoch, LiveGap, Message, MessageBody, PerPriority, Position,
    Priority, Seq, Uid, Wall,
};
use proptest::prelude::*;

use super::*;

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 1..300_u64, any::<u64>()]
}

fn push() -> impl Strategy<Value = LivePush> {
    let head = (1..1_i64 << 53, number(), 1..u64::MAX, any::<u128>(), 0..3_i64);
    let tail = (
        any::<u32>(),
        0..1_u64 << 53,
        ".{0,300}",
        any::<bool>(),
        any::<bool>(),
        [number(), number(), number()],
    );
    let uid = prop_oneof![
        (1..i64::MAX).prop_map(|uid| Uid::int(uid).unwrap()),
        "[a-z]{1,20}".prop_map(|uid| Uid::string(&uid).unwrap())
    ];
    (head, tail, uid).prop_map(
        |((group, epoch, seq, id, class), (edits, at, text, is_custom, hidden, previous), sender)| {
            let [low, normal, high] = previous.map(Seq);
            let body =
                if is_custom { MessageBody::Custom(text.into()) } else { MessageBody::Text(text.into()) };
            let message = Message {
                conversation_short_id: ConversationShortId::new(group).unwrap(),
                position: Position { epoch: Epoch(epoch), seq: Seq(seq) },
                client_message_id: ClientMessageId::new(id),
                sender,
                priority: Priority::from_number(class).unwrap(),
                accepted_at: Wall::from_millis(at),
                edits,
                body,
            };
            LivePush { message, previous: PerPriority { low, normal, high }, hidden }
        },
    )
}

proptest! {
    #[test]
    fn a_glimpse_of_a_message_is_what_the_full_decode_says(push in push()) {
        let frame = ServerFrame::LiveMessage(push).encode();
        let Ok(ServerFrame::LiveMessage(LivePush { message, previous, .. })) = ServerFrame::decode(frame.clone()) else {
            return Err(TestCaseError::fail("what was encoded can not be decoded"));
        };
        prop_assert_eq!(peek(&frame), Glimpse::Message(MessageGlimpse {
            group: message.conversation_short_id.value(),
            seq: message.position.seq,
            class: message.priority,
            previous,
            body: message.body.as_str().unwrap_or_default().as_bytes(),
        }));
    }

    #[test]
    fn whatever_bytes_come_are_looked_at_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = peek(&bytes);
        let _ = peek(&[&[1, 8], &bytes[..]].concat());
    }

    #[test]
    fn a_message_that_was_cut_short_is_no_other_message(push in push(), part in 0.0..1.0_f64) {
        let frame = ServerFrame::LiveMessage(push).encode();
        let cut = frame.slice(..(frame.len() as f64 * part) as usize);
        if let (Glimpse::Message(seen), Ok(ServerFrame::LiveMessage(whole))) = (peek(&cut), ServerFrame::decode(cut.clone())) {
            prop_assert_eq!(seen.seq, whole.message.position.seq);
        }
    }
}

#[test]
fn what_is_no_message_is_left_to_the_full_decode() {
    let gap = LiveGap {
        conversation_short_id: ConversationShortId::new(1).unwrap(),
        priority: Priority::Low,
        count: 1,
        from: Seq(1),
        to: Seq(2),
    };
    assert_eq!(peek(&ServerFrame::LiveGap(gap).encode()), Glimpse::Whole);
    assert_eq!(peek(&ServerFrame::Ping(Ping { nonce: 1 }).encode()), Glimpse::Whole);
    assert_eq!(peek(&[]), Glimpse::Whole);
    assert_eq!(peek(&[9, 8]), Glimpse::Whole);
    assert_eq!(peek(&[1, 14, 0xff]), Glimpse::Aside);
}
