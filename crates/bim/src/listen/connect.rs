//! Who hears of the connection.

use std::sync::Arc;

use bim_types::{ConnectStatus, ErrorCode};

use crate::event::ConnectEvent;
use crate::feed::Reader;
use crate::shared::Shared;

/// Hears what happens to the connection. Every function has an empty body to begin with.
///
/// Called in order, never on the task that serves the network. Calling the client from here is fine.
pub trait ConnectListener: Send + Sync + 'static {
    /// The status of the connection changed.
    fn on_connect_status_changed(&self, status: ConnectStatus) {
        let _ = status;
    }

    /// The server does not accept the token any more, or never did. With a token provider the client has asked
    /// for another already.
    fn on_token_invalid(&self, code: ErrorCode) {
        let _ = code;
    }
}

pub(crate) async fn run_connect_listener(
    listener: Arc<dyn ConnectListener>,
    reader: Reader<ConnectEvent>,
    shared: Arc<Shared>,
) {
    let log = shared.log;
    let tell = move |event| match event {
        ConnectEvent::Status(status) => listener.on_connect_status_changed(status),
        ConnectEvent::TokenInvalid(code) => listener.on_token_invalid(code),
        // What was missed is outdated; the present status is what counts.
        ConnectEvent::Lagged { .. } => {
            let present = shared.view().status.clone();
            listener.on_connect_status_changed(present);
        }
    };
    super::run(Arc::new(tell), reader, log).await;
}
