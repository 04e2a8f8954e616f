//! Frames on their way out: length-prefixed, and gathered into few writes.

use std::{
    collections::VecDeque,
    future::Future,
    pin::pin,
    task::{Context, Poll, ready},
};

use bim_types::{FrameBatch, Framing};
use bytes::{BufMut, Bytes, BytesMut};
use quinn::{SendStream, WriteError};

use super::{LENGTH_BYTES, transport_error};
use crate::{TransportError, limits::OUTBOUND_BYTES_HIGH};

/// Frames up to this size are copied together; a larger one goes out as its own piece, uncopied.
const GATHERED_BYTES_MAX: usize = 2 * 1024;

/// Bytes gathered into one piece.
const PIECE_BYTES: usize = 16 * 1024;

/// The sending half of the stream and what waits for it.
#[derive(Debug)]
pub(super) struct Outbound {
    stream: SendStream,
    pieces: VecDeque<Bytes>,
    gathering: BytesMut,
    waiting: usize,
}

impl Outbound {
    pub(super) fn new(stream: SendStream) -> Self {
        Self { stream, pieces: VecDeque::new(), gathering: BytesMut::new(), waiting: 0 }
    }

    pub(super) fn has_room(&self) -> bool {
        self.waiting < OUTBOUND_BYTES_HIGH
    }

    /// Queues a frame whose size was checked.
    pub(super) fn push(&mut self, length: u32, frame: Bytes) {
        self.waiting += LENGTH_BYTES + frame.len();
        self.gathering.put_u32(length);
        if frame.len() <= GATHERED_BYTES_MAX {
            self.gathering.put_slice(&frame);
            if self.gathering.len() >= PIECE_BYTES {
                self.seal();
            }
        } else {
            self.seal();
            self.pieces.push_back(frame);
        }
    }

    /// Queues a batch whose sizes were checked, uncopied: it is shared with other connections.
    pub(super) fn push_batch(&mut self, batch: &FrameBatch) {
        self.seal();
        let piece = batch.encoded(Framing::LengthPrefixed, length_prefixed);
        self.waiting += piece.len();
        self.pieces.push_back(piece);
    }

    /// Writes until there is room.
    pub(super) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        while !self.has_room() {
            ready!(self.poll_write(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Writes everything.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.seal();
        while !self.pieces.is_empty() {
            ready!(self.poll_write(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Says that no frame follows, and gives the future of the peer having everything.
    pub(super) fn finish(&mut self) -> impl Future<Output = Result<(), TransportError>> + Send + use<> {
        // It fails only when the stream is over already, and then the future says so.
        let _ = self.stream.finish();
        let acknowledged = self.stream.stopped();
        async move {
            match acknowledged.await {
                // Stopped or acknowledged: the peer wants no more, or has all.
                Ok(_) => Ok(()),
                Err(quinn::StoppedError::ConnectionLost(quinn::ConnectionError::ApplicationClosed(_))) => {
                    Ok(())
                }
                Err(quinn::StoppedError::ConnectionLost(error)) => Err(transport_error(&error)),
                Err(quinn::StoppedError::ZeroRttRejected) => Err(TransportError::Lost),
            }
        }
    }

    fn seal(&mut self) {
        if !self.gathering.is_empty() {
            self.pieces.push_back(std::mem::take(&mut self.gathering).freeze());
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.seal();
        // Writing chunks is cancel safe: a future that is not ready has taken nothing.
        let written = {
            let write = pin!(self.stream.write_chunks(self.pieces.make_contiguous()));
            ready!(write.poll(cx)).map_err(write_error)?
        };
        self.pieces.drain(..written.chunks);
        self.waiting = self.waiting.saturating_sub(written.bytes);
        Poll::Ready(Ok(()))
    }
}

fn length_prefixed(frames: &[Bytes]) -> Bytes {
    let bytes = frames.iter().map(|frame| LENGTH_BYTES + frame.len()).sum();
    let mut out = BytesMut::with_capacity(bytes);
    for frame in frames {
        out.put_u32(u32::try_from(frame.len()).expect("the size of each frame was checked"));
        out.put_slice(frame);
    }
    out.freeze()
}

fn write_error(error: WriteError) -> TransportError {
    match error {
        WriteError::ConnectionLost(error) => transport_error(&error),
        WriteError::Stopped(_) => TransportError::Lost,
        WriteError::ClosedStream | WriteError::ZeroRttRejected => TransportError::Closed,
    }
}
