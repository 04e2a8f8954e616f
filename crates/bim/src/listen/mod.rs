//! Listeners: code of the app that is called for each event.
//!
//! Each listener has a queue and a task of its own. The task takes what waits and calls the listener on a
//! thread where blocking is allowed, one event after the other. So a listener that blocks delays itself alone
//! and lags; one that panics loses the event it panicked at and is called again for the next. What a listener
//! has no function for is not put into its queue.

mod attribute;
mod connect;
mod conversation;
mod mark_type;
mod member;
mod message;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;

use crate::event::{LiveEvent, Told};
use crate::feed::{Reader, Stopper};

pub use attribute::LiveGroupAttributeListener;
pub use connect::ConnectListener;
pub(crate) use connect::run_connect_listener;
pub use conversation::LiveConversationListener;
pub use mark_type::LiveGroupMarkTypeListener;
pub use member::LiveGroupMemberListener;
pub use message::LiveGroupMessageListener;

/// Events handed to a listener in one go, so that a busy listener costs few changes of thread.
const BATCH_EVENTS_MAX: usize = 64;

/// Names a listener, so that it can be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerId(u64);

/// The listeners of one client.
#[derive(Default)]
pub(crate) struct Listeners {
    stoppers: BTreeMap<ListenerId, Stopper>,
    last: u64,
}

impl Listeners {
    pub(crate) fn add(&mut self, stopper: Stopper) -> ListenerId {
        self.last += 1;
        let id = ListenerId(self.last);
        self.stoppers.insert(id, stopper);
        id
    }

    pub(crate) fn remove(&mut self, id: ListenerId) {
        if let Some(stopper) = self.stoppers.remove(&id) {
            stopper.stop();
        }
    }
}

/// What a listener of live groups wants to hear, and how it is told.
pub(crate) trait LiveListener: Send + Sync + 'static {
    /// Whether it has a function for this event.
    fn wants(event: &bim_core::LiveEvent) -> bool;

    /// Calls that function.
    fn tell(&self, event: LiveEvent);
}

pub(crate) async fn run_live_listener<L: LiveListener>(
    listener: L,
    reader: Reader<bim_core::LiveEvent>,
    log: bool,
) {
    run(Arc::new(move |event| listener.tell(event)), reader, log).await;
}

async fn run<T: Told>(tell: Arc<impl Fn(T::Shown) + Send + Sync + 'static>, reader: Reader<T>, log: bool) {
    let reader = Arc::new(reader);
    loop {
        let batch = next_batch(&reader).await;
        if batch.is_empty() {
            return;
        }
        let (tell, reader) = (Arc::clone(&tell), Arc::clone(&reader));
        let called = tokio::task::spawn_blocking(move || {
            let wanted = batch.into_iter().take_while(|_| !reader.is_stopped());
            wanted.filter(|event| catch_unwind(AssertUnwindSafe(|| tell(event.clone()))).is_err()).count()
        });
        match called.await {
            Ok(panics) if panics > 0 && log => tracing::warn!(panics, "a listener panicked"),
            Ok(_) => {}
            // The runtime is going away.
            Err(_) => return,
        }
    }
}

/// What waits, at least one event; empty when there will be none.
async fn next_batch<T: Told>(reader: &Reader<T>) -> Vec<T::Shown> {
    poll_fn(|cx| {
        let mut batch = Vec::new();
        while batch.len() < BATCH_EVENTS_MAX {
            match reader.poll_next(cx) {
                Poll::Ready(Some(event)) => batch.push(event),
                Poll::Pending if batch.is_empty() => return Poll::Pending,
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        Poll::Ready(batch)
    })
    .await
}
