//! One established WebSocket as a [`Connection`].

use std::{
    future::Future,
    io::{self, Write},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bim_types::{FrameBatch, Framing};
use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, Sleep, sleep},
};
use tokio_tungstenite::tungstenite::{
    Error, Message,
    error::{CapacityError, ProtocolError},
    protocol::{CloseFrame, Role, frame::coding::CloseCode},
};

use super::{control::ControlBudget, framing, upgrade::Socket};
use crate::{
    Connection, Peer, TransportError,
    limits::{CLOSE_TIMEOUT, OUTBOUND_BYTES_HIGH},
};

/// A WebSocket that carries frames.
pub(super) struct WebSocketConnection<S> {
    socket: Socket<S>,
    phase: Phase,
    /// Whether this is the server's end: it does not mask what it sends, so that many connections may send the same bytes.
    is_server: bool,
    /// Tungstenite may hold frames that are not written yet.
    holding: bool,
    /// Bytes wait for the socket, so there is no room.
    blocked: bool,
    /// The socket takes no more bytes. What it received can still be read.
    mute: bool,
    control: ControlBudget,
    frame_bytes_max: usize,
    peer: Peer,
}

enum Phase {
    Open,
    Closing { step: Closing, timeout: Pin<Box<Sleep>> },
    Over,
}

#[derive(Debug, Clone, Copy)]
enum Closing {
    /// Frames that were started leave first.
    Flushing,
    /// Our close frame leaves.
    Announcing,
    /// The peer reads what we sent and answers.
    Waiting,
    /// The stream beneath is closed for writing.
    ShuttingDown,
}

impl<S> WebSocketConnection<S> {
    pub(super) fn new(socket: Socket<S>, role: Role, frame_bytes_max: usize, peer: Peer) -> Self {
        let is_server = role == Role::Server;
        Self {
            socket,
            phase: Phase::Open,
            is_server,
            holding: false,
            blocked: false,
            mute: false,
            control: ControlBudget::default(),
            frame_bytes_max,
            peer,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocketConnection<S> {
    fn check_open(&self) -> Result<(), TransportError> {
        match self.phase {
            Phase::Open if !self.mute => Ok(()),
            Phase::Open | Phase::Closing { .. } | Phase::Over => Err(TransportError::Closed),
        }
    }

    fn poll_write_out(&mut self, cx: &Context<'_>) -> Poll<Result<(), TransportError>> {
        let stream = self.socket.get_mut().attend(cx);
        let written = if self.holding { self.socket.flush() } else { stream.flush().map_err(Error::Io) };
        match written {
            Ok(()) => {
                (self.blocked, self.holding) = (false, false);
                Poll::Ready(Ok(()))
            }
            Err(error) if would_block(&error) => {
                self.blocked = true;
                Poll::Pending
            }
            Err(error) => {
                self.mute = true;
                Poll::Ready(Err(transport_error(error)))
            }
        }
    }

    /// Whether tungstenite has nothing left to write, so that what it does not know of may follow.
    fn let_go(&mut self) -> bool {
        self.holding = self.holding && self.socket.flush().is_err();
        !self.holding
    }

    /// Takes a frame, also when there is no room.
    fn hand_over(&mut self, frame: Bytes) -> Result<(), TransportError> {
        if frame.len() > self.frame_bytes_max {
            return Err(TransportError::FrameTooLarge { size: frame.len(), limit: self.frame_bytes_max });
        }
        if self.is_server && self.let_go() {
            self.socket.get_mut().append(|out| framing::message(&frame, out));
            return self.write_when_much();
        }
        self.holding = true;
        match self.socket.write(Message::Binary(frame)) {
            Ok(()) => Ok(()),
            Err(error) if would_block(&error) => {
                self.blocked = true;
                Ok(())
            }
            Err(error) => {
                self.mute = true;
                Err(transport_error(error))
            }
        }
    }

    /// Writes what waits beside tungstenite, if that is much.
    fn write_when_much(&mut self) -> Result<(), TransportError> {
        let stream = self.socket.get_mut();
        if stream.shared_bytes() < OUTBOUND_BYTES_HIGH {
            return Ok(());
        }
        match stream.write_shared() {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.blocked = true;
                Ok(())
            }
            Err(error) => {
                self.mute = true;
                Err(error.into())
            }
        }
    }

    /// Reads on to the next frame, over control frames.
    fn poll_next(&mut self, cx: &Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        self.socket.get_mut().attend(cx);
        loop {
            match self.socket.read() {
                Ok(Message::Binary(frame)) => return Poll::Ready(Some(Ok(frame))),
                // Tungstenite answers a ping with the next write or read.
                Ok(Message::Ping(_) | Message::Pong(_)) if self.control.spend(Instant::now()) => {
                    self.holding = true;
                }
                Ok(Message::Ping(_) | Message::Pong(_)) => {
                    return Poll::Ready(Some(Err(TransportError::Protocol("too many control frames"))));
                }
                Ok(Message::Text(_)) => {
                    return Poll::Ready(Some(Err(TransportError::Protocol("text message"))));
                }
                Ok(Message::Close(_)) => {
                    // Sends the answer to the close; the peer has no right to more than an attempt.
                    let _ = self.socket.flush();
                    return Poll::Ready(None);
                }
                Ok(Message::Frame(_)) => {}
                Err(error) if would_block(&error) => return Poll::Pending,
                Err(Error::ConnectionClosed | Error::AlreadyClosed) => return Poll::Ready(None),
                Err(error) => return Poll::Ready(Some(Err(transport_error(error)))),
            }
        }
    }

    /// Tells the peer why it is cut off, if the socket takes it at once.
    fn dismiss(&mut self, error: &TransportError) {
        let code = match error {
            TransportError::FrameTooLarge { .. } => CloseCode::Size,
            TransportError::Protocol("text message") => CloseCode::Unsupported,
            TransportError::Protocol("too many control frames") => CloseCode::Policy,
            TransportError::Protocol(_) => CloseCode::Protocol,
            _ => return,
        };
        let _ = self.socket.close(Some(CloseFrame { code, reason: "".into() }));
    }

    /// One step of closing in order: `Ready(true)` when the next step may follow, `Ready(false)` when there
    /// is no more to do.
    fn poll_closing(&mut self, step: Closing, cx: &mut Context<'_>) -> Poll<Result<bool, TransportError>> {
        match step {
            Closing::Flushing => {
                ready!(self.poll_write_out(cx))?;
                match self.socket.close(None) {
                    Err(error) if !would_block(&error) => Poll::Ready(Err(transport_error(error))),
                    _ => Poll::Ready(Ok(true)),
                }
            }
            Closing::Announcing => self.poll_write_out(cx).map_ok(|()| true),
            Closing::Waiting => {
                // Whatever else the peer sends now is discarded.
                while let Some(Ok(_)) = ready!(self.poll_next(cx)) {}
                Poll::Ready(Ok(true))
            }
            Closing::ShuttingDown => {
                // The peer has everything; how its side of the socket went away does not matter.
                let _ = ready!(self.socket.get_mut().attend(cx).poll_shutdown());
                Poll::Ready(Ok(false))
            }
        }
    }
}

impl<S> Connection for WebSocketConnection<S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.check_open()?;
        if self.blocked { self.poll_write_out(cx) } else { Poll::Ready(Ok(())) }
    }

    fn start_send(&mut self, frame: Bytes) -> Result<(), TransportError> {
        self.check_open()?;
        if self.blocked && frame.len() <= self.frame_bytes_max {
            return Err(TransportError::NotReady);
        }
        self.hand_over(frame)
    }

    fn takes_batches(&self) -> bool {
        self.is_server
    }

    fn start_send_batch(&mut self, batch: &FrameBatch) -> Result<(), TransportError> {
        self.check_open()?;
        if self.blocked {
            return Err(TransportError::NotReady);
        }
        if !self.is_server || batch.largest() > self.frame_bytes_max || !self.let_go() {
            return batch.frames().iter().try_for_each(|frame| self.hand_over(frame.clone()));
        }
        self.socket.get_mut().push_shared(batch.encoded(Framing::WebSocket, framing::messages));
        self.write_when_much()
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.check_open()?;
        self.poll_write_out(cx)
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        if !matches!(self.phase, Phase::Open) {
            return Poll::Ready(None);
        }
        let received = ready!(self.poll_next(cx));
        if !matches!(received, Some(Ok(_))) {
            self.phase = Phase::Over;
        }
        if let Some(Err(error)) = &received {
            self.dismiss(error);
        }
        Poll::Ready(received)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        if matches!(self.phase, Phase::Open) {
            let timeout = Box::pin(sleep(CLOSE_TIMEOUT));
            self.phase = Phase::Closing { step: Closing::Flushing, timeout };
        }
        loop {
            let Phase::Closing { step, timeout } = &mut self.phase else {
                return Poll::Ready(Ok(()));
            };
            let step = *step;
            if timeout.as_mut().poll(cx).is_ready() {
                self.phase = Phase::Over;
                return Poll::Ready(match step {
                    Closing::Flushing | Closing::Announcing => Err(TransportError::TimedOut),
                    Closing::Waiting | Closing::ShuttingDown => Ok(()),
                });
            }
            match ready!(self.poll_closing(step, cx)) {
                Ok(true) => {
                    if let Phase::Closing { step, .. } = &mut self.phase {
                        *step = step.next();
                    }
                }
                Ok(false) => self.phase = Phase::Over,
                Err(error) => {
                    self.phase = Phase::Over;
                    return Poll::Ready(Err(error));
                }
            }
        }
    }

    fn set_frame_limit(&mut self, bytes: usize) {
        let limit = Some(bytes.min(self.frame_bytes_max));
        self.socket.set_config(|tuning| (tuning.max_message_size, tuning.max_frame_size) = (limit, limit));
    }

    fn peer(&self) -> &Peer {
        &self.peer
    }
}

impl Closing {
    fn next(self) -> Self {
        match self {
            Self::Flushing => Self::Announcing,
            Self::Announcing => Self::Waiting,
            Self::Waiting | Self::ShuttingDown => Self::ShuttingDown,
        }
    }
}

fn would_block(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == io::ErrorKind::WouldBlock)
}

fn transport_error(error: Error) -> TransportError {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => TransportError::Closed,
        Error::Protocol(ProtocolError::SendAfterClosing) => TransportError::Closed,
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => TransportError::Lost,
        Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
            TransportError::FrameTooLarge { size, limit: max_size }
        }
        Error::Utf8(_) => TransportError::Protocol("text message"),
        Error::WriteBufferFull(_) => TransportError::NotReady,
        Error::Io(error) => error.into(),
        _ => TransportError::Protocol("malformed websocket frame"),
    }
}

#[cfg(test)]
#[path = "connection_test.rs"]
mod tests;
