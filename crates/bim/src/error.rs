//! The one error of the facade.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use bim_types::{ErrorCode, ErrorKind, Refusal};

/// Why a call did not do what it was asked.
///
/// Switch on [`kind`](Self::kind), report [`code`](Self::code), and try again when
/// [`is_retryable`](Self::is_retryable) says so. The text is for people and no promise.
pub struct Error(Box<Inner>);

struct Inner {
    refusal: Refusal,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn with_source(
        code: ErrorCode,
        hint: impl Into<Cow<'static, str>>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        let refusal = Refusal::new(code).hint(hint);
        Self(Box::new(Inner { refusal, source: Some(source.into()) }))
    }

    pub(crate) fn hint(code: ErrorCode, hint: impl Into<Cow<'static, str>>) -> Self {
        Refusal::new(code).hint(hint).into()
    }

    /// An argument is not valid; the source says why.
    pub(crate) fn argument(hint: &'static str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::with_source(ErrorCode::ParameterError, hint, source)
    }

    /// What kind of trouble it is: what an app switches on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.refusal.code.kind()
    }

    /// The stable number of the table of error codes.
    #[must_use]
    pub fn code(&self) -> i32 {
        self.0.refusal.code.number()
    }

    /// The code of the table.
    #[must_use]
    pub fn error_code(&self) -> ErrorCode {
        self.0.refusal.code
    }

    /// Whether the same call may succeed later without a change. For a send: with the same
    /// [`OutgoingMessage`](crate::OutgoingMessage), which can not double it.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.refusal.code.is_retryable()
    }

    /// When to try again, if the server said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.refusal.retry_after
    }

    /// The limit that was passed, in the unit that the text names.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        self.0.refusal.limit
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.refusal.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("refusal", &self.0.refusal).field("source", &self.0.source).finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self(Box::new(Inner { refusal, source: None }))
    }
}

impl From<ErrorCode> for Error {
    fn from(code: ErrorCode) -> Self {
        Refusal::new(code).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_small_and_shows_code_hint_and_limit() {
        assert!(size_of::<Error>() < 64);
        let error: Error =
            Refusal::new(ErrorCode::MessageTooLarge).hint("body has 65537 bytes").limit(65_536).into();
        assert_eq!(error.to_string(), "message too large (code 21): body has 65537 bytes (limit 65536)");
        assert_eq!((error.code(), error.kind(), error.limit()), (21, ErrorKind::Argument, Some(65_536)));
        assert!(!error.is_retryable());
    }

    #[test]
    fn a_source_is_kept() {
        let source = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let error = Error::with_source(ErrorCode::DataDirUnwritable, "", source);
        assert!(error.source().is_some());
        assert_eq!(error.kind(), ErrorKind::Storage);
    }
}
