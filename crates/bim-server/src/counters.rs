//! What happened so far, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts events of the shell since the start of the server.
#[derive(Debug, Default)]
pub struct Counters {
    accepted: AtomicU64,
    refused: AtomicU64,
    slow: AtomicU64,
    panicked: AtomicU64,
    store_busy: AtomicU64,
    moderation_busy: AtomicU64,
    moderation_failed: AtomicU64,
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident, $count:ident;)*) => {
        impl Counters {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(&self) -> u64 {
                    self.$name.load(Ordering::Relaxed)
                }

                pub(crate) fn $count(&self) {
                    self.$name.fetch_add(1, Ordering::Relaxed);
                }
            )*
        }
    };
}

counters! {
    /// Connections taken in.
    accepted, count_accepted;
    /// Connections closed at once because of a limit.
    refused, count_refused;
    /// Connections that read too slowly.
    slow, count_slow;
    /// Connections that ended by a fault in their task.
    panicked, count_panicked;
    /// Operations that the store's full queue refused.
    store_busy, count_store_busy;
    /// Messages that found no free place at the moderator.
    moderation_busy, count_moderation_busy;
    /// Moderation hooks that ended by a fault or took too long.
    moderation_failed, count_moderation_failed;
}
