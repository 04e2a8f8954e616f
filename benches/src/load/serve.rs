//! The server's side of the two processes: a real server, and tokens for everyone who will come.
//!
//! It tells what the other side must know on standard output, line by line, and runs until its standard input ends;
//! so it ends when the process that started it does, however that ended. Meanwhile it answers the line `heap` with
//! the bytes that are allocated, when its allocator counts them.

use std::io::{self, BufRead, BufWriter, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use bim_server::admin::{AdminReply, command};
use bim_server::{Running, Server, ServerConfig, ServerOverrides};
use bim_types::{AppId, Uid};

/// How long tokens live: longer than any run.
const TOKEN_LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

/// What the server's process is told when it is started.
#[derive(Clone, Debug, clap::Args)]
pub struct ServeOptions {
    /// Where its database is.
    #[arg(long)]
    pub data_dir: PathBuf,
    /// Users who will come: their uids are 1, 2, 3 …
    #[arg(long)]
    pub users: u32,
    /// Settings as in the server's file: `name=value`.
    #[arg(long = "set")]
    pub settings: Vec<String>,
}

/// The settings that a server with these values has. Listens on a free loopback port for WebSocket only.
///
/// # Errors
///
/// The server's own words on a setting that is wrong.
pub fn server_config(settings: &[String]) -> Result<ServerConfig, String> {
    let split =
        |setting: &String| setting.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let overrides = ServerOverrides {
        websocket: Some(Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))),
        quic: Some(None),
        secure_websocket: Some(None),
        settings: settings.iter().filter_map(split).collect(),
        ..ServerOverrides::default()
    };
    ServerConfig::load(None, std::iter::empty(), &overrides).map_err(|error| error.to_string())
}

/// Serves until standard input ends. `heap` says how many bytes are allocated.
///
/// # Errors
///
/// Why the server did not start, in words.
pub fn serve(options: ServeOptions, heap: Option<fn() -> usize>) -> Result<(), String> {
    let config = ServerConfig { data_dir: options.data_dir, ..server_config(&options.settings)? };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(async {
        let server = Server::open(config).await.map_err(|error| error.to_string())?;
        introduce(&server, options.users).await?;
        let ended = tokio::task::spawn_blocking(move || answer(heap));
        let _ = ended.await;
        server.drain().await;
        Ok(())
    })
}

/// Answers what is asked on standard input, until it ends.
fn answer(heap: Option<fn() -> usize>) -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        if line? == "heap" {
            let mut out = io::stdout().lock();
            writeln!(out, "heap {}", heap.map_or(0, |heap| heap()))?;
            out.flush()?;
        }
    }
    Ok(())
}

/// Makes an app and tokens, and tells of them.
async fn introduce(server: &Running, users: u32) -> Result<(), String> {
    let endpoint = server.endpoints().first().ok_or("no endpoint")?;
    let app = create_app(server).await?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut tell = |line: String| writeln!(out, "{line}").map_err(|error| error.to_string());
    tell(format!("endpoint {endpoint}"))?;
    tell(format!("app {app}"))?;
    for user in 1..=users {
        tell(format!("token {}", mint(server, app, user).await?))?;
    }
    tell("ready".to_owned())?;
    out.flush().map_err(|error| error.to_string())
}

async fn create_app(server: &Running) -> Result<AppId, String> {
    let command = command::create_app("load").map_err(|error| error.to_string())?;
    match server.admin().call(command).await {
        Ok(AdminReply::AppCreated { app, .. }) => Ok(app),
        other => Err(format!("no app was made: {other:?}")),
    }
}

async fn mint(server: &Running, app: AppId, user: u32) -> Result<String, String> {
    let uid = Uid::int(user.into()).map_err(|error| error.to_string())?;
    let command = command::mint_token(app, uid, TOKEN_LIFETIME).map_err(|error| error.to_string())?;
    match server.admin().call(command).await {
        Ok(AdminReply::Token { token, .. }) => Ok(token.reveal().to_owned()),
        other => Err(format!("no token was made: {other:?}")),
    }
}
