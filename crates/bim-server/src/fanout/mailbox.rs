//! The outbound queue of one connection, shared between a shard that fills it and the task that empties it.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use bim_server_core::queue::{LiveBatch, LiveFrame, QueueLimits, QueueOverflow, ViewerQueue};
use bim_transport::BoxConnection;
use bim_types::GroupKey;
use bytes::Bytes;

use super::parked::{Parked, Sent};

/// A [`ViewerQueue`] behind a lock that is held for a push, a pop or one write, and the waker of the connection's task.
///
/// *When idle.* A task that has nothing to write leaves its connection here. A batch for it is then written by who
/// brings it, with no queue and no other task between; only what the peer does not take at once wakes the task.
///
/// *When full.* The queue gives up LOW and NORMAL by its own rules. When frames that must not be given up
/// fill it, the connection is over: what waits is let go, [`Notes::overflowed`] is set, and from then on
/// only control frames are taken, so that there is room to say why.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    state: Mutex<State>,
    /// The notes of the state, to be looked at without the lock.
    notes: AtomicU8,
}

#[derive(Debug, Default)]
struct State {
    queue: ViewerQueue,
    limits: QueueLimits,
    /// Control frames in the queue. They leave before all others.
    control: usize,
    notes: Notes,
    sleeper: Option<(Waker, Until)>,
    /// The connection, while its task sleeps and nothing waits.
    parked: Option<Parked>,
    /// Groups that were left and whose shard has not heard of it yet, with how often. Nothing of them is taken.
    barred: Vec<(GroupKey, u32)>,
}

/// What leaves at a time.
#[derive(Debug)]
pub(crate) enum Parcel {
    /// One frame.
    Frame(Bytes),
    /// Frames that other connections get too.
    Batch(Arc<LiveBatch>),
}

/// What the engine said about the connection, beside frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes {
    /// The peer is authenticated.
    pub(crate) admitted: bool,
    /// The connection is to be closed, after the control frames that wait.
    pub(crate) closing: bool,
    /// The queue was full of frames that must not be given up.
    pub(crate) overflowed: bool,
}

/// What a sleeping task wants to be woken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// Any frame, or a note.
    Frame,
    /// A note only: there is no room for a frame anyway.
    Note,
}

impl Notes {
    fn bits(self) -> u8 {
        u8::from(self.admitted) | u8::from(self.closing) << 1 | u8::from(self.overflowed) << 2
    }

    fn from_bits(bits: u8) -> Self {
        Self { admitted: bits & 1 != 0, closing: bits & 2 != 0, overflowed: bits & 4 != 0 }
    }
}

impl Mailbox {
    /// An empty mailbox.
    pub(crate) fn new(limits: QueueLimits) -> Self {
        let state = State { queue: ViewerQueue::new(limits), limits, ..State::default() };
        Self { state: Mutex::new(state), notes: AtomicU8::default() }
    }

    /// Queues a frame that must not be given up.
    pub(crate) fn push_control(&self, frame: Bytes) {
        self.change(|state| {
            let pushed = state.queue.push_control(frame);
            state.control += usize::from(pushed.is_ok());
            pushed
        });
    }

    /// Queues messages of a group for a viewer.
    pub(crate) fn push_batch(&self, group: GroupKey, batch: &Arc<LiveBatch>) {
        let mut state = self.lock();
        if !state.takes(group) {
            return;
        }
        match state.write(batch) {
            Sent::Whole => {}
            Sent::Partly => {
                let woken = state.wake(Until::Frame);
                drop(state);
                woken.into_iter().for_each(Waker::wake);
            }
            Sent::Not => self.change_locked(state, |state| state.queue.push_batch(batch)),
        }
    }

    /// Queues a message that a resume reads again.
    pub(crate) fn push_replay(&self, live: LiveFrame) {
        self.change(|state| {
            if state.takes(live.group) {
                state.queue.push_replay(live);
            }
            Ok(())
        });
    }

    /// Drops what waits of a group, and takes no more of it until [`Mailbox::forget_group`] was called as often.
    pub(crate) fn bar_group(&self, group: GroupKey) {
        let mut state = self.lock();
        state.queue.forget_group(group);
        match state.barred.iter_mut().find(|(barred, _)| *barred == group) {
            Some((_, times)) => *times += 1,
            None => state.barred.push((group, 1)),
        }
    }

    /// Drops what waits of a group.
    pub(crate) fn forget_group(&self, group: GroupKey) {
        let mut state = self.lock();
        state.queue.forget_group(group);
        if let Some((_, times)) = state.barred.iter_mut().find(|(barred, _)| *barred == group) {
            *times -= 1;
        }
        state.barred.retain(|(_, times)| *times > 0);
    }

    /// Notes that the peer is authenticated.
    pub(crate) fn admit(&self) {
        self.note(|notes| notes.admitted = true);
    }

    /// Notes that the connection is to be closed. Later frames are let go.
    pub(crate) fn close(&self) {
        self.note(|notes| notes.closing = true);
    }

    /// Takes what is to be written next: one frame, or where batches are taken, a batch. Says whether more waits.
    pub(crate) fn pop(&self, takes_batches: bool) -> Option<(Parcel, bool)> {
        let mut state = self.lock();
        let batch = if takes_batches { state.queue.pop_batch() } else { None };
        let parcel = match batch {
            Some(batch) => Parcel::Batch(batch),
            None => {
                state.control = state.control.saturating_sub(1);
                Parcel::Frame(state.queue.pop()?)
            }
        };
        Some((parcel, !state.queue.is_empty()))
    }

    /// Takes the next frame to write.
    pub(crate) fn pop_frame(&self) -> Option<Bytes> {
        match self.pop(false) {
            Some((Parcel::Frame(frame), _)) => Some(frame),
            Some((Parcel::Batch(_), _)) | None => None,
        }
    }

    /// Takes the next control frame to write.
    pub(crate) fn pop_control(&self) -> Option<Bytes> {
        if self.has_control() { self.pop_frame() } else { None }
    }

    /// Whether a control frame waits.
    pub(crate) fn has_control(&self) -> bool {
        self.lock().control > 0
    }

    /// Whether messages wait that a resume reads again.
    pub(crate) fn has_replay(&self) -> bool {
        self.lock().queue.has_replay()
    }

    /// Whether nothing waits.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().queue.is_empty()
    }

    /// What was noted so far.
    pub(crate) fn notes(&self) -> Notes {
        Notes::from_bits(self.notes.load(Ordering::Acquire))
    }

    /// Arranges to be woken. `false` when there is something to do already, beyond the notes that were seen.
    pub(crate) fn sleep(&self, waker: &Waker, seen: Notes, until: Until) -> bool {
        self.lock().sleep(waker, seen, until)
    }

    /// Arranges to be woken for a frame or a note, and leaves the connection here meanwhile: nothing of it waits to be
    /// written. Given back when there is something to do already, beyond the notes that were seen.
    pub(crate) fn park(
        &self,
        connection: BoxConnection,
        waker: &Waker,
        seen: Notes,
    ) -> Result<(), BoxConnection> {
        let mut state = self.lock();
        if !state.sleep(waker, seen, Until::Frame) {
            return Err(connection);
        }
        state.parked = Some(Parked::new(connection));
        Ok(())
    }

    /// Takes the connection back, if it was parked.
    ///
    /// # Panics
    ///
    /// As the connection did, when it did in a write of somebody else.
    pub(crate) fn take_up(&self) -> Option<BoxConnection> {
        let parked = self.lock().parked.take();
        parked.map(Parked::into_connection)
    }

    /// Drops the connection, if it was parked.
    pub(crate) fn cut(&self) {
        let parked = self.lock().parked.take();
        drop(parked);
    }

    fn change(&self, push: impl FnOnce(&mut State) -> Result<(), QueueOverflow>) {
        self.change_locked(self.lock(), push);
    }

    fn change_locked(
        &self,
        mut state: MutexGuard<'_, State>,
        push: impl FnOnce(&mut State) -> Result<(), QueueOverflow>,
    ) {
        if state.notes.closing {
            return;
        }
        let mut wakes = Until::Frame;
        if push(&mut state).is_err() {
            state.overflow();
            self.notes.store(state.notes.bits(), Ordering::Release);
            wakes = Until::Note;
        }
        let woken = state.wake(wakes);
        drop(state);
        woken.into_iter().for_each(Waker::wake);
    }

    fn note(&self, write: impl FnOnce(&mut Notes)) {
        let mut state = self.lock();
        write(&mut state.notes);
        self.notes.store(state.notes.bits(), Ordering::Release);
        let woken = state.wake(Until::Note);
        drop(state);
        woken.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A push that panicked may have left a count wrong, but never memory: the connection is at worst slow.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether messages of a group are taken.
    fn takes(&self, group: GroupKey) -> bool {
        !self.notes.overflowed && !self.barred.iter().any(|(barred, _)| *barred == group)
    }

    fn sleep(&mut self, waker: &Waker, seen: Notes, until: Until) -> bool {
        if self.notes != seen || (until == Until::Frame && !self.queue.is_empty()) {
            return false;
        }
        match &mut self.sleeper {
            Some((known, wanted)) if known.will_wake(waker) => *wanted = until,
            sleeper => *sleeper = Some((waker.clone(), until)),
        }
        true
    }

    /// Writes a batch past the queue, when nothing is before it and the connection is at hand.
    fn write(&mut self, batch: &LiveBatch) -> Sent {
        match (&mut self.parked, &self.sleeper) {
            (Some(parked), Some((waker, _)))
                if !self.notes.closing && self.queue.is_empty() && parked.takes_batches() =>
            {
                parked.send(batch.wire(), waker)
            }
            _ => Sent::Not,
        }
    }

    fn overflow(&mut self) {
        self.queue = ViewerQueue::new(self.limits);
        self.control = 0;
        self.notes.overflowed = true;
    }

    /// The task to wake for a frame or a note, if it sleeps and cares.
    fn wake(&mut self, what: Until) -> Option<Waker> {
        match self.sleeper {
            Some((_, until)) if what == Until::Note || until == Until::Frame => {
                self.sleeper.take().map(|(waker, _)| waker)
            }
            Some(_) | None => None,
        }
    }
}

#[cfg(test)]
#[path = "mailbox_test.rs"]
mod tests;
