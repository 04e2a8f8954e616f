//! Messages that will not come.

use std::collections::VecDeque;

use bim_types::ClientMessageId;

/// Messages remembered: as many as may wait in the outbox. When full the oldest is forgotten; what follows that one is
/// then told to come again (code 78) as long as the connection lasts.
const REFUSED_FOR_GOOD_MAX: usize = bim_types::limits::CLIENT_WAITING_REQUESTS_MAX;

/// Messages that were refused for good, and that the app has not sent again.
#[derive(Clone, Debug, Default)]
pub(super) struct RefusedForGood(VecDeque<ClientMessageId>);

impl RefusedForGood {
    /// Whether a message will not come.
    pub(super) fn contains(&self, id: ClientMessageId) -> bool {
        self.0.contains(&id)
    }

    /// A message was refused for good.
    pub(super) fn insert(&mut self, id: ClientMessageId) {
        self.remove(id);
        if self.0.len() >= REFUSED_FOR_GOOD_MAX {
            self.0.pop_front();
        }
        self.0.push_back(id);
    }

    /// The app sends it again.
    pub(super) fn remove(&mut self, id: ClientMessageId) {
        self.0.retain(|refused| *refused != id);
    }
}
