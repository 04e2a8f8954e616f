//! What no single value shows: that settings fit together and are within their ranges.

use std::time::Duration;

use bim_server_core::EngineConfig;
use bim_types::limits::PERIOD_MAX;

use super::{ConfigError, Limits, ServerConfig};

/// Whether it holds, for which key, and what would be right.
type Rule = (bool, &'static str, &'static str);

impl ServerConfig {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let engine = &self.limits.engine;
        let rules = self.of_the_shell().into_iter().chain(of_sessions(engine)).chain(of_rooms(engine));
        match rules.into_iter().find(|(holds, ..)| !holds) {
            Some((_, key, right)) => Err(ConfigError::Conflict { key, right }),
            None => Ok(()),
        }
    }

    fn of_the_shell(&self) -> [Rule; 8] {
        let Limits { queue, connections, engine, .. } = &self.limits;
        [
            (!self.data_dir.as_os_str().is_empty(), "data_dir", "the path of a directory"),
            (
                self.tls.certificate.is_some() == self.tls.key.is_some(),
                "tls.key",
                "certificate and key together",
            ),
            (
                queue.frames > queue.reserved_frames,
                "limits.queue_frames",
                "more than limits.queue_reserved_frames",
            ),
            // Or a client with all its requests under way is too slow as soon as they are answered, again and again.
            (
                queue.frames >= engine.in_flight_requests,
                "limits.queue_frames",
                "at least limits.in_flight_requests",
            ),
            (
                queue.bytes > queue.reserved_bytes,
                "limits.queue_bytes",
                "more than limits.queue_reserved_bytes",
            ),
            (connections.strangers >= 2, "limits.strangers", "at least 2"),
            (connections.strangers_per_address >= 2, "limits.strangers_per_address", "at least 2"),
            (self.workers <= crate::fanout::SHARDS_MAX, "workers", "at most 64"),
        ]
    }
}

fn of_sessions(engine: &EngineConfig) -> [Rule; 5] {
    [
        (
            engine.liveness_timeout > engine.ping_interval && !engine.ping_interval.is_zero(),
            "limits.liveness_timeout",
            "more than limits.ping_interval, which is more than zero",
        ),
        (!engine.authentication_deadline.is_zero(), "limits.authentication_deadline", "more than zero"),
        (engine.in_flight_requests > 0, "limits.in_flight_requests", "at least 1"),
        (
            (1..crate::store::WRITES_IN_FLIGHT_MAX).contains(&engine.writes_in_flight),
            "limits.writes_in_flight",
            "1 to 32767",
        ),
        (engine.joined_groups_per_connection > 0, "limits.joined_groups_per_connection", "at least 1"),
    ]
}

/// Upper ends are where a page, a pulse or the answer to a join would outgrow a frame, or where a room would
/// seem dead.
fn of_rooms(engine: &EngineConfig) -> [Rule; 9] {
    const PAGE: std::ops::RangeInclusive<usize> = 1..=200;
    let millis = Duration::from_millis;
    let idle = engine.dissolve_after_idle;
    [
        (PAGE.contains(&engine.history_page_messages), "limits.history_page_messages", "1 to 200"),
        (PAGE.contains(&engine.sanction_page_entries), "limits.sanction_page_entries", "1 to 200"),
        (PAGE.contains(&engine.page_entries), "limits.page_entries", "1 to 200"),
        (engine.admins_per_group <= 199, "limits.admins_per_group", "0 to 199"),
        (engine.counters_per_group <= 128, "limits.counters_per_group", "0 to 128"),
        (
            (millis(100)..=millis(10_000)).contains(&engine.pulse_interval),
            "limits.pulse_interval",
            "100ms to 10s",
        ),
        (
            (millis(10)..=millis(10_000)).contains(&engine.moderation_timeout),
            "limits.moderation_timeout",
            "10ms to 10s",
        ),
        (
            engine.attribute_leave_grace <= Duration::from_secs(3_600),
            "limits.attribute_leave_grace",
            "0s to 1h",
        ),
        (
            idle.is_zero() || (Duration::from_secs(1)..=PERIOD_MAX).contains(&idle),
            "limits.dissolve_after_idle",
            "0s for never, or 1s to 3650d",
        ),
    ]
}
