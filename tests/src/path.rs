//! A client's way to the server, which a scenario can cut and mend.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bim_transport::wrappers::{Fault, FaultHandle, Faulty};
use bim_transport::{BoxConnection, DialError, Dialer};
use tokio::sync::watch;

/// A client's way to the server, which a scenario can cut and mend. Cheap to clone.
///
/// It takes the dialers it is made of in turn, one for each connection. While it is cut, dials wait.
#[derive(Clone)]
pub struct Path {
    dialers: Arc<[Box<dyn Dialer>]>,
    opened: Arc<AtomicU64>,
    is_open: Arc<watch::Sender<bool>>,
    present: Arc<Mutex<Option<FaultHandle>>>,
}

impl Path {
    /// A way over these dialers in turn.
    #[must_use]
    pub fn over(dialers: Vec<Box<dyn Dialer>>) -> Self {
        Self {
            dialers: dialers.into(),
            opened: Arc::default(),
            is_open: Arc::new(watch::Sender::new(true)),
            present: Arc::default(),
        }
    }

    /// Loses the connection, and opens none until it is mended.
    pub fn cut(&self) {
        self.is_open.send_replace(false);
        if let Some(present) = self.present().take() {
            present.inject(Fault::CutAfterFrames(0));
        }
    }

    /// Hears nothing any more, while what is sent still arrives.
    pub fn deafen(&self) {
        if let Some(present) = &*self.present() {
            present.inject(Fault::StallReads);
        }
    }

    /// Hears again, as long as the server did not lose patience.
    pub fn hear(&self) {
        if let Some(present) = &*self.present() {
            present.mend();
        }
    }

    /// Opens connections again.
    pub fn mend(&self) {
        self.is_open.send_replace(true);
    }

    /// How many connections were opened.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.opened.load(Ordering::SeqCst)
    }

    fn present(&self) -> MutexGuard<'_, Option<FaultHandle>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Dialer for Path {
    async fn dial(&self) -> Result<BoxConnection, DialError> {
        let mut is_open = self.is_open.subscribe();
        is_open.wait_for(|is_open| *is_open).await.map_err(|_| DialError::Refused)?;
        let turn = usize::try_from(self.opened()).unwrap_or_default() % self.dialers.len().max(1);
        let dialer = self.dialers.get(turn).ok_or(DialError::Refused)?;
        let (connection, handle) = Faulty::new(dialer.dial().await?);
        self.opened.fetch_add(1, Ordering::SeqCst);
        *self.present() = Some(handle);
        Ok(Box::new(connection))
    }

    fn describe(&self) -> String {
        "a way that can be cut".to_owned()
    }
}

impl std::fmt::Debug for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Path").field("opened", &self.opened()).finish_non_exhaustive()
    }
}
