//! One connection in the room, and its account.

use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bim_proto::{ClientFrame, Goodbye, LivePush, Ping, Pong, Response, ServerFrame};
use bim_transport::BoxConnection;
use bim_types::{ConversationShortId, Seq, Wall};
use bytes::Bytes;

use super::memo::Known;
use super::meter::Meter;
use crate::books::Account;
use crate::peek::{Glimpse, peek};
use crate::{ClientError, Clock};

/// Frames that are read before others get their turn.
const FRAMES_PER_TURN: usize = 256;

/// Frames after which the time is looked at again.
const FRAMES_PER_LOOK: usize = 16;

/// Answers that wait for a sender to look at them. A server has no more requests of one connection at once.
const ANSWERS_MAX: usize = 65_536;

/// One connection in the room.
pub(crate) struct Seat {
    connection: BoxConnection,
    group: ConversationShortId,
    meter: Rc<Meter>,
    pub(crate) account: Account,
    /// The message that came last.
    last: Seq,
    answers: VecDeque<Response>,
    pong: Option<u64>,
    is_flushed: bool,
    /// Whether others wait for this one: it is not one of those who stop reading.
    is_reader: bool,
    /// Why the connection is over.
    pub(crate) end: Option<ClientError>,
}

impl Seat {
    /// A connection that has just joined; `early` came before the answer to the join.
    pub(crate) fn new(
        connection: BoxConnection,
        group: ConversationShortId,
        meter: Rc<Meter>,
        is_reader: bool,
        early: Vec<ServerFrame>,
    ) -> Self {
        let (account, last, answers) = (Account::default(), Seq::ZERO, VecDeque::new());
        let (pong, is_flushed, end) = (None, true, None);
        let mut seat =
            Self { connection, group, meter, account, last, answers, pong, is_flushed, is_reader, end };
        let now = seat.meter.clock.nanos();
        early.into_iter().for_each(|frame| seat.take_whole(frame, now));
        seat
    }

    pub(crate) fn meter(&self) -> &Rc<Meter> {
        &self.meter
    }

    pub(crate) fn is_reader(&self) -> bool {
        self.is_reader
    }

    /// Reads whatever is there. Ready only when the connection is over; answers wait in [`Self::next_answer`].
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.end.is_some() {
            return Poll::Ready(());
        }
        let mut now = 0;
        for turn in 0..FRAMES_PER_TURN {
            let frame = match self.connection.poll_recv(cx) {
                Poll::Ready(Some(Ok(frame))) => frame,
                Poll::Ready(Some(Err(error))) => return self.over(ClientError::Failed(error)),
                Poll::Ready(None) => return self.over(ClientError::Ended),
                Poll::Pending => return self.poll_pong(cx),
            };
            if turn % FRAMES_PER_LOOK == 0 {
                now = self.meter.clock.nanos();
            }
            self.take(frame, now);
            if self.end.is_some() {
                return Poll::Ready(());
            }
        }
        cx.waker().wake_by_ref();
        self.poll_pong(cx)
    }

    /// The next answer to a request.
    pub(crate) fn next_answer(&mut self) -> Option<Response> {
        self.answers.pop_front()
    }

    /// Takes a frame for sending when there is room.
    pub(crate) fn poll_feed(&mut self, cx: &mut Context<'_>, frame: impl FnOnce() -> Bytes) -> Poll<()> {
        let fed = match ready!(self.connection.poll_ready(cx)) {
            Ok(()) => self.connection.start_send(frame()),
            Err(error) => Err(error),
        };
        match fed {
            Ok(()) => self.is_flushed = false,
            Err(error) => return self.over(ClientError::Failed(error)),
        }
        Poll::Ready(())
    }

    /// Sends what was taken, as far as there is room now.
    pub(crate) fn flush(&mut self, cx: &mut Context<'_>) {
        if self.is_flushed {
            return;
        }
        match self.connection.poll_flush(cx) {
            Poll::Ready(Ok(())) => self.is_flushed = true,
            Poll::Ready(Err(error)) => drop(self.over(ClientError::Failed(error))),
            Poll::Pending => {}
        }
    }

    /// Says that somebody is here, when there is room.
    pub(crate) fn ping(&mut self, cx: &mut Context<'_>) {
        let _ = self.poll_feed(cx, || ClientFrame::Ping(Ping { nonce: 1 }).encode());
        self.flush(cx);
    }

    fn poll_pong(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(nonce) = self.pong {
            let pong = Pong { nonce, server_time: Wall::default() };
            if self.poll_feed(cx, || ClientFrame::Pong(pong).encode()).is_ready() {
                self.pong = None;
            }
        }
        self.flush(cx);
        if self.end.is_some() { Poll::Ready(()) } else { Poll::Pending }
    }

    #[inline]
    fn take(&mut self, frame: Bytes, now: u64) {
        // Most often it is the message after the last one, and somebody else had it before.
        let known = self.meter.memo.borrow().recall(self.last.0 + 1, &frame);
        match known {
            Some(known) => self.message(&known, now),
            None => self.look(frame, now),
        }
    }

    fn look(&mut self, frame: Bytes, now: u64) {
        match peek(&frame) {
            Glimpse::Message(glimpse) => {
                let known = self.meter.memo.borrow_mut().learn(&frame, &glimpse);
                self.message(&known, now);
            }
            Glimpse::Aside => {}
            Glimpse::Whole => match ServerFrame::decode(frame) {
                Ok(frame) => self.take_whole(frame, now),
                Err(error) => drop(self.over(ClientError::Frame(error))),
            },
        }
    }

    fn take_whole(&mut self, frame: ServerFrame, now: u64) {
        match frame {
            ServerFrame::LiveMessage(LivePush { message, previous, .. }) => {
                let body = message.body.as_str().unwrap_or_default().as_bytes();
                let (group, class) = (message.conversation_short_id.value(), message.priority);
                let known =
                    Known { group, class, seq: message.position.seq, previous, sent: Clock::nanos_in(body) };
                self.message(&known, now);
            }
            ServerFrame::LiveGap(gap) => {
                let before = self.account.accounted();
                self.account.on_gap(&gap);
                if self.is_reader {
                    (before + 1..=self.account.accounted()).for_each(|count| self.meter.reached(count));
                }
            }
            ServerFrame::Response(response) if self.answers.len() < ANSWERS_MAX => {
                self.answers.push_back(response);
            }
            ServerFrame::Ping(Ping { nonce }) => self.pong = Some(nonce),
            ServerFrame::Goodbye(Goodbye { reason }) => drop(self.over(ClientError::Goodbye(reason))),
            _ => {}
        }
    }

    #[inline]
    fn message(&mut self, known: &Known, now: u64) {
        let Known { group, class, seq, previous, sent } = known;
        if *group != self.group.value() {
            self.account.fault(|| format!("a message of group {group} came"));
        }
        self.last = *seq;
        self.account.on_message(*class, *seq, previous);
        let meter = &self.meter;
        meter.deliveries.set(meter.deliveries.get() + 1);
        if self.is_reader {
            meter.reached(self.account.accounted());
            match sent {
                Some(sent) => meter.came(*sent, now),
                None => self.account.fault(|| format!("{} {seq} says nothing of its time", class.name())),
            }
        }
    }

    fn over(&mut self, why: ClientError) -> Poll<()> {
        self.end.get_or_insert(why);
        Poll::Ready(())
    }
}
