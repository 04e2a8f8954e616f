//! Opens QUIC connections.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use quinn::{ConnectError, ConnectionError, crypto::rustls::QuicClientConfig};
use tokio::time::timeout;

use super::{PREFACE, config, connection::QuicConnection};
use crate::{
    BoxConnection, DialError, Dialer, Endpoint, Scheme,
    addresses::first_that_answers,
    limits::{DIAL_TIMEOUT, FRAME_BYTES_MAX},
    tls::{ALPN_BIM, ClientTls},
};

/// Longest time for the handshake with one address (4 s). quinn sends the first packet after 0, 1 and 3 s,
/// so one of them finds a server that was down for a moment, and a slow path has time for its two or three
/// round trips.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(4);

/// Dials a `quic://` endpoint. Cheap to clone.
///
/// All connections of a dialer and its clones share one UDP socket for each address family. They outlive
/// the dialer.
#[derive(Debug, Clone)]
pub struct QuicDialer {
    endpoint: Endpoint,
    tls: ClientTls,
    frame_bytes_max: usize,
    timeout: Duration,
    sockets: Arc<Sockets>,
}

/// The shared sockets, opened when they are first needed.
#[derive(Debug, Default)]
struct Sockets {
    v4: Mutex<Option<quinn::Endpoint>>,
    v6: Mutex<Option<quinn::Endpoint>>,
}

impl QuicDialer {
    /// A dialer with the default limits.
    #[must_use]
    pub fn new(endpoint: Endpoint, tls: ClientTls) -> Self {
        Self {
            endpoint,
            tls,
            frame_bytes_max: FRAME_BYTES_MAX,
            timeout: DIAL_TIMEOUT,
            sockets: Arc::default(),
        }
    }

    /// Largest frame in bytes, either way (256 KiB).
    #[must_use]
    pub fn frame_bytes_max(mut self, bytes: usize) -> Self {
        self.frame_bytes_max = bytes;
        self
    }

    /// Longest time for one dial, all of it together (10 s).
    ///
    /// Over UDP silence is the only sign that nobody is there, so each address of the host is given up
    /// after 4 s in any case. Within them the first packet is sent three times (after 0, 1 and 3 s): a server
    /// that is just being restarted is found by the same dial.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn connect(&self) -> Result<BoxConnection, DialError> {
        if self.endpoint.scheme() != Scheme::Quic {
            return Err(DialError::WrongScheme { expected: "quic://", found: self.endpoint.scheme() });
        }
        let session = self.tls.session(ALPN_BIM).map_err(|error| DialError::Tls(Box::new(error)))?;
        let crypto = QuicClientConfig::try_from(session.config.clone())
            .map_err(|error| DialError::Tls(Box::new(error)))?;
        let client = config::client(Arc::new(crypto));
        let connected = first_that_answers(&self.endpoint, |address| {
            let connecting = self.sockets.connect(address, client.clone(), self.endpoint.host());
            async move { shake(connecting?).await }
        })
        .await;
        let quic = match (connected, session.problem()) {
            (Ok(quic), _) => quic,
            (Err(_), Some(problem)) => return Err(DialError::Certificate(problem)),
            (Err(error), None) => return Err(error),
        };
        let (mut send, recv) = quic.open_bi().await.map_err(connection_error)?;
        send.write_all(PREFACE).await.map_err(|error| DialError::Io(error.into()))?;
        Ok(Box::new(QuicConnection::new(quic, (send, recv), self.frame_bytes_max, None)))
    }
}

#[async_trait]
impl Dialer for QuicDialer {
    async fn dial(&self) -> Result<BoxConnection, DialError> {
        let limit = self.timeout;
        timeout(limit, self.connect()).await.unwrap_or(Err(DialError::TimedOut { after: limit }))
    }

    fn describe(&self) -> String {
        self.endpoint.to_string()
    }
}

impl Sockets {
    fn connect(
        &self,
        address: SocketAddr,
        client: quinn::ClientConfig,
        name: &str,
    ) -> Result<quinn::Connecting, DialError> {
        match self.open(address, false)?.connect_with(client.clone(), address, name) {
            // The runtime that drove the socket is gone; a new socket belongs to the current one.
            Err(ConnectError::EndpointStopping) => {
                self.open(address, true)?.connect_with(client, address, name).map_err(connect_error)
            }
            connecting => connecting.map_err(connect_error),
        }
    }

    fn open(&self, towards: SocketAddr, anew: bool) -> Result<quinn::Endpoint, DialError> {
        let (slot, any) = match towards {
            SocketAddr::V4(_) => (&self.v4, SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))),
            SocketAddr::V6(_) => (&self.v6, SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))),
        };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        match &*slot {
            Some(endpoint) if !anew => Ok(endpoint.clone()),
            _ => Ok(slot.insert(quinn::Endpoint::client(any)?).clone()),
        }
    }
}

async fn shake(connecting: quinn::Connecting) -> Result<quinn::Connection, DialError> {
    match timeout(HANDSHAKE_TIMEOUT, connecting).await {
        Ok(shaken) => shaken.map_err(connection_error),
        Err(_) => Err(DialError::TimedOut { after: HANDSHAKE_TIMEOUT }),
    }
}

fn connect_error(error: ConnectError) -> DialError {
    match error {
        ConnectError::InvalidServerName(_) | ConnectError::UnsupportedVersion => {
            DialError::Tls(Box::new(error))
        }
        _ => DialError::Io(std::io::Error::other(error)),
    }
}

fn connection_error(error: ConnectionError) -> DialError {
    match error {
        // A server without room, or one that is closing, refuses with a close of the transport.
        ConnectionError::ConnectionClosed(_) => DialError::Refused,
        ConnectionError::TimedOut => DialError::Handshake { reason: "it did not answer", status: None },
        ConnectionError::TransportError(_) => DialError::Tls(Box::new(error)),
        error => DialError::Io(error.into()),
    }
}
