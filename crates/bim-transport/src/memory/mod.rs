//! Connections inside one process: for tests, benchmarks, and a client and server in one program.
//!
//! *What it is.* Two bounded queues of frames with wakers. No tokio runtime and no clock is involved, so it
//! works under paused time and under any executor.
//!
//! *How it ends.* `close` lets the peer read what was sent, then `None`. Dropping an end without closing
//! lets the peer read what was sent, then [`TransportError::Lost`](crate::TransportError::Lost), then
//! `None`. A writer whose peer is gone gets an error from the next call.
//!
//! *When full.* A direction that holds [`MemoryConfig::frames_max`] frames or [`MemoryConfig::bytes_max`]
//! bytes is not ready until the peer reads. A writer that waits is woken when half of that is free.
//!
//! *When seen.* A reader that waits is woken by the writer's flush, or when the writer finds no room, not by
//! each frame.

mod connection;
mod hub;
mod pipe;

pub use connection::{MemoryConnection, pair};
pub use hub::{MemoryDialer, MemoryListener, hub};

use crate::limits::FRAME_BYTES_MAX;

/// The bounds of memory connections, for each direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryConfig {
    /// Frames in flight (256).
    pub frames_max: usize,
    /// Bytes in flight (1 MiB); one frame may go over.
    pub bytes_max: usize,
    /// Largest frame in bytes (256 KiB).
    pub frame_bytes_max: usize,
    /// Dialed connections that wait for `accept` (1,024). A dial waits when there are more.
    pub backlog: usize,
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self { frames_max: 256, bytes_max: 1024 * 1024, frame_bytes_max: FRAME_BYTES_MAX, backlog: 1024 }
    }
}
