//! Answers operators of other processes on this machine.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::place::{AdminKey, AdminPlace};
use super::wire::{Answer, Request};
use super::{AdminError, AdminHandle, LINE_BYTES_MAX, REQUEST_TIMEOUT, REQUESTS_MAX};

/// A listener on the loopback address, for as long as this is kept. Dropping it removes `admin.json`.
#[derive(Debug)]
pub(crate) struct AdminService {
    data_dir: PathBuf,
    _task: AbortOnDropHandle<()>,
}

impl AdminService {
    /// Starts listening and writes `admin.json`.
    pub(crate) async fn start(data_dir: &Path, handle: AdminHandle) -> Result<Self, AdminError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let place = AdminPlace { address: listener.local_addr()?, key: AdminKey::random()? };
        place.write(data_dir)?;
        let task = tokio::spawn(serve(listener, place.key, handle));
        Ok(Self { data_dir: data_dir.to_owned(), _task: AbortOnDropHandle::new(task) })
    }
}

impl Drop for AdminService {
    fn drop(&mut self) {
        AdminPlace::remove(&self.data_dir);
    }
}

async fn serve(listener: TcpListener, key: AdminKey, handle: AdminHandle) {
    let places = Arc::new(Semaphore::new(REQUESTS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "can not accept an operator for now");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let (key, handle) = (key.clone(), handle.clone());
        tokio::spawn(async move {
            // A peer that is too slow or gone is no one's trouble but its own.
            let _ = timeout(REQUEST_TIMEOUT, converse(stream, &key, &handle)).await;
            drop(place);
        });
    }
}

async fn converse(stream: TcpStream, key: &AdminKey, handle: &AdminHandle) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    (&mut stream).take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut line).await?;
    let mut answer = serde_json::to_vec(&answer(&line, key, handle).await)?;
    answer.push(b'\n');
    let mut stream = stream.into_inner();
    stream.write_all(&answer).await?;
    stream.shutdown().await
}

async fn answer(line: &[u8], key: &AdminKey, handle: &AdminHandle) -> Answer {
    let request = match serde_json::from_slice::<Request>(line) {
        Ok(request) if key.fits(&request.key) => request,
        Ok(_) | Err(_) => return Answer::Denied,
    };
    let Some(command) = request.command else { return Answer::Here };
    let Some(command) = command.read() else { return Answer::Denied };
    match handle.call(command).await {
        Ok(reply) => Answer::Done(reply.into()),
        Err(AdminError::Refused(refusal)) => Answer::Refused(refusal.into()),
        Err(_) => Answer::Stopped,
    }
}
