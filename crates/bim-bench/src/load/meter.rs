//! What everyone in a room adds to. All of it belongs to one thread.

use std::cell::{Cell, RefCell};
use std::task::{Context, Waker};

use bim_types::{Priority, Seq};

use super::duty::Duty;
use super::memo::Memo;
use crate::books::Ledger;
use crate::{BenchError, Clock, Histogram};

/// Messages that may be in flight at most; of each, it is counted how many viewers have it.
pub const IN_FLIGHT_MAX: u32 = 1 << 15;

/// Places to count in: more than may be in flight.
const PLACES: usize = 2 * IN_FLIGHT_MAX as usize;

/// What everyone in a room adds to.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) clock: Clock,
    pub(crate) deliveries: Cell<u64>,
    pub(crate) accepted: Cell<u64>,
    pub(crate) sent: Cell<u64>,
    pub(crate) ledger: RefCell<Ledger>,
    pub(crate) memo: RefCell<Memo>,
    latencies: RefCell<Histogram>,
    /// Times of sending that count, in nanoseconds.
    window: Cell<(u64, u64)>,
    duty: Cell<Duty>,
    senders: RefCell<Vec<Waker>>,
    trouble: RefCell<Option<BenchError>>,
    floor: Floor,
}

/// The number up to which everyone who reads has every message: how many have the first, the second …
#[derive(Debug)]
struct Floor {
    readers: Cell<u32>,
    at: Cell<u64>,
    base: Cell<u64>,
    reached: Vec<Cell<u32>>,
}

impl Meter {
    pub(crate) fn new(clock: Clock, senders: usize) -> Self {
        let reached = (0..PLACES).map(|_| Cell::new(0)).collect();
        let floor = Floor { readers: Cell::new(0), at: Cell::new(0), base: Cell::new(0), reached };
        Self {
            clock,
            deliveries: Cell::new(0),
            accepted: Cell::new(0),
            sent: Cell::new(0),
            ledger: RefCell::default(),
            memo: RefCell::new(Memo::new()),
            latencies: RefCell::default(),
            window: Cell::new((u64::MAX, 0)),
            duty: Cell::new(Duty::default()),
            senders: RefCell::new(vec![Waker::noop().clone(); senders]),
            trouble: RefCell::default(),
            floor,
        }
    }

    /// From now on senders do this. Everything that was sent before has come to everyone.
    pub(crate) fn set_duty(&self, duty: Duty, readers: u32) {
        self.floor.readers.set(readers);
        if duty.is_counting() {
            self.floor.reached.iter().for_each(|place| place.set(0));
            self.floor.base.set(self.sent.get());
            self.floor.at.set(self.sent.get());
        }
        self.duty.set(duty);
        self.wake_senders();
    }

    pub(crate) fn duty(&self) -> Duty {
        self.duty.get()
    }

    /// Messages that somebody who reads does not have yet.
    pub(crate) fn in_flight(&self) -> u64 {
        self.sent.get() - self.floor.at.get()
    }

    /// Somebody who reads has so many messages now.
    #[inline]
    pub(crate) fn reached(&self, messages: u64) {
        if !self.duty.get().is_counting() || messages <= self.floor.base.get() {
            return;
        }
        let place = &self.floor.reached[messages as usize % PLACES];
        let count = place.get() + 1;
        if count < self.floor.readers.get() {
            place.set(count);
        } else {
            place.set(0);
            self.floor.at.set(messages);
            self.wake_senders();
        }
    }

    /// A message that was sent at one time came at another; nanoseconds.
    #[inline]
    pub(crate) fn came(&self, sent: u64, now: u64) {
        let (from, until) = self.window.get();
        if sent >= from && sent < until {
            self.latencies.borrow().add_micros(now.saturating_sub(sent) / 1_000);
        }
    }

    /// Latencies count of what is sent from now on.
    pub(crate) fn open_window(&self) {
        self.latencies.replace(Histogram::default());
        self.window.set((self.clock.nanos(), u64::MAX));
    }

    /// Latencies do not count of what is sent from now on.
    pub(crate) fn close_window(&self) {
        self.window.set((self.window.get().0, self.clock.nanos()));
    }

    pub(crate) fn take_latencies(&self) -> Histogram {
        self.window.set((u64::MAX, 0));
        self.latencies.take()
    }

    /// A verdict came.
    pub(crate) fn accepted(&self, class: Priority, seq: Seq) {
        self.accepted.set(self.accepted.get() + 1);
        if !self.ledger.borrow_mut().accept(class, seq) {
            self.trouble(BenchError::LedgerFull);
        }
    }

    /// Something happened after which there is nothing to measure. The first such thing is told.
    pub(crate) fn trouble(&self, error: BenchError) {
        self.trouble.borrow_mut().get_or_insert(error);
    }

    pub(crate) fn take_trouble(&self) -> Option<BenchError> {
        self.trouble.borrow_mut().take()
    }

    /// Remembers how to wake a sender.
    pub(crate) fn attend(&self, sender: usize, cx: &Context<'_>) {
        if let Some(waker) = self.senders.borrow_mut().get_mut(sender)
            && !waker.will_wake(cx.waker())
        {
            waker.clone_from(cx.waker());
        }
    }

    fn wake_senders(&self) {
        self.senders.borrow().iter().for_each(Waker::wake_by_ref);
    }
}
