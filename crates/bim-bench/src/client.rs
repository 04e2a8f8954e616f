//! A client that is little more than a connection: thousands of them fit one process.

use std::future::Future;
use std::time::Duration;

use bim_proto::{
    ClientFrame, Goodbye, Hello, JoinLive, Joined, Ping, Pong, Request, RequestBody, RequestId, Response,
    ResponseBody, ServerFrame,
};
use bim_transport::{BoxConnection, ConnectionExt, DialError, Dialer, TransportError};
use bim_types::{AppId, ConversationShortId, Cursor, DeviceId, GroupInfo, Refusal, Token, Uid, Wall};
use tokio::time::timeout;

/// Longest wait for an answer. Longer than anything that is measured: who waits so long was forgotten.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// Who a client says it is.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Of which app.
    pub app: AppId,
    /// Which user.
    pub uid: Uid,
    /// On which device.
    pub device: DeviceId,
    /// The proof.
    pub token: Token,
}

impl Ticket {
    /// A user of an app with this token, on a device with this number.
    #[must_use]
    pub fn new(app: AppId, uid: Uid, device: u128, token: Token) -> Self {
        Self { app, uid, device: DeviceId::new(device), token }
    }
}

/// Why a client can not go on.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There was no connection to be had.
    #[error("dial failed: {0}")]
    Dial(#[from] DialError),
    /// The connection failed.
    #[error("connection failed: {0}")]
    Failed(#[from] TransportError),
    /// The server said goodbye, and why.
    #[error("server said goodbye: {0:?}")]
    Goodbye(Option<Refusal>),
    /// The connection ended without a goodbye.
    #[error("connection ended without a goodbye")]
    Ended,
    /// Bytes that are no frame.
    #[error("frame can not be read: {0}")]
    Frame(bim_proto::DecodeError),
    /// The request was refused.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// An answer to another question.
    #[error("answer does not fit the request: {0}")]
    Misfit(String),
    /// No answer came.
    #[error("no answer within {ANSWER_TIMEOUT:?}")]
    NoAnswer,
}

/// One connection that is logged in. Answers pings while it reads; does nothing else by itself.
#[derive(Debug)]
pub struct Client {
    connection: BoxConnection,
    requests: u64,
    /// Requests that the server lets wait at once.
    pub in_flight_max: usize,
}

impl Client {
    /// Connects and logs in.
    ///
    /// # Errors
    ///
    /// Why not.
    pub async fn log_in(dialer: &dyn Dialer, ticket: &Ticket) -> Result<Self, ClientError> {
        let mut client = Self { connection: dialer.dial().await?, requests: 0, in_flight_max: 0 };
        let Ticket { app, uid, device, token } = ticket;
        let hello =
            Hello { app: *app, uid: uid.clone(), device: *device, token: token.clone(), sdk: "load".into() };
        client.connection.send(ClientFrame::Hello(hello).encode()).await?;
        match in_time(client.next()).await? {
            ServerFrame::Welcome(welcome) => {
                client.in_flight_max = welcome.in_flight_max as usize;
                Ok(client)
            }
            other => Err(ClientError::Misfit(format!("{other:?}"))),
        }
    }

    /// The next frame that is not about the connection itself.
    ///
    /// # Errors
    ///
    /// The connection is over, or what came is no frame.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe, except that an answer to a ping may be lost.
    pub async fn next(&mut self) -> Result<ServerFrame, ClientError> {
        loop {
            let frame = self.connection.recv().await.ok_or(ClientError::Ended)??;
            match ServerFrame::decode(frame).map_err(ClientError::Frame)? {
                ServerFrame::Ping(Ping { nonce }) => {
                    let pong = Pong { nonce, server_time: Wall::default() };
                    self.connection.send(ClientFrame::Pong(pong).encode()).await?;
                }
                ServerFrame::Pong(_) => {}
                ServerFrame::Goodbye(Goodbye { reason }) => return Err(ClientError::Goodbye(reason)),
                frame => return Ok(frame),
            }
        }
    }

    /// Says that somebody is here.
    ///
    /// # Errors
    ///
    /// The connection takes no more.
    pub async fn ping(&mut self) -> Result<(), ClientError> {
        Ok(self.connection.send(ClientFrame::Ping(Ping { nonce: 1 }).encode()).await?)
    }

    /// Takes a request for sending; [`Self::flush`] sends it.
    ///
    /// # Errors
    ///
    /// The connection takes no more.
    pub async fn feed(&mut self, body: RequestBody) -> Result<RequestId, ClientError> {
        self.requests += 1;
        let id = RequestId(self.requests);
        self.connection.feed(ClientFrame::Request(Request { id, body: Ok(body) }).encode()).await?;
        Ok(id)
    }

    /// Sends what was taken.
    ///
    /// # Errors
    ///
    /// The connection takes no more.
    pub async fn flush(&mut self) -> Result<(), ClientError> {
        Ok(self.connection.flush().await?)
    }

    /// Asks and waits for the answer; other frames that come before it go to `on_frame`.
    ///
    /// # Errors
    ///
    /// The connection is over, or the request was refused.
    pub async fn ask(
        &mut self,
        body: RequestBody,
        mut on_frame: impl FnMut(ServerFrame) + Send,
    ) -> Result<ResponseBody, ClientError> {
        let asked = self.feed(body).await?;
        self.flush().await?;
        in_time(async {
            loop {
                match self.next().await? {
                    ServerFrame::Response(Response { id, body }) if id == asked => {
                        return body.map_err(ClientError::Refused);
                    }
                    other => on_frame(other),
                }
            }
        })
        .await
    }

    /// Makes a live group.
    ///
    /// # Errors
    ///
    /// The connection is over, or no group is made.
    pub async fn create(&mut self, name: &str) -> Result<ConversationShortId, ClientError> {
        let info = GroupInfo { name: name.to_owned(), ..GroupInfo::default() };
        match self.ask(RequestBody::CreateLiveGroup(info), |_| {}).await? {
            ResponseBody::LiveGroup(group) => Ok(group.conversation_short_id),
            other => Err(ClientError::Misfit(format!("{other:?}"))),
        }
    }

    /// Enters a live group; other frames that come before the answer go to `on_frame`.
    ///
    /// # Errors
    ///
    /// The connection is over, or the group can not be entered.
    pub async fn join(
        &mut self,
        group: ConversationShortId,
        resume: Option<Cursor>,
        on_frame: impl FnMut(ServerFrame) + Send,
    ) -> Result<Joined, ClientError> {
        let join = JoinLive { group, resume, info: None };
        match self.ask(RequestBody::JoinLiveGroup(join), on_frame).await? {
            ResponseBody::JoinedLiveGroup(joined) => Ok(joined),
            other => Err(ClientError::Misfit(format!("{other:?}"))),
        }
    }

    /// The connection, for somebody who reads frames in another way.
    #[must_use]
    pub fn into_connection(self) -> BoxConnection {
        self.connection
    }

    /// Closes the connection in order.
    pub async fn close(mut self) {
        let _ = self.connection.close().await;
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
    timeout(ANSWER_TIMEOUT, answer).await.unwrap_or(Err(ClientError::NoAnswer))
}
