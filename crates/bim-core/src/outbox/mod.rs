//! Requests between the call and the answer.
//!
//! ```text
//!   call ──► waiting ──► in flight ──► answered
//!               ▲            │
//!               └── lost ◄───┘    what may be repeated, in the order of the calls
//! ```
//!
//! A request keeps its number for life, so the order of numbers is the order of calls, also after a reconnect.
//! Its clock runs only while it is in flight.
//!
//! A message that was refused for now leaves those that follow it *stranded*: they may be answered, but they are
//! not sent again by themselves, because on a new connection they would overtake it.

use std::collections::{BTreeMap, BTreeSet};

use bim_proto::{RequestBody, RequestId};
use bim_types::limits::{CLIENT_WAITING_REQUESTS_MAX, REQUEST_TIMEOUT};
use bim_types::{ClientMessageId, ConversationShortId, ErrorCode, Mono};

use crate::command::CallId;

/// Pages that may be on their way at once: half of what a server queues for one connection, in bytes. More
/// wait, and what was asked after them waits with them.
const PAGES_IN_FLIGHT_MAX: usize = 4;

/// Requests that wait for a place in flight, and those in flight.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    waiting: BTreeMap<RequestId, Pending>,
    in_flight: BTreeMap<RequestId, InFlight>,
}

/// A request somebody waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) call: CallId,
    pub(crate) body: RequestBody,
}

#[derive(Clone, Debug)]
struct InFlight {
    pending: Pending,
    until: Mono,
    stranded: bool,
}

impl Outbox {
    /// Whether [`CLIENT_WAITING_REQUESTS_MAX`] requests wait already: the next call is refused.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= CLIENT_WAITING_REQUESTS_MAX
    }

    /// Takes a request.
    pub(crate) fn push(&mut self, id: RequestId, pending: Pending) {
        self.waiting.insert(id, pending);
    }

    /// The next request to send, if the window has room for it.
    pub(crate) fn next(&mut self, now: Mono, window: usize) -> Option<(RequestId, RequestBody)> {
        if self.in_flight.len() >= window || self.must_wait_for_pages() {
            return None;
        }
        let (id, pending) = self.waiting.pop_first()?;
        let body = pending.body.clone();
        self.in_flight.insert(id, InFlight { pending, until: now + REQUEST_TIMEOUT, stranded: false });
        Some((id, body))
    }

    /// Whether the next request asks for one more page than may be on their way.
    fn must_wait_for_pages(&self) -> bool {
        let next_is_page = self.waiting.first_key_value().is_some_and(|(_, next)| is_page(&next.body));
        let pages = || self.in_flight.values().filter(|sent| is_page(&sent.pending.body)).count();
        next_is_page && pages() >= PAGES_IN_FLIGHT_MAX
    }

    /// The request that was answered.
    pub(crate) fn answered(&mut self, id: RequestId) -> Option<Pending> {
        self.in_flight.remove(&id).map(|sent| sent.pending)
    }

    /// The groups with a message in flight.
    pub(crate) fn groups_sent_to(&self) -> BTreeSet<ConversationShortId> {
        let group = |sent: &InFlight| match &sent.pending.body {
            RequestBody::SendLiveMessage(send) => Some(send.group),
            _ => None,
        };
        self.in_flight.values().filter_map(group).collect()
    }

    /// The connection ended: what may be repeated waits again, the rest comes back.
    pub(crate) fn on_lost(&mut self) -> Vec<Pending> {
        let mut given_up = Vec::new();
        for (id, InFlight { pending, stranded, .. }) in std::mem::take(&mut self.in_flight) {
            if may_repeat(&pending.body) && !stranded {
                self.waiting.insert(id, pending);
            } else {
                given_up.push(pending);
            }
        }
        given_up
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
                held_back.push(pending);
            } else {
                self.waiting.insert(number, pending);
            }
        }
        held_back
    }

    /// A request whose time is over.
    pub(crate) fn expired(&mut self, now: Mono) -> Option<Pending> {
        let first = self.in_flight.first_entry()?;
        (now >= first.get().until).then(|| first.remove().pending)
    }

    /// When the next request's time is over. Requests are sent in the order of their numbers, so it is the
    /// first one's.
    pub(crate) fn due(&self) -> Option<Mono> {
        self.in_flight.first_key_value().map(|(_, sent)| sent.until)
    }

    /// Everything, in the order of the calls.
    pub(crate) fn drain(&mut self) -> Vec<Pending> {
        let in_flight = std::mem::take(&mut self.in_flight).into_iter().map(|(id, sent)| (id, sent.pending));
        let mut all: BTreeMap<_, _> = in_flight.collect();
        all.append(&mut self.waiting);
        all.into_values().collect()
    }
}

/// Whether the answer may be as large as a page: 128 KiB.
fn is_page(body: &RequestBody) -> bool {
    matches!(body, RequestBody::ListLiveGroups(_) | RequestBody::ReadLiveHistory(_))
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

/// Whether asking twice is the same as asking once. A second create would make a second group.
fn may_repeat(body: &RequestBody) -> bool {
    match body {
        RequestBody::CreateLiveGroup(_) => false,
        RequestBody::RefreshToken(_)
        | RequestBody::GetLiveGroup(_)
        | RequestBody::ListLiveGroups(_)
        | RequestBody::JoinLiveGroup(..)
        | RequestBody::LeaveLiveGroup(_)
        | RequestBody::DissolveLiveGroup(_)
        | RequestBody::SendLiveMessage(_)
        | RequestBody::ReadLiveHistory(_)
        | RequestBody::SetLiveGroupInfo(..) => true,
    }
}

#[cfg(test)]
mod tests {
    use bim_proto::{HistoryQuery, SendLive};
    use bim_types::{ConversationShortId, GroupInfo, MessageBody, Priority, Seq};

    use super::*;

    fn get(number: u64) -> Pending {
        let group = ConversationShortId::new(1).unwrap();
        Pending { call: CallId(number), body: RequestBody::GetLiveGroup(group) }
    }

    fn filled(count: u64) -> Outbox {
        let mut outbox = Outbox::default();
        for number in 0..count {
            outbox.push(RequestId(number), get(number));
        }
        outbox
    }

    #[test]
    fn the_window_bounds_what_is_in_flight() {
        let mut outbox = filled(3);
        assert!(outbox.next(Mono::ZERO, 2).is_some());
        assert!(outbox.next(Mono::ZERO, 2).is_some());
        assert!(outbox.next(Mono::ZERO, 2).is_none());
        assert_eq!(outbox.answered(RequestId(0)), Some(get(0)));
        assert_eq!(outbox.next(Mono::ZERO, 2).unwrap().0, RequestId(2));
    }

    #[test]
    fn pages_on_their_way_are_bounded_more_tightly() {
        let mut outbox = Outbox::default();
        for number in 0..6 {
            let body = RequestBody::ReadLiveHistory(HistoryQuery {
                group: ConversationShortId::new(1).unwrap(),
                from: Seq::ZERO,
                to: Seq::ZERO,
                limit: 50,
            });
            outbox.push(RequestId(number), Pending { call: CallId(number), body });
        }
        assert_eq!(std::iter::from_fn(|| outbox.next(Mono::ZERO, 64)).count(), PAGES_IN_FLIGHT_MAX);
        outbox.answered(RequestId(2));
        assert_eq!(std::iter::from_fn(|| outbox.next(Mono::ZERO, 64)).count(), 1);
    }

    #[test]
    fn what_was_in_flight_goes_first_after_a_reconnect_in_the_order_of_the_calls() {
        let mut outbox = filled(4);
        outbox.next(Mono::ZERO, 2);
        outbox.next(Mono::ZERO, 2);
        assert!(outbox.on_lost().is_empty());
        let order: Vec<_> = std::iter::from_fn(|| outbox.next(Mono::ZERO, 9)).map(|(id, _)| id.0).collect();
        assert_eq!(order, [0, 1, 2, 3]);
    }

    #[test]
    fn a_create_in_flight_is_not_repeated() {
        let mut outbox = Outbox::default();
        let create = Pending { call: CallId(7), body: RequestBody::CreateLiveGroup(GroupInfo::default()) };
        outbox.push(RequestId(1), create.clone());
        assert!(outbox.on_lost().is_empty(), "it was not sent yet");
        outbox.next(Mono::ZERO, 1);
        assert_eq!(outbox.on_lost(), [create]);
    }

    fn send(number: u64, follows: Option<u64>) -> Pending {
        let body = RequestBody::SendLiveMessage(SendLive {
            group: ConversationShortId::new(1).unwrap(),
            client_message_id: ClientMessageId::new(number.into()),
            priority: Priority::Normal,
            body: MessageBody::Text("hello".into()),
            follows: follows.map(|number| ClientMessageId::new(number.into())),
        });
        Pending { call: CallId(number), body }
    }

    #[test]
    fn what_follows_a_refused_message_is_not_sent_again_by_itself() {
        let mut outbox = Outbox::default();
        for (number, follows) in
            [(0, None), (1, Some(0)), (2, Some(1)), (3, None), (4, Some(2)), (5, Some(3))]
        {
            outbox.push(RequestId(number), send(number, follows));
        }
        (0..4).for_each(|_| drop(outbox.next(Mono::ZERO, 9)));
        outbox.answered(RequestId(0));
        assert_eq!(outbox.strand_behind(ClientMessageId::new(0)), [send(4, Some(2))]);
        assert_eq!(outbox.on_lost(), [send(1, Some(0)), send(2, Some(1))]);
        let order: Vec<_> = std::iter::from_fn(|| outbox.next(Mono::ZERO, 9)).map(|(id, _)| id.0).collect();
        assert_eq!(order, [3, 5]);
    }

    #[test]
    fn an_outbox_is_full_at_its_limit() {
        assert!(!filled(CLIENT_WAITING_REQUESTS_MAX as u64 - 1).is_full());
        assert!(filled(CLIENT_WAITING_REQUESTS_MAX as u64).is_full());
    }

    #[test]
    fn the_clock_of_a_request_runs_only_in_flight() {
        let mut outbox = filled(1);
        let late = Mono::ZERO + REQUEST_TIMEOUT * 10;
        assert_eq!(outbox.expired(late), None);
        outbox.next(late, 1);
        assert_eq!(outbox.expired(late), None);
        assert_eq!(outbox.due(), Some(late + REQUEST_TIMEOUT));
        assert_eq!(outbox.expired(late + REQUEST_TIMEOUT), Some(get(0)));
    }
}
