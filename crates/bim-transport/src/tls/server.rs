//! What a server shows to prove who it is.

use std::{fmt, path::Path, sync::Arc};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use super::{TlsConfigError, fingerprint::Fingerprint, provider, read, unusable};

/// Sets what is derived from a private key here apart from whatever else is.
#[cfg(feature = "quic")]
const SECRET_SALT: &[u8] = b"bim transport secret, version 1";

/// A certificate chain with its private key. One serves WebSocket and QUIC. Cheap to clone.
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    #[cfg(feature = "quic")]
    secret: ring::hkdf::Prk,
    fingerprint: Fingerprint,
}

impl ServerTls {
    /// Reads a certificate chain (the server's own certificate first) and its key from PEM text.
    ///
    /// # Errors
    /// One of them is missing or damaged, or they do not belong together.
    pub fn from_pem(cert_pem: &[u8], key_pem: &[u8]) -> Result<Self, TlsConfigError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(cert_pem)
            .collect::<Result<_, _>>()
            .map_err(|_| TlsConfigError::Pem)?;
        let leaf = chain.first().ok_or(TlsConfigError::NoCertificate)?;
        let fingerprint = Fingerprint::of(leaf);
        let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(|_| TlsConfigError::NoKey)?;
        #[cfg(feature = "quic")]
        let secret = ring::hkdf::Salt::new(ring::hkdf::HKDF_SHA256, SECRET_SALT).extract(key.secret_der());
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(unusable)?;
        Ok(Self {
            config: Arc::new(config),
            #[cfg(feature = "quic")]
            secret,
            fingerprint,
        })
    }

    /// As [`from_pem`](Self::from_pem), from two files.
    ///
    /// # Errors
    /// A file cannot be read, or as for [`from_pem`](Self::from_pem).
    pub fn from_files(cert: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self, TlsConfigError> {
        Self::from_pem(&read(cert.as_ref())?, &read(key.as_ref())?)
    }

    /// SHA-256 of the server's own certificate, in lower-case hexadecimal, for
    /// [`ClientTls::trust_fingerprint`](super::ClientTls::trust_fingerprint).
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.fingerprint.to_string()
    }

    /// A secret that comes from the private key, to derive others from. It is the same after a restart, and
    /// says nothing about the key.
    #[cfg(feature = "quic")]
    pub(crate) fn secret(&self) -> &ring::hkdf::Prk {
        &self.secret
    }

    /// The configuration for one application protocol.
    #[cfg_attr(
        not(any(feature = "websocket", feature = "quic")),
        expect(dead_code, reason = "only transports open sessions")
    )]
    pub(crate) fn config(&self, alpn: &[u8]) -> ServerConfig {
        let mut config = (*self.config).clone();
        config.alpn_protocols = vec![alpn.to_vec()];
        config
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}
