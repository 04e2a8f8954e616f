//! The server: one thread, one poller, one write call for each message and viewer, or one for all that waits.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use super::{SENDER, VIEWER, WELCOME, message};
use crate::options::Style;

/// Bytes that are read of the sender at a time: more than 64 messages.
const BUFFER_BYTES: usize = 256 * 1024;

/// Connections that are told of at a time.
const EVENTS_PER_TURN: usize = 1_024;

const LISTENER: Token = Token(usize::MAX);

/// Listens at a free port of this machine, says which, and serves until the process ends.
///
/// # Errors
///
/// The system refuses something.
pub fn serve(style: Style, told: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let mut listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    told(listener.local_addr()?);
    let (connections, sender, viewers) = (BTreeMap::new(), None, Vec::new());
    let mut server =
        Server { style, listener, poll, connections, sender, viewers, incoming: Vec::new(), next: 0 };
    let mut events = Events::with_capacity(EVENTS_PER_TURN);
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        server.poll.poll(&mut events, None)?;
        for event in &events {
            match event.token() {
                LISTENER => server.accept()?,
                Token(number) => server.attend(number, &mut buffer)?,
            }
        }
    }
}

struct Server {
    style: Style,
    listener: TcpListener,
    poll: Poll,
    /// Those who have not said yet what they are, and the sender.
    connections: BTreeMap<usize, TcpStream>,
    sender: Option<usize>,
    viewers: Vec<Viewer>,
    /// What is no whole message yet.
    incoming: Vec<u8>,
    next: usize,
}

struct Viewer {
    stream: TcpStream,
    number: usize,
    /// What there was no room for. The sender waits for everyone, so it is bounded by what it has in flight.
    backlog: Vec<u8>,
}

impl Server {
    fn accept(&mut self) -> io::Result<()> {
        loop {
            match self.listener.accept() {
                Ok((mut stream, _)) => {
                    stream.set_nodelay(true)?;
                    let both = Interest::READABLE | Interest::WRITABLE;
                    self.poll.registry().register(&mut stream, Token(self.next), both)?;
                    self.connections.insert(self.next, stream);
                    self.next += 1;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn attend(&mut self, number: usize, buffer: &mut [u8]) -> io::Result<()> {
        let Some(stream) = self.connections.get_mut(&number) else {
            let viewer = self.viewers.binary_search_by_key(&number, |viewer| viewer.number);
            return viewer.map_or(Ok(()), |at| self.viewers[at].write(&[]));
        };
        let is_sender = self.sender == Some(number);
        loop {
            match stream.read(buffer) {
                Ok(count @ 1..) if is_sender => {
                    self.incoming.extend_from_slice(buffer.get(..count).unwrap_or_default());
                }
                Ok(1..) => return self.let_in(number, buffer.first().copied()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Ok(0) | Err(_) => {
                    self.connections.remove(&number);
                    return Ok(());
                }
            }
        }
        self.spread()
    }

    /// Says who somebody is, by the first byte.
    fn let_in(&mut self, number: usize, role: Option<u8>) -> io::Result<()> {
        let Some(mut stream) = self.connections.remove(&number) else { return Ok(()) };
        stream.write_all(WELCOME)?;
        if role == Some(SENDER) {
            self.sender = Some(number);
            self.connections.insert(number, stream);
        } else if role == Some(VIEWER) {
            // By number, so that it is found again.
            let at = self.viewers.partition_point(|viewer| viewer.number < number);
            self.viewers.insert(at, Viewer { stream, number, backlog: Vec::new() });
        }
        Ok(())
    }

    fn spread(&mut self) -> io::Result<()> {
        let mut whole = 0;
        while let Some(message) = message(self.incoming.get(whole..).unwrap_or_default()) {
            if self.style == Style::Each {
                self.viewers.iter_mut().try_for_each(|viewer| viewer.write(message))?;
            }
            whole += message.len();
        }
        if self.style == Style::Waiting && whole > 0 {
            let waiting = self.incoming.get(..whole).unwrap_or_default();
            self.viewers.iter_mut().try_for_each(|viewer| viewer.write(waiting))?;
        }
        self.incoming.drain(..whole);
        Ok(())
    }
}

impl Viewer {
    /// Writes these bytes after those that wait, as far as there is room.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.backlog.is_empty() {
            let written = self.write_now(bytes)?;
            self.backlog.extend_from_slice(bytes.get(written..).unwrap_or_default());
            return Ok(());
        }
        self.backlog.extend_from_slice(bytes);
        let backlog = std::mem::take(&mut self.backlog);
        let written = self.write_now(&backlog)?;
        self.backlog = backlog.get(written..).unwrap_or_default().to_vec();
        Ok(())
    }

    fn write_now(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        match self.stream.write(bytes) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock) => Ok(0),
            // Gone; the load generator knows it too.
            Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {
                Ok(bytes.len())
            }
            written => written,
        }
    }
}
