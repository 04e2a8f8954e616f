//! Whom a client trusts.

use std::{
    fmt,
    path::Path,
    sync::{Arc, OnceLock},
};

use rustls::{
    ClientConfig, RootCertStore,
    client::{Resumption, WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::{
    TlsConfigError,
    fingerprint::Fingerprint,
    provider, read,
    trust::{Listed, Pinned, Witness},
    unusable,
};
use crate::CertificateProblem;

/// Whom a client trusts: one of three kinds, and never everybody. Cheap to clone.
#[derive(Clone)]
pub struct ClientTls {
    kind: &'static str,
    verifier: Arc<dyn ServerCertVerifier>,
    provider: Arc<CryptoProvider>,
}

/// The TLS side of one dial.
#[cfg_attr(
    not(any(feature = "websocket", feature = "quic")),
    expect(dead_code, reason = "only transports open sessions")
)]
pub(crate) struct Session {
    pub(crate) config: ClientConfig,
    problem: Arc<OnceLock<CertificateProblem>>,
}

impl ClientTls {
    /// Trusts what the operating system trusts; name, time and issuer are checked by its rules.
    ///
    /// # Errors
    /// The platform's certificates cannot be loaded, for instance because there are none.
    pub fn platform() -> Result<Self, TlsConfigError> {
        let provider = provider();
        let verifier = rustls_platform_verifier::Verifier::new(Arc::clone(&provider))
            .map_err(|error| TlsConfigError::Platform(Box::new(error)))?;
        Ok(Self { kind: "platform", verifier: Arc::new(verifier), provider })
    }

    /// Trusts exactly the certificates in this PEM text and what they signed; name and time are checked.
    ///
    /// A certificate may be an issuer or, self-signed, the server's own.
    ///
    /// # Errors
    /// The text holds no certificate, or one that is damaged.
    pub fn trust_pem(pem: &[u8]) -> Result<Self, TlsConfigError> {
        let listed: Vec<_> =
            CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| TlsConfigError::Pem)?;
        let mut roots = RootCertStore::empty();
        for certificate in &listed {
            roots.add(certificate.clone()).map_err(unusable)?;
        }
        if listed.is_empty() {
            return Err(TlsConfigError::NoCertificate);
        }
        let provider = provider();
        let roots = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|error| TlsConfigError::Unusable(Box::new(error)))?;
        Ok(Self { kind: "listed", verifier: Arc::new(Listed { roots, listed }), provider })
    }

    /// As [`trust_pem`](Self::trust_pem), from a file.
    ///
    /// # Errors
    /// The file cannot be read, or as for [`trust_pem`](Self::trust_pem).
    pub fn trust_file(path: impl AsRef<Path>) -> Result<Self, TlsConfigError> {
        Self::trust_pem(&read(path.as_ref())?)
    }

    /// Trusts exactly the server certificate with this SHA-256: 64 hexadecimal digits, colons allowed.
    ///
    /// The fingerprint is the identity, so the certificate's name, time and issuer are not looked at. That
    /// the server holds its key is verified as always.
    ///
    /// # Errors
    /// The text is not a fingerprint.
    pub fn trust_fingerprint(sha256: &str) -> Result<Self, TlsConfigError> {
        let provider = provider();
        let verifier = Pinned { fingerprint: Fingerprint::parse(sha256)?, provider: Arc::clone(&provider) };
        Ok(Self { kind: "fingerprint", verifier: Arc::new(verifier), provider })
    }

    /// Makes the configuration of one dial.
    #[cfg_attr(
        not(any(feature = "websocket", feature = "quic")),
        expect(dead_code, reason = "only transports open sessions")
    )]
    pub(crate) fn session(&self, alpn: &[u8]) -> Result<Session, rustls::Error> {
        let problem = Arc::new(OnceLock::new());
        let witness = Witness { inner: Arc::clone(&self.verifier), problem: Arc::clone(&problem) };
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(witness))
            .with_no_client_auth();
        config.alpn_protocols = vec![alpn.to_vec()];
        config.resumption = Resumption::disabled();
        Ok(Session { config, problem })
    }
}

#[cfg_attr(
    not(any(feature = "websocket", feature = "quic")),
    expect(dead_code, reason = "only transports open sessions")
)]
impl Session {
    /// Why the server's certificate was refused, if it was.
    pub(crate) fn problem(&self) -> Option<CertificateProblem> {
        self.problem.get().copied()
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls").field("trust", &self.kind).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_certificates_is_refused() {
        assert!(matches!(ClientTls::trust_pem(b"hello"), Err(TlsConfigError::NoCertificate)));
    }

    #[test]
    fn a_missing_file_is_named() {
        let text = ClientTls::trust_file("/nowhere/cert.pem").unwrap_err().to_string();
        assert_eq!(text, "cannot read /nowhere/cert.pem");
    }
}
