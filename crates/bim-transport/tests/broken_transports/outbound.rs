//! Faults in sending.

use std::{
    collections::VecDeque,
    task::{Context, Poll, Waker, ready},
};

use bim_transport::{BoxConnection, Connection, Peer, TransportError, contract::FRAME_LIMIT};
use bytes::{Bytes, BytesMut};

use crate::{Side, forward::forward};

/// One in so many frames suffers from a fault that does not hit all.
const ONE_IN: u64 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    DropsSomeFrames,
    DoublesSomeFrames,
    /// A frame now and then changes places with the next one.
    SwapsNeighbours,
    /// Two small frames that wait for the same flush become one.
    MergesFrames,
    SplitsLargeFrames,
    CutsLargeFrames,
    FlipsAByteOfLargeFrames,
    SkipsEmptyFrames,
    /// The last frame stays here until there is another one, whatever the flush says.
    FlushesAllButTheLast,
    LosesAtCloseWhatWasNotFlushed,
    LosesTheLastFrameAtClose,
    /// Takes whatever it is given.
    HasNoBounds,
    DropsWhenFull,
    NeverWakesTheWriter,
    TakesFramesOverTheLimit,
    RefusesFramesOfTheLimit,
    EndsAtAFrameOverTheLimit,
    /// The server says nothing before the client does.
    WaitsForTheClient,
}

/// Frames on their way out, held back here as far as the fault wants it.
pub(crate) struct Outbound {
    inner: BoxConnection,
    fault: Option<Fault>,
    held: VecDeque<Bytes>,
    taken: u64,
    muzzled: bool,
    over: bool,
}

impl Outbound {
    pub(crate) fn new(inner: BoxConnection, side: Side, fault: Option<Fault>) -> Self {
        let muzzled = fault == Some(Fault::WaitsForTheClient) && side == Side::Server;
        Self { inner, fault, held: VecDeque::new(), taken: 0, muzzled, over: false }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// What leaves instead of the frame; what stays goes into `held`.
    fn broken(&mut self, frame: Bytes) -> Vec<Bytes> {
        self.taken += 1;
        let unlucky = self.taken.is_multiple_of(ONE_IN);
        let large = frame.len() > 60_000;
        match self.fault {
            Some(Fault::DropsSomeFrames) if unlucky => vec![],
            Some(Fault::DoublesSomeFrames) if unlucky => vec![frame.clone(), frame],
            Some(Fault::SplitsLargeFrames) if large => vec![frame.slice(..60_000), frame.slice(60_000..)],
            Some(Fault::CutsLargeFrames) if large => vec![frame.slice(..60_000)],
            Some(Fault::FlipsAByteOfLargeFrames) if large => vec![flipped(&frame)],
            Some(Fault::SkipsEmptyFrames) if frame.is_empty() => vec![],
            Some(Fault::SwapsNeighbours) if unlucky => self.hold(frame),
            Some(Fault::SwapsNeighbours) => std::iter::once(frame).chain(self.held.drain(..)).collect(),
            Some(Fault::MergesFrames) if frame.len() < 100 && self.held.is_empty() => self.hold(frame),
            Some(Fault::MergesFrames) => match self.held.pop_front() {
                Some(first) => vec![merged(&first, &frame)],
                None => vec![frame],
            },
            Some(Fault::FlushesAllButTheLast | Fault::LosesTheLastFrameAtClose) => {
                let before = self.held.drain(..).collect();
                self.held.push_back(frame);
                before
            }
            Some(Fault::LosesAtCloseWhatWasNotFlushed) => self.hold(frame),
            _ => vec![frame],
        }
    }

    fn hold(&mut self, frame: Bytes) -> Vec<Bytes> {
        self.held.push_back(frame);
        vec![]
    }

    /// Sends what was held back, as far as there is room.
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        while !self.held.is_empty() {
            ready!(self.inner.poll_ready(cx))?;
            if let Some(frame) = self.held.pop_front() {
                self.inner.start_send(frame)?;
            }
        }
        Poll::Ready(Ok(()))
    }

    fn over_the_limit(&mut self, frame: Bytes) -> Result<(), TransportError> {
        match self.fault {
            Some(Fault::TakesFramesOverTheLimit) => Ok(()),
            Some(Fault::EndsAtAFrameOverTheLimit) => {
                self.over = true;
                self.inner.start_send(frame)
            }
            _ => self.inner.start_send(frame),
        }
    }
}

impl Connection for Outbound {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        if self.over {
            return Poll::Ready(Err(TransportError::Lost));
        }
        match self.fault {
            Some(Fault::HasNoBounds | Fault::DropsWhenFull) => {
                let _ = self.poll_held(cx);
                Poll::Ready(Ok(()))
            }
            Some(Fault::NeverWakesTheWriter) => {
                self.inner.poll_ready(&mut Context::from_waker(Waker::noop()))
            }
            _ => self.inner.poll_ready(cx),
        }
    }

    fn start_send(&mut self, frame: Bytes) -> Result<(), TransportError> {
        if frame.len() > FRAME_LIMIT {
            return self.over_the_limit(frame);
        }
        if frame.len() == FRAME_LIMIT && self.is(Fault::RefusesFramesOfTheLimit) {
            return Err(TransportError::FrameTooLarge { size: frame.len(), limit: FRAME_LIMIT - 1 });
        }
        if self.is(Fault::HasNoBounds) || self.muzzled {
            self.held.push_back(frame);
            return Ok(());
        }
        for frame in self.broken(frame) {
            match self.inner.start_send(frame.clone()) {
                Err(TransportError::NotReady) if self.is(Fault::DropsWhenFull) => {}
                // Two for one may need more room than there is.
                Err(TransportError::NotReady) => self.held.push_back(frame),
                sent => sent?,
            }
        }
        Ok(())
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        if !self.muzzled && !self.is(Fault::FlushesAllButTheLast) {
            ready!(self.poll_held(cx))?;
        }
        self.inner.poll_flush(cx)
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        let received = self.inner.poll_recv(cx);
        self.muzzled &= received.is_pending();
        received
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        match self.fault {
            Some(Fault::LosesAtCloseWhatWasNotFlushed | Fault::LosesTheLastFrameAtClose) => self.held.clear(),
            _ => drop(self.poll_held(cx)),
        }
        self.inner.poll_close(cx)
    }

    forward!(set_frame_limit, peer);
}

fn flipped(frame: &Bytes) -> Bytes {
    let mut bytes = BytesMut::from(&frame[..]);
    if let Some(byte) = bytes.last_mut() {
        *byte ^= 1;
    }
    bytes.freeze()
}

fn merged(first: &Bytes, second: &Bytes) -> Bytes {
    [&first[..], &second[..]].concat().into()
}
