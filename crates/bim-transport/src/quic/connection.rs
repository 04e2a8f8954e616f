//! One stream of one QUIC connection as a [`Connection`].

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bim_types::FrameBatch;
use bytes::Bytes;
use quinn::{RecvStream, SendStream, VarInt};
use tokio::time::{Sleep, sleep};

use super::{
    CODE_CLOSED, CODE_PROTOCOL, config::RECEIVE_WINDOW, inbound::Inbound, outbound::Outbound,
    retirement::Lease,
};
use crate::{Connection, Peer, TransportError, TransportKind, limits::CLOSE_TIMEOUT};

type Acknowledgement = Pin<Box<dyn Future<Output = Result<(), TransportError>> + Send>>;

/// A QUIC stream that carries frames.
pub(super) struct QuicConnection {
    quic: quinn::Connection,
    outbound: Outbound,
    inbound: Inbound,
    phase: Phase,
    frame_bytes_max: usize,
    frame_limit: usize,
    peer: Peer,
    /// Keeps the socket of a closed listener. Dropped last, when the connection is closed.
    _lease: Option<Lease>,
}

enum Phase {
    Open,
    /// Frames that were started leave first.
    Flushing {
        timeout: Pin<Box<Sleep>>,
    },
    /// The peer acknowledges what it got.
    Finishing {
        timeout: Pin<Box<Sleep>>,
        acknowledged: Acknowledgement,
    },
    Over,
}

impl QuicConnection {
    pub(super) fn new(
        quic: quinn::Connection,
        (send, recv): (SendStream, RecvStream),
        frame_bytes_max: usize,
        lease: Option<Lease>,
    ) -> Self {
        let address = quic.remote_address();
        let address = std::net::SocketAddr::new(address.ip().to_canonical(), address.port());
        let frame_bytes_max = frame_bytes_max.min(u32::MAX as usize);
        Self {
            quic,
            outbound: Outbound::new(send),
            inbound: Inbound::new(recv),
            phase: Phase::Open,
            frame_bytes_max,
            frame_limit: frame_bytes_max,
            peer: Peer { address: Some(address), transport: TransportKind::Quic, encrypted: true },
            _lease: lease,
        }
    }

    fn check_open(&self) -> Result<(), TransportError> {
        if matches!(self.phase, Phase::Open) { Ok(()) } else { Err(TransportError::Closed) }
    }

    fn end(&mut self, code: VarInt) {
        self.phase = Phase::Over;
        self.quic.close(code, b"");
    }

    fn poll_closing(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        if let Phase::Flushing { timeout } = &mut self.phase {
            if timeout.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(TransportError::TimedOut));
            }
            ready!(self.outbound.poll_flush(cx))?;
            let acknowledged = Box::pin(self.outbound.finish());
            if let Phase::Flushing { timeout } = std::mem::replace(&mut self.phase, Phase::Over) {
                self.phase = Phase::Finishing { timeout, acknowledged };
            }
        }
        if let Phase::Finishing { timeout, acknowledged } = &mut self.phase {
            if timeout.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(TransportError::TimedOut));
            }
            ready!(acknowledged.as_mut().poll(cx))?;
        }
        Poll::Ready(Ok(()))
    }
}

impl Connection for QuicConnection {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.check_open()?;
        self.outbound.poll_room(cx)
    }

    fn start_send(&mut self, frame: Bytes) -> Result<(), TransportError> {
        self.check_open()?;
        let limit = self.frame_bytes_max;
        let size = frame.len();
        match u32::try_from(size) {
            Ok(length) if size <= limit => {
                if !self.outbound.has_room() {
                    return Err(TransportError::NotReady);
                }
                self.outbound.push(length, frame);
                Ok(())
            }
            _ => Err(TransportError::FrameTooLarge { size, limit }),
        }
    }

    fn takes_batches(&self) -> bool {
        true
    }

    fn start_send_batch(&mut self, batch: &FrameBatch) -> Result<(), TransportError> {
        self.check_open()?;
        if batch.largest() > self.frame_bytes_max {
            return Err(TransportError::FrameTooLarge { size: batch.largest(), limit: self.frame_bytes_max });
        }
        if !self.outbound.has_room() {
            return Err(TransportError::NotReady);
        }
        self.outbound.push_batch(batch);
        Ok(())
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.check_open()?;
        self.outbound.poll_flush(cx)
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        if !matches!(self.phase, Phase::Open) {
            return Poll::Ready(None);
        }
        let received = ready!(self.inbound.poll_frame(self.frame_limit, cx));
        match &received {
            Some(Ok(_)) => {}
            // The peer waits for nothing more, so the connection may go.
            None => self.phase = Phase::Over,
            Some(Err(_)) => self.end(CODE_PROTOCOL),
        }
        Poll::Ready(received)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        match self.phase {
            Phase::Over => return Poll::Ready(Ok(())),
            Phase::Open => self.phase = Phase::Flushing { timeout: Box::pin(sleep(CLOSE_TIMEOUT)) },
            Phase::Flushing { .. } | Phase::Finishing { .. } => {}
        }
        let closed = ready!(self.poll_closing(cx));
        self.end(CODE_CLOSED);
        Poll::Ready(closed)
    }

    fn set_frame_limit(&mut self, bytes: usize) {
        let limit = bytes.min(self.frame_bytes_max);
        if limit > self.frame_limit {
            self.quic.set_receive_window(VarInt::from_u32(RECEIVE_WINDOW));
        }
        self.frame_limit = limit;
    }

    fn peer(&self) -> &Peer {
        &self.peer
    }
}
