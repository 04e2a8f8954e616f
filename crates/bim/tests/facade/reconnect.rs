//! What an app sees when the path breaks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::common::{Server, soon};
use bim::{
    Client, ConnectEvent, ConnectStatus, Continuity, ConversationShortId, DisconnectReason, ErrorCode,
    GroupInfo, LiveEvent, LiveEvents, Priority, TokenError, TokenProvider, TokenSource,
};
use bim_types::Refusal;

async fn room(client: &Client) -> ConversationShortId {
    let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
    let id = client.live_groups().create_live_group(info).await.unwrap().conversation_short_id;
    client.live_groups().join_live_group(id).await.unwrap();
    id
}

async fn next_text(events: &mut LiveEvents) -> String {
    match soon(events.next()).await.expect("the stream goes on") {
        LiveEvent::Received(message) | LiveEvent::Sent(message) => message.body.as_str().unwrap().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_sent_while_offline_arrives_once_after_the_reconnect() {
    let server = Server::start();
    let client = server.client("alice").await;
    let id = room(&client).await;
    let mut status = client.connect_events();
    server.cut();
    let first = client.create_text_message("first");
    let second = client.create_text_message("second");
    let live = client.live_groups();
    let sends = [
        live.send_live_group_message(&first, id, Priority::Normal),
        live.send_live_group_message(&second, id, Priority::Normal),
    ];
    for send in sends {
        soon(send).await.unwrap();
    }
    assert_eq!(server.texts(id), ["first", "second"]);
    let mut seen = Vec::new();
    while seen.last() != Some(&ConnectEvent::Status(ConnectStatus::Connected(Continuity::Resumed))) {
        seen.push(soon(status.next()).await.unwrap());
    }
    assert_eq!(
        seen[0],
        ConnectEvent::Status(ConnectStatus::Connected(Continuity::Fresh)),
        "the present first"
    );
    let lost = |event: &ConnectEvent| {
        matches!(event, ConnectEvent::Status(ConnectStatus::Disconnected(DisconnectReason::Lost { .. })))
    };
    assert!(lost(&seen[1]), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_while_away_is_replayed_once_in_order() {
    let server = Server::start();
    let client = server.client("alice").await;
    let id = room(&client).await;
    let mut events = client.live_groups().events();
    server.post(id, "1");
    assert_eq!(next_text(&mut events).await, "1");
    server.cut();
    server.post(id, "2");
    server.post(id, "3");
    assert_eq!(next_text(&mut events).await, "2");
    assert_eq!(next_text(&mut events).await, "3");
    server.post(id, "4");
    assert_eq!(next_text(&mut events).await, "4");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_asked_again_and_gives_the_original_position() {
    let server = Server::start();
    let client = server.client("alice").await;
    let id = room(&client).await;
    server.lose_answers(1);
    let message = client.create_text_message("hi");
    let sending = client.live_groups().send_live_group_message(&message, id, Priority::Normal);
    let mut events = client.live_groups().events();
    // The message is in the log before the path breaks.
    while server.texts(id).is_empty() {
        tokio::task::yield_now().await;
    }
    server.cut();
    let sent = soon(sending).await.unwrap();
    assert_eq!(sent.position.seq.0, 1);
    assert_eq!(server.texts(id), ["hi"]);
    assert_eq!(next_text(&mut events).await, "hi");
    server.post(id, "other");
    assert_eq!(next_text(&mut events).await, "other", "the own message was seen once");
}

#[tokio::test(start_paused = true)]
async fn a_dead_path_is_noticed_within_25_seconds() {
    let server = Server::start();
    let client = server.client("alice").await;
    let mut status = client.connect_events();
    let began = tokio::time::Instant::now();
    server.fall_silent();
    soon_status(&mut status, |status| matches!(status, ConnectStatus::Disconnected(_))).await;
    assert!(began.elapsed() <= Duration::from_secs(25), "{:?}", began.elapsed());
}

async fn soon_status(events: &mut bim::ConnectEvents, wanted: impl Fn(&ConnectStatus) -> bool) {
    tokio::time::timeout(Duration::from_secs(60), async {
        while let Some(event) = events.next().await {
            if matches!(&event, ConnectEvent::Status(status) if wanted(status)) {
                return;
            }
        }
        panic!("the stream ended");
    })
    .await
    .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_replaced_client_stays_away() {
    let server = Server::start();
    let client = server.client("alice").await;
    let mut status = client.connect_events();
    server.dismiss(ErrorCode::Replaced);
    soon_status(&mut status, |status| *status == ConnectStatus::Disconnected(DisconnectReason::Replaced))
        .await;
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(server.devices().len(), 1);
    assert_eq!(client.current_user(), None);
}

#[tokio::test(start_paused = true)]
async fn a_servers_retry_hint_is_obeyed() {
    let server = Server::start();
    let client = server.client("alice").await;
    let mut status = client.connect_events();
    let began = tokio::time::Instant::now();
    server.dismiss(Refusal::new(ErrorCode::ServerDraining).retry_after(Duration::from_secs(7)));
    soon_status(&mut status, |status| *status == ConnectStatus::Connected(Continuity::Resumed)).await;
    assert!(began.elapsed() >= Duration::from_secs(7));
    assert!(began.elapsed() <= Duration::from_secs(8));
}

#[derive(Clone, Default)]
struct Backend(Arc<AtomicUsize>);

#[async_trait::async_trait]
impl TokenProvider for Backend {
    async fn token(&self) -> Result<bim::Token, TokenError> {
        let asked = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        if asked == 2 { Err(TokenError::new("not now")) } else { Ok(format!("token {asked}").into()) }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_provider_is_asked_again_before_expiry_without_interrupting_the_session() {
    let server = Server::start();
    server.token_life(Duration::from_secs(600));
    let client = server.builder("alice").build().await.unwrap();
    let backend = Backend::default();
    soon(client.login("alice", TokenSource::provider(backend.clone()))).await.unwrap();
    let mut status = client.connect_events();
    assert!(status.next().await.is_some());
    tokio::time::sleep(Duration::from_secs(530)).await;
    assert_eq!(server.tokens(), ["token 1"]);
    tokio::time::sleep(Duration::from_secs(40)).await;
    assert_eq!(server.tokens(), ["token 1", "token 3"], "the second answer was no token");
    let quiet = tokio::time::timeout(Duration::from_millis(1), status.next()).await;
    assert!(quiet.is_err(), "{quiet:?}");
}

#[tokio::test(start_paused = true)]
async fn an_expired_session_asks_its_provider_and_comes_back() {
    let server = Server::start();
    let client = server.builder("alice").build().await.unwrap();
    soon(client.login("alice", TokenSource::provider(Backend::default()))).await.unwrap();
    let mut status = client.connect_events();
    server.dismiss(ErrorCode::ExpiredToken);
    let mut invalid = None;
    loop {
        match soon(status.next()).await.unwrap() {
            ConnectEvent::TokenInvalid(code) => invalid = Some(code),
            ConnectEvent::Status(ConnectStatus::Connected(Continuity::Resumed)) => break,
            ConnectEvent::Status(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(invalid, Some(ErrorCode::ExpiredToken));
    assert_eq!(server.tokens(), ["token 1", "token 3"]);
}
