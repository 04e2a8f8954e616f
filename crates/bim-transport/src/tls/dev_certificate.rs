//! A self-signed certificate for a development server.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
};

use super::{ServerTls, TlsConfigError, fingerprint::Fingerprint};

/// Names that every development certificate covers.
const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// How far a new certificate reaches into the past, for clocks that are a little behind.
const BACKDATED: Duration = Duration::from_secs(60 * 60);

/// A self-signed certificate with its key, for development. A client trusts exactly this one, by
/// [`ClientTls::trust_pem`](super::ClientTls::trust_pem) or
/// [`ClientTls::trust_fingerprint`](super::ClientTls::trust_fingerprint).
#[derive(Clone)]
pub struct DevCertificate {
    /// The certificate as PEM text; may be given away.
    pub cert_pem: String,
    /// The private key as PEM text; secret.
    pub key_pem: String,
    /// SHA-256 of the certificate in lower-case hexadecimal.
    pub fingerprint: String,
}

impl DevCertificate {
    /// Makes one for `localhost`, `127.0.0.1`, `::1` and the given names or addresses, valid from an hour
    /// ago for the given time from now.
    ///
    /// # Errors
    /// A name is not a DNS name or address.
    pub fn generate(names: &[&str], validity: Duration) -> Result<Self, TlsConfigError> {
        let mut all: Vec<String> = LOCAL_NAMES.iter().map(ToString::to_string).collect();
        for name in names {
            if !all.iter().any(|known| known == name) {
                all.push((*name).to_owned());
            }
        }
        let mut params = CertificateParams::new(all).map_err(failed)?;
        let now = SystemTime::now();
        params.not_before = (now - BACKDATED).into();
        params.not_after = (now + validity).into();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "bim development server");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.self_signed(&key).map_err(failed)?;
        Ok(Self {
            cert_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            fingerprint: Fingerprint::of(certificate.der()).to_string(),
        })
    }

    /// The server side of it.
    ///
    /// # Errors
    /// The fields were changed and no longer fit.
    pub fn server(&self) -> Result<ServerTls, TlsConfigError> {
        ServerTls::from_pem(self.cert_pem.as_bytes(), self.key_pem.as_bytes())
    }
}

impl fmt::Debug for DevCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevCertificate").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

fn failed(error: rcgen::Error) -> TlsConfigError {
    TlsConfigError::Generate(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_certificate_serves_and_shows_its_fingerprint() {
        let made = DevCertificate::generate(&["chat.test"], Duration::from_secs(60)).unwrap();
        assert_eq!(made.server().unwrap().fingerprint(), made.fingerprint);
        assert!(!format!("{made:?}").contains("PRIVATE"));
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let one = DevCertificate::generate(&[], Duration::from_secs(60)).unwrap();
        let other = DevCertificate::generate(&[], Duration::from_secs(60)).unwrap();
        let mixed = ServerTls::from_pem(one.cert_pem.as_bytes(), other.key_pem.as_bytes());
        assert!(matches!(mixed, Err(TlsConfigError::Unusable(_))));
        let missing = ServerTls::from_pem(one.cert_pem.as_bytes(), b"");
        assert!(matches!(missing, Err(TlsConfigError::NoKey)));
    }
}
