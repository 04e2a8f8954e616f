//! Every setting: its name, what it means, how it is read and shown.

use super::ServerConfig;
use super::fallback::Fallback;
use super::setting::{Raw, Setting};

/// What the server's variables begin with.
pub(super) const ENVIRONMENT_PREFIX: &str = "BIM_";

/// One setting.
pub(super) struct Key {
    /// Its dotted name.
    pub(super) name: &'static str,
    /// What it means, one line.
    pub(super) doc: &'static str,
    /// Reads it; the error is what would be right.
    pub(super) set: fn(&mut ServerConfig, &Raw) -> Result<(), &'static str>,
    /// Shows it as TOML; `None` when it has no value.
    pub(super) show: fn(&ServerConfig) -> Option<String>,
}

/// `field as Kind` is for a field that is written as another type, into which it can be turned and back.
macro_rules! keys {
    ($($name:literal => $($field:ident).+ $(as $kind:ident)?, $doc:literal;)*) => {
        /// All settings, sections together.
        pub(super) static KEYS: &[Key] = &[$(Key {
            name: $name,
            doc: $doc,
            set: |config, raw| {
                config.$($field).+ = keys!(@read raw $($kind)?);
                Ok(())
            },
            show: |config| keys!(@show config.$($field).+ $(, $kind)?),
        },)*];
    };
    (@read $raw:ident) => { Setting::read($raw)? };
    (@read $raw:ident $kind:ident) => { <$kind as Setting>::read($raw)?.into() };
    (@show $value:expr) => { Setting::show(&$value) };
    (@show $value:expr, $kind:ident) => { Setting::show(&$kind::from($value)) };
}

keys! {
    "data_dir" => data_dir, "Where the database, the development certificate and admin.json are.";
    "trusted_proxies" => trusted_proxies, "Proxies: their connections are not counted by address.";
    "workers" => workers, "Fan-out shards; 0 for one per core.";
    "listen.websocket" => listen.websocket, "ws://, an address and port, or \"off\".";
    "listen.quic" => listen.quic, "quic://, an address and port, or \"off\".";
    "listen.secure_websocket" => listen.secure_websocket, "wss://, an address and port, or \"off\".";
    "tls.certificate" => tls.certificate, "Certificate chain as PEM; without it a development certificate is made.";
    "tls.key" => tls.key, "Its private key as PEM.";
    "moderation.words" => moderation.words, "A file with one word or phrase a line that messages may not hold.";
    "moderation.action" => moderation.action, "What becomes of a message that holds one: \"refuse\", or \"mask\" to put *** in its place.";
    "record.file" => record.file, "A new file to record everything to that the engine is told, for a bug report; see docs/recording.md.";
    "record.bodies" => record.bodies, "Whether message bodies are recorded as they are, and not as letters of the same length.";
    "log.format" => log.format, "\"text\" for people or \"json\" for machines.";
    "log.level" => log.level, "\"error\", \"warn\", \"info\", \"debug\" or \"trace\".";
    "limits.connections" => limits.connections.connections, "Connections in all.";
    "limits.strangers" => limits.connections.strangers, "Connections that are not authenticated, in all.";
    "limits.strangers_per_address" => limits.connections.strangers_per_address, "The same for one IPv4 address or IPv6 /64.";
    "limits.connections_per_address" => limits.connections.connections_per_address, "Authenticated connections of one address.";
    "limits.queue_frames" => limits.queue.frames, "Frames that wait for one connection.";
    "limits.queue_bytes" => limits.queue.bytes, "Bytes that wait for one connection.";
    "limits.queue_reserved_frames" => limits.queue.reserved_frames, "Of the frames, those that only HIGH and state may use.";
    "limits.queue_reserved_bytes" => limits.queue.reserved_bytes, "Of the bytes, those that only HIGH and state may use.";
    "limits.preset" => limits.preset, "Budgets of live groups: \"default\", or \"cloud\" (10 HIGH, 30 others, 5 of a sender, 10 at once).";
    "limits.room_high_per_second" => limits.engine.room_high_per_second, "HIGH messages a live group accepts per second; by the preset.";
    "limits.room_shared_per_second" => limits.engine.room_shared_per_second, "NORMAL and LOW messages a live group accepts per second; by the preset.";
    "limits.sender_per_second" => limits.engine.sender_per_second, "Messages a live group accepts from one sender per second; by the preset.";
    "limits.sender_burst" => limits.engine.sender_burst, "Messages one sender may send at once after a pause; by the preset.";
    "limits.members_may_send_high" => limits.engine.members_may_send_high, "Whether ordinary members may send HIGH.";
    "limits.members_may_set_attributes" => limits.engine.members_may_set_attributes, "Whether ordinary members may write attributes of their group.";
    "limits.recall_window" => limits.engine.recall_window, "How long a sender may change or remove an own message; 0s for never.";
    "limits.pulse_interval" => limits.engine.pulse_interval, "How often a live group tells who came and went, and its counters, at most; 100ms to 10s.";
    "limits.moderation_timeout" => limits.engine.moderation_timeout, "How long a moderation hook may take; 10ms to 10s.";
    "limits.moderation_fallback" => limits.engine.moderation_fallback_allows as Fallback, "\"allow\" or \"refuse\": what happens to a message when the hook fails or takes longer.";
    "limits.attribute_leave_grace" => limits.engine.attribute_leave_grace, "How long attributes that go with their setter outlive a lost connection; 0s to 1h.";
    "limits.resume_window" => limits.engine.resume_window, "How long a resume reaches back.";
    "limits.room_buffer_messages" => limits.engine.room_buffer_messages, "How many messages a resume reaches back.";
    "limits.room_buffer_bytes" => limits.engine.room_buffer_bytes, "How many bytes a resume reaches back.";
    "limits.room_idle" => limits.engine.room_idle, "How long a live group without viewers stays in memory.";
    "limits.dissolve_after_idle" => limits.engine.dissolve_after_idle, "How long nobody is in a new live group before it is dissolved; 0s for never, or 1s to 3650d.";
    "limits.live_history" => limits.engine.live_history, "How long messages of live groups are kept.";
    "limits.live_groups_per_app" => limits.engine.live_groups_per_app, "Live groups of one app.";
    "limits.admins_per_group" => limits.engine.admins_per_group, "Admins of one live group; 0 to 199.";
    "limits.counters_per_group" => limits.engine.counters_per_group, "Counters of one live group; 0 to 128.";
    "limits.history_page_messages" => limits.engine.history_page_messages, "Messages on one page of history; 1 to 200.";
    "limits.sanction_page_entries" => limits.engine.sanction_page_entries, "Users on one page of muted, exempt or blocked users; 1 to 200.";
    "limits.page_entries" => limits.engine.page_entries, "Entries on one page of groups, owner and admins, or online members; 1 to 200.";
    "limits.joined_groups_per_connection" => limits.engine.joined_groups_per_connection, "Live groups one connection may be in at once; at least 1.";
    "limits.devices_per_uid" => limits.engine.devices_per_uid, "Devices of one user that may be connected.";
    "limits.in_flight_requests" => limits.engine.in_flight_requests, "Requests of one connection that may wait for their answer.";
    "limits.writes_in_flight" => limits.engine.writes_in_flight, "Writes that may wait for the store.";
    "limits.ping_interval" => limits.engine.ping_interval, "How often each side pings when nothing else is sent.";
    "limits.liveness_timeout" => limits.engine.liveness_timeout, "How long nothing may arrive before a connection is given up.";
    "limits.authentication_deadline" => limits.engine.authentication_deadline, "How long a peer has to authenticate.";
    "limits.token_lifetime" => limits.engine.token_lifetime, "Longest life of a token.";
    "limits.token_leeway" => limits.engine.token_leeway, "How far ahead of this clock a token may say it was made.";
    "limits.failed_logins_per_minute" => limits.engine.failed_logins_per_minute, "Failed logins of one address per minute.";
    "limits.failed_login_penalty" => limits.engine.failed_login_penalty, "How long an address with too many failed logins stays closed.";
}

/// The key a variable sets. For a variable of a section of ours that sets none, what it would be called, so
/// that a slip of the pen is found; `None` for variables that are not ours.
pub(super) fn name_of_variable(variable: &str) -> Option<String> {
    let rest = variable.strip_prefix(ENVIRONMENT_PREFIX)?.to_lowercase();
    if let Some(key) = KEYS.iter().find(|key| key.name.replace('.', "_") == rest) {
        return Some(key.name.to_owned());
    }
    let section = ["listen", "tls", "moderation", "record", "limits"]
        .into_iter()
        .find(|section| rest.strip_prefix(section).is_some_and(|rest| rest.starts_with('_')))?;
    Some(rest.replacen(&format!("{section}_"), &format!("{section}."), 1))
}
