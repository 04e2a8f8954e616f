//! One connection, a scripted pump on one side and a peer on the other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use bim_server_core::queue::{LiveBatch, LiveFrame, QueueLimits};
use bim_transport::memory::{MemoryConfig, MemoryConnection, pair};
use bim_transport::{Connection, ConnectionExt, Peer, TransportError};
use bim_types::limits::{FIRST_FRAME_BYTES_MAX, UNWRITABLE_TIMEOUT};
use bim_types::{AppId, ConnectionId, ConversationShortId, GroupKey, Priority, Seq};
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::PollSender;

use super::{Arrival, Driver, Ending, FAREWELL_TIMEOUT, REPLAY_TIMEOUT, STRANGER_FAREWELL_TIMEOUT};
use crate::census::{Census, ConnectionLimits};
use crate::fanout::Mailbox;
use crate::testing::soon;

const ID: ConnectionId = ConnectionId(7);

struct Bench {
    peer: MemoryConnection,
    mailbox: Arc<Mailbox>,
    arrivals: mpsc::Receiver<Arrival>,
    task: JoinHandle<Ending>,
}

impl Bench {
    fn new() -> Self {
        Self::with(MemoryConfig::default(), QueueLimits::default(), 64)
    }

    fn with(pipe: MemoryConfig, queue: QueueLimits, room: usize) -> Self {
        let (ours, peer) = pair(pipe);
        let mailbox = Arc::new(Mailbox::new(queue));
        let (to_pump, arrivals) = mpsc::channel(room);
        let place = Census::new(ConnectionLimits::default(), Vec::new()).enter(None).unwrap();
        let driver = Driver::new(ID, Box::new(ours), Arc::clone(&mailbox), PollSender::new(to_pump), place);
        Self { peer, mailbox, arrivals, task: tokio::spawn(driver.run()) }
    }

    /// A peer that has room for one frame and does not read.
    fn stuck() -> Self {
        Self::with(MemoryConfig { frames_max: 1, ..MemoryConfig::default() }, QueueLimits::default(), 64)
    }

    async fn arrival(&mut self) -> Option<Bytes> {
        match soon(self.arrivals.recv()).await {
            Some(Arrival::Frame(ID, frame)) => Some(frame),
            None => None,
            other => panic!("unexpected {other:?}"),
        }
    }

    async fn ending(self) -> Ending {
        soon(self.task).await.unwrap()
    }
}

fn frame(size: usize) -> Bytes {
    Bytes::from(vec![b'x'; size])
}

fn high(text: &'static str) -> LiveFrame {
    let group = GroupKey { app: AppId::new(1).unwrap(), group: ConversationShortId::new(1).unwrap() };
    LiveFrame { group, priority: Priority::High, seq: Seq(1), frame: Bytes::from_static(text.as_bytes()) }
}

#[tokio::test]
async fn frames_go_both_ways_in_order() {
    let mut bench = Bench::new();
    for size in 0..100 {
        bench.mailbox.push_control(frame(size));
        bench.peer.feed(frame(size)).await.unwrap();
    }
    for size in 0..100 {
        assert_eq!(soon(bench.peer.recv()).await.unwrap().unwrap().len(), size);
        assert_eq!(bench.arrival().await.unwrap().len(), size);
    }
}

#[tokio::test]
async fn a_pump_that_is_behind_holds_the_peer_back_and_loses_nothing() {
    let mut bench = Bench::with(MemoryConfig::default(), QueueLimits::default(), 1);
    bench.mailbox.admit();
    let mut peer = bench.peer;
    let sender = tokio::spawn(async move {
        for size in 0..2_000 {
            peer.send(frame(size % 100)).await.unwrap();
        }
        peer.close().await.unwrap();
    });
    for size in 0..2_000 {
        let Some(Arrival::Frame(_, frame)) = soon(bench.arrivals.recv()).await else { panic!("lost") };
        assert_eq!(frame.len(), size % 100);
    }
    soon(sender).await.unwrap();
    assert_eq!(soon(bench.task).await.unwrap(), Ending::PeerClosed);
}

#[tokio::test]
async fn a_stranger_may_send_small_frames_and_few_bytes() {
    let mut bench = Bench::new();
    for _ in 0..5 {
        bench.peer.send(frame(FIRST_FRAME_BYTES_MAX)).await.unwrap();
    }
    for _ in 0..4 {
        assert!(bench.arrival().await.is_some());
    }
    assert!(bench.arrival().await.is_none());
    assert_eq!(bench.ending().await, Ending::TooMuch);

    let mut bench = Bench::new();
    bench.peer.send(frame(FIRST_FRAME_BYTES_MAX + 1)).await.unwrap();
    assert!(bench.arrival().await.is_none());
    assert_eq!(bench.ending().await, Ending::Failed);
}

#[tokio::test]
async fn who_is_admitted_may_send_more() {
    let mut bench = Bench::new();
    bench.mailbox.admit();
    // The task has seen the note when it has written a frame that was queued after it.
    bench.mailbox.push_control(Bytes::from_static(b"welcome"));
    soon(bench.peer.recv()).await.unwrap().unwrap();
    bench.peer.send(frame(100 * 1024)).await.unwrap();
    assert_eq!(bench.arrival().await.unwrap().len(), 100 * 1024);
}

#[tokio::test]
async fn the_answer_to_a_welcome_may_be_large_however_fast_it_comes() {
    let mailbox = Arc::new(Mailbox::default());
    mailbox.push_control(frame(1));
    let (to_pump, mut arrivals) = mpsc::channel(1);
    let place = Census::new(ConnectionLimits::default(), Vec::new()).enter(None).unwrap();
    let quick = Quick {
        mailbox: Arc::clone(&mailbox),
        limit: 0,
        welcomed: false,
        inner: pair(MemoryConfig::default()).0,
    };
    let driver = Driver::new(ID, Box::new(quick), mailbox, PollSender::new(to_pump), place);
    let task = tokio::spawn(driver.run());
    assert!(matches!(soon(arrivals.recv()).await, Some(Arrival::Frame(ID, _))));
    task.abort();
}

/// The engine admits this peer while its task is writing, and its answer is there when the welcome is written.
struct Quick {
    mailbox: Arc<Mailbox>,
    limit: usize,
    welcomed: bool,
    inner: MemoryConnection,
}

impl Connection for Quick {
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        if !self.mailbox.notes().admitted {
            self.mailbox.admit();
            self.mailbox.push_control(Bytes::from_static(b"welcome"));
        }
        Poll::Ready(Ok(()))
    }

    fn start_send(&mut self, frame: Bytes) -> Result<(), TransportError> {
        self.welcomed |= frame == "welcome";
        Ok(())
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_recv(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        if !std::mem::take(&mut self.welcomed) {
            return Poll::Pending;
        }
        let (size, limit) = (FIRST_FRAME_BYTES_MAX * 5, self.limit);
        Poll::Ready(Some(if size > limit {
            Err(TransportError::FrameTooLarge { size, limit })
        } else {
            Ok(frame(size))
        }))
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn set_frame_limit(&mut self, bytes: usize) {
        self.limit = bytes;
    }

    fn peer(&self) -> &Peer {
        self.inner.peer()
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_is_reported_once() {
    let mut bench = Bench::stuck();
    let start = Instant::now();
    for _ in 0..3 {
        bench.mailbox.push_control(frame(1));
    }
    assert!(matches!(soon(bench.arrivals.recv()).await, Some(Arrival::TooSlow(ID))));
    assert_eq!(start.elapsed(), UNWRITABLE_TIMEOUT);
    bench.mailbox.push_control(frame(1));
    tokio::time::sleep(UNWRITABLE_TIMEOUT * 3).await;
    assert!(bench.arrivals.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_for_ever_to_read_what_it_missed_is_slow() {
    let mut bench = Bench::stuck();
    let start = Instant::now();
    for _ in 0..100 {
        bench.mailbox.push_replay(high("missed"));
    }
    while start.elapsed() < REPLAY_TIMEOUT {
        assert!(bench.arrivals.try_recv().is_err(), "after {:?}", start.elapsed());
        tokio::time::sleep(UNWRITABLE_TIMEOUT / 2).await;
        soon(bench.peer.recv()).await.unwrap().unwrap();
    }
    assert!(matches!(soon(bench.arrivals.recv()).await, Some(Arrival::TooSlow(ID))));
    assert!(start.elapsed() < REPLAY_TIMEOUT + UNWRITABLE_TIMEOUT, "after {:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_a_little_is_not_slow() {
    let mut bench = Bench::stuck();
    for _ in 0..6 {
        bench.mailbox.push_control(frame(1));
    }
    for _ in 0..6 {
        tokio::time::sleep(UNWRITABLE_TIMEOUT / 2).await;
        soon(bench.peer.recv()).await.unwrap().unwrap();
    }
    assert!(bench.arrivals.try_recv().is_err());
}

#[tokio::test]
async fn an_overflow_is_reported_and_the_goodbye_still_leaves() {
    let queue = QueueLimits { frames: 2, bytes: 1_000, reserved_frames: 1, reserved_bytes: 1 };
    let mut bench = Bench::with(MemoryConfig::default(), queue, 64);
    for _ in 0..3 {
        bench.mailbox.push_batch(high("high").group, &Arc::new(LiveBatch::new(vec![high("high")])));
    }
    assert!(matches!(soon(bench.arrivals.recv()).await, Some(Arrival::TooSlow(ID))));
    bench.mailbox.push_control(Bytes::from_static(b"goodbye"));
    bench.mailbox.close();
    assert_eq!(soon(bench.peer.recv()).await.unwrap().unwrap(), "goodbye");
    assert!(soon(bench.peer.recv()).await.is_none());
    assert_eq!(bench.ending().await, Ending::Asked);
}

#[tokio::test]
async fn closing_writes_the_control_frames_that_wait_and_then_ends_in_order() {
    let mut bench = Bench::new();
    for size in 1..=3 {
        bench.mailbox.push_control(frame(size));
    }
    bench.mailbox.close();
    for size in 1..=3 {
        assert_eq!(soon(bench.peer.recv()).await.unwrap().unwrap().len(), size);
    }
    assert!(soon(bench.peer.recv()).await.is_none());
    assert_eq!(bench.ending().await, Ending::Asked);
}

#[tokio::test(start_paused = true)]
async fn closing_waits_for_a_stuck_peer_no_longer_than_its_bound() {
    for (is_admitted, bound) in [(true, FAREWELL_TIMEOUT), (false, STRANGER_FAREWELL_TIMEOUT)] {
        let bench = Bench::stuck();
        if is_admitted {
            bench.mailbox.admit();
        }
        tokio::task::yield_now().await;
        let start = Instant::now();
        for _ in 0..3 {
            bench.mailbox.push_control(frame(1));
        }
        bench.mailbox.close();
        assert_eq!(bench.ending().await, Ending::Asked);
        assert_eq!(start.elapsed(), bound);
    }
}

#[tokio::test]
async fn what_a_peer_sent_before_it_was_lost_is_still_heard() {
    let mut bench = Bench::new();
    bench.peer.send(frame(3)).await.unwrap();
    bench.mailbox.push_control(frame(1));
    drop(std::mem::replace(&mut bench.peer, pair(MemoryConfig::default()).0));
    assert_eq!(bench.arrival().await.unwrap().len(), 3);
    assert_eq!(bench.ending().await, Ending::Failed);
}

#[tokio::test]
async fn a_connection_without_a_server_ends() {
    let mut bench = Bench::new();
    bench.arrivals.close();
    bench.peer.send(frame(1)).await.unwrap();
    assert_eq!(bench.ending().await, Ending::ServerGone);
}

#[test]
fn a_peer_is_cut_for_the_log() {
    let peer: SocketAddr = "192.0.2.77:9".parse().unwrap();
    assert_eq!(crate::census::cut(Some(peer)), "192.0.2.0/24");
}
