//! What a mailbox hands out, and whom it wakes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use bim_types::{AppId, ConversationShortId, Priority, Seq};

use super::*;

#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Bell {
    fn rings(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

fn group() -> GroupKey {
    GroupKey { app: AppId::new(1).unwrap(), group: ConversationShortId::new(1).unwrap() }
}

fn live(priority: Priority, text: &'static str) -> LiveFrame {
    LiveFrame { group: group(), priority, seq: Seq(1), frame: Bytes::from_static(text.as_bytes()) }
}

fn push_live(mailbox: &Mailbox, live: LiveFrame) {
    mailbox.push_batch(live.group, &Arc::new(LiveBatch::new(vec![live])));
}

fn tiny() -> QueueLimits {
    QueueLimits { frames: 2, bytes: 1_000, reserved_frames: 1, reserved_bytes: 100 }
}

fn all(mailbox: &Mailbox) -> Vec<Bytes> {
    std::iter::from_fn(|| mailbox.pop_frame()).collect()
}

#[test]
fn control_leaves_first_and_the_rest_by_class() {
    let mailbox = Mailbox::default();
    push_live(&mailbox, live(Priority::Normal, "normal"));
    push_live(&mailbox, live(Priority::High, "high"));
    mailbox.push_replay(live(Priority::High, "replay"));
    mailbox.push_control(Bytes::from_static(b"control"));
    assert_eq!(all(&mailbox), ["control", "replay", "high", "normal"]);
    assert!(mailbox.is_empty());
}

#[test]
fn a_sleeper_is_woken_once_and_only_for_what_it_waits_for() {
    let (mailbox, bell) = (Mailbox::default(), Arc::new(Bell::default()));
    let waker = Waker::from(Arc::clone(&bell));
    let seen = mailbox.notes();
    assert!(mailbox.sleep(&waker, seen, Until::Frame));
    mailbox.push_control(Bytes::new());
    mailbox.push_control(Bytes::new());
    assert_eq!(bell.rings(), 1);
    assert!(!mailbox.sleep(&waker, seen, Until::Frame));
    assert!(mailbox.sleep(&waker, seen, Until::Note));
    mailbox.push_control(Bytes::new());
    assert_eq!(bell.rings(), 1);
    mailbox.admit();
    assert_eq!(bell.rings(), 2);
    assert!(!mailbox.sleep(&waker, seen, Until::Note));
}

#[test]
fn an_overflow_is_noted_and_leaves_room_to_say_goodbye() {
    let mailbox = Mailbox::new(tiny());
    let (bell, seen) = (Arc::new(Bell::default()), mailbox.notes());
    push_live(&mailbox, live(Priority::High, "1"));
    push_live(&mailbox, live(Priority::High, "2"));
    assert!(mailbox.sleep(&Waker::from(Arc::clone(&bell)), seen, Until::Note));
    push_live(&mailbox, live(Priority::High, "3"));
    assert_eq!(bell.rings(), 1);
    assert!(mailbox.notes().overflowed);
    push_live(&mailbox, live(Priority::High, "4"));
    mailbox.push_control(Bytes::from_static(b"goodbye"));
    assert_eq!(all(&mailbox), ["goodbye"]);
}

#[test]
fn after_closing_only_the_control_frames_from_before_are_left() {
    let mailbox = Mailbox::default();
    push_live(&mailbox, live(Priority::High, "high"));
    mailbox.push_control(Bytes::from_static(b"goodbye"));
    mailbox.close();
    mailbox.push_control(Bytes::from_static(b"late"));
    assert_eq!(mailbox.pop_control().unwrap(), "goodbye");
    assert_eq!(mailbox.pop_control(), None);
}

#[test]
fn a_group_that_was_left_is_not_delivered() {
    let mailbox = Mailbox::default();
    push_live(&mailbox, live(Priority::High, "high"));
    mailbox.push_control(Bytes::from_static(b"left"));
    mailbox.forget_group(group());
    assert_eq!(all(&mailbox), ["left"]);
}
