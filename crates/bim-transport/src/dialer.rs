//! Opening connections.

use std::{io, sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{BoxConnection, Scheme};

/// Opens connections to one place. TLS and dial policy belong to the dialer.
#[async_trait]
pub trait Dialer: Send + Sync + 'static {
    /// Opens one connection, handshakes included.
    ///
    /// # Errors
    /// See [`DialError`]. The dialer stays usable.
    ///
    /// # Cancel safety
    /// Cancel safe: a dropped call leaves no connection behind. The peer may have seen one come and go.
    async fn dial(&self) -> Result<BoxConnection, DialError>;

    /// Where this dialer goes, for logs; without secrets. For instance `ws://127.0.0.1:7300`.
    fn describe(&self) -> String;
}

#[async_trait]
impl<D: Dialer + ?Sized> Dialer for Box<D> {
    async fn dial(&self) -> Result<BoxConnection, DialError> {
        (**self).dial().await
    }

    fn describe(&self) -> String {
        (**self).describe()
    }
}

#[async_trait]
impl<D: Dialer + ?Sized> Dialer for Arc<D> {
    async fn dial(&self) -> Result<BoxConnection, DialError> {
        (**self).dial().await
    }

    fn describe(&self) -> String {
        (**self).describe()
    }
}

/// Why a dial failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DialError {
    /// The endpoint belongs to another transport, or to a feature that is not compiled in.
    #[error("endpoint is {found}, but this dialer opens {expected}")]
    WrongScheme {
        /// What the dialer can open.
        expected: &'static str,
        /// What the endpoint says.
        found: Scheme,
    },
    /// The host name could not be resolved.
    #[error("host `{host}` could not be resolved")]
    Resolve {
        /// The name as configured.
        host: String,
        /// What the resolver said.
        #[source]
        source: io::Error,
    },
    /// Nobody listens there, or the listener has no room.
    #[error("connection was refused")]
    Refused,
    /// The dial did not finish in time.
    #[error("no connection within {after:?}")]
    TimedOut {
        /// The time that was allowed.
        after: Duration,
    },
    /// The server's certificate is not one that this client trusts.
    #[error("server certificate is not trusted: {0}")]
    Certificate(CertificateProblem),
    /// TLS failed for a reason other than the certificate.
    #[error("tls handshake failed")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server answered, but not as a bim server does.
    #[error("server did not accept the handshake: {reason}")]
    Handshake {
        /// What was wrong with the answer.
        reason: &'static str,
        /// The HTTP status, if that was the answer.
        status: Option<u16>,
    },
    /// The network failed.
    #[error("network failed")]
    Io(#[source] io::Error),
    /// A transport written outside this crate failed in its own way.
    #[error("dial failed")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<io::Error> for DialError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            _ => Self::Io(error),
        }
    }
}

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// It is signed by nobody that this client trusts.
    #[error("its issuer is unknown")]
    UnknownIssuer,
    /// It was made for another host name or address.
    #[error("it is for another host")]
    WrongName,
    /// Its time is over.
    #[error("it has expired")]
    Expired,
    /// Its time has not come; the clock of one side may be wrong.
    #[error("it is not valid yet")]
    NotYetValid,
    /// It has another fingerprint than the one that was given.
    #[error("its fingerprint is another one")]
    FingerprintMismatch,
    /// It was revoked.
    #[error("it was revoked")]
    Revoked,
    /// Anything else: a bad signature, a wrong purpose, not a certificate.
    #[error("it is not usable")]
    Unusable,
}
