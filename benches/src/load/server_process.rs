//! The load generator's side of the two processes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use bim_transport::Endpoint;
use bim_transport::websocket::WebSocketDialer;
use bim_types::{AppId, DeviceId, Token, Uid};
use tempfile::TempDir;

use super::{Ticket, Usage};

/// A server in a process of its own. It ends when this is dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    talk: Mutex<Option<Talk>>,
    endpoint: Endpoint,
    tickets: Vec<Arc<Ticket>>,
    _data: TempDir,
}

/// Standard input and output of the server.
#[derive(Debug)]
struct Talk {
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl ServerProcess {
    /// Starts this program again as a server with these settings, for so many users.
    ///
    /// # Errors
    ///
    /// What went wrong, in words; the server's own are on standard error.
    pub fn start(users: u32, settings: &[String]) -> Result<Self, String> {
        let words = |error: std::io::Error| error.to_string();
        let data = TempDir::new().map_err(words)?;
        let mut command = Command::new(std::env::current_exe().map_err(words)?);
        command.arg("serve").arg("--data-dir").arg(data.path()).args(["--users", &users.to_string()]);
        for setting in settings {
            command.args(["--set", setting]);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(words)?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (to, from) = pipes.ok_or("the server's input and output are not there")?;
        let mut talk = Talk { to, from: BufReader::new(from) };
        let (mut endpoint, mut app, mut tickets) = (None, None, Vec::new());
        while let Some(line) = talk.line() {
            match (line.split_once(' '), app) {
                (Some(("endpoint", place)), _) => endpoint = place.parse().ok(),
                (Some(("app", number)), _) => app = number.parse().ok(),
                (Some(("token", token)), Some(app)) => tickets.push(ticket(app, tickets.len(), token)),
                _ => break,
            }
        }
        let endpoint = endpoint.filter(|_| tickets.len() == users as usize);
        let endpoint = endpoint.ok_or("the server did not start")?;
        Ok(Self { child, talk: Mutex::new(Some(talk)), endpoint, tickets, _data: data })
    }

    /// Who may come.
    #[must_use]
    pub fn tickets(&self) -> &[Arc<Ticket>] {
        &self.tickets
    }

    /// Opens connections to it.
    #[must_use]
    pub fn dialer(&self) -> WebSocketDialer {
        WebSocketDialer::new(self.endpoint.clone())
    }

    /// The number of the process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Bytes it has allocated and not given back to its allocator; 0 when nobody counts them.
    #[must_use]
    pub fn heap(&self) -> u64 {
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        talk.as_mut().and_then(Talk::heap).unwrap_or(0)
    }

    /// What it takes of the machine.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage::of(self.pid())
    }
}

impl Talk {
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.from.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }

    fn heap(&mut self) -> Option<u64> {
        writeln!(self.to, "heap").ok()?;
        self.line()?.strip_prefix("heap ")?.parse().ok()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // The end of its input is what it waits for.
        drop(self.talk.lock().unwrap_or_else(PoisonError::into_inner).take());
        let _ = self.child.wait();
    }
}

fn ticket(app: AppId, at: usize, token: &str) -> Arc<Ticket> {
    let number = at as i64 + 1;
    let uid = Uid::int(number).expect("users are counted from one");
    Arc::new(Ticket { app, uid, device: DeviceId::new(number as u128), token: Token::from(token) })
}
