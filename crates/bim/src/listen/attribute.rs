//! Who hears of attributes and counters.

use std::collections::BTreeMap;
use std::sync::Arc;

use bim_core::LiveEvent as Told;
use bim_types::{Attributes, AttributesChanged, ConversationShortId, Refusal};

use super::LiveListener;
use crate::event::LiveEvent;

/// Hears of the attributes and counters of the live groups the client is in. Every function has an empty body to
/// begin with.
///
/// Called in order, never on the task that serves the network. Calling the client from here is fine.
pub trait LiveGroupAttributeListener: Send + Sync + 'static {
    /// Attributes were set or removed.
    fn on_attributes_changed(&self, changed: &AttributesChanged) {
        let _ = changed;
    }

    /// Attributes changed while the connection was away: these are all that there are now.
    fn on_attributes_snapshot(&self, group: ConversationShortId, attributes: &Attributes) {
        let _ = (group, attributes);
    }

    /// These counters changed, and this is how they stand.
    fn on_counters_changed(&self, group: ConversationShortId, counters: &BTreeMap<String, u64>) {
        let _ = (group, counters);
    }

    /// Taps came to nothing; see [`LiveEvent::TapsRefused`].
    fn on_taps_refused(&self, group: ConversationShortId, lost: &BTreeMap<String, u64>, reason: &Refusal) {
        let _ = (group, lost, reason);
    }

    /// This listener was too slow: so many events are missing here.
    fn on_lagged(&self, count: u64) {
        let _ = count;
    }
}

impl LiveListener for Arc<dyn LiveGroupAttributeListener> {
    fn wants(event: &Told) -> bool {
        matches!(
            event,
            Told::AttributesChanged(_)
                | Told::AttributesSnapshot { .. }
                | Told::CountersChanged { .. }
                | Told::TapsRefused { .. }
        )
    }

    fn tell(&self, event: LiveEvent) {
        match event {
            LiveEvent::AttributesChanged(changed) => self.on_attributes_changed(&changed),
            LiveEvent::AttributesSnapshot { group, attributes } => {
                self.on_attributes_snapshot(group, &attributes);
            }
            LiveEvent::CountersChanged { group, counters } => self.on_counters_changed(group, &counters),
            LiveEvent::TapsRefused { group, lost, reason } => self.on_taps_refused(group, &lost, &reason),
            LiveEvent::Lagged { count } => self.on_lagged(count),
            _ => {}
        }
    }
}
