//! A listener and its dialers inside one process.

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::{MemoryConfig, MemoryConnection, pair};
use crate::{AcceptError, BoxConnection, DialError, Dialer, Endpoint, Listener};

/// Makes a listener and a dialer to it. The name is only for `local()` and `describe()`.
#[must_use]
pub fn hub(name: &str, config: MemoryConfig) -> (MemoryListener, MemoryDialer) {
    let (queue, incoming) = mpsc::channel(config.backlog.max(1));
    let dialer = MemoryDialer { queue, config, endpoint: Endpoint::memory(name) };
    (MemoryListener { incoming, dialer: dialer.clone() }, dialer)
}

/// Accepts connections of the dialers made with it.
#[derive(Debug)]
pub struct MemoryListener {
    incoming: mpsc::Receiver<MemoryConnection>,
    dialer: MemoryDialer,
}

impl MemoryListener {
    /// One more dialer to this listener.
    #[must_use]
    pub fn dialer(&self) -> MemoryDialer {
        self.dialer.clone()
    }
}

#[async_trait]
impl Listener for MemoryListener {
    async fn accept(&mut self) -> Result<BoxConnection, AcceptError> {
        match self.incoming.recv().await {
            Some(connection) => Ok(Box::new(connection)),
            None => Err(AcceptError::Closed),
        }
    }

    fn local(&self) -> Endpoint {
        self.dialer.endpoint.clone()
    }

    async fn close(&mut self) {
        self.incoming.close();
        while self.incoming.try_recv().is_ok() {}
    }
}

/// Dials one [`MemoryListener`]. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MemoryDialer {
    queue: mpsc::Sender<MemoryConnection>,
    config: MemoryConfig,
    endpoint: Endpoint,
}

#[async_trait]
impl Dialer for MemoryDialer {
    async fn dial(&self) -> Result<BoxConnection, DialError> {
        let (ours, theirs) = pair(self.config.clone());
        self.queue.send(theirs).await.map_err(|_| DialError::Refused)?;
        Ok(Box::new(ours))
    }

    fn describe(&self) -> String {
        self.endpoint.to_string()
    }
}
