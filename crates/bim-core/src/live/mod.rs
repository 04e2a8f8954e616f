//! The live groups of a client: what their frames mean to the app, and how they are entered again.
//!
//! *What it owns.* A [`Viewer`] for each group the client is in or enters; which groups are being left; which
//! are known to be dissolved. *What it never does.* It sends nothing: the session sends what
//! [`rejoin::Rejoin`] hands it, and the outbox everything else.

pub(crate) mod rejoin;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bim_livegroup::viewer::{Delivery, JoinOutcome, Viewer};
use bim_proto::{Joined, LivePush, RequestBody, ResponseBody, SendLive};
use bim_types::{
    Conversation, ConversationShortId, Cursor, ErrorCode, LiveGap, Message, Position, Refusal, Uid, Wall,
};

use crate::command::{Answer, Ask};
use crate::event::{LeftReason, LiveEvent};
use crate::machine::Outputs;

/// Dissolved groups that are remembered, so that a send to them is refused without a round trip. When full
/// the oldest is forgotten, and the server refuses.
const DISSOLVED_GROUPS_MAX: usize = 256;

/// The path has lost something; only a rejoin can tell what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathBroken;

/// The live groups of one client.
#[derive(Clone, Debug)]
pub(crate) struct LiveGroups {
    me: Uid,
    viewers: BTreeMap<ConversationShortId, Viewer>,
    leaving: BTreeSet<ConversationShortId>,
    dissolved: VecDeque<ConversationShortId>,
}

impl LiveGroups {
    pub(crate) fn new(me: Uid) -> Self {
        Self { me, viewers: BTreeMap::new(), leaving: BTreeSet::new(), dissolved: VecDeque::new() }
    }

    /// What can be said without asking the server: limits passed, groups known to be gone.
    pub(crate) fn check(&self, ask: &Ask) -> Result<(), Refusal> {
        match ask {
            Ask::Create(info) => info.check(),
            Ask::Send(send) => {
                send.body.check()?;
                if self.dissolved.contains(&send.group) {
                    return Err(
                        Refusal::new(ErrorCode::ConversationNotFound).hint("the live group was dissolved")
                    );
                }
                Ok(())
            }
            Ask::Get(_)
            | Ask::List(_)
            | Ask::Join(_)
            | Ask::Leave(_)
            | Ask::Dissolve(_)
            | Ask::History(_) => Ok(()),
            Ask::SetInfo(_, change) => change.check(),
        }
    }

    /// Notes what is about to be asked. A group the client is in already need not be entered again.
    pub(crate) fn on_asked(&mut self, ask: &Ask) -> Option<Answer> {
        match ask {
            Ask::Send(send) => {
                if let Some(viewer) = self.viewers.get_mut(&send.group) {
                    viewer.on_send(send.client_message_id);
                }
            }
            Ask::Join(group) => {
                if let Some(viewer) = self.viewers.get(group).filter(|_| !self.leaving.contains(group)) {
                    let known = viewer.conversation().filter(|_| viewer.is_joined());
                    return known.cloned().map(Answer::Conversation);
                }
                self.viewers.entry(*group).or_insert_with(|| Viewer::joining(self.me.clone()));
            }
            Ask::Leave(group) => {
                if self.viewers.contains_key(group) {
                    self.leaving.insert(*group);
                }
            }
            Ask::Create(_)
            | Ask::Get(_)
            | Ask::List(_)
            | Ask::SetInfo(..)
            | Ask::Dissolve(_)
            | Ask::History(_) => {}
        }
        None
    }

    /// Takes the answer to a request.
    pub(crate) fn on_answered(
        &mut self,
        body: RequestBody,
        answer: Result<ResponseBody, Refusal>,
        out: &mut Outputs,
    ) -> Result<Answer, Refusal> {
        use RequestBody as Q;
        use ResponseBody as A;
        match (body, answer) {
            (Q::SendLiveMessage(send), Ok(A::LiveMessageAccepted(accepted))) => {
                Ok(Answer::Message(self.on_accepted(send, accepted.position, accepted.accepted_at, out)))
            }
            (Q::JoinLiveGroup(group, _), Ok(A::JoinedLiveGroup(joined))) if is_of(&joined, group) => {
                Ok(Answer::Conversation(self.enter(group, joined, out).0))
            }
            (Q::LeaveLiveGroup(group), Ok(A::Done)) => {
                self.forget(group);
                Ok(Answer::Done)
            }
            (Q::DissolveLiveGroup(group), Ok(A::Done)) => {
                self.bury(group);
                Ok(Answer::Done)
            }
            (
                Q::CreateLiveGroup(_) | Q::GetLiveGroup(_) | Q::SetLiveGroupInfo(..),
                Ok(A::LiveGroup(group)),
            ) => Ok(Answer::Conversation(group)),
            (Q::ListLiveGroups(_), Ok(A::LiveGroupPage(page))) => Ok(Answer::Page(page)),
            (Q::ReadLiveHistory(_), Ok(A::LiveHistoryPage(page))) => Ok(Answer::History(page)),
            (body, Err(refusal)) => {
                self.on_refused(&body);
                Err(refusal)
            }
            (body, Ok(_)) => {
                self.on_refused(&body);
                Err(Refusal::new(ErrorCode::ProtocolViolation).hint("the answer does not fit the request"))
            }
        }
    }

    /// No answer will come. When the copy of a message was received, that is its answer.
    pub(crate) fn on_given_up(&mut self, body: &RequestBody, out: &mut Outputs) -> Option<Answer> {
        if let RequestBody::SendLiveMessage(send) = body
            && let Some(viewer) = self.viewers.get_mut(&send.group)
        {
            if let Some((position, at)) = viewer.copy_of(send.client_message_id) {
                return Some(Answer::Message(self.on_accepted(send.clone(), position, at, out)));
            }
            viewer.on_no_verdict(send.client_message_id);
            return None;
        }
        self.on_refused(body);
        None
    }

    /// Takes a message.
    pub(crate) fn on_message(&mut self, push: LivePush, out: &mut Outputs) -> Result<(), PathBroken> {
        let Some(viewer) = self.viewers.get_mut(&push.message.conversation_short_id) else { return Ok(()) };
        match viewer.on_message(push) {
            Delivery::Received(message) => out.live(LiveEvent::Received(message)),
            Delivery::Sent(message) => out.live(LiveEvent::Sent(message)),
            Delivery::Quiet => {}
            Delivery::Broken => return Err(PathBroken),
        }
        Ok(())
    }

    /// Takes a gap marker.
    pub(crate) fn on_gap(&mut self, gap: LiveGap, out: &mut Outputs) {
        let viewer = self.viewers.get_mut(&gap.conversation_short_id);
        if let Some(gap) = viewer.and_then(|viewer| viewer.on_gap(gap)) {
            out.live(LiveEvent::LeftOut(gap));
        }
    }

    /// Takes a state. A dissolved group is left by everyone.
    pub(crate) fn on_state(&mut self, state: Conversation, out: &mut Outputs) {
        let (group, dissolved) = (state.conversation_short_id, state.dissolved);
        let Some(viewer) = self.viewers.get_mut(&group) else { return };
        if let Some(state) = viewer.on_state(state) {
            out.live(LiveEvent::StateChanged(state.clone()));
        }
        if dissolved {
            self.bury(group);
            self.forget(group);
            out.live(LiveEvent::Left { group, reason: LeftReason::Dissolved });
        }
    }

    /// Takes a changed message.
    pub(crate) fn on_updated(&mut self, message: Message, out: &mut Outputs) {
        if self.is_current(message.conversation_short_id, message.position) {
            out.live(LiveEvent::Updated(message));
        }
    }

    /// Takes a removal.
    pub(crate) fn on_deleted(&mut self, group: ConversationShortId, position: Position, out: &mut Outputs) {
        if self.is_current(group, position) {
            out.live(LiveEvent::Deleted { group, position });
        }
    }

    /// The connection ended. Groups that were being left are entered again only when something was sent to them
    /// just before: the server tells the verdict of a message to those in the group only.
    pub(crate) fn on_lost(&mut self, unanswered: &BTreeSet<ConversationShortId>) {
        for group in self.leaving.difference(unanswered) {
            self.viewers.remove(group);
        }
        self.leaving.retain(|group| unanswered.contains(group));
        for viewer in self.viewers.values_mut() {
            viewer.on_lost();
        }
    }

    /// The groups to enter again, with the cursors to present.
    pub(crate) fn to_rejoin(&self) -> Vec<(ConversationShortId, Cursor)> {
        let resume =
            |(group, viewer): (&ConversationShortId, &Viewer)| Some((*group, viewer.resume_cursor()?));
        self.viewers.iter().filter_map(resume).collect()
    }

    /// The client was not let back in.
    pub(crate) fn on_rejoin_refused(
        &mut self,
        group: ConversationShortId,
        code: ErrorCode,
        out: &mut Outputs,
    ) {
        let was_being_left = self.leaving.contains(&group);
        self.forget(group);
        if !was_being_left {
            out.live(LiveEvent::Left { group, reason: LeftReason::Refused(code) });
        }
    }

    /// The session is over: nothing is remembered.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.me.clone());
    }

    /// Takes the answer to a join on a new connection. Says whether the cursor was continued.
    pub(crate) fn on_rejoined(
        &mut self,
        group: ConversationShortId,
        joined: Joined,
        out: &mut Outputs,
    ) -> bool {
        self.enter(group, joined, out).1
    }

    fn enter(
        &mut self,
        group: ConversationShortId,
        joined: Joined,
        out: &mut Outputs,
    ) -> (Conversation, bool) {
        let conversation = Conversation { joined: true, ..joined.conversation.clone() };
        let viewer = self.viewers.entry(group).or_insert_with(|| Viewer::joining(self.me.clone()));
        let changed = viewer.conversation().is_some_and(|known| *known != conversation);
        let outcome = viewer.on_joined(joined);
        let continued = matches!(outcome, JoinOutcome::Resumed(_));
        match outcome {
            JoinOutcome::Fresh => {}
            JoinOutcome::Resumed(gaps) => gaps.into_iter().for_each(|gap| out.live(LiveEvent::LeftOut(gap))),
            JoinOutcome::Discontinuous { reason, from, to } => {
                out.live(LiveEvent::Discontinuity { group, reason, from, to });
            }
        }
        if changed {
            out.live(LiveEvent::StateChanged(conversation.clone()));
        }
        (conversation, continued)
    }

    fn on_accepted(&mut self, send: SendLive, position: Position, at: Wall, out: &mut Outputs) -> Message {
        let SendLive { group, client_message_id, priority, body, .. } = send;
        let message = Message {
            conversation_short_id: group,
            position,
            client_message_id,
            sender: self.me.clone(),
            priority,
            accepted_at: at,
            edits: 0,
            body,
        };
        let viewer = self.viewers.get_mut(&group);
        if viewer.is_none_or(|viewer| viewer.on_accepted(client_message_id, position, priority)) {
            out.live(LiveEvent::Sent(message.clone()));
        }
        message
    }

    fn on_refused(&mut self, body: &RequestBody) {
        match body {
            RequestBody::SendLiveMessage(send) => {
                if let Some(viewer) = self.viewers.get_mut(&send.group) {
                    viewer.on_refused(send.client_message_id);
                }
            }
            RequestBody::JoinLiveGroup(group, _) => {
                if self.viewers.get(group).is_some_and(|viewer| viewer.cursor().is_none()) {
                    self.viewers.remove(group);
                }
            }
            RequestBody::LeaveLiveGroup(group) => {
                self.leaving.remove(group);
            }
            RequestBody::RefreshToken(_)
            | RequestBody::CreateLiveGroup(_)
            | RequestBody::GetLiveGroup(_)
            | RequestBody::ListLiveGroups(_)
            | RequestBody::DissolveLiveGroup(_)
            | RequestBody::ReadLiveHistory(_)
            | RequestBody::SetLiveGroupInfo(..) => {}
        }
    }

    fn is_current(&self, group: ConversationShortId, position: Position) -> bool {
        self.viewers.get(&group).is_some_and(|viewer| viewer.is_current(position))
    }

    fn forget(&mut self, group: ConversationShortId) {
        self.viewers.remove(&group);
        self.leaving.remove(&group);
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
