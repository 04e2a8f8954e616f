//! The one answer to a request that is not done.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::error_code::ErrorCode;

/// Why a request was refused, and what would help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code of the table.
    pub code: ErrorCode,
    /// When to try again, if time is what is missing.
    pub retry_after: Option<Duration>,
    /// The limit that was passed, in the unit the hint names.
    pub limit: Option<u64>,
    /// A short phrase beside the code's own: what was wrong, what would be right. Never holds user data.
    pub hint: Cow<'static, str>,
}

impl Refusal {
    /// A refusal with nothing to add to its code.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        Self { code, retry_after: None, limit: None, hint: Cow::Borrowed("") }
    }

    /// Adds a phrase.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Adds the limit that was passed; the hint names its unit.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Adds when to try again.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if !self.hint.is_empty() {
            write!(f, ": {}", self.hint)?;
        }
        if let Some(limit) = self.limit {
            write!(f, " (limit {limit})")?;
        }
        if let Some(after) = self.retry_after {
            write!(f, " (retry in {} ms)", after.as_millis())?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}
