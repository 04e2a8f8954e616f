//! A server just big enough for the facade's own tests: it speaks the protocol over memory connections and does
//! what a test tells it. The real engine is tested with the facade elsewhere.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bim::transport::memory::{MemoryConfig, MemoryDialer, MemoryListener, hub};
use bim::transport::{BoxConnection, ConnectionExt};
use bim::{Client, ClientBuilder, Conversation, ErrorCode, Message, Priority, Seq, Uid};
use bim_proto::{
    Accepted, ClientFrame, Goodbye, Hello, HistoryPage, JoinLive, Joined, LivePush, Page, Pong, Request,
    RequestBody, Response, ResponseBody, SendLive, ServerFrame, Welcome,
};
use bim_transport::{Listener, TransportError};
use bim_types::{
    Attributes, ConversationShortId, Cursor, DeviceId, Epoch, Member, MuteAll, PerPriority, Position,
    Refusal, ResumeVerdict, Role, Wall,
};
use bytes::Bytes;
use tokio::sync::mpsc;

const EPOCH: Epoch = Epoch(1);
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The server and the knobs of a test.
#[derive(Clone)]
pub(crate) struct Server {
    state: Arc<Mutex<State>>,
    dialer: MemoryDialer,
}

#[derive(Default)]
struct State {
    groups: BTreeMap<ConversationShortId, Group>,
    peers: BTreeMap<u64, Peer>,
    next_peer: u64,
    devices: Vec<DeviceId>,
    tokens: Vec<String>,
    token_life: Option<Duration>,
    silent: bool,
    dropped_answers: usize,
    /// The answers to requests that this server only plays, in order.
    script: VecDeque<Result<ResponseBody, Refusal>>,
    /// What was asked of those, and every join.
    asked: Vec<RequestBody>,
}

struct Group {
    conversation: Conversation,
    log: Vec<Message>,
    ids: BTreeMap<bim::ClientMessageId, usize>,
    members: Vec<u64>,
    attributes: Attributes,
    counters: BTreeMap<String, u64>,
}

struct Peer {
    uid: Uid,
    out: mpsc::Sender<Bytes>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let (listener, dialer) = hub("test", MemoryConfig::default());
        let server = Self { state: Arc::default(), dialer };
        tokio::spawn(server.clone().accept(listener));
        server
    }

    pub(crate) fn dialer(&self) -> MemoryDialer {
        self.dialer.clone()
    }

    pub(crate) fn builder(&self, uid: &str) -> ClientBuilder {
        Client::builder(1, uid).dialer(self.dialer())
    }

    pub(crate) async fn client(&self, uid: &str) -> Client {
        let client = self.builder(uid).build().await.unwrap();
        client.login(uid, "good").await.unwrap();
        client
    }

    /// Cuts every connection.
    pub(crate) fn cut(&self) {
        self.state().peers.clear();
    }

    /// Says goodbye to everyone.
    pub(crate) fn dismiss(&self, refusal: impl Into<Refusal>) {
        let goodbye = ServerFrame::Goodbye(Goodbye { reason: Some(refusal.into()) }).encode();
        let mut state = self.state();
        for peer in state.peers.values() {
            peer.out.try_send(goodbye.clone()).unwrap();
        }
        state.peers.clear();
    }

    /// From now on nothing is answered and nothing sent.
    pub(crate) fn fall_silent(&self) {
        self.state().silent = true;
    }

    /// The next answers to sends are lost.
    pub(crate) fn lose_answers(&self, count: usize) {
        self.state().dropped_answers = count;
    }

    /// Answers the next requests that this server only plays: everything about members, attributes, counters and
    /// changes.
    pub(crate) fn play(&self, answer: Result<ResponseBody, Refusal>) {
        self.state().script.push_back(answer);
    }

    /// What was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<RequestBody> {
        std::mem::take(&mut self.state().asked)
    }

    /// Sends a frame to everyone in a group.
    pub(crate) fn tell(&self, group: ConversationShortId, frame: ServerFrame) {
        let mut state = self.state();
        for member in state.groups[&group].members.clone() {
            state.send(member, frame.clone());
        }
    }

    /// What the next joins are answered with beside the group.
    pub(crate) fn keep(&self, group: ConversationShortId, attributes: Attributes, counters: &[(&str, u64)]) {
        let mut state = self.state();
        let group = state.groups.get_mut(&group).unwrap();
        group.attributes = attributes;
        group.counters = counters.iter().map(|(name, sum)| ((*name).to_owned(), *sum)).collect();
    }

    pub(crate) fn token_life(&self, life: Duration) {
        self.state().token_life = Some(life);
    }

    pub(crate) fn devices(&self) -> Vec<DeviceId> {
        self.state().devices.clone()
    }

    pub(crate) fn tokens(&self) -> Vec<String> {
        self.state().tokens.clone()
    }

    /// Somebody without a connection says something.
    pub(crate) fn post(&self, group: ConversationShortId, text: &str) {
        let send = SendLive {
            group,
            client_message_id: bim::ClientMessageId::new(u128::MAX - self.state().log_len(group) as u128),
            priority: Priority::Normal,
            body: bim::MessageBody::Text(text.into()),
            follows: None,
        };
        self.state().append(Uid::try_from("ghost").unwrap(), send).unwrap();
    }

    pub(crate) fn texts(&self, group: ConversationShortId) -> Vec<String> {
        let state = self.state();
        state.groups[&group].log.iter().map(|message| message.body.as_str().unwrap().to_owned()).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn accept(self, mut listener: MemoryListener) {
        while let Ok(connection) = listener.accept().await {
            tokio::spawn(self.clone().serve(connection));
        }
    }

    async fn serve(self, mut connection: BoxConnection) {
        let Some(Ok(frame)) = connection.recv().await else { return };
        let Ok(ClientFrame::Hello(hello)) = ClientFrame::decode(frame) else { return };
        let (out, mut outgoing) = mpsc::channel(16_384);
        let admitted = self.state().admit(hello, out);
        let peer = match admitted {
            Ok(peer) => peer,
            Err(code) => {
                let reason = Some(Refusal::new(code));
                let _ = connection.send(ServerFrame::Goodbye(Goodbye { reason }).encode()).await;
                let _ = connection.close().await;
                return;
            }
        };
        loop {
            tokio::select! {
                biased;
                frame = outgoing.recv() => match frame {
                    Some(frame) => {
                        if send_all(&mut connection, frame, &mut outgoing).await.is_err() {
                            return;
                        }
                    }
                    None => {
                        let _ = connection.close().await;
                        return;
                    }
                },
                frame = connection.recv() => {
                    let Some(Ok(frame)) = frame else { break };
                    self.state().on_frame(peer, ClientFrame::decode(frame).unwrap());
                }
            }
        }
        self.state().leave(peer);
    }
}

impl State {
    fn admit(&mut self, hello: Hello, out: mpsc::Sender<Bytes>) -> Result<u64, ErrorCode> {
        self.tokens.push(hello.token.reveal().to_owned());
        match hello.token.reveal() {
            "bad" => return Err(ErrorCode::InvalidToken),
            "expired" => return Err(ErrorCode::ExpiredToken),
            "foreign" => return Err(ErrorCode::UserIdMismatchToken),
            "banned" => return Err(ErrorCode::UserIllegal),
            "disabled" => return Err(ErrorCode::AppNotNormal),
            _ => {}
        }
        self.devices.push(hello.device);
        self.next_peer += 1;
        let peer = self.next_peer;
        self.peers.insert(peer, Peer { uid: hello.uid, out });
        let server_time = Wall::from_millis(1_700_000_000_000);
        let life = self.token_life.unwrap_or(Duration::from_secs(3600));
        self.send(
            peer,
            ServerFrame::Welcome(Welcome {
                generation: peer,
                server_time,
                token_expires_at: server_time + life,
                ping_interval_ms: 10_000,
                liveness_timeout_ms: 22_000,
                in_flight_max: 64,
                frame_bytes_max: 256 * 1024,
                body_bytes_max: 64 * 1024,
            }),
        );
        Ok(peer)
    }

    fn on_frame(&mut self, peer: u64, frame: ClientFrame) {
        if self.silent {
            return;
        }
        match frame {
            ClientFrame::Request(Request { id, body }) => {
                let body = body.unwrap();
                let is_send = matches!(body, RequestBody::SendLiveMessage(_));
                let (body, replay) = self.on_request(peer, body);
                if is_send && self.dropped_answers > 0 {
                    self.dropped_answers -= 1;
                    return;
                }
                self.send(peer, ServerFrame::Response(Response { id, body }));
                for (group, seq) in replay {
                    let push = self.push_of(group, seq);
                    self.send(peer, push);
                }
            }
            ClientFrame::Ping(ping) => {
                let pong = Pong { nonce: ping.nonce, server_time: Wall::default() };
                self.send(peer, ServerFrame::Pong(pong));
            }
            ClientFrame::Goodbye(_) => self.leave(peer),
            ClientFrame::Hello(_) | ClientFrame::Pong(_) => {}
        }
    }

    fn on_request(
        &mut self,
        peer: u64,
        body: RequestBody,
    ) -> (Result<ResponseBody, Refusal>, Vec<(ConversationShortId, usize)>) {
        let uid = self.peers[&peer].uid.clone();
        let answer = match body {
            RequestBody::RefreshToken(token) => {
                self.tokens.push(token.reveal().to_owned());
                Ok(ResponseBody::TokenRefreshed(Wall::from_millis(1_800_000_000_000)))
            }
            RequestBody::CreateLiveGroup(info) => Ok(self.create(uid, info)),
            RequestBody::GetLiveGroup(group) => match self.groups.get(&group) {
                Some(group) => Ok(ResponseBody::LiveGroup(group.conversation.clone())),
                None => Err(ErrorCode::ConversationNotFound.into()),
            },
            RequestBody::ListLiveGroups(query) => {
                let all = self.groups.values().filter(|group| !query.mine || group.conversation.owner == uid);
                let after =
                    all.filter(|group| group.conversation.conversation_short_id.value() > query.cursor);
                let mut entries: Vec<_> = after.map(|group| group.conversation.clone()).collect();
                let has_more = entries.len() > query.count as usize;
                entries.truncate(query.count as usize);
                let next_cursor = entries.last().map_or(0, |last| last.conversation_short_id.value());
                Ok(ResponseBody::LiveGroupPage(Page { entries, next_cursor, has_more }))
            }
            RequestBody::JoinLiveGroup(join) => {
                self.asked.push(RequestBody::JoinLiveGroup(join.clone()));
                return self.join(peer, join);
            }
            RequestBody::LeaveLiveGroup(group) => match self.groups.get_mut(&group) {
                Some(group) if group.members.contains(&peer) => {
                    group.members.retain(|member| *member != peer);
                    Ok(ResponseBody::Done)
                }
                _ => Err(ErrorCode::UserNotInGroup.into()),
            },
            RequestBody::DissolveLiveGroup(group) => {
                let Some(mut gone) = self.groups.remove(&group) else {
                    return (Err(ErrorCode::ConversationNotFound.into()), vec![]);
                };
                gone.conversation.dissolved = true;
                gone.conversation.version += 1;
                for member in gone.members {
                    self.send(member, ServerFrame::LiveState(gone.conversation.clone()));
                }
                Ok(ResponseBody::Done)
            }
            RequestBody::SendLiveMessage(send) => self.append(uid, send),
            RequestBody::ReadLiveHistory(query) if !query.newest_first => match self.groups.get(&query.group)
            {
                Some(group) => {
                    let wanted = group.log.iter().filter(|message| message.position.seq >= query.from);
                    let messages: Vec<_> = wanted.take(query.limit as usize).cloned().collect();
                    let next = messages.last().map_or(Seq(1), |last| last.position.seq.next());
                    let has_more = next.0 <= group.log.len() as u64;
                    Ok(ResponseBody::LiveHistoryPage(HistoryPage { messages, next, has_more }))
                }
                None => Err(ErrorCode::ConversationNotFound.into()),
            },
            played => {
                self.asked.push(played);
                self.script.pop_front().unwrap_or_else(|| Err(ErrorCode::InvalidCommand.into()))
            }
        };
        (answer, vec![])
    }

    fn create(&mut self, owner: Uid, info: bim::GroupInfo) -> ResponseBody {
        let short_id = ConversationShortId::new(self.groups.len() as i64 + 1).unwrap();
        let conversation = Conversation {
            conversation_short_id: short_id,
            conversation_id: Conversation::live_group_id(short_id),
            info,
            owner,
            role: Role::Owner,
            created_at: Wall::from_millis(1),
            version: 1,
            online_count: 0,
            online_count_age: Duration::ZERO,
            joined: false,
            dissolved: false,
            mute_all: MuteAll::Off,
            slow_mode: Duration::ZERO,
            dissolve_after_idle: Duration::ZERO,
            mark_types: vec!["vip".into()],
            me: None,
        };
        let group = Group {
            conversation: conversation.clone(),
            log: vec![],
            ids: BTreeMap::new(),
            members: vec![],
            attributes: Attributes::default(),
            counters: BTreeMap::new(),
        };
        self.groups.insert(short_id, group);
        ResponseBody::LiveGroup(conversation)
    }

    fn join(
        &mut self,
        peer: u64,
        JoinLive { group: id, resume, info }: JoinLive,
    ) -> (Result<ResponseBody, Refusal>, Vec<(ConversationShortId, usize)>) {
        let Some(group) = self.groups.get_mut(&id) else {
            return (Err(ErrorCode::ConversationNotFound.into()), vec![]);
        };
        if !group.members.contains(&peer) {
            group.members.push(peer);
        }
        let head = Position { epoch: EPOCH, seq: Seq(group.log.len() as u64) };
        let (cursor, verdict) = match resume {
            None => (Cursor::at(head), ResumeVerdict::Fresh),
            Some(cursor) => (cursor, ResumeVerdict::Resumed { left_out: PerPriority::default() }),
        };
        let missed =
            |(_, message): &(usize, &Message)| !cursor.covers(message.priority, message.position.seq);
        let replay = group.log.iter().enumerate().filter(missed).map(|(index, _)| (id, index)).collect();
        let me = Member { info: info.unwrap_or_default(), ..Member::unknown(self.peers[&peer].uid.clone()) };
        let conversation = Conversation { joined: true, me: Some(me), ..group.conversation.clone() };
        let (attributes, counters) = (group.attributes.clone(), group.counters.clone());
        let joined = Joined { conversation, cursor, verdict, attributes, counters };
        (Ok(ResponseBody::JoinedLiveGroup(joined)), replay)
    }

    fn append(&mut self, sender: Uid, send: SendLive) -> Result<ResponseBody, Refusal> {
        let Some(group) = self.groups.get_mut(&send.group) else {
            return Err(ErrorCode::ConversationNotFound.into());
        };
        let accepted = |index: usize| {
            let position = Position { epoch: EPOCH, seq: Seq(index as u64 + 1) };
            ResponseBody::LiveMessageAccepted(Accepted {
                position,
                accepted_at: Wall::from_millis(5),
                only_for_sender: false,
                rewritten: None,
            })
        };
        if let Some(index) = group.ids.get(&send.client_message_id) {
            return Ok(accepted(*index));
        }
        let index = group.log.len();
        group.ids.insert(send.client_message_id, index);
        group.log.push(Message {
            conversation_short_id: send.group,
            position: Position { epoch: EPOCH, seq: Seq(index as u64 + 1) },
            client_message_id: send.client_message_id,
            sender,
            priority: send.priority,
            accepted_at: Wall::from_millis(5),
            edits: 0,
            body: send.body,
        });
        let members = group.members.clone();
        let push = self.push_of(send.group, index);
        for member in members {
            self.send(member, push.clone());
        }
        Ok(accepted(index))
    }

    fn push_of(&self, group: ConversationShortId, index: usize) -> ServerFrame {
        let log = &self.groups[&group].log;
        let mut previous = PerPriority::default();
        for earlier in log.iter().take(index) {
            previous[earlier.priority] = earlier.position.seq;
        }
        ServerFrame::LiveMessage(LivePush { message: log[index].clone(), previous, hidden: false })
    }

    fn send(&mut self, peer: u64, frame: ServerFrame) {
        if let Some(peer) = self.peers.get(&peer) {
            let _ = peer.out.try_send(frame.encode());
        }
    }

    fn leave(&mut self, peer: u64) {
        self.peers.remove(&peer);
        for group in self.groups.values_mut() {
            group.members.retain(|member| *member != peer);
        }
    }

    fn log_len(&self, group: ConversationShortId) -> usize {
        self.groups[&group].log.len()
    }
}

/// Fails a test that hangs.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it takes far too long")
}

/// Sends a frame and whatever waits behind it.
async fn send_all(
    connection: &mut BoxConnection,
    first: Bytes,
    outgoing: &mut mpsc::Receiver<Bytes>,
) -> Result<(), TransportError> {
    connection.feed(first).await?;
    while let Ok(frame) = outgoing.try_recv() {
        connection.feed(frame).await?;
    }
    connection.flush().await
}
