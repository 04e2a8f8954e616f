//! Where login tokens come from.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bim_core::Credential;
use bim_types::Token;

/// Gives login tokens, as often as it is asked: at login, a minute before one expires, and when the server
/// does not accept one any more. Usually it asks the app's back end.
#[async_trait]
pub trait TokenProvider: Send + Sync + 'static {
    /// A token for the user of the client. May take up to 30 seconds; it is dropped then.
    ///
    /// # Errors
    ///
    /// There is none now. A first login fails; a running session asks again later.
    async fn token(&self) -> Result<Token, TokenError>;
}

/// A token provider had no token. What it says is logged, so it must hold no secret.
#[derive(Debug, thiserror::Error)]
#[error("no token")]
pub struct TokenError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl TokenError {
    /// Says why there is no token.
    #[must_use]
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

/// Where the token of a login comes from. Texts and [`Token`]s convert into a fixed one.
#[derive(Clone)]
pub struct TokenSource(pub(crate) Source);

#[derive(Clone)]
pub(crate) enum Source {
    Fixed(Token),
    Provider(Arc<dyn TokenProvider>),
}

impl TokenSource {
    /// This token and no other. When it expires the session ends.
    #[must_use]
    pub fn fixed(token: impl Into<Token>) -> Self {
        Self(Source::Fixed(token.into()))
    }

    /// Someone to ask, as often as needed. The session outlives each token.
    #[must_use]
    pub fn provider(provider: impl TokenProvider) -> Self {
        Self(Source::Provider(Arc::new(provider)))
    }
}

impl Source {
    pub(crate) fn credential(&self) -> Credential {
        match self {
            Self::Fixed(token) => Credential::Fixed(token.clone()),
            Self::Provider(_) => Credential::Provider,
        }
    }
}

impl<T: Into<Token>> From<T> for TokenSource {
    fn from(token: T) -> Self {
        Self::fixed(token)
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::Fixed(_) => "TokenSource::Fixed(***)",
            Source::Provider(_) => "TokenSource::Provider",
        })
    }
}
