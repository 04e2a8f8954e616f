//! What a server is told: defaults, then a TOML file, then the environment, then flags.
//!
//! *What it is.* One table of keys says for each setting its name in the file, what it means, how
//! to read it and how to show it. The file, the environment and [`ServerConfig::sample`] all go by it, so a
//! new setting is one line.
//!
//! *Names.* `limits.ping_interval` in the file is `BIM_LIMITS_PING_INTERVAL` in the environment. A key that
//! does not exist is an error that names the nearest one that does.

#[cfg(test)]
mod config_test;
mod error;
mod file;
mod keys;
mod nearest;
mod overrides;
mod setting;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use bim_server_core::EngineConfig;
use bim_server_core::queue::QueueLimits;

pub use error::{ConfigError, ConfigSource};
pub use overrides::ServerOverrides;
pub use setting::{LogFormat, LogLevel};

use crate::census::ConnectionLimits;
use keys::{ENVIRONMENT_PREFIX, KEYS};
use setting::Raw;

/// Everything a server is told before it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// Where the database, the development certificate and `admin.json` are (`bim-data`). Made when missing.
    pub data_dir: PathBuf,
    /// Where to listen.
    pub listen: ListenConfig,
    /// With what certificate.
    pub tls: TlsFiles,
    /// Addresses of proxies: their connections are not counted by address. By default the loopback ones.
    pub trusted_proxies: Vec<IpAddr>,
    /// Fan-out shards; 0 (the default) for one per core. With 1 there is no task for them.
    pub workers: usize,
    /// What bounds what.
    pub limits: Limits,
    /// For the host's log.
    pub log: LogConfig,
}

/// Where a server listens; `None` for not at all. Port 0 takes a free one. What a build does not have is off
/// by default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenConfig {
    /// `ws://` (127.0.0.1:7900).
    pub websocket: Option<SocketAddr>,
    /// `quic://` (127.0.0.1:7901).
    pub quic: Option<SocketAddr>,
    /// `wss://` (off).
    pub secure_websocket: Option<SocketAddr>,
}

/// PEM files. Without them a development certificate is made once and kept in the data directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain, the server's own first.
    pub certificate: Option<PathBuf>,
    /// Its private key.
    pub key: Option<PathBuf>,
}

/// What bounds what. See [`bim_types::limits`] for the reasons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// What the engine decides by.
    pub engine: EngineConfig,
    /// The outbound queue of one connection.
    pub queue: QueueLimits,
    /// How many connections.
    pub connections: ConnectionLimits,
}

/// How the host writes its log; the library only emits events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogConfig {
    /// For people or for machines.
    pub format: LogFormat,
    /// From which level on.
    pub level: LogLevel,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("bim-data"),
            listen: ListenConfig::default(),
            tls: TlsFiles::default(),
            trusted_proxies: vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)],
            workers: 0,
            limits: Limits::default(),
            log: LogConfig::default(),
        }
    }
}

impl Default for ListenConfig {
    fn default() -> Self {
        let local = |port| Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
        Self {
            websocket: local(7900).filter(|_| cfg!(feature = "websocket")),
            quic: local(7901).filter(|_| cfg!(feature = "quic")),
            secure_websocket: None,
        }
    }
}

impl ServerConfig {
    /// Reads the layers: defaults, the file if one is given, those of the variables that begin with `BIM_`
    /// and belong to the server, flags.
    ///
    /// # Errors
    ///
    /// A layer cannot be read, has a key that does not exist, or a value that is not one. The error names
    /// the layer, the key and what would be right.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        overrides: &ServerOverrides,
    ) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).map_err(|error| ConfigError::unreadable(path, error))?;
            config.read_toml(&text, &ConfigSource::File(path.to_owned()))?;
        }
        config.read_environment(environment)?;
        for (name, value) in &overrides.settings {
            config.set(name, &Raw::Text(value.clone()), &ConfigSource::Flag)?;
        }
        overrides.apply(&mut config);
        config.check()?;
        Ok(config)
    }

    /// A documented file with every setting at its default.
    #[must_use]
    pub fn sample() -> String {
        file::sample(&Self::default())
    }

    /// How many shards to start.
    pub(crate) fn shards(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        }
    }

    fn read_toml(&mut self, text: &str, source: &ConfigSource) -> Result<(), ConfigError> {
        for (name, value) in file::entries(text, source)? {
            self.set(&name, &Raw::Toml(value), source)?;
        }
        Ok(())
    }

    fn read_environment(
        &mut self,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), ConfigError> {
        for (variable, value) in environment {
            let Some(name) = keys::name_of_variable(&variable) else { continue };
            let source = ConfigSource::Environment(variable);
            self.set(&name, &Raw::Text(value), &source)?;
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &Raw, source: &ConfigSource) -> Result<(), ConfigError> {
        let Some(key) = KEYS.iter().find(|key| key.name == name) else {
            let known = KEYS.iter().map(|key| key.name);
            return Err(ConfigError::unknown(source, name, nearest::nearest(name, known)));
        };
        (key.set)(self, value).map_err(|expected| ConfigError::value(source, name, expected))
    }

    /// What no single value shows: that settings fit together.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let Limits { engine, queue, connections } = &self.limits;
        let rules = [
            (!self.data_dir.as_os_str().is_empty(), "data_dir", "the path of a directory"),
            (
                self.tls.certificate.is_some() == self.tls.key.is_some(),
                "tls.key",
                "certificate and key together",
            ),
            (
                queue.frames > queue.reserved_frames,
                "limits.queue_frames",
                "more than limits.queue_reserved_frames",
            ),
            (
                queue.bytes > queue.reserved_bytes,
                "limits.queue_bytes",
                "more than limits.queue_reserved_bytes",
            ),
            (
                engine.liveness_timeout > engine.ping_interval && !engine.ping_interval.is_zero(),
                "limits.liveness_timeout",
                "more than limits.ping_interval, which is more than zero",
            ),
            (!engine.authentication_deadline.is_zero(), "limits.authentication_deadline", "more than zero"),
            (engine.in_flight_requests > 0, "limits.in_flight_requests", "at least 1"),
            (
                (1..crate::store::WRITES_IN_FLIGHT_MAX).contains(&engine.writes_in_flight),
                "limits.writes_in_flight",
                "1 to 32767",
            ),
            (connections.strangers >= 2, "limits.strangers", "at least 2"),
            (connections.strangers_per_address >= 2, "limits.strangers_per_address", "at least 2"),
            (self.workers <= crate::fanout::SHARDS_MAX, "workers", "at most 64"),
        ];
        match rules.into_iter().find(|(holds, ..)| !holds) {
            Some((_, key, right)) => Err(ConfigError::Conflict { key, right }),
            None => Ok(()),
        }
    }
}

/// The variables of this process that begin with `BIM_`, for [`ServerConfig::load`]. Those that are not UTF-8
/// are passed over.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with(ENVIRONMENT_PREFIX))
}

/// The variable of a key, for help texts.
#[must_use]
pub fn variable_of(key: &str) -> String {
    format!("{ENVIRONMENT_PREFIX}{}", key.replace('.', "_").to_uppercase())
}
