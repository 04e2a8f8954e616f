//! Whom a client trusts to be the server.

use std::path::{Path, PathBuf};

/// Whom a client trusts to be the server, on `wss://` and `quic://`. There is no way to trust anyone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ServerTrust {
    /// Whom the operating system trusts.
    #[default]
    Platform,
    /// The certificates in this PEM file and what they signed; name and time are checked.
    Certificate(PathBuf),
    /// The one server certificate with this SHA-256: 64 hexadecimal digits, colons allowed.
    Fingerprint(String),
}

/// A text of 64 hexadecimal digits, colons aside, is a fingerprint; any other is the path of a PEM file.
impl From<&str> for ServerTrust {
    fn from(text: &str) -> Self {
        let digits = text.chars().filter(|c| *c != ':');
        if digits.clone().count() == 64 && digits.clone().all(|c| c.is_ascii_hexdigit()) {
            Self::Fingerprint(text.to_owned())
        } else {
            Self::Certificate(text.into())
        }
    }
}

impl From<String> for ServerTrust {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<PathBuf> for ServerTrust {
    fn from(path: PathBuf) -> Self {
        Self::Certificate(path)
    }
}

impl From<&Path> for ServerTrust {
    fn from(path: &Path) -> Self {
        Self::Certificate(path.to_owned())
    }
}

#[cfg(any(feature = "quic", all(feature = "websocket", feature = "tls")))]
mod tls {
    use bim_transport::tls::ClientTls;
    use bim_types::ErrorCode;

    use super::ServerTrust;
    use crate::error::Error;

    impl ServerTrust {
        /// Reads what is needed to verify a server. Blocks.
        pub(crate) fn load(&self) -> Result<ClientTls, Error> {
            let loaded = match self {
                Self::Platform => ClientTls::platform(),
                Self::Certificate(path) => ClientTls::trust_file(path),
                Self::Fingerprint(digits) => ClientTls::trust_fingerprint(digits),
            };
            loaded.map_err(|error| {
                let hint = format!("server trust: {error}");
                Error::with_source(ErrorCode::ParameterError, hint, error)
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_and_a_path_are_told_apart() {
        let digits = "ab".repeat(32);
        assert_eq!(ServerTrust::from(digits.as_str()), ServerTrust::Fingerprint(digits));
        let colons = ["0F"; 32].join(":");
        assert_eq!(ServerTrust::from(colons.as_str()), ServerTrust::Fingerprint(colons));
        assert_eq!(ServerTrust::from("dev.pem"), ServerTrust::Certificate("dev.pem".into()));
    }
}
