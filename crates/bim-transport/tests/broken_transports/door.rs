//! Faults in how connections come about.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use async_trait::async_trait;
use bim_transport::{
    AcceptError, BoxConnection, Connection, DialError, Dialer, Endpoint, Listener, Peer, TransportError,
};
use bytes::Bytes;

use crate::{Side, broken as broken_connection, forward::forward};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A frame may come out of another connection than it went into.
    MixesConnections,
    LosesACancelledAccept,
    AdmitsAfterItsClose,
    WaitsForDialersAfterItsClose,
    /// Connections end with the listener that made them.
    TakesItsConnectionsAlong,
}

/// A listener or a dialer.
pub(crate) struct Door<T> {
    inner: T,
    fault: Option<crate::Fault>,
    shared: Arc<Shared>,
    closed: bool,
}

/// What the connections of one listener have in common, and should not.
#[derive(Default)]
struct Shared {
    frame: Mutex<Option<Bytes>>,
    cut: AtomicBool,
}

pub(crate) fn broken<L, D>(listener: L, dialer: D, fault: Option<crate::Fault>) -> (Door<L>, Door<D>) {
    let shared = Arc::new(Shared::default());
    let listener = Door { inner: listener, fault, shared: Arc::clone(&shared), closed: false };
    (listener, Door { inner: dialer, fault, shared, closed: false })
}

impl<T> Door<T> {
    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(crate::Fault::Door(fault))
    }

    fn let_in(&self, connection: BoxConnection, side: Side) -> BoxConnection {
        let inner = broken_connection(connection, side, self.fault);
        if !self.is(Fault::MixesConnections) && !self.is(Fault::TakesItsConnectionsAlong) {
            return inner;
        }
        let mixes = self.is(Fault::MixesConnections);
        Box::new(Entangled { inner, shared: Arc::clone(&self.shared), mixes })
    }
}

#[async_trait]
impl<D: Dialer> Dialer for Door<D> {
    async fn dial(&self) -> Result<BoxConnection, DialError> {
        Ok(self.let_in(self.inner.dial().await?, Side::Client))
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

#[async_trait]
impl<L: Listener> Listener for Door<L> {
    async fn accept(&mut self) -> Result<BoxConnection, AcceptError> {
        if self.closed && self.is(Fault::WaitsForDialersAfterItsClose) {
            std::future::pending::<()>().await;
        }
        let connection = self.inner.accept().await?;
        if self.is(Fault::LosesACancelledAccept) {
            tokio::task::yield_now().await;
        }
        Ok(self.let_in(connection, Side::Server))
    }

    fn local(&self) -> Endpoint {
        self.inner.local()
    }

    async fn close(&mut self) {
        self.closed = true;
        if self.is(Fault::TakesItsConnectionsAlong) {
            self.shared.cut.store(true, Ordering::Relaxed);
        }
        if !self.is(Fault::AdmitsAfterItsClose) {
            self.inner.close().await;
        }
    }
}

/// A connection that depends on others of its listener.
struct Entangled {
    inner: BoxConnection,
    shared: Arc<Shared>,
    mixes: bool,
}

impl Connection for Entangled {
    forward!(poll_ready, poll_flush, poll_close, set_frame_limit, peer);

    fn start_send(&mut self, frame: Bytes) -> Result<(), TransportError> {
        if self.shared.cut.load(Ordering::Relaxed) {
            return Err(TransportError::Lost);
        }
        if !self.mixes {
            return self.inner.start_send(frame);
        }
        // One buffer for all: what is in it leaves by whichever connection comes next.
        match self.shared.frame.lock().unwrap().replace(frame) {
            Some(before) => self.inner.start_send(before),
            None => Ok(()),
        }
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        if self.shared.cut.load(Ordering::Relaxed) {
            return Poll::Ready(None);
        }
        self.inner.poll_recv(cx)
    }
}
