//! What an engine may decide by: policy, with safe defaults.

use std::time::Duration;

use bim_livegroup::budget::{Budgets, Rate};
use bim_livegroup::room::{BufferLimits, RoomPolicy};
use bim_types::limits;

use crate::io::ModerationVerdict;

/// The engine's limits. Every default is the constant of the same meaning in [`bim_types::limits`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// HIGH messages a room accepts per second.
    pub room_high_per_second: u32,
    /// NORMAL and LOW messages together that a room accepts per second.
    pub room_shared_per_second: u32,
    /// Messages a room accepts from one sender per second.
    pub sender_per_second: u32,
    /// Messages one sender may send at once after a pause.
    pub sender_burst: u32,
    /// Whether ordinary members may send HIGH.
    pub members_may_send_high: bool,
    /// How long a resume reaches back.
    pub resume_window: Duration,
    /// How many messages a resume reaches back.
    pub room_buffer_messages: usize,
    /// How many bytes a resume reaches back.
    pub room_buffer_bytes: usize,
    /// How long messages of live groups are kept.
    pub live_history: Duration,
    /// Live groups of one app.
    pub live_groups_per_app: usize,
    /// Live groups one connection may be in at once; at least 1.
    pub joined_groups_per_connection: usize,
    /// Devices of one user that may be connected.
    pub devices_per_uid: usize,
    /// Requests of one connection that may wait for their answer.
    pub in_flight_requests: usize,
    /// Writes that may wait for the store before new ones are refused as busy.
    pub writes_in_flight: usize,
    /// How often each side pings when nothing else is sent.
    pub ping_interval: Duration,
    /// How long nothing may arrive before a connection is given up.
    pub liveness_timeout: Duration,
    /// How long a peer has to authenticate.
    pub authentication_deadline: Duration,
    /// Longest life of a token.
    pub token_lifetime: Duration,
    /// How far ahead of this clock a token may say it was made.
    pub token_leeway: Duration,
    /// Failed logins of one address per minute.
    pub failed_logins_per_minute: u32,
    /// How long an address with too many failed logins stays closed.
    pub failed_login_penalty: Duration,
    /// How long a live group without viewers stays in memory.
    pub room_idle: Duration,
    /// Messages on one page of history; 1 to 200. A larger request is answered with this many.
    pub history_page_messages: usize,
    /// Users on one page of muted, exempt or blocked users; 1 to 200. A larger request is answered with this many.
    pub sanction_page_entries: usize,
    /// Entries on one page of groups, owner and admins, or online members; 1 to 200. A larger request is answered
    /// with this many.
    pub page_entries: usize,
    /// Admins of one live group; 0 to 199, so that owner and admins are always named in a pulse. More are refused.
    pub admins_per_group: usize,
    /// How long a sender may change or remove an own message; 0 (never) or more. Later is refused.
    pub recall_window: Duration,
    /// How often a room tells who came and went, and its counters, at most; 100 ms to 10 s.
    pub pulse_interval: Duration,
    /// Whether ordinary members may write attributes of their group.
    pub members_may_set_attributes: bool,
    /// Counters of one live group; 0 to 128, so that a pulse can hold them all. More are refused.
    pub counters_per_group: usize,
    /// Whether messages wait for a moderator's verdict: [`crate::io::Output::Moderate`].
    pub moderates: bool,
    /// How long a moderation hook may take before the fallback decides; 10 ms to 10 s.
    pub moderation_timeout: Duration,
    /// The fallback: whether a message is let through when the moderation hook fails or takes too long. Otherwise
    /// it is refused.
    pub moderation_fallback_allows: bool,
    /// How long attributes that go with their setter outlive a lost connection; 0 (they go at once) to 1 h.
    pub attribute_leave_grace: Duration,
    /// How long nobody is in a live group before it is dissolved, for groups made from now on: 0 (never) or 1 s to
    /// ten years. The owner of a group can change its own.
    pub dissolve_after_idle: Duration,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            room_high_per_second: limits::ROOM_HIGH_PER_SECOND,
            room_shared_per_second: limits::ROOM_SHARED_PER_SECOND,
            sender_per_second: limits::SENDER_PER_SECOND,
            sender_burst: limits::SENDER_BURST,
            members_may_send_high: false,
            resume_window: limits::RESUME_WINDOW,
            room_buffer_messages: limits::ROOM_BUFFER_MESSAGES_MAX,
            room_buffer_bytes: limits::ROOM_BUFFER_BYTES_MAX,
            live_history: limits::LIVE_HISTORY,
            live_groups_per_app: limits::LIVE_GROUPS_PER_APP_MAX,
            joined_groups_per_connection: limits::JOINED_GROUPS_MAX,
            devices_per_uid: limits::DEVICES_PER_UID_MAX,
            in_flight_requests: limits::IN_FLIGHT_REQUESTS_MAX,
            writes_in_flight: 16_384,
            ping_interval: limits::PING_INTERVAL,
            liveness_timeout: limits::LIVENESS_TIMEOUT,
            authentication_deadline: limits::AUTHENTICATION_DEADLINE,
            token_lifetime: limits::TOKEN_LIFETIME_MAX,
            token_leeway: limits::TOKEN_LEEWAY,
            failed_logins_per_minute: limits::FAILED_LOGINS_PER_MINUTE,
            failed_login_penalty: limits::FAILED_LOGIN_PENALTY,
            room_idle: Duration::from_secs(600),
            history_page_messages: limits::HISTORY_PAGE_MESSAGES_MAX,
            sanction_page_entries: limits::SANCTION_PAGE_ENTRIES_MAX,
            page_entries: limits::PAGE_ENTRIES_MAX,
            admins_per_group: limits::ADMINS_MAX,
            recall_window: limits::RECALL_WINDOW,
            pulse_interval: limits::PULSE_INTERVAL,
            members_may_set_attributes: true,
            counters_per_group: limits::COUNTERS_MAX,
            moderates: false,
            moderation_timeout: limits::MODERATION_TIMEOUT,
            moderation_fallback_allows: false,
            attribute_leave_grace: limits::ATTRIBUTE_LEAVE_GRACE,
            dissolve_after_idle: Duration::ZERO,
        }
    }
}

impl EngineConfig {
    /// The verdict in place of a moderation hook that gave none; a refusal says why it did not. The engine gives it
    /// when the time is over, a shell that can not ask at all gives it at once.
    #[must_use]
    pub fn fallback_verdict(&self, why: &str) -> ModerationVerdict {
        if self.moderation_fallback_allows {
            ModerationVerdict::Allow
        } else {
            ModerationVerdict::Refuse { check_code: 0, message: why.to_owned() }
        }
    }

    /// What rooms decide by.
    pub(crate) fn room_policy(&self) -> RoomPolicy {
        let room = |per_second| Rate { per_second, burst: per_second };
        RoomPolicy {
            budgets: Budgets {
                high: room(self.room_high_per_second),
                shared: room(self.room_shared_per_second),
                sender: Rate { per_second: self.sender_per_second, burst: self.sender_burst },
            },
            buffer: BufferLimits {
                messages: self.room_buffer_messages,
                bytes: self.room_buffer_bytes,
                window: self.resume_window,
            },
            members_may_send_high: self.members_may_send_high,
            members_may_set_attributes: self.members_may_set_attributes,
            recall_window: self.recall_window,
            admins: self.admins_per_group,
        }
    }
}
