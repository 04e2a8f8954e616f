//! Every number that bounds something, with its unit, its reason, and what happens when it is reached.
//!
//! Policy (budgets, windows, counts) is a default that a server's configuration may change; what protects
//! memory or the format is fixed.

use std::time::Duration;

/// Longest string uid, in bytes. Longer: refused when the id is built.
pub const UID_BYTES_MAX: usize = 128;

/// Largest frame after authentication, in bytes, header included. Larger: the connection ends.
pub const FRAME_BYTES_MAX: usize = 256 * 1024;

/// Largest frame before authentication, in bytes. Larger: the connection ends.
pub const FIRST_FRAME_BYTES_MAX: usize = 4 * 1024;

/// Largest token, in bytes. Larger: refused as not valid.
pub const TOKEN_BYTES_MAX: usize = 2 * 1024;

/// Largest message body, in bytes of UTF-8. Larger: refused with code 21 and this number.
pub const MESSAGE_BODY_BYTES_MAX: usize = 64 * 1024;

/// Longest group name, in characters. Longer or empty: refused.
pub const GROUP_NAME_CHARS_MAX: usize = 100;

/// Longest description, notice or avatar URL, in bytes. Longer: refused.
pub const GROUP_TEXT_BYTES_MAX: usize = 1024;

/// Most keys of an ext map. More: refused.
pub const EXT_KEYS_MAX: usize = 16;

/// Largest ext map, in bytes of all keys and values. Larger: refused.
pub const EXT_BYTES_MAX: usize = 4 * 1024;

/// Largest page of groups, owner and admins, or online members, in entries. A larger request is answered with
/// this many.
pub const PAGE_ENTRIES_MAX: usize = 50;

/// Largest page of history, in messages. A larger request is answered with this many.
pub const HISTORY_PAGE_MESSAGES_MAX: usize = 20;

/// Largest page of muted, exempt or blocked users, in entries. A larger request is answered with this many.
pub const SANCTION_PAGE_ENTRIES_MAX: usize = 20;

/// Users that one call acts on. More: refused.
pub const BATCH_UIDS_MAX: usize = 100;

/// Users whose records one call reads. More: refused.
pub const MEMBER_QUERY_UIDS_MAX: usize = 200;

/// Longest alias of a member, in characters. Longer: refused.
pub const ALIAS_CHARS_MAX: usize = 100;

/// Admins of one live group. More: refused with [`crate::ErrorCode::MassManagerMoreThanLimit`].
pub const ADMINS_MAX: usize = 100;

/// Users on each of the lists of muted, exempt, blocked and marked users of one live group. More: refused with
/// [`crate::ErrorCode::TouchLimit`].
pub const SANCTIONS_MAX: usize = 1_000;

/// Mark types of one live group. More: refused with
/// [`crate::ErrorCode::ConversationMarkTypeMoreThanLimit`].
pub const MARK_TYPES_MAX: usize = 20;

/// Longest name of a mark or of a counter, in bytes. Longer or empty: refused.
pub const MARK_BYTES_MAX: usize = 64;

/// Longest time between two messages of a member in slow mode. Longer: refused.
pub const SLOW_MODE_MAX: Duration = Duration::from_secs(60 * 60);

/// Longest mute, block or idle time that is not for ever. Longer: refused.
pub const PERIOD_MAX: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// How long a sender may change or remove an own message. Later: refused with
/// [`crate::ErrorCode::RecallTimeout`].
pub const RECALL_WINDOW: Duration = Duration::from_secs(120);

/// Attributes of one live group. More: refused with [`crate::ErrorCode::TouchLimit`].
pub const ATTRIBUTES_MAX: usize = 100;

/// Longest key of an attribute, in bytes. Longer or empty: refused.
pub const ATTRIBUTE_KEY_BYTES_MAX: usize = 128;

/// Largest value of an attribute, in bytes. Larger: refused.
pub const ATTRIBUTE_VALUE_BYTES_MAX: usize = 4 * 1024;

/// All attributes of one live group, in bytes of keys and values. More: refused with
/// [`crate::ErrorCode::TouchLimit`].
pub const ATTRIBUTES_BYTES_MAX: usize = 64 * 1024;

/// How long attributes that go with their setter outlive a lost connection. Who comes back in time keeps them.
pub const ATTRIBUTE_LEAVE_GRACE: Duration = Duration::from_secs(30);

/// Counters of one live group. More: refused with [`crate::ErrorCode::TouchLimit`].
pub const COUNTERS_MAX: usize = 64;

/// Counters in one batch of taps. More wait at the client for the next batch.
pub const COUNTERS_PER_BATCH_MAX: usize = 16;

/// Largest amount that one batch of taps adds to a counter. More waits at the client for the next batch.
pub const TAPS_PER_BATCH_MAX: u64 = 1_000_000;

/// How often a client sends the taps it has gathered.
pub const TAP_INTERVAL: Duration = Duration::from_millis(500);

/// How often a room tells who came and went, and its counters, at most.
pub const PULSE_INTERVAL: Duration = Duration::from_millis(500);

/// Members that one pulse names in each of its lists, beside owner, admins and marked members. More are counted.
pub const PULSE_NAMES_MAX: usize = 50;

/// How long a moderation hook may take before the fallback decides.
pub const MODERATION_TIMEOUT: Duration = Duration::from_millis(500);

/// How long a peer has from the established connection to the end of authentication. After that it is
/// closed. Transports bound what comes before it.
pub const AUTHENTICATION_DEADLINE: Duration = Duration::from_secs(5);

/// How often each side sends a ping when nothing else is sent.
pub const PING_INTERVAL: Duration = Duration::from_secs(10);

/// How long nothing may arrive before a path counts as dead. Less than the promised 25 s.
pub const LIVENESS_TIMEOUT: Duration = Duration::from_secs(22);

/// Requests of one connection that may wait for their answer. More wait at the client; a client that
/// ignores this is refused with [`crate::ErrorCode::ServerBusy`].
pub const IN_FLIGHT_REQUESTS_MAX: usize = 64;

/// Requests that wait in a client for a place in flight. When full the call is refused with
/// [`crate::ErrorCode::OutboxFull`].
pub const CLIENT_WAITING_REQUESTS_MAX: usize = 1024;

/// Frames in one connection's outbound queue. When full: LOW goes first, then NORMAL, oldest first; HIGH
/// and state have a share of their own.
pub const OUTBOUND_FRAMES_MAX: usize = 256;

/// Bytes in one connection's outbound queue, shared classes.
pub const OUTBOUND_BYTES_MAX: usize = 1024 * 1024;

/// Frames of the outbound queue that only HIGH and state may use. When full: the viewer is disconnected
/// as a slow consumer and resumes.
pub const OUTBOUND_RESERVED_FRAMES: usize = 64;

/// Bytes of the outbound queue that only HIGH and state may use.
pub const OUTBOUND_RESERVED_BYTES: usize = 256 * 1024;

/// How long a connection may take no bytes before it is closed as a slow consumer.
pub const UNWRITABLE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the room buffer reaches back. A cursor that is older is answered with a discontinuity.
pub const RESUME_WINDOW: Duration = Duration::from_secs(120);

/// Messages in the room buffer. The oldest leave first.
pub const ROOM_BUFFER_MESSAGES_MAX: usize = 2_000;

/// Bytes in the room buffer. The oldest leave first.
pub const ROOM_BUFFER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How long messages of a live group are kept. Older ones are removed.
pub const LIVE_HISTORY: Duration = Duration::from_secs(24 * 60 * 60);

/// Live groups of one app. More: refused with [`crate::ErrorCode::CreateLiveMoreThanLimit`].
pub const LIVE_GROUPS_PER_APP_MAX: usize = 200;

/// Live groups that one device may be in at once. More: refused with [`crate::ErrorCode::TooManyGroups`].
pub const JOINED_GROUPS_MAX: usize = 1;

/// Devices of one user that may be connected. More: refused with [`crate::ErrorCode::TooManyDevices`].
pub const DEVICES_PER_UID_MAX: usize = 8;

/// HIGH messages a room accepts in one second. More: refused with code 78 and a retry time.
pub const ROOM_HIGH_PER_SECOND: u32 = 100;

/// NORMAL and LOW messages together that a room accepts in one second.
pub const ROOM_SHARED_PER_SECOND: u32 = 400;

/// Messages that a room accepts from one sender in one second.
pub const SENDER_PER_SECOND: u32 = 10;

/// Messages that one sender may send at once after a pause.
pub const SENDER_BURST: u32 = 20;

/// Longest life of a token the server accepts, from `iat` to `exp`.
pub const TOKEN_LIFETIME_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How far clocks of token makers may be off.
pub const TOKEN_LEEWAY: Duration = Duration::from_secs(60);

/// Users and single tokens of one app that are revoked at once, together. Entries whose tokens have expired make
/// room; when all are needed: refused with [`crate::ErrorCode::TouchLimit`].
pub const REVOCATIONS_PER_APP_MAX: usize = 10_000;

/// How long before its expiry a client asks its token provider again; a fifth of the remaining life when
/// that is shorter.
pub const TOKEN_REFRESH_LEAD: Duration = Duration::from_secs(60);

/// First reconnect delay is drawn from zero to this; each failure doubles it.
pub const RECONNECT_DELAY_FIRST: Duration = Duration::from_millis(500);

/// The reconnect delay never exceeds this.
pub const RECONNECT_DELAY_MAX: Duration = Duration::from_secs(30);

/// A connection that lasted this long resets the reconnect delay.
pub const RECONNECT_STABLE_AFTER: Duration = Duration::from_secs(10);

/// How long one attempt may take from dial to welcome.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a request may wait for its answer while connected. After that: [`crate::ErrorCode::Timeout`].
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Failed logins of one address in a minute. More: closed for [`FAILED_LOGIN_PENALTY`].
pub const FAILED_LOGINS_PER_MINUTE: u32 = 10;

/// How long an address with too many failed logins stays closed.
pub const FAILED_LOGIN_PENALTY: Duration = Duration::from_secs(60);
