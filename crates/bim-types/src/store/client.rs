//! What a client keeps below its data directory.

use crate::ids::{AppId, DeviceId, Uid};

/// Changes that become durable together, or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientBatch {
    /// Carried out in order.
    pub ops: Vec<ClientOp>,
}

/// One change of a client store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientOp {
    /// Sets which device this is. Written once per data directory.
    PutDevice(DeviceRecord),
    /// Sets who was logged in last.
    PutSession(SessionRecord),
    /// Forgets who was logged in last.
    ClearSession,
}

/// Which device a data directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceRecord {
    /// Drawn at random when the directory was first used.
    pub device: DeviceId,
}

/// Who was logged in last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Which app.
    pub app: AppId,
    /// Which user.
    pub uid: Uid,
}
