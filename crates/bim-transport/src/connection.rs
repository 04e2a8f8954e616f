//! The pipe itself: one established connection that carries whole frames.
//!
//! *What it is.* The smallest set of poll functions from which everything else can be built; see
//! [`ConnectionExt`](crate::ConnectionExt) for the `async` conveniences.
//!
//! *How a frame travels.*
//!
//! ```text
//!   poll_ready ─► start_send ─► (more of both) ─► poll_flush        many frames, one flush
//!                                                     │
//!                                   poll_recv ◄───────┘ at the peer
//! ```
//!
//! *How it ends.* `poll_close` on one side is `None` from `poll_recv` on the other, after every frame that
//! was started before. A connection that is dropped without closing is cut: the peer may lose frames that
//! were not yet received, and sees [`TransportError::Lost`] or the end. It never waits for ever.

use std::{
    fmt,
    task::{Context, Poll},
};

use bim_types::FrameBatch;
use bytes::Bytes;

use crate::{Peer, TransportError};

/// A connection of any kind behind a pointer.
pub type BoxConnection = Box<dyn Connection>;

/// One established, ordered, reliable pipe of whole frames of bytes, owned by one task.
///
/// All poll functions are called from the one task that owns the connection; each remembers only the waker
/// of its latest call. Frames arrive whole, once and in order. An empty frame is a frame.
pub trait Connection: Send + 'static {
    /// Waits for room for one more frame. Bytes already started may be written meanwhile.
    ///
    /// # Errors
    /// The connection cannot send any more. Frames that were received before can still be read.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>>;

    /// Takes one frame for sending. Call it after `poll_ready` said yes, once for each yes.
    ///
    /// # Errors
    /// [`TransportError::FrameTooLarge`] and [`TransportError::NotReady`] refuse this frame only; the
    /// connection stays usable. Anything else means that it cannot send any more.
    fn start_send(&mut self, frame: Bytes) -> Result<(), TransportError>;

    /// Whether [`Connection::start_send_batch`] may be called: whether a batch costs less than its frames. A connection
    /// answers the same as long as it lasts.
    fn takes_batches(&self) -> bool {
        false
    }

    /// Takes several frames for sending, in their order, as `start_send` takes one: after `poll_ready` said yes, and only
    /// where `takes_batches` does. So a connection holds at most one batch more than it wants.
    ///
    /// # Errors
    /// As `start_send`. When a frame is refused, those before it were taken.
    fn start_send_batch(&mut self, batch: &FrameBatch) -> Result<(), TransportError> {
        let _ = batch;
        Err(TransportError::NotReady)
    }

    /// Hands everything that was started to the operating system or to the peer.
    ///
    /// # Errors
    /// The connection cannot send any more.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>>;

    /// Receives the next frame. `None`: the peer closed in order, or the connection is over.
    ///
    /// # Errors
    /// After an error the connection is over, and every further call returns `None`.
    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>>;

    /// Flushes, then closes in order. Frames started before arrive at a peer that keeps reading.
    ///
    /// Waits for the peer to confirm, for at most [`CLOSE_TIMEOUT`](crate::CLOSE_TIMEOUT). Frames that
    /// arrive meanwhile are discarded. Closing a closed connection does nothing.
    ///
    /// # Errors
    /// Not everything could be handed over. The connection is over all the same.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>>;

    /// Sets the largest frame accepted from the peer from now on, in bytes, up to the transport's own
    /// limit. Servers start small and raise it after authentication.
    ///
    /// A larger frame is [`TransportError::FrameTooLarge`] from `poll_recv`, raised from its announced
    /// length before it is buffered.
    fn set_frame_limit(&mut self, bytes: usize);

    /// Who is at the other end.
    fn peer(&self) -> &Peer;
}

impl<C: Connection + ?Sized> Connection for Box<C> {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        (**self).poll_ready(cx)
    }

    fn start_send(&mut self, frame: Bytes) -> Result<(), TransportError> {
        (**self).start_send(frame)
    }

    fn takes_batches(&self) -> bool {
        (**self).takes_batches()
    }

    fn start_send_batch(&mut self, batch: &FrameBatch) -> Result<(), TransportError> {
        (**self).start_send_batch(batch)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        (**self).poll_flush(cx)
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        (**self).poll_recv(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        (**self).poll_close(cx)
    }

    fn set_frame_limit(&mut self, bytes: usize) {
        (**self).set_frame_limit(bytes);
    }

    fn peer(&self) -> &Peer {
        (**self).peer()
    }
}

impl fmt::Debug for dyn Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("peer", self.peer()).finish_non_exhaustive()
    }
}
