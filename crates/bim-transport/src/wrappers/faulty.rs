//! A connection that fails on purpose, by script, controlled from a handle.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;

use crate::{Connection, Peer, TransportError};

/// One scripted fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut as soon as this many more frames were taken for sending; 0 cuts at once.
    /// Both ends see [`TransportError::Lost`] or the end.
    CutAfterFrames(u64),
    /// The connection is cut when the next frame would bring the bytes taken for sending from now on over
    /// this many. That frame is lost.
    CutAfterBytes(u64),
    /// Nothing arrives any more; what the peer sends waits.
    StallReads,
    /// There is never room for a frame, and nothing is flushed.
    StallWrites,
    /// Frames are taken and flushed as if all were well, and vanish. Reading works.
    HalfOpen,
}

/// A connection with faults that a [`FaultHandle`] switches on and off. Without a fault it is transparent.
#[derive(Debug)]
pub struct Faulty<C> {
    /// `None` once the connection was cut.
    inner: Option<C>,
    reported: bool,
    peer: Peer,
    script: Arc<Mutex<Script>>,
}

/// Switches the faults of one [`Faulty`] connection. Cheap to clone.
#[derive(Debug, Clone)]
pub struct FaultHandle {
    script: Arc<Mutex<Script>>,
}

#[derive(Debug, Default)]
struct Script {
    fault: Option<Fault>,
    frames: u64,
    bytes: u64,
    /// The tasks that wait for a fault to change: last reader, last writer.
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl<C: Connection> Faulty<C> {
    /// Wraps a connection and gives the handle to its faults.
    pub fn new(inner: C) -> (Self, FaultHandle) {
        let script = Arc::new(Mutex::new(Script::default()));
        let handle = FaultHandle { script: Arc::clone(&script) };
        let peer = inner.peer().clone();
        (Self { inner: Some(inner), reported: false, peer, script }, handle)
    }

    /// Lets go of the connection if its time has come, and says what is left of it.
    fn alive(&mut self) -> Option<&mut C> {
        if matches!(lock(&self.script).fault, Some(Fault::CutAfterFrames(0))) {
            self.inner = None;
        }
        self.inner.as_mut()
    }

    fn stalled_writing(&self, cx: &Context<'_>) -> bool {
        let mut script = lock(&self.script);
        script.writer = Some(cx.waker().clone());
        script.fault == Some(Fault::StallWrites)
    }

    fn stalled_reading(&self, cx: &Context<'_>) -> bool {
        let mut script = lock(&self.script);
        script.reader = Some(cx.waker().clone());
        script.fault == Some(Fault::StallReads)
    }
}

impl FaultHandle {
    /// Starts a fault in place of the one before. Counts begin now.
    pub fn inject(&self, fault: Fault) {
        self.set(Some(fault));
    }

    /// Ends the fault. A connection that was cut stays cut.
    pub fn mend(&self) {
        self.set(None);
    }

    fn set(&self, fault: Option<Fault>) {
        let wakers = {
            let mut script = lock(&self.script);
            (script.fault, script.frames, script.bytes) = (fault, 0, 0);
            [script.reader.take(), script.writer.take()]
        };
        wakers.into_iter().flatten().for_each(Waker::wake);
    }
}

impl Script {
    /// What becomes of a frame of this size.
    fn pass(&mut self, size: usize) -> Fate {
        self.frames += 1;
        self.bytes = self.bytes.saturating_add(size as u64);
        match self.fault {
            Some(Fault::CutAfterFrames(most)) if self.frames >= most => Fate::SendThenCut,
            Some(Fault::CutAfterBytes(most)) if self.bytes > most => Fate::Cut,
            Some(Fault::StallWrites) => Fate::Refuse,
            Some(Fault::HalfOpen) => Fate::Vanish,
            Some(Fault::CutAfterFrames(_) | Fault::CutAfterBytes(_) | Fault::StallReads) | None => Fate::Send,
        }
    }
}

enum Fate {
    Send,
    SendThenCut,
    Cut,
    Refuse,
    Vanish,
}

impl<C: Connection> Connection for Faulty<C> {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        if self.stalled_writing(cx) {
            return Poll::Pending;
        }
        match self.alive() {
            Some(inner) => inner.poll_ready(cx),
            None => Poll::Ready(Err(TransportError::Lost)),
        }
    }

    fn start_send(&mut self, frame: Bytes) -> Result<(), TransportError> {
        let Some(inner) = self.inner.as_mut() else {
            return Err(TransportError::Lost);
        };
        let fate = lock(&self.script).pass(frame.len());
        match fate {
            Fate::Send => inner.start_send(frame),
            Fate::SendThenCut => {
                inner.start_send(frame)?;
                // The frame counts as sent only if the peer can see it.
                let _ = inner.poll_flush(&mut Context::from_waker(Waker::noop()));
                self.inner = None;
                Ok(())
            }
            Fate::Cut => {
                self.inner = None;
                Ok(())
            }
            Fate::Refuse => Err(TransportError::NotReady),
            Fate::Vanish => Ok(()),
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        if self.stalled_writing(cx) {
            return Poll::Pending;
        }
        match self.alive() {
            Some(inner) => inner.poll_flush(cx),
            None => Poll::Ready(Err(TransportError::Lost)),
        }
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        if self.stalled_reading(cx) {
            return Poll::Pending;
        }
        if let Some(inner) = self.alive() {
            return inner.poll_recv(cx);
        }
        let first = !std::mem::replace(&mut self.reported, true);
        Poll::Ready(first.then_some(Err(TransportError::Lost)))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        if self.stalled_writing(cx) {
            return Poll::Pending;
        }
        match self.alive() {
            Some(inner) => inner.poll_close(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    fn set_frame_limit(&mut self, bytes: usize) {
        if let Some(inner) = self.inner.as_mut() {
            inner.set_frame_limit(bytes);
        }
    }

    fn peer(&self) -> &Peer {
        &self.peer
    }
}

fn lock(script: &Mutex<Script>) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "faulty_test.rs"]
mod tests;
