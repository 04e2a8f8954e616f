//! Frames on their way in: cut out of the stream by their length.

use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use quinn::{ReadError, RecvStream};

use super::{LENGTH_BYTES, transport_error};
use crate::TransportError;

/// Bytes read at a time when no frame asks for more. They are on the stack until it is known how many there are, so an
/// idle connection has no buffer.
const READ_STEP_BYTES: usize = 4 * 1024;

/// Most bytes read at a time for a large frame.
const READ_STEP_BYTES_MAX: usize = 64 * 1024;

/// The receiving half of the stream and the beginning of the next frame.
#[derive(Debug)]
pub(super) struct Inbound {
    stream: RecvStream,
    buffer: BytesMut,
}

impl Inbound {
    pub(super) fn new(stream: RecvStream) -> Self {
        Self { stream, buffer: BytesMut::new() }
    }

    /// The next frame; `None` when the peer finished its stream after a whole frame.
    pub(super) fn poll_frame(
        &mut self,
        limit: usize,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, TransportError>>> {
        loop {
            let missing = match announced(&self.buffer) {
                Some(size) if size > limit => {
                    return Poll::Ready(Some(Err(TransportError::FrameTooLarge { size, limit })));
                }
                Some(size) if self.buffer.len() - LENGTH_BYTES >= size => {
                    return Poll::Ready(Some(Ok(self.cut(size))));
                }
                Some(size) => size + LENGTH_BYTES - self.buffer.len(),
                None => 0,
            };
            match ready!(self.poll_more(missing, cx)) {
                Ok(true) => {}
                Ok(false) if self.buffer.is_empty() => return Poll::Ready(None),
                Ok(false) => return Poll::Ready(Some(Err(TransportError::Lost))),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }

    fn cut(&mut self, size: usize) -> Bytes {
        self.buffer.advance(LENGTH_BYTES);
        if self.buffer.len() == size {
            return std::mem::take(&mut self.buffer).freeze();
        }
        self.buffer.split_to(size).freeze()
    }

    /// Reads some bytes; `false` at the end of the stream.
    fn poll_more(&mut self, missing: usize, cx: &mut Context<'_>) -> Poll<Result<bool, TransportError>> {
        if missing > READ_STEP_BYTES {
            return self.poll_much(missing.min(READ_STEP_BYTES_MAX), cx);
        }
        let mut step = [0; READ_STEP_BYTES];
        let size = ready!(self.stream.poll_read(cx, &mut step)).map_err(read_error)?;
        self.buffer.extend_from_slice(step.get(..size).unwrap_or_default());
        Poll::Ready(Ok(size > 0))
    }

    /// The same for a large frame, of which there is no copy.
    fn poll_much(&mut self, most: usize, cx: &mut Context<'_>) -> Poll<Result<bool, TransportError>> {
        let before = self.buffer.len();
        self.buffer.resize(before + most, 0);
        let space = self.buffer.get_mut(before..).unwrap_or_default();
        let read = self.stream.poll_read(cx, space);
        let size = if let Poll::Ready(Ok(size)) = &read { *size } else { 0 };
        self.buffer.truncate(before + size);
        ready!(read).map_err(read_error)?;
        Poll::Ready(Ok(size > 0))
    }
}

/// The length of the next frame, once its four bytes are there.
fn announced(buffer: &[u8]) -> Option<usize> {
    let length = u32::from_be_bytes(*buffer.first_chunk::<LENGTH_BYTES>()?);
    Some(usize::try_from(length).unwrap_or(usize::MAX))
}

fn read_error(error: ReadError) -> TransportError {
    match error {
        ReadError::ConnectionLost(error) => transport_error(&error),
        ReadError::Reset(_) => TransportError::Lost,
        ReadError::ClosedStream | ReadError::IllegalOrderedRead | ReadError::ZeroRttRejected => {
            TransportError::Closed
        }
    }
}
