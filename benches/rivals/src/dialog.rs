//! The first words on a connection: one side speaks, the other answers, and nobody measures anything yet.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::RivalError;
use crate::crowd::{Entered, Link};

/// Longest wait for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// Bytes that are read at a time.
const READ_BYTES: usize = 4_096;

/// Most bytes that may wait to be understood.
const WAITING_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A connection that is waited for.
pub(crate) struct Dialog {
    stream: Stream,
    waiting: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    Secure(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Dialog {
    /// Connects.
    pub(crate) fn begin(address: SocketAddr) -> Result<Self, RivalError> {
        let stream = connect(address).map_err(RivalError::io("no connection"))?;
        Ok(Self { stream: Stream::Plain(stream), waiting: Vec::new() })
    }

    /// Connects with TLS.
    pub(crate) fn begin_secure(address: SocketAddr, config: &Arc<ClientConfig>) -> Result<Self, RivalError> {
        let stream = connect(address).map_err(RivalError::io("no connection"))?;
        let name = ServerName::IpAddress(address.ip().into());
        let connection = ClientConnection::new(Arc::clone(config), name)
            .map_err(|error| RivalError::Answer(format!("no TLS: {error}")))?;
        let secure = Box::new(StreamOwned::new(connection, stream));
        Ok(Self { stream: Stream::Secure(secure), waiting: Vec::new() })
    }

    /// Says something.
    pub(crate) fn say(&mut self, bytes: &[u8]) -> Result<(), RivalError> {
        let said = match &mut self.stream {
            Stream::Plain(stream) => stream.write_all(bytes),
            Stream::Secure(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        };
        said.map_err(RivalError::io("a connection took no more"))
    }

    /// Reads until an answer is there as a whole: what it means and how many bytes it takes. The rest stays for later.
    pub(crate) fn hear<T>(
        &mut self,
        mut understand: impl FnMut(&[u8]) -> Result<Option<(usize, T)>, String>,
    ) -> Result<T, RivalError> {
        loop {
            if let Some((taken, heard)) = understand(&self.waiting).map_err(RivalError::Answer)? {
                self.waiting.drain(..taken);
                return Ok(heard);
            }
            if self.waiting.len() > WAITING_BYTES_MAX {
                return Err(RivalError::Answer("it has no end".into()));
            }
            let mut bytes = [0; READ_BYTES];
            let read = match &mut self.stream {
                Stream::Plain(stream) => stream.read(&mut bytes),
                Stream::Secure(stream) => stream.read(&mut bytes),
            };
            match read.map_err(RivalError::io("no answer"))? {
                0 => return Err(RivalError::Answer("the connection was closed".into())),
                count => self.waiting.extend_from_slice(bytes.get(..count).unwrap_or_default()),
            }
        }
    }

    /// Expects exactly these bytes.
    pub(crate) fn expect(&mut self, expected: &'static [u8]) -> Result<(), RivalError> {
        self.hear(|bytes| match bytes.get(..expected.len()) {
            None => Ok(None),
            Some(heard) if heard == expected => Ok(Some((expected.len(), ()))),
            Some(heard) => Err(String::from_utf8_lossy(heard).into_owned()),
        })
    }

    /// From now on nobody waits for it.
    pub(crate) fn end(self) -> Result<Entered, RivalError> {
        let link = match self.stream {
            Stream::Plain(stream) => unblocked(stream).map(Link::Plain),
            Stream::Secure(stream) => {
                let (connection, stream) = stream.into_parts();
                unblocked(stream).map(|stream| Link::Secure(Box::new(StreamOwned::new(connection, stream))))
            }
        };
        Ok(Entered { link: link.map_err(RivalError::io("a connection is lost"))?, early: self.waiting })
    }
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, ANSWER_TIMEOUT)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    Ok(stream)
}

fn unblocked(stream: TcpStream) -> io::Result<mio::net::TcpStream> {
    stream.set_nonblocking(true)?;
    Ok(mio::net::TcpStream::from_std(stream))
}
