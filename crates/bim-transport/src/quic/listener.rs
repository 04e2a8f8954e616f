//! Takes QUIC connections in.

use std::{
    future::Future,
    io,
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use quinn::{EndpointConfig, Incoming, TokioRuntime, crypto::rustls::QuicServerConfig};
use tokio::{task::JoinSet, time::timeout};

use super::{CODE_PROTOCOL, PREFACE, QuicConfig, config, connection::QuicConnection};
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
        let local = Endpoint::quic(socket.local_addr().map_err(failed)?);
        let server = config::server(Arc::new(crypto), &config);
        let endpoint = open(&socket, &server).map_err(failed)?;
        let intake = Intake::start(config.handshake.backlog, |established, stop| {
            let admission = Admission::new(&config.handshake);
            Door { socket, server, config, admission, established }.serve(endpoint, stop)
        });
        Ok(Self { local, intake })
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

    /// The UDP socket stays open as long as accepted connections use it; new ones are refused meanwhile.
    async fn close(&mut self) {
        self.intake.close().await;
    }
}

/// The accepting task.
struct Door {
    /// The socket again, for a new endpoint in place of one that broke.
    socket: UdpSocket,
    server: quinn::ServerConfig,
    config: QuicConfig,
    admission: Admission,
    established: Established,
}

impl Door {
    async fn serve(self, mut endpoint: quinn::Endpoint, mut stop: Stop) {
        let mut handshakes = JoinSet::new();
        loop {
            tokio::select! {
                _ = &mut stop => break,
                Some(_) = handshakes.join_next() => {}
                incoming = endpoint.accept() => match incoming {
                    Some(incoming) => {
                        if let Some((incoming, slot)) = self.admit(incoming) {
                            handshakes.spawn(self.handshake(incoming, slot));
                        }
                    }
                    None => tokio::select! {
                        _ = &mut stop => break,
                        restarted = self.restart() => endpoint = restarted,
                    },
                },
            }
        }
        handshakes.abort_all();
        tokio::spawn(refuse_until_idle(endpoint));
    }

    /// Lets a peer begin its handshake, asks it to prove its address first, or refuses it.
    fn admit(&self, incoming: Incoming) -> Option<(Incoming, Slot)> {
        let address = incoming.remote_address().ip();
        let (pending, here) = self.admission.pending(address);
        let share = self.config.handshake.pending_per_address_max / 2;
        if incoming.may_retry() && (pending >= self.config.retry_above || here.is_some_and(|here| here >= share)) {
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
        async move {
            match shake(incoming, &config).await {
                // The listener may be gone by now, and the connection with it.
                Ok(connection) => drop(established.send(Box::new(connection)).await),
                Err(refusal) => tracing::debug!(%refusal, "a peer failed its handshake"),
            }
            drop(slot);
        }
    }

    /// Starts a new endpoint on the same socket after the old one broke; its connections are lost.
    async fn restart(&self) -> quinn::Endpoint {
        loop {
            tracing::error!("the quic endpoint broke and is started again");
            tokio::time::sleep(RESTART_PAUSE).await;
            match open(&self.socket, &self.server) {
                Ok(endpoint) => return endpoint,
                Err(error) => tracing::warn!(%error, "the quic endpoint cannot be started yet"),
            }
        }
    }
}

fn open(socket: &UdpSocket, server: &quinn::ServerConfig) -> io::Result<quinn::Endpoint> {
    quinn::Endpoint::new(
        EndpointConfig::default(),
        Some(server.clone()),
        socket.try_clone()?,
        Arc::new(TokioRuntime),
    )
}

async fn shake(incoming: Incoming, config: &QuicConfig) -> Result<QuicConnection, Refusal> {
    let connecting = incoming.accept()?;
    let quic = timeout(config.handshake.secure_timeout, connecting).await.map_err(|_| Refusal::Slow)??;
    let first_stream = async {
        let (send, mut recv) = quic.accept_bi().await?;
        let mut preface = [0; PREFACE.len()];
        recv.read_exact(&mut preface).await.map_err(|_| Refusal::Preface)?;
        if preface == *PREFACE { Ok((send, recv)) } else { Err(Refusal::Preface) }
    };
    match timeout(config.handshake.upgrade_timeout, first_stream).await {
        Ok(Ok(stream)) => Ok(QuicConnection::new(quic, stream, config.frame_bytes_max)),
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

/// Answers newcomers while connections of a closed listener still use its socket.
async fn refuse_until_idle(endpoint: quinn::Endpoint) {
    loop {
        tokio::select! {
            () = endpoint.wait_idle() => return,
            incoming = endpoint.accept() => match incoming {
                Some(incoming) => incoming.refuse(),
                None => return,
            },
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
