//! An operator in another process.

use std::io;
use std::path::Path;

use bim_server_core::{AdminCommand, AdminReply};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::place::AdminPlace;
use super::wire::{Answer, Request, WireCommand};
use super::{ANSWER_BYTES_MAX, AdminError, REQUEST_TIMEOUT};
use crate::running::Running;
use crate::start_error::StartError;

/// Asks the server of a data directory, wherever its engine runs.
pub struct AdminClient {
    way: Way,
}

enum Way {
    /// To the server that runs.
    Server(AdminPlace),
    /// To an engine of our own, for as long as this is kept.
    InProcess(Running),
}

impl AdminClient {
    /// Has a command carried out.
    ///
    /// # Errors
    ///
    /// See [`AdminError`].
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have been carried out.
    pub async fn call(&self, command: AdminCommand) -> Result<AdminReply, AdminError> {
        match &self.way {
            Way::InProcess(running) => running.admin().call(command).await,
            Way::Server(place) => match ask(place, Some(command.into())).await? {
                Answer::Done(reply) => reply.read().ok_or(AdminError::Protocol),
                Answer::Refused(refusal) => Err(AdminError::Refused(refusal.into())),
                Answer::Stopped => Err(AdminError::Stopped),
                Answer::Here | Answer::Denied => Err(AdminError::Protocol),
            },
        }
    }

    /// Whether a running server is asked, and not an engine of our own.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        matches!(self.way, Way::Server(_))
    }

    /// Lets go of the data directory, if this has it.
    pub async fn close(self) {
        if let Way::InProcess(running) = self.way {
            running.drain().await;
        }
    }
}

impl std::fmt::Debug for AdminClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminClient").field("remote", &self.is_remote()).finish()
    }
}

/// The client of the server that runs on a data directory.
///
/// # Errors
///
/// [`AdminError::NotRunning`] when none does; an `admin.json` that a killed server left behind counts as none.
pub async fn connect(data_dir: &Path) -> Result<AdminClient, AdminError> {
    let not_running = || AdminError::NotRunning { data_dir: data_dir.to_owned() };
    let place = AdminPlace::read(data_dir).ok_or_else(not_running)?;
    match ask(&place, None).await {
        Ok(Answer::Here) => Ok(AdminClient { way: Way::Server(place) }),
        // Somebody else has the port by now, or nobody.
        Ok(_) | Err(_) => Err(not_running()),
    }
}

/// The client of the server that runs on a data directory; when none runs, of an engine of our own on it,
/// without listeners. [`AdminClient::close`] lets go of the directory again.
///
/// # Errors
///
/// [`AdminError::Unanswered`] when a server has the directory and does not answer; [`AdminError::Open`] when
/// the directory cannot be opened.
pub async fn connect_or_open(data_dir: &Path) -> Result<AdminClient, AdminError> {
    /// A server that starts has the directory a little before it answers.
    const ATTEMPTS: u32 = 20;
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

    for _ in 0..ATTEMPTS {
        match connect(data_dir).await {
            Err(AdminError::NotRunning { .. }) => {}
            found => return found,
        }
        match crate::open::open_without_listeners(data_dir).await {
            Ok(running) => return Ok(AdminClient { way: Way::InProcess(running) }),
            Err(StartError::DataDirInUse { .. }) => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(AdminError::Open(Box::new(error))),
        }
    }
    Err(AdminError::Unanswered { data_dir: data_dir.to_owned() })
}

async fn ask(place: &AdminPlace, command: Option<WireCommand>) -> Result<Answer, AdminError> {
    let request = Request { key: place.key.text(), command };
    timeout(REQUEST_TIMEOUT, exchange(place, &request)).await.map_err(|_| AdminError::Timeout)?
}

async fn exchange(place: &AdminPlace, request: &Request) -> Result<Answer, AdminError> {
    let mut line = serde_json::to_vec(request).map_err(io::Error::from)?;
    line.push(b'\n');
    let mut stream = TcpStream::connect(place.address).await?;
    stream.write_all(&line).await?;
    let mut answer = Vec::new();
    BufReader::new(stream).take(ANSWER_BYTES_MAX as u64).read_until(b'\n', &mut answer).await?;
    serde_json::from_slice(&answer).map_err(|_| AdminError::Protocol)
}
