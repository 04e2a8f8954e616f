//! The present connection and what waits to be written to it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use bim_core::LinkId;
use bim_transport::{BoxConnection, Connection, TransportError};
use bytes::Bytes;

/// Frames that wait to be written. The machine keeps far fewer under way; a peer that lets more gather, by asking
/// and not reading, loses the connection.
const QUEUED_FRAMES_MAX: usize = 4096;

/// A connection with its outbound queue.
pub(crate) struct Link {
    pub(crate) id: LinkId,
    connection: BoxConnection,
    queue: VecDeque<Bytes>,
    unflushed: bool,
    /// Nothing can be written any more; what has arrived can still be read.
    deaf: bool,
    flooded: bool,
}

impl Link {
    pub(crate) fn new(id: LinkId, connection: BoxConnection) -> Self {
        Self { id, connection, queue: VecDeque::new(), unflushed: false, deaf: false, flooded: false }
    }

    pub(crate) fn queue(&mut self, frame: Bytes) {
        if self.queue.len() >= QUEUED_FRAMES_MAX {
            self.flooded = true;
        } else if !self.deaf {
            self.queue.push_back(frame);
        }
    }

    /// Writes what the connection takes, and flushes once. A failure shows when reading ends.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>) {
        if !self.deaf && matches!(self.poll_flushed(cx), Poll::Ready(Err(_))) {
            self.deaf = true;
            self.queue.clear();
        }
    }

    /// The next frame; `None` when the connection is over.
    pub(crate) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.flooded {
            return Poll::Ready(None);
        }
        self.connection.poll_recv(cx).map(|frame| frame.and_then(Result::ok))
    }

    /// Writes everything that waits and closes in order.
    pub(crate) async fn close(mut self) {
        // The peer may be gone, which is as closed as can be.
        let _ = poll_fn(|cx| self.poll_flushed(cx)).await;
        let _ = poll_fn(|cx| self.connection.poll_close(cx)).await;
    }

    fn poll_flushed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        while !self.queue.is_empty() {
            ready!(self.connection.poll_ready(cx))?;
            if let Some(frame) = self.queue.pop_front() {
                self.connection.start_send(frame)?;
                self.unflushed = true;
            }
        }
        if self.unflushed {
            ready!(self.connection.poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}
