//! `bim serve`: a server until it is told to stop.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use bim_server::config::{LogConfig, LogFormat, LogLevel};
use bim_server::{Running, Server, ServerConfig, ServerOverrides, Stopped};
use serde_json::json;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::place::start_refusal;
use super::say;
use crate::args::{LogFormatArg, LogLevelArg, ServeArgs};
use crate::error::CliError;
use crate::progress;
use crate::signals::StopSignal;

pub(super) async fn run(args: ServeArgs) -> Result<(), CliError> {
    if args.print_config {
        return say(ServerConfig::sample().trim_end());
    }
    let config = load(&args)?;
    log(&config.log);
    let mut stop = StopSignal::install()?;
    let certificate = certificate_of(&config);
    let opening = progress::while_waiting("opening the store", Server::open(config));
    let server = opening.await.map_err(|error| start_refusal(&error))?;
    announce(&server, &certificate)?;
    let ready = args.ready_file.map(|path| ReadyFile::write(path, &server, &certificate)).transpose()?;
    let failed = tokio::select! {
        () = stop.wait() => false,
        () = server.failed() => true,
    };
    tracing::info!("stopping");
    drop(ready);
    let stopped =
        progress::while_waiting("finishing what is being written; ctrl-c again ends at once", async {
            tokio::select! {
                stopped = server.drain() => Some(stopped),
                () = stop.wait() => None,
            }
        });
    match stopped.await {
        _ if failed => Err(CliError::failed("the server stopped by a fault; its log says more")),
        Some(Stopped::Orderly) => Ok(()),
        Some(Stopped::Cut) => {
            Err(CliError::failed("not everyone could be told in time; what was accepted is kept"))
        }
        None => Err(CliError::failed("stopped at once; what was accepted is kept")),
    }
}

fn load(args: &ServeArgs) -> Result<ServerConfig, CliError> {
    let overrides = ServerOverrides {
        data_dir: args.data_dir.clone(),
        websocket: args.listen_websocket.map(|listen| listen.0),
        quic: args.listen_quic.map(|listen| listen.0),
        secure_websocket: args.listen_secure_websocket.map(|listen| listen.0),
        certificate: args.tls_certificate.clone(),
        key: args.tls_key.clone(),
        workers: args.workers,
        record: args.record.clone(),
        record_bodies: args.record_bodies.then_some(true),
        log_format: args.log_format.map(LogFormat::from),
        log_level: args.log_level.map(LogLevel::from),
        settings: args.settings.clone(),
    };
    load_with(args.config.as_deref(), &overrides)
}

/// Reads all layers of a server's settings.
pub(super) fn load_with(file: Option<&Path>, overrides: &ServerOverrides) -> Result<ServerConfig, CliError> {
    // A variable that is not UTF-8 can not be one of ours.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    ServerConfig::load(file, environment, overrides).map_err(|error| start_refusal(&error.into()))
}

/// The certificate that clients may be told to trust.
pub(super) fn certificate_of(config: &ServerConfig) -> PathBuf {
    config.tls.certificate.clone().unwrap_or_else(|| config.data_dir.join("tls").join("cert.pem"))
}

fn announce(server: &Running, certificate: &Path) -> Result<(), CliError> {
    for endpoint in server.endpoints() {
        say(format!("listening on {endpoint}"))?;
    }
    if let Some(fingerprint) = server.certificate_fingerprint() {
        say(format!("certificate  {}\nfingerprint  {fingerprint}", certificate.display()))?;
    }
    Ok(())
}

/// Our own events as the settings say, those of libraries only when something is wrong.
fn log(config: &LogConfig) {
    let level: LevelFilter = config.level.name().parse().unwrap_or(LevelFilter::INFO);
    let ours =
        ["bim", "bim_server", "bim_server_core", "bim_store", "bim_transport"].map(|name| (name, level));
    let targets = Targets::new().with_default(level.min(LevelFilter::WARN)).with_targets(ours);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let registry = tracing_subscriber::registry().with(targets);
    match config.format {
        LogFormat::Json => registry.with(lines.json()).init(),
        LogFormat::Text => registry.with(lines.with_ansi(io::stderr().is_terminal())).init(),
    }
}

/// Says to whoever started the server that it accepts connections; gone when it does not any more.
struct ReadyFile(PathBuf);

impl ReadyFile {
    fn write(path: PathBuf, server: &Running, certificate: &Path) -> Result<Self, CliError> {
        let endpoints: Vec<String> = server.endpoints().iter().map(ToString::to_string).collect();
        let text = json!({
            "endpoints": endpoints,
            "certificate": server.certificate_fingerprint().map(|_| certificate),
            "fingerprint": server.certificate_fingerprint(),
            "pid": std::process::id(),
        });
        // Whoever waits for the file must not see half of it.
        let draft = path.with_extension(format!("{}.tmp", std::process::id()));
        let written =
            std::fs::write(&draft, format!("{text}\n")).and_then(|()| std::fs::rename(&draft, &path));
        match written {
            Ok(()) => Ok(Self(path)),
            Err(error) => {
                Err(CliError::failed(format!("--ready-file {} can not be written: {error}", path.display())))
            }
        }
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        // A file that stays behind misleads nobody who connects.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl From<LogFormatArg> for LogFormat {
    fn from(format: LogFormatArg) -> Self {
        match format {
            LogFormatArg::Text => Self::Text,
            LogFormatArg::Json => Self::Json,
        }
    }
}

impl From<LogLevelArg> for LogLevel {
    fn from(level: LogLevelArg) -> Self {
        match level {
            LogLevelArg::Error => Self::Error,
            LogLevelArg::Warn => Self::Warn,
            LogLevelArg::Info => Self::Info,
            LogLevelArg::Debug => Self::Debug,
            LogLevelArg::Trace => Self::Trace,
        }
    }
}
