//! The simulation: servers, clients, networks and disks in one thread, in virtual time, from one seed.
//!
//! *What it is.* [`Plan::draw`] makes of a seed who takes part, what they do and what goes wrong; [`Run`] plays it with
//! the real engine and the real client machines; checkers see every input, output, commit, frame and event, and stop
//! the run at the first promise that is broken. The same seed gives the same run, byte for byte.
//!
//! *Two modes.* In [`Mode::Safety`] faults go on to the end, and nothing may ever be wrong. In [`Mode::Liveness`] they
//! stop; then everything must come to rest within [`plan::SETTLING`]: every call answered, every viewer accounted to
//! the last message, every state the same.
//!
//! *What it never does.* It uses no clock, no thread of its own, no file and no network.
//!
//! ```text
//!   seed ─► Plan ─► Run ─┬─► apps ─► client machines ─► links ─► engine ─► disk
//!                        └─► faults ───────┴──────────────┴────────┴────────┘
//!                                  │ everything that happens
//!                                  ▼
//!                             Inspector: ledger, model, checkers ─► Violation ─► shrink ─► one line that replays it
//! ```

mod app;
pub mod bank;
pub mod books;
pub mod check;
mod client;
pub mod explore;
mod faults;
mod inspector;
mod ledger;
mod panics;
pub mod plan;
mod power;
mod run;
mod shrink;
mod sight;
mod stage;
mod stranger;
mod violation;

pub use ledger::{Entry, Ledger};
pub use plan::{Mode, Plan};
pub use run::{Outcome, Run};
pub use shrink::{shrink, shrink_with};
pub use sight::{ClientId, ClientSight, Sight};
pub use stage::Minted;
pub use violation::Violation;
