//! Where a run takes place: a server's address, whom to trust there, and who may come.

use std::path::PathBuf;
use std::sync::Arc;

use bim_transport::quic::QuicDialer;
use bim_transport::tls::{ClientTls, TlsConfigError};
use bim_transport::websocket::WebSocketDialer;
use bim_transport::{Dialer, Endpoint, EndpointError, Scheme};

use crate::{BenchError, Ticket};

/// Whom to trust, for TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// What the system trusts.
    Platform,
    /// Exactly the certificate with this SHA-256, 64 hexadecimal digits.
    Fingerprint(String),
    /// Exactly the certificates of this file (PEM), and what they signed.
    File(PathBuf),
}

/// Why there is no way to a server.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The address can not be read.
    #[error("{0}")]
    Endpoint(#[from] EndpointError),
    /// It belongs to a transport that can not be dialed.
    #[error("{0} can not be dialed; write ws://host:port, wss://host:port or quic://host:port")]
    Scheme(Scheme),
    /// The certificate to trust can not be read.
    #[error("the certificate to trust can not be used")]
    Tls(#[from] TlsConfigError),
}

/// Connections of one QUIC dialer, which all share its UDP socket: with many of them its buffer would overflow, and the
/// loss of packets would be measured.
const CONNECTIONS_PER_QUIC_DIALER: usize = 4;

/// Where a run takes place.
#[derive(Clone)]
pub struct Place {
    /// Used in turn.
    dialers: Arc<[Arc<dyn Dialer>]>,
    tickets: Arc<[Ticket]>,
}

impl Place {
    /// A server's address, as `ws://host:port`, `wss://host:port` or `quic://host:port`, and who may come.
    ///
    /// # Errors
    ///
    /// The address can not be read, or the certificate.
    pub fn new(endpoint: &str, trust: &Trust, tickets: Vec<Ticket>) -> Result<Self, PlaceError> {
        let endpoint: Endpoint = endpoint.parse()?;
        let tls = || match trust {
            Trust::Platform => ClientTls::platform(),
            Trust::Fingerprint(digits) => ClientTls::trust_fingerprint(digits),
            Trust::File(path) => ClientTls::trust_file(path),
        };
        let one = |dialer: Arc<dyn Dialer>| vec![dialer];
        let dialers = match endpoint.scheme() {
            Scheme::Ws => one(Arc::new(WebSocketDialer::new(endpoint))),
            Scheme::Wss => one(Arc::new(WebSocketDialer::new(endpoint).tls(tls()?))),
            Scheme::Quic => {
                let tls = tls()?;
                let dialer = |_| Arc::new(QuicDialer::new(endpoint.clone(), tls.clone())) as Arc<dyn Dialer>;
                (0..tickets.len().div_ceil(CONNECTIONS_PER_QUIC_DIALER).max(1)).map(dialer).collect()
            }
            other => return Err(PlaceError::Scheme(other)),
        };
        Ok(Self { dialers: dialers.into(), tickets: tickets.into() })
    }

    /// Any dialer.
    #[must_use]
    pub fn of(dialer: Arc<dyn Dialer>, tickets: Vec<Ticket>) -> Self {
        Self { dialers: [dialer].into(), tickets: tickets.into() }
    }

    /// The dialer of somebody, by number.
    pub(crate) fn dialer(&self, number: usize) -> &Arc<dyn Dialer> {
        &self.dialers[number % self.dialers.len()]
    }

    /// The first so many who may come.
    pub(crate) fn tickets(&self, needed: usize) -> Result<&[Ticket], BenchError> {
        self.tickets.get(..needed).ok_or(BenchError::Tokens { needed, found: self.tickets.len() })
    }
}
