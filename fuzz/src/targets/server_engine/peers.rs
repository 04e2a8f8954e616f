//! What peers do: connect, say who they are, ask, and go.

use bim_proto::{ClientFrame, Goodbye, Ping, Pong, Request, RequestBody, RequestId};
use bim_server_core::Input;
use bim_types::{ConnectionId, ConversationShortId, GroupKey, Measure, Wall};
use bytes::Bytes;

use super::hello::{self, Flaw};
use super::peer::{Asked, Peer};
use super::requests;
use super::world::{SLOTS, World};

impl World {
    /// A user logs in: over the stranger's connection of the slot, or over a new one.
    pub(super) fn log_in(&mut self, slot: u8, user: u8, device: u8) {
        let is_stranger = self.peer(slot).is_some_and(|peer| peer.is_stranger());
        if !is_stranger {
            self.open(slot);
        }
        self.say_hello_as(slot, hello::identity(user, device), Flaw::None);
    }

    /// A peer says hello; a flawless one if it is still a stranger.
    pub(super) fn say_hello(&mut self, slot: u8, user: u8, flaw: Flaw) {
        self.say_hello_as(slot, hello::identity(user, slot), flaw);
    }

    /// A new connection in the slot; the old one is gone.
    pub(super) fn open(&mut self, slot: u8) {
        self.close(slot);
        let connection = ConnectionId(self.next_number());
        self.slots.insert(slot % SLOTS, connection);
        self.peers.insert(connection, Peer::default());
        let peer = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].get(usize::from(slot % 4)).map(|name| (*name).into());
        self.feed(Input::Opened { connection, peer });
    }

    /// The connection of the slot is gone.
    pub(super) fn close(&mut self, slot: u8) {
        if let Some(connection) = self.slots.remove(&(slot % SLOTS)) {
            self.closed(connection);
        }
    }

    /// A connection is gone.
    pub(super) fn closed(&mut self, connection: ConnectionId) {
        self.feed(Input::Closed { connection });
        if let Some(peer) = self.peers.remove(&connection) {
            assert!(peer.groups.is_empty(), "{connection:?} is gone and still in {:?}", peer.groups);
        }
    }

    /// A user asks something.
    pub(super) fn ask(&mut self, slot: u8, body: RequestBody) {
        let id = RequestId(self.next_number());
        self.send(slot, ClientFrame::Request(Request { id, body: Ok(body) }).encode());
    }

    /// A user comes into a group, from where it was if it is to resume.
    pub(super) fn join(&mut self, slot: u8, group: u8, resumes: bool) {
        let group = self.group(group);
        let Some(peer) = self.peer(slot) else { return };
        let Some(identity) = &peer.identity else { return };
        let key = GroupKey { app: identity.app, group };
        let cursor = self.cursors.get(&(key, identity.uid.clone())).copied().filter(|_| resumes);
        self.ask(slot, requests::join(group, cursor));
    }

    /// A user presents another token.
    pub(super) fn refresh(&mut self, slot: u8, flaw: Flaw) {
        let Some(identity) = self.peer(slot).and_then(|peer| peer.identity.clone()) else { return };
        let token = hello::token(&identity, flaw, self.now);
        self.ask(slot, RequestBody::RefreshToken(token));
    }

    /// A peer sends a good request of which one byte is another.
    pub(super) fn send_mangled(&mut self, slot: u8, kind: u8, number: u8, at: u8, byte: u8) {
        let id = RequestId(self.next_number());
        let body = requests::any(kind, self.group(0), number);
        let mut frame = ClientFrame::Request(Request { id, body: Ok(body) }).encode().to_vec();
        let at = usize::from(at) % frame.len();
        if let Some(present) = frame.get_mut(at) {
            *present = byte;
        }
        self.send(slot, frame.into());
    }

    /// A peer sends a ping, a pong or a goodbye.
    pub(super) fn send_control(&mut self, slot: u8, kind: u8) {
        let frame = match kind % 8 {
            7 => ClientFrame::Goodbye(Goodbye { reason: None }),
            6 => ClientFrame::Pong(Pong { nonce: 1, server_time: Wall::default() }),
            nonce => ClientFrame::Ping(Ping { nonce: nonce.into() }),
        };
        self.send(slot, frame.encode());
    }

    /// A frame arrives, whatever it is. One that repeats the number of a request that waits is kept back: whose
    /// answer comes then can not be told.
    pub(super) fn send(&mut self, slot: u8, frame: Bytes) {
        let Some(connection) = self.slots.get(&(slot % SLOTS)).copied() else { return };
        let Some(peer) = self.peers.get_mut(&connection) else { return };
        if let Ok(ClientFrame::Request(Request { id, body })) = ClientFrame::decode(frame.clone())
            && peer.is_user()
        {
            if peer.waiting.contains_key(&id) {
                return;
            }
            if let (Ok(body), Some(identity)) = (&body, &peer.identity) {
                self.books.on_asked(identity.app, body);
                // It may be done although nobody hears of it.
                if let RequestBody::ChangeLiveGroup(_, Measure::DissolveAfterIdle(period)) = body {
                    self.watches_idle |= !period.is_zero();
                }
            }
            peer.waiting.insert(id, body.map_or(Asked::Nonsense, |body| Asked::Request(Box::new(body))));
        }
        self.feed(Input::Frame { connection, frame });
    }

    /// The group of this number; one that does not exist when there are fewer.
    pub(super) fn group(&self, number: u8) -> ConversationShortId {
        let at = usize::from(number) % (self.groups.len() + 1);
        let unknown = || ConversationShortId::new(999).expect("positive");
        self.groups.get(at).map_or_else(unknown, |key| key.group)
    }

    fn say_hello_as(&mut self, slot: u8, who: super::peer::Identity, flaw: Flaw) {
        let hello = hello::hello(&who, flaw, self.now);
        let Some(connection) = self.slots.get(&(slot % SLOTS)).copied() else { return };
        if let Some(peer) = self.peers.get_mut(&connection) {
            peer.claims = Some(who).filter(|_| flaw == Flaw::None);
            peer.issued_at = Wall::from_secs(self.now.wall.as_secs());
        }
        self.feed(Input::Frame { connection, frame: ClientFrame::Hello(hello).encode() });
    }

    fn peer(&self, slot: u8) -> Option<&Peer> {
        self.peers.get(self.slots.get(&(slot % SLOTS))?)
    }
}
