//! Words to bytes and back.

use std::hint::black_box;

use bim_benches::Counts;
use bim_proto::{ClientFrame, ServerFrame};

use crate::by_hand::{BODY_BYTES, encoded, group_id, push, send};
use crate::cost;

const MESSAGES: u64 = 10_000;

pub(crate) fn count(counts: &mut Counts) {
    let group = group_id();
    let (pushes, sends) = (|seq| push(group, seq), |number| send(group, number));
    let name = |what: &str| format!("codec/{what}, {BODY_BYTES} B");
    counts.measure(&name("encode live message"), MESSAGES, BODY_BYTES, || {
        let frames: Vec<ServerFrame> = (1..=MESSAGES).map(pushes).collect();
        cost(|| frames.into_iter().for_each(|frame| drop(black_box(frame.encode()))))
    });
    counts.measure(&name("decode live message"), MESSAGES, BODY_BYTES, || {
        let frames = encoded(MESSAGES, |seq| pushes(seq).encode());
        cost(|| {
            for frame in frames {
                black_box(ServerFrame::decode(frame).expect("it was encoded here"));
            }
        })
    });
    counts.measure(&name("encode send request"), MESSAGES, BODY_BYTES, || {
        let frames: Vec<ClientFrame> = (1..=MESSAGES).map(sends).collect();
        cost(|| frames.into_iter().for_each(|frame| drop(black_box(frame.encode()))))
    });
    counts.measure(&name("decode send request"), MESSAGES, BODY_BYTES, || {
        let frames = encoded(MESSAGES, |number| sends(number).encode());
        cost(|| {
            for frame in frames {
                black_box(ClientFrame::decode(frame).expect("it was encoded here"));
            }
        })
    });
}
