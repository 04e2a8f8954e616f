//! What one connection hears of the network.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

use bim_types::Uid;

use super::condition::Condition;

/// What one connection hears of the network, and the tasks to wake when that changes.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    uid: Option<Uid>,
    condition: Condition,
    /// What is wrong with this one alone.
    own: Condition,
    /// It was cut. It stays cut.
    is_cut: bool,
    /// It fell silent. It stays silent: a peer that was not heard for a while is not heard again.
    is_silent: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// What becomes of what is read or written now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It passes.
    Open,
    /// It passes, one frame in so long.
    Paced(Duration),
    /// It waits.
    Stalled,
    /// It vanishes.
    Silent,
    /// There is none.
    Cut,
}

impl Wire {
    pub(super) fn belongs_to(&self, uid: Uid) {
        self.lock().uid = Some(uid);
    }

    pub(super) fn uid(&self) -> Option<Uid> {
        self.lock().uid.clone()
    }

    pub(super) fn is_silent(&self) -> bool {
        self.lock().is_silent
    }

    /// The network changed.
    pub(super) fn set(&self, condition: Condition) {
        self.change(|state| {
            state.condition = condition;
            state.is_cut |= condition.is_offline;
            state.is_silent |= condition.is_silent;
        });
    }

    /// It falls silent for good.
    pub(crate) fn silence(&self) {
        self.set_own(|own| own.is_silent = true);
    }

    /// Its client takes nothing, until it does again.
    pub(crate) fn stall(&self, is_stalled: bool) {
        self.set_own(|own| own.is_stalled = is_stalled);
    }

    /// Its client takes one frame in so long at most.
    pub(crate) fn slow_down(&self, pace: Option<Duration>) {
        self.set_own(|own| own.pace = pace);
    }

    /// Changes what is wrong with this one alone.
    pub(super) fn set_own(&self, change: impl FnOnce(&mut Condition)) {
        self.change(|state| {
            change(&mut state.own);
            state.is_silent |= state.own.is_silent;
        });
    }

    /// Cuts it.
    pub(crate) fn cut(&self) {
        self.change(|state| state.is_cut = true);
    }

    /// The way of what is read. The task is woken when it changes.
    pub(super) fn reading(&self, cx: &Context<'_>) -> Way {
        let mut state = self.lock();
        remember(&mut state.reader, cx);
        match (state.lasting(), state.condition.and(state.own)) {
            (Some(way), _) => way,
            (None, Condition { is_stalled: true, .. }) => Way::Stalled,
            (None, Condition { pace: Some(pace), .. }) => Way::Paced(pace),
            (None, Condition { pace: None, .. }) => Way::Open,
        }
    }

    /// The way of what is written. The task is woken when it changes.
    pub(super) fn writing(&self, cx: &Context<'_>) -> Way {
        let mut state = self.lock();
        remember(&mut state.writer, cx);
        state.lasting().unwrap_or(Way::Open)
    }

    /// The way of a frame that is written at once.
    pub(super) fn now(&self) -> Way {
        self.lock().lasting().unwrap_or(Way::Open)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let wakers = {
            let mut state = self.lock();
            change(&mut state);
            [state.reader.take(), state.writer.take()]
        };
        wakers.into_iter().flatten().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn lasting(&self) -> Option<Way> {
        match (self.is_cut, self.is_silent) {
            (true, _) => Some(Way::Cut),
            (false, true) => Some(Way::Silent),
            (false, false) => None,
        }
    }
}

fn remember(waker: &mut Option<Waker>, cx: &Context<'_>) {
    match waker {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *waker = Some(cx.waker().clone()),
    }
}
