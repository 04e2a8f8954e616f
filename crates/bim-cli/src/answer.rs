//! Calls that end in time, also when the server is gone and the client goes on trying.

use std::fmt;
use std::time::Duration;

use bim::{Error, ErrorCode};

use crate::error::chain;

/// How long a command waits for one answer. Longer than a request may take, whose error says more.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// Why a call gave nothing.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// It failed.
    Failed(Error),
    /// Nothing came for so long.
    Silence(Duration),
}

impl NoAnswer {
    /// The code of the failure, if it has one.
    pub(crate) fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Failed(error) => Some(error.error_code()),
            Self::Silence(_) => None,
        }
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => f.write_str(&chain(error)),
            Self::Silence(waited) => write!(f, "no answer for {} s", waited.as_secs_f64()),
        }
    }
}

/// What a call gives, if it gives something in time.
pub(crate) async fn within<T>(
    patience: Duration,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, NoAnswer> {
    match tokio::time::timeout(patience, call).await {
        Ok(answer) => answer.map_err(NoAnswer::Failed),
        Err(_) => Err(NoAnswer::Silence(patience)),
    }
}
