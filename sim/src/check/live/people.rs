//! Who is on which connection, and what each has asked and was not answered.

use std::collections::{BTreeMap, BTreeSet};

use bim_proto::{Hello, Request, RequestBody, RequestId};
use bim_types::store::OpId;
use bim_types::{AppId, ClientMessageId, ConnectionId, ConversationShortId, DeviceId, GroupKey, Seq, Uid};

/// Who somebody is, as the login said.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) app: AppId,
    pub(super) uid: Uid,
    pub(super) device: DeviceId,
    /// Whether it is the app's own server.
    pub(super) is_server: bool,
    pub(super) connection: ConnectionId,
}

/// Something asked and not answered.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) id: RequestId,
    pub(super) body: RequestBody,
    /// The write that was made of it.
    pub(super) write: Option<OpId>,
    /// Whether that write is durable, and the server knows.
    pub(super) is_done: bool,
    /// The last message of its group that was announced then.
    pub(super) head: Seq,
    /// Its place among all that was ever asked: changes of a group are made in that order.
    asked: u64,
}

/// One connection that said hello.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) person: Person,
    /// The server said goodbye, was told goodbye, or the connection is gone.
    pub(super) is_over: bool,
    /// It used a number for two requests at a time: which is answered can not be told.
    pub(super) is_messy: bool,
    pub(super) open: Vec<Open>,
    /// Messages that were refused, and not let in since.
    pub(super) refused: BTreeSet<ClientMessageId>,
}

/// Everyone who is connected, and everyone who was and left something open.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) servers: Vec<Uid>,
    pub(super) sessions: BTreeMap<ConnectionId, Session>,
    asked: u64,
}

impl People {
    /// These users are the app's own servers.
    pub(super) fn new(servers: Vec<Uid>) -> Self {
        Self { servers, ..Self::default() }
    }

    pub(super) fn on_hello(&mut self, connection: ConnectionId, hello: &Hello) {
        let is_server = self.servers.contains(&hello.uid);
        let (app, uid, device) = (hello.app, hello.uid.clone(), hello.device);
        let person = Person { app, uid, device, is_server, connection };
        let session =
            Session { person, is_over: false, is_messy: false, open: Vec::new(), refused: BTreeSet::new() };
        self.sessions.entry(connection).or_insert(session);
    }

    pub(super) fn on_request(
        &mut self,
        connection: ConnectionId,
        request: &Request,
        heads: &BTreeMap<GroupKey, Seq>,
    ) {
        let Some(session) = self.sessions.get_mut(&connection).filter(|session| !session.is_over) else {
            return;
        };
        session.is_messy |= session.open.iter().any(|open| open.id == request.id);
        if let Ok(body) = &request.body {
            let key = group_of(body).map(|group| GroupKey { app: session.person.app, group });
            let head = key.and_then(|key| heads.get(&key)).copied().unwrap_or_default();
            self.asked += 1;
            let (body, asked) = (body.clone(), self.asked);
            session.open.push(Open { id: request.id, body, write: None, is_done: false, head, asked });
        } else {
            session.is_messy = true;
        }
    }

    /// An answer goes out: what it answers, unless that can not be told.
    pub(super) fn answered(&mut self, connection: ConnectionId, id: RequestId) -> Option<(Person, Open)> {
        let session = self.sessions.get_mut(&connection).filter(|session| !session.is_messy)?;
        let at = session.open.iter().position(|open| open.id == id)?;
        Some((session.person.clone(), session.open.remove(at)))
    }

    /// What somebody has open in a group, and no write is under way for, in the order in which it was asked. What was
    /// taken to be done for it, and was not answered then, was done for another who asked for what comes to the same.
    pub(super) fn open_in<'a>(&'a self, key: GroupKey) -> impl Iterator<Item = (&'a Person, &'a Open)> {
        let of_app = move |session: &&Session| session.person.app == key.app;
        // Who is there comes first: what is asked again is done for who asks again.
        let there = self.sessions.values().filter(|session| !session.is_over);
        let gone = self.sessions.values().filter(|session| session.is_over);
        let is_waiting =
            |open: &&Open| (open.write.is_none() || open.is_done) && group_of(&open.body) == Some(key.group);
        let waiting_of = |session: &'a Session| {
            let waiting = session.open.iter().filter(is_waiting);
            waiting.map(|open| (&session.person, open))
        };
        let mut there: Vec<_> = there.filter(of_app).flat_map(waiting_of).collect();
        there.sort_unstable_by_key(|(_, open)| open.asked);
        let mut gone: Vec<_> = gone.filter(of_app).flat_map(waiting_of).collect();
        gone.sort_unstable_by_key(|(_, open)| open.asked);
        there.into_iter().chain(gone)
    }

    pub(super) fn find(&mut self, connection: ConnectionId, id: RequestId) -> Option<&mut Open> {
        self.sessions.get_mut(&connection)?.open.iter_mut().find(|open| open.id == id)
    }

    pub(super) fn is_over(&self, connection: ConnectionId) -> bool {
        self.sessions.get(&connection).is_none_or(|session| session.is_over)
    }

    pub(super) fn end(&mut self, connection: ConnectionId) {
        if let Some(session) = self.sessions.get_mut(&connection) {
            session.is_over = true;
        }
    }
}

/// Which group a request is about.
pub(super) fn group_of(body: &RequestBody) -> Option<ConversationShortId> {
    match body {
        RequestBody::RefreshToken(_)
        | RequestBody::CreateLiveGroup(_)
        | RequestBody::ListLiveGroups(_)
        | RequestBody::BroadcastToLiveGroups(_) => None,
        RequestBody::GetLiveGroup(group)
        | RequestBody::LeaveLiveGroup(group)
        | RequestBody::DissolveLiveGroup(group)
        | RequestBody::SetLiveGroupInfo(group, _)
        | RequestBody::ChangeLiveGroup(group, _)
        | RequestBody::GetLiveMembers(group, _)
        | RequestBody::UpdateLiveMessage(group, ..)
        | RequestBody::DeleteLiveMessage(group, _)
        | RequestBody::WriteLiveAttributes(group, _)
        | RequestBody::ReadLiveAttributes(group, _) => Some(*group),
        RequestBody::JoinLiveGroup(join) => Some(join.group),
        RequestBody::SendLiveMessage(send) => Some(send.group),
        RequestBody::ReadLiveHistory(query) => Some(query.group),
        RequestBody::SetLiveMemberInfo(set) => Some(set.group),
        RequestBody::ListLiveMembers(query) => Some(query.group),
        RequestBody::TapLiveCounters(taps) => Some(taps.group),
    }
}

impl Person {
    /// Whether it is nobody's client, and may ask what is not even valid.
    pub(super) fn is_strange(&self) -> bool {
        self.uid.to_string() == "mallory"
    }
}
