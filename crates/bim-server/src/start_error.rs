//! Why a server did not start.

use std::io;
use std::path::PathBuf;

use crate::config::ConfigError;
use crate::moderation::WordListError;

/// Why a server did not start, in words for whoever started it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The settings cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data directory cannot be made or written.
    #[error("data directory {} can not be written", data_dir.display())]
    DataDirUnwritable {
        /// The directory.
        data_dir: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Another process has the data directory.
    #[error("data directory {} is in use by another process", data_dir.display())]
    DataDirInUse {
        /// The directory.
        data_dir: PathBuf,
    },
    /// The database cannot be used.
    #[error("database {} can not be used", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Somebody else listens there.
    #[error("{listener} is taken by another process; choose another address with `{key}`")]
    AddressTaken {
        /// What was to listen where, for instance `ws://127.0.0.1:7900`.
        listener: String,
        /// The setting.
        key: &'static str,
    },
    /// An address is not ours, or not permitted.
    #[error("can not listen on {listener}")]
    Listen {
        /// What was to listen where, for instance `ws://127.0.0.1:7900`.
        listener: String,
        /// What the operating system said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The certificate or its key cannot be used.
    #[error("certificate {} can not be used", certificate.display())]
    Certificate {
        /// The certificate's file.
        certificate: PathBuf,
        /// What is wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A listener was asked for that this build does not have.
    #[error("`{key}` is set, but this build has no {transport}")]
    NotBuilt {
        /// The setting.
        key: &'static str,
        /// What is missing.
        transport: &'static str,
    },
    /// A `wss://` listener needs a certificate, and this build cannot make one.
    #[error("`listen.secure_websocket` needs `tls.certificate` and `tls.key`")]
    NoCertificate,
    /// The word list of the settings cannot be used.
    #[error("`moderation.words` can not be used")]
    WordList(#[from] WordListError),
    /// The recording cannot be made.
    #[error("recording {} can not be made; it has to be a new file", path.display())]
    Recording {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The engine could not read what it needs from the log.
    #[error("the log could not be read")]
    LogUnreadable,
    /// Operators could not be given a way in.
    #[error("operators could not be given a way in")]
    Admin(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The operating system gave no thread or no random bytes.
    #[error("the operating system refused")]
    System(#[source] io::Error),
}
