//! TLS by rustls: which certificate a server shows, and which ones a client trusts.
//!
//! *What it is.* [`ServerTls`] is a certificate chain with its key; one serves WebSocket and QUIC. A
//! [`ClientTls`] is one of three kinds of trust: the platform's, exactly the certificates of a PEM file, or
//! exactly one certificate by its fingerprint. There is no switch that accepts any certificate.
//!
//! *What it never does.* It never uses a process-wide crypto provider: ring is named in every
//! configuration. It keeps no session for resumption on the client and allows no early data, which could
//! be replayed.
//!
//! The types of rustls stay inside this crate.

mod client;
#[cfg(feature = "dev-cert")]
mod dev_certificate;
mod fingerprint;
mod server;
mod trust;

use std::{io, path::PathBuf, sync::Arc};

use rustls::crypto::CryptoProvider;

pub use client::ClientTls;
#[cfg(feature = "dev-cert")]
pub use dev_certificate::DevCertificate;
pub use server::ServerTls;

#[cfg(feature = "websocket")]
pub(crate) use client::Session;

/// Application protocol that a WebSocket client and server agree on.
#[cfg(feature = "websocket")]
pub(crate) const ALPN_HTTP: &[u8] = b"http/1.1";

/// Application protocol of bim over QUIC.
#[cfg(feature = "quic")]
pub(crate) const ALPN_BIM: &[u8] = b"bim/1";

/// Why TLS material cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsConfigError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The text holds no certificate in PEM form.
    #[error("no certificate found; expected `-----BEGIN CERTIFICATE-----`")]
    NoCertificate,
    /// The text holds no private key in PEM form.
    #[error("no private key found; expected `-----BEGIN PRIVATE KEY-----`")]
    NoKey,
    /// The text is damaged.
    #[error("pem text is damaged")]
    Pem,
    /// A fingerprint is not 64 hexadecimal digits.
    #[error("fingerprint is not a sha-256 in hexadecimal; expected 64 digits, colons allowed")]
    Fingerprint,
    /// Certificate and key do not belong together, or are of a kind that is not supported.
    #[error("certificate or key cannot be used")]
    Unusable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The certificates of the platform cannot be used.
    #[error("platform certificates cannot be used")]
    Platform(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A certificate could not be made.
    #[error("certificate could not be made")]
    Generate(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn unusable(error: rustls::Error) -> TlsConfigError {
    TlsConfigError::Unusable(Box::new(error))
}

fn read(path: &std::path::Path) -> Result<Vec<u8>, TlsConfigError> {
    std::fs::read(path).map_err(|source| TlsConfigError::File { path: path.to_owned(), source })
}
