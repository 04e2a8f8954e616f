//! Attributes, counters, history and changes of messages over the facade.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::{Server, soon};
use bim::{
    Attribute, AttributeCondition, AttributeFailure, AttributeWrite, Attributes, AttributesChanged,
    AttributesWritten, BroadcastDone, Client, ConversationShortId, Epoch, ErrorCode, GroupInfo, LiveEvent,
    LiveGroupAttributeListener, LiveGroups, MessageBody, PerPriority, Position, Priority, Refusal, Seq, Uid,
    Wall,
};
use bim_proto::{
    Broadcast, HistoryPage, HistoryQuery, LiveChange, LiveChanged, RequestBody, ResponseBody, ServerFrame,
};

async fn in_a_room() -> (Server, Client, LiveGroups, ConversationShortId) {
    let server = Server::start();
    let client = server.client("alice").await;
    let live = client.live_groups();
    let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
    let id = live.create_live_group(info).await.unwrap().conversation_short_id;
    live.join_live_group(id).await.unwrap();
    server.asked();
    (server, client, live, id)
}

fn attribute(key: &str, version: u64) -> Attribute {
    Attribute {
        key: key.into(),
        value: "v".into(),
        version,
        setter: Uid::try_from("alice").unwrap(),
        set_at: Wall::from_millis(1),
        expires_at: None,
        delete_on_leave: false,
    }
}

#[tokio::test]
async fn attributes_are_read_and_written_one_or_many() {
    let (server, _client, live, id) = in_a_room().await;
    let all = Attributes { attributes: vec![attribute("k", 1)], version: 1 };
    for keys in [&[][..], &["k", "l"]] {
        server.play(Ok(ResponseBody::LiveAttributes(all.clone())));
        assert_eq!(soon(live.get_live_group_attributes(id, keys)).await.unwrap(), all);
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(server.asked(), [RequestBody::ReadLiveAttributes(id, keys)]);
    }
    let written = AttributesWritten { written: vec![attribute("k", 2)], failed: vec![], version: 2 };
    let play = || server.play(Ok(ResponseBody::LiveAttributesWritten(written.clone())));
    let wrote = |write: AttributeWrite| [RequestBody::WriteLiveAttributes(id, vec![write])];
    play();
    assert_eq!(soon(live.set_live_group_attribute(id, "k", "v")).await.unwrap(), attribute("k", 2));
    assert_eq!(server.asked(), wrote(AttributeWrite::set("k", "v")));
    play();
    let expected = AttributeCondition::Version(1);
    soon(live.compare_and_set_live_group_attribute(id, "k", expected, "v")).await.unwrap();
    assert_eq!(server.asked(), wrote(AttributeWrite::set("k", "v").only_if(expected)));
    play();
    soon(live.remove_live_group_attributes(id, &["k"])).await.unwrap();
    assert_eq!(server.asked(), wrote(AttributeWrite::remove("k")));
    play();
    let lasting = AttributeWrite {
        expires_in: Some(Duration::from_secs(1)),
        delete_on_leave: true,
        ..AttributeWrite::set("k", "v")
    };
    assert_eq!(soon(live.write_live_group_attributes(id, [lasting.clone()])).await.unwrap(), written);
    assert_eq!(server.asked(), wrote(lasting));
}

#[tokio::test]
async fn a_condition_that_does_not_hold_is_an_error_of_a_single_write_and_a_failure_of_many() {
    let (server, _client, live, id) = in_a_room().await;
    let failed = vec![AttributeFailure {
        key: "k".into(),
        reason: ErrorCode::ConditionFailed.into(),
        present: Some(attribute("k", 7)),
    }];
    let written = AttributesWritten { written: vec![], failed, version: 7 };
    server.play(Ok(ResponseBody::LiveAttributesWritten(written.clone())));
    let absent = AttributeCondition::Absent;
    let error = soon(live.compare_and_set_live_group_attribute(id, "k", absent, "v")).await.unwrap_err();
    assert_eq!(error.code(), 1016);
    server.play(Ok(ResponseBody::LiveAttributesWritten(written.clone())));
    let write = AttributeWrite::set("k", "v").only_if(absent);
    assert_eq!(soon(live.write_live_group_attributes(id, vec![write])).await.unwrap(), written);
    let error = soon(live.set_live_group_attribute(id, "", "v")).await.unwrap_err();
    assert_eq!((error.code(), error.limit()), (4, Some(128)));
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl LiveGroupAttributeListener for Heard {
    fn on_attributes_changed(&self, changed: &AttributesChanged) {
        self.note(format!("attributes {} {:?}", changed.version, changed.removed));
    }

    fn on_counters_changed(&self, _: ConversationShortId, counters: &BTreeMap<String, u64>) {
        self.note(format!("counters {counters:?}"));
    }

    fn on_taps_refused(&self, _: ConversationShortId, lost: &BTreeMap<String, u64>, reason: &Refusal) {
        self.note(format!("lost {lost:?} {}", reason.code.number()));
    }
}

impl Heard {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    async fn hears(&self, expected: &[&str]) {
        soon(async {
            while self.0.lock().unwrap().len() < expected.len() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(std::mem::take(&mut *self.0.lock().unwrap()), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_taps_are_one_request_and_their_sum_comes_back() {
    let (server, _client, live, id) = in_a_room().await;
    let heard = Arc::new(Heard::default());
    live.add_live_group_attribute_listener(heard.clone());
    // The clock stands still while anybody is busy: time goes by where the stream is waited for.
    let mut events = live.events();
    let sums = |likes: u64| BTreeMap::from([("likes".to_owned(), likes)]);
    server.play(Ok(ResponseBody::LiveCounters(sums(5000))));
    for _ in 0..1000 {
        live.tap_live_group_counter(id, "likes", 1).unwrap();
    }
    soon(events.next()).await.unwrap();
    heard.hears(&[r#"counters {"likes": 5000}"#]).await;
    let asked = server.asked();
    let [RequestBody::TapLiveCounters(taps)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(taps.taps, sums(1000));
    assert_eq!(soon(live.get_live_group_counters(id)).await.unwrap(), sums(5000));

    server.play(Err(ErrorCode::TouchLimit.into()));
    live.tap_live_group_counter(id, "likes", 2).unwrap();
    soon(events.next()).await.unwrap();
    heard.hears(&[r#"lost {"likes": 2} 18"#]).await;
    live.tap_live_group_counter(id, "", 2).unwrap();
    heard.hears(&[r#"lost {"": 2} 4"#]).await;
    let changed = AttributesChanged {
        conversation_short_id: id,
        version: 8,
        set: vec![attribute("k", 8)],
        removed: vec!["old".into()],
    };
    server.tell(id, ServerFrame::LiveAttributesChanged(changed));
    heard.hears(&[r#"attributes 8 ["old"]"#]).await;
}

#[tokio::test]
async fn history_is_read_backwards_from_a_cursor() {
    let (server, client, live, id) = in_a_room().await;
    let mut sent = vec![];
    for text in ["1", "2"] {
        let message = client.create_text_message(text);
        sent.push(soon(live.send_live_group_message(&message, id, Priority::Normal)).await.unwrap());
    }
    sent.reverse();
    let page = HistoryPage { messages: sent.clone(), next: Seq(5), has_more: true };
    server.play(Ok(ResponseBody::LiveHistoryPage(page)));
    let page = soon(live.get_live_group_history_message_list(id, Some(Seq(9)), 20)).await.unwrap();
    assert_eq!((page.list, page.next_cursor, page.has_more), (sent, Seq(5), true));
    let query = HistoryQuery { group: id, from: Seq::ZERO, to: Some(Seq(9)), limit: 20, newest_first: true };
    assert_eq!(server.asked(), [RequestBody::ReadLiveHistory(query)]);
}

#[tokio::test]
async fn messages_are_changed_and_removed_and_everyone_hears_by_whom() {
    let (server, client, live, id) = in_a_room().await;
    let message = client.create_text_message("helo");
    let sent = soon(live.send_live_group_message(&message, id, Priority::Normal)).await.unwrap();
    let body = MessageBody::Text("hello".into());
    server.play(Ok(ResponseBody::Done));
    soon(live.update_live_group_message(id, sent.position.seq, body.clone())).await.unwrap();
    server.play(Ok(ResponseBody::Done));
    soon(live.delete_live_group_message(id, sent.position.seq)).await.unwrap();
    assert_eq!(
        server.asked(),
        [
            RequestBody::UpdateLiveMessage(id, Seq(1), body.clone()),
            RequestBody::DeleteLiveMessage(id, Seq(1))
        ]
    );
    let empty = soon(live.update_live_group_message(id, Seq(1), MessageBody::Text("".into()))).await;
    assert_eq!(empty.unwrap_err().code(), 4);

    let mut events = live.events();
    let operator = Uid::try_from("carol").unwrap();
    let tell = |seq, what| {
        let position = Position { epoch: Epoch(1), seq: Seq(seq) };
        let change =
            LiveChange { position, previous: PerPriority::default(), operator: operator.clone(), what };
        server.tell(id, ServerFrame::LiveChange(change));
    };
    let edited = bim::Message { body, edits: 1, ..sent.clone() };
    tell(2, LiveChanged::Updated(edited.clone()));
    tell(3, LiveChanged::Deleted { group: id, position: sent.position });
    let expected = LiveEvent::Updated { message: edited, operator: operator.clone() };
    assert_eq!(soon(events.next()).await, Some(expected));
    let expected = LiveEvent::Deleted { group: id, position: sent.position, operator };
    assert_eq!(soon(events.next()).await, Some(expected));
}

#[tokio::test]
async fn a_broadcast_tells_how_many_groups_it_reached() {
    let (server, client, live, _) = in_a_room().await;
    let message = client.create_text_message("maintenance at noon");
    let done = BroadcastDone { accepted: 3, failed: 1 };
    server.play(Ok(ResponseBody::BroadcastDone(done)));
    assert_eq!(soon(live.broadcast_to_live_groups(&message, Priority::High)).await.unwrap(), done);
    let asked = Broadcast {
        client_message_id: message.client_message_id(),
        priority: Priority::High,
        body: message.body().clone(),
    };
    assert_eq!(server.asked(), [RequestBody::BroadcastToLiveGroups(asked)]);
}
