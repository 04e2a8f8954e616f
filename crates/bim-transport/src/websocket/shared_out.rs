//! Bytes on their way out: those that many connections share, and between them those of this one alone.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::AsyncWrite;

/// Pieces given to one write.
const PIECES_PER_WRITE: usize = 16;

/// Runs of whole frames, uncopied. Bounded by who pushes: see
/// [`OUTBOUND_BYTES_HIGH`](crate::limits::OUTBOUND_BYTES_HIGH).
#[derive(Debug, Default)]
pub(super) struct SharedOut {
    /// The first piece, which is most often the only one; empty when there is none.
    first: Bytes,
    more: VecDeque<Bytes>,
    /// What comes last, as long as only this connection has it.
    own: BytesMut,
    /// Of all of them.
    bytes: usize,
}

impl SharedOut {
    /// Takes bytes that are shared.
    pub(super) fn push(&mut self, piece: Bytes) {
        self.close_own();
        self.bytes += piece.len();
        self.queue(piece);
    }

    /// Takes bytes that `write` appends.
    pub(super) fn append(&mut self, write: impl FnOnce(&mut BytesMut)) {
        let before = self.own.len();
        write(&mut self.own);
        self.bytes += self.own.len().saturating_sub(before);
    }

    fn close_own(&mut self) {
        if !self.own.is_empty() {
            let own = std::mem::take(&mut self.own).freeze();
            self.queue(own);
        }
    }

    fn queue(&mut self, piece: Bytes) {
        if self.first.is_empty() {
            self.first = piece;
        } else {
            self.more.push_back(piece);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Writes everything. What was written before it has to wait is not written again.
    pub(super) fn poll_write<S: AsyncWrite>(
        &mut self,
        mut stream: Pin<&mut S>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        self.close_own();
        while !self.first.is_empty() {
            let written = if self.more.is_empty() || !stream.is_write_vectored() {
                ready!(stream.as_mut().poll_write(cx, &self.first))?
            } else {
                let mut slices = [IoSlice::new(&[]); PIECES_PER_WRITE];
                let pieces = std::iter::once(&self.first).chain(&self.more);
                let count =
                    slices.iter_mut().zip(pieces).map(|(to, piece)| *to = IoSlice::new(piece)).count();
                let slices = slices.get(..count).unwrap_or_default();
                ready!(stream.as_mut().poll_write_vectored(cx, slices))?
            };
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(written);
        }
        // An idle connection keeps no memory for what it once sent.
        if self.more.capacity() > 0 {
            self.more = VecDeque::new();
        }
        Poll::Ready(Ok(()))
    }

    fn advance(&mut self, mut written: usize) {
        self.bytes -= written;
        while written >= self.first.len() && !self.first.is_empty() {
            written -= self.first.len();
            self.first = self.more.pop_front().unwrap_or_default();
        }
        self.first.advance(written);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use bytes::BufMut;

    use super::*;

    /// Takes some bytes at a time, and after so many none.
    struct Narrow {
        step: usize,
        room: usize,
        taken: Vec<u8>,
        vectored: bool,
    }

    impl AsyncWrite for Narrow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let size = bytes.len().min(self.step).min(self.room);
            if size == 0 {
                return Poll::Pending;
            }
            self.room -= size;
            self.taken.extend_from_slice(&bytes[..size]);
            Poll::Ready(Ok(size))
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let all: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
            self.poll_write(cx, &all)
        }

        fn is_write_vectored(&self) -> bool {
            self.vectored
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn everything_leaves_once_and_in_order_however_little_is_taken_at_a_time() {
        for (step, vectored) in (1..=13).flat_map(|step| [(step, false), (step, true)]) {
            let mut stream = Narrow { step, room: 7, taken: Vec::new(), vectored };
            let mut out = SharedOut::default();
            out.push(Bytes::from_static(b"one"));
            out.append(|own| own.put_slice(b"t"));
            out.append(|own| own.put_slice(b"wo"));
            out.push(Bytes::from_static(b"three"));
            out.append(|own| own.put_slice(b"4"));
            let mut cx = Context::from_waker(Waker::noop());
            assert!(out.poll_write(Pin::new(&mut stream), &mut cx).is_pending());
            assert_eq!((out.bytes(), out.is_empty()), (5, false));
            stream.room = 100;
            assert!(out.poll_write(Pin::new(&mut stream), &mut cx).is_ready());
            assert_eq!((&stream.taken[..], out.bytes(), out.is_empty()), (&b"onetwothree4"[..], 0, true));
        }
    }
}
