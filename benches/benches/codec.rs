//! Words to bytes and back: the frames that a live group is made of.

use std::hint::black_box;

use bim_benches::BODY_SIZES;
use bim_proto::{ClientFrame, LivePush, Request, RequestBody, RequestId, SendLive, ServerFrame};
use bim_types::{
    ClientMessageId, ConversationShortId, Epoch, Message, MessageBody, PerPriority, Position, Priority, Seq,
    Uid, Wall,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn live_message(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("live_message");
    for size in BODY_SIZES {
        group.throughput(Throughput::ElementsAndBytes { elements: 1, bytes: size as u64 });
        let frame = ServerFrame::LiveMessage(push(size));
        group.bench_with_input(BenchmarkId::new("encode", size), &frame, |bencher, frame| {
            bencher.iter(|| black_box(frame.clone()).encode());
        });
        let bytes = frame.encode();
        group.bench_with_input(BenchmarkId::new("decode", size), &bytes, |bencher, bytes| {
            bencher.iter(|| ServerFrame::decode(black_box(bytes.clone())).expect("it was encoded here"));
        });
    }
    group.finish();
}

fn send_request(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("send_request");
    for size in BODY_SIZES {
        group.throughput(Throughput::ElementsAndBytes { elements: 1, bytes: size as u64 });
        let frame = ClientFrame::Request(Request { id: RequestId(7), body: Ok(send(size)) });
        group.bench_with_input(BenchmarkId::new("encode", size), &frame, |bencher, frame| {
            bencher.iter(|| black_box(frame.clone()).encode());
        });
        let bytes = frame.encode();
        group.bench_with_input(BenchmarkId::new("decode", size), &bytes, |bencher, bytes| {
            bencher.iter(|| ClientFrame::decode(black_box(bytes.clone())).expect("it was encoded here"));
        });
    }
    group.finish();
}

fn push(size: usize) -> LivePush {
    let message = Message {
        conversation_short_id: group_id(),
        position: Position { epoch: Epoch(1), seq: Seq(123_456) },
        client_message_id: ClientMessageId::new(u128::MAX / 3),
        sender: Uid::string("alice").expect("a short uid"),
        priority: Priority::Normal,
        accepted_at: Wall::from_secs(1_764_000_000),
        edits: 0,
        body: MessageBody::Text("x".repeat(size).into()),
    };
    LivePush { message, previous: PerPriority::splat(Seq(123_455)), hidden: false }
}

fn send(size: usize) -> RequestBody {
    RequestBody::SendLiveMessage(SendLive {
        group: group_id(),
        client_message_id: ClientMessageId::new(u128::MAX / 3),
        priority: Priority::Normal,
        body: MessageBody::Text("x".repeat(size).into()),
        follows: None,
    })
}

fn group_id() -> ConversationShortId {
    ConversationShortId::new(1 << 50).expect("a positive number")
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = live_message, send_request
}
criterion_main!(benches);
