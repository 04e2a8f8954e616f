//! What a machine is told once.

use bim_types::{AppId, Uid};

/// What a client machine is told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientConfig {
    /// Which app.
    pub app: AppId,
    /// Which user. Fixed for the life of the client.
    pub uid: Uid,
    /// How many endpoints can be dialed, at least 1. They are tried in turn.
    pub endpoints: usize,
    /// Name and version of the library, for the server's log. At most 64 bytes; more is cut off.
    pub sdk: String,
    /// Random bits from the shell: the device id and all jitter come from them.
    pub seed: u64,
}
