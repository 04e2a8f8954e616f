//! Every output of the engine, carried out and held against what is promised.

use bim_proto::{Accepted, Joined, RequestBody, Response, ResponseBody, ServerFrame};
use bim_server_core::{AdminCommand, AdminReply, Output};
use bim_types::limits::FRAME_BYTES_MAX;
use bim_types::{ConnectionId, Cursor, GroupKey, Measure, MeasureDone, Refusal, ResumeVerdict, Uid};
use bytes::Bytes;

use super::hello::TOKEN_LIFE;
use super::peer::{Asked, Identity, Peer};
use super::requests;
use super::world::World;

impl World {
    pub(super) fn on_output(&mut self, output: Output) {
        match output {
            Output::Ready => self.is_ready = true,
            Output::Send { connection, frame } => self.on_sent(connection, frame),
            Output::Replay { connection, live } => {
                self.reached.count("replayed");
                let peer = self.open_peer(connection);
                assert!(peer.groups.contains(&live.group), "{connection:?} is not in {:?}", live.group);
                let next = peer.replay.pop_front();
                assert_eq!(next, Some((live.group, live.seq)), "what {connection:?} missed, in order");
            }
            Output::JoinGroup { group, connection } => self.on_joined_group(group, connection),
            Output::LeaveGroup { group, connection } => {
                if let Some(peer) = self.peers.get_mut(&connection) {
                    peer.groups.remove(&group);
                }
            }
            Output::Broadcast(live) => {
                self.reached.count("told a group");
                self.books.tell(&live, &self.store);
            }
            Output::BroadcastState { group: _, frame } => drop(read(frame)),
            Output::Admit { connection } => self.open_peer(connection).is_admitted = true,
            Output::Close { connection } => self.open_peer(connection).is_closing = true,
            Output::Write { op, ops } => self.store.ask_to_write(op, ops),
            Output::Read { op, query } => self.store.ask_to_read(op, query),
            Output::Moderate { id, .. } => self.moderated.push(id),
            Output::Review { seq, message } => {
                assert!(
                    self.store.message(message.group, seq).is_some(),
                    "{seq:?} is looked at and not there"
                );
            }
            Output::AdminDone { id, result } => self.on_operated(id, result),
            Output::Drained => self.on_drained(),
            Output::Notice(_) => {}
        }
    }

    fn on_sent(&mut self, connection: ConnectionId, frame: Bytes) {
        let frame = read(frame);
        let peer = self.open_peer(connection);
        assert!(!peer.was_dismissed, "{connection:?} gets {frame:?} after its goodbye");
        let is_user = peer.identity.is_some();
        match frame {
            ServerFrame::Welcome(_) => self.on_welcome(connection),
            ServerFrame::Goodbye(_) => {
                peer.was_dismissed = true;
                self.reached.count(if is_user { "session ended" } else { "stranger refused" });
            }
            frame if !is_user => panic!("a stranger gets {frame:?}"),
            ServerFrame::Response(response) => self.on_response(connection, response),
            ServerFrame::LiveMessage(_) | ServerFrame::LiveChange(_) | ServerFrame::LiveGap(_) => {
                panic!("messages go through groups and replays")
            }
            ServerFrame::Ping(_)
            | ServerFrame::Pong(_)
            | ServerFrame::LiveState(_)
            | ServerFrame::LiveEvent(_)
            | ServerFrame::LivePulse(_)
            | ServerFrame::LiveAttributesChanged(_) => {}
        }
    }

    fn on_welcome(&mut self, connection: ConnectionId) {
        let peer = self.open_peer(connection);
        assert!(
            peer.is_admitted && peer.identity.is_none(),
            "{connection:?} is welcomed once, and admitted before"
        );
        let identity = peer.claims.clone().expect("only a hello without a flaw is welcomed");
        peer.identity = Some(identity.clone());
        assert!(!self.disabled.contains(&identity.app), "a user of a disabled app is welcomed");
        assert!(!self.is_draining, "a server that stops welcomes nobody");
        let same = |(other, peer): &(&ConnectionId, &Peer)| {
            **other != connection && peer.is_user() && peer.identity.as_ref() == Some(&identity)
        };
        let other = self.peers.iter().find(same);
        assert!(other.is_none(), "{identity:?} has two sessions: {connection:?} and {other:?}");
        self.reached.count("logged in");
    }

    fn on_response(&mut self, connection: ConnectionId, response: Response) {
        let Response { id, body } = response;
        let peer = self.open_peer(connection);
        let asked = peer.waiting.remove(&id).expect("an answer to something that was asked and not answered");
        let identity = peer.identity.clone().expect("users get answers");
        match (asked, body) {
            (Asked::Nonsense, Ok(body)) => panic!("nonsense was answered with {body:?}"),
            (_, Err(refusal)) => self.on_refused(&refusal),
            (Asked::Request(asked), Ok(body)) => {
                self.reached.count(requests::name(&asked));
                self.on_done(connection, &identity, *asked, body);
            }
        }
    }

    fn on_refused(&mut self, refusal: &Refusal) {
        self.reached.count("refused");
        assert!(refusal.hint.len() <= 256, "a hint of {} bytes", refusal.hint.len());
    }

    /// The answer fits the request, and what it says is so.
    fn on_done(
        &mut self,
        connection: ConnectionId,
        identity: &Identity,
        asked: RequestBody,
        body: ResponseBody,
    ) {
        let key = |group| GroupKey { app: identity.app, group };
        match (asked, body) {
            (RequestBody::SendLiveMessage(send), ResponseBody::LiveMessageAccepted(accepted)) => {
                self.books.accept(self.now.mono, identity, &send, &accepted, &self.store);
                self.count_verdict(&accepted);
            }
            (RequestBody::CreateLiveGroup(_), ResponseBody::LiveGroup(made)) => {
                self.groups.push(key(made.conversation_short_id));
            }
            (RequestBody::JoinLiveGroup(join), ResponseBody::JoinedLiveGroup(joined)) => {
                self.on_joined(connection, identity, join.resume, &joined);
            }
            (RequestBody::ChangeLiveGroup(group, measure), ResponseBody::LiveGroupChanged(done)) => {
                self.on_measure(key(group), &measure, &done);
            }
            (RequestBody::RefreshToken(_), ResponseBody::TokenRefreshed(expires_at)) => {
                if let Some(peer) = self.peers.get_mut(&connection) {
                    peer.issued_at = expires_at.before(TOKEN_LIFE);
                }
            }
            (
                RequestBody::GetLiveGroup(_) | RequestBody::SetLiveGroupInfo(..),
                ResponseBody::LiveGroup(_),
            )
            | (RequestBody::ListLiveGroups(_), ResponseBody::LiveGroupPage(_))
            | (RequestBody::ReadLiveHistory(_), ResponseBody::LiveHistoryPage(_))
            | (RequestBody::SetLiveMemberInfo(_), ResponseBody::LiveMember(_))
            | (
                RequestBody::ListLiveMembers(_) | RequestBody::GetLiveMembers(..),
                ResponseBody::LiveMemberPage(_),
            )
            | (RequestBody::WriteLiveAttributes(..), ResponseBody::LiveAttributesWritten(_))
            | (RequestBody::ReadLiveAttributes(..), ResponseBody::LiveAttributes(_))
            | (RequestBody::TapLiveCounters(_), ResponseBody::LiveCounters(_))
            | (RequestBody::BroadcastToLiveGroups(_), ResponseBody::BroadcastDone(_))
            | (
                RequestBody::LeaveLiveGroup(_)
                | RequestBody::DissolveLiveGroup(_)
                | RequestBody::UpdateLiveMessage(..)
                | RequestBody::DeleteLiveMessage(..),
                ResponseBody::Done,
            ) => {}
            (asked, body) => panic!("{asked:?} was answered with {body:?}"),
        }
    }

    fn count_verdict(&mut self, accepted: &Accepted) {
        if accepted.rewritten.is_some() {
            self.reached.count("rewritten");
        }
        if accepted.only_for_sender {
            self.reached.count("only for its sender");
        }
    }

    fn on_joined(
        &mut self,
        connection: ConnectionId,
        identity: &Identity,
        resume: Option<Cursor>,
        joined: &Joined,
    ) {
        let key = GroupKey { app: identity.app, group: joined.conversation.conversation_short_id };
        match (resume, joined.verdict) {
            (Some(cursor), ResumeVerdict::Resumed { .. }) => {
                self.reached.count("resumed");
                let missed = self.store.missed(key, &cursor).into_iter().map(|seq| (key, seq));
                self.open_peer(connection).replay = missed.collect();
            }
            (_, ResumeVerdict::Fresh) => assert!(resume.is_none(), "a cursor gets a verdict"),
            (_, verdict) => assert!(resume.is_some(), "{verdict:?} without a cursor"),
        }
        self.cursors.insert((key, identity.uid.clone()), joined.cursor);
    }

    fn on_joined_group(&mut self, group: GroupKey, connection: ConnectionId) {
        let peer = self.open_peer(connection);
        let app = peer.identity.as_ref().map(|identity| identity.app);
        assert_eq!(app, Some(group.app), "{connection:?} is let into a group of another app");
        peer.groups.insert(group);
    }

    /// An operator of a group hears that something was done: then it is.
    fn on_measure(&mut self, group: GroupKey, measure: &Measure, done: &MeasureDone) {
        let is_done = |uid: &&Uid| !done.failed.iter().any(|failure| failure.uid == **uid);
        if let Measure::Kick(uids) | Measure::Block(uids, _) = measure {
            for uid in uids.iter().filter(is_done) {
                let is_in = |peer: &Peer| {
                    peer.groups.contains(&group)
                        && peer.identity.as_ref().is_some_and(|who| who.uid == *uid && !who.is_app_server)
                };
                assert!(!self.peers.values().any(is_in), "{uid:?} was removed from {group:?} and is in");
            }
            self.reached.count("removed a member");
        }
        let others_wait = self.peers.values().flat_map(|peer| peer.waiting.values()).any(|asked| {
            matches!(asked, Asked::Request(body) if matches!(**body, RequestBody::ChangeLiveGroup(..)))
        });
        self.books.on_measure(group, measure, done, others_wait);
    }

    fn on_operated(&mut self, id: u64, result: Result<AdminReply, Refusal>) {
        let (command, asked_at) = self.operators.remove(&id).expect("an operator is answered once");
        if let (AdminCommand::RevokeTokens { app, tokens }, Ok(_)) = (&command, &result) {
            self.reached.count("revoked tokens");
            self.revoked.add(*app, tokens, asked_at);
        }
        if let (AdminCommand::SetAppDisabled { app, disabled }, Ok(_)) = (command, &result) {
            self.reached.count("switched an app");
            if disabled {
                self.disabled.insert(app)
            } else {
                self.disabled.remove(&app)
            };
        }
        self.last_reply = result.ok();
    }

    fn on_drained(&mut self) {
        assert!(
            self.is_draining && !self.is_drained,
            "a server that was asked to stop says once that it did"
        );
        assert!(!self.store.has_writes(), "a server that stopped has no write on its way");
        self.is_drained = true;
        self.reached.count("drained");
    }

    /// A connection to which something may be sent.
    fn open_peer(&mut self, connection: ConnectionId) -> &mut Peer {
        let peer = self.peers.get_mut(&connection).expect("a connection that is there");
        assert!(!peer.is_closing, "{connection:?} is being closed");
        peer
    }
}

/// A frame that fits, and that a client can read.
fn read(frame: Bytes) -> ServerFrame {
    assert!(frame.len() <= FRAME_BYTES_MAX, "a frame of {} bytes can not leave", frame.len());
    ServerFrame::decode(frame).expect("the engine sends what can be read")
}
