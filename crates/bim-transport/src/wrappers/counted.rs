//! Counts frames and bytes in both directions.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;

use crate::{Connection, Peer, TransportError};

/// A connection that counts what goes through it.
#[derive(Debug)]
pub struct Counted<C> {
    inner: C,
    counters: Arc<Counters>,
}

/// What went through the connections that share it. Bytes are those of the frames, without headers.
#[derive(Debug, Default)]
pub struct Counters {
    frames_in: AtomicU64,
    bytes_in: AtomicU64,
    frames_out: AtomicU64,
    bytes_out: AtomicU64,
}

impl<C> Counted<C> {
    /// Wraps a connection; several may share their counters.
    pub fn new(inner: C, counters: Arc<Counters>) -> Self {
        Self { inner, counters }
    }
}

impl Counters {
    /// Frames received.
    pub fn frames_in(&self) -> u64 {
        self.frames_in.load(Ordering::Relaxed)
    }

    /// Bytes received.
    pub fn bytes_in(&self) -> u64 {
        self.bytes_in.load(Ordering::Relaxed)
    }

    /// Frames taken for sending.
    pub fn frames_out(&self) -> u64 {
        self.frames_out.load(Ordering::Relaxed)
    }

    /// Bytes taken for sending.
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Ordering::Relaxed)
    }
}

impl<C: Connection> Connection for Counted<C> {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.inner.poll_ready(cx)
    }

    fn start_send(&mut self, frame: Bytes) -> Result<(), TransportError> {
        let size = frame.len();
        self.inner.start_send(frame)?;
        count(&self.counters.frames_out, &self.counters.bytes_out, size);
        Ok(())
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.inner.poll_flush(cx)
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        let received = self.inner.poll_recv(cx);
        if let Poll::Ready(Some(Ok(frame))) = &received {
            count(&self.counters.frames_in, &self.counters.bytes_in, frame.len());
        }
        received
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.inner.poll_close(cx)
    }

    fn set_frame_limit(&mut self, bytes: usize) {
        self.inner.set_frame_limit(bytes);
    }

    fn peer(&self) -> &Peer {
        self.inner.peer()
    }
}

fn count(frames: &AtomicU64, bytes: &AtomicU64, size: usize) {
    frames.fetch_add(1, Ordering::Relaxed);
    bytes.fetch_add(size as u64, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConnectionExt, memory};

    #[tokio::test]
    async fn counts_what_goes_through_and_nothing_else() {
        let (left, right) = memory::pair(memory::MemoryConfig { frame_bytes_max: 8, ..Default::default() });
        let (ours, theirs) = (Arc::new(Counters::default()), Arc::new(Counters::default()));
        let mut left = Counted::new(left, Arc::clone(&ours));
        let mut right = Counted::new(right, Arc::clone(&theirs));

        left.send(Bytes::from_static(b"four")).await.unwrap();
        left.send(Bytes::new()).await.unwrap();
        left.send(Bytes::from_static(b"far too long")).await.unwrap_err();
        right.recv().await.unwrap().unwrap();
        right.recv().await.unwrap().unwrap();

        assert_eq!((ours.frames_out(), ours.bytes_out(), ours.frames_in()), (2, 4, 0));
        assert_eq!((theirs.frames_in(), theirs.bytes_in(), theirs.frames_out()), (2, 4, 0));
    }
}
