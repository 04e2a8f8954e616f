//! Whom a connection with TLS trusts: exactly the certificate that the server says is its own.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use sha2::{Digest, Sha256};

use crate::RivalError;

/// How to connect to the server whose certificate has this SHA-256, in hexadecimal digits.
pub(super) fn config(fingerprint: &str) -> Result<Arc<ClientConfig>, RivalError> {
    let provider = Arc::new(ring::default_provider());
    let digits = fingerprint.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase();
    let pinned = Arc::new(Pinned { digits, provider: Arc::clone(&provider) });
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let versions = versions.map_err(|error| RivalError::Answer(format!("no TLS: {error}")))?;
    let mut config = versions.dangerous().with_custom_certificate_verifier(pinned).with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

#[derive(Debug)]
struct Pinned {
    digits: String,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let digits: String = Sha256::digest(end_entity).iter().map(|byte| format!("{byte:02x}")).collect();
        if digits == self.digits {
            return Ok(ServerCertVerified::assertion());
        }
        Err(Error::General("another certificate than the server's own".into()))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
