//! What a client hears of its live groups, waited for.

use bim::{
    Client, Conversation, GroupChange, GroupEvent, LeftReason, LiveEvent, LiveEvents, LivePulse, Message,
};

/// What a client hears of its live groups from the moment this was made. Waiting for one thing passes over all
/// others before it; a lag is a failure, for then something was not heard.
#[derive(Debug)]
pub struct Watch {
    events: LiveEvents,
}

impl Watch {
    /// Listens from now on.
    #[must_use]
    pub fn of(client: &Client) -> Self {
        Self { events: client.live_groups().events() }
    }

    /// The next event, whatever it is.
    ///
    /// # Panics
    ///
    /// When the client is gone, or the watch was too slow.
    pub async fn next(&mut self) -> LiveEvent {
        let event = self.events.next().await.expect("the client is alive");
        assert!(!matches!(event, LiveEvent::Lagged { .. }), "{event:?}");
        event
    }

    /// What is made of the first event that anything is made of.
    pub async fn until<T>(&mut self, mut pick: impl FnMut(LiveEvent) -> Option<T>) -> T {
        loop {
            if let Some(picked) = pick(self.next().await) {
                return picked;
            }
        }
    }

    /// The next message of somebody else.
    pub async fn message(&mut self) -> Message {
        self.until(|event| match event {
            LiveEvent::Received(message) => Some(message),
            _ => None,
        })
        .await
    }

    /// The text of the next message of somebody else.
    pub async fn text(&mut self) -> String {
        self.message().await.body.as_str().unwrap_or_default().to_owned()
    }

    /// The next thing that was done to members.
    pub async fn measure(&mut self) -> GroupEvent {
        self.until(|event| match event {
            LiveEvent::Members(event) => Some(event),
            _ => None,
        })
        .await
    }

    /// The next thing of a kind that was done to members.
    pub async fn measure_like(&mut self, is_it: impl Fn(&GroupChange) -> bool) -> GroupEvent {
        self.until(|event| match event {
            LiveEvent::Members(event) if is_it(&event.change) => Some(event),
            _ => None,
        })
        .await
    }

    /// The next pulse for which this holds.
    pub async fn pulse(&mut self, mut is_it: impl FnMut(&LivePulse) -> bool) -> LivePulse {
        self.until(|event| match event {
            LiveEvent::Pulse(pulse) if is_it(&pulse) => Some(pulse),
            _ => None,
        })
        .await
    }

    /// The next state of a group for which this holds.
    pub async fn state(&mut self, mut is_it: impl FnMut(&Conversation) -> bool) -> Conversation {
        self.until(|event| match event {
            LiveEvent::StateChanged(conversation) if is_it(&conversation) => Some(conversation),
            _ => None,
        })
        .await
    }

    /// Why the client is not in a group any more.
    pub async fn left(&mut self) -> LeftReason {
        self.until(|event| match event {
            LiveEvent::Left { reason, .. } => Some(reason),
            _ => None,
        })
        .await
    }
}
