//! The task of one connection.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bim_transport::{BoxConnection, Connection, TransportError};
use bim_types::ConnectionId;
use bim_types::limits::{FIRST_FRAME_BYTES_MAX, FRAME_BYTES_MAX, UNWRITABLE_TIMEOUT};
use bytes::Bytes;
use tokio::time::{Sleep, sleep, timeout};
use tokio_util::sync::PollSender;

use super::{Arrival, FAREWELL_TIMEOUT, REPLAY_TIMEOUT, STRANGER_BYTES_MAX, STRANGER_FAREWELL_TIMEOUT};
use crate::census::Place;
use crate::fanout::{Mailbox, Notes, Parcel, Until};

/// Frames moved in one direction before the other one has its turn.
const FRAMES_PER_TURN: usize = 32;

/// Turns before other tasks run.
const TURNS_PER_POLL: usize = 4;

/// Owns one connection from its acceptance to its end.
pub(crate) struct Driver {
    id: ConnectionId,
    /// `None` while the task sleeps and the connection is in its mailbox.
    connection: Option<BoxConnection>,
    takes_batches: bool,
    mailbox: Arc<Mailbox>,
    pump: PollSender<Arrival>,
    place: Place,
    seen: Notes,
    admitted: bool,
    /// Bytes received while the peer was a stranger.
    stranger_bytes: usize,
    /// A frame that was received and waits for room at the pump.
    held: Option<Bytes>,
    writing: Writing,
    /// Runs while something waits and the peer takes nothing.
    patience: Option<Pin<Box<Sleep>>>,
    /// Runs while messages wait that a resume reads again.
    replaying: Option<Pin<Box<Sleep>>>,
    slowness: Slowness,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The engine asked for it.
    Asked,
    /// The peer closed in order.
    PeerClosed,
    /// The connection failed, or the peer broke a rule of the transport.
    Failed,
    /// The peer sent more than a stranger may.
    TooMuch,
    /// The peer's address has its share of connections.
    TooMany,
    /// The server is gone.
    ServerGone,
}

/// How writing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    /// Nothing waits.
    Idle,
    /// There may be more to do at once.
    More,
    /// What was started is on its way.
    Flushing,
    /// There is no room for the next frame.
    Blocked,
    /// The connection takes no more. What arrived before can still be read.
    Mute,
}

/// How reading stands.
enum Reading {
    Waiting,
    More,
    Ended(Ending),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slowness {
    Fine,
    Noticed,
    Reported,
}

impl Driver {
    /// Takes over a connection that has its place.
    pub(crate) fn new(
        id: ConnectionId,
        mut connection: BoxConnection,
        mailbox: Arc<Mailbox>,
        pump: PollSender<Arrival>,
        place: Place,
    ) -> Self {
        connection.set_frame_limit(FIRST_FRAME_BYTES_MAX);
        Self {
            id,
            takes_batches: connection.takes_batches(),
            connection: Some(connection),
            mailbox,
            pump,
            place,
            seen: Notes::default(),
            admitted: false,
            stranger_bytes: 0,
            held: None,
            writing: Writing::Idle,
            patience: None,
            replaying: None,
            slowness: Slowness::Fine,
        }
    }

    /// Serves the connection to its end.
    pub(crate) async fn run(mut self) -> Ending {
        let ending = poll_fn(|cx| self.poll_serve(cx)).await;
        match ending {
            Ending::Asked => {
                let _ = timeout(self.farewell(), poll_fn(|cx| self.poll_farewell(cx))).await;
            }
            Ending::PeerClosed | Ending::TooMuch | Ending::TooMany => {
                let _ = timeout(self.farewell(), poll_fn(|cx| self.connection().poll_close(cx))).await;
            }
            Ending::Failed | Ending::ServerGone => {}
        }
        ending
    }

    /// How long the peer has to take what is left and to close its side.
    fn farewell(&self) -> Duration {
        if self.admitted { FAREWELL_TIMEOUT } else { STRANGER_FAREWELL_TIMEOUT }
    }

    fn poll_serve(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        if self.connection.is_none() {
            self.connection = self.mailbox.take_up();
        }
        for _ in 0..TURNS_PER_POLL {
            if let Some(ending) = self.on_notes() {
                return Poll::Ready(ending);
            }
            self.writing = self.poll_write(cx);
            // The welcome may just have been written: what it allows holds before its answer is read.
            if let Some(ending) = self.on_notes() {
                return Poll::Ready(ending);
            }
            self.poll_patience(cx);
            self.poll_replaying(cx);
            let more_to_read = match self.poll_read(cx) {
                Reading::Ended(ending) => return Poll::Ready(ending),
                Reading::More => true,
                Reading::Waiting => false,
            };
            let until = match self.writing {
                Writing::Blocked | Writing::Mute => Until::Note,
                Writing::Idle | Writing::Flushing | Writing::More => Until::Frame,
            };
            let more = more_to_read || self.writing == Writing::More;
            if !more && self.sleep(cx.waker(), until) {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Arranges to be woken; see [`Mailbox::sleep`] and [`Mailbox::park`].
    fn sleep(&mut self, waker: &Waker, until: Until) -> bool {
        if self.writing != Writing::Idle || !self.takes_batches {
            return self.mailbox.sleep(waker, self.seen, until);
        }
        let Some(connection) = self.connection.take() else { return false };
        self.connection = self.mailbox.park(connection, waker, self.seen).err();
        self.connection.is_none()
    }

    fn connection(&mut self) -> &mut BoxConnection {
        self.connection.as_mut().expect("the task takes its connection up before anything else")
    }

    fn on_notes(&mut self) -> Option<Ending> {
        let notes = self.mailbox.notes();
        self.seen = notes;
        if notes.closing {
            return Some(Ending::Asked);
        }
        if notes.overflowed && self.slowness == Slowness::Fine {
            self.slowness = Slowness::Noticed;
        }
        if notes.admitted && !self.admitted {
            if !self.place.admit() {
                return Some(Ending::TooMany);
            }
            self.admitted = true;
            self.connection().set_frame_limit(FRAME_BYTES_MAX);
        }
        None
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Writing {
        if self.writing == Writing::Mute {
            return Writing::Mute;
        }
        self.poll_fill(cx).unwrap_or(Writing::Mute)
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Result<Writing, TransportError> {
        let mut after = Writing::More;
        for _ in 0..FRAMES_PER_TURN {
            if self.connection().poll_ready(cx)?.is_pending() {
                return Ok(Writing::Blocked);
            }
            let Some((parcel, more)) = self.mailbox.pop(self.takes_batches) else {
                after = Writing::Idle;
                break;
            };
            // There is room: a peer that takes nothing at all runs out of it soon enough.
            self.patience = None;
            let started = match &parcel {
                Parcel::Frame(frame) => self.connection().start_send(frame.clone()),
                Parcel::Batch(batch) => self.connection().start_send_batch(batch.wire()),
            };
            match started {
                Ok(()) => {}
                Err(TransportError::FrameTooLarge { size, limit }) => {
                    tracing::error!(connection = self.id.0, size, limit, "a frame of ours is too large");
                }
                Err(error) => return Err(error),
            }
            if !more {
                after = Writing::Idle;
                break;
            }
        }
        let flushed = self.connection().poll_flush(cx)?.is_ready();
        Ok(if after == Writing::Idle && !flushed { Writing::Flushing } else { after })
    }

    fn poll_patience(&mut self, cx: &mut Context<'_>) {
        match self.writing {
            Writing::Idle | Writing::Mute => self.patience = None,
            Writing::More => {}
            Writing::Flushing | Writing::Blocked => {
                let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(UNWRITABLE_TIMEOUT)));
                if self.slowness == Slowness::Fine && patience.as_mut().poll(cx).is_ready() {
                    self.slowness = Slowness::Noticed;
                }
            }
        }
    }

    fn poll_replaying(&mut self, cx: &mut Context<'_>) {
        if self.writing == Writing::Idle || !self.mailbox.has_replay() {
            self.replaying = None;
            return;
        }
        let patience = self.replaying.get_or_insert_with(|| Box::pin(sleep(REPLAY_TIMEOUT)));
        if self.slowness == Slowness::Fine && patience.as_mut().poll(cx).is_ready() {
            self.slowness = Slowness::Noticed;
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Reading {
        match self.slowness {
            Slowness::Fine => {}
            Slowness::Noticed => return self.poll_report(cx),
            Slowness::Reported => return Reading::Waiting,
        }
        for _ in 0..FRAMES_PER_TURN {
            if self.held.is_none() {
                match self.connection().poll_recv(cx) {
                    Poll::Pending => return Reading::Waiting,
                    Poll::Ready(None) => return Reading::Ended(Ending::PeerClosed),
                    Poll::Ready(Some(Err(error))) => {
                        tracing::debug!(connection = self.id.0, %error, "connection failed");
                        return Reading::Ended(Ending::Failed);
                    }
                    Poll::Ready(Some(Ok(frame))) if self.may_send(&frame) => self.held = Some(frame),
                    Poll::Ready(Some(Ok(_))) => return Reading::Ended(Ending::TooMuch),
                }
            }
            match self.pump.poll_reserve(cx) {
                Poll::Pending => return Reading::Waiting,
                Poll::Ready(Err(_)) => return Reading::Ended(Ending::ServerGone),
                Poll::Ready(Ok(())) => {}
            }
            let Some(frame) = self.held.take() else { continue };
            if self.pump.send_item(Arrival::Frame(self.id, frame)).is_err() {
                return Reading::Ended(Ending::ServerGone);
            }
        }
        Reading::More
    }

    fn poll_report(&mut self, cx: &mut Context<'_>) -> Reading {
        match self.pump.poll_reserve(cx) {
            Poll::Pending => Reading::Waiting,
            Poll::Ready(Ok(())) if self.pump.send_item(Arrival::TooSlow(self.id)).is_ok() => {
                self.slowness = Slowness::Reported;
                self.held = None;
                Reading::Waiting
            }
            Poll::Ready(_) => Reading::Ended(Ending::ServerGone),
        }
    }

    /// Counts what strangers send. `false` when it is too much.
    fn may_send(&mut self, frame: &Bytes) -> bool {
        if self.admitted {
            return true;
        }
        self.stranger_bytes = self.stranger_bytes.saturating_add(frame.len());
        self.stranger_bytes <= STRANGER_BYTES_MAX
    }

    fn poll_farewell(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        while self.mailbox.has_control() {
            ready!(self.connection().poll_ready(cx))?;
            let Some(frame) = self.mailbox.pop_control() else { break };
            self.connection().start_send(frame)?;
        }
        self.connection().poll_close(cx)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // A task that is cut while it sleeps cuts its connection at once, whoever still knows the mailbox.
        if self.connection.is_none() {
            self.mailbox.cut();
        }
    }
}
