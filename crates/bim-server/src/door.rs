//! One listener, and the tasks of the connections that came in through it.
//!
//! A door accepts, gives each connection a number and a place, starts its task, and tells the pump when it
//! ended, whether it returned or panicked: exactly once for each connection.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bim_server_core::queue::QueueLimits;
use bim_transport::{BoxConnection, Connection, Listener};
use bim_types::ConnectionId;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::{CancellationToken, PollSender};

use crate::census::{Census, cut};
use crate::connection::{Arrival, Driver, Ending};
use crate::counters::Counters;
use crate::fanout::Mailbox;

/// What all doors of a server share. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Hall {
    pub(crate) pump: mpsc::Sender<Arrival>,
    pub(crate) census: Arc<Census>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) queue: QueueLimits,
    pub(crate) numbers: Arc<AtomicU64>,
    /// Accept nobody any more; those inside stay.
    pub(crate) shut: CancellationToken,
    /// Cut everyone.
    pub(crate) kill: CancellationToken,
}

/// Accepts at one listener and watches its connections.
pub(crate) struct Door {
    hall: Hall,
    listener: Box<dyn Listener>,
    inside: JoinSet<Ending>,
    numbers: HashMap<Id, ConnectionId>,
}

impl Hall {
    fn next_number(&self) -> ConnectionId {
        ConnectionId(self.numbers.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

impl Door {
    /// A door at a listener. Nobody comes in before [`serve`](Self::serve).
    pub(crate) fn new(hall: Hall, listener: Box<dyn Listener>) -> Self {
        Self { hall, listener, inside: JoinSet::new(), numbers: HashMap::new() }
    }

    /// Accepts until the hall is shut, then waits for everyone inside to leave.
    pub(crate) async fn serve(mut self) {
        let kill = self.hall.kill.clone();
        if kill.run_until_cancelled(self.serve_all()).await.is_none() {
            self.listener.close().await;
            self.inside.shutdown().await;
        }
    }

    async fn serve_all(&mut self) {
        let shut = self.hall.shut.clone();
        loop {
            tokio::select! {
                () = shut.cancelled() => break,
                Some(ended) = self.inside.join_next_with_id() => self.on_ended(ended).await,
                accepted = self.listener.accept() => match accepted {
                    Ok(connection) => self.on_accepted(connection).await,
                    Err(error) => {
                        tracing::error!(listener = %self.listener.local(), %error, "listener accepts no more");
                        break;
                    }
                },
            }
        }
        self.listener.close().await;
        while let Some(ended) = self.inside.join_next_with_id().await {
            self.on_ended(ended).await;
        }
    }

    async fn on_accepted(&mut self, connection: BoxConnection) {
        let address = connection.peer().address;
        let transport = connection.peer().transport.name();
        let Some(place) = self.hall.census.enter(address) else {
            self.hall.counters.count_refused();
            tracing::debug!(peer = cut(address), transport, "connection refused: too many");
            return;
        };
        let id = self.hall.next_number();
        let mailbox = Arc::new(Mailbox::new(self.hall.queue));
        let opened =
            Arrival::Opened { connection: id, peer: place.counted_by(), mailbox: Arc::clone(&mailbox) };
        if self.hall.pump.send(opened).await.is_err() {
            return;
        }
        self.hall.counters.count_accepted();
        tracing::debug!(connection = id.0, peer = cut(address), transport, "connection accepted");
        let driver = Driver::new(id, connection, mailbox, PollSender::new(self.hall.pump.clone()), place);
        let task = self.inside.spawn(driver.run());
        self.numbers.insert(task.id(), id);
    }

    async fn on_ended(&mut self, ended: Result<(Id, Ending), JoinError>) {
        let (task, ending) = match ended {
            Ok((task, ending)) => (task, Some(ending)),
            Err(error) => (error.id(), None),
        };
        let Some(connection) = self.numbers.remove(&task) else { return };
        match ending {
            Some(ending) => {
                if ending == Ending::TooMany {
                    self.hall.counters.count_refused();
                }
                tracing::debug!(connection = connection.0, ?ending, "connection ended");
            }
            None => {
                self.hall.counters.count_panicked();
                tracing::error!(connection = connection.0, "connection ended by a fault in its task");
            }
        }
        // Without a pump there is nobody to tell.
        let _ = self.hall.pump.send(Arrival::Closed(connection)).await;
    }
}

#[cfg(test)]
#[path = "door_test.rs"]
mod tests;
