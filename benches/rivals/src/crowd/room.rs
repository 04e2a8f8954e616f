//! Everyone who is connected, and the turns of the thread that they share.

use std::rc::Rc;
use std::time::Duration;

use mio::{Events, Interest, Poll, Token};

use super::book::Book;
use super::pace::Pace;
use super::seat::Seat;
use super::sender::Sender;
use crate::{Entrance, RivalError, Role, Wire};

/// Bytes that are read at a time, from whomever: more than 64 messages.
const BUFFER_BYTES: usize = 256 * 1024;

/// Connections that are told of at a time.
const EVENTS_PER_TURN: usize = 1_024;

/// Everyone who is connected.
pub(super) struct Room {
    poll: Poll,
    events: Events,
    seats: Vec<Seat>,
    sender: Sender,
    wire: Rc<dyn Wire>,
    buffer: Vec<u8>,
    pub(super) book: Book,
    pub(super) pace: Pace,
}

impl Room {
    /// Lets everyone in, one after the other.
    ///
    /// # Errors
    ///
    /// The server does not let them.
    pub(super) fn fill(
        entrance: &mut dyn Entrance,
        viewers: usize,
        body_bytes: usize,
    ) -> Result<Self, RivalError> {
        let poll = Poll::new().map_err(RivalError::io("there is no poller"))?;
        let mut seats = (0..viewers)
            .map(|number| entrance.connect(Role::Viewer(number)).map(Seat::new))
            .collect::<Result<Vec<_>, _>>()?;
        let mut sender = Sender::new(entrance.connect(Role::Sender)?);
        let unpolled = || RivalError::io("a connection can not be polled");
        for (number, seat) in seats.iter_mut().enumerate() {
            let registered = seat.link().register(poll.registry(), Token(number), Interest::READABLE);
            registered.map_err(unpolled())?;
        }
        let both = Interest::READABLE | Interest::WRITABLE;
        sender.link().register(poll.registry(), Token(viewers), both).map_err(unpolled())?;
        Ok(Self {
            poll,
            events: Events::with_capacity(EVENTS_PER_TURN),
            seats,
            sender,
            wire: entrance.wire(),
            buffer: vec![0; BUFFER_BYTES],
            book: Book::new(viewers, body_bytes),
            pace: Pace::rest(),
        })
    }

    /// Goes on for a time, or until nothing is under way any more.
    ///
    /// # Errors
    ///
    /// A connection is over, or something else came than had to.
    pub(super) fn go_on(&mut self, time: Duration, is_over_when_all_came: bool) -> Result<(), RivalError> {
        let until = self.book.now() + u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        loop {
            self.send()?;
            let now = self.book.now();
            if now >= until || (is_over_when_all_came && self.book.under_way() == 0) {
                return Ok(());
            }
            let rest = Duration::from_nanos(until - now);
            let wait = self.pace.wait(&self.book, now).map_or(rest, |wait| wait.min(rest));
            self.turn(wait)?;
        }
    }

    /// Messages that did not come to everyone, counted once for each viewer.
    pub(super) fn lost(&self) -> u64 {
        self.seats.iter().map(|seat| self.book.sent - seat.has).sum()
    }

    fn turn(&mut self, wait: Duration) -> Result<(), RivalError> {
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => return Ok(()),
            polled => polled.map_err(RivalError::io("the poller failed"))?,
        }
        // Taken out, as the turn needs the rest of the room.
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        let turned = events.iter().try_for_each(|event| self.attend(event.token().0));
        self.events = events;
        turned
    }

    fn attend(&mut self, number: usize) -> Result<(), RivalError> {
        let Some(seat) = self.seats.get_mut(number) else {
            let read = self.sender.read(&mut self.buffer, &*self.wire);
            return read.map_err(|words| RivalError::Books(format!("the sender: {words}")));
        };
        let before = self.book.everywhere;
        seat.read(&mut self.buffer, &*self.wire, &mut self.book)
            .map_err(|words| RivalError::Books(format!("viewer {number}: {words}")))?;
        if self.book.everywhere > before { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> Result<(), RivalError> {
        let now = self.book.now();
        let due = self.pace.due(&self.book, now);
        if due == 0 {
            return Ok(());
        }
        for _ in 0..due {
            let (number, body) = self.book.send(now);
            self.wire.publish(number, &body, &mut self.sender.out);
        }
        self.sender.write().map_err(|words| RivalError::Books(format!("the sender: {words}")))
    }
}
