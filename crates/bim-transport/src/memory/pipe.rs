//! One direction of a memory connection: a bounded queue with a waker at each end.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;

use crate::TransportError;

#[derive(Debug)]
pub(super) struct Pipe {
    frames_max: usize,
    bytes_max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Bytes>,
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

    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        let mut state = self.lock();
        state.check_writable()?;
        if self.has_room(&state) {
            return Poll::Ready(Ok(()));
        }
        state.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    pub(super) fn push(&self, frame: Bytes) -> Result<(), TransportError> {
        let mut state = self.lock();
        state.check_writable()?;
        if !self.has_room(&state) {
            return Err(TransportError::NotReady);
        }
        state.bytes += frame.len();
        state.frames.push_back(frame);
        wake(state.reader.take());
        Ok(())
    }

    pub(super) fn check_writable(&self) -> Result<(), TransportError> {
        self.lock().check_writable()
    }

    pub(super) fn poll_pop(&self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        let mut state = self.lock();
        if let Some(frame) = state.frames.pop_front() {
            state.bytes -= frame.len();
            if self.has_room(&state) {
                wake(state.writer.take());
            }
            return Poll::Ready(Some(Ok(frame)));
        }
        match state.written {
            Some(Ending::InOrder) => Poll::Ready(None),
            Some(Ending::Dropped) => Poll::Ready(Some(Err(TransportError::Lost))),
            None => {
                state.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// The writer sends no more. Only the first ending counts.
    pub(super) fn end_writing(&self, ending: Ending) {
        let mut state = self.lock();
        state.written.get_or_insert(ending);
        wake(state.reader.take());
    }

    /// The reader reads no more; what is in the queue is let go. Only the first ending counts.
    pub(super) fn end_reading(&self, ending: Ending) {
        let mut state = self.lock();
        state.read.get_or_insert(ending);
        state.frames.clear();
        state.bytes = 0;
        wake(state.writer.take());
    }

    fn has_room(&self, state: &State) -> bool {
        state.frames.len() < self.frames_max && state.bytes < self.bytes_max
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
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
