//! The way to a fake server, whichever of its lives it is in.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bim_transport::memory::MemoryDialer;
use bim_transport::{BoxConnection, DialError, Dialer};

use crate::network::Network;

/// Where every hub of a fake server is.
pub(crate) const NAME: &str = "bim-fake-server";

/// Dials a fake server, also after it was started anew; while it is down, dials are refused. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ServerDialer {
    present: Arc<Mutex<Option<MemoryDialer>>>,
    network: Arc<Network>,
}

impl ServerDialer {
    /// A dialer to a hub, for now.
    #[must_use]
    pub fn to(hub: MemoryDialer) -> Self {
        Self { present: Arc::new(Mutex::new(Some(hub))), network: Arc::default() }
    }

    pub(crate) fn nowhere() -> Self {
        Self { present: Arc::default(), network: Arc::default() }
    }

    pub(crate) fn set(&self, hub: Option<MemoryDialer>) {
        *self.present.lock().unwrap_or_else(PoisonError::into_inner) = hub;
    }

    /// What lies between it and the server.
    pub(crate) fn network(&self) -> Arc<Network> {
        Arc::clone(&self.network)
    }

    fn hub(&self) -> Option<MemoryDialer> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Dialer for ServerDialer {
    async fn dial(&self) -> Result<BoxConnection, DialError> {
        self.network.allow_dial().await?;
        let connection = self.hub().ok_or(DialError::Refused)?.dial().await?;
        Ok(self.network.connect(connection))
    }

    fn describe(&self) -> String {
        format!("memory://{NAME}")
    }
}
