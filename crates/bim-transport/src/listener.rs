//! Taking connections in.

use std::{io, net::SocketAddr};

use async_trait::async_trait;

use crate::{BoxConnection, Endpoint};

/// Takes in connections at one place.
///
/// Whatever a single peer does (fails its handshake, sends rubbish, never finishes) costs only that peer;
/// `accept` goes on waiting for the next good one.
#[async_trait]
pub trait Listener: Send + 'static {
    /// Waits for the next established connection.
    ///
    /// # Errors
    /// Only when this listener will never accept again.
    ///
    /// # Cancel safety
    /// Cancel safe: a dropped call has taken no connection.
    async fn accept(&mut self) -> Result<BoxConnection, AcceptError>;

    /// Where this listener listens, with the port that was really taken.
    fn local(&self) -> Endpoint;

    /// Stops accepting and frees the address. Connections that were accepted live on; established ones
    /// that nobody accepted are cut.
    async fn close(&mut self);
}

#[async_trait]
impl<L: Listener + ?Sized> Listener for Box<L> {
    async fn accept(&mut self) -> Result<BoxConnection, AcceptError> {
        (**self).accept().await
    }

    fn local(&self) -> Endpoint {
        (**self).local()
    }

    async fn close(&mut self) {
        (**self).close().await;
    }
}

/// Why a listener accepts no more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// The listener was closed.
    #[error("listener is closed")]
    Closed,
    /// The listener broke down and cannot recover.
    #[error("listener broke down")]
    Dead(#[source] io::Error),
}

/// Why a listener could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// The address is taken, not ours, or not permitted.
    #[error("cannot listen on {address}")]
    Address {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The TLS material cannot be used for this transport.
    #[error("tls cannot be used here")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
}
