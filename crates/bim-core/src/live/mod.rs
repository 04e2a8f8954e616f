//! The live groups of a client: what their frames mean to the app, and how they are entered again.
//!
//! *What it owns.* A [`Room`] for each group the client is in or enters: its [`Viewer`], what the user says about
//! itself there, which attributes and counters the app was told of, and the taps that wait. Which groups are being
//! left; which are known to be dissolved. *What it never does.* It sends nothing: the session sends what
//! [`rejoin::Rejoin`] hands it, and the outbox everything else.
//!
//! ```text
//!   check ─► asked ─► (outbox) ─► answered, given up        answers.rs, check.rs
//!   frames ─► events                                         frames.rs
//!   taps ─► batch ─► (outbox) ─► answered                    taps.rs
//! ```

mod answers;
mod check;
mod frames;
pub(crate) mod rejoin;
mod room;
mod taps;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bim_livegroup::viewer::JoinOutcome;
use bim_proto::{JoinLive, Joined, RequestBody};
use bim_types::{ClientMessageId, Conversation, ConversationShortId, ErrorCode, Refusal, Uid};

use crate::event::{LeftReason, LiveEvent};
use crate::machine::Outputs;
use room::Room;

/// Dissolved groups that are remembered, so that a send to them is refused without a round trip. When full
/// the oldest is forgotten, and the server refuses.
const DISSOLVED_GROUPS_MAX: usize = 256;

/// Own messages without a verdict that are remembered beyond a stay in a group. When full the oldest is forgotten, and a
/// copy of it that comes later shows as received.
const UNRESOLVED_SENDS_MAX: usize = 4096;

/// The path has lost something; only a rejoin can tell what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathBroken;

/// The live groups of one client.
#[derive(Clone, Debug)]
pub(crate) struct LiveGroups {
    me: Uid,
    /// Boxed: a map keeps places for eleven, and most clients are in one.
    rooms: BTreeMap<ConversationShortId, Box<Room>>,
    /// Groups the client was in when the app asked to leave them, until that is answered.
    leaving: BTreeSet<ConversationShortId>,
    /// Own messages that wait for a verdict, and how many calls of each wait: as many as the outbox holds. Whoever leaves
    /// and enters a group meanwhile still knows their copies.
    sending: BTreeMap<(ConversationShortId, ClientMessageId), u32>,
    /// Own messages that no verdict will come for, of groups the client is not in. Whoever enters again still knows their
    /// copies.
    unresolved: VecDeque<(ConversationShortId, ClientMessageId)>,
    dissolved: VecDeque<ConversationShortId>,
}

impl LiveGroups {
    pub(crate) fn new(me: Uid) -> Self {
        let (rooms, leaving, sending, unresolved) = Default::default();
        Self { me, rooms, leaving, sending, unresolved, dissolved: VecDeque::new() }
    }

    /// The connection ended. Groups that were being left are entered again only when something was sent to them
    /// just before: the server tells the verdict of a message to those in the group only.
    pub(crate) fn on_lost(&mut self, unanswered: &BTreeSet<ConversationShortId>, out: &mut Outputs) {
        let gone: Vec<_> = self.leaving.difference(unanswered).copied().collect();
        for group in gone {
            self.drop_room(group, ErrorCode::UserNotInGroup, out);
        }
        for room in self.rooms.values_mut() {
            room.viewer.on_lost();
        }
    }

    /// The joins that enter the groups again, with the cursors to present.
    pub(crate) fn to_rejoin(&self) -> Vec<JoinLive> {
        let join = |(group, room): (&ConversationShortId, &Room)| {
            let resume = Some(room.viewer.resume_cursor()?);
            Some(JoinLive { group: *group, resume, info: room.info.clone() })
        };
        self.rooms.iter().map(|(group, room)| (group, &**room)).filter_map(join).collect()
    }

    /// Takes the answer to a join on a new connection. Says whether the cursor was continued.
    pub(crate) fn on_rejoined(
        &mut self,
        group: ConversationShortId,
        mut joined: Joined,
        out: &mut Outputs,
    ) -> bool {
        let counters = std::mem::take(&mut joined.counters);
        let attributes = std::mem::take(&mut joined.attributes);
        let (_, continued) = self.enter(group, joined, out);
        let Some(room) = self.rooms.get_mut(&group) else { return continued };
        if room.knows_attributes(attributes.version) {
            out.live(LiveEvent::AttributesSnapshot { group, attributes });
        }
        let changed = room.reset_counters(counters);
        if !changed.is_empty() {
            out.live(LiveEvent::CountersChanged { group, counters: changed });
        }
        continued
    }

    /// The client was not let back in.
    pub(crate) fn on_rejoin_refused(
        &mut self,
        group: ConversationShortId,
        code: ErrorCode,
        out: &mut Outputs,
    ) {
        self.drop_room(group, code, out);
        if !self.leaving.contains(&group) {
            out.live(LiveEvent::Left { group, reason: LeftReason::Refused(code) });
        }
    }

    /// The session is over, for this reason: nothing is remembered.
    pub(crate) fn clear(&mut self, reason: ErrorCode, out: &mut Outputs) {
        for (group, room) in std::mem::take(&mut self.rooms) {
            tell_lost(group, room.taps.lost_with_session(), reason.into(), out);
        }
        *self = Self::new(self.me.clone());
    }

    /// Takes the answer to a join. Gives the group's state, and whether a cursor was continued.
    fn enter(
        &mut self,
        group: ConversationShortId,
        joined: Joined,
        out: &mut Outputs,
    ) -> (Conversation, bool) {
        let answered = Conversation { joined: true, ..joined.conversation.clone() };
        let room = self.room_to_enter(group);
        let before = room.viewer.conversation().cloned();
        let outcome = room.viewer.on_joined(joined);
        let conversation = room.viewer.conversation().cloned().unwrap_or(answered);
        let continued = matches!(outcome, JoinOutcome::Resumed(_));
        match outcome {
            JoinOutcome::Fresh => {}
            JoinOutcome::Resumed(gaps) => gaps.into_iter().for_each(|gap| out.live(LiveEvent::LeftOut(gap))),
            JoinOutcome::Discontinuous { reason, from, to } => {
                out.live(LiveEvent::Discontinuity { group, reason, from, to });
            }
        }
        // How long ago the online count was taken is no news by itself.
        let online_count_age = conversation.online_count_age;
        let before = before.map(|known| Conversation { online_count_age, ..known });
        if before.is_some_and(|known| known != conversation) {
            out.live(LiveEvent::StateChanged(conversation.clone().into()));
        }
        (conversation, continued)
    }

    /// The room of a group that is entered, made anew if the client is not in it.
    fn room_to_enter(&mut self, group: ConversationShortId) -> &mut Room {
        let Self { me, rooms, sending, unresolved, .. } = self;
        rooms.entry(group).or_insert_with(|| {
            let mut room = Box::new(Room::joining(me.clone()));
            let (first, last) = ((group, ClientMessageId::new(0)), (group, ClientMessageId::new(u128::MAX)));
            for ((_, id), calls) in sending.range(first..=last) {
                (0..*calls).for_each(|_| room.viewer.on_send(*id));
            }
            unresolved.retain(|(of, id)| {
                if *of == group {
                    room.viewer.on_send(*id);
                    room.viewer.on_no_verdict(*id);
                }
                *of != group
            });
            room
        })
    }

    /// No verdict will come for a message, and the client is not in its group.
    fn note_unresolved(&mut self, group: ConversationShortId, id: ClientMessageId) {
        if self.unresolved.len() >= UNRESOLVED_SENDS_MAX {
            self.unresolved.pop_front();
        }
        self.unresolved.push_back((group, id));
    }

    /// Takes a room away. What no verdict will come for stays known.
    fn take_room(&mut self, group: ConversationShortId) -> Option<Box<Room>> {
        let room = self.rooms.remove(&group)?;
        for id in room.viewer.unresolved() {
            self.note_unresolved(group, id);
        }
        Some(room)
    }

    /// A message waits for a verdict.
    fn note_send(&mut self, group: ConversationShortId, id: ClientMessageId) {
        *self.sending.entry((group, id)).or_default() += 1;
        self.unresolved.retain(|known| *known != (group, id));
        if let Some(room) = self.rooms.get_mut(&group) {
            room.viewer.on_send(id);
        }
    }

    /// One call of a message does not wait any more.
    fn forget_send(&mut self, body: &RequestBody) {
        let RequestBody::SendLiveMessage(send) = body else { return };
        let key = (send.group, send.client_message_id);
        if let Some(calls) = self.sending.get_mut(&key) {
            *calls = calls.saturating_sub(1);
            if *calls == 0 {
                self.sending.remove(&key);
            }
        }
    }

    /// The client is not in a group any more. Taps that wait for it are lost, for this reason.
    fn drop_room(&mut self, group: ConversationShortId, reason: ErrorCode, out: &mut Outputs) {
        if let Some(room) = self.take_room(group) {
            tell_lost(group, room.taps.lost_with_membership(), reason.into(), out);
        }
    }

    fn bury(&mut self, group: ConversationShortId) {
        if !self.dissolved.contains(&group) {
            if self.dissolved.len() >= DISSOLVED_GROUPS_MAX {
                self.dissolved.pop_front();
            }
            self.dissolved.push_back(group);
        }
    }
}

/// Whether the server speaks of the group that was asked for.
pub(crate) fn is_of(joined: &Joined, group: ConversationShortId) -> bool {
    joined.conversation.conversation_short_id == group
}

/// Tells the app of taps that come to nothing.
pub(crate) fn tell_lost(
    group: ConversationShortId,
    lost: BTreeMap<String, u64>,
    reason: Refusal,
    out: &mut Outputs,
) {
    if !lost.is_empty() {
        out.live(LiveEvent::TapsRefused { group, lost, reason });
    }
}
