//! Live groups: everything an app does with them.

mod page;
mod sending;

use std::fmt;
use std::sync::Arc;

use bim_core::{Answer, Ask, Command, HistoryQuery, ListQuery, SendLive};
use bim_types::{Conversation, ConversationShortId, ErrorCode, GroupInfo, GroupInfoChange, Priority, Seq};

use crate::client::unfit;
use crate::error::Error;
use crate::feed::LiveEvents;
use crate::listen::{ListenerId, LiveGroupMessageListener, run_live_listener};
use crate::message::OutgoingMessage;
use crate::shared::{Handle, HandleCommand};

pub use page::{HistoryPage, Page};
pub use sending::Sending;

/// The live groups of one client. Cheap to clone.
///
/// Every call needs a session (2001 without one, 2003 after a shutdown). While the connection is away, calls
/// wait and go out when it is back, in the order they were made; the time limit of 15 seconds (2010) counts
/// only while connected. At most 1,024 calls wait; more are refused (2012, retryable).
#[derive(Clone)]
pub struct LiveGroups {
    handle: Handle,
}

impl LiveGroups {
    pub(crate) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    /// Makes a live group, owned by this user. Making it does not join it.
    ///
    /// # Errors
    ///
    /// 4 with the limit for a name that is empty or a field that is too long, checked before anything is sent;
    /// 1001 too many live groups in the app; 2014 when no answer came: the group may
    /// exist then, which [`get_owner_live_group_list`](Self::get_owner_live_group_list) tells.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn create_live_group(&self, info: GroupInfo) -> Result<Conversation, Error> {
        self.conversation(Ask::Create(info)).await
    }

    /// Reads one live group.
    ///
    /// # Errors
    ///
    /// 3 when there is none with this id.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_live_group(&self, id: ConversationShortId) -> Result<Conversation, Error> {
        self.conversation(Ask::Get(id)).await
    }

    /// Lists the live groups of the app, in the order of their ids.
    ///
    /// `cursor` is 0 for the first page, then the page's `next_cursor`; `count` is 1 to 50, 0 means 20.
    ///
    /// # Errors
    ///
    /// 2004 for a negative cursor.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_all_live_group_list(
        &self,
        cursor: i64,
        count: u32,
    ) -> Result<Page<Conversation>, Error> {
        self.list(ListQuery { cursor, count, mine: false }).await
    }

    /// Lists the live groups that this user owns or administers; otherwise as
    /// [`get_all_live_group_list`](Self::get_all_live_group_list).
    ///
    /// # Errors
    ///
    /// 2004 for a negative cursor.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_owner_live_group_list(
        &self,
        cursor: i64,
        count: u32,
    ) -> Result<Page<Conversation>, Error> {
        self.list(ListQuery { cursor, count, mine: true }).await
    }

    /// Enters a live group. Its events come from now on, over reconnects, until it is left.
    ///
    /// # Errors
    ///
    /// 3 no such group; 53 this user is blocked there; 1012 in too many groups already.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back: leave the group to be sure.
    pub async fn join_live_group(&self, id: ConversationShortId) -> Result<Conversation, Error> {
        self.conversation(Ask::Join(id)).await
    }

    /// Leaves a live group. Harmless for one the client is not in.
    ///
    /// # Errors
    ///
    /// Those of every call.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn leave_live_group(&self, id: ConversationShortId) -> Result<(), Error> {
        self.ask(Ask::Leave(id)).await.map(drop)
    }

    /// Changes what is said about a live group: the owner anything, admins anything but the notice. What the
    /// change leaves out stays as it is. Everyone in the group gets
    /// [`LiveEvent::StateChanged`](crate::LiveEvent::StateChanged) with the new state.
    ///
    /// # Errors
    ///
    /// 3 no such group; 4 with the limit for a text that is too long, or when nothing is to be changed; 11 not
    /// allowed; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_info(
        &self,
        id: ConversationShortId,
        change: GroupInfoChange,
    ) -> Result<Conversation, Error> {
        self.conversation(Ask::SetInfo(id, change)).await
    }

    /// Changes the name; otherwise as [`set_live_group_info`](Self::set_live_group_info).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_name(
        &self,
        id: ConversationShortId,
        name: impl Into<String>,
    ) -> Result<Conversation, Error> {
        self.set_live_group_info(id, GroupInfoChange { name: Some(name.into()), ..Default::default() }).await
    }

    /// Changes the description; otherwise as [`set_live_group_info`](Self::set_live_group_info).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_description(
        &self,
        id: ConversationShortId,
        description: impl Into<String>,
    ) -> Result<Conversation, Error> {
        let change = GroupInfoChange { description: Some(description.into()), ..Default::default() };
        self.set_live_group_info(id, change).await
    }

    /// Changes the notice, which only the owner may; otherwise as
    /// [`set_live_group_info`](Self::set_live_group_info).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_notice(
        &self,
        id: ConversationShortId,
        notice: impl Into<String>,
    ) -> Result<Conversation, Error> {
        self.set_live_group_info(id, GroupInfoChange { notice: Some(notice.into()), ..Default::default() })
            .await
    }

    /// Changes where the picture is; otherwise as [`set_live_group_info`](Self::set_live_group_info).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_icon(
        &self,
        id: ConversationShortId,
        avatar_url: impl Into<String>,
    ) -> Result<Conversation, Error> {
        let change = GroupInfoChange { avatar_url: Some(avatar_url.into()), ..Default::default() };
        self.set_live_group_info(id, change).await
    }

    /// Ends a live group for everyone in it. Owner only.
    ///
    /// # Errors
    ///
    /// 3 no such group; 11 this user is not its owner.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn dissolve_live_group(&self, id: ConversationShortId) -> Result<(), Error> {
        self.ask(Ask::Dissolve(id)).await.map(drop)
    }

    /// Sends a message to a live group the client is in.
    ///
    /// The message is on its way when this function returns: messages of one client go out in the order of
    /// these calls, whenever their futures are awaited. Each ends in exactly one verdict: the message with its
    /// position, durable on the server, or the reason why not.
    ///
    /// # Errors
    ///
    /// 21 with the limit for a body that is too large; 3 no such group, or dissolved; 13 not in the group; 14
    /// muted; 78 too fast, with [`retry_after`](Error::retry_after); 1002 the id was used for other content;
    /// 2012 too many messages wait. 2010 means that nobody knows: send the same value again, which can not
    /// double it. If it was accepted after all, [`LiveEvent::Sent`](crate::LiveEvent::Sent) may tell before.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not unsend: the verdict then shows only as an event.
    pub fn send_live_group_message(
        &self,
        message: &OutgoingMessage,
        id: ConversationShortId,
        priority: Priority,
    ) -> Sending {
        let send = SendLive {
            group: id,
            client_message_id: message.client_message_id,
            priority,
            body: message.body.clone(),
            follows: message.follows,
        };
        Sending::new(self.handle.call_now(HandleCommand::Machine(Command::Ask(Ask::Send(send)))))
    }

    /// Reads messages of a live group the client is in, oldest first: those from `from_seq` to `to_seq`, both
    /// included. [`Seq::ZERO`] means the oldest that is kept, and as `to_seq` the newest. `limit` is 1 to 50, 0
    /// means 20.
    ///
    /// # Errors
    ///
    /// 3 no such group; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_live_group_history(
        &self,
        id: ConversationShortId,
        from_seq: Seq,
        to_seq: Seq,
        limit: u32,
    ) -> Result<HistoryPage, Error> {
        match self.ask(Ask::History(HistoryQuery { group: id, from: from_seq, to: to_seq, limit })).await? {
            Answer::History(page) => Ok(page.into()),
            _ => Err(unfit()),
        }
    }

    /// The events of all live groups the client is in, from now on. Any number of streams and listeners may
    /// exist; each gets every event.
    #[must_use]
    pub fn events(&self) -> LiveEvents {
        let mut view = self.handle.shared.view();
        LiveEvents(view.subscribe_live(self.handle.shared.event_buffer))
    }

    /// Has a listener called for every event, from now on and in order.
    ///
    /// Each listener has a queue and a task of its own: one that blocks or panics hinders nobody else, and is
    /// told with [`on_lagged`](LiveGroupMessageListener::on_lagged) what its queue could not hold.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn add_live_group_message_listener(&self, listener: Arc<dyn LiveGroupMessageListener>) -> ListenerId {
        let mut view = self.handle.shared.view();
        let reader = view.subscribe_live(self.handle.shared.event_buffer);
        let id = view.listeners.add(reader.stopper());
        drop(view);
        tokio::spawn(run_live_listener(listener, reader, self.handle.shared.log));
        id
    }

    /// Stops calling a listener, except for a call that is under way. Unknown ids are ignored.
    pub fn remove_live_group_message_listener(&self, id: ListenerId) {
        self.handle.shared.view().listeners.remove(id);
    }

    async fn list(&self, query: ListQuery) -> Result<Page<Conversation>, Error> {
        if query.cursor < 0 {
            return Err(Error::hint(
                ErrorCode::ParameterError,
                "cursor is negative; expected 0 or the next_cursor of the page before",
            ));
        }
        match self.ask(Ask::List(query)).await? {
            Answer::Page(page) => Ok(page.into()),
            _ => Err(unfit()),
        }
    }

    async fn conversation(&self, ask: Ask) -> Result<Conversation, Error> {
        match self.ask(ask).await? {
            Answer::Conversation(conversation) => Ok(conversation),
            _ => Err(unfit()),
        }
    }

    async fn ask(&self, ask: Ask) -> Result<Answer, Error> {
        self.handle.call(HandleCommand::Machine(Command::Ask(ask))).await
    }
}

impl fmt::Debug for LiveGroups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveGroups").finish_non_exhaustive()
    }
}
