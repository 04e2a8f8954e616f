//! Takes QUIC connections in.

use std::{
    future::Future,
    io,
    net::{SocketAddr, UdpSocket},
    sync::{Arc, Weak},
    time::Duration,
};

use async_trait::async_trait;
use quinn::{
    AsyncUdpSocket, EndpointConfig, Incoming, Runtime, TokioRuntime, crypto::rustls::QuicServerConfig,
};
use tokio::{sync::oneshot, task::JoinSet, time::timeout};

use super::{
    CODE_PROTOCOL, PREFACE, QuicConfig, config,
    connection::QuicConnection,
    keys::Keys,
    retirement::{Lease, Usage, retire},
};
use crate::{
    AcceptError, BindError, BoxConnection, Endpoint, Listener,
    admission::{Admission, Slot},
    intake::{Established, Intake, Stop},
    tls::{ALPN_BIM, ServerTls},
};

/// Pause before a broken endpoint is started again.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// Listens for `quic://`. Must be made inside a tokio runtime.
#[derive(Debug)]
pub struct QuicListener {
    local: Endpoint,
    intake: Intake,
    usage: Usage,
    /// Resolves when the port is free again.
    released: Option<oneshot::Receiver<()>>,
}

impl QuicListener {
    /// Starts listening. Port 0 takes a free port; see [`local`](Listener::local).
    ///
    /// # Errors
    /// The address is taken, not ours, or not permitted; or the certificate's key cannot do TLS 1.3.
    pub async fn bind(address: SocketAddr, tls: ServerTls, config: QuicConfig) -> Result<Self, BindError> {
        let failed = |source| BindError::Address { address, source };
        let crypto = QuicServerConfig::try_from(tls.config(ALPN_BIM))
            .map_err(|error| BindError::Tls(Box::new(error)))?;
        let socket = UdpSocket::bind(address).map_err(failed)?;
        let local = socket.local_addr().map_err(failed)?;
        let keys = Keys::derive(tls.secret(), local);
        let server = config::server(Arc::new(crypto), &keys, &config);
        let place = Place { socket, endpoint: config::endpoint(&keys), server };
        let opened = place.open().map_err(failed)?;
        let usage = Usage::default();
        let (releasing, released) = oneshot::channel();
        let intake = Intake::start(config.handshake.backlog, |established, stop| {
            let admission = Admission::new(&config.handshake);
            let usage = usage.clone();
            Door { place, config, admission, established, usage }.serve(opened, stop, releasing)
        });
        Ok(Self { local: Endpoint::quic(local), intake, usage, released: Some(released) })
    }
}

#[async_trait]
impl Listener for QuicListener {
    async fn accept(&mut self) -> Result<BoxConnection, AcceptError> {
        self.intake.accept().await
    }

    fn local(&self) -> Endpoint {
        self.local.clone()
    }

    /// The UDP port stays taken as long as accepted connections use it, and is free within a moment after
    /// the last of them was dropped; new ones are refused meanwhile. With none, it is free when this returns.
    async fn close(&mut self) {
        self.intake.close().await;
        if self.usage.is_over()
            && let Some(released) = self.released.as_mut()
        {
            // Whether it was said or its task is gone, the socket is.
            let _ = released.await;
            self.released = None;
        }
    }
}

/// The accepting task.
struct Door {
    place: Place,
    config: QuicConfig,
    admission: Admission,
    established: Established,
    usage: Usage,
}

/// What an endpoint is made of; kept to make a new one in place of one that broke.
struct Place {
    socket: UdpSocket,
    endpoint: EndpointConfig,
    server: quinn::ServerConfig,
}

/// An endpoint and the socket that it uses.
type Opened = (quinn::Endpoint, Weak<dyn AsyncUdpSocket>);

impl Place {
    fn open(&self) -> io::Result<Opened> {
        let runtime = Arc::new(TokioRuntime);
        let socket = runtime.wrap_udp_socket(self.socket.try_clone()?)?;
        let used = Arc::downgrade(&socket);
        let (config, server) = (self.endpoint.clone(), self.server.clone());
        let endpoint = quinn::Endpoint::new_with_abstract_socket(config, Some(server), socket, runtime)?;
        Ok((endpoint, used))
    }
}

impl Door {
    async fn serve(self, opened: Opened, mut stop: Stop, releasing: oneshot::Sender<()>) {
        let (mut endpoint, mut socket) = opened;
        let mut handshakes = JoinSet::new();
        loop {
            tokio::select! {
                _ = &mut stop => break,
                Some(_) = handshakes.join_next() => {}
                incoming = endpoint.accept() => match incoming {
                    Some(incoming) => {
                        if let Some((incoming, slot)) = self.admit(incoming) {
                            // Boxed for the allocator's sake, as over WebSocket.
                            handshakes.spawn(Box::pin(self.handshake(incoming, slot)));
                        }
                    }
                    None => tokio::select! {
                        _ = &mut stop => break,
                        restarted = self.restart() => (endpoint, socket) = restarted,
                    },
                },
            }
        }
        handshakes.shutdown().await;
        let usage = self.usage.clone();
        tokio::spawn(async move {
            retire(endpoint, socket, usage).await;
            // The listener may be gone, and then nobody waits for it.
            let _ = releasing.send(());
        });
    }

    /// Lets a peer begin its handshake, asks it to prove its address first, or refuses it.
    fn admit(&self, incoming: Incoming) -> Option<(Incoming, Slot)> {
        let address = incoming.remote_address().ip();
        let (pending, here) = self.admission.pending(address);
        let share = self.config.handshake.pending_per_address_max / 2;
        if incoming.may_retry()
            && (pending >= self.config.retry_above || here.is_some_and(|here| here >= share))
        {
            // It can only fail for a peer that has proved its address, and `may_retry` excludes those.
            let _ = incoming.retry();
            return None;
        }
        match self.admission.enter(address) {
            Some(slot) => Some((incoming, slot)),
            None => {
                incoming.refuse();
                None
            }
        }
    }

    /// Brings one peer in. It keeps its slot until it is in the queue of established connections.
    fn handshake(&self, incoming: Incoming, slot: Slot) -> impl Future<Output = ()> + Send + use<> {
        let established = self.established.clone();
        let config = self.config.clone();
        let lease = self.usage.lease();
        async move {
            let shaken = timeout(config.handshake.total_timeout, shake(incoming, &config, lease)).await;
            match shaken.unwrap_or(Err(Refusal::Slow)) {
                // The listener may be gone by now, and the connection with it.
                Ok(connection) => drop(established.send(Box::new(connection)).await),
                Err(refusal) => tracing::debug!(%refusal, "a peer failed its handshake"),
            }
            drop(slot);
        }
    }

    /// Starts a new endpoint on the same socket after the old one broke; its connections are lost.
    async fn restart(&self) -> Opened {
        loop {
            tracing::error!("the quic endpoint broke and is started again");
            tokio::time::sleep(RESTART_PAUSE).await;
            match self.place.open() {
                Ok(opened) => return opened,
                Err(error) => tracing::warn!(%error, "the quic endpoint cannot be started yet"),
            }
        }
    }
}

async fn shake(incoming: Incoming, config: &QuicConfig, lease: Lease) -> Result<QuicConnection, Refusal> {
    let connecting = incoming.accept()?;
    let quic = timeout(config.handshake.secure_timeout, connecting).await.map_err(|_| Refusal::Slow)??;
    let first_stream = async {
        let (send, mut recv) = quic.accept_bi().await?;
        let mut preface = [0; PREFACE.len()];
        recv.read_exact(&mut preface).await.map_err(|_| Refusal::Preface)?;
        if preface == *PREFACE { Ok((send, recv)) } else { Err(Refusal::Preface) }
    };
    match timeout(config.handshake.upgrade_timeout, first_stream).await {
        Ok(Ok(stream)) => Ok(QuicConnection::new(quic, stream, config.frame_bytes_max, Some(lease))),
        Ok(Err(refusal)) => {
            quic.close(CODE_PROTOCOL, b"");
            Err(refusal)
        }
        Err(_) => {
            quic.close(CODE_PROTOCOL, b"");
            Err(Refusal::Slow)
        }
    }
}

/// Why one peer did not get in.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("handshake took too long")]
    Slow,
    #[error("quic handshake failed: {0}")]
    Quic(#[from] quinn::ConnectionError),
    #[error("stream does not begin as one of bim")]
    Preface,
}
