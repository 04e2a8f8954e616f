//! The brain of a bim client: session and resume, requests, live groups. One pure state machine.
//!
//! *What it is.* [`ClientMachine`]: it takes [`Input`]s with the time they came at and gives [`Output`]s.
//!
//! *What it owns.* The session with its token, the requests that wait and those in flight, the groups the
//! client is in. What it draws at random comes from a seed, so that the same inputs give the same outputs.
//!
//! *What it never does.* It opens no connection, reads no clock, touches no disk and waits for nothing: a
//! shell does what an output says and brings the result back as an input.
//!
//! *How it flows.*
//!
//! ```text
//!   call ─────────► session, outbox, live ─────► Reply, Event
//!   frame ────────►   │                          Send, Dial, Close, Abort
//!   store, token ─►   │                          LoadDevice, Commit, AskToken
//!   tick ─────────►   └─► next_deadline
//! ```
//!
//! Every action on a connection carries its [`LinkId`]. What comes late from an older one changes nothing.

mod backoff;
mod command;
mod config;
mod event;
mod io;
mod live;
mod machine;
mod outbox;
pub mod recording;
mod session;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use bim_proto::{
    Broadcast, BroadcastDone, HistoryPage, HistoryQuery, Joined, ListQuery, MemberPage, MemberQuery, Page,
    SendLive, SetMemberInfo,
};
pub use command::{Answer, Ask, CallId, Command, Credential};
pub use config::ClientConfig;
pub use event::{Event, LeftReason, LiveEvent};
pub use io::{Input, LinkId, Output, StoreFailed, TokenAskId, TokenUnavailable};
pub use machine::ClientMachine;
