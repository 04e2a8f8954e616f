//! What connections tell the pump.

use std::sync::Arc;

use bim_types::ConnectionId;
use bytes::Bytes;

use crate::fanout::Mailbox;

/// Arrivals that wait for the pump, of all connections together. When full, connections read no further, and
/// their peers are held back by the transport.
pub(crate) const ARRIVALS_MAX: usize = 1_024;

/// What a connection tells the pump.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// It is there. Comes first.
    Opened {
        /// Its number.
        connection: ConnectionId,
        /// What failed logins are counted by.
        peer: Option<Arc<str>>,
        /// Where frames for it go.
        mailbox: Arc<Mailbox>,
    },
    /// A frame arrived.
    Frame(ConnectionId, Bytes),
    /// It reads too slowly. Said once.
    TooSlow(ConnectionId),
    /// It is gone. Comes last.
    Closed(ConnectionId),
}
