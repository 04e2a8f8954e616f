//! Requests between the call and the answer.
//!
//! ```text
//!   call ──► waiting ──► in flight ──► answered
//!               ▲            │  └────► overdue ──► answered after all, or lost
//!               └── lost ◄───┘    what may be repeated, in the order of the calls
//! ```
//!
//! A request keeps its number for life, so the order of numbers is the order of calls, also after a reconnect.
//! Its clock runs only while it is in flight. One whose time is over keeps its place, since the server works on it still
//! and counts it: whoever sent more would be refused.
//!
//! A message that was refused for good holds nobody: what follows it is sent as if it followed nothing, since the server
//! can not know which refusals have arrived. A message that was refused for now leaves those that follow it *stranded*: they may be answered, but they are
//! not sent again by themselves, because on a new connection they would overtake it.

mod refused_for_good;

use std::collections::{BTreeMap, BTreeSet};

use bim_proto::{RequestBody, RequestId};
use bim_types::limits::{CLIENT_WAITING_REQUESTS_MAX, REQUEST_TIMEOUT};
use bim_types::{
    AttributeCondition, ClientMessageId, ConversationShortId, Defect, ErrorCode, Measure, Mono, Window,
};

use crate::command::CallId;

use refused_for_good::RefusedForGood;

/// Pages that may be on their way at once: half of what a server queues for one connection, in bytes. More
/// wait, and what was asked after them waits with them.
const PAGES_IN_FLIGHT_MAX: usize = 4;

/// Requests that wait for a place in flight, and those in flight.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    waiting: Window<RequestId, Box<Pending>>,
    in_flight: Window<RequestId, InFlight>,
    overdue: BTreeMap<RequestId, Overdue>,
    refused_for_good: RefusedForGood,
}

/// A request on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    /// The call that waits for the answer; `None` for what the client asks by itself.
    pub(crate) call: Option<CallId>,
    pub(crate) body: RequestBody,
}

#[derive(Clone, Debug)]
struct InFlight {
    pending: Box<Pending>,
    until: Mono,
    stranded: bool,
}

/// A request that nobody waits for any more, but the answer may come.
#[derive(Clone, Copy, Debug)]
struct Overdue {
    is_page: bool,
}

impl Outbox {
    /// Whether [`CLIENT_WAITING_REQUESTS_MAX`] requests wait already: the next call is refused.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= CLIENT_WAITING_REQUESTS_MAX
    }

    /// Takes a request.
    pub(crate) fn push(&mut self, id: RequestId, pending: Pending) {
        if let RequestBody::SendLiveMessage(send) = &pending.body {
            self.refused_for_good.remove(send.client_message_id);
        }
        self.waiting.insert(id, Box::new(pending));
    }

    /// The next request to send, if the window has room for it.
    pub(crate) fn next(&mut self, now: Mono, window: usize) -> Option<(RequestId, &RequestBody)> {
        if self.in_flight.len() + self.overdue.len() >= window || self.must_wait_for_pages() {
            return None;
        }
        let (id, mut pending) = self.waiting.pop_first()?;
        if let RequestBody::SendLiveMessage(send) = &mut pending.body {
            send.follows = send.follows.filter(|before| !self.refused_for_good.contains(*before));
        }
        self.in_flight.insert(id, InFlight { pending, until: now + REQUEST_TIMEOUT, stranded: false });
        let (_, sent) = self.in_flight.last_mut()?;
        Some((id, &sent.pending.body))
    }

    /// Whether the next request asks for one more page than may be on their way.
    fn must_wait_for_pages(&self) -> bool {
        let next_is_page = self.waiting.first().is_some_and(|(_, next)| is_page(&next.body));
        let in_time = || self.in_flight.values().filter(|sent| is_page(&sent.pending.body)).count();
        let overdue = || self.overdue.values().filter(|late| late.is_page).count();
        next_is_page && in_time() + overdue() >= PAGES_IN_FLIGHT_MAX
    }

    /// The request that was answered; `None` when nobody waits for the answer. Either way there may be room for another.
    pub(crate) fn answered(&mut self, id: RequestId) -> Option<Pending> {
        self.overdue.remove(&id);
        self.in_flight.remove(&id).map(|sent| *sent.pending)
    }

    /// Whether requests wait for places that the server may never free: all that is asked is overdue. Only when
    /// [`Self::next`] has nothing to send.
    pub(crate) fn is_stuck(&self) -> bool {
        self.in_flight.is_empty() && !self.overdue.is_empty() && !self.waiting.is_empty()
    }

    /// The groups with a message or taps in flight.
    pub(crate) fn groups_sent_to(&self) -> BTreeSet<ConversationShortId> {
        let group = |sent: &InFlight| match &sent.pending.body {
            RequestBody::SendLiveMessage(send) => Some(send.group),
            RequestBody::TapLiveCounters(taps) => Some(taps.group),
            _ => None,
        };
        self.in_flight.values().filter_map(group).collect()
    }

    /// The connection ended: what may be repeated waits again, the rest comes back.
    pub(crate) fn on_lost(&mut self) -> Vec<Pending> {
        let mut given_up = Vec::new();
        self.overdue.clear();
        for (id, InFlight { mut pending, stranded, .. }) in std::mem::take(&mut self.in_flight) {
            if Defect::ResendAsNew.is_planted() {
                rename(&mut pending.body);
            }
            if Defect::ForgottenCall.is_planted() {
                continue;
            }
            if may_repeat(&pending.body) && !stranded {
                self.waiting.insert(id, pending);
            } else {
                given_up.push(*pending);
            }
        }
        given_up
    }

    /// A message will not come, unless the app sends it again: until then nothing needs to wait for it.
    pub(crate) fn refused_for_good(&mut self, message: ClientMessageId) {
        self.refused_for_good.insert(message);
    }

    /// A message is not sent again by itself. What follows it in flight is stranded; what follows it and waits
    /// comes back.
    pub(crate) fn strand_behind(&mut self, message: ClientMessageId) -> Vec<Pending> {
        let mut stranded = BTreeSet::from([message]);
        for sent in self.in_flight.values_mut() {
            if let Some(id) = follower_of(&stranded, &sent.pending.body) {
                sent.stranded = true;
                stranded.insert(id);
            }
        }
        let mut held_back = Vec::new();
        for (number, pending) in std::mem::take(&mut self.waiting) {
            if let Some(id) = follower_of(&stranded, &pending.body) {
                stranded.insert(id);
                held_back.push(*pending);
            } else {
                self.waiting.insert(number, pending);
            }
        }
        held_back
    }

    /// A request whose time is over. It keeps its place until it is answered or the connection ends.
    pub(crate) fn expired(&mut self, now: Mono) -> Option<Pending> {
        self.in_flight.first().filter(|(_, first)| now >= first.until)?;
        let (id, InFlight { pending, .. }) = self.in_flight.pop_first()?;
        self.overdue.insert(id, Overdue { is_page: is_page(&pending.body) });
        Some(*pending)
    }

    /// When the next request's time is over. Requests are sent in the order of their numbers, so it is the
    /// first one's.
    pub(crate) fn due(&self) -> Option<Mono> {
        self.in_flight.first().map(|(_, sent)| sent.until)
    }

    /// Everything, in the order of the calls.
    pub(crate) fn drain(&mut self) -> Vec<Pending> {
        self.overdue.clear();
        let in_flight = std::mem::take(&mut self.in_flight).into_iter().map(|(id, sent)| (id, sent.pending));
        let mut all: BTreeMap<_, _> = in_flight.collect();
        all.extend(std::mem::take(&mut self.waiting));
        all.into_values().map(|pending| *pending).collect()
    }
}

/// What one of the defects of the bug bank does: the same message under another id.
fn rename(body: &mut RequestBody) {
    if let RequestBody::SendLiveMessage(send) = body {
        let id = u128::from_be_bytes(send.client_message_id.to_bytes());
        send.client_message_id = ClientMessageId::new(id ^ (1 << 127));
    }
}

/// Whether the answer may be as large as a page: 128 KiB.
fn is_page(body: &RequestBody) -> bool {
    matches!(
        body,
        RequestBody::ListLiveGroups(_)
            | RequestBody::ReadLiveHistory(_)
            | RequestBody::ListLiveMembers(_)
            | RequestBody::GetLiveMembers(..)
            | RequestBody::ReadLiveAttributes(..)
    )
}

/// The id of a message that must not overtake one of these.
fn follower_of(messages: &BTreeSet<ClientMessageId>, body: &RequestBody) -> Option<ClientMessageId> {
    let RequestBody::SendLiveMessage(send) = body else { return None };
    send.follows.filter(|before| messages.contains(before)).map(|_| send.client_message_id)
}

/// What a request is answered with when no answer came.
pub(crate) fn without_answer(body: &RequestBody) -> ErrorCode {
    if may_repeat(body) { ErrorCode::Timeout } else { ErrorCode::OutcomeUnknown }
}

/// Whether asking twice is the same as asking once.
///
/// A second create would make a second group. Whoever has given a group away may not do so again, and a write on a
/// condition that was done has ended that condition: both would be told that it was not done. The other measures
/// say how something shall be, and a kick of someone who is out does nothing; taps and messages carry an id.
fn may_repeat(body: &RequestBody) -> bool {
    match body {
        RequestBody::CreateLiveGroup(_) | RequestBody::ChangeLiveGroup(_, Measure::TransferOwner(_)) => false,
        RequestBody::WriteLiveAttributes(_, writes) => {
            writes.iter().all(|write| write.condition == AttributeCondition::Any)
        }
        RequestBody::RefreshToken(_)
        | RequestBody::GetLiveGroup(_)
        | RequestBody::ListLiveGroups(_)
        | RequestBody::JoinLiveGroup(_)
        | RequestBody::LeaveLiveGroup(_)
        | RequestBody::DissolveLiveGroup(_)
        | RequestBody::SendLiveMessage(_)
        | RequestBody::ReadLiveHistory(_)
        | RequestBody::SetLiveGroupInfo(..)
        | RequestBody::ChangeLiveGroup(..)
        | RequestBody::SetLiveMemberInfo(_)
        | RequestBody::ListLiveMembers(_)
        | RequestBody::GetLiveMembers(..)
        | RequestBody::UpdateLiveMessage(..)
        | RequestBody::DeleteLiveMessage(..)
        | RequestBody::ReadLiveAttributes(..)
        | RequestBody::TapLiveCounters(_)
        | RequestBody::BroadcastToLiveGroups(_) => true,
    }
}

#[cfg(test)]
mod outbox_test;
