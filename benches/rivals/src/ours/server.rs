//! The server's process, and who may come to it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bim_bench::Ticket;
use bim_server::admin::{self, AdminError, AdminReply, command};
use bim_types::Uid;
use serde::Deserialize;
use tempfile::TempDir;

use crate::options::Transport;
use crate::process::Process;
use crate::{RivalError, Stage};

/// How long tokens live: longer than any run.
const TOKEN_LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// Budgets that nothing reaches.
const BUDGETS: [&str; 4] = [
    "limits.room_high_per_second=1000000000",
    "limits.room_shared_per_second=1000000000",
    "limits.sender_per_second=1000000000",
    "limits.sender_burst=1000000000",
];

/// Requests of one connection that may always wait at once.
const IN_FLIGHT_MIN: u32 = 64;

/// Connections beside the viewers.
const OTHER_CONNECTIONS: usize = 1_000;

/// The server's process, and what it says of itself.
pub(super) struct Server {
    pub(super) process: Process,
    pub(super) endpoint: String,
    pub(super) fingerprint: Option<String>,
    /// Removed last, when nobody writes there.
    pub(super) home: TempDir,
}

/// What it says when it accepts connections.
#[derive(Deserialize)]
struct Ready {
    endpoints: Vec<String>,
    fingerprint: Option<String>,
}

impl Server {
    pub(super) fn start(stage: &Stage, transport: Transport) -> Result<Self, RivalError> {
        let program =
            stage.bim.as_ref().ok_or_else(|| RivalError::Options("there is no program of bim".into()))?;
        let home =
            TempDir::with_prefix("bim-rivals-").map_err(RivalError::io("there is no place for its data"))?;
        let ready = home.path().join("ready.json");
        let mut command = command(program, home.path(), &ready, transport);
        let connections = stage.viewers + OTHER_CONNECTIONS;
        for limit in [
            format!("limits.connections={connections}"),
            format!("limits.connections_per_address={connections}"),
            format!("limits.in_flight_requests={}", stage.in_flight.max(IN_FLIGHT_MIN)),
        ] {
            command.args(["--set", &limit]);
        }
        let mut process = Process::start(stage, command.stdout(Stdio::null()))?;
        let told = process.wait_until(|| {
            let text = std::fs::read(&ready).ok()?;
            serde_json::from_slice::<Ready>(&text).ok()
        })?;
        let scheme = format!("{}://", transport.name());
        let endpoint = told.endpoints.into_iter().find(|endpoint| endpoint.starts_with(&scheme));
        let endpoint = endpoint.ok_or_else(|| RivalError::Answer(format!("bim has no {scheme}")))?;
        Ok(Self { process, endpoint, fingerprint: told.fingerprint, home })
    }

    /// Has an app made, and tokens for so many users.
    pub(super) fn tickets(&self, users: usize) -> Result<Vec<Ticket>, RivalError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(RivalError::io("there is nothing to run on"))?;
        let minted = runtime.block_on(mint(self.home.path(), users));
        minted
            .map_err(|error| RivalError::Answer(format!("no tokens were made: {error}")))?
            .ok_or_else(|| RivalError::Answer("bim made no tokens".into()))
    }
}

async fn mint(data_dir: &Path, users: usize) -> Result<Option<Vec<Ticket>>, AdminError> {
    let admin = admin::connect(data_dir).await?;
    let AdminReply::AppCreated { app, .. } = admin.call(command::create_app("rivals")?).await? else {
        return Ok(None);
    };
    let mut tickets = Vec::with_capacity(users);
    for number in 1..=users as i64 {
        let uid = Uid::int(number).expect("users are counted from one");
        let minted = admin.call(command::mint_token(app, uid.clone(), TOKEN_LIFE)?).await?;
        let AdminReply::Token { token, .. } = minted else { return Ok(None) };
        tickets.push(Ticket::new(app, uid, number as u128, token));
    }
    admin.close().await;
    Ok(Some(tickets))
}

/// As `bim bench` starts its own: it ends with its standard input.
fn command(program: &Path, home: &Path, ready: &Path, transport: Transport) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("BIM_")) {
        command.env_remove(name);
    }
    command.arg("bench-server").arg("--data-dir").arg(home).arg("--ready-file").arg(ready);
    for (listener, of) in [
        ("--listen-websocket", Transport::Ws),
        ("--listen-secure-websocket", Transport::Wss),
        ("--listen-quic", Transport::Quic),
    ] {
        command.args([listener, if of == transport { "127.0.0.1:0" } else { "off" }]);
    }
    command.args(["--log-level", "warn"]);
    for setting in BUDGETS {
        command.args(["--set", setting]);
    }
    command
}
