//! Faults in receiving.

use std::task::{Context, Poll, Waker, ready};

use bim_transport::{BoxConnection, Connection, Peer, TransportError};
use bytes::Bytes;

use crate::forward::forward;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    NeverWakesTheReader,
    /// Remembers the waker of the first call that waited, not of the latest.
    WakesTheFirstToAsk,
    /// A frame that was begun on behalf of one caller is not there for the next.
    LosesFramesWhenCancelled,
    IgnoresTheFrameLimit,
    NeverRaisesTheFrameLimit,
    GoesOnAfterAFrameOverTheLimit,
    ReportsErrorsAsTheEnd,
    ReportsTheEndAsAnError,
    RepeatsTheEndAsAnError,
    /// Reads nothing while there is no room for writing.
    ReadsOnlyWhenItCanWrite,
}

/// Frames on their way in.
pub(crate) struct Inbound {
    inner: BoxConnection,
    fault: Option<Fault>,
    waker: Option<Waker>,
    begun: Option<(Waker, Bytes)>,
    limit: usize,
    ended: bool,
}

impl Inbound {
    pub(crate) fn new(inner: BoxConnection, fault: Option<Fault>) -> Self {
        Self { inner, fault, waker: None, begun: None, limit: usize::MAX, ended: false }
    }

    /// Takes a frame in one call and hands it out in the next, if that comes from the same task.
    fn poll_in_two_calls(&mut self, cx: &Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        if let Some((waker, frame)) = self.begun.take()
            && waker.will_wake(cx.waker())
        {
            return Poll::Ready(Some(Ok(frame)));
        }
        match ready!(self.inner.poll_recv(&mut Context::from_waker(cx.waker()))) {
            Some(Ok(frame)) => {
                self.begun = Some((cx.waker().clone(), frame));
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            end => Poll::Ready(end),
        }
    }

    fn broken_end(
        &mut self,
        received: Option<Result<Bytes, TransportError>>,
    ) -> Option<Result<Bytes, TransportError>> {
        let again = std::mem::replace(&mut self.ended, !matches!(received, Some(Ok(_))));
        match (self.fault, received) {
            (Some(Fault::ReportsErrorsAsTheEnd), Some(Err(_))) => None,
            (Some(Fault::ReportsTheEndAsAnError), None) if !again => Some(Err(TransportError::Lost)),
            (Some(Fault::RepeatsTheEndAsAnError), None) if again => Some(Err(TransportError::Closed)),
            (Some(Fault::GoesOnAfterAFrameOverTheLimit), Some(Ok(frame))) if frame.len() > self.limit => {
                Some(Err(TransportError::FrameTooLarge { size: frame.len(), limit: self.limit }))
            }
            (_, received) => received,
        }
    }
}

impl Connection for Inbound {
    forward!(poll_ready, start_send, poll_flush, poll_close, peer);

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        let mut nobody = Context::from_waker(Waker::noop());
        let received = match self.fault {
            Some(Fault::NeverWakesTheReader) => self.inner.poll_recv(&mut nobody),
            Some(Fault::WakesTheFirstToAsk) => {
                let first = self.waker.get_or_insert_with(|| cx.waker().clone());
                self.inner.poll_recv(&mut Context::from_waker(first))
            }
            Some(Fault::LosesFramesWhenCancelled) => self.poll_in_two_calls(cx),
            Some(Fault::ReadsOnlyWhenItCanWrite) if self.inner.poll_ready(cx).is_pending() => Poll::Pending,
            _ => self.inner.poll_recv(cx),
        };
        received.map(|received| self.broken_end(received))
    }

    fn set_frame_limit(&mut self, bytes: usize) {
        let lowest = self.limit.min(bytes);
        self.limit = bytes;
        match self.fault {
            Some(Fault::IgnoresTheFrameLimit | Fault::GoesOnAfterAFrameOverTheLimit) => {}
            Some(Fault::NeverRaisesTheFrameLimit) => {
                self.limit = lowest;
                self.inner.set_frame_limit(lowest);
            }
            _ => self.inner.set_frame_limit(bytes),
        }
    }
}
