//! A client that speaks frames.

use std::time::Duration;

use bim_fake_server::FakeServer;
use bim_proto::{
    Accepted, ClientFrame, Hello, JoinLive, LivePush, Request, RequestBody, RequestId, ResponseBody,
    SendLive, ServerFrame,
};
use bim_transport::{BoxConnection, ConnectionExt, DialError, Dialer, TransportError};
use bim_types::{
    ClientMessageId, ConversationShortId, DeviceId, GroupInfo, MessageBody, Priority, Refusal, Token, Uid,
};

/// A client that sends one request at a time.
pub(crate) struct Peer {
    pub(crate) connection: BoxConnection,
    requests: u64,
    /// Frames that came while it waited for an answer.
    pub(crate) aside: Vec<ServerFrame>,
}

impl Peer {
    pub(crate) async fn dial(server: &FakeServer) -> Self {
        Self::try_dial(server).await.unwrap()
    }

    pub(crate) async fn try_dial(server: &FakeServer) -> Result<Self, DialError> {
        Ok(Self { connection: server.dialer().dial().await?, requests: 0, aside: Vec::new() })
    }

    pub(crate) async fn logged_in(server: &FakeServer, name: &str) -> Self {
        Self::logged_in_with(server, name, server.token(name)).await
    }

    pub(crate) async fn logged_in_with(server: &FakeServer, name: &str, token: Token) -> Self {
        let mut peer = Self::dial(server).await;
        assert!(matches!(peer.hello(server, name, token).await, ServerFrame::Welcome(_)));
        peer
    }

    pub(crate) async fn hello(&mut self, server: &FakeServer, name: &str, token: Token) -> ServerFrame {
        self.start_hello(server, name, token).await;
        self.frame().await.unwrap()
    }

    /// Sends a hello without waiting for its answer.
    pub(crate) async fn start_hello(&mut self, server: &FakeServer, name: &str, token: Token) {
        self.try_hello(server, name, token).await.unwrap();
    }

    /// Sends a hello, if the network takes it.
    pub(crate) async fn try_hello(
        &mut self,
        server: &FakeServer,
        name: &str,
        token: Token,
    ) -> Result<(), TransportError> {
        let uid = Uid::string(name).unwrap();
        let device = DeviceId::new(name.bytes().fold(1, |sum, byte| sum * 256 + u128::from(byte)));
        let hello = Hello { app: server.app_id(), uid, device, token, sdk: "test".into() };
        self.connection.send(ClientFrame::Hello(hello).encode()).await
    }

    /// The next frame; `None` when the connection is over.
    pub(crate) async fn frame(&mut self) -> Option<ServerFrame> {
        let next = tokio::time::timeout(Duration::from_secs(60), self.connection.recv());
        let frame = next.await.expect("a frame or the end").and_then(Result::ok)?;
        Some(ServerFrame::decode(frame).unwrap())
    }

    /// Sends a request without waiting for its answer.
    pub(crate) async fn start(&mut self, body: RequestBody) -> RequestId {
        self.requests += 1;
        let id = RequestId(self.requests);
        let request = ClientFrame::Request(Request { id, body: Ok(body) });
        self.connection.send(request.encode()).await.unwrap();
        id
    }

    pub(crate) async fn answer(&mut self, id: RequestId) -> Result<ResponseBody, Refusal> {
        loop {
            match self.frame().await.unwrap() {
                ServerFrame::Response(response) if response.id == id => return response.body,
                other => self.aside.push(other),
            }
        }
    }

    pub(crate) async fn ask(&mut self, body: RequestBody) -> Result<ResponseBody, Refusal> {
        let id = self.start(body).await;
        self.answer(id).await
    }

    pub(crate) async fn create(&mut self) -> ConversationShortId {
        let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
        match self.ask(RequestBody::CreateLiveGroup(info)).await {
            Ok(ResponseBody::LiveGroup(group)) => group.conversation_short_id,
            other => panic!("no group: {other:?}"),
        }
    }

    pub(crate) async fn join(&mut self, group: ConversationShortId) {
        let joined = self.ask(RequestBody::JoinLiveGroup(JoinLive { group, resume: None, info: None })).await;
        assert!(matches!(joined, Ok(ResponseBody::JoinedLiveGroup(_))), "{joined:?}");
    }

    pub(crate) async fn send(
        &mut self,
        group: ConversationShortId,
        id: u128,
        text: &str,
    ) -> Result<Accepted, Refusal> {
        match self.ask(message(group, id, text)).await? {
            ResponseBody::LiveMessageAccepted(accepted) => Ok(accepted),
            other => panic!("no verdict: {other:?}"),
        }
    }

    /// The next frame that is no answer.
    pub(crate) async fn news(&mut self) -> ServerFrame {
        if self.aside.is_empty() { self.frame().await.unwrap() } else { self.aside.remove(0) }
    }

    /// The next live message.
    pub(crate) async fn push(&mut self) -> LivePush {
        loop {
            if let ServerFrame::LiveMessage(push) = self.news().await {
                return push;
            }
        }
    }

    /// The text of the next live message.
    pub(crate) async fn message(&mut self) -> String {
        self.push().await.message.body.as_str().unwrap_or_default().to_owned()
    }
}

/// A text for everyone in a group.
pub(crate) fn message(group: ConversationShortId, id: u128, text: &str) -> RequestBody {
    RequestBody::SendLiveMessage(SendLive {
        group,
        client_message_id: ClientMessageId::new(id),
        priority: Priority::Normal,
        body: MessageBody::Text(text.into()),
        follows: None,
    })
}
