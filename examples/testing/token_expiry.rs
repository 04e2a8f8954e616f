//! A token runs out in the middle of a session.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use bim::{Client, ConnectListener, ErrorCode, Priority, Token, TokenError, TokenProvider, TokenSource};
use bim_fake_server::{FakeServer, serve};
use tokio::sync::watch;

// ---- The app: it gets its tokens from its back end, and shows a login screen when it must. ----

/// What the app needs of its back end.
#[async_trait]
trait BackEnd: Send + Sync + 'static {
    async fn token(&self, uid: &str) -> Option<Token>;
}

struct Tokens<B> {
    back_end: B,
    uid: &'static str,
}

#[async_trait]
impl<B: BackEnd> TokenProvider for Tokens<B> {
    async fn token(&self) -> Result<Token, TokenError> {
        self.back_end.token(self.uid).await.ok_or_else(|| TokenError::new("the back end gives none"))
    }
}

/// What is on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Screen {
    Room,
    PleaseLogIn,
}

struct Shown(watch::Sender<Screen>);

impl ConnectListener for Shown {
    fn on_token_invalid(&self, _: ErrorCode) {
        self.0.send_replace(Screen::PleaseLogIn);
    }
}

// ---- The test. ----

/// A back end that makes tokens as long as it likes the user.
struct TestBackEnd {
    server: Arc<FakeServer>,
    asked: Arc<AtomicU32>,
}

#[async_trait]
impl BackEnd for TestBackEnd {
    async fn token(&self, uid: &str) -> Option<Token> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Some(self.server.token(uid))
    }
}

#[tokio::test(start_paused = true)]
async fn with_a_provider_nobody_notices_that_a_token_ran_out() -> Result<(), Box<dyn Error>> {
    let server = Arc::new(serve().await);
    let asked = Arc::new(AtomicU32::new(0));
    let back_end = TestBackEnd { server: Arc::clone(&server), asked: Arc::clone(&asked) };
    let client = Client::builder(server.app_id(), "alice").dialer(server.dialer()).build().await?;
    client.login("alice", TokenSource::provider(Tokens { back_end, uid: "alice" })).await?;
    let group = server.create_group("the room").await;
    client.live_groups().join_live_group(group).await?;

    server.expire_token("alice").await;

    let message = client.create_text_message("still here");
    let sent = client.live_groups().send_live_group_message(&message, group, Priority::Normal).await?;
    assert_eq!(sent.position.seq.0, 1);
    assert_eq!(asked.load(Ordering::Relaxed), 2, "at login, and when the token had run out");
    server.seen().assert_ended("alice", ErrorCode::ExpiredToken).assert_logins("alice", 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn with_one_token_the_app_asks_its_user_to_log_in_again() -> Result<(), Box<dyn Error>> {
    let server = serve().await;
    let client = Client::builder(server.app_id(), "alice").dialer(server.dialer()).build().await?;
    let (screen, mut shown) = watch::channel(Screen::Room);
    client.add_connect_listener(Arc::new(Shown(screen)));
    client.login("alice", server.token("alice")).await?;

    server.expire_token("alice").await;

    assert_eq!(*shown.wait_for(|screen| *screen != Screen::Room).await?, Screen::PleaseLogIn);
    client.login("alice", server.token("alice")).await?;
    server.seen().assert_logins("alice", 2);
    Ok(())
}
