//! The client's own messages between the call and the point where their copy can no longer surprise.
//!
//! A verdict may be lost with a connection. Whoever is refused on the next one may have been accepted on that: such a
//! message stays known, as one that never had a verdict does.

use std::collections::{BTreeMap, VecDeque};

use bim_types::{ClientMessageId, Cursor, ErrorCode, Message, PerPriority, Position, Priority, Seq, Window};

/// Own messages that one viewer remembers. When full the oldest that waits for no verdict is forgotten; a
/// copy of it that comes later shows as received.
pub const OWN_SENDS_MAX: usize = 4096;

/// Forgotten messages that may stand among those that are remembered, beside as many as are remembered. Beyond that they
/// are sorted out.
const FORGOTTEN_KEPT_MAX: usize = 64;

/// Remembers the ids of own messages: from the call until the verdict is in and the cursor has passed the
/// position, since then a copy counts as known.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnSends {
    by_id: BTreeMap<ClientMessageId, OwnSend>,
    /// In the order in which they began. Those that are forgotten stand here until they come first, or are many.
    by_age: VecDeque<(u64, ClientMessageId)>,
    awaiting_copy: PerPriority<Window<Seq, ClientMessageId>>,
    next_age: u64,
}

#[derive(Clone, Debug)]
struct OwnSend {
    age: u64,
    /// How far the viewer stood when the message was first sent: an older position was reported before.
    began: Option<Cursor>,
    /// Calls that wait for a verdict.
    waiting: u32,
    reported: bool,
    /// It may have been accepted, whatever the last verdict says.
    in_doubt: bool,
    /// The copy, when it came before the verdict. Of as many messages as there are calls under way.
    seen: Option<Box<Message>>,
}

/// What the copy of a message means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copy {
    /// It is somebody else's, or another device's.
    NotOwn,
    /// The verdict reports the message, or has done so.
    Awaited,
    /// No verdict will come: this is the first the app hears of it.
    ClearsDoubt,
}

impl OwnSends {
    pub(super) fn begin(&mut self, id: ClientMessageId, cursor: Option<Cursor>) {
        if let Some(own) = self.by_id.get_mut(&id) {
            own.waiting += 1;
            return;
        }
        if self.by_id.len() >= OWN_SENDS_MAX {
            self.forget_oldest();
        }
        let age = self.next_age;
        self.next_age += 1;
        self.by_age.push_back((age, id));
        self.by_id.insert(
            id,
            OwnSend { age, began: cursor, waiting: 1, reported: false, in_doubt: false, seen: None },
        );
    }

    pub(super) fn on_copy(&mut self, message: &Message) -> Copy {
        let id = message.client_message_id;
        let Some(own) = self.by_id.get_mut(&id) else { return Copy::NotOwn };
        let copy = if own.waiting > 0 || own.reported { Copy::Awaited } else { Copy::ClearsDoubt };
        if own.waiting == 0 {
            self.forget(id);
        } else {
            own.seen = Some(Box::new(message.clone()));
        }
        copy
    }

    /// Whether this is the first verdict for the message.
    pub(super) fn accepted(
        &mut self,
        id: ClientMessageId,
        position: Position,
        class: Priority,
        covered: bool,
    ) -> bool {
        let Some(own) = self.by_id.get_mut(&id) else { return true };
        own.waiting = own.waiting.saturating_sub(1);
        let before =
            own.began.is_some_and(|began| began.epoch == position.epoch && began.covers(class, position.seq));
        let first = !own.reported && !before;
        own.reported = true;
        if !covered {
            self.awaiting_copy[class].insert(position.seq, id);
        } else if own.waiting == 0 {
            self.forget(id);
        }
        first
    }

    pub(super) fn answers_are_lost(&mut self) {
        self.by_id.values_mut().for_each(|own| own.in_doubt |= own.waiting > 0);
    }

    pub(super) fn refused(&mut self, id: ClientMessageId, code: ErrorCode) {
        let Some(own) = self.by_id.get_mut(&id) else { return };
        own.waiting = own.waiting.saturating_sub(1);
        own.in_doubt |= code == ErrorCode::StorageUnavailable;
        if own.waiting == 0 && !own.reported && !own.in_doubt {
            self.forget(id);
        }
    }

    pub(super) fn no_verdict(&mut self, id: ClientMessageId) {
        if let Some(own) = self.by_id.get_mut(&id) {
            own.waiting = own.waiting.saturating_sub(1);
        }
    }

    /// The messages that no verdict will come for.
    pub(super) fn unresolved(&self) -> impl Iterator<Item = ClientMessageId> {
        self.by_id.iter().filter(|(_, own)| own.waiting == 0 && !own.reported).map(|(id, _)| *id)
    }

    pub(super) fn copy_of(&self, id: ClientMessageId) -> Option<&Message> {
        self.by_id.get(&id)?.seen.as_deref()
    }

    /// The cursor of a class moved here: copies up to it are known from now on.
    pub(super) fn passed(&mut self, class: Priority, seq: Seq) {
        while self.awaiting_copy[class].first().is_some_and(|(first, _)| *first <= seq)
            && let Some((_, id)) = self.awaiting_copy[class].pop_first()
        {
            if self.by_id.get(&id).is_some_and(|own| own.waiting == 0) {
                self.forget(id);
            }
        }
    }

    /// The cursor jumped: positions it covers are known, and those of another epoch will never come.
    pub(super) fn stand_at(&mut self, cursor: &Cursor) {
        for class in Priority::ALL {
            self.passed(class, cursor.seqs[class]);
        }
        let other_epoch = |own: &&OwnSend| own.began.is_some_and(|began| began.epoch != cursor.epoch);
        if self.by_id.values().any(|own| other_epoch(&own)) {
            self.awaiting_copy = PerPriority::default();
            let gone: Vec<_> = self
                .by_id
                .iter()
                .filter(|(_, own)| own.waiting == 0 && other_epoch(own))
                .map(|(id, _)| *id)
                .collect();
            gone.into_iter().for_each(|id| self.forget(id));
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        debug_assert!(self.by_age.len() <= self.by_id.len() * 2 + FORGOTTEN_KEPT_MAX);
        self.by_id.len()
    }

    fn forget_oldest(&mut self) {
        let is_idle = |(age, id): &&(u64, ClientMessageId)| {
            self.by_id.get(id).is_some_and(|own| own.age == *age && own.waiting == 0)
        };
        if let Some((_, id)) = self.by_age.iter().find(is_idle).copied() {
            self.forget(id);
        }
    }

    fn forget(&mut self, id: ClientMessageId) {
        self.by_id.remove(&id);
        let by_id = &self.by_id;
        let is_known = |(age, id): &(u64, ClientMessageId)| by_id.get(id).is_some_and(|own| own.age == *age);
        while self.by_age.front().is_some_and(|first| !is_known(first)) {
            self.by_age.pop_front();
        }
        if self.by_age.len() > by_id.len() * 2 + FORGOTTEN_KEPT_MAX {
            self.by_age.retain(is_known);
        }
    }
}
