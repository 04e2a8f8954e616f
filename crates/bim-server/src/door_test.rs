//! Who comes in, and that everyone who leaves is told of once.

use std::sync::Mutex;
use std::task::{Context, Poll};

use bim_server_core::{Input, Output};
use bim_transport::memory::{MemoryConfig, hub};
use bim_transport::{AcceptError, ConnectionExt, Dialer, Endpoint, Peer, TransportError};
use bytes::Bytes;

use super::*;
use crate::config::ServerConfig;
use crate::testing::{serve, soon};

type Journal = Arc<Mutex<Vec<String>>>;

/// An engine that echoes and writes down who comes and goes.
fn journal() -> (Journal, impl FnMut(Input) -> Vec<Output> + Send + 'static) {
    let journal = Journal::default();
    let written = Arc::clone(&journal);
    let react = move |input| match input {
        Input::Opened { connection, .. } => {
            written.lock().unwrap().push(format!("{} came", connection.0));
            Vec::new()
        }
        Input::Closed { connection } => {
            written.lock().unwrap().push(format!("{} left", connection.0));
            Vec::new()
        }
        Input::Frame { connection, frame } => vec![Output::Send { connection, frame }],
        _ => Vec::new(),
    };
    (journal, react)
}

async fn echoed(connection: &mut BoxConnection) -> bool {
    connection.send(Bytes::from_static(b"hello")).await.is_ok()
        && matches!(soon(connection.recv()).await, Some(Ok(frame)) if frame == "hello")
}

#[tokio::test]
async fn everyone_who_comes_and_goes_is_told_of_once() {
    let (journal, react) = journal();
    let (server, dialer) = serve(ServerConfig::default(), react).await;
    let mut first = dialer.dial().await.unwrap();
    assert!(echoed(&mut first).await);
    let mut second = dialer.dial().await.unwrap();
    assert!(echoed(&mut second).await);
    first.close().await.unwrap();
    drop(second);
    let mut third = dialer.dial().await.unwrap();
    assert!(echoed(&mut third).await);
    soon(async {
        while journal.lock().unwrap().len() < 5 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    server.abort().await;
    let mut told = journal.lock().unwrap().clone();
    told.sort();
    assert_eq!(told, ["1 came", "1 left", "2 came", "2 left", "3 came"]);
}

#[tokio::test]
async fn over_the_limit_a_connection_is_closed_at_once_and_others_live_on() {
    let (_, react) = journal();
    let mut config = ServerConfig::default();
    config.limits.connections.strangers = 2;
    let (server, dialer) = serve(config, react).await;
    let mut first = dialer.dial().await.unwrap();
    assert!(echoed(&mut first).await);
    let mut second = dialer.dial().await.unwrap();
    assert!(echoed(&mut second).await);
    let mut third = dialer.dial().await.unwrap();
    assert!(!matches!(soon(third.recv()).await, Some(Ok(_))));
    assert!(echoed(&mut first).await);
    assert_eq!((server.counters().accepted(), server.counters().refused()), (2, 1));
}

#[tokio::test]
async fn a_shut_door_lets_nobody_in_and_lets_those_inside_stay() {
    let (_, react) = journal();
    let (server, dialer) = serve(ServerConfig::default(), react).await;
    let mut inside = dialer.dial().await.unwrap();
    assert!(echoed(&mut inside).await);
    server.hall.shut.cancel();
    assert!(echoed(&mut inside).await);
    while dialer.dial().await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(echoed(&mut inside).await);
}

#[tokio::test]
async fn a_fault_in_one_connection_ends_that_one_only() {
    let (mut listener, dialer) = hub("door", MemoryConfig::default());
    let (pump, mut arrivals) = mpsc::channel(16);
    let hall = Hall {
        pump,
        census: Census::new(Default::default(), Vec::new()),
        counters: Arc::default(),
        queue: QueueLimits::default(),
        numbers: Arc::default(),
        shut: CancellationToken::new(),
        kill: CancellationToken::new(),
    };
    let mut good = dialer.dial().await.unwrap();
    let connections = vec![listener.accept().await.unwrap(), Box::new(MockBroken) as BoxConnection];
    let door = Door::new(hall.clone(), Box::new(MockQueue { connections }));
    let task = tokio::spawn(door.serve());
    let mut told = Vec::new();
    while told.last().is_none_or(|last| !matches!(last, Arrival::Closed(_))) {
        told.push(soon(arrivals.recv()).await.unwrap());
    }
    assert!(matches!(told.last(), Some(Arrival::Closed(ConnectionId(1)))));
    assert_eq!(hall.counters.panicked(), 1);
    good.send(Bytes::from_static(b"still here")).await.unwrap();
    assert!(matches!(soon(arrivals.recv()).await, Some(Arrival::Frame(ConnectionId(2), _))));
    hall.kill.cancel();
    soon(task).await.unwrap();
}

/// Hands out connections from the last to the first, and then waits.
struct MockQueue {
    connections: Vec<BoxConnection>,
}

#[async_trait::async_trait]
impl Listener for MockQueue {
    async fn accept(&mut self) -> Result<BoxConnection, AcceptError> {
        match self.connections.pop() {
            Some(connection) => Ok(connection),
            None => std::future::pending().await,
        }
    }

    fn local(&self) -> Endpoint {
        Endpoint::memory("queue")
    }

    async fn close(&mut self) {}
}

/// A connection with a fault of its own.
struct MockBroken;

static NOWHERE: Peer =
    Peer { address: None, transport: bim_transport::TransportKind::Memory, encrypted: false };

impl Connection for MockBroken {
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(&mut self, _: Bytes) -> Result<(), TransportError> {
        Ok(())
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_recv(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        panic!("a fault on purpose")
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn set_frame_limit(&mut self, _: usize) {}

    fn peer(&self) -> &Peer {
        &NOWHERE
    }
}
