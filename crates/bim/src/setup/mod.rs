//! Setting a client up.

mod app;
mod builder;
#[cfg(feature = "redb")]
mod data_dir;
mod endpoints;
mod trust;

use std::path::PathBuf;

pub use app::IntoAppId;
pub use builder::ClientBuilder;
pub(crate) use builder::OpenedStore;
#[cfg(feature = "redb")]
pub(crate) use data_dir::DataDirLock;
pub use trust::ServerTrust;

/// Where the server is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Environment {
    /// A development server on this machine: `ws://127.0.0.1:7900`, then `quic://127.0.0.1:7901`.
    #[default]
    Development,
    /// These endpoints, as texts, tried in turn.
    Endpoints(Vec<String>),
}

/// What the quick start's [`Client::init`](crate::Client::init) takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdkConfig {
    /// Where the client keeps its state; `None` keeps it in memory, so that every start is a new device.
    pub data_dir: Option<PathBuf>,
    /// Where the server is.
    pub environment: Environment,
    /// Whether this client emits `tracing` events.
    pub log: bool,
}

impl Default for SdkConfig {
    fn default() -> Self {
        Self { data_dir: None, environment: Environment::default(), log: true }
    }
}
