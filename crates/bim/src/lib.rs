//! Instant messaging and live-room chat: the client SDK.
