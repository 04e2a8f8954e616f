//! How a closed listener gives its UDP port back.
//!
//! Accepted connections share the listener's socket and outlive it. When the last of them is gone, quinn would
//! keep the socket until all have drained, which takes seconds on slow paths. Here it is taken away from
//! quinn as soon as the closing packets have left; what drains then goes on without a socket.

use std::{
    future::Future,
    io::{self, IoSliceMut},
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Arc, Weak},
    task::{Context, Poll},
    time::Duration,
};

use quinn::{
    AsyncUdpSocket, UdpPoller,
    udp::{RecvMeta, Transmit},
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

/// Time in which the last connections tell their peers that they are closed (100 ms). A peer that missed it
/// finds out by its own timeout, or by the reset of the next listener.
const FAREWELL: Duration = Duration::from_millis(100);

/// Time between two looks at whether quinn's tasks have let go of the socket, which they do when they run.
const RELEASE_STEP: Duration = Duration::from_millis(1);

/// Such looks at most.
const RELEASE_STEPS: u32 = 100;

/// Who uses the socket of a listener.
#[derive(Debug, Clone, Default)]
pub(super) struct Usage(Arc<watch::Sender<()>>);

/// Held by each connection on the socket.
pub(super) type Lease = watch::Receiver<()>;

impl Usage {
    pub(super) fn lease(&self) -> Lease {
        self.0.subscribe()
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.is_closed()
    }

    async fn over(&self) {
        self.0.closed().await;
    }
}

/// Refuses newcomers until no connection uses the socket, and then frees it.
pub(super) async fn retire(endpoint: quinn::Endpoint, socket: Weak<dyn AsyncUdpSocket>, usage: Usage) {
    refuse_until(&endpoint, usage.over()).await;
    // With or without the last acknowledgements.
    let _ = timeout(FAREWELL, refuse_until(&endpoint, endpoint.wait_idle())).await;
    take_socket(&endpoint);
    drop(endpoint);
    for _ in 0..RELEASE_STEPS {
        if socket.strong_count() == 0 {
            return;
        }
        sleep(RELEASE_STEP).await;
    }
    tracing::warn!("the quic socket of a closed listener is still in use");
}

async fn refuse_until(endpoint: &quinn::Endpoint, over: impl Future<Output = ()>) {
    let mut over = pin!(over);
    loop {
        tokio::select! {
            () = &mut over => return,
            incoming = endpoint.accept() => match incoming {
                Some(incoming) => incoming.refuse(),
                None => return over.await,
            },
        }
    }
}

/// Gives quinn a socket that is none. It keeps the one before for late packets, hence twice.
fn take_socket(endpoint: &quinn::Endpoint) {
    let Ok(local) = endpoint.local_addr() else { return };
    for _ in 0..2 {
        // It fails only when the new socket has no address, and this one has.
        let _ = endpoint.rebind_abstract(Arc::new(Nowhere { local }));
    }
}

/// Sends into the void and receives nothing.
#[derive(Debug)]
struct Nowhere {
    local: SocketAddr,
}

impl AsyncUdpSocket for Nowhere {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(AlwaysWritable)
    }

    fn try_send(&self, _: &Transmit<'_>) -> io::Result<()> {
        Ok(())
    }

    fn poll_recv(
        &self,
        _: &mut Context<'_>,
        _: &mut [IoSliceMut<'_>],
        _: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }
}

#[derive(Debug)]
struct AlwaysWritable;

impl UdpPoller for AlwaysWritable {
    fn poll_writable(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
