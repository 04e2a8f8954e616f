//! The flow of the quick start, over the facade.

use std::sync::{Arc, Mutex};

use crate::common::{Server, soon};
use bim::{
    Client, ConnectListener, ConnectStatus, Continuity, DisconnectReason, Environment, ErrorCode, ErrorKind,
    GroupInfo, LiveEvent, LiveGroupMessageListener, Message, Priority, SdkConfig, Seq, Uid,
};

#[derive(Default)]
struct Heard {
    statuses: Mutex<Vec<ConnectStatus>>,
    received: Mutex<Vec<Message>>,
    sent: Mutex<Vec<Message>>,
}

impl ConnectListener for Heard {
    fn on_connect_status_changed(&self, status: ConnectStatus) {
        self.statuses.lock().unwrap().push(status);
    }
}

impl LiveGroupMessageListener for Heard {
    fn on_receive_message(&self, message: Message) {
        self.received.lock().unwrap().push(message);
    }

    fn on_send_message(&self, message: Message) {
        self.sent.lock().unwrap().push(message);
    }
}

fn info(name: &str) -> GroupInfo {
    GroupInfo { name: name.into(), ..GroupInfo::default() }
}

async fn until(condition: impl Fn() -> bool) {
    soon(async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn alice_makes_a_live_group_and_bob_hears_her() {
    let server = Server::start();
    let heard = Arc::new(Heard::default());
    let alice = server.builder("alice").build().await.unwrap();
    alice.add_connect_listener(heard.clone());
    assert_eq!(alice.connect_status(), ConnectStatus::Disconnected(DisconnectReason::NotLoggedIn));
    assert_eq!((alice.current_user(), alice.server_time()), (None, None));

    soon(alice.login("alice", "good")).await.unwrap();
    assert_eq!(alice.current_user(), Some(Uid::try_from("alice").unwrap()));
    assert_eq!(alice.connect_status(), ConnectStatus::Connected(Continuity::Fresh));
    assert!(alice.server_time().is_some());

    let live = alice.live_group_expand_service();
    live.add_live_group_message_listener(heard.clone());
    let group = soon(live.create_live_group(info("room"))).await.unwrap();
    let id = group.conversation_short_id;
    assert!(soon(live.join_live_group(id)).await.unwrap().joined);

    let bob = server.client("bob").await;
    let mut events = bob.live_groups().events();
    soon(bob.live_groups().join_live_group(id)).await.unwrap();

    let text = alice.create_text_message("你好 👩‍🚀");
    let sent = soon(live.send_live_group_message(&text, id, Priority::High)).await.unwrap();
    assert_eq!((sent.position.seq, sent.priority), (Seq(1), Priority::High));
    assert_eq!(sent.client_message_id, text.client_message_id());
    let custom = alice.create_custom_message(r#"{"gift":1}"#);
    soon(live.send_live_group_message(&custom, id, Priority::Low)).await.unwrap();

    assert_eq!(soon(events.next()).await, Some(LiveEvent::Received(sent.clone())));
    until(|| heard.sent.lock().unwrap().len() == 2).await;
    assert_eq!(heard.sent.lock().unwrap()[0], sent);
    assert!(heard.received.lock().unwrap().is_empty(), "the sender sees its message once");

    soon(alice.logout()).await.unwrap();
    assert_eq!(alice.current_user(), None);
    until(|| heard.statuses.lock().unwrap().len() == 3).await;
    assert_eq!(
        *heard.statuses.lock().unwrap(),
        [
            ConnectStatus::Connecting,
            ConnectStatus::Connected(Continuity::Fresh),
            ConnectStatus::Disconnected(DisconnectReason::LoggedOut),
        ]
    );
}

#[tokio::test]
async fn groups_are_read_listed_left_and_dissolved() {
    let server = Server::start();
    let (alice, bob) = (server.client("alice").await, server.client("bob").await);
    let live = alice.live_groups();
    for name in ["a", "b", "c"] {
        soon(live.create_live_group(info(name))).await.unwrap();
    }
    soon(bob.live_groups().create_live_group(info("d"))).await.unwrap();
    let page = soon(live.get_all_live_group_list(0, 3)).await.unwrap();
    assert_eq!((page.list.len(), page.has_more), (3, true));
    let rest = soon(live.get_all_live_group_list(page.next_cursor, 3)).await.unwrap();
    assert_eq!((rest.list.len(), rest.has_more), (1, false));
    let mine = soon(bob.live_groups().get_owner_live_group_list(0, 10)).await.unwrap();
    assert_eq!(mine.list[0].info.name, "d");
    let negative = soon(live.get_all_live_group_list(-1, 3)).await.unwrap_err();
    assert_eq!(negative.error_code(), ErrorCode::ParameterError);

    let id = page.list[0].conversation_short_id;
    assert_eq!(soon(live.get_live_group(id)).await.unwrap().info.name, "a");
    soon(live.join_live_group(id)).await.unwrap();
    for text in ["1", "2", "3"] {
        let message = alice.create_text_message(text);
        soon(live.send_live_group_message(&message, id, Priority::Normal)).await.unwrap();
    }
    let history = soon(live.get_live_group_history(id, Seq::ZERO, Seq::ZERO, 2)).await.unwrap();
    assert_eq!((history.list.len(), history.has_more, history.next_seq), (2, true, Seq(3)));
    soon(live.leave_live_group(id)).await.unwrap();

    soon(bob.live_groups().join_live_group(id)).await.unwrap();
    let mut events = bob.live_groups().events();
    soon(live.dissolve_live_group(id)).await.unwrap();
    assert!(matches!(soon(events.next()).await, Some(LiveEvent::StateChanged(gone)) if gone.dissolved));
    assert!(matches!(soon(events.next()).await, Some(LiveEvent::Left { .. })));
    let late = bob.create_text_message("late");
    let error = soon(bob.live_groups().send_live_group_message(&late, id, Priority::Low)).await.unwrap_err();
    assert_eq!((error.code(), error.kind()), (3, ErrorKind::NotFound));
}

#[tokio::test]
async fn logins_fail_with_the_codes_of_the_table() {
    let server = Server::start();
    let client = server.builder("alice").build().await.unwrap();
    for (token, code, kind) in [
        ("bad", 1, ErrorKind::Token),
        ("expired", 100, ErrorKind::Token),
        ("foreign", 55, ErrorKind::Token),
        ("banned", 9, ErrorKind::Account),
        ("disabled", 51, ErrorKind::Account),
    ] {
        let error = soon(client.login("alice", token)).await.unwrap_err();
        assert_eq!((error.code(), error.kind(), error.is_retryable()), (code, kind, false));
    }
    let error = soon(client.login("bob", "good")).await.unwrap_err();
    assert_eq!(error.error_code(), ErrorCode::ParameterError);
    let error = soon(client.login(7, "good")).await.unwrap_err();
    assert_eq!(error.error_code(), ErrorCode::ParameterError);
    soon(client.login("alice", "good")).await.unwrap();
    let error = soon(client.login("alice", "good")).await.unwrap_err();
    assert_eq!((error.code(), error.kind()), (2002, ErrorKind::State));
    soon(client.shutdown()).await;
    assert_eq!(soon(client.login("alice", "good")).await.unwrap_err().code(), 2003);
}

#[tokio::test]
async fn calls_without_a_session_say_so() {
    let server = Server::start();
    let client = server.builder("alice").build().await.unwrap();
    let error = soon(client.live_groups().create_live_group(info("x"))).await.unwrap_err();
    assert_eq!((error.code(), error.kind()), (2001, ErrorKind::State));
    soon(client.logout()).await.unwrap();
}

#[tokio::test]
async fn a_message_one_byte_over_the_limit_is_refused_with_the_limit() {
    let server = Server::start();
    let client = server.client("alice").await;
    let live = client.live_groups();
    let id = soon(live.create_live_group(info("x"))).await.unwrap().conversation_short_id;
    soon(live.join_live_group(id)).await.unwrap();
    let fits = client.create_text_message("x".repeat(65_536));
    soon(live.send_live_group_message(&fits, id, Priority::Normal)).await.unwrap();
    let over = client.create_text_message("x".repeat(65_537));
    let error = soon(live.send_live_group_message(&over, id, Priority::Normal)).await.unwrap_err();
    assert_eq!((error.code(), error.limit()), (21, Some(65_536)));
}

#[tokio::test]
async fn the_same_user_logs_in_again_after_a_logout_and_another_needs_a_client_of_its_own() {
    let server = Server::start();
    let client = server.client("alice").await;
    soon(client.logout()).await.unwrap();
    soon(client.login("alice", "good")).await.unwrap();
    soon(client.logout()).await.unwrap();
    let other = server.client("bob").await;
    assert_eq!(other.current_user(), Some(Uid::try_from("bob").unwrap()));
    let devices = server.devices();
    assert_eq!(devices[0], devices[1]);
    assert_ne!(devices[1], devices[2]);
}

#[tokio::test]
async fn set_up_tells_what_is_wrong() {
    let cases = [
        Client::builder(0, "alice").environment(Environment::Endpoints(vec![])).build().await,
        Client::builder(1, "").environment(Environment::Endpoints(vec![])).build().await,
        Client::builder(1, -5).environment(Environment::Endpoints(vec![])).build().await,
        Client::builder(1, "alice").build().await,
        Client::builder(1, "alice")
            .environment(Environment::Endpoints(vec!["nonsense".into()]))
            .build()
            .await,
    ];
    for built in cases {
        assert_eq!(built.unwrap_err().error_code(), ErrorCode::ParameterError);
    }
    assert!(Client::builder(1, "alice").endpoint("http://x:1").is_err());
    let config = SdkConfig { log: false, ..SdkConfig::default() };
    if cfg!(feature = "websocket") {
        assert_eq!(Client::init(7, 1, config).await.unwrap().app_id().value(), 1);
    }
}

#[tokio::test]
async fn nothing_secret_is_printed() {
    let server = Server::start();
    let client = server.client("alice").await;
    let source = bim::TokenSource::from("canary-token");
    let printed = format!("{client:?} {source:?} {:?}", client.live_groups());
    assert!(!printed.contains("canary"));
}
