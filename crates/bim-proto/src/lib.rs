//! What travels between a client and a server, and what a server stores: bytes on one side, the words of
//! `bim-types` on the other.
//!
//! [`ClientFrame`] and [`ServerFrame`] are the two closed lists of frames; [`ClientFrame::encode`] and
//! [`ClientFrame::decode`] (and their twins) are the only way to bytes and back. Whatever decodes is within
//! its limits and needs no second check of form. [`stored`] does the same for records in the server's log,
//! and [`recording`] for files from which a machine's life is played again.
//! The `.proto` files in `proto/` are the specification; the code generated from them stays inside.
//!
//! This crate holds no state and performs no input or output.

mod convert;
mod entries;
mod error;
mod frame;
mod message;
mod names;
mod quick;
pub mod recording;
pub mod stored;

/// Messages as generated from `proto/`, for golden tests and tools. Not for machines: they speak words.
#[expect(missing_docs, clippy::all, clippy::pedantic, reason = "generated code")]
pub mod wire {
    include!("gen/bim.v1.rs");
}

pub use entries::FRAME_ENTRIES_MAX;
pub use error::DecodeError;
pub use frame::{ClientFrame, PROTOCOL_VERSION, ServerFrame};
pub use message::{
    Accepted, Broadcast, BroadcastDone, Goodbye, Hello, HistoryPage, HistoryQuery, JoinLive, Joined,
    ListQuery, LiveChange, LiveChanged, LivePush, MemberPage, MemberQuery, Page, Ping, Pong, Request,
    RequestBody, RequestId, Response, ResponseBody, SendLive, SetMemberInfo, Taps, Welcome,
};
pub use names::Names;
