//! Entering groups again on a new connection.

use std::collections::{BTreeMap, VecDeque};

use bim_proto::{JoinLive, RequestId};
use bim_types::ConversationShortId;

/// The joins of one connection that must be answered before it counts as connected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rejoin {
    waiting: VecDeque<JoinLive>,
    in_flight: BTreeMap<RequestId, ConversationShortId>,
    /// Whether any cursor could not be continued.
    pub(crate) discontinuous: bool,
}

impl Rejoin {
    pub(crate) fn new(joins: Vec<JoinLive>) -> Self {
        Self { waiting: joins.into(), ..Self::default() }
    }

    /// The next join to send, if the window has room for it.
    pub(crate) fn next(&mut self, id: RequestId, window: usize) -> Option<JoinLive> {
        if self.in_flight.len() >= window {
            return None;
        }
        let next = self.waiting.pop_front()?;
        self.in_flight.insert(id, next.group);
        Some(next)
    }

    /// The group whose join was answered.
    pub(crate) fn answered(&mut self, id: RequestId) -> Option<ConversationShortId> {
        self.in_flight.remove(&id)
    }

    pub(crate) fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.in_flight.is_empty()
    }
}
