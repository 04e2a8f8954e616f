//! Own messages on their way: sent in order, again after a refusal with a retry time, never twice.

use std::time::{Duration, Instant};

use bim::{ClientMessageId, Error, ErrorCode, Message, OutgoingMessage, Priority};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;

use super::room::Room;
use super::window::SendWindow;

/// Own messages without a verdict, and their verdicts.
pub(super) struct Outbox {
    window: SendWindow<Outgoing>,
    under_way: FuturesUnordered<BoxFuture<'static, (u64, Result<Message, Error>)>>,
    previous: Option<OutgoingMessage>,
}

struct Outgoing {
    message: OutgoingMessage,
    priority: Priority,
}

/// What became of a message.
pub(super) enum Verdict {
    /// It has its position.
    Accepted { line: u64, message: Message },
    /// Not now; it is sent again by itself. `first`: no other refusal is being waited out.
    Held { line: u64, code: ErrorCode, retry_after: Option<Duration>, first: bool },
    /// Never.
    Refused { line: u64, error: Error },
}

impl Outbox {
    pub(super) fn new() -> Self {
        Self { window: SendWindow::new(), under_way: FuturesUnordered::new(), previous: None }
    }

    /// Takes a message behind all others; call [`Self::send`] then.
    pub(super) fn push(&mut self, line: u64, message: OutgoingMessage, priority: Priority) {
        let message = match &self.previous {
            Some(previous) => message.follows(previous),
            None => message,
        };
        self.previous = Some(message.clone());
        self.window.push(line, Outgoing { message, priority });
    }

    /// Sends what may be sent now.
    pub(super) fn send(&mut self, room: &Room, now: Instant) {
        while let Some((line, outgoing)) = self.window.next_to_send(now) {
            let sending = room.live.send_live_group_message(&outgoing.message, room.group, outgoing.priority);
            self.under_way.push(Box::pin(async move { (line, sending.await) }));
        }
    }

    /// The next verdict; never, while nothing is under way.
    ///
    /// Cancel safe.
    pub(super) async fn next_verdict(&mut self) -> Verdict {
        let Some((line, verdict)) = self.under_way.next().await else { return std::future::pending().await };
        match verdict {
            Ok(message) => {
                self.window.on_accepted(line);
                Verdict::Accepted { line, message }
            }
            // The server speaks of limits in time; the rest is for us to wait out.
            Err(error) if error.is_retryable() => {
                let (code, retry_after) = (error.error_code(), error.retry_after());
                let first = self.window.on_refused(line, retry_after, Instant::now());
                Verdict::Held { line, code, retry_after, first }
            }
            Err(error) => {
                self.window.on_refused_for_good(line);
                Verdict::Refused { line, error }
            }
        }
    }

    /// Gives up what is not under way. Returns how many messages that were.
    pub(super) fn drop_unsent(&mut self) -> usize {
        self.window.drop_unsent()
    }

    /// When to call [`Self::send`] again.
    pub(super) fn wakes_at(&self) -> Option<Instant> {
        self.window.wakes_at()
    }

    pub(super) fn has_room(&self) -> bool {
        self.window.has_room()
    }

    /// How many have no verdict.
    pub(super) fn len(&self) -> usize {
        self.window.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.window.is_empty()
    }

    /// Whether this is one of the messages without a verdict.
    pub(super) fn holds(&self, id: ClientMessageId) -> bool {
        self.window.messages().any(|outgoing| outgoing.message.client_message_id() == id)
    }
}
