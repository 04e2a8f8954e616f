//! What the app saw of each group.

use std::collections::BTreeMap;

use bim_core::LiveEvent;
use bim_types::{ConversationShortId, Message, PerPriority, Position};

/// The last message of each class of each group that the app saw, since it last came in or was told of a break.
#[derive(Debug, Default)]
pub(super) struct Viewed(BTreeMap<ConversationShortId, PerPriority<Option<Position>>>);

impl Viewed {
    /// The app comes in, or goes out.
    pub(super) fn forget(&mut self, group: ConversationShortId) {
        self.0.remove(&group);
    }

    /// Something happens in a group.
    pub(super) fn on_event(&mut self, event: &LiveEvent) {
        match event {
            LiveEvent::Received(message) => self.on_message(message),
            LiveEvent::Discontinuity { group, .. } | LiveEvent::Left { group, .. } => self.forget(*group),
            _ => {}
        }
    }

    fn on_message(&mut self, message: &Message) {
        let last = &mut self.0.entry(message.conversation_short_id).or_default()[message.priority];
        let follows = last.is_none_or(|last| last < message.position);
        assert!(follows, "{:?} comes after {last:?} of its class", message.position);
        *last = Some(message.position);
    }
}
