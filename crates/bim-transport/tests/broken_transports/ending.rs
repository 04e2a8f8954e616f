//! Faults in how a connection ends.

use std::{
    mem::ManuallyDrop,
    task::{Context, Poll},
};

use bim_transport::{BoxConnection, Connection, Peer, TransportError};
use bytes::Bytes;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Waits for what does not come.
    HangsInClose,
    /// Waits until the peer has made room.
    ClosesOnlyWhenThereIsRoom,
    /// Says that it did, and does nothing.
    OnlySaysThatItCloses,
    CutsInsteadOfClosing,
    FailsToCloseTwice,
    SendsAfterItsClose,
    WaitsForFramesAfterItsClose,
    /// Stays open when it is dropped.
    OutlivesItsDrop,
    /// Writes to a peer that is gone as if it were there.
    NeverTellsTheWriter,
    /// Keeps the end of the peer from the reader.
    NeverTellsTheReader,
}

/// A connection that comes to its end.
pub(crate) struct Ending {
    /// `None` once it was cut.
    inner: Option<ManuallyDrop<BoxConnection>>,
    fault: Option<Fault>,
    closed: bool,
    peer: Peer,
}

impl Ending {
    pub(crate) fn new(inner: BoxConnection, fault: Option<Fault>) -> Self {
        let peer = inner.peer().clone();
        Self { inner: Some(ManuallyDrop::new(inner)), fault, closed: false, peer }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn cut(&mut self) {
        drop(self.inner.take().map(ManuallyDrop::into_inner));
    }

    /// What the writer is told.
    fn told(&self, done: Result<(), TransportError>) -> Result<(), TransportError> {
        let silent =
            self.is(Fault::NeverTellsTheWriter) || (self.closed && self.is(Fault::SendsAfterItsClose));
        match done {
            Err(TransportError::Lost | TransportError::Closed) if silent => Ok(()),
            done => done,
        }
    }

    fn asked(
        &mut self,
        ask: impl FnOnce(&mut BoxConnection) -> Poll<Result<(), TransportError>>,
    ) -> Poll<Result<(), TransportError>> {
        let Some(inner) = &mut self.inner else { return Poll::Ready(Err(TransportError::Closed)) };
        ask(inner).map(|done| self.told(done))
    }
}

impl Connection for Ending {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.asked(|inner| inner.poll_ready(cx))
    }

    fn start_send(&mut self, frame: Bytes) -> Result<(), TransportError> {
        match self.asked(|inner| Poll::Ready(inner.start_send(frame))) {
            Poll::Ready(sent) => sent,
            Poll::Pending => Ok(()),
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.asked(|inner| inner.poll_flush(cx))
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        if self.closed && self.is(Fault::WaitsForFramesAfterItsClose) {
            return Poll::Pending;
        }
        let hides_the_end = self.is(Fault::NeverTellsTheReader);
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        match inner.poll_recv(cx) {
            Poll::Ready(None | Some(Err(_))) if hides_the_end => Poll::Pending,
            received => received,
        }
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        let again = std::mem::replace(&mut self.closed, true);
        match self.fault {
            Some(Fault::HangsInClose) => return Poll::Pending,
            Some(Fault::ClosesOnlyWhenThereIsRoom) if !again => {
                self.closed = false;
                std::task::ready!(self.asked(|inner| inner.poll_ready(cx)))?;
                self.closed = true;
            }
            Some(Fault::OnlySaysThatItCloses) => return Poll::Ready(Ok(())),
            Some(Fault::CutsInsteadOfClosing) => {
                self.cut();
                return Poll::Ready(Ok(()));
            }
            Some(Fault::FailsToCloseTwice) if again => return Poll::Ready(Err(TransportError::Closed)),
            _ => {}
        }
        match &mut self.inner {
            Some(inner) => inner.poll_close(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    fn set_frame_limit(&mut self, bytes: usize) {
        if let Some(inner) = &mut self.inner {
            inner.set_frame_limit(bytes);
        }
    }

    fn peer(&self) -> &Peer {
        &self.peer
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if !self.is(Fault::OutlivesItsDrop) {
            self.cut();
        }
    }
}
