//! What a server is told: defaults, then a TOML file, then the environment, then flags.
//!
//! *What it is.* One table of keys says for each setting its name in the file, what it means, how
//! to read it and how to show it. The file, the environment and [`ServerConfig::sample`] all go by it, so a
//! new setting is one line.
//!
//! *Presets.* `limits.preset` is looked for in all layers first and decides what the budgets are by default, so a
//! budget that is set by itself wins over it, wherever it stands.
//!
//! *Names.* `limits.ping_interval` in the file is `BIM_LIMITS_PING_INTERVAL` in the environment. A key that
//! does not exist is an error that names the nearest one that does.

mod check;
#[cfg(test)]
mod config_test;
mod error;
mod fallback;
mod file;
mod keys;
mod nearest;
mod overrides;
mod preset;
mod setting;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use bim_server_core::EngineConfig;
use bim_server_core::queue::QueueLimits;

pub use error::{ConfigError, ConfigSource};
pub use overrides::ServerOverrides;
pub use preset::BudgetPreset;
pub use setting::{LogFormat, LogLevel};

use crate::census::ConnectionLimits;
use crate::moderation::WordAction;
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
    /// Fan-out shards; 0 (the default) for one per core.
    pub workers: usize,
    /// What bounds what.
    pub limits: Limits,
    /// What is not to be said in live groups.
    pub moderation: ModerationConfig,
    /// What is recorded for a bug report.
    pub record: RecordConfig,
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
    /// Where the budgets of `engine` come from. [`ServerConfig::load`] has applied it; who makes the settings
    /// by hand calls [`BudgetPreset::apply`].
    pub preset: BudgetPreset,
    /// What the engine decides by.
    pub engine: EngineConfig,
    /// The outbound queue of one connection.
    pub queue: QueueLimits,
    /// How many connections.
    pub connections: ConnectionLimits,
}

/// What a server that is opened with these settings moderates by itself; see [`WordList`](crate::moderation::WordList).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModerationConfig {
    /// A file with one word or phrase a line, read at the start. Without one nothing is moderated.
    pub words: Option<PathBuf>,
    /// What becomes of a message that holds one of them.
    pub action: WordAction,
}

/// What is recorded of a server; see [`recording`](crate::recording).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordConfig {
    /// The file, which must not exist yet. Without one nothing is recorded.
    pub file: Option<PathBuf>,
    /// Whether message bodies are recorded as they are.
    pub bodies: bool,
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
            moderation: ModerationConfig::default(),
            record: RecordConfig::default(),
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
        let text = match file {
            Some(path) => {
                std::fs::read_to_string(path).map_err(|error| ConfigError::unreadable(path, error))?
            }
            None => String::new(),
        };
        Self::parse(file.unwrap_or(Path::new("")), &text, environment, overrides)
    }

    /// As [`Self::load`], with the text of the file at hand; `name` is what errors call it. Touches no disk.
    ///
    /// # Errors
    ///
    /// As [`Self::load`].
    pub fn parse(
        name: &Path,
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
        overrides: &ServerOverrides,
    ) -> Result<Self, ConfigError> {
        let source = ConfigSource::File(name.to_owned());
        let entries = file::entries(text, &source)?.into_iter();
        let mut settings: Vec<_> =
            entries.map(|(key, value)| (key, Raw::Toml(value), source.clone())).collect();
        settings.extend(environment.into_iter().filter_map(|(variable, value)| {
            let key = keys::name_of_variable(&variable)?;
            Some((key, Raw::Text(value), ConfigSource::Environment(variable)))
        }));
        let flags = overrides.settings.iter().cloned();
        settings.extend(flags.map(|(key, value)| (key, Raw::Text(value), ConfigSource::Flag)));
        let mut config = Self::default();
        config.read(&settings)?;
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

    fn read(&mut self, settings: &[(String, Raw, ConfigSource)]) -> Result<(), ConfigError> {
        if let Some((key, value, source)) = settings.iter().rfind(|(key, ..)| key == preset::KEY) {
            self.set(key, value, source)?;
            self.limits.preset.apply(&mut self.limits.engine);
        }
        settings.iter().try_for_each(|(key, value, source)| self.set(key, value, source))
    }

    fn set(&mut self, name: &str, value: &Raw, source: &ConfigSource) -> Result<(), ConfigError> {
        let Some(key) = KEYS.iter().find(|key| key.name == name) else {
            let known = KEYS.iter().map(|key| key.name);
            return Err(ConfigError::unknown(source, name, nearest::nearest(name, known)));
        };
        (key.set)(self, value).map_err(|expected| ConfigError::value(source, name, expected))
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
