//! What flags set: the last layer.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::{LogFormat, LogLevel, ServerConfig};

/// Settings that flags may give; `None` leaves what the other layers say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerOverrides {
    /// See [`ServerConfig::data_dir`].
    pub data_dir: Option<PathBuf>,
    /// Where to listen for `ws://`; `Some(None)` switches it off.
    pub websocket: Option<Option<SocketAddr>>,
    /// Where to listen for `quic://`; `Some(None)` switches it off.
    pub quic: Option<Option<SocketAddr>>,
    /// Where to listen for `wss://`; `Some(None)` switches it off.
    pub secure_websocket: Option<Option<SocketAddr>>,
    /// See [`TlsFiles::certificate`](super::TlsFiles::certificate).
    pub certificate: Option<PathBuf>,
    /// See [`TlsFiles::key`](super::TlsFiles::key).
    pub key: Option<PathBuf>,
    /// See [`ServerConfig::workers`].
    pub workers: Option<usize>,
    /// See [`RecordConfig::file`](super::RecordConfig::file).
    pub record: Option<PathBuf>,
    /// See [`RecordConfig::bodies`](super::RecordConfig::bodies).
    pub record_bodies: Option<bool>,
    /// See [`LogConfig::format`](super::LogConfig::format).
    pub log_format: Option<LogFormat>,
    /// See [`LogConfig::level`](super::LogConfig::level).
    pub log_level: Option<LogLevel>,
    /// Any settings by their names in the file, such as `limits.sender_burst`. They go before the
    /// environment and behind the fields above.
    pub settings: Vec<(String, String)>,
}

impl ServerOverrides {
    pub(super) fn apply(&self, config: &mut ServerConfig) {
        set(&mut config.data_dir, &self.data_dir);
        set(&mut config.listen.websocket, &self.websocket);
        set(&mut config.listen.quic, &self.quic);
        set(&mut config.listen.secure_websocket, &self.secure_websocket);
        if self.certificate.is_some() {
            config.tls.certificate.clone_from(&self.certificate);
        }
        if self.key.is_some() {
            config.tls.key.clone_from(&self.key);
        }
        set(&mut config.workers, &self.workers);
        if self.record.is_some() {
            config.record.file.clone_from(&self.record);
        }
        set(&mut config.record.bodies, &self.record_bodies);
        set(&mut config.log.format, &self.log_format);
        set(&mut config.log.level, &self.log_level);
    }
}

fn set<T: Clone>(present: &mut T, flag: &Option<T>) {
    if let Some(value) = flag {
        present.clone_from(value);
    }
}
