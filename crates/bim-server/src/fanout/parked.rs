//! A connection whose task sleeps.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::{Context, Poll, Waker};

use bim_transport::{BoxConnection, Connection};
use bim_types::FrameBatch;

/// A connection that has nothing to write and is at hand for whoever brings something.
#[derive(Debug)]
pub(super) struct Parked {
    connection: BoxConnection,
    takes_batches: bool,
    /// What the connection panicked with.
    fault: Option<Box<dyn Any + Send>>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It is on its way to the peer.
    Whole,
    /// It was taken. Some of it waits, or the connection is at its end: its task finds out.
    Partly,
    /// There is no room; nothing was taken.
    Not,
}

impl Parked {
    pub(super) fn new(connection: BoxConnection) -> Self {
        let takes_batches = connection.takes_batches();
        Self { connection, takes_batches, fault: None }
    }

    /// Whether [`send`](Self::send) may be called.
    pub(super) fn takes_batches(&self) -> bool {
        self.takes_batches && self.fault.is_none()
    }

    /// Writes a batch for the task that sleeps behind this waker. A panic is kept for that task.
    pub(super) fn send(&mut self, batch: &FrameBatch, waker: &Waker) -> Sent {
        let connection = &mut self.connection;
        let sent =
            catch_unwind(AssertUnwindSafe(|| write(connection, batch, &mut Context::from_waker(waker))));
        sent.unwrap_or_else(|fault| {
            self.fault = Some(fault);
            Sent::Partly
        })
    }

    /// The connection, or the panic that it kept.
    pub(super) fn into_connection(self) -> BoxConnection {
        match self.fault {
            Some(fault) => resume_unwind(fault),
            None => self.connection,
        }
    }
}

fn write(connection: &mut BoxConnection, batch: &FrameBatch, cx: &mut Context<'_>) -> Sent {
    if !matches!(connection.poll_ready(cx), Poll::Ready(Ok(()))) {
        return Sent::Not;
    }
    if let Err(error) = connection.start_send_batch(batch) {
        tracing::debug!(%error, "a batch was not taken whole");
        return Sent::Partly;
    }
    match connection.poll_flush(cx) {
        Poll::Ready(Ok(())) => Sent::Whole,
        Poll::Ready(Err(_)) | Poll::Pending => Sent::Partly,
    }
}

#[cfg(test)]
#[path = "parked_test.rs"]
mod tests;
