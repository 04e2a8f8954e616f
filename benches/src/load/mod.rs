//! What load generators are made of: a server in a process of its own, clients that are little more than a
//! connection, and books that are kept without trusting anything that is under test.
//!
//! ```text
//!   this process                                       the same program, started again with `serve`
//!   RawClient × thousands ══ WebSocket, loopback ═════► bim-server on a database in a temporary directory
//!   ServerProcess ── standard output: endpoint, app, tokens; /proc: memory and CPU time ──┘
//! ```

mod clock;
mod crowd;
mod histogram;
mod raw_client;
mod serve;
mod server_process;
mod usage;

pub use bim_sim::books::{Account, Faults, Ledger, SeqSet, Tally};
pub use clock::Clock;
pub use crowd::gather;
pub use histogram::Histogram;
pub use raw_client::{ClientError, RawClient, Ticket};
pub use serve::{ServeOptions, serve, server_config};
pub use server_process::ServerProcess;
pub use usage::{Machine, RssWatch, Usage};
