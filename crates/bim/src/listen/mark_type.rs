//! Who hears of mark types.

use std::sync::Arc;

use bim_core::LiveEvent as Told;
use bim_types::{ConversationShortId, GroupChange, Uid};

use super::LiveListener;
use crate::event::LiveEvent;

/// Hears of the marks that can be given in the live groups the client is in. Every function has an empty body to
/// begin with. `operator` is who did it.
///
/// Called in order, never on the task that serves the network. Calling the client from here is fine.
pub trait LiveGroupMarkTypeListener: Send + Sync + 'static {
    /// There are new marks to give.
    fn on_mark_types_add(&self, group: ConversationShortId, types: &[String], operator: Option<&Uid>) {
        let _ = (group, types, operator);
    }

    /// These marks are gone, also from everyone who had them.
    fn on_mark_types_deleted(&self, group: ConversationShortId, types: &[String], operator: Option<&Uid>) {
        let _ = (group, types, operator);
    }

    /// This listener was too slow: so many events are missing here.
    fn on_lagged(&self, count: u64) {
        let _ = count;
    }
}

impl LiveListener for Arc<dyn LiveGroupMarkTypeListener> {
    fn wants(event: &Told) -> bool {
        let Told::Members(event) = event else { return false };
        matches!(event.change, GroupChange::MarkTypesAdded(_) | GroupChange::MarkTypesRemoved(_))
    }

    fn tell(&self, event: LiveEvent) {
        let event = match event {
            LiveEvent::Members(event) => event,
            LiveEvent::Lagged { count } => return self.on_lagged(count),
            _ => return,
        };
        let (group, operator) = (event.conversation_short_id, event.operator.as_ref());
        match &event.change {
            GroupChange::MarkTypesAdded(types) => self.on_mark_types_add(group, types, operator),
            GroupChange::MarkTypesRemoved(types) => self.on_mark_types_deleted(group, types, operator),
            _ => {}
        }
    }
}
