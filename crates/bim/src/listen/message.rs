//! Who hears of messages.

use std::sync::Arc;

use bim_core::LeftReason;
use bim_core::LiveEvent as Told;
use bim_types::{Conversation, ConversationShortId, LiveGap, Message, Position};

use super::LiveListener;
use crate::event::{Discontinuity, LiveEvent};

/// Hears of the messages of the live groups the client is in, and of whatever ends or interrupts them. Every function has an empty body to begin with.
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

    /// A message was changed. [`LiveEvent::Updated`](crate::LiveEvent::Updated) says by whom.
    fn on_update_message(&self, message: Message) {
        let _ = message;
    }

    /// A message was removed. [`LiveEvent::Deleted`](crate::LiveEvent::Deleted) says by whom.
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

    /// The group's information, roles, online count, or this user's own record in it changed.
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

impl LiveListener for Arc<dyn LiveGroupMessageListener> {
    fn wants(event: &Told) -> bool {
        match event {
            Told::Received(_)
            | Told::Sent(_)
            | Told::Updated { .. }
            | Told::Deleted { .. }
            | Told::LeftOut(_)
            | Told::StateChanged(_)
            | Told::Discontinuity { .. }
            | Told::Left { .. } => true,
            Told::Members(_)
            | Told::Pulse(_)
            | Told::AttributesChanged(_)
            | Told::AttributesSnapshot { .. }
            | Told::CountersChanged { .. }
            | Told::TapsRefused { .. } => false,
        }
    }

    fn tell(&self, event: LiveEvent) {
        match event {
            LiveEvent::Received(message) => self.on_receive_message(message),
            LiveEvent::Sent(message) => self.on_send_message(message),
            LiveEvent::Updated { message, .. } => self.on_update_message(message),
            LiveEvent::Deleted { group, position, .. } => self.on_delete_message(group, position),
            LiveEvent::LeftOut(gap) => self.on_left_out(gap),
            LiveEvent::StateChanged(conversation) => self.on_state_changed(conversation),
            LiveEvent::Discontinuity(discontinuity) => self.on_discontinuity(discontinuity),
            LiveEvent::Left { group, reason } => self.on_left(group, reason),
            LiveEvent::Lagged { count } => self.on_lagged(count),
            LiveEvent::Members(_)
            | LiveEvent::Pulse(_)
            | LiveEvent::AttributesChanged(_)
            | LiveEvent::AttributesSnapshot { .. }
            | LiveEvent::CountersChanged { .. }
            | LiveEvent::TapsRefused { .. } => {}
        }
    }
}
