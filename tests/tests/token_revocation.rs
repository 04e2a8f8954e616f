//! Tokens that are taken back: whom it ends, who comes back, and that it outlives the server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bim::{
    Client, ConnectEvent, ConnectEvents, ConnectStatus, Continuity, DisconnectReason, Priority, Token,
    TokenError, TokenProvider, TokenSource, Uid,
};
use bim_fake_server::FakeApp;
use bim_server::admin::{AdminCommand, AdminReply, RevokedTokens};
use bim_tests::{Arena, Watch, everywhere, room};
use bim_types::ErrorCode;

everywhere!(
    a_client_with_a_provider_comes_back_with_a_newer_token_and_misses_nothing,
    a_client_with_a_fixed_token_ends_and_others_of_the_app_notice_nothing,
    what_was_revoked_stays_revoked_when_the_server_was_killed
);

const HOUR: Duration = Duration::from_secs(3_600);

async fn a_client_with_a_provider_comes_back_with_a_newer_token_and_misses_nothing(arena: Arena) {
    let bob = arena.logged_in("bob").await;
    let id = room(&bob).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let provider = BackEnd { app: arena.server.app().clone(), asked: Arc::clone(&asked) };
    let alice = arena.client("alice").await;
    alice.login("alice", TokenSource::provider(provider)).await.unwrap();
    alice.live_groups().join_live_group(id).await.unwrap();
    let (mut heard, mut events) = (Watch::of(&alice), alice.connect_events());
    assert_eq!(events.next().await, Some(ConnectEvent::Status(ConnectStatus::Connected(Continuity::Fresh))));

    assert_eq!(revoke(&arena, "alice").await, 1);
    assert_eq!(events.next().await, Some(ConnectEvent::TokenInvalid(ErrorCode::InvalidToken)));
    let lost = events.next().await;
    assert!(
        matches!(
            lost,
            Some(ConnectEvent::Status(ConnectStatus::Disconnected(DisconnectReason::Lost { .. })))
        ),
        "{lost:?}"
    );
    let message = bob.create_text_message("while you were away");
    bob.live_groups().send_live_group_message(&message, id, Priority::Normal).await.unwrap();
    assert_eq!(heard.text().await, "while you were away");
    until(&mut events, ConnectStatus::Connected(Continuity::Resumed)).await;
    assert!(asked.load(Ordering::Relaxed) >= 2);
}

async fn a_client_with_a_fixed_token_ends_and_others_of_the_app_notice_nothing(arena: Arena) {
    let (alice, bob) = (arena.logged_in("alice").await, arena.logged_in("bob").await);
    let mut of_alice = alice.connect_events();
    assert_eq!(revoke(&arena, "alice").await, 1);
    until(&mut of_alice, ConnectStatus::Disconnected(DisconnectReason::Refused(ErrorCode::InvalidToken)))
        .await;
    assert_eq!(alice.current_user(), None);
    room(&bob).await;
    assert_eq!(bob.connect_status(), ConnectStatus::Connected(Continuity::Fresh));
}

async fn what_was_revoked_stays_revoked_when_the_server_was_killed(arena: Arena) {
    let old = arena.server.token("alice");
    assert_eq!(revoke(&arena, "alice").await, 0);
    assert_eq!(login(&arena, "alice", old.clone()).await, Err(ErrorCode::InvalidToken));
    arena.crash_and_restart().await;
    assert_eq!(login(&arena, "alice", old).await, Err(ErrorCode::InvalidToken));
    assert_eq!(login(&arena, "bob", arena.server.token("bob")).await, Ok(()));
}

/// A back end that makes tokens when it is asked.
struct BackEnd {
    app: FakeApp,
    asked: Arc<AtomicUsize>,
}

#[async_trait]
impl TokenProvider for BackEnd {
    async fn token(&self) -> Result<Token, TokenError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(self.app.token(Uid::string("alice").unwrap(), HOUR))
    }
}

/// Takes all tokens of a user back; returns how many sessions ended.
async fn revoke(arena: &Arena, name: &str) -> u64 {
    let tokens = RevokedTokens::OfUser { uid: Uid::string(name).unwrap(), issued_before: None };
    let command = AdminCommand::RevokeTokens { app: arena.server.app_id(), tokens };
    match arena.server.admin().call(command).await {
        Ok(AdminReply::TokensRevoked { sessions }) => sessions,
        other => panic!("{other:?}"),
    }
}

async fn login(arena: &Arena, name: &'static str, token: Token) -> Result<(), ErrorCode> {
    let client: Client = arena.client(name).await;
    client.login(name, token).await.map_err(|error| error.error_code())
}

async fn until(events: &mut ConnectEvents, wanted: ConnectStatus) {
    loop {
        match events.next().await.unwrap() {
            ConnectEvent::Status(status) if status == wanted => return,
            _ => {}
        }
    }
}
