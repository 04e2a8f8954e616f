//! Secrets that do not leak through `Debug`, logs or errors, and are wiped on drop.
//!
//! Wiping is best effort: a move may leave a copy behind, so a secret is built once and passed by
//! reference or shared pointer.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A login token (a JSON Web Token, RFC 7519). Prints as `***`.
#[derive(Clone)]
pub struct Token(Arc<Zeroizing<String>>);

impl Token {
    /// Takes a token as the app's back end made it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(Zeroizing::new(text.into())))
    }

    /// The token itself, for the one place that sends or verifies it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Token {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Token {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.reveal() == other.reveal()
    }
}

impl Eq for Token {}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The key an app's back end signs tokens with (HS256, RFC 7518 section 3.2). Prints as `***`.
#[derive(Clone)]
pub struct AppSecret(Arc<Zeroizing<Vec<u8>>>);

impl AppSecret {
    /// Takes key bytes; at least 32 random ones are expected.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Zeroizing::new(bytes)))
    }

    /// The key itself, for the one place that signs or verifies.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for AppSecret {
    fn eq(&self, other: &Self) -> bool {
        self.reveal() == other.reveal()
    }
}

impl Eq for AppSecret {}

impl fmt::Debug for AppSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_print_as_stars() {
        let token = Token::from("canary");
        let secret = AppSecret::new(b"canary".to_vec());
        assert_eq!(format!("{token:?} {secret:?}"), "*** ***");
    }
}
