//! What happens to a batch when the connection is at hand.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Wake;

use bim_server_core::queue::{LiveBatch, LiveFrame};
use bim_transport::{Peer, TransportError, TransportKind};
use bim_types::{AppId, ConversationShortId, GroupKey, Priority, Seq};
use bytes::Bytes;

use super::super::{Mailbox, Notes};
use super::*;

/// What the mock does with the next batch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Takes,
    HasNoRoom,
    IsSlow,
    IsLost,
    Panics,
}

struct MockConnection {
    mood: Mood,
    taken: Arc<Mutex<Vec<Bytes>>>,
}

static NOBODY: Peer = Peer { address: None, transport: TransportKind::Memory, encrypted: false };

impl Connection for MockConnection {
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        if self.mood == Mood::HasNoRoom { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    fn start_send(&mut self, _: Bytes) -> Result<(), TransportError> {
        Err(TransportError::NotReady)
    }

    fn takes_batches(&self) -> bool {
        true
    }

    fn start_send_batch(&mut self, batch: &FrameBatch) -> Result<(), TransportError> {
        assert!(self.mood != Mood::Panics, "a fault on purpose");
        self.taken.lock().unwrap().extend(batch.frames().iter().cloned());
        Ok(())
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        match self.mood {
            Mood::IsSlow => Poll::Pending,
            Mood::IsLost => Poll::Ready(Err(TransportError::Lost)),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn poll_recv(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        Poll::Pending
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn set_frame_limit(&mut self, _: usize) {}

    fn peer(&self) -> &Peer {
        &NOBODY
    }
}

#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A mailbox with a connection in it, as its sleeping task leaves it.
struct Bench {
    mailbox: Mailbox,
    taken: Arc<Mutex<Vec<Bytes>>>,
    bell: Arc<Bell>,
}

impl Bench {
    fn new(mood: Mood) -> Self {
        let bench = Self { mailbox: Mailbox::default(), taken: Arc::default(), bell: Arc::default() };
        let connection = Box::new(MockConnection { mood, taken: Arc::clone(&bench.taken) });
        let waker = Waker::from(Arc::clone(&bench.bell));
        assert!(bench.mailbox.park(connection, &waker, Notes::default()).is_ok());
        bench
    }

    fn push(&self, text: &'static str) {
        let group = GroupKey { app: AppId::new(1).unwrap(), group: ConversationShortId::new(1).unwrap() };
        let frame = Bytes::from_static(text.as_bytes());
        let live = LiveFrame { group, priority: Priority::Normal, seq: Seq(1), frame };
        self.mailbox.push_batch(group, &Arc::new(LiveBatch::new(vec![live])));
    }

    fn taken(&self) -> Vec<Bytes> {
        self.taken.lock().unwrap().clone()
    }

    fn rings(&self) -> usize {
        self.bell.0.load(Ordering::Relaxed)
    }
}

#[test]
fn who_is_idle_gets_a_batch_at_once_and_its_task_sleeps_on() {
    let bench = Bench::new(Mood::Takes);
    bench.push("one");
    bench.push("two");
    assert_eq!((bench.taken(), bench.rings()), (vec!["one".into(), "two".into()], 0));
    assert!(bench.mailbox.is_empty());
}

#[test]
fn behind_what_waits_a_batch_waits_too() {
    let bench = Bench::new(Mood::Takes);
    bench.mailbox.push_control(Bytes::from_static(b"answer"));
    bench.push("one");
    assert_eq!((bench.taken().len(), bench.rings()), (0, 1));
    assert!(bench.mailbox.take_up().is_some());
    bench.push("two");
    let waiting: Vec<_> = std::iter::from_fn(|| bench.mailbox.pop_frame()).collect();
    assert_eq!(waiting, ["answer", "one", "two"]);
}

#[test]
fn what_the_peer_does_not_take_is_left_to_the_task_and_nothing_overtakes_it() {
    for mood in [Mood::IsSlow, Mood::IsLost] {
        let bench = Bench::new(mood);
        bench.push("one");
        bench.push("two");
        assert_eq!((bench.taken(), bench.rings()), (vec![Bytes::from_static(b"one")], 1));
        assert_eq!(bench.mailbox.pop_frame().unwrap(), "two");
    }
}

#[test]
fn without_room_nothing_is_lost() {
    let bench = Bench::new(Mood::HasNoRoom);
    bench.push("one");
    assert_eq!((bench.taken().len(), bench.rings()), (0, 1));
    assert_eq!(bench.mailbox.pop_frame().unwrap(), "one");
}

#[test]
fn a_fault_of_a_connection_is_its_own_tasks() {
    let bench = Bench::new(Mood::Panics);
    bench.push("one");
    bench.push("two");
    assert_eq!(bench.rings(), 1);
    assert!(catch_unwind(AssertUnwindSafe(|| bench.mailbox.take_up().is_some())).is_err());
}

#[test]
fn who_is_closed_or_left_the_group_is_sent_nothing_more() {
    let closed = Bench::new(Mood::Takes);
    closed.mailbox.close();
    closed.push("late");
    assert!(closed.taken().is_empty() && closed.mailbox.is_empty());
    let left = Bench::new(Mood::Takes);
    let group = GroupKey { app: AppId::new(1).unwrap(), group: ConversationShortId::new(1).unwrap() };
    left.mailbox.bar_group(group);
    left.push("late");
    assert!(left.taken().is_empty() && left.mailbox.is_empty());
}
