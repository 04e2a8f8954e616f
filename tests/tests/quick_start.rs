//! The quick start, unchanged over every transport and store: set up, listen, log in, create, join, send,
//! receive, leave, dissolve, log out, switch accounts.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use bim::{
    ConnectListener, ConnectStatus, Continuity, ErrorKind, GroupInfo, LiveGroupMessageListener, Message,
    Priority, Role,
};
use bim_tests::{Arena, Watch, everywhere};
use tokio::sync::mpsc;

everywhere!(quick_start, two_users_hear_each_other_in_order, the_account_is_switched_with_a_new_client);

async fn quick_start(arena: Arena) {
    let client = arena.client("alice").await;
    let statuses = Arc::new(Statuses::default());
    let (heard, mut events) = mpsc::channel(16);
    client.add_connect_listener(Arc::clone(&statuses) as _);
    let live = client.live_groups();
    live.add_live_group_message_listener(Arc::new(Listener(heard)));

    client.login("alice", arena.server.token("alice")).await.unwrap();
    assert_eq!(client.current_user().unwrap().to_string(), "alice");
    assert_eq!(client.connect_status(), ConnectStatus::Connected(Continuity::Fresh));
    assert!(client.server_time().is_some());

    let info = GroupInfo {
        name: "直播群名称".into(),
        description: "直播群描述".into(),
        notice: "直播群公告".into(),
        avatar_url: "https://example.invalid/a.png".into(),
        ext: [("k".into(), "v".into())].into(),
    };
    let group = live.create_live_group(info.clone()).await.unwrap();
    assert_eq!((group.role, &group.info), (Role::Owner, &info));
    let id = group.conversation_short_id;
    let joined = live.join_live_group(id).await.unwrap();
    assert_eq!((joined.joined, joined.online_count), (true, 1));
    let all = live.get_all_live_group_list(0, 50).await.unwrap();
    let mine = live.get_owner_live_group_list(0, 50).await.unwrap();
    assert_eq!((all.list.len(), mine.list.len(), all.has_more), (1, 1, false));

    for priority in [Priority::Low, Priority::Normal, Priority::High] {
        let message = client.create_text_message("消息内容");
        let sent = live.send_live_group_message(&message, id, priority).await.unwrap();
        assert_eq!(sent.client_message_id, message.client_message_id());
        assert_eq!(events.recv().await, Some(Heard::Sent(sent)), "the sender sees its message once");
    }
    let changed = live.set_live_group_notice(id, "新公告").await.unwrap();
    assert_eq!((changed.info.notice.as_str(), changed.version), ("新公告", 2));
    assert_eq!(live.get_live_group(id).await.unwrap().info.notice, "新公告");

    let custom = client.create_custom_message(r#"{"gift":1}"#);
    let sent = live.send_live_group_message(&custom, id, Priority::Normal).await.unwrap();
    assert_eq!(sent.position.seq.0, 4);
    assert_eq!(live.send_live_group_message(&custom, id, Priority::Normal).await.unwrap(), sent);

    live.leave_live_group(id).await.unwrap();
    let refused = live.send_live_group_message(&client.create_text_message("x"), id, Priority::Low).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Permission);
    live.dissolve_live_group(id).await.unwrap();
    assert_eq!(live.get_live_group(id).await.unwrap_err().kind(), ErrorKind::NotFound);
    client.logout().await.unwrap();
    assert_eq!(client.current_user(), None);
    client.shutdown().await;
    let seen = statuses.0.lock().unwrap();
    assert!(seen.contains(&ConnectStatus::Connecting), "{seen:?}");
    assert!(seen.contains(&ConnectStatus::Connected(Continuity::Fresh)), "{seen:?}");
}

async fn two_users_hear_each_other_in_order(arena: Arena) {
    let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
    let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
    let id = alice.live_groups().create_live_group(info).await.unwrap().conversation_short_id;
    for client in [&alice, &bob] {
        client.live_groups().join_live_group(id).await.unwrap();
    }
    let mut to_bob = Watch::of(&bob);
    let live = alice.live_groups();
    let sends: Vec<_> = (0..300)
        .map(|n| {
            live.send_live_group_message(&alice.create_text_message(n.to_string()), id, Priority::Normal)
        })
        .collect();
    for send in sends {
        send.await.unwrap();
    }
    for n in 0..300 {
        assert_eq!(to_bob.text().await, n.to_string());
    }
}

async fn the_account_is_switched_with_a_new_client(arena: Arena) {
    let first = arena.logged_in("alice").await;
    let again = first.login("alice", arena.server.token("alice")).await.unwrap_err();
    assert_eq!(again.code(), 2002);
    first.logout().await.unwrap();
    first.shutdown().await;
    let second = arena.logged_in("bob").await;
    assert_eq!(second.current_user().unwrap().to_string(), "bob");
    let back = arena.logged_in("alice").await;
    assert_eq!(back.current_user().unwrap().to_string(), "alice");
}

#[derive(Default)]
struct Statuses(Mutex<Vec<ConnectStatus>>);

impl ConnectListener for Statuses {
    fn on_connect_status_changed(&self, status: ConnectStatus) {
        self.0.lock().unwrap().push(status);
    }
}

#[derive(Debug, PartialEq)]
enum Heard {
    Received(Message),
    Sent(Message),
}

struct Listener(mpsc::Sender<Heard>);

impl LiveGroupMessageListener for Listener {
    fn on_receive_message(&self, message: Message) {
        self.0.blocking_send(Heard::Received(message)).unwrap();
    }

    fn on_send_message(&self, message: Message) {
        self.0.blocking_send(Heard::Sent(message)).unwrap();
    }
}
