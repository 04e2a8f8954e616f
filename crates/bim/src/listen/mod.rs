//! Listeners: code of the app that is called for each event.
//!
//! Each listener has a queue and a task of its own. The task takes what waits and calls the listener on a
//! thread where blocking is allowed, one event after the other. So a listener that blocks delays itself alone
//! and lags; one that panics loses the event it panicked at and is called again for the next.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;

use bim_core::LeftReason;
use bim_types::{ConnectStatus, Conversation, ConversationShortId, ErrorCode, LiveGap, Message, Position};

use crate::event::{ConnectEvent, Discontinuity, LiveEvent, MayLag};
use crate::feed::{Reader, Stopper};
use crate::shared::Shared;

/// Events handed to a listener in one go, so that a busy listener costs few changes of thread.
const BATCH_EVENTS_MAX: usize = 64;

/// Hears what happens to the connection. Every function has an empty body to begin with.
///
/// Called in order, never on the task that serves the network. Calling the client from here is fine.
pub trait ConnectListener: Send + Sync + 'static {
    /// The status of the connection changed.
    fn on_connect_status_changed(&self, status: ConnectStatus) {
        let _ = status;
    }

    /// The server does not accept the token any more, or never did. With a token provider the client has asked
    /// for another already.
    fn on_token_invalid(&self, code: ErrorCode) {
        let _ = code;
    }
}

/// Hears what happens in the live groups the client is in. Every function has an empty body to begin with.
///
/// Called in order, never on the task that serves the network. Calling the client from here is fine.
pub trait LiveGroupMessageListener: Send + Sync + 'static {
    /// Somebody else's message, or one of another device of this user.
    fn on_receive_message(&self, message: Message) {
        let _ = message;
    }

    /// An own message has its position.
    fn on_send_message(&self, message: Message) {
        let _ = message;
    }

    /// A message was changed.
    fn on_update_message(&self, message: Message) {
        let _ = message;
    }

    /// A message was removed.
    fn on_delete_message(&self, group: ConversationShortId, position: Position) {
        let _ = (group, position);
    }

    /// Messages of one class were not sent to this viewer.
    fn on_left_out(&self, gap: LiveGap) {
        let _ = gap;
    }

    /// What was missed while away can not be replayed.
    fn on_discontinuity(&self, discontinuity: Discontinuity) {
        let _ = discontinuity;
    }

    /// The group's information, roles or online count changed.
    fn on_state_changed(&self, conversation: Conversation) {
        let _ = conversation;
    }

    /// The client is not in the group any more, and did not ask for it.
    fn on_left(&self, group: ConversationShortId, reason: LeftReason) {
        let _ = (group, reason);
    }

    /// This listener was too slow: so many events are missing here.
    fn on_lagged(&self, count: u64) {
        let _ = count;
    }
}

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

pub(crate) async fn run_connect_listener(
    listener: Arc<dyn ConnectListener>,
    reader: Reader<ConnectEvent>,
    shared: Arc<Shared>,
) {
    let log = shared.log;
    let tell = move |event| match event {
        ConnectEvent::Status(status) => listener.on_connect_status_changed(status),
        ConnectEvent::TokenInvalid(code) => listener.on_token_invalid(code),
        // What was missed is outdated; the present status is what counts.
        ConnectEvent::Lagged { .. } => {
            let present = shared.view().status.clone();
            listener.on_connect_status_changed(present);
        }
    };
    run(Arc::new(tell), reader, log).await;
}

pub(crate) async fn run_live_listener(
    listener: Arc<dyn LiveGroupMessageListener>,
    reader: Reader<LiveEvent>,
    log: bool,
) {
    let tell = move |event| match event {
        LiveEvent::Received(message) => listener.on_receive_message(message),
        LiveEvent::Sent(message) => listener.on_send_message(message),
        LiveEvent::Updated(message) => listener.on_update_message(message),
        LiveEvent::Deleted { group, position } => listener.on_delete_message(group, position),
        LiveEvent::LeftOut(gap) => listener.on_left_out(gap),
        LiveEvent::StateChanged(conversation) => listener.on_state_changed(conversation),
        LiveEvent::Discontinuity(discontinuity) => listener.on_discontinuity(discontinuity),
        LiveEvent::Left { group, reason } => listener.on_left(group, reason),
        LiveEvent::Lagged { count } => listener.on_lagged(count),
    };
    run(Arc::new(tell), reader, log).await;
}

async fn run<T: MayLag>(tell: Arc<impl Fn(T) + Send + Sync + 'static>, reader: Reader<T>, log: bool) {
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
async fn next_batch<T: MayLag>(reader: &Reader<T>) -> Vec<T> {
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
