//! Why an operator was not answered.

use std::io;
use std::path::PathBuf;

use bim_types::Refusal;

use crate::start_error::StartError;

/// Why an operator's command was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// The engine refused.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopped,
    /// No server runs on this data directory.
    #[error("no server runs on data directory {}", data_dir.display())]
    NotRunning {
        /// The directory.
        data_dir: PathBuf,
    },
    /// A server has the directory, but does not answer.
    #[error("a server has data directory {} and does not answer", data_dir.display())]
    Unanswered {
        /// The directory.
        data_dir: PathBuf,
    },
    /// The way to the server failed.
    #[error("the server can not be asked")]
    Io(#[from] io::Error),
    /// There was no answer in time.
    #[error("no answer in time")]
    Timeout,
    /// What came back is not an answer.
    #[error("the server answered something else")]
    Protocol,
    /// The data directory could not be opened for the command.
    #[error(transparent)]
    Open(Box<StartError>),
    /// The operating system gave no random bytes.
    #[error("no random bytes")]
    Random,
}
