//! Opens WebSocket connections.

use std::{future::Future, io, time::Duration};

use async_trait::async_trait;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::tungstenite::{Error, error::ProtocolError, protocol::Role};

use super::{connection::WebSocketConnection, upgrade};
#[cfg(feature = "tls")]
use crate::tls::{self, ClientTls, Session};
use crate::{
    BoxConnection, DialError, Dialer, Endpoint, Peer, Scheme, TransportKind,
    addresses::first_that_answers,
    limits::{DIAL_TIMEOUT, FRAME_BYTES_MAX},
};

/// Dials a `ws://` or `wss://` endpoint. Cheap to clone.
#[derive(Debug, Clone)]
pub struct WebSocketDialer {
    endpoint: Endpoint,
    #[cfg(feature = "tls")]
    tls: Option<ClientTls>,
    frame_bytes_max: usize,
    timeout: Duration,
}

impl WebSocketDialer {
    /// A dialer with the default limits. For `wss://` it trusts what the platform trusts, unless
    /// [`tls`](Self::tls) says otherwise.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            #[cfg(feature = "tls")]
            tls: None,
            frame_bytes_max: FRAME_BYTES_MAX,
            timeout: DIAL_TIMEOUT,
        }
    }

    /// Whom to trust, for `wss://`. Without effect for `ws://`.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Largest frame in bytes, either way (256 KiB).
    #[must_use]
    pub fn frame_bytes_max(mut self, bytes: usize) -> Self {
        self.frame_bytes_max = bytes;
        self
    }

    /// Longest time for one dial, all of it together (10 s).
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn connect(&self) -> Result<BoxConnection, DialError> {
        let scheme = self.endpoint.scheme();
        match scheme {
            Scheme::Ws => {}
            #[cfg(feature = "tls")]
            Scheme::Wss => {}
            found => return Err(DialError::WrongScheme { expected: EXPECTED, found }),
        }
        let stream =
            first_that_answers(
                &self.endpoint,
                |address| async move { Ok(TcpStream::connect(address).await?) },
            )
            .await?;
        stream.set_nodelay(true)?;
        let address = stream.peer_addr().ok();
        let peer = Peer { address, transport: TransportKind::WebSocket, encrypted: scheme == Scheme::Wss };
        #[cfg(feature = "tls")]
        if scheme == Scheme::Wss {
            return self.upgrade(self.secure(stream).await?, peer).await;
        }
        self.upgrade(stream, peer).await
    }

    #[cfg(feature = "tls")]
    async fn secure(
        &self,
        stream: TcpStream,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, DialError> {
        use rustls::pki_types::ServerName;

        let other = |error: Box<dyn std::error::Error + Send + Sync>| DialError::Tls(error);
        let trust = match &self.tls {
            Some(tls) => tls.clone(),
            None => ClientTls::platform().map_err(|error| other(Box::new(error)))?,
        };
        let name =
            ServerName::try_from(self.endpoint.host().to_owned()).map_err(|error| other(Box::new(error)))?;
        let session = trust.session(tls::ALPN_HTTP).map_err(|error| other(Box::new(error)))?;
        let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(session.config.clone()));
        connector.connect(name, stream).await.map_err(|error| tls_error(&session, error))
    }

    async fn upgrade<S>(&self, stream: S, peer: Peer) -> Result<BoxConnection, DialError>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let url = format!("{}{}", self.endpoint, if self.endpoint.path() == "/" { "/" } else { "" });
        let socket = upgrade::request(&url, stream, self.frame_bytes_max).await.map_err(handshake_error)?;
        Ok(Box::new(WebSocketConnection::new(socket, Role::Client, self.frame_bytes_max, peer)))
    }
}

#[async_trait]
impl Dialer for WebSocketDialer {
    async fn dial(&self) -> Result<BoxConnection, DialError> {
        within(self.timeout, self.connect()).await
    }

    fn describe(&self) -> String {
        self.endpoint.to_string()
    }
}

#[cfg(feature = "tls")]
const EXPECTED: &str = "ws:// and wss://";
#[cfg(not(feature = "tls"))]
const EXPECTED: &str = "ws:// only; wss:// needs the feature `tls`";

async fn within<T>(
    limit: Duration,
    dial: impl Future<Output = Result<T, DialError>>,
) -> Result<T, DialError> {
    timeout(limit, dial).await.unwrap_or(Err(DialError::TimedOut { after: limit }))
}

#[cfg(feature = "tls")]
fn tls_error(session: &Session, error: io::Error) -> DialError {
    if let Some(problem) = session.problem() {
        return DialError::Certificate(problem);
    }
    match error.kind() {
        io::ErrorKind::InvalidData => DialError::Tls(Box::new(error)),
        _ => closed_or_io(error),
    }
}

fn handshake_error(error: Error) -> DialError {
    let (reason, status) = match error {
        Error::Io(error) => return closed_or_io(error),
        Error::Http(response) => ("no websocket at this path", Some(response.status().as_u16())),
        Error::Protocol(ProtocolError::HandshakeIncomplete) => ("it closed the connection", None),
        Error::Protocol(ProtocolError::HttparseError(_)) => ("its answer is not http", None),
        _ => ("its answer is not a websocket upgrade", None),
    };
    DialError::Handshake { reason, status }
}

/// A peer that hangs up in the handshake refuses us in its own way.
fn closed_or_io(error: io::Error) -> DialError {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => {
            DialError::Handshake { reason: "it closed the connection", status: None }
        }
        io::ErrorKind::InvalidData => DialError::Handshake { reason: "its answer is not http", status: None },
        _ => error.into(),
    }
}
