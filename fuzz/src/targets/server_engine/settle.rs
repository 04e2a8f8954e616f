//! The end of a run: everything that was held back comes, then everyone goes.

use std::time::Duration;

use bim_server_core::{AdminCommand, AdminReply};

use super::world::World;
use crate::reached::Reached;

/// What is slower than this is never answered: longer than any retry and the moderator's deadline.
const PATIENCE: Duration = Duration::from_secs(5);

/// When nothing is left of sessions and rooms: after the longest grace and the time that a room stays in memory.
const SILENCE: Duration = Duration::from_secs(30);

impl World {
    /// Lets the store and the moderators answer, and holds what is left against what is promised.
    pub(super) fn finish(mut self) -> Reached {
        self.settle();
        for (connection, peer) in self.peers.iter().filter(|(_, peer)| peer.is_user()) {
            assert!(peer.waiting.is_empty(), "{connection:?} was never answered: {:?}", peer.waiting);
        }
        assert!(self.operators.is_empty(), "operators were never answered: {:?}", self.operators);
        assert_eq!(self.is_draining, self.is_drained, "a server that is asked to stop does");
        self.close_all();
        self.settle();
        self.check_emptiness();
        self.reached
    }

    fn settle(&mut self) {
        (self.store.holds_writes, self.store.holds_reads) = (false, false);
        for _ in 0..4 {
            self.pass(Duration::ZERO);
            self.allow_all();
        }
        self.pass(PATIENCE);
        self.allow_all();
        assert!(self.store.is_idle(), "a store that is let work comes to an end");
    }

    fn check_emptiness(&mut self) {
        for _ in 0..4 {
            self.pass(SILENCE);
        }
        self.operate(AdminCommand::Status);
        let Some(AdminReply::Status { sessions, rooms, .. }) = self.last_reply.clone() else {
            panic!("an operator can always count: {:?}", self.last_reply)
        };
        assert_eq!(sessions, 0, "sessions without a connection");
        if !self.watches_idle && !self.store.is_broken && !self.is_drained {
            assert_eq!(rooms, 0, "rooms that nobody is in");
        }
    }
}
