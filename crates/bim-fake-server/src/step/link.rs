//! One connection between a peer and the server, as the network sees it.

use std::time::Duration;

use bim_types::Mono;

use super::config::LinkConfig;
use super::mailbox::Mailbox;
use super::pipe::Pipe;
use super::world::PeerId;

/// Which way frames go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the peer to the server.
    Up,
    /// From the server to the peer.
    Down,
}

/// What can happen to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFault {
    /// It is cut: some of the frames under way still arrive, then both ends hear of the end. A frame that is cut in
    /// its middle does not arrive.
    Cut,
    /// Nothing more arrives in one direction; neither end hears of it.
    HalfOpen(Direction),
    /// Nothing more arrives in either direction; neither end hears of it.
    Dead,
    /// Nothing arrives for so long; then everything does.
    Stall(Duration),
    /// The peer reads so many bytes in a second.
    SlowRead(u64),
    /// It is as fast again as links are. What was cut or is dead stays so.
    Mend,
}

/// One link, with the server's end of it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) peer: PeerId,
    pub(super) up: Pipe,
    pub(super) down: Pipe,
    /// The peer listens to what arrives.
    pub(super) peer_listens: bool,
    /// `None` before the server has accepted it, and after the server has let go of it.
    pub(super) desk: Option<Desk>,
    /// The server knows of it, or did.
    pub(super) accepted: bool,
}

/// What the server keeps for one connection.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) mailbox: Mailbox,
    pub(super) admitted: bool,
    /// Bytes received while the peer was a stranger.
    pub(super) stranger_bytes: usize,
    /// Since when something waits and the peer takes nothing.
    pub(super) blocked_since: Option<Mono>,
    /// Since when messages wait that a resume reads again.
    pub(super) replaying_since: Option<Mono>,
    pub(super) too_slow: bool,
}

impl Link {
    pub(super) fn new(peer: PeerId, config: LinkConfig) -> Self {
        Self {
            peer,
            up: Pipe::new(config),
            down: Pipe::new(config),
            peer_listens: true,
            desk: None,
            accepted: false,
        }
    }

    pub(super) fn pipe(&mut self, direction: Direction) -> &mut Pipe {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }

    /// Whether neither end cares any more.
    pub(super) fn is_over(&self) -> bool {
        !self.peer_listens && self.desk.is_none() && self.accepted
    }
}

impl Desk {
    pub(super) fn new(mailbox: Mailbox) -> Self {
        Self {
            mailbox,
            admitted: false,
            stranger_bytes: 0,
            blocked_since: None,
            replaying_since: None,
            too_slow: false,
        }
    }
}
