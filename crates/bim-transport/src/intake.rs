//! The half of a listener that its owner holds: a bounded queue fed by a task that accepts.
//!
//! The task runs whether or not somebody waits in `accept`, so handshakes make progress, and `accept` is
//! nothing but a receive from the queue, so it is cancel safe.

use std::future::Future;

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use crate::{AcceptError, BoxConnection};

/// Established connections, and the task that makes them. Dropping it stops the task.
#[derive(Debug)]
pub(crate) struct Intake {
    established: mpsc::Receiver<BoxConnection>,
    /// Dropping it tells the task to stop.
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

/// The end of the queue that the accepting task holds.
pub(crate) type Established = mpsc::Sender<BoxConnection>;

/// Resolves when the listener was closed or dropped.
pub(crate) type Stop = oneshot::Receiver<()>;

impl Intake {
    /// Starts the accepting task on the current runtime.
    pub(crate) fn start<F>(backlog: usize, accepting: impl FnOnce(Established, Stop) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (sender, established) = mpsc::channel(backlog.max(1));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(accepting(sender, stopped));
        Self { established, stop: Some(stop), task: Some(task) }
    }

    pub(crate) async fn accept(&mut self) -> Result<BoxConnection, AcceptError> {
        match self.established.recv().await {
            Some(connection) => Ok(connection),
            None => Err(AcceptError::Closed),
        }
    }

    /// Tells the task to stop, waits until it has, and lets go of what nobody accepted.
    pub(crate) async fn close(&mut self) {
        drop(self.stop.take());
        self.established.close();
        while self.established.recv().await.is_some() {}
        if let Some(task) = self.task.as_mut() {
            // A task that panicked has stopped, too.
            let _ = task.await;
        }
        self.task = None;
    }
}
