//! Links as peers use them, and what can happen to them.

use std::time::Duration;

use bim_server_core::Input;
use bim_types::ConnectionId;
use bim_types::limits::{FIRST_FRAME_BYTES_MAX, FRAME_BYTES_MAX};
use bytes::Bytes;

use super::{Happening, LinkId, Occasion, PeerId, World, below};
use crate::step::link::{Desk, Direction, Link, LinkFault};
use crate::step::mailbox::Mailbox;
use crate::step::pipe::Item;
use crate::step::watch::Watcher;

/// Bytes that a peer may send before it is authenticated.
const STRANGER_BYTES_MAX: usize = 16 * 1024;

impl<W: Watcher> World<W> {
    /// Opens a link. Answered with [`Happening::Dialed`] or [`Happening::DialFailed`].
    pub fn dial(&mut self, peer: PeerId) -> LinkId {
        self.last_link += 1;
        let id = LinkId(self.last_link);
        self.links.insert(id, Link::new(peer, self.config.link));
        let handshake = self.config.link.latency * 2 + self.network.up_to(self.config.link.jitter);
        let reached = self.unreachable.get(&peer).copied().unwrap_or_default();
        self.agenda.plan((self.now + handshake).max(reached), Occasion::Accept(id));
        id
    }

    /// Sends a frame to the server. Nothing comes of it when the link is over.
    pub fn send(&mut self, link: LinkId, frame: Bytes) {
        self.push(link, Direction::Up, Item::Frame(frame));
    }

    /// Closes in order: what was sent arrives. Answered with [`Happening::Closed`].
    pub fn close(&mut self, link: LinkId) {
        self.push(link, Direction::Up, Item::End);
    }

    /// Lets go of a link at once; some of what is under way to the server may still arrive. Nothing more is heard of it.
    pub fn abort(&mut self, link: LinkId) {
        let Some(known) = self.links.get_mut(&link) else { return };
        known.peer_listens = false;
        let keep = below(&mut self.network, known.up.len() + 1);
        known.up.cut(keep);
        self.push(link, Direction::Up, Item::End);
        self.forget_if_over(link);
    }

    /// Does something to a link.
    pub fn disturb(&mut self, id: LinkId, fault: LinkFault) {
        let Some(link) = self.links.get_mut(&id) else { return };
        match fault {
            LinkFault::Cut => {
                for direction in [Direction::Up, Direction::Down] {
                    self.cut(id, direction);
                }
            }
            LinkFault::HalfOpen(direction) => link.pipe(direction).dead = true,
            LinkFault::Dead => (link.up.dead, link.down.dead) = (true, true),
            LinkFault::Stall(time) => {
                link.up.stalled_until = link.up.stalled_until.max(self.now + time);
                link.down.stalled_until = link.down.stalled_until.max(self.now + time);
            }
            LinkFault::SlowRead(rate) => link.down.rate = Some(rate),
            LinkFault::Mend => self.calm_link(id),
        }
    }

    /// No packets pass between a peer and the server for so long, on its links and on those it opens meanwhile.
    pub fn isolate(&mut self, peer: PeerId, time: Duration) {
        let until = self.now + time;
        let known = self.unreachable.entry(peer).or_default();
        *known = until.max(*known);
        for link in self.links_of(peer).collect::<Vec<_>>() {
            self.disturb(link, LinkFault::Stall(time));
        }
    }

    /// Ends every disturbance of links and of time that lasts: slow readers read again, what is isolated is reached.
    /// Links that were cut or are dead stay so.
    pub fn calm(&mut self) {
        let now = self.now;
        self.unreachable.clear();
        self.paused_until = now;
        self.set_wall_offset(0);
        self.config.timer_lateness = Duration::ZERO;
        for id in self.links.keys().copied().collect::<Vec<_>>() {
            self.calm_link(id);
        }
    }

    pub(super) fn on_accept(&mut self, id: LinkId) {
        let ready = self.is_ready();
        let Some(link) = self.links.get_mut(&id) else { return };
        if !ready || !link.peer_listens {
            let listens = link.peer_listens;
            self.links.remove(&id);
            if listens {
                self.happened.push_back(Happening::DialFailed(id));
            }
            return;
        }
        link.accepted = true;
        link.desk = Some(Desk::new(Mailbox::new(self.config.queue)));
        let peer = Some(format!("10.0.0.{}", link.peer.0).into());
        self.happened.push_back(Happening::Dialed(id));
        self.input(Input::Opened { connection: ConnectionId(id.0), peer });
    }

    pub(super) fn on_arrival(&mut self, id: LinkId, direction: Direction) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let pipe = link.pipe(direction);
        pipe.planned = false;
        let item = pipe.take(self.now);
        self.plan_arrival(id, direction);
        match (item, direction) {
            (None, _) => {}
            (Some(Item::Frame(frame)), Direction::Up) => self.on_frame(id, frame),
            (Some(Item::End), Direction::Up) => self.let_go(id),
            (Some(Item::Frame(frame)), Direction::Down) => {
                if self.links.get(&id).is_some_and(|link| link.peer_listens) {
                    self.happened.push_back(Happening::Frame(id, frame));
                }
                self.fill(id);
                self.feed();
            }
            (Some(Item::End), Direction::Down) => {
                let Some(link) = self.links.get_mut(&id) else { return };
                if std::mem::replace(&mut link.peer_listens, false) {
                    self.happened.push_back(Happening::Closed(id));
                }
                self.forget_if_over(id);
            }
        }
    }

    pub(super) fn on_frame(&mut self, id: LinkId, frame: Bytes) {
        let Some(desk) = self.links.get_mut(&id).and_then(|link| link.desk.as_mut()) else { return };
        if desk.mailbox.closing || desk.too_slow {
            return;
        }
        if !desk.admitted {
            desk.stranger_bytes += frame.len();
        }
        let limit = if desk.admitted { FRAME_BYTES_MAX } else { FIRST_FRAME_BYTES_MAX };
        if frame.len() > limit || desk.stranger_bytes > STRANGER_BYTES_MAX {
            return self.let_go(id);
        }
        self.input(Input::Frame { connection: ConnectionId(id.0), frame });
    }

    pub(super) fn push(&mut self, id: LinkId, direction: Direction, item: Item) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.pipe(direction).push(self.now, item, &mut self.network);
        self.plan_arrival(id, direction);
    }

    pub(super) fn cut(&mut self, id: LinkId, direction: Direction) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let pipe = link.pipe(direction);
        let keep = below(&mut self.network, pipe.len() + 1);
        pipe.cut(keep);
        self.push(id, direction, Item::End);
    }

    pub(super) fn plan_arrival(&mut self, id: LinkId, direction: Direction) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let pipe = link.pipe(direction);
        if let Some(due) = pipe.next_due().filter(|_| !pipe.planned) {
            pipe.planned = true;
            self.agenda.plan(due.max(self.now), Occasion::Arrive(id, direction));
        }
    }

    pub(super) fn calm_link(&mut self, id: LinkId) {
        for direction in [Direction::Up, Direction::Down] {
            let Some(link) = self.links.get_mut(&id) else { return };
            link.pipe(direction).calm(self.now, self.config.link.latency);
            self.plan_arrival_anew(id, direction);
        }
    }

    /// Plans an arrival that may be due earlier than what is planned; the other comes too and finds nothing due.
    pub(super) fn plan_arrival_anew(&mut self, id: LinkId, direction: Direction) {
        if let Some(link) = self.links.get_mut(&id) {
            link.pipe(direction).planned = false;
        }
        self.plan_arrival(id, direction);
    }

    pub(super) fn forget_if_over(&mut self, id: LinkId) {
        if self.links.get(&id).is_some_and(Link::is_over) {
            self.links.remove(&id);
        }
    }
}
