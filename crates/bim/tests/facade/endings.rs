//! Calls that could hang, and tasks that could die: everything resolves.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bim::store::{ClientBatch, ClientStore, ClientStoreError, DeviceRecord, SessionRecord};
use bim::transport::{BoxConnection, Connection, DialError, Dialer, Peer, TransportError};
use bim::{
    Client, ConnectEvent, ConnectStatus, Continuity, DisconnectReason, ErrorCode, GroupInfo, TokenError,
    TokenProvider, TokenSource,
};
use bytes::Bytes;

use crate::common::{Server, soon};

/// Whoever dials waits for ever.
struct Nowhere(Arc<AtomicUsize>);

#[async_trait]
impl Dialer for Nowhere {
    async fn dial(&self) -> Result<BoxConnection, DialError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        std::future::pending().await
    }

    fn describe(&self) -> String {
        "nowhere://".into()
    }
}

#[tokio::test(start_paused = true)]
async fn a_logout_while_connecting_cancels_the_login_and_is_done_at_once() {
    let dials = Arc::new(AtomicUsize::new(0));
    let client = Client::builder(1, "alice").dialer(Nowhere(Arc::clone(&dials))).build().await.unwrap();
    let login = tokio::spawn({
        let client = client.clone();
        async move { client.login("alice", "good").await }
    });
    while dials.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    let began = tokio::time::Instant::now();
    soon(client.logout()).await.unwrap();
    assert_eq!(soon(login).await.unwrap().unwrap_err().error_code(), ErrorCode::Cancelled);
    assert!(began.elapsed() < Duration::from_secs(1));
    let again = soon(client.login("alice", "good")).await.unwrap_err();
    assert_eq!(again.error_code(), ErrorCode::ConnectFailed);
    soon(client.shutdown()).await;
}

enum Bad {
    Silent,
    Panics,
    Empty,
}

#[async_trait]
impl TokenProvider for Bad {
    async fn token(&self) -> Result<bim::Token, TokenError> {
        match self {
            Self::Silent => std::future::pending().await,
            Self::Panics => panic!("a provider with a bug"),
            Self::Empty => Ok("".into()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_silent_panics_or_gives_nothing_fails_the_login_in_time() {
    let server = Server::start();
    let client = server.builder("alice").build().await.unwrap();
    for (provider, code) in [
        (Bad::Silent, ErrorCode::LoginFailed),
        (Bad::Panics, ErrorCode::LoginFailed),
        (Bad::Empty, ErrorCode::InvalidToken),
    ] {
        let login = client.login("alice", TokenSource::provider(provider));
        let error = tokio::time::timeout(Duration::from_secs(60), login).await.unwrap().unwrap_err();
        assert_eq!(error.error_code(), code);
    }
    soon(client.login("alice", "good")).await.unwrap();
    assert_eq!(server.tokens(), ["good"]);
}

/// A connection that is established and then has a bug.
struct Explosive;

impl Connection for Explosive {
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(&mut self, _: Bytes) -> Result<(), TransportError> {
        panic!("a transport with a bug");
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_recv(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        Poll::Pending
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn set_frame_limit(&mut self, _: usize) {}

    fn peer(&self) -> &Peer {
        unreachable!("nobody asks")
    }
}

struct Minefield;

#[async_trait]
impl Dialer for Minefield {
    async fn dial(&self) -> Result<BoxConnection, DialError> {
        Ok(Box::new(Explosive))
    }

    fn describe(&self) -> String {
        "minefield://".into()
    }
}

#[tokio::test]
async fn a_transport_that_panics_ends_the_client_and_nobody_waits_for_ever() {
    let client = Client::builder(1, "alice").dialer(Minefield).build().await.unwrap();
    let (mut events, mut status) = (client.live_groups().events(), client.connect_events());
    let error = soon(client.login("alice", "good")).await.unwrap_err();
    assert_eq!(error.error_code(), ErrorCode::ShutDown);
    assert_eq!(soon(events.next()).await, None);
    let mut last = None;
    while let Some(event) = soon(status.next()).await {
        last = Some(event);
    }
    let ended = ConnectStatus::Disconnected(DisconnectReason::ShutDown);
    assert_eq!(last, Some(ConnectEvent::Status(ended.clone())));
    assert_eq!((client.connect_status(), client.current_user()), (ended, None));
    soon(client.shutdown()).await;
}

/// A store on a disk that does not answer until it is let go.
#[derive(Default)]
struct Stuck(Mutex<bool>, Condvar);

impl Stuck {
    fn wait(&self) {
        let free = self.0.lock().unwrap();
        drop(self.1.wait_while(free, |free| !*free).unwrap());
    }
}

impl ClientStore for Stuck {
    fn commit(&self, _: &ClientBatch) -> Result<(), ClientStoreError> {
        self.wait();
        Ok(())
    }

    fn device(&self) -> Result<Option<DeviceRecord>, ClientStoreError> {
        self.wait();
        Ok(None)
    }

    fn session(&self) -> Result<Option<SessionRecord>, ClientStoreError> {
        Ok(None)
    }
}

#[tokio::test]
async fn a_store_that_hangs_holds_up_neither_logout_nor_shutdown() {
    let server = Server::start();
    let store = Arc::new(Stuck::default());
    let client = server.builder("alice").store(store.clone()).build().await.unwrap();
    let login = tokio::spawn({
        let client = client.clone();
        async move { client.login("alice", "good").await }
    });
    tokio::task::yield_now().await;
    let began = Instant::now();
    soon(client.shutdown()).await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(soon(login).await.unwrap().is_err());
    *store.0.lock().unwrap() = true;
    store.1.notify_all();
}

#[tokio::test(start_paused = true)]
async fn the_present_status_and_every_change_after_it_leave_no_hole() {
    let server = Server::start();
    let client = server.client("alice").await;
    for round in 0..40 {
        // Long enough for the delays to begin anew.
        tokio::time::sleep(Duration::from_secs(11)).await;
        server.cut();
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        let mut events = client.connect_events();
        let mut seen: Vec<ConnectStatus> = Vec::new();
        loop {
            let Some(ConnectEvent::Status(status)) = soon(events.next()).await else { panic!("{seen:?}") };
            if let Some(before) = seen.last() {
                use ConnectStatus as S;
                let follows = matches!(
                    (before, &status),
                    (S::Connected(_), S::Disconnected(_))
                        | (S::Disconnected(_), S::Connecting)
                        | (S::Connecting, S::Connected(_) | S::Disconnected(_))
                );
                assert!(follows, "{seen:?} then {status:?}");
            }
            seen.push(status);
            if seen.len() > 1 && seen.last() == Some(&ConnectStatus::Connected(Continuity::Resumed)) {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_dropped_call_goes_on_and_leaves_nothing_behind() {
    let server = Server::start();
    let client = server.client("alice").await;
    let live = client.live_groups();
    for _ in 0..100 {
        let mut call = Box::pin(live.get_all_live_group_list(0, 1));
        let first = std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut call).poll(cx).is_ready())).await;
        assert!(!first);
        drop(call);
    }
    let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
    soon(live.create_live_group(info)).await.unwrap();
}
