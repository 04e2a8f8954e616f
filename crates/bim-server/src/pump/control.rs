//! What operators and the server itself ask of the pump.

use bim_server_core::{AdminCommand, AdminReply};
use bim_types::Refusal;
use tokio::sync::oneshot;

/// Controls that wait for the pump. When full, who asks waits.
pub(crate) const CONTROLS_MAX: usize = 64;

/// What an operator is answered.
pub(crate) type AdminResult = Result<AdminReply, Refusal>;

/// What is asked of the pump beside serving connections.
#[derive(Debug)]
pub(crate) enum Control {
    /// A command of an operator.
    Admin {
        /// What is asked.
        command: AdminCommand,
        /// Where the answer goes; dropped without one when the server stops.
        answer: oneshot::Sender<AdminResult>,
    },
    /// Finish what is being written and say goodbye to everyone.
    Drain {
        /// Told when that is done.
        done: oneshot::Sender<()>,
    },
    /// Return.
    Stop,
}
