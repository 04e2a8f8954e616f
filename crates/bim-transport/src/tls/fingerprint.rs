//! The SHA-256 of a certificate, as people compare it.

use std::fmt;

use sha2::{Digest, Sha256};

use super::TlsConfigError;

/// SHA-256 of the DER form of one certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(super) fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// Reads 64 hexadecimal digits in either case, with or without colons between bytes.
    pub(super) fn parse(text: &str) -> Result<Self, TlsConfigError> {
        let mut digits = text.trim().chars().filter(|c| *c != ':');
        let mut bytes = [0; 32];
        for byte in &mut bytes {
            let (high, low) = (digits.next(), digits.next());
            let digit = |c: Option<char>| c.and_then(|c| c.to_digit(16)).and_then(|d| u8::try_from(d).ok());
            let (Some(high), Some(low)) = (digit(high), digit(low)) else {
                return Err(TlsConfigError::Fingerprint);
            };
            *byte = high << 4 | low;
        }
        if digits.next().is_some() { Err(TlsConfigError::Fingerprint) } else { Ok(Self(bytes)) }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_reads_back_with_and_without_colons() {
        let print = Fingerprint::of(b"anything");
        let plain = print.to_string();
        let spaced: Vec<String> =
            plain.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).to_uppercase()).collect();
        assert_eq!(Fingerprint::parse(&plain).unwrap(), print);
        assert_eq!(Fingerprint::parse(&spaced.join(":")).unwrap(), print);
    }

    #[test]
    fn anything_but_64_digits_is_refused() {
        for text in ["", "ab", &"g".repeat(64), &"a".repeat(63), &"a".repeat(65)] {
            assert!(Fingerprint::parse(text).is_err());
        }
    }
}
