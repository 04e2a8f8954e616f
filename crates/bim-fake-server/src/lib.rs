//! The real bim server engine in process over memory parts, for tests of apps and of bim itself.
//!
//! *What it is.* `bim-server` without sockets, disk and threads: the same engine, pump, fan-out and limits,
//! over a memory transport and a memory log. What passes here passes there, because there is only one code.
//!
//! *What it owns.* One app with its secret, so that tokens can be made at once, and the log, so that a crash
//! and a restart find what was acknowledged.
//!
//! *What it never does.* It opens no socket and no file, starts no thread, and reads the time of day only
//! once: from then on its clock goes with tokio's, so tests may pause and advance time. Works on every tokio
//! runtime; on one with a single thread, the same test gives the same order of events.
//!
//! *What can go wrong.* Whatever a test says: see [`FakeServer::script`] for requests, [`FakeServer::network`] for the
//! path, [`FakeServer::expire_token`] and [`FakeServer::kick`] for what is done to users,
//! [`FakeServerBuilder::faults`] for faults that come by themselves from one seed. [`FakeServer::seen`] is what the
//! server saw of it. [`step`] runs the same engine without a runtime.
//!
//! ```text
//!   client ══ ServerDialer ══ Link: cut, silent, slow ══ bim-server ── Script: refuse, lose, delay ── engine
//!                                                                         └──► Seen
//! ```
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use bim_transport::Dialer;
//!
//! let server = bim_fake_server::serve().await;
//! let token = server.token("alice");               // or 7_i64
//! let dialer = server.dialer();                    // hand it to a client, together with `server.app_id()`
//! assert_eq!(dialer.describe(), "memory://bim-fake-server");
//! # let _ = token;
//!
//! server.crash().await;                            // connections are cut, what was acknowledged stays
//! server.restart().await;                          // the same dialer leads to it again
//! server.shutdown().await;
//! # }
//! ```

mod app;
mod back_end;
mod builder;
mod dialer;
pub mod faults;
mod lives;
mod network;
mod replay;
mod scripting;
mod seen;
mod server;
pub mod step;
mod storm;

pub use app::FakeApp;
pub use bim_server::recording::{RecordingError, Report};
pub use bim_server_core::script::{
    BACK_END_UID, BackEndCall, BackEndReply, Effect, Request, RequestKind, RuleId, Script,
};
pub use builder::{FakeServerBuilder, FakeServerError};
pub use dialer::ServerDialer;
pub use network::Link;
pub use replay::replay;
pub use scripting::UNTIL_TIMEOUT;
pub use seen::Seen;
pub use server::{FakeServer, serve};
pub use storm::{STORM_FAULTS, STORM_LASTS};
