//! One direction of a memory connection: a bounded queue with a waker at each end.
//!
//! Both ends are woken late, so that each finds work for many frames: the reader when the writer flushes or
//! can go no further, the writer when half of the queue is free. And the reader takes many frames at a time, which are in
//! the queue, as far as the writer is concerned, until it has used them up.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;

use crate::TransportError;

/// Frames that a queue keeps room for while it is empty.
const FRAMES_KEPT_MAX: usize = 8;

#[derive(Debug)]
pub(super) struct Pipe {
    frames_max: usize,
    bytes_max: usize,
    state: Mutex<State>,
}

/// Frames in the reader's hands.
#[derive(Debug, Default)]
pub(super) struct Taken {
    frames: VecDeque<Bytes>,
    /// How many there were, and bytes of them.
    were: (usize, usize),
}

#[derive(Debug, Default)]
struct State {
    /// Frames that the reader has not taken.
    frames: VecDeque<Bytes>,
    /// Frames that the reader has not used up, and bytes of them.
    unread: usize,
    bytes: usize,
    /// How the writer ended, once it did.
    written: Option<Ending>,
    /// How the reader ended, once it did.
    read: Option<Ending>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// How one end of a connection came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    InOrder,
    Dropped,
}

impl Pipe {
    pub(super) fn new(frames_max: usize, bytes_max: usize) -> Self {
        Self { frames_max: frames_max.max(1), bytes_max: bytes_max.max(1), state: Mutex::default() }
    }

    /// Waits for room. A writer that has to wait has a reader that is awake.
    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        let reader = {
            let mut state = self.lock();
            state.check_writable()?;
            if self.has_room(&state) {
                return Poll::Ready(Ok(()));
            }
            remember(&mut state.writer, cx);
            state.reader.take()
        };
        wake(reader);
        Poll::Pending
    }

    /// Queues a frame without waking the reader; [`flush`](Self::flush) does.
    pub(super) fn push(&self, frame: Bytes) -> Result<(), TransportError> {
        let mut state = self.lock();
        state.check_writable()?;
        if !self.has_room(&state) {
            return Err(TransportError::NotReady);
        }
        state.unread += 1;
        state.bytes += frame.len();
        state.frames.push_back(frame);
        Ok(())
    }

    /// Shows the reader what was queued.
    pub(super) fn flush(&self) -> Result<(), TransportError> {
        let reader = {
            let mut state = self.lock();
            state.check_writable()?;
            if state.frames.is_empty() { None } else { state.reader.take() }
        };
        wake(reader);
        Ok(())
    }

    /// The next frame: of those that are taken, or after taking up to half of the queue.
    pub(super) fn poll_pop(
        &self,
        taken: &mut Taken,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, TransportError>>> {
        if taken.frames.is_empty() {
            let mut state = self.lock();
            if state.frames.is_empty() {
                return state.poll_ended(cx);
            }
            self.take(&mut state, taken);
        }
        let Some(frame) = taken.frames.pop_front() else { return Poll::Pending };
        if taken.frames.is_empty() {
            self.give_back(taken);
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn take(&self, state: &mut State, taken: &mut Taken) {
        if state.frames.len() <= self.frames_max / 2 && state.bytes <= self.bytes_max / 2 {
            std::mem::swap(&mut state.frames, &mut taken.frames);
            taken.were = (state.unread, state.bytes);
            return;
        }
        let (mut frames, mut bytes) = (0, 0);
        while frames < (self.frames_max / 2).max(1)
            && bytes <= self.bytes_max / 2
            && let Some(frame) = state.frames.pop_front()
        {
            frames += 1;
            bytes += frame.len();
            taken.frames.push_back(frame);
        }
        taken.were = (frames, bytes);
    }

    /// What was taken is used up: there is room for as much.
    fn give_back(&self, taken: &mut Taken) {
        // An idle connection keeps no memory for what it once received.
        if taken.frames.capacity() > FRAMES_KEPT_MAX {
            taken.frames = VecDeque::new();
        }
        let (frames, bytes) = std::mem::take(&mut taken.were);
        let writer = {
            let mut state = self.lock();
            state.unread = state.unread.saturating_sub(frames);
            state.bytes = state.bytes.saturating_sub(bytes);
            if state.frames.is_empty() && state.frames.capacity() > FRAMES_KEPT_MAX {
                state.frames = VecDeque::new();
            }
            if self.is_half_free(&state) { state.writer.take() } else { None }
        };
        wake(writer);
    }

    /// The writer sends no more. Only the first ending counts.
    pub(super) fn end_writing(&self, ending: Ending) {
        let reader = {
            let mut state = self.lock();
            state.written.get_or_insert(ending);
            state.reader.take()
        };
        wake(reader);
    }

    /// The reader reads no more; what is in the queue is let go. Only the first ending counts.
    pub(super) fn end_reading(&self, ending: Ending) {
        let (unread, writer) = {
            let mut state = self.lock();
            state.read.get_or_insert(ending);
            (state.unread, state.bytes) = (0, 0);
            (std::mem::take(&mut state.frames), state.writer.take())
        };
        drop(unread);
        wake(writer);
    }

    fn has_room(&self, state: &State) -> bool {
        state.unread < self.frames_max && state.bytes < self.bytes_max
    }

    fn is_half_free(&self, state: &State) -> bool {
        state.unread <= self.frames_max / 2 && state.bytes <= self.bytes_max / 2
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code between lock and unlock can leave the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check_writable(&self) -> Result<(), TransportError> {
        if self.written.is_some() {
            return Err(TransportError::Closed);
        }
        match self.read {
            None => Ok(()),
            Some(Ending::InOrder) => Err(TransportError::Closed),
            Some(Ending::Dropped) => Err(TransportError::Lost),
        }
    }

    /// What a reader gets when no frame is there.
    fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        match self.written {
            Some(Ending::InOrder) => Poll::Ready(None),
            Some(Ending::Dropped) => Poll::Ready(Some(Err(TransportError::Lost))),
            None => {
                remember(&mut self.reader, cx);
                Poll::Pending
            }
        }
    }
}

fn remember(waker: &mut Option<Waker>, cx: &Context<'_>) {
    match waker {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *waker = Some(cx.waker().clone()),
    }
}

/// Wakes outside of the lock, because the other end takes it at once.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
