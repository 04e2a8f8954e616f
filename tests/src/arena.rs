//! A server somewhere, and clients that reach it.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bim::{Client, Uid};
use bim_fake_server::{FakeServer, FakeServerBuilder};
use bim_server::StoreMode;
use bim_server_core::EngineConfig;
use bim_store::ServerLog;
use bim_store::redb::{RedbLog, RedbOptions};
use bim_transport::quic::{QuicConfig, QuicDialer, QuicListener};
use bim_transport::tls::{ClientTls, DevCertificate};
use bim_transport::websocket::{WebSocketConfig, WebSocketDialer, WebSocketListener};
use bim_transport::{Dialer, Endpoint, Listener};
use tempfile::TempDir;

/// What frames travel over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Queues in this process.
    Memory,
    /// `ws://`
    WebSocket,
    /// `wss://`
    SecureWebSocket,
    /// `quic://`
    Quic,
}

/// Where the server keeps things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerKeeps {
    /// In memory.
    Memory,
    /// In a database file.
    Redb,
}

/// Where clients keep things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientKeeps {
    /// In memory.
    Memory,
    /// In a data directory.
    Redb,
}

/// A server somewhere, and clients that reach it.
#[derive(Debug)]
pub struct Arena {
    /// The server.
    pub server: FakeServer,
    link: Link,
    client_keeps: ClientKeeps,
    endpoint: Option<Endpoint>,
    certificate: DevCertificate,
    place: TempDir,
}

/// Events that wait for a scenario: more than a room's buffer replays at once.
const EVENT_BUFFER: usize = 8_192;

/// How often rooms of an arena tell who came and went: as often as a server may, so that nobody waits for it.
pub const PULSE_INTERVAL: Duration = Duration::from_millis(100);

/// How long attributes outlive the connection of their setter in an arena.
pub const ATTRIBUTE_LEAVE_GRACE: Duration = Duration::from_secs(1);

/// Budgets that do not hinder, and news as soon as they may come.
pub fn generous(limits: &mut EngineConfig) {
    limits.sender_per_second = 100_000;
    limits.sender_burst = 100_000;
    limits.room_shared_per_second = 100_000;
    limits.room_high_per_second = 100_000;
    limits.pulse_interval = PULSE_INTERVAL;
    limits.attribute_leave_grace = ATTRIBUTE_LEAVE_GRACE;
}

impl Arena {
    /// A server with budgets that do not hinder, and news as soon as they may come.
    ///
    /// # Panics
    ///
    /// When anything of it does not start.
    pub async fn start(link: Link, server_keeps: ServerKeeps, client_keeps: ClientKeeps) -> Self {
        Self::start_with(link, server_keeps, client_keeps, generous).await
    }

    /// A server in memory, and clients beside it, with limits of the scenario's choosing.
    ///
    /// # Panics
    ///
    /// When anything of it does not start.
    pub async fn in_memory(limits: impl FnOnce(&mut EngineConfig)) -> Self {
        Self::start_with(Link::Memory, ServerKeeps::Memory, ClientKeeps::Memory, limits).await
    }

    /// A server with limits of the scenario's choosing.
    ///
    /// # Panics
    ///
    /// When anything of it does not start.
    pub async fn start_with(
        link: Link,
        server_keeps: ServerKeeps,
        client_keeps: ClientKeeps,
        limits: impl FnOnce(&mut EngineConfig),
    ) -> Self {
        let builder = FakeServer::builder().limits(limits);
        Self::start_server(link, server_keeps, client_keeps, builder).await
    }

    /// A server of the scenario's making, of which only the way to it and what it keeps is decided here.
    ///
    /// # Panics
    ///
    /// When anything of it does not start.
    pub async fn start_server(
        link: Link,
        server_keeps: ServerKeeps,
        client_keeps: ClientKeeps,
        mut builder: FakeServerBuilder,
    ) -> Self {
        let place = tempfile::tempdir().expect("a temporary directory");
        let certificate = DevCertificate::generate(&["localhost", "127.0.0.1"], Duration::from_secs(3_600))
            .expect("a certificate is made");
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = listen(link, any_port, &certificate).await;
        let endpoint = listener.as_ref().map(|listener| listener.local());
        if server_keeps == ServerKeeps::Redb {
            let log = RedbLog::open(place.path().join("log.redb"), FRESH_EPOCH, RedbOptions::default())
                .expect("a new log opens");
            let log: Arc<dyn ServerLog> = Arc::new(log);
            builder = builder.log(log).store_mode(StoreMode::Threads);
        }
        if let Some(listener) = listener {
            builder = builder.listener(listener);
        }
        let server = builder.start().await.expect("the server starts");
        Self { server, link, client_keeps, endpoint, certificate, place }
    }

    /// A client of a user, such as `"alice"` or `7_i64`, not logged in.
    ///
    /// # Panics
    ///
    /// When it can not be set up.
    pub async fn client<U: TryInto<Uid, Error: fmt::Debug>>(&self, user: U) -> Client {
        self.client_by(user, self.dialer()).await
    }

    /// A client of a user that takes a way of its own to the server, not logged in.
    ///
    /// # Panics
    ///
    /// When it can not be set up.
    pub async fn client_by<U: TryInto<Uid, Error: fmt::Debug>>(
        &self,
        user: U,
        dialer: impl Dialer,
    ) -> Client {
        let user: Uid = user.try_into().expect("a test names its users rightly");
        let builder = Client::builder(self.server.app_id(), user.clone()).dialer(dialer);
        let mut builder = builder.event_buffer(EVENT_BUFFER);
        if self.client_keeps == ClientKeeps::Redb {
            builder = builder.data_dir(self.data_dir(&user.to_string()));
        }
        builder.build().await.expect("the client is set up")
    }

    /// A client of a user, logged in.
    ///
    /// # Panics
    ///
    /// When it can not log in.
    pub async fn logged_in<U: TryInto<Uid, Error: fmt::Debug>>(&self, user: U) -> Client {
        self.logged_in_by(user, self.dialer()).await
    }

    /// A client of a user that takes a way of its own to the server, logged in.
    ///
    /// # Panics
    ///
    /// When it can not log in.
    pub async fn logged_in_by<U: TryInto<Uid, Error: fmt::Debug>>(
        &self,
        user: U,
        dialer: impl Dialer,
    ) -> Client {
        let user: Uid = user.try_into().expect("a test names its users rightly");
        let client = self.client_by(user.clone(), dialer).await;
        client.login(user.clone(), self.server.token(user)).await.expect("the login succeeds");
        client
    }

    /// One more device of a user, logged in; it keeps nothing.
    ///
    /// # Panics
    ///
    /// When it can not log in.
    pub async fn other_device(&self, name: &str) -> Client {
        let builder = Client::builder(self.server.app_id(), name).dialer(self.dialer());
        let client = builder.build().await.expect("the client is set up");
        client.login(name, self.server.token(name)).await.expect("the login succeeds");
        client
    }

    /// The app's own server: a client with a token that says so, logged in.
    ///
    /// # Panics
    ///
    /// When it can not log in.
    pub async fn app_server(&self, name: &str) -> Client {
        let client = self.client(name).await;
        client.login(name, self.server.app_server_token(name)).await.expect("the login succeeds");
        client
    }

    /// The way to the server.
    ///
    /// # Panics
    ///
    /// Never: sockets have an endpoint.
    #[must_use]
    pub fn dialer(&self) -> Box<dyn Dialer> {
        match (self.link, &self.endpoint) {
            (Link::Memory, _) => Box::new(self.server.dialer()),
            (Link::WebSocket, Some(endpoint)) => Box::new(WebSocketDialer::new(endpoint.clone())),
            (Link::SecureWebSocket, Some(endpoint)) => {
                Box::new(WebSocketDialer::new(endpoint.clone()).tls(self.trust()))
            }
            (Link::Quic, Some(endpoint)) => Box::new(QuicDialer::new(endpoint.clone(), self.trust())),
            (_, None) => unreachable!("sockets have an endpoint"),
        }
    }

    /// Kills the server and starts it again where it was.
    ///
    /// # Panics
    ///
    /// When it does not start again.
    pub async fn crash_and_restart(&self) {
        self.server.crash().await;
        let mut listeners = Vec::new();
        if let Some(address) = self.endpoint.as_ref().and_then(address) {
            listeners.extend(listen(self.link, address, &self.certificate).await);
        }
        self.server.restart_with(listeners).await.expect("the server starts again");
    }

    /// The data directory of a user's client.
    #[must_use]
    pub fn data_dir(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn trust(&self) -> ClientTls {
        ClientTls::trust_pem(self.certificate.cert_pem.as_bytes()).expect("the certificate is one")
    }
}

const FRESH_EPOCH: bim::Epoch = bim::Epoch(7);

fn address(endpoint: &Endpoint) -> Option<SocketAddr> {
    Some(SocketAddr::new(endpoint.host().parse().ok()?, endpoint.port()))
}

/// A listener of the link's kind; `None` for memory, which every server has. A port that was just given up
/// may be taken a moment longer, so a known one is asked for again.
async fn listen(link: Link, address: SocketAddr, certificate: &DevCertificate) -> Option<Box<dyn Listener>> {
    let server_tls = || certificate.server().expect("the certificate serves");
    let mut pause = tokio::time::interval(Duration::from_millis(10));
    for _ in 0..1_000 {
        pause.tick().await;
        let bound: Result<Box<dyn Listener>, _> = match link {
            Link::Memory => return None,
            Link::WebSocket => {
                WebSocketListener::bind(address, WebSocketConfig::default()).await.map(|l| Box::new(l) as _)
            }
            Link::SecureWebSocket => {
                let config = WebSocketConfig { tls: Some(server_tls()), ..WebSocketConfig::default() };
                WebSocketListener::bind(address, config).await.map(|l| Box::new(l) as _)
            }
            Link::Quic => QuicListener::bind(address, server_tls(), QuicConfig::default())
                .await
                .map(|l| Box::new(l) as _),
        };
        if let Ok(listener) = bound {
            return Some(listener);
        }
    }
    panic!("the port stays taken");
}
