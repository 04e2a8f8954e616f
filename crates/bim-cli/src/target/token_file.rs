//! A token in a file: read again whenever a session needs a newer one.

use std::io;
use std::path::PathBuf;

use bim::{Token, TokenError, TokenProvider, TokenSource};

use super::JoinFile;
use crate::error::CliError;

/// Largest token file, in bytes; a token has at most 2 KiB.
const FILE_BYTES_MAX: u64 = 16 * 1024;

/// Where a token is.
#[derive(Debug)]
pub(super) struct TokenFile {
    path: PathBuf,
    is_join_file: bool,
}

impl TokenFile {
    /// A file with nothing but a token.
    pub(super) fn plain(path: PathBuf) -> Self {
        Self { path, is_join_file: false }
    }

    /// The token of a join file.
    pub(super) fn join(path: PathBuf) -> Self {
        Self { path, is_join_file: true }
    }

    /// Reads it once to see that it can be read, and again whenever it is asked for.
    pub(super) fn source(self) -> Result<TokenSource, CliError> {
        self.read().map_err(|error| {
            CliError::failed(format!("token file {} can not be read: {error}", self.path.display()))
        })?;
        Ok(TokenSource::provider(self))
    }

    fn read(&self) -> io::Result<Token> {
        if std::fs::metadata(&self.path)?.len() > FILE_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is too large for a token"));
        }
        let text = std::fs::read_to_string(&self.path)?;
        let token = if self.is_join_file {
            serde_json::from_str::<JoinFile>(&text)?.token
        } else {
            text.trim().to_owned()
        };
        if token.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is empty"));
        }
        Ok(Token::new(token))
    }
}

#[async_trait::async_trait]
impl TokenProvider for TokenFile {
    async fn token(&self) -> Result<Token, TokenError> {
        self.read().map_err(TokenError::new)
    }
}
