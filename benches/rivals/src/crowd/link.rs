//! A connection whose first words are said.

use std::io::{self, Read, Write};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use rustls::{ClientConnection, StreamOwned};

/// A connection that never blocks.
#[derive(Debug)]
pub enum Link {
    /// As it is.
    Plain(TcpStream),
    /// With TLS.
    Secure(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// A connection on which everything that is sent will come.
#[derive(Debug)]
pub struct Entered {
    /// The connection.
    pub link: Link,
    /// What was read of it already.
    pub early: Vec<u8>,
}

impl Link {
    /// Lets a poller tell when there is something to read, or room to write.
    pub(crate) fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        match self {
            Self::Plain(stream) => registry.register(stream, token, interest),
            Self::Secure(stream) => registry.register(&mut stream.sock, token, interest),
        }
    }

    /// Reads what is there; `None` when nothing more is.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let read = match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Secure(stream) => stream.read(buffer),
        };
        match read {
            Ok(count) => Ok(Some(count)),
            Err(error) if is_later(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a read that did not fill the buffer took all there was, so that the poller tells of what comes next.
    pub(crate) fn is_emptied_by_a_short_read(&self) -> bool {
        match self {
            Self::Plain(_) => cfg!(unix),
            Self::Secure(_) => false,
        }
    }

    /// Writes as much as there is room for.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Secure(stream) => stream.write(bytes).and_then(|count| stream.flush().map(|()| count)),
        };
        match written {
            Err(error) if is_later(&error) => Ok(0),
            written => written,
        }
    }
}

fn is_later(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
