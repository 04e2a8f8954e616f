//! What can be seen of a world from outside.

use bim_server_core::{Input, Output};
use bim_types::store::{LogOp, LogOutcome};
use bim_types::{ConnectionId, Mono, Now};
use bytes::Bytes;

/// Something that happened in the server, in the order in which it happened.
#[derive(Debug)]
pub enum Sight<'a> {
    /// The server began, for the so-manieth time, counted from 0.
    Started(u64),
    /// The server is gone; whatever it knew and had not committed is lost.
    Crashed,
    /// The engine is about to take this. The clocks are as it sees them.
    Input(Now, &'a Input),
    /// The engine wants this.
    Output(&'a Output),
    /// Operations became durable. The engine may hear of it later, or, in a crash, never.
    Committed(&'a [LogOp], &'a [LogOutcome]),
    /// A frame left a connection's queue and is under way to its peer.
    Wrote(ConnectionId, &'a Bytes),
    /// So many frames and bytes wait for a connection now. Not while it is sent what a resume reads again.
    Queued(ConnectionId, usize, usize),
    /// A connection's queue was full of what must not be given up; it was emptied.
    Overflowed(ConnectionId),
}

/// Sees everything that happens in a server.
pub trait Watcher {
    /// Something happened, at this point in true time.
    fn see(&mut self, at: Mono, sight: Sight<'_>);
}

/// Looks away.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Watcher for Silent {
    fn see(&mut self, _at: Mono, _sight: Sight<'_>) {}
}
