//! A transport of your own, written outside the crates: frames over a Unix socket.
//!
//! A frame is preceded by its length in four bytes. The test at the end is the whole contract suite.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program that shows what it does")]
use async_trait::async_trait;
use bim_transport::{
    AcceptError, BoxConnection, CLOSE_TIMEOUT, Connection, ConnectionExt, DialError, Dialer, Endpoint,
    FRAME_BYTES_MAX, Listener, OUTBOUND_BYTES_HIGH, Peer, TransportError,
};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{Sleep, sleep};

struct UnixConnection {
    stream: UnixStream,
    outbound: BytesMut,
    inbound: BytesMut,
    frame_limit: usize,
    over: bool,
    peer: Peer,
    patience: Option<Pin<Box<Sleep>>>,
}

impl UnixConnection {
    fn boxed(stream: UnixStream) -> BoxConnection {
        let (outbound, inbound, peer) = (BytesMut::new(), BytesMut::new(), Peer::other("unix"));
        Box::new(Self {
            stream,
            outbound,
            inbound,
            frame_limit: FRAME_BYTES_MAX,
            over: false,
            peer,
            patience: None,
        })
    }

    fn poll_drain(&mut self, down_to: usize, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        while self.outbound.len() > down_to {
            let size = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.outbound))?;
            self.outbound.advance(size);
        }
        Poll::Ready(if self.over { Err(TransportError::Closed) } else { Ok(()) })
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, TransportError>> {
        loop {
            if let Some(length) = self.inbound.first_chunk::<4>() {
                let (size, limit) = (u32::from_be_bytes(*length) as usize, self.frame_limit);
                if size > limit {
                    return Poll::Ready(Err(TransportError::FrameTooLarge { size, limit }));
                }
                if self.inbound.len() - 4 >= size {
                    self.inbound.advance(4);
                    return Poll::Ready(Ok(Some(self.inbound.split_to(size).freeze())));
                }
            }
            let mut step = [0; 4096];
            let mut step = ReadBuf::new(&mut step);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut step))?;
            match (step.filled(), self.inbound.len()) {
                ([], 0) => return Poll::Ready(Ok(None)),
                ([], _) => return Poll::Ready(Err(TransportError::Lost)),
                (bytes, _) => self.inbound.extend_from_slice(bytes),
            }
        }
    }
}

impl Connection for UnixConnection {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.poll_drain(OUTBOUND_BYTES_HIGH - 1, cx)
    }
    fn start_send(&mut self, frame: Bytes) -> Result<(), TransportError> {
        match (frame.len(), FRAME_BYTES_MAX) {
            (size, limit) if size > limit => return Err(TransportError::FrameTooLarge { size, limit }),
            _ if self.outbound.len() >= OUTBOUND_BYTES_HIGH => return Err(TransportError::NotReady),
            (size, _) => self.outbound.put_u32(size as u32),
        }
        self.outbound.put(frame);
        Ok(())
    }
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.poll_drain(0, cx)
    }
    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        let received = if self.over { Ok(None) } else { ready!(self.poll_frame(cx)) };
        self.over = !matches!(received, Ok(Some(_)));
        Poll::Ready(received.transpose())
    }
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        let drained = match self.poll_drain(0, cx) {
            _ if self.over => Ok(()),
            Poll::Ready(drained) => drained,
            Poll::Pending => {
                // A peer that does not read holds it up only so long.
                let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(CLOSE_TIMEOUT)));
                ready!(patience.as_mut().poll(cx));
                self.outbound.clear();
                Err(TransportError::TimedOut)
            }
        };
        self.over = true;
        // What was written stays readable for the peer; one that went first is no error.
        Pin::new(&mut self.stream).poll_shutdown(cx).map(|_| drained)
    }
    fn set_frame_limit(&mut self, bytes: usize) {
        self.frame_limit = bytes.min(FRAME_BYTES_MAX);
    }
    fn peer(&self) -> &Peer {
        &self.peer
    }
}

struct UnixDialer(Endpoint);
struct UnixDoor(Option<UnixListener>, Endpoint);
fn listen(path: &std::path::Path) -> std::io::Result<(UnixDoor, UnixDialer)> {
    let endpoint = Endpoint::other("unix", path.to_string_lossy());
    Ok((UnixDoor(Some(UnixListener::bind(path)?), endpoint.clone()), UnixDialer(endpoint)))
}

#[async_trait]
impl Dialer for UnixDialer {
    async fn dial(&self) -> Result<BoxConnection, DialError> {
        Ok(UnixConnection::boxed(UnixStream::connect(self.0.host()).await?))
    }
    fn describe(&self) -> String {
        self.0.to_string()
    }
}

#[async_trait]
impl Listener for UnixDoor {
    async fn accept(&mut self) -> Result<BoxConnection, AcceptError> {
        let listener = self.0.as_ref().ok_or(AcceptError::Closed)?;
        Ok(UnixConnection::boxed(listener.accept().await.map_err(AcceptError::Dead)?.0))
    }
    fn local(&self) -> Endpoint {
        self.1.clone()
    }
    async fn close(&mut self) {
        self.0 = None;
    }
}

impl Drop for UnixDoor {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.1.host());
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let (mut listener, dialer) = listen(&directory.path().join("bim.sock"))?;
    let (mut client, mut server) = (dialer.dial().await?, listener.accept().await?);
    client.send(Bytes::from("a whole frame")).await?;
    println!("{} received {:?}", listener.local(), server.recv().await.ok_or("the end")??);
    Ok(client.close().await?)
}

#[cfg(test)]
bim_transport::transport_contract!(unix_socket, || async {
    let name = format!("bim-{}-{:?}.sock", std::process::id(), std::thread::current().id());
    listen(&std::env::temp_dir().join(name)).expect("a socket")
});
