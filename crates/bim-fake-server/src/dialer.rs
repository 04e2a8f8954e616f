//! The way to a fake server, whichever of its lives it is in.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bim_transport::memory::MemoryDialer;
use bim_transport::{BoxConnection, DialError, Dialer};

/// Where every hub of a fake server is.
pub(crate) const NAME: &str = "bim-fake-server";

/// Dials a fake server, also after it was started anew; while it is down, dials are refused. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ServerDialer {
    present: Arc<Mutex<Option<MemoryDialer>>>,
}

impl ServerDialer {
    /// A dialer to a hub, for now.
    #[must_use]
    pub fn to(hub: MemoryDialer) -> Self {
        Self { present: Arc::new(Mutex::new(Some(hub))) }
    }

    pub(crate) fn nowhere() -> Self {
        Self { present: Arc::default() }
    }

    pub(crate) fn set(&self, hub: Option<MemoryDialer>) {
        *self.present.lock().unwrap_or_else(PoisonError::into_inner) = hub;
    }

    fn hub(&self) -> Option<MemoryDialer> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Dialer for ServerDialer {
    async fn dial(&self) -> Result<BoxConnection, DialError> {
        self.hub().ok_or(DialError::Refused)?.dial().await
    }

    fn describe(&self) -> String {
        format!("memory://{NAME}")
    }
}
