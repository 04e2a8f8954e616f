//! Bounds the HTTP head of a handshake and keeps what follows it.
//!
//! The head is collected here, up to its empty line, and only then handed on: a slow or endless head costs
//! at most [`HEAD_BYTES_MAX`] and never reaches a parser. Bytes that came in the same read are kept for the
//! WebSocket that follows. So are those that were read beyond what was asked for.

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Largest HTTP head, in bytes (8 KiB). A peer that sends a longer one is dropped.
pub(super) const HEAD_BYTES_MAX: usize = 8 * 1024;

/// Bytes read at a time while the head is incomplete.
const HEAD_STEP_BYTES: usize = 1024;

/// Bytes asked of the stream at a time, however few are wanted: so whoever reads may have a small buffer and still needs
/// few calls. They are on the stack until it is known how many there are.
const READ_BYTES: usize = 16 * 1024;

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// A stream that starts with one HTTP head.
#[derive(Debug)]
pub(super) struct HeadThenStream<S> {
    stream: S,
    buffer: BytesMut,
    stage: Stage,
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    /// Waiting for the empty line, which does not begin before this place.
    Collecting { scanned: usize },
    /// The head is complete; so much of it was not handed on yet.
    Head { left: usize },
    /// The head is done; what is left in the buffer came after it.
    Stream,
}

impl<S> HeadThenStream<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, buffer: BytesMut::new(), stage: Stage::Collecting { scanned: 0 } }
    }

    /// A stream whose head is already done.
    #[cfg(test)]
    pub(super) fn after_head(stream: S) -> Self {
        Self { stream, buffer: BytesMut::new(), stage: Stage::Stream }
    }

    fn hand_on(&mut self, most: usize, out: &mut ReadBuf<'_>) -> usize {
        let size = most.min(out.remaining()).min(self.buffer.len());
        out.put_slice(&self.buffer.split_to(size));
        size
    }
}

impl<S: AsyncRead + Unpin> HeadThenStream<S> {
    /// Reads until the head is complete; `false` at the end of the stream.
    fn poll_head(&mut self, mut scanned: usize, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        loop {
            if let Some(at) = self.buffer.get(scanned..).and_then(end_of_head) {
                let left = scanned + at;
                if left > HEAD_BYTES_MAX {
                    return Poll::Ready(Err(too_long()));
                }
                self.stage = Stage::Head { left };
                return Poll::Ready(Ok(true));
            }
            if self.buffer.len() >= HEAD_BYTES_MAX {
                return Poll::Ready(Err(too_long()));
            }
            scanned = self.buffer.len().saturating_sub(END_OF_HEAD.len() - 1);
            self.stage = Stage::Collecting { scanned };
            let mut step = [0; HEAD_STEP_BYTES];
            let mut step = ReadBuf::new(&mut step);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut step))?;
            if step.filled().is_empty() {
                return Poll::Ready(Ok(false));
            }
            self.buffer.extend_from_slice(step.filled());
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for HeadThenStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Stage::Collecting { scanned } = this.stage
            && !ready!(this.poll_head(scanned, cx))?
        {
            return Poll::Ready(Ok(()));
        }
        if let Stage::Head { left } = this.stage {
            let left = left - this.hand_on(left, out);
            this.stage = if left == 0 { Stage::Stream } else { Stage::Head { left } };
            return Poll::Ready(Ok(()));
        }
        if this.buffer.has_remaining() {
            this.hand_on(usize::MAX, out);
            return Poll::Ready(Ok(()));
        }
        if this.buffer.capacity() > 0 {
            this.buffer = BytesMut::new();
        }
        if out.remaining() >= READ_BYTES {
            return Pin::new(&mut this.stream).poll_read(cx, out);
        }
        let mut read = [MaybeUninit::uninit(); READ_BYTES];
        let mut read = ReadBuf::uninit(&mut read);
        ready!(Pin::new(&mut this.stream).poll_read(cx, &mut read))?;
        let (now, later) = read.filled().split_at(out.remaining().min(read.filled().len()));
        out.put_slice(now);
        this.buffer.extend_from_slice(later);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HeadThenStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Length of the head including its empty line.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(END_OF_HEAD.len()).position(|four| four == END_OF_HEAD).map(|at| at + END_OF_HEAD.len())
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "http head is too long")
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn the_head_comes_first_and_what_follows_is_kept() {
        let (mut peer, ours) = tokio::io::duplex(1024);
        let mut ours = HeadThenStream::new(ours);
        for byte in b"GET / HTTP/1.1\r\n\r" {
            peer.write_all(&[*byte]).await.unwrap();
        }
        peer.write_all(b"\nafter").await.unwrap();
        drop(peer);

        let mut buffer = [0; 64];
        let size = ours.read(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..size], b"GET / HTTP/1.1\r\n\r\n");
        let mut rest = Vec::new();
        ours.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"after");
    }

    #[tokio::test]
    async fn an_endless_head_is_an_error() {
        let (mut peer, ours) = tokio::io::duplex(64 * 1024);
        peer.write_all(&vec![b'a'; 20_000]).await.unwrap();
        let error = HeadThenStream::new(ours).read(&mut [0; 64]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
