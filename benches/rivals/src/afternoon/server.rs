//! The server, as it is written in an afternoon: a task for each connection, and whatever one says goes to all.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

use super::WELCOME;

/// Messages that wait for the slowest. More than that and it misses some.
const MESSAGES_MAX: usize = 1_024;

/// Listens at a free port of this machine, says which, and serves until the process ends.
///
/// # Errors
///
/// The system refuses something.
pub fn serve(told: impl FnOnce(SocketAddr)) -> io::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        told(listener.local_addr()?);
        let (everyone, _) = broadcast::channel(MESSAGES_MAX);
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(serve_one(stream, everyone.clone()));
        }
    })
}

async fn serve_one(stream: TcpStream, everyone: broadcast::Sender<Bytes>) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let (mut to, mut from) = accept_async(stream).await?.split();
    let mut said = everyone.subscribe();
    to.send(Message::Binary(Bytes::from_static(WELCOME))).await?;
    loop {
        tokio::select! {
            message = from.next() => match message {
                Some(Ok(Message::Binary(body))) => drop(everyone.send(body)),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            },
            body = said.recv() => match body {
                Ok(body) => to.send(Message::Binary(body)).await?,
                // Whoever is too slow misses something, and is not even told.
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            },
        }
    }
}
