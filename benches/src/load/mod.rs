//! What load generators are made of: a server in a process of its own, clients that are little more than a
//! connection, and books that are kept without trusting anything that is under test.
//!
//! ```text
//!   this process                                       the same program, started again with `serve`
//!   RawClient × thousands ══ WebSocket, loopback ═════► bim-server on a database in a temporary directory
//!   ServerProcess ── standard output: endpoint, app, tokens; /proc: memory and CPU time ──┘
//! ```

mod serve;
mod server_process;

pub use bim_bench::{
    Client as RawClient, ClientError, Clock, Histogram, Machine, RssWatch, Ticket, Usage, gather,
};
pub use bim_sim::books::{Account, Faults, Ledger, SeqSet, Tally};
pub use serve::{ServeOptions, serve, server_config};
pub use server_process::ServerProcess;
