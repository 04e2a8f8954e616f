//! Bounded queues of events: one for each stream and each listener.
//!
//! The driver writes to all of them and never waits. A full queue counts what does not fit; the reader gets the
//! count in the place of what is missing, and then what comes after it. Nothing is skipped in silence.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use crate::event::{ConnectEvent, LiveEvent, Told};

/// The driver's end of all queues of one kind of event.
pub(crate) struct Hub<T> {
    feeds: Vec<Arc<Feed<T>>>,
}

/// The reader's end of one queue. Dropping it ends it.
pub(crate) struct Reader<T> {
    feed: Arc<Feed<T>>,
}

struct Feed<T> {
    queue: Mutex<Queue<T>>,
    /// Events that this reader has no use for take no room in its queue.
    wanted: fn(&T) -> bool,
}

struct Queue<T> {
    slots: VecDeque<Slot<T>>,
    capacity: usize,
    ended: bool,
    /// Ended from outside, by whoever does not want to hear any more.
    stopped: bool,
    waker: Option<Waker>,
}

enum Slot<T> {
    Event(T),
    Missing(u64),
}

impl<T: Told> Hub<T> {
    pub(crate) fn new() -> Self {
        Self { feeds: Vec::new() }
    }

    /// A new reader; it gets `first` and then what is published from now on.
    pub(crate) fn subscribe(&mut self, capacity: usize, first: Option<T>) -> Reader<T> {
        self.subscribe_to(capacity, first, |_| true)
    }

    /// As [`Self::subscribe`], for a reader that wants some events only.
    pub(crate) fn subscribe_to(
        &mut self,
        capacity: usize,
        first: Option<T>,
        wanted: fn(&T) -> bool,
    ) -> Reader<T> {
        let slots = first.into_iter().map(Slot::Event).collect();
        let queue = Queue { slots, capacity: capacity.max(1), ended: false, stopped: false, waker: None };
        let feed = Arc::new(Feed { queue: Mutex::new(queue), wanted });
        // Nothing may be published for long; readers that left meanwhile go now.
        self.feeds.retain(|feed| !feed.lock().ended);
        self.feeds.push(Arc::clone(&feed));
        Reader { feed }
    }

    /// Gives an event to every reader.
    pub(crate) fn publish(&mut self, event: &T) {
        self.feeds.retain(|feed| feed.push(event));
    }

    /// Gives events to every reader, and wakes each once. None is left.
    pub(crate) fn publish_all(&mut self, events: &mut Vec<T>) {
        let mut others = self.feeds.len();
        self.feeds.retain(|feed| {
            others -= 1;
            match others {
                // The last one gets the events themselves.
                0 => feed.push_all(events.drain(..).filter(|event| (feed.wanted)(event))),
                _ => feed.push_all(events.iter().filter(|event| (feed.wanted)(event)).cloned()),
            }
        });
        events.clear();
    }

    /// Ends every queue once it is read to its end.
    pub(crate) fn end(&mut self) {
        self.feeds.drain(..).for_each(|feed| feed.end());
    }
}

impl<T: Told> Feed<T> {
    /// False when nobody reads any more.
    fn push(&self, event: &T) -> bool {
        self.push_all(Some(event).filter(|event| (self.wanted)(event)).cloned().into_iter())
    }

    /// Takes what the reader wants. False when nobody reads any more.
    fn push_all(&self, events: impl Iterator<Item = T>) -> bool {
        let mut queue = self.lock();
        if queue.ended {
            return false;
        }
        let mut is_news = false;
        for event in events {
            queue.push(event);
            is_news = true;
        }
        if is_news {
            wake(queue);
        }
        true
    }

    fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<T::Shown>> {
        let mut queue = self.lock();
        match queue.slots.pop_front() {
            Some(Slot::Event(event)) => Poll::Ready(Some(event.shown())),
            Some(Slot::Missing(count)) => Poll::Ready(Some(T::lagged(count))),
            None if queue.ended => Poll::Ready(None),
            None => {
                queue.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<T> Queue<T> {
    fn push(&mut self, event: T) {
        if self.slots.len() < self.capacity {
            self.slots.push_back(Slot::Event(event));
        } else if let Some(Slot::Missing(count)) = self.slots.back_mut() {
            *count += 1;
        } else {
            self.slots.push_back(Slot::Missing(1));
        }
    }
}

impl<T> Feed<T> {
    fn end(&self) {
        let mut queue = self.lock();
        queue.ended = true;
        wake(queue);
    }

    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes outside the lock.
fn wake<T>(mut queue: MutexGuard<'_, Queue<T>>) {
    let waker = queue.waker.take();
    drop(queue);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<T: Told> Reader<T> {
    pub(crate) fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<T::Shown>> {
        self.feed.poll_next(cx)
    }

    /// What ends the queue and drops what it holds.
    pub(crate) fn stopper(&self) -> Stopper {
        let feed = Arc::clone(&self.feed);
        Stopper(Box::new(move || {
            let mut queue = feed.lock();
            queue.slots.clear();
            queue.stopped = true;
            queue.ended = true;
            wake(queue);
        }))
    }

    /// Whether the queue was ended by its stopper.
    pub(crate) fn is_stopped(&self) -> bool {
        self.feed.lock().stopped
    }
}

impl<T> Drop for Reader<T> {
    fn drop(&mut self) {
        self.feed.end();
    }
}

/// Ends a queue that somebody else reads.
pub(crate) struct Stopper(Box<dyn Fn() + Send + Sync>);

impl Stopper {
    pub(crate) fn stop(&self) {
        (self.0)();
    }
}

/// The events of all live groups the client is in, from the moment the stream was made.
///
/// Bounded by [`event_buffer`](crate::ClientBuilder::event_buffer): a reader that is too slow gets
/// [`LiveEvent::Lagged`] in the place of what it missed. Ends when the client is shut down. Dropping it is
/// enough to end it.
///
/// # Cancel safety
///
/// Cancel safe: an event is taken only when it is given.
pub struct LiveEvents(pub(crate) Reader<bim_core::LiveEvent>);

/// The present status of the connection, and then every change.
///
/// Bounded and ended like [`LiveEvents`].
pub struct ConnectEvents(pub(crate) Reader<ConnectEvent>);

impl Stream for LiveEvents {
    type Item = LiveEvent;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<LiveEvent>> {
        self.0.poll_next(cx)
    }
}

impl Stream for ConnectEvents {
    type Item = ConnectEvent;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ConnectEvent>> {
        self.0.poll_next(cx)
    }
}

impl LiveEvents {
    /// The next event; `None` after the client was shut down.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: an event is taken only when it is given.
    pub async fn next(&mut self) -> Option<LiveEvent> {
        std::future::poll_fn(|cx| self.0.poll_next(cx)).await
    }
}

impl ConnectEvents {
    /// The next event; `None` after the client was shut down.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: an event is taken only when it is given.
    pub async fn next(&mut self) -> Option<ConnectEvent> {
        std::future::poll_fn(|cx| self.0.poll_next(cx)).await
    }
}

impl fmt::Debug for LiveEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveEvents").finish_non_exhaustive()
    }
}

impl fmt::Debug for ConnectEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectEvents").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq)]
    enum Number {
        Of(u64),
        Missing(u64),
    }

    impl Told for Number {
        type Shown = Self;

        fn shown(self) -> Self {
            self
        }

        fn lagged(count: u64) -> Self {
            Self::Missing(count)
        }
    }

    fn read(reader: &Reader<Number>) -> Vec<Number> {
        let cx = Context::from_waker(Waker::noop());
        let next = || match reader.poll_next(&cx) {
            Poll::Ready(next) => next,
            Poll::Pending => None,
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn a_slow_reader_is_told_what_it_missed_in_its_place() {
        let mut hub = Hub::new();
        let reader = hub.subscribe(2, None);
        (1..=5).for_each(|number| hub.publish(&Number::Of(number)));
        assert_eq!(read(&reader), [Number::Of(1), Number::Of(2), Number::Missing(3)]);
        hub.publish(&Number::Of(6));
        assert_eq!(read(&reader), [Number::Of(6)]);
    }

    #[test]
    fn all_readers_get_events_that_are_told_together_and_none_is_left() {
        let mut hub = Hub::new();
        let readers = [hub.subscribe(8, None), hub.subscribe_to(8, None, |number| *number != Number::Of(2))];
        drop(hub.subscribe(8, None));
        let mut events: Vec<_> = (1..=3).map(Number::Of).collect();
        hub.publish_all(&mut events);
        assert_eq!(events, []);
        assert_eq!(read(&readers[0]), [Number::Of(1), Number::Of(2), Number::Of(3)]);
        assert_eq!(read(&readers[1]), [Number::Of(1), Number::Of(3)]);
    }

    #[test]
    fn a_queue_never_grows_beyond_its_capacity_and_one_note() {
        let mut hub = Hub::new();
        let reader = hub.subscribe(2, None);
        (0..1000).for_each(|number| hub.publish(&Number::Of(number)));
        assert_eq!(reader.feed.lock().slots.len(), 3);
    }

    #[test]
    fn what_a_reader_does_not_want_takes_no_room_and_is_not_missing() {
        let mut hub = Hub::new();
        let reader = hub.subscribe_to(2, None, |number| matches!(number, Number::Of(of) if of % 10 == 0));
        (1..=35).for_each(|number| hub.publish(&Number::Of(number)));
        assert_eq!(read(&reader), [Number::Of(10), Number::Of(20), Number::Missing(1)]);
    }

    #[test]
    fn a_slow_reader_does_not_hinder_another() {
        let mut hub = Hub::new();
        let _slow = hub.subscribe(1, None);
        let quick = hub.subscribe(1, Some(Number::Of(0)));
        for number in 1..10 {
            assert_eq!(read(&quick), [Number::Of(number - 1)]);
            hub.publish(&Number::Of(number));
        }
    }

    #[test]
    fn a_dropped_reader_leaves_the_hub_and_an_ended_hub_ends_its_readers() {
        let mut hub = Hub::new();
        drop(hub.subscribe(1, None));
        hub.publish(&Number::Of(1));
        assert!(hub.feeds.is_empty());
        let reader = hub.subscribe(1, None);
        hub.publish(&Number::Of(2));
        hub.end();
        let cx = Context::from_waker(Waker::noop());
        assert_eq!(reader.poll_next(&cx), Poll::Ready(Some(Number::Of(2))));
        assert_eq!(reader.poll_next(&cx), Poll::Ready(None));
    }

    #[test]
    fn readers_that_come_and_go_while_nothing_happens_leave_nothing_behind() {
        let mut hub: Hub<Number> = Hub::new();
        let stays = hub.subscribe(1, None);
        (0..1000).for_each(|_| drop(hub.subscribe(1, Some(Number::Of(0)))));
        assert!(hub.feeds.len() <= 2, "{} queues", hub.feeds.len());
        hub.publish(&Number::Of(1));
        assert_eq!(read(&stays), [Number::Of(1)]);
    }
}
