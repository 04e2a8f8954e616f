//! The handle that everything begins with.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bim_core::{Answer, Command};
use bim_types::{AppId, ConnectStatus, ErrorCode, MessageBody, Uid};

use crate::error::Error;
use crate::event::ConnectEvent;
use crate::feed::ConnectEvents;
use crate::listen::{ConnectListener, ListenerId, run_connect_listener};
use crate::live::LiveGroups;
use crate::message::OutgoingMessage;
use crate::setup::{ClientBuilder, IntoAppId, SdkConfig};
use crate::shared::{Handle, HandleCommand};
use crate::token::TokenSource;

/// One user of one app on one device. Cheap to clone; all clones are the same client.
///
/// It reconnects by itself from the login to the logout. To switch accounts, log out, make a new client and
/// log in there. Dropping the last handle shuts the client down.
#[derive(Clone)]
pub struct Client {
    handle: Handle,
}

impl Client {
    /// Begins to set a client up: which app, and which user.
    ///
    /// App ids are `u32` from 1 or [`AppId`]; users are texts, positive `i64` or [`Uid`]. What is wrong with
    /// them is told by [`ClientBuilder::build`].
    pub fn builder<U>(app_id: impl IntoAppId, uid: U) -> ClientBuilder
    where
        U: TryInto<Uid>,
        U::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        ClientBuilder::new(app_id, uid)
    }

    /// Sets a client up in one call, as the quick start does.
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`].
    pub async fn init<U>(uid: U, app_id: impl IntoAppId, config: SdkConfig) -> Result<Self, Error>
    where
        U: TryInto<Uid>,
        U::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self::builder(app_id, uid).config(config).build().await
    }

    /// The version of this library.
    #[must_use]
    pub fn version() -> &'static str {
        crate::VERSION
    }

    pub(crate) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    /// Logs in: authenticates, and opens the long connection. Returns when it is connected.
    ///
    /// `uid` must be the user the client was set up with. The token is a text, a [`Token`](crate::Token), or
    /// comes from a [`TokenProvider`](crate::TokenProvider) by [`TokenSource::provider`].
    ///
    /// # Errors
    ///
    /// A failed login is over; call again when the reason is gone. By code: 1, 55, 100 the token is wrong,
    /// another user's, or expired; 9 the user is banned; 51 the app is unknown or disabled; 2002 logged in
    /// already; 2003 shut down; 2004 another `uid`; 2005–2008 the local store failed; 2009 no endpoint could be
    /// reached, each was tried once (retryable); 2011 cancelled by a logout; 2013 the provider gave no token.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not stop the login. [`logout`](Self::logout) does.
    pub async fn login<U>(&self, uid: U, token: impl Into<TokenSource>) -> Result<(), Error>
    where
        U: TryInto<Uid>,
        U::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let uid = uid.try_into().map_err(|error| Error::argument("uid", error))?;
        self.handle.call(HandleCommand::Login { uid, source: token.into().0 }).await.map(drop)
    }

    /// Logs out: says goodbye, closes the connection, forgets the session. Calls that wait are answered with
    /// code 2011. Without a session it does nothing.
    ///
    /// # Errors
    ///
    /// 2003 shut down; 2007 or 2008 when the store could not forget the session (it is over all the same).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not stop the logout.
    pub async fn logout(&self) -> Result<(), Error> {
        self.machine(Command::Logout).await.map(drop)
    }

    /// Ends the client: says goodbye, answers calls that wait with code 2003, ends every stream, and releases
    /// the data directory. Takes at most about a second. No call succeeds after it; a second one does nothing.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not stop the shutdown.
    pub async fn shutdown(&self) {
        // An error means that it is shut down already.
        let _ = self.machine(Command::Shutdown).await;
        self.handle.calls.closed().await;
    }

    /// The user of the running session; `None` before the login succeeded and after the session ended.
    #[must_use]
    pub fn current_user(&self) -> Option<Uid> {
        self.handle.shared.view().logged_in.then(|| self.handle.shared.uid.clone())
    }

    /// The app the client was set up with.
    #[must_use]
    pub fn app_id(&self) -> AppId {
        self.handle.shared.app
    }

    /// The server's clock, to about the time a message takes; `None` before the first connection. It does not
    /// jump when the device's clock is set.
    #[must_use]
    pub fn server_time(&self) -> Option<SystemTime> {
        self.handle.shared.server_time()
    }

    /// What the connection is doing now.
    #[must_use]
    pub fn connect_status(&self) -> ConnectStatus {
        self.handle.shared.view().status.clone()
    }

    /// What the connection is doing now, and every change from now on. Nothing falls between.
    #[must_use]
    pub fn connect_events(&self) -> ConnectEvents {
        let mut view = self.handle.shared.view();
        let present = ConnectEvent::Status(view.status.clone());
        ConnectEvents(view.subscribe_connect(self.handle.shared.event_buffer, Some(present)))
    }

    /// Has a listener called for every change of the connection, from now on and in order.
    ///
    /// Each listener has a queue and a task of its own: one that blocks or panics hinders nobody else.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn add_connect_listener(&self, listener: Arc<dyn ConnectListener>) -> ListenerId {
        let mut view = self.handle.shared.view();
        let reader = view.subscribe_connect(self.handle.shared.event_buffer, None);
        let id = view.listeners.add(reader.stopper());
        drop(view);
        tokio::spawn(run_connect_listener(listener, reader, Arc::clone(&self.handle.shared)));
        id
    }

    /// Stops calling a listener, except for a call that is under way. Unknown ids are ignored.
    pub fn remove_connect_listener(&self, id: ListenerId) {
        self.handle.shared.view().listeners.remove(id);
    }

    /// A text message to send. At most 64 KiB of UTF-8; checked when it is sent.
    #[must_use]
    pub fn create_text_message(&self, text: impl AsRef<str>) -> OutgoingMessage {
        self.outgoing(MessageBody::Text(text.as_ref().into()))
    }

    /// A message in the app's own format, usually JSON. At most 64 KiB of UTF-8; checked when it is sent.
    #[must_use]
    pub fn create_custom_message(&self, data: impl AsRef<str>) -> OutgoingMessage {
        self.outgoing(MessageBody::Custom(data.as_ref().into()))
    }

    /// Everything about live groups.
    #[must_use]
    pub fn live_groups(&self) -> LiveGroups {
        LiveGroups::new(self.handle.clone())
    }

    /// [`live_groups`](Self::live_groups) under the name of the quick start.
    #[must_use]
    pub fn live_group_expand_service(&self) -> LiveGroups {
        self.live_groups()
    }

    fn outgoing(&self, body: MessageBody) -> OutgoingMessage {
        let client_message_id = self.handle.shared.message_id();
        OutgoingMessage { client_message_id, body, follows: None }
    }

    async fn machine(&self, command: Command) -> Result<Answer, Error> {
        self.handle.call(HandleCommand::Machine(command)).await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("app", &self.handle.shared.app)
            .field("uid", &self.handle.shared.uid)
            .finish_non_exhaustive()
    }
}

/// A client that answers with something it can not have been asked for.
pub(crate) fn unfit() -> Error {
    ErrorCode::InternalError.into()
}

const _: () = {
    const fn shared_everywhere<T: Clone + Send + Sync + 'static>() {}
    shared_everywhere::<Client>();
    shared_everywhere::<LiveGroups>();
    const fn sent_everywhere<T: Send + 'static>() {}
    sent_everywhere::<crate::LiveEvents>();
    sent_everywhere::<ConnectEvents>();
    sent_everywhere::<crate::Sending>();
    sent_everywhere::<Error>();
};
