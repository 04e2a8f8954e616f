//! An operator in the same process.

use bim_server_core::{AdminCommand, AdminReply};
use tokio::sync::{mpsc, oneshot};

use super::AdminError;
use crate::pump::Control;

/// Asks a running server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AdminHandle {
    pump: mpsc::Sender<Control>,
}

impl AdminHandle {
    pub(crate) fn new(pump: mpsc::Sender<Control>) -> Self {
        Self { pump }
    }

    /// Has a command carried out.
    ///
    /// # Errors
    ///
    /// [`AdminError::Refused`] with the engine's reason; [`AdminError::Stopped`] when the server stops first.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have been carried out.
    pub async fn call(&self, command: AdminCommand) -> Result<AdminReply, AdminError> {
        let (answer, answered) = oneshot::channel();
        let asked = self.pump.send(Control::Admin { command, answer }).await;
        asked.map_err(|_| AdminError::Stopped)?;
        answered.await.map_err(|_| AdminError::Stopped)?.map_err(AdminError::Refused)
    }
}
