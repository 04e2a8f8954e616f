//! Lets tungstenite, which reads and writes as if it could block, use a polled stream, and lets past it what a server
//! sends: it need not be masked, so many connections may share it, and nothing is kept for it while a connection is idle.
//!
//! That leaves before anything that tungstenite writes later, so that its control frames never fall into the
//! middle of ours.

use std::{
    io::{self, Read, Write},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::shared_out::SharedOut;

/// A stream whose "would block" registers the waker of the current call.
#[derive(Debug)]
pub(super) struct PollIo<S> {
    stream: S,
    waker: Waker,
    shared: SharedOut,
}

impl<S> PollIo<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, waker: Waker::noop().clone(), shared: SharedOut::default() }
    }

    /// The calls that follow belong to this task.
    pub(super) fn attend(&mut self, cx: &Context<'_>) -> &mut Self {
        if !self.waker.will_wake(cx.waker()) {
            self.waker = cx.waker().clone();
        }
        self
    }
}

impl<S: AsyncWrite + Unpin> PollIo<S> {
    /// Takes bytes that many connections share: whole frames, encoded. Tungstenite has nothing left to write.
    pub(super) fn push_shared(&mut self, bytes: Bytes) {
        self.shared.push(bytes);
    }

    /// Takes bytes that `write` appends: whole frames, encoded. Tungstenite has nothing left to write.
    pub(super) fn append(&mut self, write: impl FnOnce(&mut BytesMut)) {
        self.shared.append(write);
    }

    /// Writes what is shared. "Would block" when some is left.
    pub(super) fn write_shared(&mut self) -> io::Result<()> {
        if self.shared.is_empty() {
            return Ok(());
        }
        let mut cx = Context::from_waker(&self.waker);
        settled(self.shared.poll_write(Pin::new(&mut self.stream), &mut cx))
    }

    /// Bytes that are shared and wait.
    pub(super) fn shared_bytes(&self) -> usize {
        self.shared.bytes()
    }

    /// Says that nothing more will be written, after what was written is on its way.
    pub(super) fn poll_shutdown(&mut self) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(&mut Context::from_waker(&self.waker))
    }
}

impl<S: AsyncRead + Unpin> Read for PollIo<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(buffer);
        let mut cx = Context::from_waker(&self.waker);
        match Pin::new(&mut self.stream).poll_read(&mut cx, &mut buffer) {
            Poll::Ready(outcome) => outcome.map(|()| buffer.filled().len()),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl<S: AsyncWrite + Unpin> Write for PollIo<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_shared()?;
        let mut cx = Context::from_waker(&self.waker);
        settled(Pin::new(&mut self.stream).poll_write(&mut cx, bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_shared()?;
        let mut cx = Context::from_waker(&self.waker);
        settled(Pin::new(&mut self.stream).poll_flush(&mut cx))
    }
}

fn settled<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}
