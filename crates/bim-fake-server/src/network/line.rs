//! A client's end of a connection, on a network that may be bad.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bim_server_core::script::uid_of_hello;
use bim_transport::{BoxConnection, Connection, Peer, TransportError};
use bytes::Bytes;
use tokio::time::{Sleep, sleep};

use super::Network;
use super::wire::{Way, Wire};

/// A client's end of a connection. On a network with which nothing is wrong it is transparent.
pub(super) struct Line {
    /// `None` once it was cut.
    inner: Option<BoxConnection>,
    peer: Peer,
    number: u64,
    wire: Arc<Wire>,
    network: Arc<Network>,
    /// Whether the first frame, which says whose it is, was sent.
    is_known: bool,
    /// Whether the reader was told that it was cut.
    was_told: bool,
    /// When the next frame may be read.
    pause: Option<Pin<Box<Sleep>>>,
}

impl Line {
    pub(super) fn new(inner: BoxConnection, number: u64, wire: Arc<Wire>, network: Arc<Network>) -> Self {
        let peer = inner.peer().clone();
        let inner = Some(inner);
        Self { inner, peer, number, wire, network, is_known: false, was_told: false, pause: None }
    }

    /// The connection for writing, after a look at the network; `None`: what is written vanishes.
    fn writing(&mut self, way: Way) -> Result<Option<&mut BoxConnection>, TransportError> {
        match way {
            Way::Cut => self.inner = None,
            Way::Silent => return Ok(None),
            Way::Open | Way::Paced(_) | Way::Stalled => {}
        }
        self.inner.as_mut().map(Some).ok_or(TransportError::Lost)
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        if let Some(inner) = &mut self.inner {
            return inner.poll_recv(cx);
        }
        let first = !std::mem::replace(&mut self.was_told, true);
        Poll::Ready(first.then_some(Err(TransportError::Lost)))
    }
}

impl Connection for Line {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        let way = self.wire.writing(cx);
        match self.writing(way)? {
            Some(inner) => inner.poll_ready(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    fn start_send(&mut self, frame: Bytes) -> Result<(), TransportError> {
        if !self.is_known {
            self.is_known = true;
            if let Some(uid) = uid_of_hello(&frame) {
                self.network.identify(self.number, uid);
            }
        }
        let way = self.wire.now();
        match self.writing(way)? {
            Some(inner) => inner.start_send(frame),
            None => Ok(()),
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        let way = self.wire.writing(cx);
        match self.writing(way)? {
            Some(inner) => inner.poll_flush(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        let pace = match self.wire.reading(cx) {
            Way::Silent | Way::Stalled => return Poll::Pending,
            Way::Cut => {
                self.inner = None;
                return self.poll_read(cx);
            }
            Way::Open => None,
            Way::Paced(pace) => Some(pace),
        };
        if let (Some(pause), Some(_)) = (&mut self.pause, pace) {
            std::task::ready!(pause.as_mut().poll(cx));
        }
        let read = self.poll_read(cx);
        if read.is_ready() {
            self.pause = pace.map(|pace| Box::pin(sleep(pace)));
        }
        read
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        let way = self.wire.writing(cx);
        match self.writing(way) {
            Ok(Some(inner)) => inner.poll_close(cx),
            Ok(None) | Err(_) => Poll::Ready(Ok(())),
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

impl Drop for Line {
    fn drop(&mut self) {
        self.network.disconnect(self.number, self.inner.take());
    }
}
