//! A server of the bench's own: this program again, in a second process.

use std::fs::File;
use std::future::Future;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bim_bench::{Cores, Trust, open_more_files};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep};

use crate::args::{BenchArgs, TransportArg};
use crate::error::CliError;

/// How long a server may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// How often it is looked whether it has.
const START_LOOK: Duration = Duration::from_millis(20);

/// Budgets that nothing reaches.
const BUDGETS: [&str; 4] = [
    "limits.room_high_per_second=1000000000",
    "limits.room_shared_per_second=1000000000",
    "limits.sender_per_second=1000000000",
    "limits.sender_burst=1000000000",
];

/// Bytes of the server's last words that are shown when it does not start.
const LAST_WORDS_MAX: usize = 2_000;

/// Which cores the two processes are kept to.
#[derive(Clone, Debug, Default)]
pub(super) struct Placement {
    pub(super) own: Option<Cores>,
    pub(super) server: Option<Cores>,
    /// Why they are not, in words.
    pub(super) unpinned: Option<String>,
}

impl Placement {
    /// Chooses cores, and keeps this thread to its own.
    pub(super) fn choose(args: &BenchArgs) -> Result<Self, CliError> {
        let available = Cores::available();
        let mut placement =
            Self { own: args.cores.clone(), server: args.server_cores.clone(), unpinned: None };
        match available.numbers() {
            [first, .., last] => {
                placement.own.get_or_insert_with(|| Cores::of([*last]));
                if args.endpoint.is_none() {
                    placement.server.get_or_insert_with(|| Cores::of([*first]));
                }
            }
            [_] => placement.unpinned = Some("this machine has one core; both share it".to_owned()),
            [] => placement.unpinned = Some("cores can be chosen on Linux only".to_owned()),
        }
        match placement.own.as_ref().map(Cores::pin) {
            Some(Err(error)) if args.cores.is_some() => Err(CliError::failed(format!("--cores: {error}"))),
            Some(Err(error)) => {
                Ok(Self { own: None, server: args.server_cores.clone(), unpinned: Some(error.to_string()) })
            }
            Some(Ok(())) | None => Ok(placement),
        }
    }
}

/// A server of the bench's own. It ends when this is dropped, and its data is removed.
#[derive(Debug)]
pub(super) struct OwnServer {
    child: Child,
    ready: Ready,
    endpoint: String,
    // Removed last, when nobody writes there.
    home: TempDir,
}

/// What the server says when it accepts connections.
#[derive(Debug, Deserialize)]
struct Ready {
    endpoints: Vec<String>,
    fingerprint: Option<String>,
}

impl OwnServer {
    /// Starts it, for so many users over this transport.
    pub(super) async fn start(
        args: &BenchArgs,
        placement: &Placement,
        users: u32,
        transport: TransportArg,
    ) -> Result<Self, CliError> {
        let failed = |error: std::io::Error| CliError::failed(format!("no server could be started: {error}"));
        let home = TempDir::with_prefix("bim-bench-").map_err(failed)?;
        let (log, ready) = (home.path().join("log"), home.path().join("ready.json"));
        let mut command = command(args, placement, users, transport, home.path());
        command.arg("--ready-file").arg(&ready);
        let stderr = File::create(&log).map_err(failed)?;
        let child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(stderr).spawn().map_err(failed)?;
        // From here on it is ended by being dropped.
        let unknown = Ready { endpoints: Vec::new(), fingerprint: None };
        let mut server = Self { child, ready: unknown, endpoint: String::new(), home };
        server.ready = server.wait(&ready, &log).await?;
        let scheme = format!("{}://", transport.scheme());
        let ours = server.ready.endpoints.iter().find(|endpoint| endpoint.starts_with(&scheme));
        server.endpoint =
            ours.cloned().ok_or_else(|| CliError::failed(format!("the server has no {scheme}")))?;
        Ok(server)
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) fn data_dir(&self) -> &Path {
        self.home.path()
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its own certificate.
    pub(super) fn trust(&self) -> Trust {
        self.ready.fingerprint.clone().map_or(Trust::Platform, Trust::Fingerprint)
    }

    async fn wait(&mut self, file: &Path, log: &Path) -> Result<Ready, CliError> {
        let until = Instant::now() + START_TIMEOUT;
        loop {
            if let Some(ready) = std::fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok())
            {
                return Ok(ready);
            }
            let has_ended = matches!(self.child.try_wait(), Ok(Some(_)) | Err(_));
            if has_ended || Instant::now() >= until {
                return Err(CliError::failed(format!("the server did not start: {}", last_words(log))));
            }
            sleep(START_LOOK).await;
        }
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // Nothing it has is to be kept.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(
    args: &BenchArgs,
    placement: &Placement,
    users: u32,
    transport: TransportArg,
    home: &Path,
) -> Command {
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("bim"));
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("BIM_")) {
        command.env_remove(name);
    }
    command.arg("bench-server").arg("--data-dir").arg(home);
    if let Some(cores) = &placement.server {
        command.arg("--cores").arg(cores.to_string());
    }
    for (listener, of) in [
        ("--listen-websocket", TransportArg::Ws),
        ("--listen-secure-websocket", TransportArg::Wss),
        ("--listen-quic", TransportArg::Quic),
    ] {
        command.args([listener, if of == transport { "127.0.0.1:0" } else { "off" }]);
    }
    command.args(["--log-level", "warn", "--set", "limits.members_may_send_high=true"]);
    let room = u64::from(users) + 1_000;
    let in_flight = args.in_flight.iter().copied().max().unwrap_or(64).max(64);
    let scaled = [
        format!("limits.connections={room}"),
        format!("limits.connections_per_address={room}"),
        format!("limits.live_groups_per_app={room}"),
        format!("limits.in_flight_requests={in_flight}"),
    ];
    let asked = args.settings.iter().map(|(key, value)| format!("{key}={value}"));
    for setting in BUDGETS.map(str::to_owned).into_iter().chain(scaled).chain(asked) {
        command.args(["--set", &setting]);
    }
    command
}

/// What the server wrote last.
fn last_words(log: &Path) -> String {
    let mut text = String::new();
    let read = File::open(log).and_then(|mut file| file.read_to_string(&mut text));
    if read.is_err() || text.trim().is_empty() {
        return "it said nothing".to_owned();
    }
    let from = text.len().saturating_sub(LAST_WORDS_MAX);
    let words = text.get(from..).unwrap_or(&text);
    words.trim().trim_start_matches("error: ").to_owned()
}

/// Serves on these cores until standard input ends: then whoever started it is gone.
pub(super) fn serve(
    cores: Option<&Cores>,
    serving: impl Future<Output = Result<(), CliError>>,
) -> Result<(), CliError> {
    // Before there is any other thread, so that all of them stay there.
    if let Some(cores) = cores {
        cores.pin().map_err(|error| CliError::failed(format!("--server-cores: {error}")))?;
    }
    let _ = open_more_files();
    let runtime =
        Runtime::new().map_err(|error| CliError::failed(format!("no threads to run on: {error}")))?;
    let (gone, is_gone) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        // When nobody waits for it any more, it ends anyway.
        let _ = gone.send(());
    });
    let served = runtime.block_on(async {
        tokio::select! {
            served = serving => served,
            _ = is_gone => Ok(()),
        }
    });
    runtime.shutdown_background();
    served
}
