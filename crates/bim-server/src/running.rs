//! A server that runs, and how it stops.

use std::sync::Arc;
use std::time::Duration;

use bim_transport::Endpoint;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::admin::AdminHandle;
#[cfg(feature = "redb")]
use crate::admin::AdminService;
use crate::counters::Counters;
use crate::door::Hall;
use crate::pump::Control;
use crate::store::Store;

/// How long the engine may take to finish its writes and say goodbye. After it everyone is cut.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long connections may take to write their goodbye and close. After it they are cut.
pub const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);

/// A server that runs. Dropping it stops it at once, as if it had crashed; see [`drain`](Self::drain).
#[derive(Debug)]
pub struct Running {
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) fingerprint: Option<String>,
    pub(crate) controls: mpsc::Sender<Control>,
    pub(crate) hall: Hall,
    pub(crate) doors: Vec<AbortOnDropHandle<()>>,
    pub(crate) pump: AbortOnDropHandle<Store>,
    #[cfg(feature = "redb")]
    pub(crate) service: Option<AdminService>,
    /// Cancelled when the pump has ended.
    pub(crate) over: CancellationToken,
}

/// How a server stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Every write was finished and every connection was told and closed.
    Orderly,
    /// Not everything was done in time, or the engine had failed; the rest was cut. What was acknowledged
    /// is durable all the same.
    Cut,
}

impl Running {
    /// Where it listens, with the ports that were really taken.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// SHA-256 of its certificate, if it has one, for clients that trust exactly that.
    #[must_use]
    pub fn certificate_fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }

    /// A way in for operators.
    #[must_use]
    pub fn admin(&self) -> AdminHandle {
        AdminHandle::new(self.controls.clone())
    }

    /// What happened so far, in numbers.
    #[must_use]
    pub fn counters(&self) -> &Arc<Counters> {
        &self.hall.counters
    }

    /// Waits until the server has stopped by itself, which it only does by a fault. Drain it then.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn failed(&self) {
        self.over.cancelled().await;
    }

    /// Stops in order: accepts nobody, finishes what is being written, says goodbye to everyone, closes,
    /// flushes the log.
    ///
    /// Takes at most [`DRAIN_TIMEOUT`] and [`LEAVE_TIMEOUT`], and what the last commit takes.
    ///
    /// # Cancel safety
    ///
    /// When dropped, the rest stops at once.
    pub async fn drain(mut self) -> Stopped {
        self.hall.shut.cancel();
        let drained = self.drain_engine().await;
        let left = drained && timeout(LEAVE_TIMEOUT, join(&mut self.doors)).await.is_ok();
        if !left {
            self.hall.kill.cancel();
            join(&mut self.doors).await;
        }
        // Before the directory is let go, so that nobody removes the file of a server that follows.
        #[cfg(feature = "redb")]
        drop(self.service.take());
        let _ = self.controls.send(Control::Stop).await;
        let closed = match (&mut self.pump).await {
            Ok(store) => tokio::task::spawn_blocking(move || store.close()).await.is_ok(),
            Err(_) => false,
        };
        if drained && left && closed { Stopped::Orderly } else { Stopped::Cut }
    }

    /// Stops at once, as a crash would: nobody is told, nothing is flushed. Returns when nothing is left.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropping it stops everything too.
    pub async fn abort(mut self) {
        self.hall.kill.cancel();
        self.pump.abort();
        // It was told to stop, so that it did not return is no news.
        let _ = (&mut self.pump).await;
        join(&mut self.doors).await;
    }

    async fn drain_engine(&self) -> bool {
        let (done, drained) = oneshot::channel();
        if self.controls.send(Control::Drain { done }).await.is_err() {
            return false;
        }
        matches!(timeout(DRAIN_TIMEOUT, drained).await, Ok(Ok(())))
    }
}

async fn join(doors: &mut Vec<AbortOnDropHandle<()>>) {
    while let Some(door) = doors.last_mut() {
        // A door that panicked has nobody inside any more.
        let _ = door.await;
        doors.pop();
    }
}
