//! Who hears of the state of groups.

use std::sync::Arc;

use bim_core::LiveEvent as Told;
use bim_types::Conversation;

use super::LiveListener;
use crate::event::LiveEvent;

/// Hears of the state of the live groups the client is in. Every function has an empty body to begin with.
///
/// Called in order, never on the task that serves the network. Calling the client from here is fine.
pub trait LiveConversationListener: Send + Sync + 'static {
    /// The group's information, notice, mute-all, roles, online count, or this user's own record in it changed: the
    /// group as it stands now.
    fn on_conversation_changed(&self, conversation: Conversation) {
        let _ = conversation;
    }

    /// This listener was too slow: so many events are missing here.
    fn on_lagged(&self, count: u64) {
        let _ = count;
    }
}

impl LiveListener for Arc<dyn LiveConversationListener> {
    fn wants(event: &Told) -> bool {
        matches!(event, Told::StateChanged(_))
    }

    fn tell(&self, event: LiveEvent) {
        match event {
            LiveEvent::StateChanged(conversation) => self.on_conversation_changed(conversation),
            LiveEvent::Lagged { count } => self.on_lagged(count),
            _ => {}
        }
    }
}
