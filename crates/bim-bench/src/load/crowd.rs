//! Everyone in the room: their connections, and the tasks that read and send.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use bim_types::ConversationShortId;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::meter::Meter;
use super::seat::Seat;
use super::sender::Sender;
use crate::books::{Faults, Tally};
use crate::group::Entered;
use crate::{BenchError, ClientError, LoadPlan};

/// How often somebody who does not read says that it is there, so that the server can not go by silence.
const KEEP_ALIVE: Duration = Duration::from_secs(8);

/// Everyone in the room. They leave when this is dropped.
pub(super) struct Crowd {
    pub(super) meter: Rc<Meter>,
    seats: Vec<Rc<RefCell<Seat>>>,
    stalling: watch::Sender<bool>,
    _tasks: JoinSet<()>,
}

/// What all accounts come to.
#[derive(Clone, Debug, Default)]
pub(super) struct Balance {
    pub(super) markers: u64,
    pub(super) left_out: u64,
    pub(super) lost: u64,
    pub(super) cut_off: u64,
    pub(super) faults: Faults,
}

impl Crowd {
    /// Seats those who have joined: first the senders, last those who will stop reading.
    pub(super) fn seat(
        plan: &LoadPlan,
        group: ConversationShortId,
        entered: Vec<Entered>,
        meter: &Rc<Meter>,
    ) -> Self {
        let senders = plan.senders as usize;
        let stalled = plan.viewers as usize * plan.stalled_percent as usize / 100;
        let readers = entered.len() - stalled;
        let (stalling, is_stalling) = watch::channel(false);
        let (mut seats, mut tasks) = (Vec::with_capacity(entered.len()), JoinSet::new());
        for Entered { number, client, early } in entered {
            let in_flight_max = u32::try_from(client.in_flight_max).unwrap_or(u32::MAX);
            let is_reader = number < readers;
            let seat = Seat::new(client.into_connection(), group, Rc::clone(meter), is_reader, early);
            let seat = Rc::new(RefCell::new(seat));
            if number < senders {
                let place = (number, senders);
                let sender = Sender::new(&seat, group, place, plan.classes, in_flight_max);
                tasks.spawn_local(send(Rc::clone(&seat), sender));
            } else if is_reader {
                tasks.spawn_local(watch(Rc::clone(&seat)));
            } else {
                tasks.spawn_local(stall(Rc::clone(&seat), is_stalling.clone()));
            }
            seats.push(seat);
        }
        Self { meter: Rc::clone(meter), seats, stalling, _tasks: tasks }
    }

    /// Those who are to stop reading do so, or read again.
    pub(super) fn stall(&self, is_stalling: bool) {
        self.stalling.send_replace(is_stalling);
    }

    /// Those who read all the time.
    pub(super) fn readers(&self) -> u32 {
        self.seats.iter().filter(|seat| seat.borrow().is_reader()).count() as u32
    }

    /// Whether every verdict has come, and everyone who is still there has or was told of every message.
    pub(super) fn is_settled(&self) -> bool {
        let accepted = self.meter.accepted.get();
        let is_settled = |seat: &Rc<RefCell<Seat>>| {
            let seat = seat.borrow();
            seat.account.accounted() >= accepted || seat.end.is_some()
        };
        accepted == self.meter.sent.get() && self.seats.iter().all(is_settled)
    }

    /// Compares everyone's account with what was accepted. Who stopped reading and was cut off is only counted.
    pub(super) fn balance(&self) -> Balance {
        let ledger = self.meter.ledger.borrow();
        let mut balance = Balance { faults: ledger.check(), ..Balance::default() };
        let unanswered = self.meter.sent.get() - self.meter.accepted.get();
        if unanswered > 0 {
            balance.faults.add(|| format!("{unanswered} messages got no verdict"));
        }
        for (number, seat) in self.seats.iter().enumerate() {
            let seat = seat.borrow();
            let is_cut = !seat.is_reader() && seat.end.is_some();
            let (Tally { left_out, missing, .. }, faults) = seat.account.check(&ledger);
            balance.markers += seat.account.markers();
            balance.left_out += left_out;
            if is_cut {
                balance.cut_off += 1;
                balance.faults.extend(|| format!("viewer {number}"), seat.account.faults());
            } else {
                balance.lost += missing;
                balance.faults.extend(|| format!("viewer {number}"), &faults);
            }
        }
        balance
    }
}

async fn watch(seat: Rc<RefCell<Seat>>) {
    poll_fn(|cx| seat.borrow_mut().poll_read(cx)).await;
    report(&seat);
}

async fn send(seat: Rc<RefCell<Seat>>, mut sender: Sender) {
    poll_fn(|cx| sender.poll(cx)).await;
    report(&seat);
}

/// Reads, and reads nothing while that is asked for.
async fn stall(seat: Rc<RefCell<Seat>>, mut stalling: watch::Receiver<bool>) {
    loop {
        let is_stalling = *stalling.borrow_and_update();
        let is_over = tokio::select! {
            changed = stalling.changed() => changed.is_err(),
            () = sleep(KEEP_ALIVE), if is_stalling => {
                poll_fn(|cx| {
                    seat.borrow_mut().ping(cx);
                    Poll::Ready(())
                })
                .await;
                false
            }
            () = poll_fn(|cx| seat.borrow_mut().poll_read(cx)), if !is_stalling => true,
        };
        if is_over {
            return;
        }
    }
}

fn report(seat: &Rc<RefCell<Seat>>) {
    let mut seat = seat.borrow_mut();
    let why = seat.end.replace(ClientError::Ended).unwrap_or(ClientError::Ended);
    seat.meter().trouble(BenchError::Cut(why));
}
