//! What the engine decides by in a run.

use std::time::Duration;

use bim_server_core::EngineConfig;

/// Settings by the bits of a number: small limits, so that scripts reach them, and short times.
pub(super) fn config(setting: u8) -> EngineConfig {
    let is_set = |bit: u8| setting >> bit & 1 == 1;
    let common = EngineConfig {
        members_may_send_high: is_set(0),
        moderates: is_set(1),
        moderation_fallback_allows: is_set(2),
        joined_groups_per_connection: if is_set(3) { 2 } else { 1 },
        members_may_set_attributes: !is_set(4),
        live_groups_per_app: 4,
        devices_per_uid: 3,
        in_flight_requests: 8,
        writes_in_flight: 32,
        room_idle: Duration::from_secs(5),
        attribute_leave_grace: Duration::from_secs(2),
        ..EngineConfig::default()
    };
    if is_set(5) {
        return common;
    }
    EngineConfig {
        room_high_per_second: 4,
        room_shared_per_second: 8,
        sender_per_second: 3,
        sender_burst: 6,
        room_buffer_messages: 12,
        room_buffer_bytes: 100_000,
        resume_window: Duration::from_secs(20),
        ..common
    }
}
