//! What checkers see.

use bim_core::{Answer, CallId, Command, Event};
use bim_fake_server::faults::PlannedFault;
use bim_fake_server::step::LinkId;
use bim_proto::{ClientFrame, ServerFrame};
use bim_server_core::{Input, Output};
use bim_types::store::{ClientBatch, LogOp, LogOutcome};
use bim_types::{ConnectionId, GroupKey, Now, Refusal};
use bytes::Bytes;

use crate::stage::Minted;

/// Numbers a simulated client: a device of a user. It stays the same when the client dies and comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub usize);

/// Something that happened, in the order in which it happened.
#[derive(Debug)]
pub enum Sight<'a> {
    /// A server began; counted from 0.
    Started(u64),
    /// The server is gone.
    Crashed,
    /// The engine is about to take this; the clocks as it sees them.
    Input(Now, &'a Input),
    /// The engine is about to take this frame. Follows the [`Sight::Input`] of the same bytes, when they decode.
    In(ConnectionId, &'a ClientFrame),
    /// The engine wants this.
    Output(&'a Output),
    /// The engine sends this to one connection. Follows the [`Sight::Output`] of the same bytes.
    Out(ConnectionId, &'a ServerFrame),
    /// The engine sends this to everyone in a group. Follows the [`Sight::Output`] of the same bytes.
    ToGroup(GroupKey, &'a ServerFrame),
    /// Operations are durable. The ledger has them already.
    Committed(&'a [LogOp], &'a [LogOutcome]),
    /// A frame left a connection's queue.
    Wrote(ConnectionId, &'a Bytes),
    /// So many frames and bytes wait for a connection now. Not while it is sent what a resume reads again.
    Queued(ConnectionId, usize, usize),
    /// A connection's queue overflowed and was emptied.
    Overflowed(ConnectionId),
    /// Something happened in a client.
    Client(ClientId, ClientSight<'a>),
    /// Somebody has made a token, good or not.
    Minted(&'a Minted),
    /// A fault is about to happen.
    Fault(&'a PlannedFault),
    /// From now on nothing goes wrong any more.
    Calm,
    /// From now on apps only look and compare.
    Quiet,
}

/// What happens in a client.
#[derive(Debug)]
pub enum ClientSight<'a> {
    /// It began: nothing is in its memory.
    Started,
    /// It is gone; calls that were not answered never will be.
    Died,
    /// Its app asks this.
    Asked(CallId, &'a Command),
    /// Its app is answered.
    Answered(CallId, &'a Result<Answer, Refusal>),
    /// Its app is told.
    Event(&'a Event),
    /// It dials.
    Dialing(LinkId),
    /// It is connected.
    Dialed(LinkId),
    /// It sends a frame.
    Sent(LinkId, &'a Bytes),
    /// A frame has arrived, and is about to be taken by the machine.
    Received(LinkId, &'a Bytes),
    /// The same, decoded; not when the bytes are no frame.
    Frame(LinkId, &'a ServerFrame),
    /// A frame comes out of the transport for a link that it has let go of, and is about to be taken by the machine.
    Late(LinkId),
    /// It lets go of a link.
    LetGo(LinkId),
    /// It was told that a link is over.
    Closed(LinkId),
    /// This is in its store now.
    Stored(&'a ClientBatch),
    /// Its machine has said all it has to say to what it took last.
    Settled,
}
