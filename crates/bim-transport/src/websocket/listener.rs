//! Takes WebSocket connections in.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::{self, protocol::Role};

use super::{WebSocketConfig, connection::WebSocketConnection, upgrade};
use crate::{
    AcceptError, BindError, BoxConnection, Endpoint, Listener, Peer, TransportKind,
    admission::{Admission, Slot},
    intake::{Established, Intake, Stop},
};

/// First pause after the operating system refuses to accept, for instance because no file descriptor is
/// free. It doubles up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(10);
/// Longest such pause.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Listens for `ws://`, or for `wss://` when it has a certificate. Must be made inside a tokio runtime.
#[derive(Debug)]
pub struct WebSocketListener {
    local: Endpoint,
    intake: Intake,
}

impl WebSocketListener {
    /// Starts listening. Port 0 takes a free port; see [`local`](Listener::local).
    ///
    /// # Errors
    /// The address is taken, not ours, or not permitted.
    pub async fn bind(address: SocketAddr, config: WebSocketConfig) -> Result<Self, BindError> {
        let failed = |source| BindError::Address { address, source };
        let tcp = TcpListener::bind(address).await.map_err(failed)?;
        let welcome = Welcome::new(&config);
        let local = Endpoint::websocket(tcp.local_addr().map_err(failed)?, welcome.is_secure());
        let intake = Intake::start(config.handshake.backlog, |established, stop| {
            let admission = Admission::new(&config.handshake);
            Door { tcp, welcome: Arc::new(welcome), admission, established }.serve(stop)
        });
        Ok(Self { local, intake })
    }
}

#[async_trait]
impl Listener for WebSocketListener {
    async fn accept(&mut self) -> Result<BoxConnection, AcceptError> {
        self.intake.accept().await
    }

    fn local(&self) -> Endpoint {
        self.local.clone()
    }

    async fn close(&mut self) {
        self.intake.close().await;
    }
}

/// The accepting task.
struct Door {
    tcp: TcpListener,
    welcome: Arc<Welcome>,
    admission: Admission,
    established: Established,
}

impl Door {
    async fn serve(self, mut stop: Stop) {
        let mut handshakes = JoinSet::new();
        let mut pause = Pause::default();
        loop {
            tokio::select! {
                _ = &mut stop => return,
                Some(_) = handshakes.join_next() => {}
                accepted = pause.then(self.tcp.accept()) => match accepted {
                    Ok((stream, address)) => {
                        pause.reset();
                        // An over-limit peer is closed by letting go of its stream.
                        if let Some(slot) = self.admission.enter(address.ip()) {
                            // A task is aligned, and what is freed of one is too small for the next, so
                            // that memory would grow with every peer; a box leaves a hole that fits.
                            handshakes.spawn(Box::pin(self.handshake(stream, address, slot)));
                        }
                    }
                    Err(error) => pause.after(&error),
                },
            }
        }
    }

    /// Brings one peer in. It keeps its slot until it is in the queue of established connections.
    fn handshake(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        slot: Slot,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (welcome, established) = (Arc::clone(&self.welcome), self.established.clone());
        async move {
            let shaken = timeout(welcome.total_timeout, welcome.shake(stream, address)).await;
            match shaken.unwrap_or(Err(Refusal::Slow)) {
                // The listener may be gone by now, and the connection with it.
                Ok(connection) => drop(established.send(connection).await),
                Err(refusal) => tracing::debug!(%refusal, "a peer failed its handshake"),
            }
            drop(slot);
        }
    }
}

/// How a peer gets from a TCP stream to a connection.
struct Welcome {
    #[cfg(feature = "tls")]
    tls: Option<tokio_rustls::TlsAcceptor>,
    #[cfg(feature = "tls")]
    secure_timeout: Duration,
    upgrade_timeout: Duration,
    total_timeout: Duration,
    frame_bytes_max: usize,
}

impl Welcome {
    fn new(config: &WebSocketConfig) -> Self {
        Self {
            #[cfg(feature = "tls")]
            tls: config.tls.as_ref().map(|tls| Arc::new(tls.config(crate::tls::ALPN_HTTP)).into()),
            #[cfg(feature = "tls")]
            secure_timeout: config.handshake.secure_timeout,
            upgrade_timeout: config.handshake.upgrade_timeout,
            total_timeout: config.handshake.total_timeout,
            frame_bytes_max: config.frame_bytes_max,
        }
    }

    #[cfg(feature = "tls")]
    fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    #[cfg(not(feature = "tls"))]
    fn is_secure(&self) -> bool {
        false
    }

    async fn shake(&self, stream: TcpStream, address: SocketAddr) -> Result<BoxConnection, Refusal> {
        stream.set_nodelay(true)?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            let secured = timeout(self.secure_timeout, tls.accept(stream)).await;
            return self.upgrade(secured.map_err(|_| Refusal::Slow)??, address).await;
        }
        self.upgrade(stream, address).await
    }

    async fn upgrade<S>(&self, stream: S, address: SocketAddr) -> Result<BoxConnection, Refusal>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let upgraded = timeout(self.upgrade_timeout, upgrade::accept(stream, self.frame_bytes_max)).await;
        let socket = upgraded.map_err(|_| Refusal::Slow)?.map_err(Box::new)?;
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        let transport = TransportKind::WebSocket;
        let peer = Peer { address: Some(address), transport, encrypted: self.is_secure() };
        Ok(Box::new(WebSocketConnection::new(socket, Role::Server, self.frame_bytes_max, peer)))
    }
}

/// Why one peer did not get in.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("handshake took too long")]
    Slow,
    #[error("stream failed")]
    Io(#[from] io::Error),
    #[error("no websocket upgrade")]
    Upgrade(#[from] Box<tungstenite::Error>),
}

/// Keeps the accepting task from spinning while the operating system refuses.
#[derive(Debug, Default)]
struct Pause {
    length: Duration,
    until: Option<Instant>,
}

impl Pause {
    /// Waits until the pause is over, then for the future.
    async fn then<T>(&self, next: impl Future<Output = T>) -> T {
        if let Some(until) = self.until {
            sleep_until(until).await;
        }
        next.await
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn after(&mut self, error: &io::Error) {
        use io::ErrorKind as Kind;
        // These concern one peer that is already gone.
        if matches!(error.kind(), Kind::ConnectionAborted | Kind::ConnectionReset | Kind::Interrupted) {
            return;
        }
        self.length = (self.length * 2).clamp(PAUSE_MIN, PAUSE_MAX);
        self.until = Some(Instant::now() + self.length);
        tracing::warn!(%error, pause_ms = self.length.as_millis() as u64, "cannot accept for now");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_the_system_lengthen_the_pause_and_those_of_a_peer_do_not() {
        let mut pause = Pause::default();
        pause.after(&io::ErrorKind::ConnectionAborted.into());
        assert!(pause.until.is_none());
        for _ in 0..20 {
            pause.after(&io::Error::from_raw_os_error(24));
        }
        assert_eq!(pause.length, PAUSE_MAX);
        pause.reset();
        assert!(pause.until.is_none());
    }
}
