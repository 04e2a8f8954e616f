//! Somebody who sends, reads like everyone, and enters each verdict in the ledger.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bim_proto::{Accepted, ClientFrame, Request, RequestBody, RequestId, Response, ResponseBody, SendLive};
use bim_types::{ClientMessageId, ConversationShortId, Priority};
use tokio::time::{Instant, Sleep, sleep};

use super::duty::Duty;
use super::meter::Meter;
use super::seat::Seat;
use crate::{BenchError, ClassMix, ClientError};

/// Bits of a request's number that say its class.
const CLASS_BITS: u32 = 2;

/// One user who sends.
pub(crate) struct Sender {
    seat: Rc<RefCell<Seat>>,
    meter: Rc<Meter>,
    group: ConversationShortId,
    /// Which sender, counted from 0, of how many.
    place: (usize, usize),
    classes: ClassMix,
    /// Messages it sent, in all and since its duty is what it is.
    sent: u64,
    sent_on_duty: u64,
    duty: Duty,
    /// Verdicts that are out, and how many may be.
    out: u32,
    out_max: u32,
    timer: Pin<Box<Sleep>>,
}

impl Sender {
    pub(crate) fn new(
        seat: &Rc<RefCell<Seat>>,
        group: ConversationShortId,
        place: (usize, usize),
        classes: ClassMix,
        out_max: u32,
    ) -> Self {
        let (seat, meter) = (Rc::clone(seat), Rc::clone(seat.borrow().meter()));
        let timer = Box::pin(sleep(Duration::ZERO));
        let (sent, sent_on_duty, duty, out) = (0, 0, Duty::Rest, 0);
        Self { seat, meter, group, place, classes, sent, sent_on_duty, duty, out, out_max, timer }
    }

    /// One turn: everything that is there is read, everything that is due is sent. Ready when the connection is over.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.meter.attend(self.place.0, cx);
        let seat = Rc::clone(&self.seat);
        let mut seat = seat.borrow_mut();
        let over = seat.poll_read(cx);
        while let Some(answer) = seat.next_answer() {
            self.on_answer(answer);
        }
        if over.is_ready() {
            return over;
        }
        let mut due = self.due(cx);
        while due > 0 && seat.poll_feed(cx, || self.message()).is_ready() && seat.end.is_none() {
            due -= 1;
        }
        seat.flush(cx);
        if seat.end.is_some() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Messages to be sent now. Sees to it that there is a next turn when there are more later.
    fn due(&mut self, cx: &mut Context<'_>) -> u32 {
        let duty = self.meter.duty();
        if std::mem::replace(&mut self.duty, duty) != duty {
            self.sent_on_duty = 0;
        }
        let room = self.out_max.saturating_sub(self.out);
        match duty {
            Duty::Rest => 0,
            Duty::InFlight(most) => {
                let share = most.div_ceil(self.place.1 as u32);
                let free = u64::from(most).saturating_sub(self.meter.in_flight());
                room.min(share).min(u32::try_from(free).unwrap_or(u32::MAX))
            }
            Duty::Rate { per_second, since } => {
                let elapsed = self.meter.clock.nanos().saturating_sub(since) as f64 / 1e9;
                // Senders take turns: each has its own part of the interval.
                let ahead = self.place.0 as f64 / self.place.1 as f64;
                let until_now = (elapsed * per_second - ahead + 1.0).max(0.0) as u64;
                let next = (self.sent_on_duty.max(until_now) as f64 + ahead) / per_second;
                self.wake_in(Duration::from_secs_f64((next - elapsed).max(0.0)), cx);
                room.min(u32::try_from(until_now.saturating_sub(self.sent_on_duty)).unwrap_or(u32::MAX))
            }
        }
    }

    fn wake_in(&mut self, after: Duration, cx: &mut Context<'_>) {
        self.timer.as_mut().reset(Instant::now() + after);
        if self.timer.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }

    fn message(&mut self) -> bytes::Bytes {
        let class = self.classes.take();
        self.sent += 1;
        self.sent_on_duty += 1;
        self.out += 1;
        self.meter.sent.set(self.meter.sent.get() + 1);
        let send = SendLive {
            group: self.group,
            client_message_id: ClientMessageId::new((self.place.0 as u128) << 64 | u128::from(self.sent)),
            priority: class,
            body: self.meter.clock.stamped(),
            follows: None,
        };
        let id = RequestId(self.sent << CLASS_BITS | u64::from(class.number()));
        ClientFrame::Request(Request { id, body: Ok(RequestBody::SendLiveMessage(send)) }).encode()
    }

    fn on_answer(&mut self, Response { id, body }: Response) {
        self.out = self.out.saturating_sub(1);
        let class = Priority::from_number((id.0 & ((1 << CLASS_BITS) - 1)) as i64);
        match (body, class) {
            (Ok(ResponseBody::LiveMessageAccepted(Accepted { position, .. })), Some(class)) => {
                self.meter.accepted(class, position.seq);
            }
            (Err(refusal), _) => self.meter.trouble(BenchError::Refused { refusal }),
            (Ok(other), _) => {
                self.meter.trouble(BenchError::Cut(ClientError::Misfit(format!("{other:?}"))));
            }
        }
    }
}
