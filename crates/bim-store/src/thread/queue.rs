//! A bounded queue between callers that never wait and threads that do.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Why a submission was not taken. Its callback is dropped without being called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// Too much waits already; try later.
    #[error("store queue is full")]
    Full,
    /// The thread was closed.
    #[error("store thread is closed")]
    Closed,
    /// A commit failed; the log must be opened anew.
    #[error("store failed earlier and must be opened anew")]
    Failed,
}

/// How heavy something in a queue is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    pub(super) ops: usize,
    pub(super) bytes: usize,
}

impl Weight {
    fn plus(self, other: Self) -> Self {
        Self { ops: self.ops.saturating_add(other.ops), bytes: self.bytes.saturating_add(other.bytes) }
    }

    fn minus(self, other: Self) -> Self {
        Self { ops: self.ops.saturating_sub(other.ops), bytes: self.bytes.saturating_sub(other.bytes) }
    }

    fn fits(self, limit: Self) -> bool {
        self.ops <= limit.ops && self.bytes <= limit.bytes
    }
}

/// First in, first out, bounded by weight.
#[derive(Debug)]
pub(super) struct Queue<T> {
    limit: Weight,
    state: Mutex<State<T>>,
    arrived: Condvar,
}

#[derive(Debug)]
struct State<T> {
    items: VecDeque<(Weight, T)>,
    weight: Weight,
    refusal: Option<SubmitError>,
}

impl<T> Queue<T> {
    pub(super) fn new(limit: Weight) -> Self {
        let state = State { items: VecDeque::new(), weight: Weight::default(), refusal: None };
        Self { limit, state: Mutex::new(state), arrived: Condvar::new() }
    }

    /// Adds an item, and wakes nobody. One that is heavier than the whole queue is taken when nothing else waits, so that it
    /// is not refused for ever.
    pub(super) fn push(&self, weight: Weight, item: T) -> Result<(), SubmitError> {
        let mut state = self.state();
        if let Some(refusal) = state.refusal {
            return Err(refusal);
        }
        let total = state.weight.plus(weight);
        if !state.items.is_empty() && !total.fits(self.limit) {
            return Err(SubmitError::Full);
        }
        state.weight = total;
        state.items.push_back((weight, item));
        Ok(())
    }

    /// Wakes whoever waits for items.
    pub(super) fn wake(&self) {
        self.arrived.notify_one();
    }

    /// Waits for something to arrive and takes as much as fits, but at least one item. Empty when nothing
    /// waits and nothing more can come.
    pub(super) fn take(&self, fits: Weight) -> Vec<T> {
        let mut state = self.state();
        while state.items.is_empty() && state.refusal.is_none() {
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let mut taken = Vec::new();
        let mut total = Weight::default();
        while let Some((weight, _)) = state.items.front() {
            total = total.plus(*weight);
            if !taken.is_empty() && !total.fits(fits) {
                break;
            }
            if let Some((weight, item)) = state.items.pop_front() {
                state.weight = state.weight.minus(weight);
                taken.push(item);
            }
        }
        taken
    }

    /// Takes nothing more; what waits is still handed out. The first refusal stays.
    pub(super) fn close(&self, refusal: SubmitError) {
        self.state().refusal.get_or_insert(refusal);
        self.arrived.notify_all();
    }

    /// Takes nothing more and gives back all that waits.
    pub(super) fn fail(&self) -> Vec<T> {
        let mut state = self.state();
        state.refusal = Some(SubmitError::Failed);
        state.weight = Weight::default();
        let waiting = std::mem::take(&mut state.items);
        drop(state);
        self.arrived.notify_all();
        waiting.into_iter().map(|(_, item)| item).collect()
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Weight = Weight { ops: 3, bytes: 100 };

    fn weight(ops: usize, bytes: usize) -> Weight {
        Weight { ops, bytes }
    }

    #[test]
    fn refuses_what_does_not_fit_and_has_room_again_after_taking() {
        let queue = Queue::new(LIMIT);
        assert_eq!(queue.push(weight(2, 10), 'a'), Ok(()));
        assert_eq!(queue.push(weight(2, 10), 'b'), Err(SubmitError::Full));
        assert_eq!(queue.push(weight(1, 91), 'c'), Err(SubmitError::Full));
        assert_eq!(queue.take(LIMIT), ['a']);
        assert_eq!(queue.push(weight(2, 10), 'b'), Ok(()));
    }

    #[test]
    fn something_heavier_than_the_queue_is_taken_when_nothing_else_waits() {
        let queue = Queue::new(LIMIT);
        assert_eq!(queue.push(weight(9, 900), 'a'), Ok(()));
        assert_eq!(queue.push(weight(1, 1), 'b'), Err(SubmitError::Full));
        assert_eq!(queue.take(LIMIT), ['a']);
    }

    #[test]
    fn takes_no_more_at_once_than_was_asked_for() {
        let queue = Queue::new(LIMIT);
        for item in ['a', 'b', 'c'] {
            queue.push(weight(1, 1), item).unwrap();
        }
        assert_eq!(queue.take(weight(2, 100)), ['a', 'b']);
        assert_eq!(queue.take(weight(2, 100)), ['c']);
    }

    #[test]
    fn a_closed_queue_hands_out_what_waits_and_then_nothing() {
        let queue = Queue::new(LIMIT);
        queue.push(weight(1, 1), 'a').unwrap();
        queue.close(SubmitError::Closed);
        assert_eq!(queue.push(weight(1, 1), 'b'), Err(SubmitError::Closed));
        assert_eq!(queue.take(LIMIT), ['a']);
        assert!(queue.take(LIMIT).is_empty());
    }
}
