use bim_proto::{HistoryQuery, SendLive};
use bim_types::{ConversationShortId, GroupInfo, MessageBody, Priority, Seq};

use super::*;

fn get(number: u64) -> Pending {
    let group = ConversationShortId::new(1).unwrap();
    Pending { call: Some(CallId(number)), body: RequestBody::GetLiveGroup(group) }
}

/// Sends what the window has room for, and says the numbers.
fn sent(outbox: &mut Outbox, now: Mono, window: usize) -> Vec<u64> {
    let mut sent = Vec::new();
    while let Some((id, _)) = outbox.next(now, window) {
        sent.push(id.0);
    }
    sent
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
            to: None,
            limit: 50,
            newest_first: false,
        });
        outbox.push(RequestId(number), Pending { call: Some(CallId(number)), body });
    }
    assert_eq!(sent(&mut outbox, Mono::ZERO, 64).len(), PAGES_IN_FLIGHT_MAX);
    outbox.answered(RequestId(2));
    assert_eq!(sent(&mut outbox, Mono::ZERO, 64).len(), 1);
}

#[test]
fn what_was_in_flight_goes_first_after_a_reconnect_in_the_order_of_the_calls() {
    let mut outbox = filled(4);
    outbox.next(Mono::ZERO, 2);
    outbox.next(Mono::ZERO, 2);
    assert!(outbox.on_lost().is_empty());
    let order = sent(&mut outbox, Mono::ZERO, 9);
    assert_eq!(order, [0, 1, 2, 3]);
}

#[test]
fn a_create_in_flight_is_not_repeated() {
    let mut outbox = Outbox::default();
    let create = Pending { call: Some(CallId(7)), body: RequestBody::CreateLiveGroup(GroupInfo::default()) };
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
    Pending { call: Some(CallId(number)), body }
}

#[test]
fn what_follows_a_refused_message_is_not_sent_again_by_itself() {
    let mut outbox = Outbox::default();
    for (number, follows) in [(0, None), (1, Some(0)), (2, Some(1)), (3, None), (4, Some(2)), (5, Some(3))] {
        outbox.push(RequestId(number), send(number, follows));
    }
    (0..4).for_each(|_| assert!(outbox.next(Mono::ZERO, 9).is_some()));
    outbox.answered(RequestId(0));
    assert_eq!(outbox.strand_behind(ClientMessageId::new(0)), [send(4, Some(2))]);
    assert_eq!(outbox.on_lost(), [send(1, Some(0)), send(2, Some(1))]);
    let order = sent(&mut outbox, Mono::ZERO, 9);
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

#[test]
fn what_is_overdue_keeps_its_place_until_it_is_answered_or_the_connection_ends() {
    let late = Mono::ZERO + REQUEST_TIMEOUT;
    let overdue = || {
        let mut outbox = filled(4);
        outbox.next(Mono::ZERO, 2);
        outbox.next(late, 2);
        assert_eq!(outbox.expired(late), Some(get(0)));
        assert!(outbox.next(late, 2).is_none(), "the server works on it still");
        outbox
    };
    let mut outbox = overdue();
    assert_eq!(outbox.answered(RequestId(0)), None, "nobody waits for it");
    assert_eq!(outbox.next(late, 2).unwrap().0, RequestId(2));
    let mut outbox = overdue();
    outbox.on_lost();
    let again = sent(&mut outbox, late, 2);
    assert_eq!(again, [1, 2], "it is not asked again, and holds no place of the next connection");
}

#[test]
fn an_outbox_is_stuck_when_all_that_was_asked_is_overdue_and_something_waits() {
    let late = Mono::ZERO + REQUEST_TIMEOUT;
    let mut outbox = filled(3);
    outbox.next(Mono::ZERO, 2);
    outbox.next(Mono::ZERO, 2);
    outbox.expired(late);
    assert!(!outbox.is_stuck(), "one may be answered in time");
    outbox.expired(late);
    assert!(outbox.is_stuck());
    outbox.answered(RequestId(0));
    outbox.next(late, 2);
    assert!(!outbox.is_stuck());
}

#[test]
fn an_overdue_page_is_on_its_way_still() {
    let page = |number: u64| {
        let query = bim_proto::ListQuery { cursor: 0, count: 0, mine: true };
        (RequestId(number), Pending { call: Some(CallId(number)), body: RequestBody::ListLiveGroups(query) })
    };
    let mut outbox = Outbox::default();
    (0..6).map(page).for_each(|(id, pending)| outbox.push(id, pending));
    while outbox.next(Mono::ZERO, 64).is_some() {}
    let late = Mono::ZERO + REQUEST_TIMEOUT;
    while outbox.expired(late).is_some() {}
    assert!(outbox.next(late, 64).is_none());
    assert!(outbox.is_stuck());
    outbox.answered(RequestId(0));
    assert!(outbox.next(late, 64).is_some());
}
