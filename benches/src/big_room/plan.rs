//! Who comes, what is sent, and what the server may take for it.

use bim_server::ServerConfig;
use bim_store::redb::CACHE_BYTES;
use bim_types::Priority;
use bim_types::limits::FRAME_BYTES_MAX;

use super::BigRoomOptions;
use super::roles::{Duty, Role};
use crate::load::server_config;

/// Senders of LOW beyond the budget, at most. Each has a share of the flood.
const FLOODERS_MAX: u32 = 32;

/// There is one of them for so many messages a second that the room takes: with more senders than messages a second
/// there is no fair share left, and the first who come are served.
const SHARED_PER_FLOODER: u32 = 4;

/// Senders of HIGH and NORMAL each use this part of what one sender may send.
const SENDER_USE: f64 = 0.5;

/// What a WebSocket connection of the server holds at most, in bytes: 4 KiB to read into, one frame that arrives,
/// 64 KiB to write and one frame on top.
const TRANSPORT_BYTES: usize = 4 * 1024 + FRAME_BYTES_MAX + 64 * 1024 + FRAME_BYTES_MAX;

/// Task, session and place in the roster of one connection, in bytes. Generous.
const SESSION_BYTES: usize = 16 * 1024;

/// Arrivals that wait for the engine: 1,024 of at most one frame, in bytes.
const ARRIVALS_BYTES: usize = 1_024 * FRAME_BYTES_MAX;

/// The log's queue of writes, in bytes.
const LOG_QUEUE_BYTES: usize = 64 * 1024 * 1024;

/// The numbers of one run.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) config: ServerConfig,
    /// The owner first, who is a sender.
    pub(super) roles: Vec<Role>,
}

impl Plan {
    /// What these options come to, with so many viewers that do not read.
    pub(super) fn new(options: &BigRoomOptions, stalled: u32) -> Result<Self, String> {
        let config = server_config(&options.settings())?;
        let engine = &config.limits.engine;
        let (high, shared) = (engine.room_high_per_second, engine.room_shared_per_second);
        let flood = shared.saturating_mul(options.low_flood);
        let flooders = if flood == 0 { 0 } else { (shared / SHARED_PER_FLOODER).clamp(1, FLOODERS_MAX) };
        let one = f64::from(engine.sender_per_second) * SENDER_USE;
        let enough = |per_second: u32| (f64::from(per_second) / one).ceil().max(1.0) as u32;
        let mut roles = Vec::new();
        for (class, per_second, senders) in [
            (Priority::High, high, enough(high)),
            (Priority::Normal, shared, enough(shared)),
            (Priority::Low, flood, flooders),
        ] {
            let duty = Duty { class, per_second: f64::from(per_second) / f64::from(senders.max(1)) };
            roles.extend((0..senders).map(|_| Role::Sending(duty)));
        }
        roles.extend((0..options.reading()).map(|_| Role::Reading));
        roles.extend((0..stalled).map(|_| Role::Stalled));
        Ok(Self { config, roles })
    }

    /// Who comes.
    pub(super) fn users(&self) -> u32 {
        u32::try_from(self.roles.len()).expect("there are as many as uids")
    }

    /// What the server may take at most, by its settings, when it takes so much with nobody there; and how that comes
    /// about, in words. Frames in queues are shared by all viewers, so the real number is far lower.
    pub(super) fn memory_cap(&self, base: u64) -> (u64, String) {
        let limits = &self.config.limits;
        let connection = limits.queue.bytes + TRANSPORT_BYTES + SESSION_BYTES;
        let room = limits.engine.room_buffer_bytes;
        let fixed = ARRIVALS_BYTES + LOG_QUEUE_BYTES + CACHE_BYTES;
        let cap = base + (fixed + self.roles.len() * connection + room) as u64;
        let mib = |bytes: usize| bytes as f64 / 1_048_576.0;
        let words = format!(
            "base {:.0} + arrivals {:.0} + log queue {:.0} + page cache {:.0} + {} connections x {:.2} + room buffer {:.0}",
            mib(base as usize),
            mib(ARRIVALS_BYTES),
            mib(LOG_QUEUE_BYTES),
            mib(CACHE_BYTES),
            self.roles.len(),
            mib(connection),
            mib(room),
        );
        (cap, words)
    }
}
