//! `async` conveniences on top of [`Connection`], blanket-implemented.

use std::future::{Future, poll_fn};

use bytes::Bytes;

use crate::{Connection, TransportError};

/// The poll functions of [`Connection`] as futures.
pub trait ConnectionExt: Connection {
    /// Sends one frame and flushes.
    ///
    /// # Errors
    /// See [`Connection::start_send`]: a frame that is too large leaves the connection usable.
    ///
    /// # Cancel safety
    /// Not cancel safe: a dropped call has sent the whole frame or nothing, and does not say which.
    fn send(&mut self, frame: Bytes) -> impl Future<Output = Result<(), TransportError>> + Send {
        async move {
            self.feed(frame).await?;
            self.flush().await
        }
    }

    /// Waits for room and takes one frame for sending, without flushing. Feed many, flush once.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    ///
    /// # Cancel safety
    /// A call dropped before it is ready has not taken the frame.
    fn feed(&mut self, frame: Bytes) -> impl Future<Output = Result<(), TransportError>> + Send {
        async move {
            poll_fn(|cx| self.poll_ready(cx)).await?;
            self.start_send(frame)
        }
    }

    /// Hands everything that was fed to the operating system or to the peer.
    ///
    /// # Errors
    /// The connection cannot send any more.
    ///
    /// # Cancel safety
    /// Cancel safe: call it again to go on.
    fn flush(&mut self) -> impl Future<Output = Result<(), TransportError>> + Send {
        poll_fn(|cx| self.poll_flush(cx))
    }

    /// Receives the next frame; `None` when the peer closed in order or the connection is over.
    ///
    /// # Errors
    /// After an error the connection is over.
    ///
    /// # Cancel safety
    /// Cancel safe: a dropped call has taken no frame, and what it has read of one is kept.
    fn recv(&mut self) -> impl Future<Output = Option<Result<Bytes, TransportError>>> + Send {
        poll_fn(|cx| self.poll_recv(cx))
    }

    /// Flushes and closes in order; see [`Connection::poll_close`].
    ///
    /// # Errors
    /// Not everything could be handed over. The connection is over all the same.
    ///
    /// # Cancel safety
    /// Cancel safe: call it again to go on. A connection dropped meanwhile is cut.
    fn close(&mut self) -> impl Future<Output = Result<(), TransportError>> + Send {
        poll_fn(|cx| self.poll_close(cx))
    }
}

impl<C: Connection + ?Sized> ConnectionExt for C {}
