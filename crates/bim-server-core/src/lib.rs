//! The brain of a bim server: one state machine that knows apps, sessions and live groups.
//!
//! ```text
//!    Input ──► Engine::handle ──► apps · session · live ──► Engine::poll_output ──► Output
//!  frames, store results,                                        frames, broadcasts, writes, reads,
//!  operators, ticks                                              answers, notices
//! ```
//!
//! The engine owns every decision and performs nothing: time, random bits and the results of reads and
//! writes come in as values, and what it wants done comes out as values. A shell — `bim-server` over real
//! sockets, `bim-fake-server` in process — carries it out and passes bytes through without understanding
//! them. So the real and the fake server can not drift apart.
//!
//! What is acknowledged is durable: a message gets its answer, and its viewers get the message, only when
//! the log has said that the append is on disk.

mod admin;
mod apps;
mod config;
mod engine;
#[cfg(test)]
mod engine_test;
mod io;
mod live;
mod ops;
mod outputs;
pub mod recording;
mod revoke;
pub mod script;
mod session;
mod startup;
pub mod token;

pub use bim_livegroup::budget::{Budgets, Rate};
pub use bim_livegroup::queue;
pub use bim_livegroup::room::BufferLimits;
pub use config::EngineConfig;
pub use engine::Engine;
pub use io::{
    AdminCommand, AdminReply, AppSummary, Input, Loaded, LogQuery, Moderated, ModerationVerdict, Notice,
    Output, RevokedTokens, StoreFailure,
};
