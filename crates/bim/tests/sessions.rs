//! Sessions against the real engine, on time that tests move: tokens that end, users that are numbers, clients
//! that nobody listens to.
#![expect(clippy::unwrap_used, reason = "a test that can not go on fails")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bim::{
    Client, ConnectEvent, ConnectEvents, ConnectStatus, Continuity, ConversationShortId, DisconnectReason,
    ErrorCode, GroupInfo, LiveEvent, Priority, Seq, Token, TokenError, TokenProvider, TokenSource, Uid,
};
use bim_fake_server::{FakeServer, serve};

const LIFE: Duration = Duration::from_secs(600);

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(3600), future).await.expect("it takes far too long")
}

async fn room(client: &Client) -> ConversationShortId {
    let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
    let id = client.live_groups().create_live_group(info).await.unwrap().conversation_short_id;
    client.live_groups().join_live_group(id).await.unwrap();
    id
}

async fn until_refused(events: &mut ConnectEvents, code: ErrorCode) -> usize {
    let mut invalid = 0;
    loop {
        match soon(events.next()).await.unwrap() {
            ConnectEvent::TokenInvalid(told) => {
                assert_eq!(told, code);
                invalid += 1;
            }
            ConnectEvent::Status(ConnectStatus::Disconnected(DisconnectReason::Refused(told))) => {
                assert_eq!(told, code);
                return invalid;
            }
            _ => {}
        }
    }
}

async fn is_quiet(events: &mut ConnectEvents) -> bool {
    tokio::time::timeout(Duration::from_secs(1200), events.next()).await.is_err()
}

#[tokio::test(start_paused = true)]
async fn a_fixed_token_that_expires_is_told_once_and_ends_the_session() {
    let server = serve().await;
    let client = Client::builder(server.app_id(), "alice").dialer(server.dialer()).build().await.unwrap();
    soon(client.login("alice", server.token_for("alice", LIFE))).await.unwrap();
    let mut events = client.connect_events();
    assert_eq!(until_refused(&mut events, ErrorCode::ExpiredToken).await, 1);
    assert_eq!(client.current_user(), None);
    let error = soon(client.live_groups().get_all_live_group_list(0, 1)).await.unwrap_err();
    assert_eq!(error.error_code(), ErrorCode::ExpiredToken);
    assert!(is_quiet(&mut events).await);
    soon(client.login("alice", server.token("alice"))).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_fixed_token_that_expires_while_the_server_is_away_is_told_once() {
    let server = serve().await;
    let client = Client::builder(server.app_id(), "alice").dialer(server.dialer()).build().await.unwrap();
    soon(client.login("alice", server.token_for("alice", LIFE))).await.unwrap();
    let mut events = client.connect_events();
    server.crash().await;
    tokio::time::sleep(LIFE * 2).await;
    server.restart().await;
    assert_eq!(until_refused(&mut events, ErrorCode::ExpiredToken).await, 1);
    assert!(is_quiet(&mut events).await);
}

/// Gives a token for somebody else, no token at all and a broken one, each once, between good ones.
struct Clumsy {
    server: Arc<FakeServer>,
    asked: Arc<AtomicUsize>,
}

#[async_trait]
impl TokenProvider for Clumsy {
    async fn token(&self) -> Result<Token, TokenError> {
        match self.asked.fetch_add(1, Ordering::Relaxed) {
            1 => Ok(self.server.token("bob")),
            2 => Err(TokenError::new("not now")),
            3 => Ok("nonsense".into()),
            _ => Ok(self.server.token_for("alice", LIFE)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_errs_three_times_does_not_interrupt_the_session() {
    let server = Arc::new(serve().await);
    let asked = Arc::new(AtomicUsize::new(0));
    let provider = Clumsy { server: Arc::clone(&server), asked: Arc::clone(&asked) };
    let client = Client::builder(server.app_id(), "alice").dialer(server.dialer()).build().await.unwrap();
    soon(client.login("alice", TokenSource::provider(provider))).await.unwrap();
    let mut events = client.connect_events();
    assert_eq!(events.next().await, Some(ConnectEvent::Status(client.connect_status())));
    tokio::time::sleep(LIFE * 3).await;
    assert!(asked.load(Ordering::Relaxed) >= 6);
    assert_eq!(client.connect_status(), ConnectStatus::Connected(Continuity::Fresh));
    let told = [ErrorCode::UserIdMismatchToken, ErrorCode::InvalidToken];
    for code in told {
        assert_eq!(soon(events.next()).await, Some(ConnectEvent::TokenInvalid(code)));
    }
    assert!(tokio::time::timeout(Duration::from_millis(1), events.next()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_user_that_is_a_number_goes_the_whole_way() {
    let server = serve().await;
    let seven = Client::builder(server.app_id(), 7_i64).dialer(server.dialer()).build().await.unwrap();
    soon(seven.login(7_i64, server.token(7_i64))).await.unwrap();
    assert_eq!(seven.current_user(), Some(Uid::Int(7)));
    let id = room(&seven).await;
    let text = Client::builder(server.app_id(), "7").dialer(server.dialer()).build().await.unwrap();
    let error = soon(text.login("7", server.token(7_i64))).await.unwrap_err();
    assert_eq!(error.error_code(), ErrorCode::UserIdMismatchToken, "the text 7 is somebody else");
    soon(text.login("7", server.token("7"))).await.unwrap();
    text.live_groups().join_live_group(id).await.unwrap();
    let mut events = text.live_groups().events();
    let message = seven.create_text_message("hello");
    let sent = soon(seven.live_groups().send_live_group_message(&message, id, Priority::High)).await.unwrap();
    assert_eq!((sent.sender.clone(), sent.position.seq), (Uid::Int(7), Seq(1)));
    let received = async {
        loop {
            if let Some(LiveEvent::Received(message)) = events.next().await {
                break message;
            }
        }
    };
    assert_eq!(soon(received).await, sent);
    let group = soon(text.live_groups().get_live_group(id)).await.unwrap();
    assert_eq!(group.owner, Uid::Int(7));
    let mine = soon(text.live_groups().get_owner_live_group_list(0, 10)).await.unwrap();
    assert!(mine.list.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_nobody_listens_to_recovers_all_the_same() {
    let server = serve().await;
    let client = Client::builder(server.app_id(), "alice").dialer(server.dialer()).build().await.unwrap();
    soon(client.login("alice", server.token_for("alice", Duration::from_secs(12 * 3600)))).await.unwrap();
    let id = room(&client).await;
    for round in 1..=5 {
        server.crash().await;
        let message = client.create_text_message(round.to_string());
        let sending = client.live_groups().send_live_group_message(&message, id, Priority::Normal);
        tokio::time::sleep(Duration::from_secs(60)).await;
        server.restart().await;
        let sent = soon(sending).await.unwrap();
        assert_eq!(sent.position.seq, Seq(round), "still in the group, without having been asked to");
    }
}

#[cfg(feature = "redb")]
#[tokio::test]
async fn two_clients_with_two_directories_live_in_one_process() {
    let server = serve().await;
    let place = tempfile::tempdir().unwrap();
    let mut clients = Vec::new();
    for uid in ["alice", "bob"] {
        let builder = Client::builder(server.app_id(), uid).dialer(server.dialer());
        let client = builder.data_dir(place.path().join(uid)).build().await.unwrap();
        soon(client.login(uid, server.token(uid))).await.unwrap();
        clients.push(client);
    }
    let id = room(&clients[0]).await;
    soon(clients[1].live_groups().join_live_group(id)).await.unwrap();
    soon(clients[0].shutdown()).await;
    let message = clients[1].create_text_message("still here");
    soon(clients[1].live_groups().send_live_group_message(&message, id, Priority::Normal)).await.unwrap();
    let again = Client::builder(server.app_id(), "alice").dialer(server.dialer());
    let again = again.data_dir(place.path().join("alice")).build().await.unwrap();
    soon(again.login("alice", server.token("alice"))).await.unwrap();
}
