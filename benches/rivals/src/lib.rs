//! bim beside the raw limit, an afternoon's work, redis, nats and mosquitto, in one run on one machine.
//!
//! *What it is.* A load generator that knows nothing but bytes: a [`Wire`] says where a message begins and ends, an
//! [`Entrance`] lets connections in, and everything else is the same for every [`Contestant`]. `cargo run --release -p
//! bim-rivals` shows what each of them costs, as a ratio to the raw limit.
//!
//! *What it owns.* One thread, one poller and one buffer on one core; each server is a process of its own on another one, and ends
//! when its entrance is dropped.
//!
//! *What it never does.* It trusts nobody: each viewer has to get every message once, in order and whole, or the run fails.
//! It installs nothing: who is not on this machine is left out with a sentence.
//!
//! ```text
//!   Contestant::start ─► Entrance: process, connections ─┐
//!   Wire: how a message is sent, what came ──────────────┴─► crowd: idle, 50/s, 64 in flight ─► CrowdFigures
//!   course: A B C A B C … ─► medians, ratios to the raw limit ─► table or JSON
//! ```

mod afternoon;
mod contestant;
mod course;
mod crowd;
mod dialog;
mod error;
mod medians;
mod mqtt;
mod nats;
mod options;
mod ours;
mod process;
mod raw;
mod redis;
mod table;
mod websocket;
mod wire;

pub use afternoon::{Afternoon, serve as serve_afternoon};
pub use contestant::{Apart, Contestant, Entrance, Ground, Role, Stage};
pub use course::{Course, Report, Row};
pub use crowd::{Entered, Link, Plan};
pub use error::RivalError;
pub use mqtt::Mosquitto;
pub use nats::Nats;
pub use options::{Command, Name, Options, Style, Transport};
pub use ours::Ours;
pub use process::end_with_input;
pub use raw::{Raw, serve as serve_raw};
pub use redis::Redis;
pub use table::table;
pub use wire::{Event, Wire};
